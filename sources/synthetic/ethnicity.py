"""What differs between ethnic groups in the synthetic borough: numbers, names, and how services treat them.

Need is drawn from the same distribution for every group. All else here is treatment or recording:

* ``watched`` multiplies the rate at which others report a family of equal need (surveillance bias);
* ``absence`` is added to the log-odds of a missed session at equal need (Black African, Indian and Chinese
  pupils lower, as the published persistent absence rates for 2024-25 show; Gypsy/Roma and Traveller pupils
  far higher, as in the Children's Commissioner's figures for 2021-22);
* ``carer_seen`` multiplies the chance that a young carer is recognised as one.

The shares (an inner London borough with truly small groups), ``watched`` and ``carer_seen`` are assumptions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Group(NamedTuple):
    code: str
    label: str
    share: float
    watched: float
    absence: float
    carer_seen: float
    heritages: tuple[str, ...]


GROUPS: tuple[Group, ...] = (
    Group("WBRI", "White British", 0.215, 1.00, 0.00, 1.35, ("british",)),
    Group("WIRI", "White Irish", 0.015, 1.00, 0.00, 1.20, ("irish",)),
    Group("WIRT", "Irish Traveller", 0.003, 1.80, 1.60, 0.50, ("traveller",)),
    Group("WROM", "Gypsy or Roma", 0.004, 1.60, 1.40, 0.40, ("roma",)),
    Group("WOTH", "White Other", 0.165, 0.85, 0.00, 0.70, ("east_european", "turkish", "iberian", "jewish")),
    Group("MWBC", "White and Black Caribbean", 0.035, 1.50, 0.10, 1.00, ("british", "caribbean")),
    Group("MWBA", "White and Black African", 0.025, 1.20, -0.10, 0.90, ("british", "nigerian", "ghanaian")),
    Group("MWAS", "White and Asian", 0.025, 0.90, 0.00, 0.90, ("british", "indian")),
    Group("MOTH", "Mixed Other", 0.045, 1.10, -0.45, 0.90, ("british", "iberian", "arab")),
    Group("AIND", "Indian", 0.020, 0.60, -0.75, 0.50, ("indian",)),
    Group("APKN", "Pakistani", 0.022, 0.80, -0.05, 0.45, ("pakistani",)),
    Group("ABAN", "Bangladeshi", 0.095, 0.75, -0.15, 0.45, ("bangladeshi",)),
    Group("AOTH", "Asian Other", 0.035, 0.70, -0.85, 0.60, ("other_asian",)),
    Group("CHNE", "Chinese", 0.012, 0.45, -0.90, 0.40, ("chinese",)),
    Group("BCRB", "Black Caribbean", 0.075, 1.50, 0.00, 0.90, ("caribbean",)),
    Group("BAFR", "Black African", 0.150, 1.25, -1.28, 0.45, ("nigerian", "ghanaian", "somali", "congolese")),
    Group("BOTH", "Black Other", 0.025, 1.30, -0.70, 0.70, ("caribbean", "nigerian")),
    Group("OOTH", "Other Ethnic Group", 0.034, 0.90, -1.00, 0.70, ("arab", "iberian", "turkish")),
)

CODES = np.array([group.code for group in GROUPS], dtype=object)
LABELS = np.array([group.label for group in GROUPS], dtype=object)
SHARES = np.array([group.share for group in GROUPS]) / sum(group.share for group in GROUPS)
WATCHED = np.array([group.watched for group in GROUPS])
ABSENCE = np.array([group.absence for group in GROUPS])
CARER_SEEN = np.array([group.carer_seen for group in GROUPS])

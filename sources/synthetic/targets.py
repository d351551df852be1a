"""All published figures that the synthetic borough is calibrated to, and those that it cannot show."""

from __future__ import annotations

from sources.synthetic.care_targets import SOCIAL_CARE
from sources.synthetic.carer_targets import CARERS
from sources.synthetic.figure import Target
from sources.synthetic.money_targets import MONEY
from sources.synthetic.school_targets import ATTENDANCE

TARGETS: tuple[Target, ...] = (*ATTENDANCE, *MONEY, *SOCIAL_CARE, *CARERS)

NOT_SHOWN: tuple[tuple[str, str], ...] = (
    ("Camden families profiled (38,000)", "a count; it is the size asked for with --families"),
    ("Camden / Hackney UC households, all (22,721 / 39,767)", "most have no children, and few such are in the borough"),
    ("Camden / Hackney Carer's Allowance claimants (3,545 / 5,118)", "most are in households without children"),
    (
        "Young carers in the census of 2021 (1.4%)",
        "no extract is a population census, and its answer is not aimed at",
    ),
    (
        "Persistent absence with free meals and of all, 2021-22",
        "another year's; autumn 2023 and 2023-24 are aimed at",
    ),
    ("Social renters' arrears: private renters 5%", "private tenants are in no extract"),
)
"""Figures read in their source that the borough cannot show, and why."""

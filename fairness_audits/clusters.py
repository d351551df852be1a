"""How much evidence recurring families are worth.

The test as-ofs are pooled, so one family may appear in several of them, and siblings share a family. Their
rows are not independent, and an interval that counted them as if they were would be too narrow. Instead of
resampling families (whose percentile intervals cover far below their claim in a group with a handful of
positives), each denominator is shrunk to an *effective* size and the small-sample interval is computed on it:

    effective n = n / (1 + rho * (sum(m^2) / n - 1))

with ``m`` a family's rows in the denominator (Kish 1965; Rao and Scott 1992, Biometrics 48: 577-585).
``rho``, the correlation of two rows of one family, is estimated once over all groups from pairs of residuals
from each group's own mean, because a small group alone could not tell it. Where fewer than
`FEWEST_RECURRING` families recur, it is not estimated but taken as 1: a family then counts about once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST_RECURRING = 20


@dataclass(frozen=True)
class GroupTotals:
    """For each group: rows in the denominator, the numerator, and the design effect of the group and its rest."""

    rows: Floats
    total: Floats
    design_effect: Floats
    rest_rows: Floats
    rest_total: Floats
    rest_design_effect: Floats
    families: Codes
    correlation: float


def group_totals(values: Floats, group: Codes, family: Codes, groups: int) -> GroupTotals:
    """Totals of ``values`` by group (codes 0 to groups-1), with design effects for clustering by family.

    ``values`` has one entry for each row of the denominator: 0 or 1 for a rate, a residual for calibration.
    """
    rows = np.bincount(group, minlength=groups).astype(np.float64)
    total = np.bincount(group, weights=values, minlength=groups).astype(np.float64)
    pair_code, size, pair_group = _pairs(group, family)
    squares = np.bincount(pair_group, weights=size**2, minlength=groups).astype(np.float64)
    rho = _correlation(values, group, pair_code, size, rows, total)
    return GroupTotals(
        rows,
        total,
        _design_effect(rho, squares, rows),
        rows.sum() - rows,
        total.sum() - total,
        _design_effect(rho, squares.sum() - squares, rows.sum() - rows),
        np.bincount(pair_group, minlength=groups).astype(np.int64),
        rho,
    )


def _pairs(group: Codes, family: Codes) -> tuple[Codes, Floats, Codes]:
    """Each row's (group, family) code; and for each code its size and group."""
    width = int(family.max()) + 1 if len(family) else 1
    found, code, size = np.unique(group * width + family, return_inverse=True, return_counts=True)
    return code.astype(np.int64), size.astype(np.float64), found // width


def _correlation(values: Floats, group: Codes, pair: Codes, size: Floats, rows: Floats, total: Floats) -> float:
    """Pooled within-family correlation of residuals, between 0 and 1; 1 where it cannot be estimated."""
    recurring = int((size > 1).sum())
    if recurring == 0:
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = values - (total / rows)[group]
    squares = float((residual**2).sum())
    freedom = len(values) - int((rows > 0).sum())
    if recurring < FEWEST_RECURRING or freedom <= 0 or squares <= 0:
        return 1.0
    sums = np.bincount(pair, weights=residual)
    own = np.bincount(pair, weights=residual**2)
    together = float((sums**2 - own).sum()) / float((size * (size - 1)).sum())
    return float(np.clip(together / (squares / freedom), 0.0, 1.0))


def _design_effect(rho: float, squares: Floats, rows: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rows > 0, 1 + rho * (squares / rows - 1), 1.0)

"""How well scores put a group's own cases in order: area under the curve, average precision, calibration slope.

They say whether the list can tell who is in need *within* a group; rates say how the group fares beside others. Average
precision grows with the base rate, so that it is not compared between groups. Intervals:

- area under the curve: method 5 of Newcombe 2006 (Statistics in Medicine 25: 559-573), by which the standard error is
  that at the limit itself; it covers well with few positives, where a bootstrap does not;
- average precision and slope: normal intervals by the standard error of a bootstrap of families (for the slope, one
  Newton step from the estimate: Moulton and Zeger 1991, Computational Statistics and Data Analysis 11: 53-63), given
  only where at least `FEWEST` families have the outcome and as many have not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fairness_audits.cases import Cases
from fairness_audits.intervals import Floats
from models.metrics import Ranked, Slope, family_weights, ranked, sums
from store.intervals import z_of

FEWEST = 20
_REPLICATES = (60, 400)
"""Least and most: a standard error needs no more, and a large group gets fewer."""
_WORK = 20_000_000
"""Cases times replicates beyond which there are fewer of these."""
_CHUNK_CELLS = 5_000_000
_BISECTIONS = 40
_EDGE = 1e-6


class OrderMetric(StrEnum):
    """Names of the metrics of order, as they stand in ``audit.json``."""

    AUC = "auc"
    AVERAGE_PRECISION = "average_precision"
    SLOPE = "calibration_slope"


@dataclass(frozen=True)
class Ordered:
    """A metric of order in one group. Without a value or an interval, ``why_empty`` says why."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why_empty: str = ""


def measure_order(
    cases: Cases, rows: NDArray[np.bool_], effective: tuple[float, float], confidence: float, seed: int
) -> dict[OrderMetric, Ordered]:
    """The three metrics of the cases at ``rows``.

    ``effective`` are the positives and negatives that the rows are worth, after allowing for families that recur.
    """
    outcome, score = cases.outcome[rows].astype(np.float64), cases.score[rows]
    positives, negatives = float(outcome.sum()), float((1 - outcome).sum())
    if not positives or not negatives:
        missing = "with" if not positives else "without"
        return dict.fromkeys(OrderMetric, Ordered(why_empty=f"there are no cases {missing} the outcome in this group"))
    _, family = np.unique(cases.family[rows], return_inverse=True)
    one = ranked(score, score, outcome, family.astype(np.int64), np.arange(len(score)))
    at = sums(one, np.ones((1, len(score))), 1)
    auc = float(at.auc[0])
    found = {OrderMetric.AUC: Ordered(auc, *auc_interval(auc, *effective, confidence))}
    few = min(len(np.unique(family[outcome > 0])), len(np.unique(family[outcome == 0]))) < FEWEST
    why = f"fewer than {FEWEST} families with the outcome, or without it" if few else ""
    precision, slope = float(at.average_precision[0]), _slope(one)
    if few:
        found[OrderMetric.AVERAGE_PRECISION] = Ordered(precision, why_empty=why)
        found[OrderMetric.SLOPE] = Ordered(slope.value if slope else None, why_empty=why)
        return found
    precisions, slopes = _bootstrapped(one, slope, seed)
    found[OrderMetric.AVERAGE_PRECISION] = _around(precision, precisions, confidence)
    if slope is None:
        found[OrderMetric.SLOPE] = Ordered(why_empty="all cases of this group have the same score")
    else:
        found[OrderMetric.SLOPE] = _around(slope.value, slopes, confidence)
    return found


def auc_interval(auc: float, positives: float, negatives: float, confidence: float) -> tuple[float, float]:
    """Newcombe's method 5: where the estimate is z standard errors away, as they are at the limit."""
    z = z_of(confidence)

    def beyond(area: float) -> bool:
        return abs(auc - area) > z * _auc_error(area, positives, negatives)

    def limit(inside: float, outside: float) -> float:
        if not beyond(outside):
            return outside
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if beyond(middle) else (middle, outside)
        return (inside + outside) / 2

    return limit(auc, 0.0), limit(auc, 1.0)


def _auc_error(area: float, positives: float, negatives: float) -> float:
    """Standard error of an area under the curve, as Hanley and McNeil have it with both counts at their mean."""
    if area in (0.0, 1.0):
        return 0.0
    excess = (positives + negatives) / 2 - 1
    spread = 1 + excess * ((1 - area) / (2 - area) + area / (1 + area))
    return float(np.sqrt(area * (1 - area) * spread / (positives * negatives)))


def _slope(one: Ranked) -> Slope | None:
    """The calibration slope; None where scores do not differ."""
    if one.score.max() - one.score.min() < _EDGE:
        return None
    return Slope(np.clip(one.score, _EDGE, 1 - _EDGE), one.outcome)


def _bootstrapped(one: Ranked, slope: Slope | None, seed: int) -> tuple[Floats, Floats]:
    """Average precision and slope of each replicate, over families drawn with replacement."""
    replicates = int(np.clip(_WORK // len(one.score), *_REPLICATES))
    weights = family_weights(int(one.cluster.max()) + 1, replicates, seed)
    at_once = max(1, _CHUNK_CELLS // len(one.score))
    parts = slope.parts() if slope else None
    precisions, slopes = [], []
    for start in range(0, replicates, at_once):
        own = weights[start : start + at_once][:, one.cluster].astype(np.float64)
        precisions.append(sums(one, own, 1).average_precision)
        if slope is not None and parts is not None:
            slopes.append(slope.step(own @ parts))
    return np.concatenate(precisions), np.concatenate(slopes) if slopes else np.array([])


def _around(value: float, replicates: Floats, confidence: float) -> Ordered:
    half = z_of(confidence) * float(np.nanstd(replicates, ddof=1))
    return Ordered(value, value - half, value + half)

"""How well scores put a group's own cases in order, and what they come to: beside the rest of the cohort.

Area under the curve and average precision say whether the list can tell who is in need *within* a group; rates say how
the group fares beside others. Average precision grows with the base rate, so that its difference from the rest is
partly that of need. Intervals:

- area under the curve: method 5 of Newcombe 2006 (Statistics in Medicine 25: 559-573), by which the standard error is
  that at the limit itself; it covers well with few positives, where a bootstrap does not;
- all else: normal intervals by the standard error of a bootstrap of families (`bootstrap`), given only where at least
  `FEWEST` families have the outcome and as many have not (for the mean score: are there at all). Percentiles of so few
  cover far below their claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fairness_audits.bootstrap import Divided, Drawn, replicated, standard_errors
from fairness_audits.cases import Cases
from fairness_audits.intervals import Floats
from models.metrics import Slope
from store.intervals import z_of

FEWEST = 20
_REPLICATES = (60, 400)
"""Least and most: a standard error needs no more, and a large cohort gets fewer."""
_WORK = 20_000_000
"""Cases times replicates beyond which there are fewer of these."""
_BISECTIONS = 40
_EDGE = 1e-6


class OrderMetric(StrEnum):
    """Names of the metrics of order, as they stand in ``restricted/audit.json``."""

    AUC = "auc"
    AVERAGE_PRECISION = "average_precision"
    SLOPE = "calibration_slope"
    MEAN_SCORE = "mean_score"


@dataclass(frozen=True)
class Ordered:
    """A metric of order in one group. Without a value or an interval, ``why_empty`` says why."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why_empty: str = ""


@dataclass(frozen=True)
class OrderedBesideRest:
    """A group's metric, the rest's, and the difference; the last two empty where they mean nothing."""

    own: Ordered
    rest: float | None = None
    difference: Ordered | None = None


@dataclass(frozen=True)
class Grouped:
    """One division of the cases: the code of each case's group, and what each group's positives and negatives are
    worth after allowing for families that recur, shape (groups, 2)."""

    code: NDArray[np.int64]
    effective: Floats


Figures = dict[OrderMetric, OrderedBesideRest]


def measure_order(
    cases: Cases, divisions: Mapping[str, Grouped], confidence: float, seed: int, probabilities: bool = True
) -> dict[str, list[Figures]]:
    """The metrics of every group of every division; no slope where scores are no probabilities."""
    sloped = {name: divided(cases, one, probabilities) for name, one in divisions.items()}
    replicates = int(np.clip(_WORK // max(len(cases), 1), *_REPLICATES))
    drawn = replicated(cases, sloped, replicates, seed) if len(cases) else {}
    by_score = np.argsort(-cases.score, kind="stable")
    ordered = Cases(cases.outcome[by_score], cases.flagged[by_score], cases.score[by_score], cases.family[by_score])
    found: dict[str, list[Figures]] = {}
    for name, one in divisions.items():
        code = one.code[by_score]
        errors = {figure: standard_errors(values) for figure, values in drawn.get(name, {}).items()}
        slope = sloped[name].slope
        found[name] = [
            _group_figures(
                ordered,
                np.asarray(code == group),
                one.effective[group],
                None if slope is None else float(slope[group]),
                _Spread({figure: float(values[group]) for figure, values in errors.items()}, confidence),
            )
            for group in range(len(one.effective))
        ]
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
    return float((area * (1 - area) * spread / (positives * negatives)) ** 0.5)


def divided(cases: Cases, one: Grouped, probabilities: bool) -> Divided:
    """The division as the bootstrap wants it, with each group's calibration slope where it has one."""
    groups = len(one.effective)
    if not probabilities:
        return Divided(one.code, groups)
    slope, parts = np.full(groups, np.nan), np.zeros((len(cases), 5))
    order = np.argsort(one.code, kind="stable")
    ends = np.cumsum(np.bincount(one.code, minlength=groups))
    for group, end in enumerate(ends):
        rows = order[(ends[group - 1] if group else 0) : end]
        outcome, score = cases.outcome[rows].astype(np.float64), cases.score[rows]
        if 0 < outcome.sum() < len(outcome) and score.max() - score.min() >= _EDGE:
            fitted = Slope(np.clip(score, _EDGE, 1 - _EDGE), outcome)
            slope[group], parts[rows] = fitted.value, fitted.parts()
    return Divided(one.code, groups, slope, parts)


@dataclass(frozen=True)
class _Spread:
    """The standard errors of one group's figures, and the confidence of intervals."""

    errors: Mapping[Drawn, float]
    confidence: float

    def around(self, value: float, figure: Drawn, too_few: str) -> Ordered:
        """The figure with a normal interval; without one where ``too_few`` says why, or nothing varied."""
        error = self.errors.get(figure, float("nan"))
        if too_few or not np.isfinite(error):
            return Ordered(value, why_empty=too_few or "no spread can be told")
        half = z_of(self.confidence) * error
        return Ordered(value, value - half, value + half)


def _group_figures(
    ordered: Cases, rows: NDArray[np.bool_], effective: Floats, slope: float | None, spread: _Spread
) -> Figures:
    """One group's figures; ``ordered`` are all cases from the highest score down, ``rows`` those of the group."""
    outcome, rest_outcome = ordered.outcome[rows], ordered.outcome[~rows]
    found: Figures = {OrderMetric.MEAN_SCORE: _mean_score(ordered, rows, spread)}
    if not outcome.any() or outcome.all():
        missing = "without" if outcome.any() else "with"
        none = OrderedBesideRest(Ordered(why_empty=f"there are no cases {missing} the outcome in this group"))
        return found | {metric: none for metric in OrderMetric if metric is not OrderMetric.MEAN_SCORE}
    auc, precision = order_of(ordered.score[rows], outcome)
    few = _few(ordered.family[rows], outcome)
    own_auc = Ordered(auc, *auc_interval(auc, float(effective[0]), float(effective[1]), spread.confidence))
    own_precision = spread.around(precision, Drawn.AVERAGE_PRECISION, few)
    found[OrderMetric.AUC] = OrderedBesideRest(own_auc)
    found[OrderMetric.AVERAGE_PRECISION] = OrderedBesideRest(own_precision)
    if rest_outcome.any() and not rest_outcome.all():
        rest_auc, rest_precision = order_of(ordered.score[~rows], rest_outcome)
        either = few or _few(ordered.family[~rows], rest_outcome)
        found[OrderMetric.AUC] = OrderedBesideRest(
            own_auc, rest_auc, spread.around(auc - rest_auc, Drawn.AUC_DIFFERENCE, either)
        )
        found[OrderMetric.AVERAGE_PRECISION] = OrderedBesideRest(
            own_precision,
            rest_precision,
            spread.around(precision - rest_precision, Drawn.AVERAGE_PRECISION_DIFFERENCE, either),
        )
    if slope is not None:
        alike = Ordered(why_empty="all cases of this group have the same score")
        own_slope = spread.around(slope, Drawn.SLOPE, few) if np.isfinite(slope) else alike
        found[OrderMetric.SLOPE] = OrderedBesideRest(own_slope)
    return found


def _mean_score(ordered: Cases, rows: NDArray[np.bool_], spread: _Spread) -> OrderedBesideRest:
    """The mean score of the group, that of the rest, and their difference."""
    own, rest = ordered.score[rows], ordered.score[~rows]
    if not len(own):
        return OrderedBesideRest(Ordered(why_empty="there are no cases in this group"))
    few = f"fewer than {FEWEST} families" if _fewer(ordered.family[rows]) else ""
    mean = spread.around(float(own.mean()), Drawn.MEAN_SCORE, few)
    if not len(rest):
        return OrderedBesideRest(mean)
    rest_few = f"fewer than {FEWEST} families in the rest" if _fewer(ordered.family[~rows]) else ""
    difference = float(own.mean() - rest.mean())
    return OrderedBesideRest(
        mean, float(rest.mean()), spread.around(difference, Drawn.MEAN_SCORE_DIFFERENCE, few or rest_few)
    )


def order_of(score: Floats, outcome: NDArray[np.bool_]) -> tuple[float, float]:
    """Area under the curve and average precision of scores from the highest down; equal ones are taken together."""
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    found = np.cumsum(outcome)[ends].astype(np.float64)
    reached = ends + 1.0
    hits, misses = np.diff(found, prepend=0.0), np.diff(reached - found, prepend=0.0)
    missed = reached - found
    auc = (hits * (missed[-1] - missed + misses / 2)).sum() / (found[-1] * missed[-1])
    return float(auc), float((hits * found / reached).sum() / found[-1])


def _few(family: NDArray[np.int64], outcome: NDArray[np.bool_]) -> str:
    """Why no normal interval can be trusted; empty where it can."""
    few = _fewer(family[outcome]) or _fewer(family[~outcome])
    return f"fewer than {FEWEST} families with the outcome, or without it" if few else ""


def _fewer(family: NDArray[np.int64]) -> bool:
    """Whether these are of fewer families than `FEWEST`; the first cases mostly tell."""
    return len(np.unique(family[: 50 * FEWEST])) < FEWEST and len(np.unique(family)) < FEWEST

"""How well a ranking and its probabilities did, with intervals from a bootstrap of families.

Every figure is computed from weights, one for each case, so that the same code gives the estimate (all weights 1)
and all replicates of the bootstrap at once (how often the case's family was drawn). Cases with equal margins are
taken together: where the capacity line cuts through them, each counts by the share of places that are left, which
is the expectation over all orders of the tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.calibration import logit, sigmoid
from models.cases import Floats, Integers

METRICS = (
    "precision",
    "recall",
    "flags_per_true_case",
    "missed_cases",
    "average_precision",
    "auc",
    "brier",
    "calibration_slope",
    "observed_over_expected",
)
Counts = npt.NDArray[np.uint16]
_CELLS = 300_000
"""Replicates times cases that are counted at once: few enough to stay near the processor."""
_NEWTON_STEPS = 25
_SAME_LOG_ODDS = 0.01


@dataclass(frozen=True)
class Ordered:
    """One candidate's list of one as-of date, best first."""

    margin: Floats
    """What the list is ordered by."""
    outcome: Floats
    cluster: Integers
    """Number of the family group of each case, the same across as-of dates."""
    starts: Integers
    """Where each run of equal margins begins."""


@dataclass(frozen=True)
class Ranked(Ordered):
    """A list with the probability of each case, which need not tell apart all that the margin does."""

    score: Floats


def ranked(margin: Floats, score: Floats, outcome: Floats, cluster: Integers, tie_place: Integers) -> Ranked:
    """Order cases for an evaluation. Raises ValueError when a label is missing or there is only one class."""
    if np.isnan(margin).any() or np.isnan(score).any() or np.isnan(outcome).any():
        raise ValueError("a margin, a score or an outcome is missing")
    if not 0 < outcome.sum() < len(outcome):
        raise ValueError("an evaluation needs cases with the outcome and cases without it")
    one = order(margin, outcome, cluster, tie_place)
    return Ranked(one.margin, one.outcome, one.cluster, one.starts, score[np.lexsort((tie_place, -margin))])


def order(margin: Floats, outcome: Floats, cluster: Integers, tie_place: Integers) -> Ordered:
    """Order cases by margin, equal ones by ``tie_place``."""
    places = np.lexsort((tie_place, -margin))
    ordered = margin[places]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return Ordered(ordered, outcome[places], cluster[places], starts)


@dataclass(frozen=True)
class Sums:
    """What pools over as-of dates; each an array over replicates."""

    flagged: Floats
    caught: Floats
    positives: Floats
    cases: Floats
    average_precision: Floats
    auc: Floats
    squared_error: Floats
    expected: Floats


def sums(one: Ranked, weights: Floats, capacity: int) -> Sums:
    """Sums for weights of shape (replicates, cases), cases in ranked order."""
    had = np.flatnonzero(one.outcome)
    if len(one.starts) == len(one.score):
        run, size, hits = had, weights, weights[:, had]
    else:
        of_case = np.searchsorted(one.starts, had, side="right") - 1
        run, first = np.unique(of_case, return_index=True)
        size = np.add.reduceat(weights, one.starts, axis=1)
        hits = np.add.reduceat(weights[:, had], first, axis=1)
    # Nothing is added where nobody had the outcome, so that only the runs that have somebody are looked at.
    reached, found = np.cumsum(size, axis=1), np.cumsum(hits, axis=1)
    cases, positives = reached[:, -1], found[:, -1]
    reached, size = reached[:, run], size[:, run]
    missed = (cases - positives)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = np.clip((capacity - (reached - size)) / size, 0, 1)
        caught = np.where(size > 0, taken * hits, 0).sum(axis=1)
        precision = np.where(reached > 0, found / reached, 0)
        area = (hits * precision).sum(axis=1) / positives
        below = missed - (reached - found) + (size - hits) / 2
        auc = (hits * below).sum(axis=1) / (positives * missed[:, 0])
    return Sums(
        flagged=np.minimum(capacity, cases),
        caught=caught,
        positives=positives,
        cases=cases,
        average_precision=area,
        auc=auc,
        squared_error=weights @ np.square(one.score - one.outcome),
        expected=weights @ one.score,
    )


def caught_at_capacity(one: Ordered, weights: Counts, capacity: int) -> Floats:
    """True cases within capacity in each replicate (ties shared), from as much of the list's head as that takes.

    ``weights`` has shape (replicates, clusters).
    """
    length = 4 * capacity + 100
    while True:
        later = one.starts[one.starts >= length]
        length = int(later[0]) if len(later) else len(one.outcome)
        own = weights[:, one.cluster[:length]].astype(np.float64)
        if length == len(one.outcome) or own.sum(axis=1).min() >= capacity:
            break
        length *= 2
    starts = one.starts[one.starts < length]
    size = np.add.reduceat(own, starts, axis=1)
    hits = np.add.reduceat(own * one.outcome[:length], starts, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = np.clip((capacity - (np.cumsum(size, axis=1) - size)) / size, 0, 1)
    return np.asarray(np.where(size > 0, taken * hits, 0).sum(axis=1), dtype=np.float64)


def average_precision(margin: Floats, outcome: Floats) -> float:
    """Mean precision over the places of the true cases, ties taken together. Needs at least one true case."""
    reached, found = _reached(margin, outcome)
    return float((np.diff(found, prepend=0.0) * found / reached).sum() / found[-1])


def area_under_curve(score: Floats, outcome: Floats) -> float:
    """Chance that a true case scores above another, ties half. Needs both classes."""
    reached, found = _reached(score, outcome)
    missed = reached - found
    below = missed[-1] - missed + np.diff(missed, prepend=0.0) / 2
    return float((np.diff(found, prepend=0.0) * below).sum() / (found[-1] * missed[-1]))


def _reached(score: Floats, outcome: Floats) -> tuple[Floats, Floats]:
    """Cases and true cases down to the end of each run of equal scores, best first."""
    # Not a stable sort, which takes several times as long: the order within a run does not show at its end.
    places = np.argsort(-score)
    ordered = score[places]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    return (ends + 1).astype(np.float64), np.cumsum(outcome[places])[ends]


class Slope:
    """The calibration slope: the coefficient of the score's log-odds in a logistic regression of the outcome.

    Replicates take one Newton step from the estimate with their own weights (the one-step bootstrap of Moulton and
    Zeger 1991), which costs a matrix product instead of a fit for each replicate.
    """

    def __init__(self, score: Floats, outcome: Floats) -> None:
        self._x = logit(score)
        self._outcome = outcome
        self._at = self._fit()

    @property
    def value(self) -> float:
        return float(self._at[1])

    def parts(self) -> Floats:
        """Shape (cases, 5): each case's gradient (2) and Hessian (3) at the estimate."""
        fitted = sigmoid(self._at[0] + self._at[1] * self._x)
        error, spread = self._outcome - fitted, fitted * (1 - fitted)
        return np.column_stack([error, error * self._x, spread, spread * self._x, spread * self._x**2])

    def step(self, totals: Floats) -> Floats:
        """The slope of each replicate from its weighted totals of ``parts``, shape (replicates, 5)."""
        g0, g1, h00, h01, h11 = totals.T
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self._at[1] + (h00 * g1 - h01 * g0) / (h00 * h11 - h01**2), dtype=np.float64)

    def _fit(self) -> Floats:
        at = np.zeros(2)
        for _ in range(_NEWTON_STEPS):
            fitted = sigmoid(at[0] + at[1] * self._x)
            error, spread = self._outcome - fitted, fitted * (1 - fitted)
            gradient = np.array([error.sum(), error @ self._x])
            cross = spread @ self._x
            hessian = np.array([[spread.sum(), cross], [cross, spread @ self._x**2]]) + 1e-9 * np.eye(2)
            step = np.clip(np.linalg.solve(hessian, gradient), -2, 2)
            at = at + step
            if np.abs(step).max() < 1e-9:
                break
        return at


@dataclass(frozen=True)
class Draws:
    """One candidate's figures for one scope: the estimate and the replicates of each metric."""

    estimate: Mapping[str, float]
    replicates: Mapping[str, Floats]


def family_weights(clusters: int, replicates: int, seed: int) -> Counts:
    """How often each family group is drawn in each replicate, shape (replicates, clusters)."""
    generator = np.random.default_rng(seed)
    drawn = np.empty((replicates, clusters), dtype=np.uint16)
    for replicate in range(replicates):
        drawn[replicate] = np.bincount(generator.integers(0, clusters, clusters), minlength=clusters)
    return drawn


def evaluate(by_as_of: Mapping[str, Ranked], weights: Counts, capacity: int) -> dict[str, Draws]:
    """Every metric of one candidate for each as-of date and for ``pooled``.

    Pooled precision and recall are over all lists together; pooled average precision and AUC are means of the
    dates'. A replicate in which a date has no true case is left out of that date's intervals.
    """
    single = {name: Slope(one.score, one.outcome) if _varies(one.score) else None for name, one in by_as_of.items()}
    score = np.concatenate([one.score for one in by_as_of.values()])
    outcome = np.concatenate([one.outcome for one in by_as_of.values()])
    # A candidate that only tells dates apart, and no two cases of one date, has no slope worth the name.
    together = Slope(score, outcome) if any(single.values()) else None
    estimate = _pass(by_as_of, single, together, None, capacity)
    chunk = max(1, _CELLS // max(len(one.score) for one in by_as_of.values()))
    chunks = [
        _pass(by_as_of, single, together, weights[start : start + chunk], capacity)
        for start in range(0, len(weights), chunk)
    ]
    return {
        scope: Draws(
            {metric: float(values[0]) for metric, values in figures.items()},
            {metric: np.concatenate([chunk[scope][metric] for chunk in chunks]) for metric in figures},
        )
        for scope, figures in estimate.items()
    }


def _varies(score: Floats) -> bool:
    """Whether scores differ by more than rounding; the slope of scores that hardly do is a number without meaning."""
    ends = logit(np.array([score.min(), score.max()]))
    return bool(ends[1] - ends[0] > _SAME_LOG_ODDS)


def _pass(
    by_as_of: Mapping[str, Ranked],
    single: Mapping[str, Slope | None],
    together: Slope | None,
    weights: Counts | None,
    capacity: int,
) -> dict[str, dict[str, Floats]]:
    figures: dict[str, dict[str, Floats]] = {}
    all_sums: list[Sums] = []
    pooled_parts = together.parts() if together else None
    pooled_totals: list[Floats] = []
    begin = 0
    for name, one in by_as_of.items():
        own = np.ones((1, len(one.score))) if weights is None else weights[:, one.cluster].astype(np.float64)
        these = sums(one, own, capacity)
        all_sums.append(these)
        slope = single[name]
        figures[name] = _figures(these, slope.step(own @ slope.parts()) if slope else None)
        if pooled_parts is not None:
            pooled_totals.append(own @ pooled_parts[begin : begin + len(one.score)])
        begin += len(one.score)
    slopes = together.step(np.sum(pooled_totals, axis=0)) if together else None
    figures["pooled"] = _figures(_pool(all_sums), slopes)
    return figures


def _pool(parts: list[Sums]) -> Sums:
    def total(name: str) -> Floats:
        return np.asarray(np.sum([getattr(part, name) for part in parts], axis=0), dtype=np.float64)

    def mean(name: str) -> Floats:
        return np.asarray(np.mean([getattr(part, name) for part in parts], axis=0), dtype=np.float64)

    added = ("flagged", "caught", "positives", "cases", "squared_error", "expected")
    return Sums(
        **{name: total(name) for name in added},
        average_precision=mean("average_precision"),
        auc=mean("auc"),
    )


def _figures(s: Sums, slope: Floats | None) -> dict[str, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = {
            "precision": s.caught / s.flagged,
            "recall": s.caught / s.positives,
            "flags_per_true_case": s.flagged / s.caught,
            "missed_cases": s.positives - s.caught,
            "average_precision": s.average_precision,
            "auc": s.auc,
            "brier": s.squared_error / s.cases,
            "observed_over_expected": s.positives / s.expected,
            "caught": s.caught,
        }
    if slope is not None:
        figures["calibration_slope"] = slope
    return figures


@dataclass(frozen=True)
class Ties:
    """What equal margins at the capacity line could have made of the list."""

    tied_cases: int
    places_for_them: int
    best: float
    worst: float
    expected: float
    as_listed: float


def ties_at_capacity(one: Ordered, capacity: int) -> Ties:
    """Precision at capacity over the orders of the cases tied at the line: best, worst, expected, and as listed."""
    line = min(capacity, len(one.margin))
    tied = one.margin == one.margin[line - 1]
    above = int((one.margin > one.margin[line - 1]).sum())
    sure = float(one.outcome[:above].sum())
    hits, size, places = float(one.outcome[tied].sum()), int(tied.sum()), line - above
    return Ties(
        tied_cases=size,
        places_for_them=places,
        best=(sure + min(hits, places)) / line,
        worst=(sure + max(0.0, places - (size - hits))) / line,
        expected=(sure + hits * places / size) / line,
        as_listed=float(one.outcome[:line].sum()) / line,
    )

"""Precision and recall from a clerical review: kinds of pairs weighted by how many there are, with intervals.

Each kind's share of true pairs is estimated by itself and they are added up by the kinds' sizes (Cochran 1977,
Sampling Techniques, chapter 5). Intervals are drawn: each share comes from its Beta posterior under Jeffreys' prior
(Brown, Cai and DasGupta 2001, Statistical Science 16: 101-133), a thousand times ten; a kind answered for whole is
taken as it is. Pairs a reviewer was unsure of are unknown: they are left out, told, and bounded by what they could do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
_DRAWS = 10_000


@dataclass(frozen=True)
class Answers:
    """What the reviewer said of one kind of pairs: ``pairs`` there are, of which so many were judged."""

    name: str
    joined: bool
    pairs: int
    yes: int
    no: int
    unsure: int = 0

    @property
    def judged(self) -> int:
        return self.yes + self.no


@dataclass(frozen=True)
class Estimate:
    """A share with its interval, and between what it would lie if every unsure pair were one thing or the other."""

    value: float
    low: float
    high: float
    if_unsure_against: float
    if_unsure_for: float


@dataclass(frozen=True)
class Review:
    """``recall`` is among compared pairs down to 10 bits under the threshold. None where too little is known."""

    precision: Estimate | None
    recall: Estimate | None
    unjudged: tuple[str, ...]
    """Kinds of which no pair was judged: without them nothing can be said that rests on them."""


def estimate(strata: Sequence[Answers], seed: int = 1) -> Review:
    """Precision and recall from the answers by stratum; strata without pairs do not matter."""
    held = [one for one in strata if one.pairs > 0]
    unjudged = tuple(one.name for one in held if not one.judged)
    joined, apart = [one for one in held if one.joined], [one for one in held if not one.joined]
    precision = recall = None
    if joined and all(one.judged for one in joined):
        precision = _precision(joined, seed)
        if all(one.judged for one in apart):
            recall = _recall(joined, apart, seed)
    return Review(precision, recall, unjudged)


def _precision(joined: list[Answers], seed: int) -> Estimate:
    """The share of true pairs among the joined."""
    size = sum(one.pairs for one in joined)
    drawn = _drawn(joined, np.random.default_rng(seed)) / size
    points = [_true(joined, unsure) / size for unsure in (None, False, True)]
    return _between(drawn, *points)


def _recall(joined: list[Answers], apart: list[Answers], seed: int) -> Estimate:
    """The share of the joined among the true pairs."""
    generator = np.random.default_rng(seed)
    true_joined, true_apart = _drawn(joined, generator), _drawn(apart, generator)
    drawn = _part(true_joined, true_apart)
    points = [
        float(_part(np.array(_true(joined, unsure)), np.array(_true(apart, other))))
        for unsure, other in ((None, None), (False, True), (True, False))
    ]
    return _between(drawn, *points)


def _part(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nought where there is nothing to find."""
    return np.where(some + others > 0, some / np.maximum(some + others, 1e-12), 0.0)


def _between(drawn: NDArray[np.float64], point: float, against: float, in_favour: float) -> Estimate:
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return Estimate(
        value=round(point, 4),
        low=round(min(float(low), point), 4),
        high=round(max(float(high), point), 4),
        if_unsure_against=round(against, 4),
        if_unsure_for=round(in_favour, 4),
    )


def _drawn(strata: list[Answers], generator: np.random.Generator) -> NDArray[np.float64]:
    """True pairs of all strata, drawn from their posteriors."""
    total = np.zeros(_DRAWS)
    for one in strata:
        if one.judged >= one.pairs:
            total += one.yes
        else:
            total += one.yes + (one.pairs - one.judged) * generator.beta(one.yes + 0.5, one.no + 0.5, _DRAWS)
    return total


def _true(strata: list[Answers], unsure: bool | None) -> float:
    """True pairs of all strata, with the unsure left out (None), or taken for true or false."""
    return sum(one.pairs * _true_share(one, unsure) for one in strata)


def _true_share(one: Answers, unsure: bool | None) -> float:
    if unsure is None:
        return one.yes / one.judged
    return (one.yes + one.unsure * unsure) / (one.judged + one.unsure)

"""The reliability curve: of the cases told a probability of about so much, how many had the outcome.

Bins hold about a tenth of the expected outcomes each, so that they are narrow where the list is cut and wide where
hardly anything happens. Where they lie follows from the probabilities alone, but for this: a bin of fewer than ten
cases with the outcome, or without it, is joined to the next, so that no count in it is a small one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.cases import Floats, Integers
from models.metrics import Counts, Ranked
from store.small_numbers import THRESHOLD

BINS = 10
_CHUNK = 100


@dataclass(frozen=True)
class Bin:
    """Cases of one range of probabilities, over all test dates."""

    lowest: float
    highest: float
    """Probabilities at its ends."""
    cases: int
    predicted: float
    """Mean probability."""
    observed: float
    """Share with the outcome."""
    replicates: Floats
    """That share in each replicate of the bootstrap of families; NaN where none of its families was drawn."""


def reliability(by_as_of: Mapping[str, Ranked], weights: Counts) -> tuple[Bin, ...]:
    """The curve of one candidate, highest probabilities first; none where all cases together are too few to tell.

    ``weights`` has shape (replicates, clusters).
    """
    score = np.concatenate([one.score for one in by_as_of.values()])
    outcome = np.concatenate([one.outcome for one in by_as_of.values()])
    cluster = np.concatenate([one.cluster for one in by_as_of.values()])
    number = _joined(_tenths(score), outcome)
    if number is None:
        return ()
    size = int(number.max()) + 1
    shares = _replicated(number, outcome, cluster, size, weights)
    found = []
    for place in range(size):
        inside = number == place
        ends = float(score[inside].min()), float(score[inside].max())
        counted = int(inside.sum())
        found.append(Bin(*ends, counted, float(score[inside].mean()), float(outcome[inside].mean()), shares[:, place]))
    return tuple(found)


def _tenths(score: Floats) -> Integers:
    """Which tenth of the expected outcomes each case falls in, 0 the highest; equal scores together."""
    values, which = np.unique(-score, return_inverse=True)
    expected = -values * np.bincount(which)
    middle = np.cumsum(expected) - expected / 2
    return np.asarray(np.minimum(np.floor(BINS * middle / expected.sum()), BINS - 1).astype(np.int64)[which])


def _joined(tenth: Integers, outcome: Floats) -> Integers | None:
    """Neighbouring tenths as one bin until each has enough cases of both classes, numbered from 0."""
    happened = np.bincount(tenth, outcome, minlength=BINS)
    without = np.bincount(tenth, 1 - outcome, minlength=BINS)
    bin_of, current, held = np.zeros(BINS, dtype=np.int64), 0, np.zeros(2)
    for place in range(BINS):
        bin_of[place] = current
        held += happened[place], without[place]
        if held.min() >= THRESHOLD:
            current, held = current + 1, np.zeros(2)
    if not current:
        return None
    # What is left over at the end goes with the bin before it.
    return np.asarray(np.minimum(bin_of, current - 1)[tenth], dtype=np.int64)


def _replicated(number: Integers, outcome: Floats, cluster: Integers, size: int, weights: Counts) -> Floats:
    """Share with the outcome of each replicate and bin."""
    clusters = weights.shape[1]
    place = cluster * size + number
    # Whole numbers well below 2 to the 24th: their sums are exact, in whatever order they are taken.
    cases = np.bincount(place, minlength=clusters * size).reshape(clusters, size).astype(np.float32)
    happened = np.bincount(place, outcome, minlength=clusters * size).reshape(clusters, size).astype(np.float32)
    parts = []
    for start in range(0, len(weights), _CHUNK):
        drawn = weights[start : start + _CHUNK].astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append((drawn @ happened).astype(np.float64) / (drawn @ cases).astype(np.float64))
    return np.concatenate(parts)

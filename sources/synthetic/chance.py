"""Everything random comes from a numpy Generator named by the seed and a subject, so that subjects do not sway
each other: a change in how rent is drawn leaves every attendance mark as it was."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from sources.synthetic.clock import Array


def stream(seed: int, subject: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(subject.encode("utf-8"))])


def logistic(score: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-score))


def happens(rng: np.random.Generator, probability: Array | float, size: int) -> Array:
    """One yes or no each."""
    return rng.random(size) < probability


def days_between(rng: np.random.Generator, low: Array | int, high: Array | int, size: int) -> Array:
    """A whole day from low up to, not including, high (low where they meet)."""
    return (low + rng.random(size) * np.maximum(np.asarray(high) - low, 0)).astype(np.int64)


def pick(rng: np.random.Generator, values: Sequence[str], size: int, weights: Sequence[float] | None = None) -> Array:
    """``size`` of the values, as an object array."""
    chances = None if weights is None else np.asarray(weights) / np.sum(weights)
    return np.array(values, dtype=object)[rng.choice(len(values), size, p=chances)]


def numbers(rng: np.random.Generator, size: int, digits: int) -> Array:
    """Distinct whole numbers of so many digits, in no order."""
    low = 10 ** (digits - 1)
    drawn: Array = low + rng.choice(9 * low, size, replace=False)
    return drawn


def labels(prefix: str, values: Array, suffix: str = "") -> Array:
    """Numbers as text between a prefix and a suffix."""
    return np.array([f"{prefix}{value}{suffix}" for value in values.tolist()], dtype=object)


def recording_delay(rng: np.random.Generator, size: int, usual: float, late_share: float, late: float) -> Array:
    """Days from an event to its record: mostly a few (exponential, mean ``usual``), now and then many more."""
    days = rng.exponential(usual, size)
    return np.where(rng.random(size) < late_share, days + rng.exponential(late, size), days).astype(np.int64)


def pairs(wanted: Array, ordered: Array) -> tuple[Array, Array]:
    """Join: for each place in ``wanted``, every place in ``ordered`` (sorted) with an equal value."""
    first = np.searchsorted(ordered, wanted, side="left")
    count = np.searchsorted(ordered, wanted, side="right") - first
    left = np.repeat(np.arange(len(wanted)), count)
    within = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
    return left, np.repeat(first, count) + within

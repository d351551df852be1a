"""Intervals for one rate and for the difference of two; vectorised.

Counts need not be whole: an audit passes effective counts, shrunk for families that recur.

Sources: Wilson 1927 (JASA 22) for one proportion; Newcombe 1998 (Statistics in Medicine 17: 873-890, method 10)
for the difference of two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


def z_of(confidence: float) -> float:
    """The two-sided normal quantile of a confidence such as .95."""
    return float(norm.ppf(0.5 + confidence / 2))


def wilson(successes: ArrayLike, trials: ArrayLike, z: ArrayLike) -> tuple[Floats, Floats]:
    """Wilson's score interval; NaN where there are no trials."""
    k, n, z_ = _floats(successes), _floats(trials), _floats(z)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = (p + z_**2 / (2 * n)) / (1 + z_**2 / n)
        half = z_ / (1 + z_**2 / n) * np.sqrt(np.maximum(p * (1 - p), 0) / n + z_**2 / (4 * n**2))
    low = np.where(k <= 0, 0.0, centre - half)
    high = np.where(k >= n, 1.0, centre + half)
    empty = ~(n > 0)
    return np.where(empty, np.nan, np.clip(low, 0, 1)), np.where(empty, np.nan, np.clip(high, 0, 1))


def newcombe(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, z: ArrayLike
) -> tuple[Floats, Floats]:
    """Newcombe's interval for (rate - other rate); NaN where either has no trials."""
    k1, n1, k2, n2 = _floats(successes), _floats(trials), _floats(other_successes), _floats(other_trials)
    low1, high1 = wilson(k1, n1, z)
    low2, high2 = wilson(k2, n2, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = k1 / n1, k2 / n2
    difference = p1 - p2
    return (
        difference - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        difference + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
    )


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)

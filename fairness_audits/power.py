"""The smallest difference that a group's size could have shown: what 'no difference was found' is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from fairness_audits.intervals import Floats

POWER = 0.8
_BISECTIONS = 40


def smallest_detectable(trials: ArrayLike, rest_rate: ArrayLike, rest_trials: ArrayLike, confidence: float) -> Floats:
    """The least excess over the rest's rate that would be found in `POWER` of such data; NaN where none would be.

    By the normal approximation for two proportions (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and
    Proportions, 3rd ed., section 4.2) with the group's and the rest's effective sizes, two-sided at ``confidence``.
    """
    n, p, m = np.broadcast_arrays(*(np.asarray(given, dtype=np.float64) for given in (trials, rest_rate, rest_trials)))
    z_alpha, z_power = norm.ppf((1 + confidence) / 2), norm.ppf(POWER)

    def found(excess: Floats) -> NDArray[np.bool_]:
        """Whether an excess is found in as many data sets as asked for."""
        rate = p + excess
        together = (n * rate + m * p) / (n + m)
        alike = np.sqrt(together * (1 - together) * (1 / n + 1 / m))
        apart = np.sqrt(rate * (1 - rate) / n + p * (1 - p) / m)
        return np.asarray(z_alpha * alike + z_power * apart <= excess, dtype=bool)

    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.zeros(n.shape), 1 - p
        never = ~((n > 0) & (m > 0) & (high > 0) & found(high))
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            there = found(middle)
            low, high = np.where(there, low, middle), np.where(there, middle, high)
    return np.asarray(np.where(never, np.nan, high), dtype=np.float64)

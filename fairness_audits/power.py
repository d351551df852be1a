"""The smallest difference that a group's size could have shown: what 'no difference was found' is worth."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

POWER = 0.8
_BISECTIONS = 40


def smallest_detectable(trials: float, rest_rate: float, rest_trials: float, confidence: float) -> float | None:
    """The least excess over the rest's rate that would be found in `POWER` of such data, or None if none would be.

    By the normal approximation for two proportions (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and
    Proportions, 3rd ed., section 4.2) with the group's and the rest's effective sizes, two-sided at ``confidence``.
    """
    if trials <= 0 or rest_trials <= 0:
        return None
    z_alpha, z_power = norm.ppf((1 + confidence) / 2), norm.ppf(POWER)
    sizes = 1 / trials + 1 / rest_trials

    def short_of(excess: float) -> float:
        """How far an excess is from being found in as many data sets as asked for; below 0 where it is found."""
        rate = rest_rate + excess
        together = (trials * rate + rest_trials * rest_rate) / (trials + rest_trials)
        alike = np.sqrt(together * (1 - together) * sizes)
        apart = np.sqrt(rate * (1 - rate) / trials + rest_rate * (1 - rest_rate) / rest_trials)
        return float(z_alpha * alike + z_power * apart - excess)

    low, high = 0.0, 1.0 - rest_rate
    if high <= 0 or short_of(high) > 0:
        return None
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if short_of(middle) > 0 else (low, middle)
    return high

"""Intervals and p-values for one rate, two rates and two calibration ratios; all vectorised.

Counts need not be whole: the audit passes effective counts, shrunk for families that recur (`clusters`).

The intervals of one rate and of the difference of two are `store.intervals`, which other rooms need too. Sources of
the others: Donner and Zou 2012 (Statistical Methods in Medical Research 21: 347-359) for the
ratio of two; Garwood 1936 (Biometrika 28) for a Poisson mean, with real-valued counts; Graham, Mengersen and
Morton 2003 (Statistics in Medicine 22: 2071-2083) for the ratio of two Poisson rates, by the score interval of
the conditional share; Holm 1979 (Scandinavian Journal of Statistics 6: 65-70).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from store.intervals import newcombe, wilson

Floats = NDArray[np.float64]
_LARGEST_Z = 40.0
_BISECTIONS = 48


def ratio_of_rates(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, z: ArrayLike
) -> tuple[Floats, Floats]:
    """Interval for (rate / other rate) by the same method, from Wilson's limits of each (Donner and Zou).

    NaN where either has no trials or both rates are nought; infinite above when the other is nought.
    """
    k1, n1, k2, n2 = _floats(successes), _floats(trials), _floats(other_successes), _floats(other_trials)
    low1, high1 = wilson(k1, n1, z)
    low2, high2 = wilson(k2, n2, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = k1 / n1, k2 / n2
        # Written so that nothing is divided by (2 p2 - high2), which may be nought.
        below = p1 * p2 + np.sqrt((p1 * p2) ** 2 - low1 * high2 * (2 * p1 - low1) * (2 * p2 - high2))
        low = np.where(p1 > 0, low1 * (2 * p1 - low1) / below, 0.0)
        above = p1 * p2 + np.sqrt(np.maximum((p1 * p2) ** 2 - high1 * low2 * (2 * p1 - high1) * (2 * p2 - low2), 0))
        high = np.where(p2 > 0, above / (low2 * (2 * p2 - low2)), np.inf)
    undefined = ~((p1 + p2) > 0)
    return np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)


def newcombe_p(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, value: float
) -> Floats:
    """Two-sided p-value of 'the difference is ``value``': the level at which Newcombe's interval just meets it.

    So the p-value and the interval can never disagree. NaN where either has no trials.
    """
    return _level_that_meets(newcombe, np.subtract, (successes, trials, other_successes, other_trials), value)


def ratio_of_rates_p(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, value: float
) -> Floats:
    """Two-sided p-value of 'the ratio is ``value``', as for `newcombe_p`. NaN where the interval is."""
    return _level_that_meets(ratio_of_rates, np.divide, (successes, trials, other_successes, other_trials), value)


def _level_that_meets(
    interval: Callable[..., tuple[Floats, Floats]],
    compare: Callable[[Floats, Floats], Floats],
    sides: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    value: float,
) -> Floats:
    k1, n1, k2, n2 = (_floats(side) for side in sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = compare(k1 / n1, k2 / n2)
    near, far = np.zeros_like(found), np.full_like(found, _LARGEST_Z)
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        low, high = interval(k1, n1, k2, n2, middle)
        outside = np.where(found >= value, low > value, high < value)
        near, far = np.where(outside, middle, near), np.where(outside, far, middle)
    return np.where(np.isnan(found), np.nan, 2 * norm.sf((near + far) / 2))


def observed_over_expected(observed: ArrayLike, expected: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
    """Garwood's interval of a Poisson mean over what was expected; NaN where nothing was expected."""
    o, e = _floats(observed), _floats(expected)
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(o > 0, chi2.ppf(tail, 2 * o) / 2, 0.0) / e
        high = chi2.ppf(1 - tail, 2 * o + 2) / 2 / e
    empty = ~(e > 0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def ratio_of_ratios(
    observed: ArrayLike, expected: ArrayLike, other_observed: ArrayLike, other_expected: ArrayLike, z: ArrayLike
) -> tuple[Floats, Floats]:
    """Score interval of (O/E) / (other O/E), by the share of all observed that is this group's.

    NaN where nothing was observed at all or nothing was expected; infinite above when the other observed none.
    """
    o1, e1, o2, e2 = _floats(observed), _floats(expected), _floats(other_observed), _floats(other_expected)
    low, high = wilson(o1, o1 + o2, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where((e1 > 0) & (e2 > 0), e2 / e1, np.nan)
        return low / (1 - low) * scale, high / (1 - high) * scale


def ratio_of_ratios_p(
    observed: ArrayLike, expected: ArrayLike, other_observed: ArrayLike, other_expected: ArrayLike, value: float
) -> Floats:
    """Two-sided score p-value of 'the ratio is ``value``'; agrees with `ratio_of_ratios`. NaN as there."""
    o1, e1, o2, e2 = _floats(observed), _floats(expected), _floats(other_observed), _floats(other_expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((e1 > 0) & (e2 > 0), value * e1 / (value * e1 + e2), np.nan)
        z = (o1 / (o1 + o2) - share) / np.sqrt(share * (1 - share) / (o1 + o2))
    return np.asarray(2 * norm.sf(np.abs(z)), dtype=np.float64)


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down adjusted p-values, in the given order."""
    p = _floats(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)

"""The ratio of two groups' rates at equal standing: Mantel and Haenszel's, with an interval that families recur in.

Cases are compared within strata (a date and a number of needs, say) and the strata put together:

    R = sum_i a_i n0_i / N_i,  S = sum_i b_i n1_i / N_i,  ratio = R / S

with ``a_i`` and ``n1_i`` the group's events and cases in stratum i, ``b_i`` and ``n0_i`` those of the rest, and
``N_i`` both (Mantel and Haenszel 1959, Journal of the National Cancer Institute 22: 719-748; for the ratio of two risks
Nurminen 1981, Biometrika 68: 525-530). Many thin strata are no harm to it. A stratum in which one of the two has no
case tells nothing and has no part in it.

The interval is normal in the logarithm of the ratio (as Greenland and Robins 1985, Biometrics 41: 55-68, whose standard
error takes every case for independent). Its standard error is the infinitesimal jackknife over families (Jaeckel 1972):
each family's influence is the sum over its cases of the derivative of log R - log S, so that a family seen at many
dates counts about once. Where the group has no event at all there is no logarithm: the upper end is then Garwood's for
a count of nought over what was expected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Standardised:
    """A group against the rest at equal standing."""

    observed: float
    """The group's events, in strata where there is somebody to compare with."""
    expected: float
    """What they would be, were the group's rate in every stratum the one it is found to be over the ratio."""
    ratio: float | None
    """None where the rest has no event to compare with."""
    error: float
    """Standard error of the ratio's logarithm; NaN where the group has no event."""
    clustering: float
    """Events for each family that has any: by so much are they worth less than as many families."""

    def interval(self, z: float) -> tuple[float, float] | None:
        """The ratio's interval, ``z`` standard errors to either side; None where there is no ratio."""
        if self.ratio is None:
            return None
        if self.ratio > 0:
            return self.ratio * float(np.exp(-z * self.error)), self.ratio * float(np.exp(z * self.error))
        tail = float(chi2.sf(z**2, 1)) / 2
        return 0.0, float(chi2.ppf(1 - tail, 2)) / 2 * self.clustering / self.expected


def standardised(happened: Flags, mine: Flags, stratum: Codes, family: Codes) -> Standardised:
    """Compare the cases that are ``mine`` with the others. All arrays have one entry for each case.

    ``stratum`` and ``family`` are whole numbers from 0.
    """
    size = int(stratum.max()) + 1 if len(stratum) else 0

    def count(inside: Flags) -> Floats:
        return np.bincount(stratum[inside], minlength=size).astype(np.float64)

    n1, n0 = count(mine), count(~mine)
    a, b = count(mine & happened), count(~mine & happened)
    both = (n1 > 0) & (n0 > 0)
    whole = np.where(both, n1 + n0, 1.0)
    r, s = np.where(both, a * n0 / whole, 0.0), np.where(both, b * n1 / whole, 0.0)
    observed, upper, lower = float(a[both].sum()), float(r.sum()), float(s.sum())
    clustering = _events_a_family(family[happened])
    if lower <= 0:
        return Standardised(observed, 0.0, None, float("nan"), clustering)
    if upper <= 0:
        # At a ratio of nought the rest's own rate says what was to be expected.
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = float(np.where(both, n1 * b / n0, 0.0).sum())
        return Standardised(observed, expected, 0.0, float("nan"), clustering)
    # Derivatives of R and S by one more case: of the group or the rest, with the event or without it.
    change = np.zeros((2, 2, size))
    for is_mine in (0, 1):
        for is_event in (0, 1):
            in_r = (is_event * n0 / whole if is_mine else a / whole) - r / whole
            in_s = (b / whole if is_mine else is_event * n1 / whole) - s / whole
            change[is_mine, is_event] = np.where(both, in_r / upper - in_s / lower, 0.0)
    moved = change[mine.astype(np.int64), happened.astype(np.int64), stratum]
    by_family = np.bincount(family, weights=moved)
    families = _families(family)
    error = float(np.sqrt((by_family**2).sum() * families / max(families - 1, 1)))
    return Standardised(observed, observed * lower / upper, upper / lower, error, clustering)


def _events_a_family(family: Codes) -> float:
    return len(family) / _families(family) if len(family) else 1.0


def _families(family: Codes) -> int:
    """How many there are: numbers of families are small, so that counting them all is quicker than sorting."""
    return int(np.count_nonzero(np.bincount(family)))

"""Natural cubic splines: curves that are cubic between their knots and straight beyond the outer two.

A natural spline on K knots is a straight line and K - 2 *bends*; a bend is nought up to the first knot and straight
after the last (Hastie, Tibshirani and Friedman 2009, 'The Elements of Statistical Learning', section 5.2.1).
"""

from __future__ import annotations

import numpy as np

from models.cases import Floats

_AT = (0.05, 0.35, 0.65, 0.95)
_LEAST_DISTINCT = 20
_LEAST_GAP = 0.01


def choose_knots(values: Floats) -> Floats:
    """Where a feature's curve may bend: quantiles of its distinct values, so that a heap at nought counts once.

    ``values`` are known ones. None are chosen where fewer than 20 are distinct or the quantiles all but coincide: the
    feature's effect is then a straight line. They depend on the feature's own values alone, never on an outcome.
    Which quantiles is Harrell's advice for four knots ('Regression Modeling Strategies', table 2.3). Knots are rounded
    to the nine places that are written down.
    """
    distinct = np.unique(values)
    if len(distinct) < _LEAST_DISTINCT:
        return np.empty(0)
    knots = np.round(np.quantile(distinct, _AT, method="inverted_cdf"), 9)
    gaps = np.diff(knots)
    return knots if gaps.min() >= _LEAST_GAP * (knots[-1] - knots[0]) > 0 else np.empty(0)


def bends(values: Floats, knots: Floats) -> Floats:
    """The bends at each value, shape (values, knots - 2), in the feature's own unit (over the knots' range squared)."""
    beyond_last = _cube(np.maximum(values - knots[-1], 0))
    hinges = [(_cube(np.maximum(values - knot, 0)) - beyond_last) / (knots[-1] - knot) for knot in knots[:-1]]
    scale = (knots[-1] - knots[0]) ** 2
    return np.asarray(np.column_stack([hinge - hinges[-1] for hinge in hinges[:-1]]) / scale, dtype=np.float64)


def _cube(values: Floats) -> Floats:
    # Many times as fast as a power.
    return values * values * values

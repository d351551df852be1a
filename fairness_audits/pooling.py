"""Small groups' rates drawn towards the others', as far as the groups are seen to be alike (partial pooling).

A rate of two cases out of four says little by itself. Here each group's true rate is taken for a draw from a beta
distribution of unknown mean and weight (how many cases the other groups' evidence counts as). Both are summed over:
their best estimate alone would make eight groups look more alike than they are known to be, and intervals by it cover
about half of what they claim. The mean has a flat prior, and so has the share by which a group of typical size is drawn
in (the uniform shrinkage prior: Christiansen and Morris 1997, Journal of the American Statistical Association 92:
618-632; Daniels 1999, The Canadian Journal of Statistics 27: 567-578).

It is shown beside the raw rate and judges nothing: drawn in, a group that is truly unlike the others looks more like
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln

from fairness_audits.intervals import Floats

FEWEST_GROUPS = 3
"""Of fewer groups no spread can be told."""
_SHRINKAGES = (np.arange(24) + 0.5) / 24
_MEANS = 80
_LEAST = 1e-3
_BISECTIONS = 17


@dataclass(frozen=True)
class Pooled:
    """Rates drawn towards each other, with credible intervals; arrays over groups, NaN where there is nothing."""

    value: Floats
    low: Floats
    high: Floats


def partially_pooled(successes: Floats, trials: Floats, confidence: float) -> Pooled | None:
    """Posterior means and equal-tailed intervals of each group's rate; None for fewer than `FEWEST_GROUPS` groups.

    Counts need not be whole (they are effective counts). Groups without trials take no part and are told nothing.
    """
    some = trials > 0
    if int(some.sum()) < FEWEST_GROUPS:
        return None
    k, n = successes[some], trials[some]
    a, b, share = _posterior(k, n)
    tail = (1 - confidence) / 2
    figures = (share @ (a / (a + b)), _quantile(a, b, share, tail), _quantile(a, b, share, 1 - tail))
    found = [np.full(len(trials), np.nan) for _ in figures]
    for whole, figure in zip(found, figures):
        whole[some] = figure
    return Pooled(*found)


def _posterior(k: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Each group's beta parameters, shape (settings, groups), and how probable each setting is."""
    typical = len(n) / float((1 / n).sum())
    weight = np.repeat(typical * _SHRINKAGES / (1 - _SHRINKAGES), _MEANS)[:, None]
    mean = np.tile(_means(k, n), len(_SHRINKAGES))[:, None]
    a, b = mean * weight, (1 - mean) * weight
    likelihood = (betaln(k + a, n - k + b) - betaln(a, b)).sum(axis=1)
    share = np.exp(likelihood - likelihood.max())
    kept = share > _LEAST * share.max()
    return (k + a)[kept], (n - k + b)[kept], share[kept] / share[kept].sum()


def _means(k: Floats, n: Floats) -> Floats:
    """Means to try, at even distances: all those that the groups' rates leave open."""
    rate = (k.sum() + 0.5) / (n.sum() + 1)
    spread = 6 * np.sqrt(rate * (1 - rate) * (1 / n.sum() + 1 / len(n)))
    low, high = max(rate - spread, 0.0), min(rate + spread, 1.0)
    return np.asarray(low + (high - low) * (np.arange(_MEANS) + 0.5) / _MEANS, dtype=np.float64)


def _quantile(a: Floats, b: Floats, share: Floats, at: float) -> Floats:
    """Where the groups' mixtures of beta distributions reach ``at``, by bisection."""
    low, high = np.zeros(a.shape[1]), np.ones(a.shape[1])
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = share @ betainc(a, b, middle) < at
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)

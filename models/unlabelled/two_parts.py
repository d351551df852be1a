"""Two logistic parts whose product is what is seen: caring, and being identified when caring.

``P(identified | x, z) = c(x) * e(z)`` with ``c = sigmoid(a + x b)``, whether a child cares, and
``e = sigmoid(g + z h)``, whether a child who cares is identified within the horizon (Bekker, Robberechts and Davis
2019, 'Beyond the selected completely at random assumption for learning from positive and unlabeled data'; the survey
is Bekker and Davis 2020). Their EM fills in who cares, and fits both parts to that in turn. Here the same likelihood is
climbed by Fisher scoring: where nine in ten who care are not identified EM needs hundreds of rounds, Fisher scoring a
dozen, to the same place.

With few identified the likelihood alone says next to nothing of the level of either part (twice the carers, each half
as likely to be identified, look the same). So both have priors: on each weight a normal one, and on the share who care
one that is normal in log-odds. Without the last no number of carers could be given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.calibration import logit, sigmoid
from models.cases import Floats

_STEPS = 100
_TOLERANCE = 1e-9
_HALVINGS = 40
_TINY = 1e-12
_FLAT = 1e-8
"""What keeps the information of an intercept from being nothing at all."""


@dataclass(frozen=True)
class Priors:
    """What is held before looking. Weights are of standardised columns."""

    caring: Floats
    """Mean of each caring weight."""
    caring_spread: float
    identification: Floats
    """Mean of each identification weight."""
    identification_spread: float
    share: float
    """The share who care, between 0 and 1."""
    share_spread: float
    """Standard deviation of its log-odds."""


@dataclass(frozen=True)
class Seen:
    """The rows: what caring may show in (n, p), what identification depends on (n, q), who was identified (n).

    ``weight`` is how many rows of the population each stands for, and ``offset`` log-odds that are added to each
    row's identification.
    """

    caring: Floats
    identification: Floats
    identified: Floats
    weight: Floats
    offset: Floats


@dataclass(frozen=True)
class TwoParts:
    """The weights of both parts."""

    caring_base: float
    caring: Floats
    identification_base: float
    identification: Floats
    objective: tuple[float, ...] = ()
    """Log-likelihood with the priors' part after each step: it never falls."""

    def caring_log_odds(self, caring: Floats) -> Floats:
        return np.asarray(self.caring_base + caring @ self.caring, dtype=np.float64)

    def identification_log_odds(self, identification: Floats, offset: Floats) -> Floats:
        return np.asarray(self.identification_base + identification @ self.identification + offset, dtype=np.float64)


def fit_two_parts(seen: Seen, priors: Priors, start: TwoParts | None = None) -> TwoParts:
    """The weights that make what is seen and the priors together most likely.

    The start is settled: weights at their priors' means, the share at its own, and identification at the level that
    then explains how many were identified. Nothing is drawn. Raises ValueError without a row.
    """
    if not len(seen.identified):
        raise ValueError("there is nothing to learn from")
    at = _packed(start) if start else _start(seen, priors)
    value = _objective(at, seen, priors)
    climbed = [value]
    for _ in range(_STEPS):
        gradient, information = _slope(at, seen, priors)
        step = np.linalg.solve(information, gradient)
        for _ in range(_HALVINGS):
            there = _objective(at + step, seen, priors)
            if there >= value:
                break
            step = step / 2
        else:
            break
        at, gain, value = at + step, there - value, there
        climbed.append(value)
        if gain <= _TOLERANCE * max(1.0, abs(value)):
            break
    width = seen.caring.shape[1]
    return TwoParts(float(at[0]), at[1 : 1 + width], float(at[1 + width]), at[2 + width :], tuple(climbed))


def _packed(parts: TwoParts) -> Floats:
    return np.concatenate([[parts.caring_base], parts.caring, [parts.identification_base], parts.identification])


def _start(seen: Seen, priors: Priors) -> Floats:
    rate = float(seen.weight @ seen.identified) / float(seen.weight.sum())
    level = float(np.clip(rate / priors.share, 0.001, 0.9))
    base, known = logit(np.array([priors.share, level]))
    return np.concatenate([[base], priors.caring, [known], priors.identification])


def _chances(at: Floats, seen: Seen) -> tuple[Floats, Floats]:
    width = seen.caring.shape[1]
    caring = sigmoid(at[0] + seen.caring @ at[1 : 1 + width])
    known = sigmoid(at[1 + width] + seen.identification @ at[2 + width :] + seen.offset)
    return np.clip(caring, _TINY, 1 - _TINY), np.clip(known, _TINY, 1 - _TINY)


def _objective(at: Floats, seen: Seen, priors: Priors) -> float:
    caring, known = _chances(at, seen)
    both = caring * known
    likelihood = seen.weight @ np.where(seen.identified > 0, np.log(both), np.log1p(-both))
    off, precision = _off(at, priors)
    share = float(seen.weight @ caring) / float(seen.weight.sum())
    return float(likelihood - 0.5 * (precision @ off**2) - 0.5 * _share_off(share, priors) ** 2)


def _slope(at: Floats, seen: Seen, priors: Priors) -> tuple[Floats, Floats]:
    """Gradient, and Fisher's expected information with the priors' (positive definite, so that a step goes up)."""
    caring, known = _chances(at, seen)
    both = caring * known
    ones = np.ones((len(both), 1))
    moved = np.hstack(
        [
            (1 - caring)[:, None] * np.hstack([ones, seen.caring]),
            (1 - known)[:, None] * np.hstack([ones, seen.identification]),
        ]
    )
    surprise = seen.weight * (seen.identified - both) / (1 - both)
    off, precision = _off(at, priors)
    gradient = moved.T @ surprise - precision * off
    information = (moved * (seen.weight * both / (1 - both))[:, None]).T @ moved + np.diag(precision + _FLAT)
    total = float(seen.weight.sum())
    share = float(seen.weight @ caring) / total
    spread = seen.weight * caring * (1 - caring) / (total * share * (1 - share) * priors.share_spread)
    direction = np.zeros(len(at))
    direction[0] = spread.sum()
    direction[1 : 1 + seen.caring.shape[1]] = seen.caring.T @ spread
    gradient = gradient - _share_off(share, priors) * direction
    return gradient, information + np.outer(direction, direction)


def _off(at: Floats, priors: Priors) -> tuple[Floats, Floats]:
    """How far each weight is from its prior's mean, and the prior's precision; the two bases have none of their own."""
    p, q = len(priors.caring), len(priors.identification)
    mean = np.concatenate([[0.0], priors.caring, [0.0], priors.identification])
    precision = np.concatenate(
        [[0.0], np.full(p, priors.caring_spread**-2), [0.0], np.full(q, priors.identification_spread**-2)]
    )
    return at - mean, precision


def _share_off(share: float, priors: Priors) -> float:
    kept = np.clip(np.array([share, priors.share]), _TINY, 1 - _TINY)
    now, held = logit(kept)
    return float(now - held) / priors.share_spread

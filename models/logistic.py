"""Logistic regression: medians for the unknown, with indicators of it, on standardised features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.candidates import Fitted, Training
from models.cases import Flags, Floats
from models.target import CandidateName

_CLIP = 5.0
_STRENGTH = 0.05


@dataclass(frozen=True)
class LinearModel:
    """Linear in each feature's standardised value and in whether it is unknown."""

    names: tuple[str, ...]
    median: Floats
    centre: Floats
    spread: Floats
    value_weight: Floats
    unknown_share: Floats
    unknown_weight: Floats
    base: float

    def contributions(self, values: Floats) -> Floats:
        """Exact for a linear model: weight times distance from the training mean, in log-odds."""
        standard, unknown = _standard(values, self.median, self.centre, self.spread)
        return standard * self.value_weight + (unknown - self.unknown_share) * self.unknown_weight

    def margin(self, values: Floats) -> Floats:
        return np.asarray(self.base + self.contributions(values).sum(axis=1), dtype=np.float64)

    def described(self) -> dict[str, Any]:
        columns = ("median", "centre", "spread", "value_weight", "unknown_share", "unknown_weight")
        return {
            "base": self.base,
            "features": {
                name: {column: float(getattr(self, column)[place]) for column in columns}
                for place, name in enumerate(self.names)
            },
        }


@dataclass(frozen=True)
class Logistic:
    """L2-penalised logistic regression, solved by Newton's method (no random start, no thread-dependent order)."""

    name: CandidateName = CandidateName.LOGISTIC

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        fitted: list[Fitted] = []
        for fold in range(training.folds):
            outside = training.outside(fold)
            names = tuple(feature.name for feature in training.features)
            fitted.append(fit_linear(names, training.values[outside], training.outcome[outside]))
            advance()
        return fitted


def fit_linear(names: tuple[str, ...], values: Floats, outcome: Floats) -> LinearModel:
    """Fit on (cases, features) with NaN for unknown and an outcome of 0 or 1."""
    known = ~np.isnan(values)
    median = np.array([np.median(values[known[:, j], j]) if known[:, j].any() else 0.0 for j in range(values.shape[1])])
    filled = np.where(known, values, median)
    centre, spread = filled.mean(axis=0), filled.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    standard, unknown = _standard(values, median, centre, spread)
    share = unknown.mean(axis=0)
    varies = (share > 0) & (share < 1)
    design = np.hstack([standard, (unknown - share)[:, varies]])
    solver = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", tol=1e-8, max_iter=100)
    solver.fit(design, outcome)
    weights = solver.coef_[0]
    unknown_weight = np.zeros(values.shape[1])
    unknown_weight[varies] = weights[values.shape[1] :]
    return LinearModel(
        names=names,
        median=_kept(median),
        centre=_kept(centre),
        spread=_kept(spread),
        value_weight=_kept(weights[: values.shape[1]]),
        unknown_share=_kept(share),
        unknown_weight=_kept(unknown_weight),
        base=round(float(solver.intercept_[0]), 9),
    )


def _kept(numbers: Floats) -> Floats:
    """To the nine places that are written down, so that the model read back is the model used."""
    return np.asarray(np.round(numbers, 9), dtype=np.float64)


def _standard(values: Floats, median: Floats, centre: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Standardised values, clipped so that no single figure decides alone, and 1 where unknown."""
    unknown: Flags = np.isnan(values)
    standard = (np.where(unknown, median, values) - centre) / spread
    return np.clip(standard, -_CLIP, _CLIP), unknown.astype(np.float64)

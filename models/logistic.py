"""Logistic regression: medians for the unknown, with indicators of it, on standardised features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
            "kind": "linear",
            "base": self.base,
            "features": {
                name: {column: float(getattr(self, column)[place]) for column in columns}
                for place, name in enumerate(self.names)
            },
        }

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> LinearModel:
        columns = {
            column: np.array([entry["features"][name][column] for name in names], dtype=np.float64)
            for column in ("median", "centre", "spread", "value_weight", "unknown_share", "unknown_weight")
        }
        return cls(names=tuple(names), base=float(entry["base"]), **columns)


@dataclass(frozen=True)
class Logistic:
    """L2-penalised logistic regression, solved by Newton's method (no random start, no thread-dependent order)."""

    name: CandidateName = CandidateName.LOGISTIC

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        # Standardised once on all training cases: that uses feature values alone, never outcomes.
        scaling = scale(training.values)
        design, shared = _design(training.values, scaling)
        solver = LogisticRegression(C=_STRENGTH, solver="newton-cholesky", tol=1e-8, max_iter=100, warm_start=True)
        fitted: list[Fitted] = []
        for fold in range(training.folds):
            outside = training.outside(fold)
            # The loss is convex: where the solver starts does not show in where it ends, only in how soon.
            weight = None if training.weight is None else training.weight[outside]
            solver.fit(design[outside], training.outcome[outside], sample_weight=weight)
            fitted.append(_linear(training, scaling, shared, solver.coef_[0], float(solver.intercept_[0])))
            advance()
        return fitted


@dataclass(frozen=True)
class Scaling:
    """What makes raw values into standardised ones."""

    median: Floats
    centre: Floats
    spread: Floats
    unknown_share: Floats


def scale(values: Floats) -> Scaling:
    """Medians, means and standard deviations of (cases, features), with NaN for unknown."""
    known = ~np.isnan(values)
    median = np.array([np.median(values[known[:, j], j]) if known[:, j].any() else 0.0 for j in range(values.shape[1])])
    filled = np.where(known, values, median)
    spread = filled.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    return Scaling(_kept(median), _kept(filled.mean(axis=0)), _kept(spread), _kept(1 - known.mean(axis=0)))


def _design(values: Floats, scaling: Scaling) -> tuple[Floats, list[list[int]]]:
    """Standardised values, then one column for each distinct pattern of unknowns, with the features that share it."""
    standard, unknown = _standard(values, scaling.median, scaling.centre, scaling.spread)
    patterns: dict[bytes, list[int]] = {}
    for place in np.flatnonzero((scaling.unknown_share > 0) & (scaling.unknown_share < 1)):
        patterns.setdefault(np.packbits(unknown[:, place] > 0).tobytes(), []).append(int(place))
    shared = list(patterns.values())
    first = [places[0] for places in shared]
    return np.hstack([standard, unknown[:, first] - scaling.unknown_share[first]]), shared


def _linear(
    training: Training, scaling: Scaling, shared: list[list[int]], weights: Floats, intercept: float
) -> LinearModel:
    width = training.values.shape[1]
    unknown_weight = np.zeros(width)
    for places, weight in zip(shared, weights[width:]):
        unknown_weight[places] = weight / len(places)
    return LinearModel(
        names=tuple(feature.name for feature in training.features),
        median=scaling.median,
        centre=scaling.centre,
        spread=scaling.spread,
        value_weight=_kept(weights[:width]),
        unknown_share=scaling.unknown_share,
        unknown_weight=_kept(unknown_weight),
        base=round(intercept, 9),
    )


def _kept(numbers: Floats) -> Floats:
    """To the nine places that are written down, so that the model read back is the model used."""
    return np.asarray(np.round(numbers, 9), dtype=np.float64)


def _standard(values: Floats, median: Floats, centre: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Standardised values, clipped so that no single figure decides alone, and 1 where unknown."""
    unknown: Flags = np.isnan(values)
    standard = (np.where(unknown, median, values) - centre) / spread
    return np.clip(standard, -_CLIP, _CLIP), unknown.astype(np.float64)

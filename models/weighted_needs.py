"""Evidenced needs and other signs of need, added up with weights that are never below nought.

It is a count of needs whose parts need not count alike: no sign of need, however faint, ever moves a family down. A
panel can read the whole of it as one list of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from models.calibration import sigmoid
from models.candidates import Fitted, Training
from models.cases import Floats
from models.target import CandidateName

_PENALTY = 2000.0
_STEPS = 500


@dataclass(frozen=True)
class Scale:
    """How a sign is measured: ``arcsinh(direction * value / size)``, above its lowest, over its spread."""

    direction: int
    size: float
    lowest: float
    """What an unknown value counts as too: the sign does not show."""
    spread: float

    def of(self, column: Floats) -> Floats:
        measured = np.arcsinh(self.direction * column / self.size)
        above = np.where(np.isnan(measured), self.lowest, measured) - self.lowest
        return np.asarray(np.maximum(above, 0.0) / self.spread, dtype=np.float64)


@dataclass(frozen=True)
class Sum:
    """What each sign adds, by its place among the features."""

    names: tuple[str, ...]
    base: float
    """Log-odds of a case with the typical sign of each kind."""
    weights: Mapping[int, float]
    typical: Mapping[int, float]
    scales: Mapping[int, Scale]

    def contributions(self, values: Floats) -> Floats:
        moved = np.zeros(values.shape)
        for place, weight in self.weights.items():
            moved[:, place] = weight * (self.scales[place].of(values[:, place]) - self.typical[place])
        return moved

    def margin(self, values: Floats) -> Floats:
        return np.asarray(self.base + self.contributions(values).sum(axis=1), dtype=np.float64)

    def described(self) -> dict[str, Any]:
        signs = {
            self.names[place]: {"weight": weight, "typical": self.typical[place], **vars(self.scales[place])}
            for place, weight in self.weights.items()
        }
        return {"kind": "weighted_needs", "base": self.base, "signs": signs}

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> Sum:
        signs = {names.index(name): one for name, one in entry["signs"].items()}
        measured = ("direction", "size", "lowest", "spread")
        return cls(
            tuple(names),
            float(entry["base"]),
            {place: float(one["weight"]) for place, one in signs.items()},
            {place: float(one["typical"]) for place, one in signs.items()},
            {place: Scale(*(one[part] for part in measured)) for place, one in signs.items()},
        )


@dataclass(frozen=True)
class WeightedNeeds:
    """Logistic regression with weights of nought or more, penalised by their squares, solved by L-BFGS-B."""

    places: tuple[int, ...]
    """Places of the signs: the features that may count."""
    label: str = ""
    """A further label of the target, taught of everybody; the target's outcome without one."""
    name: CandidateName = CandidateName.WEIGHTED_NEEDS

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        outcome = training.outcome
        if self.label:
            learnt = training.labels[self.label]
            outcome = learnt.outcome * learnt.weight
        scales = {place: _scale(training, place) for place in self.places}
        used = [place for place in self.places if scales[place].spread > 0]
        signs = np.column_stack([scales[place].of(training.values[:, place]) for place in used])
        centre = np.round(signs.mean(axis=0), 9)
        fitted: list[Fitted] = []
        for fold in range(training.folds):
            outside = training.outside(fold)
            found = np.round(_solved(signs[outside] - centre, outcome[outside]), 9)
            counted = [place for place in range(len(used)) if found[place] > 0]
            fitted.append(
                Sum(
                    names=tuple(feature.name for feature in training.features),
                    base=float(found[-1]),
                    weights={used[place]: float(found[place]) for place in counted},
                    typical={used[place]: float(centre[place]) for place in counted},
                    scales={used[place]: scales[used[place]] for place in counted},
                )
            )
            advance()
        return fitted


def _scale(training: Training, place: int) -> Scale:
    """From feature values alone. A sign that never differs, or is never known, has no spread."""
    direction = training.features[place].direction
    column = training.values[:, place]
    known = column[~np.isnan(column)]
    sizes = np.abs(known[known != 0])
    size = float(np.round(np.median(sizes), 9)) if len(sizes) else 1.0
    measured = np.arcsinh(direction * known / (size or 1.0))
    lowest = float(np.round(measured.min(), 9)) if len(measured) else 0.0
    one = Scale(direction, size or 1.0, lowest, 1.0)
    spread = float(np.round(one.of(column).std(), 9))
    return Scale(direction, one.size, lowest, spread)


def _solved(signs: Floats, outcome: Floats) -> Floats:
    """Weights of the signs, none below nought, then the intercept."""
    width = signs.shape[1]

    def loss(at: Floats) -> tuple[float, Floats]:
        weights = at[:width]
        log_odds = signs @ weights + at[width]
        error = sigmoid(log_odds) - outcome
        total = (np.logaddexp(0.0, log_odds) - outcome * log_odds).sum() + _PENALTY / 2 * (weights @ weights)
        return float(total), np.append(signs.T @ error + _PENALTY * weights, error.sum())

    share = min(max(float(outcome.mean()), 1e-6), 1 - 1e-6)
    start = np.append(np.zeros(width), np.log(share / (1 - share)))
    bounds = [(0.0, None)] * width + [(None, None)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS, "ftol": 1e-12}
    )
    return np.asarray(found.x, dtype=np.float64)

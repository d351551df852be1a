"""A count of evidenced needs that other signs of need refine, added up with weights that are never below nought.

It begins near the count and goes from there as far as a council's cases show. Each need is drawn to a weight in
proportion to the share of families who do not have it, for what many have says less of one; how much all of them weigh
together is learnt from the sum alone. Each other sign is drawn to nought. So with few cases it is all but a count, with
ties broken by the signs that tell most. No sign of need, however faint, ever moves a family down, and a panel can read
the whole of it as one list of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from models.calibration import sigmoid
from models.candidates import Fitted, Training
from models.cases import Floats
from models.target import CandidateName
from models.taught import sampled

_PENALTY = 1000.0
"""On the square of how far a weight is from what it is drawn to. Chosen on two made-up boroughs and on a council's
training dates, by stability and by precision on families held out."""
_MOST = 5.0
"""No sign counts for more than so many of its standard deviations, as in `models.logistic`."""
_RAREST = 0.05
"""The least that a need is drawn to beside one that nobody has, should everybody have it."""
_SHOWN = float(np.round(np.arcsinh(1.0), 9))
_STEPS = 500


@dataclass(frozen=True)
class Scale:
    """How a sign is measured: ``arcsinh(direction * value / size)``, above its lowest, over its spread, at most 5."""

    direction: int
    size: float
    lowest: float
    """What an unknown value counts as too: the sign does not show."""
    spread: float

    def of(self, column: Floats) -> Floats:
        measured = np.arcsinh(self.direction * column / self.size)
        above = np.where(np.isnan(measured), self.lowest, measured) - self.lowest
        return np.asarray(np.clip(above / self.spread, 0.0, _MOST), dtype=np.float64)


_FLAG = Scale(direction=1, size=1.0, lowest=0.0, spread=_SHOWN)
"""How an evidenced need is measured: 1 where there is evidence, else 0."""


@dataclass(frozen=True)
class Sum:
    """What each sign adds, by its place among the features."""

    names: tuple[str, ...]
    base: float
    """Of a case with the typical sign of each kind; nought of a fitted one, as of `models.logistic.LinearModel`."""
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
    """Logistic regression with weights of nought or more, drawn to those of a count, solved by L-BFGS-B."""

    needs: tuple[int, ...]
    """Places of the evidenced needs."""
    signs: tuple[int, ...]
    """Places of the other features that may count."""
    label: str = ""
    """A further label of the target, taught of everybody; the target's outcome without one."""
    name: CandidateName = CandidateName.WEIGHTED_NEEDS

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        outcome = training.outcome
        if self.label:
            learnt = training.labels[self.label]
            outcome = learnt.outcome * learnt.weight
        scales = {place: _scale(training, place) for place in self.signs} | dict.fromkeys(self.needs, _FLAG)
        used = [place for place in (*self.needs, *self.signs) if scales[place].spread > 0]
        centre = np.round([scales[place].of(training.values[:, place]).mean() for place in used], 9)
        rare = np.maximum(1 - centre[: len(self.needs)], _RAREST)
        few = sampled(replace(training, outcome=outcome))
        measured = np.column_stack([scales[place].of(few.values[:, place]) for place in used]) - centre
        counted = np.ones(len(measured)) if few.weight is None else few.weight
        found = []
        for fold in range(training.folds):
            outside = few.outside(fold)
            found.append(np.round(_solved(measured[outside], few.outcome[outside], counted[outside], rare), 9))
            advance()
        return [self._sum(training, dict(zip(used, one)), dict(zip(used, centre)), scales) for one in found]

    @staticmethod
    def _sum(
        training: Training,
        weights: Mapping[int, float],
        centre: Mapping[int, float],
        scales: Mapping[int, Scale],
    ) -> Sum:
        counted = [place for place, weight in weights.items() if weight > 0]
        return Sum(
            names=tuple(feature.name for feature in training.features),
            base=0.0,
            weights={place: float(weights[place]) for place in counted},
            typical={place: float(centre[place]) for place in counted},
            scales={place: scales[place] for place in counted},
        )


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


def _solved(measured: Floats, outcome: Floats, counted: Floats, rare: Floats) -> Floats:
    """Weights, none below nought, then the intercept; each case counts ``counted`` times.

    The first columns are those of the needs, which are drawn to weights in proportion to ``rare``.
    """
    share = min(max(float(np.average(outcome, weights=counted)), 1e-6), 1 - 1e-6)
    start = np.append(np.zeros(measured.shape[1]), np.log(share / (1 - share)))
    needs = len(rare)
    if needs:
        together = (measured[:, :needs] @ rare)[:, None]
        start[:needs] = rare * _nearest(together, outcome, counted, start[[0, -1]], penalty=0.0)[0]
    return _nearest(measured, outcome, counted, start)


def _nearest(measured: Floats, outcome: Floats, counted: Floats, start: Floats, penalty: float = _PENALTY) -> Floats:
    """The weights and the intercept that fit best, held back by how far weights are from those at the start.

    Weights are sought in units of about the error that they have, so that each needs as many steps.
    """
    width = measured.shape[1]
    held = np.append(np.full(width, penalty), 0.0)
    known = counted.sum() * sigmoid(start[width]) * sigmoid(-start[width])
    unit = 1 / np.sqrt(np.maximum(known * np.append(measured.var(axis=0), 1.0) + held, 1.0))

    def loss(at: Floats) -> tuple[float, Floats]:
        found = at * unit
        log_odds = measured @ found[:width] + found[width]
        error = counted * (sigmoid(log_odds) - outcome)
        away = found - start
        total = counted @ (np.logaddexp(0.0, log_odds) - outcome * log_odds) + held @ away**2 / 2
        slope = np.append(measured.T @ error, error.sum()) + held * away
        return float(total), unit * slope

    bounds = [(0.0, None)] * width + [(None, None)]
    options = {"maxiter": _STEPS, "ftol": 1e-12, "gtol": 1e-6}
    found = minimize(loss, start / unit, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x * unit, dtype=np.float64)

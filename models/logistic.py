"""Logistic regression with splines: medians for the unknown, with indicators of it, on standardised features.

A feature with many distinct values has a curve (a natural cubic spline with straight tails); one with few a straight
line. There are no products of features, so that what a feature adds is the same whatever the others are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.candidates import Fitted, Training
from models.cases import Flags, Floats
from models.newton import fit_folds
from models.splines import bends, choose_knots
from models.target import CandidateName

_CLIP = 5.0
# Strong: features that say much the same share their weight, and the list hardly hangs on who was drawn to learn from.
# Chosen on two made-up boroughs of 6,000 families, by held-out precision at training dates and by stability.
_PENALTY = 2000.0
_BENDING = 20_000.0
_COLUMNS = ("median", "centre", "spread", "value_weight", "unknown_share", "unknown_weight")


@dataclass(frozen=True)
class Curve:
    """What a feature's standardised value adds beyond its straight line, in log-odds."""

    knots: Floats
    weights: Floats
    """One for each bend."""
    level: float
    """What the bends add for the typical training case, taken off."""

    def of(self, standard: Floats) -> Floats:
        return np.asarray(bends(standard, self.knots) @ self.weights - self.level, dtype=np.float64)


@dataclass(frozen=True)
class LinearModel:
    """Each feature's standardised value by a line or a curve, and whether it is unknown by a number of its own."""

    names: tuple[str, ...]
    median: Floats
    centre: Floats
    spread: Floats
    value_weight: Floats
    unknown_share: Floats
    unknown_weight: Floats
    base: float
    """Of a case with the mean of every feature. A fitted one counts from nought: its intercept is the share with the
    outcome outside its fold, which says nothing of the cases inside, and left in it would let whole folds change places
    in the list with who was drawn to learn from. Calibration gives the level."""
    curves: Mapping[int, Curve] = field(default_factory=dict)
    """Of the features that have one, by place."""

    def contributions(self, values: Floats) -> Floats:
        """Exact, for the features only add up: each one's line and curve less the training mean, in log-odds."""
        standard, unknown = standardised(values, self.median, self.centre, self.spread)
        moved = standard * self.value_weight + (unknown - self.unknown_share) * self.unknown_weight
        for place, curve in self.curves.items():
            moved[:, place] += curve.of(standard[:, place])
        return np.asarray(moved, dtype=np.float64)

    def margin(self, values: Floats) -> Floats:
        return np.asarray(self.base + self.contributions(values).sum(axis=1), dtype=np.float64)

    def described(self) -> dict[str, Any]:
        features: dict[str, dict[str, Any]] = {
            name: {column: float(getattr(self, column)[place]) for column in _COLUMNS}
            for place, name in enumerate(self.names)
        }
        for place, curve in self.curves.items():
            features[self.names[place]]["curve"] = {
                "knots": curve.knots.tolist(),
                "weights": curve.weights.tolist(),
                "level": curve.level,
            }
        return {"kind": "linear", "base": self.base, "features": features}

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> LinearModel:
        features = [entry["features"][name] for name in names]
        columns = {name: np.array([one[name] for one in features], dtype=np.float64) for name in _COLUMNS}
        curves = {
            place: Curve(np.array(one["curve"]["knots"]), np.array(one["curve"]["weights"]), one["curve"]["level"])
            for place, one in enumerate(features)
            if "curve" in one
        }
        return cls(names=tuple(names), base=float(entry["base"]), curves=curves, **columns)


@dataclass(frozen=True)
class Logistic:
    """L2-penalised logistic regression (`models.newton`)."""

    penalty: float = _PENALTY
    bending: float = _BENDING
    """The penalty on what a curve adds to its line."""
    name: CandidateName = CandidateName.LOGISTIC

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        # Standardised, and knots chosen, once on all training cases: that uses feature values alone, never outcomes.
        design = _design(training.values, scale(training.values))
        weight = np.ones(len(training.outcome)) if training.weight is None else training.weight
        penalty = np.full(design.columns.shape[1], self.penalty)
        for bend in design.bends:
            penalty[bend.columns] = self.bending
        found = fit_folds(design.columns, training.outcome, weight, training.fold, training.folds, penalty)
        fitted: list[Fitted] = []
        for coefficients in found:
            fitted.append(_fitted(training, design, coefficients))
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


@dataclass(frozen=True)
class _Bend:
    """The columns that stand for one feature's bends, each less its straight part and over its own spread."""

    place: int
    knots: Floats
    columns: slice
    level: Floats
    slope: Floats
    spread: Floats


@dataclass(frozen=True)
class _Design:
    """What is regressed on: standardised values, bends, then one column for each distinct pattern of unknowns."""

    scaling: Scaling
    columns: Floats
    bends: tuple[_Bend, ...]
    shared: list[list[int]]
    """For each column of unknowns the features that have that pattern."""


def _design(values: Floats, scaling: Scaling) -> _Design:
    standard, unknown = standardised(values, scaling.median, scaling.centre, scaling.spread)
    parts, bent = [standard], []
    reached = standard.shape[1]
    for place in range(standard.shape[1]):
        knots = choose_knots(standard[unknown[:, place] == 0, place])
        if len(knots):
            columns, bend = _straightened(standard[:, place], place, knots, reached)
            parts.append(columns)
            bent.append(bend)
            reached += columns.shape[1]
    patterns: dict[bytes, list[int]] = {}
    for place in np.flatnonzero((scaling.unknown_share > 0) & (scaling.unknown_share < 1)).tolist():
        patterns.setdefault(np.packbits(unknown[:, place] > 0).tobytes(), []).append(place)
    shared = list(patterns.values())
    first = [places[0] for places in shared]
    parts.append(unknown[:, first] - scaling.unknown_share[first])
    return _Design(scaling, np.hstack(parts), tuple(bent), shared)


def _straightened(standard: Floats, place: int, knots: Floats, reached: int) -> tuple[Floats, _Bend]:
    """Bends less the straight line nearest to them: so the penalty on them is on bending, and on nothing else."""
    found = bends(standard, knots)
    centre, around = found.mean(axis=0), standard - standard.mean()
    slope = around @ (found - centre) / (around @ around)
    level = centre - slope * standard.mean()
    left = found - level - np.outer(standard, slope)
    spread = np.maximum(left.std(axis=0), 1e-6)
    return left / spread, _Bend(place, knots, slice(reached, reached + found.shape[1]), level, slope, spread)


def _fitted(training: Training, design: _Design, coefficients: Floats) -> LinearModel:
    width = training.values.shape[1]
    value_weight, curves = coefficients[:width].copy(), {}
    for bend in design.bends:
        weights = coefficients[bend.columns] / bend.spread
        value_weight[bend.place] -= weights @ bend.slope
        curves[bend.place] = Curve(bend.knots, _kept(weights), round(float(weights @ bend.level), 9))
    unknown_weight = np.zeros(width)
    for places, weight in zip(design.shared, coefficients[-1 - len(design.shared) : -1]):
        unknown_weight[places] = weight / len(places)
    scaling = design.scaling
    return LinearModel(
        names=tuple(feature.name for feature in training.features),
        median=scaling.median,
        centre=scaling.centre,
        spread=scaling.spread,
        value_weight=_kept(value_weight),
        unknown_share=scaling.unknown_share,
        unknown_weight=_kept(unknown_weight),
        base=0.0,
        curves=curves,
    )


def of_lines(training: Training, scaling: Scaling, weights: Floats, base: float) -> LinearModel:
    """A model of straight lines alone, one weight for each standardised feature; what is unknown is its median."""
    return LinearModel(
        names=tuple(feature.name for feature in training.features),
        median=scaling.median,
        centre=scaling.centre,
        spread=scaling.spread,
        value_weight=weights,
        unknown_share=scaling.unknown_share,
        unknown_weight=np.zeros(len(weights)),
        base=base,
    )


def _kept(numbers: Floats) -> Floats:
    """To the nine places that are written down, so that the model read back is the model used."""
    return np.asarray(np.round(numbers, 9), dtype=np.float64)


def standardised(values: Floats, median: Floats, centre: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Standardised values, clipped so that no single figure decides alone, and 1 where unknown."""
    unknown: Flags = np.isnan(values)
    standard = (np.where(unknown, median, values) - centre) / spread
    return np.clip(standard, -_CLIP, _CLIP), unknown.astype(np.float64)

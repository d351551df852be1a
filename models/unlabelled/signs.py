"""Ranking by signs with nothing learnt of who was identified: a count of some, and all of them, each alike.

Where few are known, weights that are learnt are mostly chance, and weights that are all the same, of predictors whose
direction is known, do about as well or better (Dawes 1979, 'The robust beauty of improper linear models in decision
making', American Psychologist 34: 571-582). Nor can such a list repeat who was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.candidates import Fitted, Nothing, Training, by_value
from models.cases import Floats, Integers
from models.catalogue import Feature
from models.logistic import LinearModel, Scaling, scale
from models.target import CandidateName

SIGN = 0.2
"""Log-odds by which a sign is held to count before looking, for one standard deviation: every sign a little."""


@dataclass(frozen=True)
class SignsCount:
    """Ranks by the feature that counts signs; where the council's sources give none, everybody is alike."""

    feature: str
    name: CandidateName = CandidateName.SIGNS_COUNT

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        names = [feature.name for feature in training.features]
        for _ in range(training.folds):
            advance()
        if self.feature not in names:
            return [Nothing(len(names))] * training.folds
        return [by_value(training, names.index(self.feature), 1)] * training.folds


@dataclass(frozen=True)
class SignsAlike:
    """Ranks by all signs that have an expected direction, each in its own standard deviation and counting the same.

    What it takes from the training cases is the middle and the spread of each sign, so that all folds share it.
    """

    signs: tuple[str, ...]
    name: CandidateName = CandidateName.SIGNS_ALIKE

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        places = places_of(self.signs, training.features)
        for _ in range(training.folds):
            advance()
        scaling, weights = scale(training.values[:, places]), held_before(training.features, places)
        return [signs_model(training.features, places, scaling, weights)] * training.folds


def places_of(signs: Sequence[str], features: Sequence[Feature]) -> Integers:
    """The columns of the signs that this council has."""
    place = {feature.name: column for column, feature in enumerate(features)}
    return np.array([place[name] for name in signs if name in place], dtype=np.int64)


def held_before(features: Sequence[Feature], places: Integers) -> Floats:
    """The weight of each sign before looking: all alike, in its expected direction, and nothing where there is none."""
    return np.array([SIGN * features[column].direction for column in places], dtype=np.float64)


def signs_model(features: Sequence[Feature], places: Integers, scaling: Scaling, weights: Floats) -> LinearModel:
    """A linear model of all features in which signs alone have a weight. ``scaling`` is that of the signs.

    It counts from nought: how many care, or were identified, outside a fold says nothing of the cases in it, and would
    let whole folds change places in the list.
    """
    width = len(features)

    def spread_out(of_signs: Floats, elsewhere: float) -> Floats:
        column = np.full(width, elsewhere)
        column[places] = np.round(of_signs, 9)
        return column

    return LinearModel(
        names=tuple(feature.name for feature in features),
        median=spread_out(scaling.median, 0.0),
        centre=spread_out(scaling.centre, 0.0),
        spread=spread_out(scaling.spread, 1.0),
        value_weight=spread_out(weights, 0.0),
        unknown_share=spread_out(scaling.unknown_share, 0.0),
        unknown_weight=np.zeros(width),
        base=0.0,
    )

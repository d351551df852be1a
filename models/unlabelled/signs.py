"""A count of signs: the simplest way to rank by what may show, and nothing to learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.candidates import Fitted, Nothing, Training, by_value
from models.target import CandidateName


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

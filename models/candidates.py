"""What every candidate has in common, and the baselines: chance, one indicator, a count of needs.

A candidate is fitted once for each fold, on the families outside it. A fitted one gives each case a *margin*: a
number that ranks, made into a probability by `models.calibration`. Contributions say how far each feature moves a
case's margin away from ``base``: ``margin == base + contributions.sum(axis=1)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from models.cases import Flags, Floats, Integers
from models.catalogue import Feature
from models.labels import Learnt
from models.metrics import average_precision
from models.target import CandidateName
from models.unlabelled.identification import Identification


@dataclass(frozen=True)
class Training:
    """What a candidate may learn from at one origin: closed as-of dates, outcomes as known by then."""

    features: tuple[Feature, ...]
    values: Floats
    outcome: Floats
    group: Integers
    fold: Integers
    folds: int
    seed: int
    threads: int
    labels: Mapping[str, Learnt] = field(default_factory=dict)
    """The target's further labels, by name."""
    weight: Floats | None = None
    """How much each case counts; all alike without it."""
    identification: Identification | None = None
    """What says who would be noticed, where the target asks for it."""

    def outside(self, fold: int) -> Flags:
        return np.asarray(self.fold != fold, dtype=np.bool_)

    @property
    def directions(self) -> list[int]:
        return [feature.direction for feature in self.features]


class Fitted(Protocol):
    """A candidate after fitting."""

    @property
    def base(self) -> float: ...

    def margin(self, values: Floats) -> Floats: ...

    def contributions(self, values: Floats) -> Floats:
        """Shape (cases, features)."""
        ...

    def described(self) -> dict[str, Any]:
        """Everything needed to apply it again, for JSON, and its ``kind`` in `models.persistence.KINDS`.

        ``read`` of the class of that kind makes the same model of it. Boosters are `models.boosted.BoosterText`.
        """
        ...


class Candidate(Protocol):
    """A way of ranking a cohort."""

    @property
    def name(self) -> CandidateName: ...

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        """One fitted model for each fold, which learnt nothing from the families in it."""
        ...


@dataclass(frozen=True)
class ByValue:
    """Ranks by one feature's own value. It learns nothing but the scale, so all folds share it."""

    place: int
    width: int
    name: str
    direction: int
    scale: float
    unknown: float
    """Margin of a case whose value is unknown: the lowest seen, so that it never comes first."""

    @property
    def base(self) -> float:
        return 0.0

    def margin(self, values: Floats) -> Floats:
        """The inverse hyperbolic sine of the scaled value: the value's own order, with long tails drawn in."""
        column = self.direction * values[:, self.place] / self.scale
        return np.where(np.isnan(column), self.unknown, np.arcsinh(column))

    def contributions(self, values: Floats) -> Floats:
        moved = np.zeros((len(values), self.width))
        moved[:, self.place] = self.margin(values)
        return moved

    def described(self) -> dict[str, Any]:
        return {
            "kind": "by_value",
            "feature": self.name,
            "direction": self.direction,
            "scale": self.scale,
            "unknown": self.unknown,
        }

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> ByValue:
        name = str(entry["feature"])
        numbers = (float(entry["scale"]), float(entry["unknown"]))
        return cls(names.index(name), len(names), name, int(entry["direction"]), *numbers)


@dataclass(frozen=True)
class Nothing:
    """Knows nothing of a case."""

    width: int

    @property
    def base(self) -> float:
        return 0.0

    def margin(self, values: Floats) -> Floats:
        return np.zeros(len(values))

    def contributions(self, values: Floats) -> Floats:
        return np.zeros((len(values), self.width))

    def described(self) -> dict[str, Any]:
        return {"kind": "nothing"}

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> Nothing:
        return cls(len(names))


@dataclass(frozen=True)
class Chance:
    """Every case alike: the list is then the settled random order."""

    name: CandidateName = CandidateName.CHANCE

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        return [Nothing(len(training.features))] * training.folds


@dataclass(frozen=True)
class NeedsCount:
    """The count of evidenced needs."""

    place: int
    name: CandidateName = CandidateName.NEEDS_COUNT

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        return [by_value(training, self.place, 1)] * training.folds


@dataclass(frozen=True)
class SingleIndicator:
    """The one feature, of those allowed, that ranks training cases best by average precision.

    The choice among features uses the training as-of dates of all families, so that one list has one indicator.
    What that flatters is taken off where candidates are compared (`models.choice.tried_out`).
    """

    places: tuple[int, ...]
    name: CandidateName = CandidateName.SINGLE_INDICATOR

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        return [self._best(training, [np.ones(len(training.outcome), dtype=np.bool_)])[0]] * training.folds

    def picked_anew(self, training: Training) -> list[ByValue]:
        """For each fold the one that ranks the families outside it best: what picking it is worth elsewhere."""
        return self._best(training, [training.outside(fold) for fold in range(training.folds)])

    def _best(self, training: Training, parts: Sequence[Flags]) -> list[ByValue]:
        """The best of each part of the cases."""
        ranked = [by_value(training, place, training.features[place].direction) for place in self.places]
        power = []
        for one in ranked:
            margin = one.margin(training.values)
            power.append([average_precision(margin[kept], training.outcome[kept]) for kept in parts])
        return [ranked[int(place)] for place in np.argmax(np.array(power), axis=0)]


def by_value(training: Training, place: int, direction: int) -> ByValue:
    """Rank by a feature's value, scaled by the median size of its values other than 0."""
    column = training.values[:, place]
    sizes = np.abs(column[~np.isnan(column) & (column != 0)])
    scale = float(np.round(np.median(sizes), 9)) if len(sizes) else 1.0
    seen = np.arcsinh(direction * column / (scale or 1.0))
    lowest = float(np.round(np.nanmin(seen), 9)) if not np.isnan(seen).all() else 0.0
    name = training.features[place].name
    return ByValue(place, len(training.features), name, direction, scale or 1.0, lowest)

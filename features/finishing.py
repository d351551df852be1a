"""Features of one level, each finished as soon as what it is made of has come.

A level's rows are its families, or its children in each of their families, at each as-of date. What came of a stream is
joined to the rows once: features that need nothing else are finished there and then, and of the rest only those columns
are kept that other features wait for. What was made of the streams lies side by side, so that no frame is wider than a
stream: every step asks the engine about every column there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw

from features.arithmetic import Arithmetic
from features.compile import AS_OF_DAY, rounded
from features.definitions import Feature, NullRule, Over, Roll
from features.rows import nearest
from features.streams import Aggregate
from features.values import Named, names_of
from features.world import Frame, World

Asked = tuple[Over, Aggregate]
"""An aggregate over some of the members."""


@dataclass(frozen=True)
class Part:
    """What a stream brings to the rows with the same ``keys``: columns of aggregates, and features in need of no more
    than rounding, or of nothing, by their names."""

    frame: Frame
    keys: tuple[str, ...]
    aggregates: Mapping[Asked, str]
    named: tuple[str, ...] = ()


class LevelRows:
    """The rows of a level, and its features as they are finished."""

    def __init__(self, world: World, rows: Frame, keys: Sequence[str], features: Sequence[Feature]) -> None:
        self._keys = tuple(keys)
        self._features = tuple(features)
        self._waiting = list(features)
        self._columns: dict[Asked, str] = {}
        self._needs = {f.name: _named_in(f) for f in features}
        """The columns that each feature is made of: as far as they have come, for those of aggregates."""
        self._unmet = {f.name: set(_asked(f)) for f in features}
        self._rows = world.backend.keep(rows)
        self._beside = world.backend.beside(self._keys)
        self._beside.add(self._rows)
        self._there = {AS_OF_DAY}
        """What lies side by side."""

    def take(self, parts: Iterable[Part]) -> None:
        """Join what a stream brings, at most one row to each of the level's, and finish what can be finished."""
        grid, brought = self._rows, {AS_OF_DAY}
        aggregates: dict[Asked, str] = {}
        for part in parts:
            grid = grid.join(part.frame, on=list(part.keys), how="left")
            aggregates |= part.aggregates
            brought |= {*part.aggregates.values(), *part.named}
        self._columns |= aggregates
        for name, unmet in self._unmet.items():
            met = unmet & aggregates.keys()
            self._needs[name] |= {aggregates[asked] for asked in met}
            unmet.difference_update(met)
        self._finish(grid, self._made_of(brought), brought)

    def finished(self) -> Frame:
        """The keys and every feature's columns. Raises ValueError for a feature made of what is not there."""
        while self._waiting:
            ready = self._made_of(self._there)
            if not ready:
                raise ValueError(self._unmade(self._waiting[0]))
            needed = sorted(set().union(*(self._needs[f.name] for f in ready)))
            self._finish(self._beside.frame(needed), ready, set())
        return self._beside.frame(outputs(self._features))

    def _made_of(self, columns: set[str]) -> list[Feature]:
        """The features that need no others than these."""
        return [f for f in self._waiting if not self._unmet[f.name] and self._needs[f.name] <= columns]

    def _finish(self, grid: Frame, ready: Sequence[Feature], brought: set[str]) -> None:
        """Arithmetic, rounding and null rules, and of the columns brought those that others wait for."""
        arithmetic = Arithmetic()
        places = {f.name: self._asked_of(arithmetic, f) for f in ready}
        grid = arithmetic.on(grid)
        numbers = {name: arithmetic.expr(place) for name, place in places.items()}
        made = {f.name: _rounded(f, numbers[f.name]) for f in ready}
        flags = {f.indicator: numbers[f.name].is_null().cast(nw.Float64) for f in ready if f.indicator}
        self._waiting = [f for f in self._waiting if f.name not in made]
        waited = set().union(*(self._needs[f.name] for f in self._waiting))
        carried = sorted((waited & brought) - self._there - made.keys())
        new = [expr.alias(name) for name, expr in {**made, **flags}.items()]
        if carried or new:
            self._beside.add(grid.select(*self._keys, *carried, *new))
        self._there |= {*carried, *made, *flags}

    def _asked_of(self, arithmetic: Arithmetic, feature: Feature) -> int:
        """A feature's value; one that was rolled up came as a column of its own name."""
        if feature.roll is not Roll.POOL:
            return arithmetic.add(Named(feature.name), {})
        return arithmetic.add(feature.value, {a: self._columns[feature.over, a] for a in feature.aggregates})

    def _unmade(self, feature: Feature) -> str:
        """Why a feature made of others cannot be: one is not there, or it comes round to itself."""
        finished = self._there - {AS_OF_DAY, *self._columns.values()}
        there = finished | set(outputs(self._waiting))
        absent = [name for name in names_of(feature.value) if name not in there]
        if not absent:
            return f"{feature.name} is made of itself, by way of other features"
        return f"{feature.name} is made of {absent[0]}, which is not computed here; {nearest(absent[0], sorted(there))}"


def _rounded(feature: Feature, number: nw.Expr) -> nw.Expr:
    """To six places, and by its null rule."""
    number = rounded(number)
    return number.fill_null(0.0) if feature.null_rule is NullRule.ZERO else number


def _named_in(feature: Feature) -> set[str]:
    """What a feature needs that is not an aggregate; one that was rolled up needs itself, as it came."""
    return {AS_OF_DAY, *names_of(feature.value)} if feature.roll is Roll.POOL else {feature.name}


def _asked(feature: Feature) -> Iterable[Asked]:
    return ((feature.over, a) for a in feature.aggregates) if feature.roll is Roll.POOL else ()


def outputs(features: Sequence[Feature]) -> list[str]:
    """The columns of some features: each's own, and its indicator's."""
    return [name for f in features for name in (f.name, f.indicator) if name]

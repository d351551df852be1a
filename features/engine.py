"""The point-in-time engine: every feature, at every as-of date, for families and children, from one pass.

Each stream's rows are reduced to what each carrier had at each as-of date (`features.buckets`); that reaches children
directly, and families by their members as known at the as-of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import narwhals as nw

from features.arithmetic import Arithmetic
from features.buckets import Buckets, buckets_of
from features.compile import AS_OF, AS_OF_DAY, CARRIER, micros, millionths
from features.definitions import Feature, Level, Over, Roll
from features.finishing import LevelRows, Part, outputs
from features.streams import Aggregate, Stream
from features.tables import FAMILY_PREFIX
from features.values import names_of
from features.world import FAMILY, PERSON, ROLE, Frame, World, distinct

_ROLES = {Over.EVERYONE: None, Over.CHILDREN: "child", Over.ADULTS: "adult"}


@dataclass(frozen=True)
class Computed:
    """``families`` has as_of, family and the family features; ``children`` has as_of, person, family and the child
    features. ``as_of`` is the place in the world's as-of dates."""

    families: Frame
    children: Frame


def compute(world: World, features: Sequence[Feature]) -> Computed:
    """Compute ``features``, whose every `Named` value must be among them (and earlier, or of the family)."""
    family_features = [f for f in features if f.level is Level.FAMILY]
    child_features = [f for f in features if f.level is Level.CHILD]
    families = _level(world, world.families_with_children(), (AS_OF, FAMILY), family_features)
    children = _level(world, world.children(), (AS_OF, PERSON, FAMILY), child_features)
    for place, stream in enumerate(_streams(features)):
        shaped = _Stream(world, stream, place, [f for f in features if stream in f.streams])
        families.take([*shaped.pooled_parts(), *shaped.rolled_parts()])
        children.take(shaped.child_parts())
        del shaped  # before the rows of the next are reduced
    family_table = families.finished()
    # Of its family's features a child has, while its own are computed, those that some are made of.
    of_family = {FAMILY_PREFIX + name: name for name in outputs(family_features)}
    named = dict.fromkeys(name for f in child_features for name in names_of(f.value))
    further = tuple(name for name in named if name in of_family)
    if further:
        renamed = family_table.select(AS_OF, FAMILY, *[nw.col(of_family[name]).alias(name) for name in further])
        children.take([Part(renamed, (AS_OF, FAMILY), {}, further)])
    return Computed(family_table, children.finished())


def _level(world: World, rows: Frame, keys: tuple[str, ...], features: Sequence[Feature]) -> LevelRows:
    dated = rows.join(world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF)
    return LevelRows(world, dated.select(*keys, AS_OF_DAY), keys, features)


def _streams(features: Iterable[Feature]) -> tuple[Stream, ...]:
    return tuple(dict.fromkeys(stream for feature in features for stream in feature.streams))


class _Stream:
    """One stream's rows, reduced once and handed on to children and to families."""

    def __init__(self, world: World, stream: Stream, place: int, features: Sequence[Feature]) -> None:
        self._world = world
        self._features = features
        mine = (a for feature in features for a in feature.aggregates if a.stream == stream)
        self._buckets = buckets_of(world, stream, mine, f"a{place}")

    def child_parts(self) -> list[Part]:
        found = []
        for buckets, names in self._wanted(lambda feature: feature.level is Level.CHILD):
            frame = buckets.of_persons().select(AS_OF, PERSON, *names.values())
            asked = {(Over.EVERYONE, aggregate): name for aggregate, name in names.items()}
            found.append(Part(frame, (AS_OF, PERSON), asked))
        return found

    def pooled_parts(self) -> list[Part]:
        found = []
        for over in Over:
            for buckets, names in self._wanted(_pooled(over)):
                frame = buckets.reduced(self._reaching(buckets, over), AS_OF, FAMILY)
                renamed = {aggregate: f"{name}_{over.value}" for aggregate, name in names.items()}
                columns = [nw.col(names[aggregate]).alias(name) for aggregate, name in renamed.items()]
                asked = {(over, aggregate): name for aggregate, name in renamed.items()}
                found.append(Part(frame.select(AS_OF, FAMILY, *columns), (AS_OF, FAMILY), asked))
        return found

    def rolled_parts(self) -> list[Part]:
        parts = []
        for over in Over:
            chosen = [f for f in self._features if f.roll is not Roll.POOL and f.over is over]
            if not chosen:
                continue
            rows, columns = self._carriers(chosen)
            reached = self._attached(over).join(rows, on=[AS_OF, CARRIER])
            arithmetic = Arithmetic()
            places = {f.name: arithmetic.add(f.value, columns) for f in chosen}
            dated = arithmetic.on(reached.join(self._world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF))
            numbers = [micros(arithmetic.expr(place)).alias(name) for name, place in places.items()]
            each = dated.select(AS_OF, FAMILY, *numbers)
            frame = each.group_by(AS_OF, FAMILY).agg(*[e for f in chosen for e in _roll_exprs(f)])
            finished = frame.select(AS_OF, FAMILY, *[_rolled_value(f).alias(f.name) for f in chosen])
            parts.append(Part(finished, (AS_OF, FAMILY), {}, tuple(f.name for f in chosen)))
        return parts

    def _carriers(self, chosen: Sequence[Feature]) -> tuple[Frame, dict[Aggregate, str]]:
        """What each carrier had: aggregates whose values are kept apart beside those whose are not."""
        wanted = self._wanted(lambda feature: feature in chosen)
        frames = [buckets.of_carriers().select(AS_OF, CARRIER, *names.values()) for buckets, names in wanted]
        columns = {aggregate: name for _, names in wanted for aggregate, name in names.items()}
        if len(frames) == 1:
            return frames[0], columns
        rows = distinct(nw.concat([frame.select(AS_OF, CARRIER) for frame in frames]))
        for frame in frames:
            rows = rows.join(frame, on=[AS_OF, CARRIER], how="left")
        return rows, columns

    def _wanted(self, chosen: Callable[[Feature], bool]) -> list[tuple[Buckets, dict[Aggregate, str]]]:
        """The aggregates of the features chosen, by the buckets that hold them."""
        needed = {a for feature in self._features if chosen(feature) for a in feature.aggregates}
        held = [(b, {a: name for a, name in b.names.items() if a in needed}) for b in self._buckets]
        return [(buckets, names) for buckets, names in held if names]

    def _reaching(self, buckets: Buckets, over: Over) -> Frame:
        """What each family is reached by, not yet reduced."""
        if buckets.dated:
            return self._attached(over).join(buckets.carried, on=[AS_OF, CARRIER])
        role = _ROLES[over]
        rows = buckets.member_rows()
        return rows if role is None else rows.filter(nw.col(ROLE) == role)

    def _attached(self, over: Over) -> Frame:
        role = _ROLES[over]
        attached = self._world.attached
        if role is not None:
            attached = attached.filter(nw.col(ROLE) == role)
        return attached.select(AS_OF, FAMILY, CARRIER)


def _pooled(over: Over) -> Callable[[Feature], bool]:
    return lambda f: f.level is Level.FAMILY and f.roll is Roll.POOL and f.over is over


def _roll_exprs(feature: Feature) -> list[nw.Expr]:
    """Known members' values, in millionths, reduced; sums are of whole numbers, so their order is nothing."""
    column = nw.col(feature.name)
    known = column.count().cast(nw.Int64).alias(f"{feature.name}_known")
    match feature.roll:
        case Roll.MAX:
            return [column.max(), known]
        case Roll.MIN:
            return [column.min(), known]
        case _:
            return [column.sum().cast(nw.Int64), known]


def _rolled_value(feature: Feature) -> nw.Expr:
    amount = nw.col(feature.name).cast(nw.Float64)
    known = nw.col(f"{feature.name}_known")
    if feature.roll is Roll.MEAN:
        amount = amount / known.cast(nw.Float64)
    return nw.when(known > 0).then(millionths(amount))

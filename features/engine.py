"""The point-in-time engine: every feature, at every as-of date, for families and children, from one pass.

Each stream's rows are reduced to what each carrier had at each as-of date (`features.buckets`); that reaches children
directly, and families by their members as known at the as-of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import narwhals as nw

from features.buckets import Buckets, buckets_of
from features.compile import AS_OF, AS_OF_DAY, CARRIER, divided, micros, millionths, rounded, value_expr
from features.definitions import Feature, Level, NullRule, Over, Roll
from features.rows import nearest
from features.streams import Aggregate, Stream
from features.tables import FAMILY_PREFIX
from features.values import names_of
from features.world import FAMILY, PERSON, ROLE, Frame, World, distinct

_JOINS_AT_ONCE = 12
_ROLES = {Over.EVERYONE: None, Over.CHILDREN: "child", Over.ADULTS: "adult"}


@dataclass(frozen=True)
class Computed:
    """``families`` has as_of, family and the family features; ``children`` has as_of, person, family and the child
    features. ``as_of`` is the place in the world's as-of dates."""

    families: Frame
    children: Frame


@dataclass(frozen=True)
class _Part:
    """Columns that join a grid: the finished columns of aggregates and of rolled-up features."""

    frame: Frame
    keys: tuple[str, ...]
    aggregates: Mapping[Aggregate, str]


def compute(world: World, features: Sequence[Feature]) -> Computed:
    """Compute ``features``, whose every `Named` value must be among them (and earlier, or of the family)."""
    family_features = [f for f in features if f.level is Level.FAMILY]
    child_features = [f for f in features if f.level is Level.CHILD]
    family_parts: dict[Over, list[_Part]] = {over: [] for over in Over}
    rolled_parts: list[_Part] = []
    child_parts: list[_Part] = []
    for place, stream in enumerate(_streams(features)):
        shaped = _Stream(world, stream, place, [f for f in features if stream in f.streams])
        child_parts += shaped.child_parts()
        rolled_parts += shaped.rolled_parts()
        for over in Over:
            family_parts[over] += shaped.pooled_parts(over)
    children = world.children()
    families = world.families_with_children()
    columns = {over: _columns(parts) for over, parts in family_parts.items()}
    child_columns = {Over.EVERYONE: _columns(child_parts)}
    family_grid = _grid(world, families, _emptied(rolled_parts, *family_parts.values()))
    family_table = world.backend.keep(_finished(family_grid, family_features, columns, (AS_OF, FAMILY)))
    # Of its family's features a child has, while its own are computed, those that some are made of.
    of_family = {FAMILY_PREFIX + name: name for name in _outputs(family_features)}
    named = dict.fromkeys(name for f in child_features for name in names_of(f.value))
    further = [name for name in named if name in of_family]
    beside = family_table.select(AS_OF, FAMILY, *[nw.col(of_family[name]).alias(name) for name in further])
    child_grid = _grid(world, children, _emptied(child_parts)).join(beside, on=[AS_OF, FAMILY], how="left")
    own = _finished(child_grid, child_features, child_columns, (AS_OF, PERSON, FAMILY), further)
    return Computed(family_table, world.backend.keep(own))


def _streams(features: Iterable[Feature]) -> tuple[Stream, ...]:
    return tuple(dict.fromkeys(stream for feature in features for stream in feature.streams))


class _Stream:
    """One stream's rows, reduced once and handed on to children and to families."""

    def __init__(self, world: World, stream: Stream, place: int, features: Sequence[Feature]) -> None:
        self._world = world
        self._features = features
        mine = (a for feature in features for a in feature.aggregates if a.stream == stream)
        self._buckets = buckets_of(world, stream, mine, f"a{place}")

    def child_parts(self) -> list[_Part]:
        found = []
        for buckets, names in self._wanted(lambda feature: feature.level is Level.CHILD):
            frame = buckets.of_persons().select(AS_OF, PERSON, *names.values())
            found.append(self._part(frame, (AS_OF, PERSON), names))
        return found

    def pooled_parts(self, over: Over) -> list[_Part]:
        found = []
        for buckets, names in self._wanted(_pooled(over)):
            frame = buckets.reduced(self._reaching(buckets, over), AS_OF, FAMILY)
            renamed = {aggregate: f"{name}_{over.value}" for aggregate, name in names.items()}
            columns = [nw.col(names[aggregate]).alias(name) for aggregate, name in renamed.items()]
            found.append(self._part(frame.select(AS_OF, FAMILY, *columns), (AS_OF, FAMILY), renamed))
        return found

    def rolled_parts(self) -> list[_Part]:
        parts = []
        for over in Over:
            chosen = [f for f in self._features if f.roll is not Roll.POOL and f.over is over]
            if not chosen:
                continue
            rows, columns = self._carriers(chosen)
            reached = self._attached(over).join(rows, on=[AS_OF, CARRIER])
            each = reached.join(self._world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF).select(
                AS_OF, FAMILY, *[micros(value_expr(f.value, columns)).alias(f.name) for f in chosen]
            )
            frame = each.group_by(AS_OF, FAMILY).agg(*[e for f in chosen for e in _roll_exprs(f)])
            finished = frame.select(AS_OF, FAMILY, *[_rolled_value(f).alias(f.name) for f in chosen])
            parts.append(self._part(finished, (AS_OF, FAMILY), {}))
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

    def _part(self, frame: Frame, keys: tuple[str, ...], columns: Mapping[Aggregate, str]) -> _Part:
        return _Part(self._world.backend.keep(frame), keys, columns)


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
        amount = divided(amount, known.cast(nw.Float64))
    return nw.when(known > 0).then(millionths(amount))


def _emptied(*lists: list[_Part]) -> Iterator[_Part]:
    """The parts of some lists, each let go as it is taken: together they are as large as what is made of them."""
    for parts in lists:
        while parts:
            yield parts.pop(0)


def _grid(world: World, base: Frame, parts: Iterator[_Part]) -> Frame:
    """The rows of ``base`` with the columns of every part.

    A few parts at a time are put together, and then what came of them: a lazy frame is planned anew, column by
    column, at every step, so that one long chain of joins would cost more to plan than to run.
    """
    keys = list(base.collect_schema().names())
    joined = []
    for first in parts:
        grid = base
        for part in (first, *islice(parts, _JOINS_AT_ONCE - 1)):
            grid = grid.join(part.frame, on=list(part.keys), how="left")
        joined.append(world.backend.keep(grid))
    whole = base.join(world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF)
    while joined:
        whole = whole.join(joined.pop(), on=keys, how="left")
    return world.backend.keep(whole)


def _columns(parts: Sequence[_Part]) -> dict[Aggregate, str]:
    return {aggregate: name for part in parts for aggregate, name in part.aggregates.items()}


def _outputs(features: Sequence[Feature]) -> list[str]:
    return [name for f in features for name in (f.name, f.indicator) if name]


def _finished(
    grid: Frame,
    features: Sequence[Feature],
    columns: Mapping[Over, Mapping[Aggregate, str]],
    keys: Sequence[str],
    further: Sequence[str] = (),
) -> Frame:
    """Arithmetic, rounding and null rules; features made of other features come after them.

    ``further`` are finished columns of the grid that features may be made of. A column stays only as long as some
    feature is still to be made of it: every step asks the engine about every column there is.
    """
    done: dict[str, None] = dict.fromkeys(further)
    waiting = list(features)
    while waiting:
        ready = [f for f in waiting if set(names_of(f.value)) <= done.keys()]
        if not ready:
            raise ValueError(_unmade(waiting[0], waiting, set(done)))
        waiting = [f for f in waiting if f not in ready]
        needed = dict.fromkeys(columns[f.over][a] for f in waiting for a in f.aggregates)
        made = {f.name: _feature_expr(f, columns) for f in ready}
        flags = {f.indicator: made[f.name].is_null().cast(nw.Float64) for f in ready if f.indicator}
        new = [expr.alias(name) for name, expr in {**made, **flags}.items()]
        grid = grid.select(*keys, AS_OF_DAY, *needed, *done, *new)
        done |= dict.fromkeys(_outputs(ready))
    return grid.select(*keys, *_outputs(features))


def _unmade(feature: Feature, waiting: Sequence[Feature], done: set[str]) -> str:
    """Why a feature made of others cannot be: one is not there, or it comes round to itself."""
    there = done | set(_outputs(waiting))
    absent = [name for name in names_of(feature.value) if name not in there]
    if not absent:
        return f"{feature.name} is made of itself, by way of other features"
    return f"{feature.name} is made of {absent[0]}, which is not computed here; {nearest(absent[0], sorted(there))}"


def _feature_expr(feature: Feature, columns: Mapping[Over, Mapping[Aggregate, str]]) -> nw.Expr:
    if feature.roll is Roll.POOL:
        number = value_expr(feature.value, columns.get(feature.over, {}))
    else:
        number = nw.col(feature.name)
    number = rounded(number)
    return number.fill_null(0.0) if feature.null_rule is NullRule.ZERO else number

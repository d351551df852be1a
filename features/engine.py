"""The point-in-time engine: every feature, at every as-of date, for families and children, from one pass.

For each stream the boundaries of all windows cut the calendar into intervals. Rows are reduced to one for each
carrier, interval and first as-of date that may know them; a small map rolls those up to carrier and as-of date;
and they reach children directly and families by their members as known at the as-of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals as nw

from features.compile import (
    AS_OF,
    AS_OF_DAY,
    CARRIER,
    EVENT,
    KEY,
    KNOWN,
    adds,
    divided,
    merge_expr,
    micros,
    millionths,
    rounded,
    row_expr,
    value_expr,
)
from features.definitions import Feature, Level, NullRule, Over, Roll
from features.periods import Intervals, windows_of
from features.rows import columns_of
from features.streams import Part, Stream
from features.values import Aggregate, names_of
from features.world import FAMILY, PERSON, ROLE, Frame, World

FAMILY_PREFIX = "family_"
_JOINS_AT_ONCE = 12
_ROLES = {Over.EVERYONE: None, Over.CHILDREN: "child", Over.ADULTS: "adult"}


@dataclass(frozen=True)
class Computed:
    """``families`` has as_of, family and the family features; ``children`` has as_of, person, family, the child
    features and the family's under ``family_``. ``as_of`` is the place in the world's as-of dates."""

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
    family_grid = _grid(world, families, [*rolled_parts, *(part for parts in family_parts.values() for part in parts)])
    columns = {over: _columns(parts) for over, parts in family_parts.items()}
    family_table = world.backend.keep(_finished(family_grid, family_features, columns, (AS_OF, FAMILY)))
    prefixed = family_table.rename({n: FAMILY_PREFIX + n for n in _outputs(family_features)})
    child_grid = _grid(world, children, child_parts).join(prefixed, on=[AS_OF, FAMILY], how="left")
    child_columns = {Over.EVERYONE: _columns(child_parts)}
    further = [FAMILY_PREFIX + name for name in _outputs(family_features)]
    child_table = _finished(child_grid, child_features, child_columns, (AS_OF, PERSON, FAMILY), further)
    return Computed(family_table, world.backend.keep(child_table))


def _streams(features: Iterable[Feature]) -> tuple[Stream, ...]:
    return tuple(dict.fromkeys(stream for feature in features for stream in feature.streams))


class _Stream:
    """One stream's rows, reduced once and handed on to children and to families."""

    def __init__(self, world: World, stream: Stream, place: int, features: Sequence[Feature]) -> None:
        self._world = world
        self._stream = stream
        self._features = features
        mine = (a for feature in features for a in feature.aggregates if a.stream == stream)
        self._aggregates = {aggregate: f"a{place}_{i}" for i, aggregate in enumerate(dict.fromkeys(mine))}
        self._dated = stream.part is not Part.MEMBERSHIP
        self._rolled = world.backend.keep(self._rollup(self._buckets())) if self._dated else None

    # --- rows to carriers ----------------------------------------------------------------------------

    def _bases(self) -> dict[Aggregate, str]:
        """Aggregates that differ in their window alone share one column until they are rolled up."""
        bases = dict.fromkeys(replace(aggregate, days=None, lag=0) for aggregate in self._aggregates)
        return {base: f"b{i}" for i, base in enumerate(bases)}

    @property
    def _once(self) -> list[str]:
        return [KEY] if self._stream.once_per else []

    def _intervals(self) -> Intervals:
        return Intervals(self._world.as_of_days, windows_of(self._aggregates))

    def _buckets(self) -> Frame:
        """Rows reduced to carrier, interval and the first as-of date that may know them."""
        bases, intervals = self._bases(), self._intervals()
        first, end = intervals.boundaries[0], intervals.boundaries[-1]
        once = self._stream.once_per
        columns = dict.fromkeys(c for base in bases for c in (*columns_of(base.measure), *columns_of(base.where)))
        wanted = dict.fromkeys((*columns, once)) if once else columns
        rows = self._world.events(self._stream, tuple(wanted))
        if once:
            rows = rows.with_columns(nw.col(EVENT if once == self._stream.starts else once).alias(KEY))
        visible = nw.col(EVENT) < end
        if not intervals.unbounded:
            visible = visible & (nw.col(EVENT) >= first)
        as_ofs = self._world.as_of_days
        known = nw.sum_horizontal(*[(nw.col(KNOWN) >= as_of).cast(nw.Int64) for as_of in as_ofs])
        brought = rows.filter(visible, nw.col(KNOWN) < as_ofs[-1]).select(
            CARRIER,
            *self._once,
            nw.max_horizontal(nw.col(EVENT), nw.lit(first - 1, nw.Int64)).alias(EVENT),
            known.alias("seen"),
            *[row_expr(base).alias(name) for base, name in bases.items()],
        )
        dated = brought.join(self._world.backend.small(intervals.calendar()), on=EVENT)
        return dated.group_by(CARRIER, *self._once, "interval", "seen").agg(
            *[merge_expr(base, nw.col(name)).alias(name) for base, name in bases.items()]
        )

    def _rollup(self, buckets: Frame) -> Frame:
        """Buckets to carrier and as-of date, one column for each aggregate."""
        bases, intervals = self._bases(), self._intervals()
        windows = {window: f"w{i}" for i, window in enumerate(intervals.windows)}
        spread = buckets.join(self._world.backend.small(intervals.rollup()), on="interval").filter(
            nw.col("seen") <= nw.col(AS_OF)
        )
        inside = []
        for aggregate, name in self._aggregates.items():
            amount = nw.col(bases[replace(aggregate, days=None, lag=0)])
            amount = nw.when(nw.col(windows[aggregate.days, aggregate.lag]) == 1).then(amount)
            inside.append((amount.fill_null(0) if adds(aggregate) else amount).alias(name))
        rows = spread.select(AS_OF, CARRIER, *self._once, *inside)
        return self._merged(rows, AS_OF, CARRIER, *self._once)

    def _merged(self, rows: Frame, *keys: str, highest: bool = False) -> Frame:
        def merge(aggregate: Aggregate, name: str) -> nw.Expr:
            column = nw.col(name)
            return (column.max() if highest and adds(aggregate) else merge_expr(aggregate, column)).alias(name)

        return rows.group_by(*keys).agg(*[merge(aggregate, name) for aggregate, name in self._aggregates.items()])

    def _reduced(self, rows: Frame, *keys: str) -> Frame:
        """Rows to ``keys``; where the stream counts once per something, repeats of it count once."""
        if not self._stream.once_per:
            return self._merged(rows, *keys)
        return self._merged(self._once_only(self._merged(rows, *keys, KEY, highest=True)), *keys)

    def _once_only(self, rows: Frame) -> Frame:
        counts = [
            (nw.col(name) > 0).cast(nw.Int64).alias(name)
            for aggregate, name in self._aggregates.items()
            if adds(aggregate)
        ]
        return rows.with_columns(*counts) if counts else rows

    # --- carriers to children and families -----------------------------------------------------------

    def child_parts(self) -> list[_Part]:
        wanted = self._wanted(lambda feature: feature.level is Level.CHILD)
        if not wanted:
            return []
        if self._rolled is None:
            frame = self._merged(self._member_rows(), AS_OF, PERSON)
        else:
            people = self._rolled.filter(nw.col(CARRIER) >= 0).rename({CARRIER: PERSON})
            frame = self._reduced(people, AS_OF, PERSON) if self._stream.once_per else people
        return [self._part(frame.select(AS_OF, PERSON, *wanted.values()), (AS_OF, PERSON), wanted)]

    def pooled_parts(self, over: Over) -> list[_Part]:
        wanted = self._wanted(lambda f: f.level is Level.FAMILY and f.roll is Roll.POOL and f.over is over)
        if not wanted:
            return []
        frame = self._reduced(self._reaching(over), AS_OF, FAMILY)
        renamed = {aggregate: f"{name}_{over.value}" for aggregate, name in wanted.items()}
        columns = [nw.col(wanted[aggregate]).alias(name) for aggregate, name in renamed.items()]
        return [self._part(frame.select(AS_OF, FAMILY, *columns), (AS_OF, FAMILY), renamed)]

    def rolled_parts(self) -> list[_Part]:
        parts = []
        for over in Over:
            chosen = [f for f in self._features if f.roll is not Roll.POOL and f.over is over]
            if not chosen:
                continue
            rows = self._reaching(over)
            if self._stream.once_per:
                rows = self._reduced(rows, AS_OF, FAMILY, CARRIER)
            each = rows.join(self._world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF).select(
                AS_OF, FAMILY, *[micros(value_expr(f.value, self._aggregates)).alias(f.name) for f in chosen]
            )
            frame = each.group_by(AS_OF, FAMILY).agg(*[e for f in chosen for e in _roll_exprs(f)])
            finished = frame.select(AS_OF, FAMILY, *[_rolled_value(f).alias(f.name) for f in chosen])
            parts.append(self._part(finished, (AS_OF, FAMILY), {}))
        return parts

    def _wanted(self, chosen: Callable[[Feature], bool]) -> dict[Aggregate, str]:
        needed = {a for feature in self._features if chosen(feature) for a in feature.aggregates}
        return {aggregate: name for aggregate, name in self._aggregates.items() if aggregate in needed}

    def _reaching(self, over: Over) -> Frame:
        """What carriers bring to each family they reach."""
        role = _ROLES[over]
        if self._rolled is None:
            rows = self._member_rows()
            return rows if role is None else rows.filter(nw.col(ROLE) == role)
        attached = self._world.attached
        if role is not None:
            attached = attached.filter(nw.col(ROLE) == role)
        return attached.select(AS_OF, FAMILY, CARRIER).join(self._rolled, on=[AS_OF, CARRIER])

    def _member_rows(self) -> Frame:
        return self._world.members.with_columns(
            *[row_expr(aggregate).alias(name) for aggregate, name in self._aggregates.items()]
        )

    def _part(self, frame: Frame, keys: tuple[str, ...], columns: Mapping[Aggregate, str]) -> _Part:
        return _Part(self._world.backend.keep(frame), keys, columns)


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


def _grid(world: World, base: Frame, parts: Sequence[_Part]) -> Frame:
    grid = base.join(world.dates.select(AS_OF, AS_OF_DAY), on=AS_OF)
    for place, part in enumerate(parts, start=1):
        grid = grid.join(part.frame, on=list(part.keys), how="left")
        # A lazy frame is planned anew at every step: a long chain of joins costs more to plan than to run.
        if place % _JOINS_AT_ONCE == 0:
            grid = world.backend.keep(grid)
    return world.backend.keep(grid)


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
    """Arithmetic, rounding and null rules; features made of other features come after them."""
    done: set[str] = set(further)
    waiting = list(features)
    while waiting:
        ready = [f for f in waiting if set(names_of(f.value)) <= done]
        if not ready:
            raise ValueError(f"{waiting[0].name} is made of a feature that is not computed, or of itself")
        grid = grid.with_columns(*[_feature_expr(f, columns).alias(f.name) for f in ready])
        flags = [nw.col(f.name).is_null().cast(nw.Float64).alias(f.indicator) for f in ready if f.indicator]
        if flags:
            grid = grid.with_columns(*flags)
        done |= set(_outputs(ready))
        waiting = [f for f in waiting if f.name not in done]
    return grid.select(*keys, *_outputs(features), *further)


def _feature_expr(feature: Feature, columns: Mapping[Over, Mapping[Aggregate, str]]) -> nw.Expr:
    if feature.roll is Roll.POOL:
        number = value_expr(feature.value, columns.get(feature.over, {}))
    else:
        number = nw.col(feature.name)
    number = rounded(number)
    return number.fill_null(0.0) if feature.null_rule is NullRule.ZERO else number

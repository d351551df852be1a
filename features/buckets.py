"""One stream's rows reduced to what each carrier had at each as-of date: the interval-bucket plan.

The boundaries of all windows cut the calendar into intervals. Rows are reduced to one for each carrier, interval and
first as-of date that may know them, and a small map rolls those up to carrier and as-of date. What can be merged only
value by value (a distinct count, a median, what counts once per something) keeps the value as a further key until the
rows have reached whom they describe: as many rows as there are different values, and never pairs of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import narwhals as nw

from features.compile import (
    AS_OF,
    CARRIER,
    EVENT,
    KEY,
    KNOWN,
    brought_expr,
    merge_expr,
    row_expr,
    test_expr,
)
from features.periods import Intervals, known_by, windows_of
from features.rows import Cell, columns_of
from features.streams import Aggregate, Part, Reducer, Stream
from features.world import PERSON, Frame, World

_TOTAL, _SO_FAR, _LOWER, _UPPER = "_total", "_so_far", "_lower", "_upper"


def buckets_of(world: World, stream: Stream, aggregates: Iterable[Aggregate], prefix: str) -> tuple[Buckets, ...]:
    """A stream's aggregates, by the column whose values must be kept apart (mostly none); computed."""
    by_key: dict[str | None, dict[Aggregate, str]] = {}
    for place, aggregate in enumerate(dict.fromkeys(aggregates)):
        by_key.setdefault(_key_of(aggregate), {})[aggregate] = f"{prefix}_{place}"
    return tuple(Buckets(world, stream, key, names) for key, names in by_key.items())


def _key_of(aggregate: Aggregate) -> str | None:
    if aggregate.reducer.by_value and isinstance(aggregate.measure, Cell):
        return aggregate.measure.column
    return aggregate.stream.once_per


class Buckets:
    """Some aggregates of one stream. ``key`` is the column whose values stay apart until `reduced`."""

    def __init__(self, world: World, stream: Stream, key: str | None, names: Mapping[Aggregate, str]) -> None:
        self._world = world
        self._stream = stream
        self._key = key
        self.names = names
        """The column of each aggregate."""
        self._rolled = None if stream.part is Part.MEMBERSHIP else world.backend.keep(self._rollup(self._buckets()))

    # --- rows to carriers and as-of dates ------------------------------------------------------------

    def _bases(self) -> dict[Aggregate, str]:
        """Aggregates that differ in their window alone share one column until they are rolled up."""
        bases = dict.fromkeys(replace(aggregate, days=None, lag=0) for aggregate in self.names)
        return {base: f"b{i}" for i, base in enumerate(bases)}

    @property
    def _keys(self) -> list[str]:
        return [KEY] if self._key else []

    def _intervals(self) -> Intervals:
        return Intervals(self._world.as_of_days, windows_of(self.names))

    def _buckets(self) -> Frame:
        """Rows reduced to carrier, interval and the first as-of date that may know them."""
        bases, intervals = self._bases(), self._intervals()
        first, end = intervals.boundaries[0], intervals.boundaries[-1]
        visible = nw.col(EVENT) < end
        if not intervals.unbounded:
            visible = visible & (nw.col(EVENT) >= first)
        brought = self._with_first_seen(self._rows(bases).filter(visible)).select(
            CARRIER,
            "seen",
            *self._keys,
            nw.max_horizontal(nw.col(EVENT), nw.lit(first - 1, nw.Int64)).alias(EVENT),
            *[self._small(base, row_expr(base)).alias(name) for base, name in bases.items()],
        )
        dated = brought.join(self._world.backend.small(intervals.calendar()), on=EVENT)
        return dated.group_by(CARRIER, *self._keys, "interval", "seen").agg(
            *[self._merge(base, name).alias(name) for base, name in bases.items()]
        )

    def _rows(self, bases: Iterable[Aggregate]) -> Frame:
        columns = dict.fromkeys(c for base in bases for c in (*columns_of(base.measure), *columns_of(base.where)))
        wanted = dict.fromkeys((*columns, self._key)) if self._key else columns
        rows = self._world.events(self._stream, tuple(wanted))
        if not self._key:
            return rows
        # There is a bucket for every value: rows that no aggregate asks for would only make more of them.
        tests = [base.where for base in bases]
        asked = [test_expr(test) for test in tests if test is not None]
        if len(asked) == len(tests):
            rows = rows.filter(nw.any_horizontal(*asked, ignore_nulls=False))
        return rows.with_columns(nw.col(self._key).alias(KEY))

    def _with_first_seen(self, rows: Frame) -> Frame:
        """Rows with ``seen``, the place of the first as-of date that may know them; those that none may are left out.

        It is looked up by the day: a comparison with every as-of date costs several times as much.
        """
        if self._stream.leak:
            return rows.with_columns(nw.lit(0, nw.Int64).alias("seen"))
        as_ofs = self._world.as_of_days
        days = range(as_ofs[0] - 1, as_ofs[-1])
        places = {KNOWN: list(days), "seen": [known_by(as_ofs, day) for day in days]}
        # The larger of a day and none is the day: a row that nobody dated would pass for known since ever.
        early = nw.max_horizontal(nw.col(KNOWN), nw.lit(days[0], nw.Int64))
        return (
            rows.filter(~nw.col(KNOWN).is_null())
            .with_columns(early.alias(KNOWN))
            .join(self._world.backend.small(places), on=KNOWN)
        )

    def _rollup(self, buckets: Frame) -> Frame:
        """Buckets to carrier and as-of date, one column for each aggregate."""
        bases, intervals = self._bases(), self._intervals()
        windows = {window: f"w{i}" for i, window in enumerate(intervals.windows)}
        spread = buckets.join(self._world.backend.small(intervals.rollup()), on="interval").filter(
            nw.col("seen") <= nw.col(AS_OF)
        )
        inside = []
        for aggregate, name in self.names.items():
            amount = nw.col(bases[replace(aggregate, days=None, lag=0)])
            within = nw.col(windows[aggregate.days, aggregate.lag]) == 1
            inside.append(self._small(aggregate, brought_expr(aggregate, nw.when(within).then(amount))).alias(name))
        return self._merged(spread.select(AS_OF, CARRIER, *self._keys, *inside), AS_OF, CARRIER, *self._keys)

    # --- carriers to whom the rows describe ----------------------------------------------------------

    def of_persons(self) -> Frame:
        """as_of, person and a column for each aggregate."""
        if self._rolled is None:
            return self.reduced(self.member_rows(), AS_OF, PERSON)
        people = self._rolled.filter(nw.col(CARRIER) >= 0).rename({CARRIER: PERSON})
        return self.reduced(people, AS_OF, PERSON) if self._key else people

    def of_carriers(self) -> Frame:
        """as_of, carrier and a column for each aggregate. Membership has no carriers."""
        return self.reduced(self.carried, AS_OF, CARRIER) if self._key else self.carried

    @property
    def carried(self) -> Frame:
        """What carriers bring, before it is `reduced`."""
        if self._rolled is None:
            raise ValueError("membership has no carriers")
        return self._rolled

    @property
    def dated(self) -> bool:
        return self._rolled is not None

    def member_rows(self) -> Frame:
        """Members at each as-of date with what each brings, before it is `reduced`."""
        keys = [nw.col(self._key).alias(KEY)] if self._key else []
        return self._world.members.with_columns(*keys, *[row_expr(a).alias(name) for a, name in self.names.items()])

    def reduced(self, rows: Frame, *keys: str) -> Frame:
        """Rows to ``keys``; values that were kept apart are counted, or the middle one is found."""
        if not self._key:
            return self._merged(rows, *keys)
        by_value = self._merged(rows, *keys, KEY)
        medians = [name for aggregate, name in self.names.items() if aggregate.reducer is Reducer.MEDIAN]
        if medians:
            by_value = _with_middles(by_value, keys, medians)
        merged = by_value.group_by(*keys).agg(*[e for item in self.names.items() for e in _over_values(*item)])
        return merged.select(*keys, *[_finished(*item).alias(item[1]) for item in self.names.items()])

    def _merged(self, rows: Frame, *keys: str) -> Frame:
        return rows.group_by(*keys).agg(
            *[self._merge(aggregate, name).alias(name) for aggregate, name in self.names.items()]
        )

    def _only_whether(self, aggregate: Aggregate) -> bool:
        """Of values kept apart it is enough to know, for each, whether there is a row; a median needs how many."""
        return self._key is not None and aggregate.reducer in (Reducer.COUNT, Reducer.DISTINCT)

    def _small(self, aggregate: Aggregate, amount: nw.Expr) -> nw.Expr:
        return amount.cast(nw.Int8) if self._only_whether(aggregate) else amount

    def _merge(self, aggregate: Aggregate, name: str) -> nw.Expr:
        column = nw.col(name)
        return column.max() if self._only_whether(aggregate) else merge_expr(aggregate, column)


def _with_middles(by_value: Frame, keys: Sequence[str], medians: Sequence[str]) -> Frame:
    """The value beside those that are the middle or beyond it, by how many rows have been met in its order."""
    counted = by_value.with_columns(
        *[nw.col(name).sum().over(*keys).cast(nw.Int64).alias(name + _TOTAL) for name in medians],
        *[nw.col(name).cum_sum().over(*keys, order_by=KEY).cast(nw.Int64).alias(name + _SO_FAR) for name in medians],
    )
    value, middles = nw.col(KEY).cast(nw.Int64), []
    for name in medians:
        twice, total = nw.col(name + _SO_FAR) * 2, nw.col(name + _TOTAL)
        middles.append(nw.when((twice >= total) & (total > 0)).then(value).alias(name + _LOWER))
        middles.append(nw.when((twice > total) & (total > 0)).then(value).alias(name + _UPPER))
    return counted.with_columns(*middles)


def _over_values(aggregate: Aggregate, name: str) -> list[nw.Expr]:
    """From one row for each value to one: each value counts once, and the middle is the lowest that is no less."""
    if aggregate.reducer is Reducer.MEDIAN:
        return [nw.col(name + _LOWER).min(), nw.col(name + _UPPER).min()]
    if aggregate.reducer.adds:
        return [(nw.col(name) > 0).cast(nw.Int64).sum().cast(nw.Int64).alias(name)]
    return [merge_expr(aggregate, nw.col(name)).alias(name)]


def _finished(aggregate: Aggregate, name: str) -> nw.Expr:
    if aggregate.reducer is Reducer.MEDIAN:
        return nw.col(name + _LOWER) + nw.col(name + _UPPER)
    return nw.col(name)

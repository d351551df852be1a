"""The straightforward plan: join every row to every as-of date that may see it, and aggregate with a filter a window.

It is made from the same definitions and takes the place of the engine's own reduction of rows. Members, families,
roll-ups, arithmetic and writing stay the engine's, so that the two differ in the plan alone and must give the same
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import narwhals as nw

from features.compile import AS_OF, AS_OF_DAY, CARRIER, EVENT, KEY, KNOWN, row_expr
from features.rows import columns_of
from features.streams import Aggregate, Reducer, Stream
from features.world import Frame, World

_ADDED = (Reducer.COUNT, Reducer.TOTAL, Reducer.DISTINCT, Reducer.MEDIAN)
"""What partial results of are added up: by value, for those of which the value is a key."""


def joined_as_of(world: World, stream: Stream, names: Mapping[Aggregate, str], key: str | None) -> Frame:
    """A stream's rows to one a carrier and as-of date (and value of ``key``), with a column for each aggregate.

    What a row brings is worked out once, before it is joined. Rows of the future are not for this plan to look at.
    """
    bases = {base: f"b{i}" for i, base in enumerate(dict.fromkeys(map(_without_window, names)))}
    asked = [c for base in bases for c in (*columns_of(base.measure), *columns_of(base.where))]
    rows = world.events(stream, tuple(dict.fromkeys([*asked, *([key] if key else [])])))
    keys = [CARRIER, *([KEY] if key else [])]
    if key:
        rows = rows.with_columns(nw.col(key).alias(KEY))
    brought = rows.select(*keys, EVENT, KNOWN, *[row_expr(base).alias(name) for base, name in bases.items()])
    seen = brought.join(world.dates.select(AS_OF, AS_OF_DAY), how="cross").filter(
        nw.col(EVENT) < nw.col(AS_OF_DAY), nw.col(KNOWN) < nw.col(AS_OF_DAY)
    )
    columns = [f"{_aggregate(a, bases[_without_window(a)])} AS {name}" for a, name in names.items()]
    by = ", ".join([AS_OF, *keys])
    return nw.from_native(seen.to_native().aggregate(", ".join([by, *columns]), by))


def _without_window(aggregate: Aggregate) -> Aggregate:
    return replace(aggregate, days=None, lag=0)


def _aggregate(aggregate: Aggregate, column: str) -> str:
    inside = f"{EVENT} < {AS_OF_DAY} - {aggregate.lag}"
    if aggregate.days is not None:
        inside += f" AND {EVENT} >= {AS_OF_DAY} - {aggregate.lag + aggregate.days}"
    if aggregate.reducer in _ADDED:
        return f"coalesce(sum({column}) FILTER (WHERE {inside}), 0)::BIGINT"
    return f"{'min' if aggregate.reducer is Reducer.LOWEST else 'max'}({column}) FILTER (WHERE {inside})"

"""What a definition asks of single rows, answered row by row with plain numbers: for a value explained, not a borough.

The rules are those of `features.rows`, `features.streams` and `features.values`; the engine has them as expressions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from features.rows import AtLeast, Both, Cell, Either, EventDay, Holds, Not, OneOf, OnWeekday, Test, Yes
from features.streams import Aggregate, Part, Reducer

_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
_MICRO = 1_000_000.0


class State(StrEnum):
    """What became of a row in one aggregate."""

    COUNTED = "counted"
    OTHER = "of another kind"
    """Within the window and known, but not what is asked for."""

    LATE = "recorded too late"
    """Within the window, but nobody knew of it at the as-of date."""

    OUTSIDE = "outside the window"


@dataclass(frozen=True)
class Row:
    """One row of a stream, dates as day numbers. ``carrier`` is the person or group that brings it."""

    carrier: int
    role: str
    """adult, child or group."""
    event: int
    known: int
    cells: Mapping[str, Any]


def state_of(aggregate: Aggregate, row: Row, as_of: int) -> State:
    """Whether a row counts in an aggregate at the as-of day, or why not."""
    if aggregate.stream.part is not Part.MEMBERSHIP:
        end = as_of - aggregate.lag
        if row.event >= end or (aggregate.days is not None and row.event < end - aggregate.days):
            return State.OUTSIDE
        if row.known >= as_of and not aggregate.stream.leak:
            return State.LATE
    if aggregate.where is not None and not passes(aggregate.where, row):
        return State.OTHER
    return State.COUNTED


def passes(test: Test, row: Row) -> bool:  # noqa: PLR0911
    """Whether a row passes a test; a blank cell passes none."""
    match test:
        case OneOf(column, values):
            return row.cells[column] in values
        case Holds(column, values):
            return any(item in values for item in row.cells[column] or ())
        case AtLeast(column, number):
            return row.cells[column] is not None and row.cells[column] >= number
        case Yes(column):
            return row.cells[column] is True
        case OnWeekday(days):
            return (row.event + _EPOCH_WEEKDAY) % 7 in days
        case Both(left, right):
            return passes(left, row) and passes(right, row)
        case Either(left, right):
            return passes(left, row) or passes(right, row)
        case Not(inner):
            return not passes(inner, row)
    raise TypeError(f"not a test: {type(test).__name__}")


def reduced(aggregate: Aggregate, rows: Iterable[Row], as_of: int) -> float | None:
    """An aggregate over rows of its stream, of one carrier or of all that reach a family."""
    counted = [row for row in rows if state_of(aggregate, row, as_of) is State.COUNTED]
    if aggregate.reducer is Reducer.COUNT:
        once = aggregate.stream.once_per
        return float(len({row.cells[once] for row in counted}) if once else len(counted))
    measured = [(row.event, number) for row in counted if (number := _measured(aggregate, row)) is not None]
    numbers = [number for _, number in measured]
    if aggregate.reducer is Reducer.DISTINCT:
        return float(len(set(numbers)))
    if aggregate.reducer is Reducer.TOTAL:
        return float(sum(numbers))
    return _of_some(aggregate.reducer, measured, numbers) if numbers else None


def _of_some(reducer: Reducer, measured: Sequence[tuple[int, Any]], numbers: Sequence[Any]) -> float:
    match reducer:
        case Reducer.LOWEST:
            return float(min(numbers))
        case Reducer.HIGHEST:
            return float(max(numbers))
        case Reducer.LATEST:
            return float(max(measured)[1])
        case Reducer.MEDIAN:
            return float(median(numbers))
    raise TypeError(f"not a reducer of measures: {reducer}")


def _measured(aggregate: Aggregate, row: Row) -> Any:
    match aggregate.measure:
        case EventDay():
            return row.event
        case Cell(column):
            cell = row.cells[column]
            return int(cell) if isinstance(cell, bool) else cell
        case Test() as test:
            return int(passes(test, row))
    return 1


def micros(number: float) -> int:
    """A number as whole millionths, halves upwards."""
    return math.floor(number * _MICRO + 0.5)


def rounded(number: float) -> float:
    """A number to six places, halves upwards."""
    return micros(number) / _MICRO

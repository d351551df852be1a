"""Definitions to narwhals expressions. Nothing here knows which engine will run them."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from features.rows import (
    AtLeast,
    Both,
    Cell,
    Either,
    EventDay,
    Holds,
    Measure,
    Not,
    OneOf,
    OnWeekday,
    Test,
    Yes,
    columns_of,
)
from features.streams import Aggregate, Reducer
from features.values import AnyOf, AsOf, Binary, Given, Named, Number, Op, SumOf, Value

EVENT, KNOWN, CARRIER, KEY = "event", "known", "carrier", "once"
AS_OF, AS_OF_DAY = "as_of", "as_of_day"

_MICRO = 1_000_000.0
_LATEST_HALF = 1 << 39
_LATEST_SPAN = 1 << 40
# Lifts every day since the year 1 above zero, so that the remainder has one meaning in every engine; with the year
# 9999 and the span above it is within 63 bits.
_LATEST_DAYS = 720_000
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
_LONG_AGO = 7 * 100_000


def test_expr(test: Test) -> nw.Expr:  # noqa: PLR0911
    """A boolean column; never null."""
    match test:
        case OneOf(column, values):
            return nw.col(column).is_in(list(values)).fill_null(False)
        case Holds(column, values):
            found = [nw.col(column).list.contains(value).fill_null(False) for value in values]
            return nw.any_horizontal(*found, ignore_nulls=False)
        case AtLeast(column, number):
            return (nw.col(column) >= number).fill_null(False)
        case Yes(column):
            return nw.col(column).fill_null(False)
        case OnWeekday(days):
            return ((nw.col(EVENT) + _EPOCH_WEEKDAY + _LONG_AGO) % 7).is_in(list(days))
        case Both(left, right):
            return test_expr(left) & test_expr(right)
        case Either(left, right):
            return test_expr(left) | test_expr(right)
        case Not(inner):
            return ~test_expr(inner)
    raise TypeError(f"not a test: {type(test).__name__}")


test_expr.__test__ = False  # type: ignore[attr-defined]


def _measure_expr(measure: Measure | None) -> nw.Expr:
    match measure:
        case EventDay():
            return nw.col(EVENT)
        case Cell(column):
            return nw.col(column).cast(nw.Int64)
        case Test():
            return test_expr(measure).cast(nw.Int64)
    return nw.lit(1, nw.Int64)


def row_expr(aggregate: Aggregate) -> nw.Expr:
    """What one row brings to an aggregate, before any window: null (or 0 for counts and totals) when nothing."""
    if aggregate.reducer is Reducer.COUNT and aggregate.where is not None:
        return test_expr(aggregate.where).cast(nw.Int64)
    amount = _measure_expr(aggregate.measure)
    if aggregate.reducer is Reducer.LATEST:
        amount = (nw.col(EVENT) + _LATEST_DAYS) * _LATEST_SPAN + amount + _LATEST_HALF
    elif aggregate.reducer.by_value:
        # The value itself is a key of the group; a row is one of it, and a blank is none.
        held = [~nw.col(column).is_null() for column in columns_of(aggregate.measure)]
        amount = nw.all_horizontal(*held, ignore_nulls=False).cast(nw.Int64)
    if aggregate.where is not None:
        amount = nw.when(test_expr(aggregate.where)).then(amount)
    return brought_expr(aggregate, amount)


def brought_expr(aggregate: Aggregate, amount: nw.Expr) -> nw.Expr:
    """A partial result that may be null: nothing, as its merging wants it."""
    return amount.fill_null(0) if _summed(aggregate) else amount


def merge_expr(aggregate: Aggregate, amount: nw.Expr) -> nw.Expr:
    """Merge partial results of one aggregate within a group. Sums are cast: DuckDB would widen them."""
    if _summed(aggregate):
        return amount.sum().cast(nw.Int64)
    return amount.min() if aggregate.reducer is Reducer.LOWEST else amount.max()


def _summed(aggregate: Aggregate) -> bool:
    """Whether partial results are added up: those of a median are how many rows have each value."""
    return aggregate.reducer.adds or aggregate.reducer is Reducer.MEDIAN


def finish_expr(aggregate: Aggregate, column: str) -> nw.Expr:
    """The merged column as the plain number that arithmetic uses; a median's column is the two middle ones' sum."""
    merged = nw.col(column)
    if aggregate.reducer is Reducer.LATEST:
        merged = merged % _LATEST_SPAN - _LATEST_HALF
    number = merged.cast(nw.Float64)
    if aggregate.reducer is Reducer.MEDIAN:
        number = number * 0.5
    return number.fill_null(0.0) if aggregate.reducer.adds else number


def operation_expr(value: Value, parts: Sequence[nw.Expr]) -> nw.Expr:  # noqa: PLR0911
    """One operation of arithmetic on what it is made of, in double precision; `features.arithmetic` puts them together.

    The least and the most may be of more than two.
    """
    match value:
        case AsOf():
            return nw.col(AS_OF_DAY).cast(nw.Float64)
        case Number(number):
            return nw.lit(float(number), nw.Float64)
        case Named(name):
            return nw.col(name)
        case Binary(Op.LEAST | Op.MOST as op, _, _):
            return _outermost(op, parts)
        case Binary(op, _, right):
            return _arithmetic(op, *parts, constant=isinstance(right, Number))
        case AnyOf():
            return (_sum([_above_zero(part).fill_null(0.0) for part in parts]) > 0.0).cast(nw.Float64)
        case SumOf():
            return _sum([part.fill_null(0.0) for part in parts])
        case Given():
            condition, inner = parts
            return nw.when(condition > 0.0).then(inner)
    raise TypeError(f"not arithmetic: {type(value).__name__}")


def _arithmetic(op: Op, left: nw.Expr, right: nw.Expr, *, constant: bool) -> nw.Expr:
    match op:
        case Op.ADD:
            return left + right
        case Op.SUBTRACT:
            return left - right
        case Op.MULTIPLY:
            return left * right
        case Op.DIVIDE:
            divisor = nw.when(right != 0.0).then(right)
            return divided(left, divisor) if constant else left / divisor
        case Op.ABOVE:
            return (left > right).cast(nw.Float64)
        case Op.AT_LEAST:
            return (left >= right).cast(nw.Float64)
    raise TypeError(f"not arithmetic on two numbers alone: {op}")


def _outermost(op: Op, parts: Sequence[nw.Expr]) -> nw.Expr:
    """The least or the most of several, unknown when one of them is."""
    known = nw.all_horizontal(*[~part.is_null() for part in parts], ignore_nulls=False)
    found = nw.min_horizontal(*parts) if op is Op.LEAST else nw.max_horizontal(*parts)
    return nw.when(known).then(found)


def _above_zero(number: nw.Expr) -> nw.Expr:
    return (number > 0.0).cast(nw.Float64)


def _sum(parts: list[nw.Expr]) -> nw.Expr:
    total = nw.lit(0.0, nw.Float64)
    for part in parts:
        total = total + part
    return total


def micros(number: nw.Expr) -> nw.Expr:
    """A number as whole millionths, halves upwards: sums of these are exact in any order."""
    return (number * _MICRO + 0.5).floor().cast(nw.Int64)


def rounded(number: nw.Expr) -> nw.Expr:
    """A number to six places, halves upwards. Engines differ in their own rounding of halves."""
    return divided((number * _MICRO + 0.5).floor(), nw.lit(_MICRO))


def millionths(whole: nw.Expr) -> nw.Expr:
    """Whole millionths as a number."""
    return divided(whole.cast(nw.Float64), nw.lit(_MICRO))


def divided(left: nw.Expr, right: nw.Expr) -> nw.Expr:
    """Division by a constant, in a frame with as-of dates. Polars would multiply by its reciprocal, which is not the
    same to the last digit, so that the divisor is never left a constant."""
    return left / (right + nw.col(AS_OF).cast(nw.Float64) * 0.0)

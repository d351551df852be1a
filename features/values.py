"""What a feature is made of: numbers taken from rows (see `features.streams`), and arithmetic on them.

Everything is a number or unknown. Arithmetic on unknown is unknown, and so is division by zero; a comparison is
1, 0 or unknown. The engine that computes this, and the plain reference engine of the tests, both follow these
rules and no others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Value:
    """A number for each family or child and as-of date, or unknown."""

    def __add__(self, other: Value | float) -> Value:
        return Binary(Op.ADD, self, _value(other))

    def __sub__(self, other: Value | float) -> Value:
        return Binary(Op.SUBTRACT, self, _value(other))

    def __mul__(self, other: Value | float) -> Value:
        return Binary(Op.MULTIPLY, self, _value(other))

    def __truediv__(self, other: Value | float) -> Value:
        return Binary(Op.DIVIDE, self, _value(other))

    def __gt__(self, other: Value | float) -> Value:
        return Binary(Op.ABOVE, self, _value(other))

    def __ge__(self, other: Value | float) -> Value:
        return Binary(Op.AT_LEAST, self, _value(other))

    def __lt__(self, other: Value | float) -> Value:
        return Binary(Op.ABOVE, _value(other), self)

    def __le__(self, other: Value | float) -> Value:
        return Binary(Op.AT_LEAST, _value(other), self)


class Op(StrEnum):
    """Arithmetic on two values."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    ABOVE = ">"
    AT_LEAST = ">="
    LEAST = "min"
    MOST = "max"


class FromRows(Value, ABC):
    """A number taken from rows of a source, not made of other values."""

    @property
    @abstractmethod
    def of_no_rows(self) -> float | None:
        """What it is for someone with no rows at all."""


@dataclass(frozen=True)
class AsOf(Value):
    """The as-of date as a day number."""


@dataclass(frozen=True)
class Number(Value):
    number: float


@dataclass(frozen=True)
class Named(Value):
    """The finished value of another feature of the same table."""

    name: str


@dataclass(frozen=True)
class Binary(Value):
    op: Op
    left: Value
    right: Value


@dataclass(frozen=True)
class AnyOf(Value):
    """1 when any part is above 0, else 0. An unknown part is no evidence; a part whose source is absent drops."""

    parts: tuple[Value, ...]


@dataclass(frozen=True)
class SumOf(Value):
    """The sum of the parts, unknown ones left out. A part whose source is absent drops."""

    parts: tuple[Value, ...]


@dataclass(frozen=True)
class Given(Value):
    """The value where the condition is above 0, else unknown."""

    condition: Value
    value: Value


def any_of(*parts: Value) -> Value:
    """1 when any part is above 0, else 0."""
    return AnyOf(parts)


def sum_of(*parts: Value) -> Value:
    """The sum of the parts, unknown ones left out."""
    return SumOf(parts)


def all_of(first: Value, *rest: Value) -> Value:
    """The least of the parts: 1 when all of several 0-or-1 values are 1."""
    for part in rest:
        first = Binary(Op.LEAST, first, part)
    return first


def given(condition: Value, value: Value) -> Value:
    """``value`` where ``condition`` is above 0, else unknown."""
    return Given(condition, value)


def at_most(value: Value, limit: Value | float) -> Value:
    """The smaller of the two."""
    return Binary(Op.LEAST, value, _value(limit))


def no_less(value: Value, limit: Value | float) -> Value:
    """The larger of the two."""
    return Binary(Op.MOST, value, _value(limit))


def feature(name: str) -> Value:
    """The finished value of another feature. In a child's feature, ``family_<name>`` is the family's."""
    return Named(name)


def days_since(day: Value) -> Value:
    """Days from ``day`` to the as-of date."""
    return AsOf() - day


def share(part: Value, whole: Value) -> Value:
    """Part of a whole; unknown when the whole is nothing."""
    return part / whole


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values a value is directly made of."""
    match value:
        case Binary(_, left, right):
            return (left, right)
        case AnyOf(parts) | SumOf(parts):
            return parts
        case Given(condition, inner):
            return (condition, inner)
        case _:
            return ()


def names_of(value: Value) -> Iterator[str]:
    """The other features a value is made of."""
    if isinstance(value, Named):
        yield value.name
    for part in parts_of(value):
        yield from names_of(part)


def blank(value: Value) -> float | None:  # noqa: PLR0911
    """What a value is for someone with no rows at all."""
    match value:
        case FromRows():
            return value.of_no_rows
        case Number(number):
            return float(number)
        case Binary(op, left, right):
            return arithmetic(op, blank(left), blank(right))
        case AnyOf(parts):
            return float(any((blank(part) or 0) > 0 for part in parts))
        case SumOf(parts):
            return float(sum(blank(part) or 0 for part in parts))
        case Given(condition, inner):
            return blank(inner) if (blank(condition) or 0) > 0 else None
        case _:
            return None


def arithmetic(op: Op, left: float | None, right: float | None) -> float | None:  # noqa: PLR0911
    """One operation on two plain numbers, by the rules above."""
    if left is None or right is None or (op is Op.DIVIDE and right == 0):
        return None
    match op:
        case Op.ADD:
            return left + right
        case Op.SUBTRACT:
            return left - right
        case Op.MULTIPLY:
            return left * right
        case Op.DIVIDE:
            return left / right
        case Op.ABOVE:
            return float(left > right)
        case Op.AT_LEAST:
            return float(left >= right)
        case Op.LEAST:
            return min(left, right)
        case Op.MOST:
            return max(left, right)


def _value(item: Value | float) -> Value:
    return item if isinstance(item, Value) else Number(float(item))

"""What a feature may ask of one row of a source: a test that is true or false, or a number.

A test of a blank cell is false, so that ``~test`` of a blank cell is true: there is no third value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from store.table import ColumnType, Table


class Test:
    """A yes-or-no question about one row. Combine with ``&``, ``|`` and ``~``."""

    __test__ = False  # not a test case, whatever a test runner makes of the name

    def __and__(self, other: Test) -> Test:
        return Both(self, other)

    def __or__(self, other: Test) -> Test:
        return Either(self, other)

    def __invert__(self) -> Test:
        return Not(self)


@dataclass(frozen=True)
class OneOf(Test):
    """The cell is one of the values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Holds(Test):
    """The list in the cell has at least one of the values. Values are compared whole: 7A is not in 17A."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class AtLeast(Test):
    """The number in the cell is this or more."""

    column: str
    number: int


@dataclass(frozen=True)
class Yes(Test):
    """The flag in the cell is set."""

    column: str


@dataclass(frozen=True)
class OnWeekday(Test):
    """The event fell on one of the days, Monday being 0."""

    days: tuple[int, ...]


@dataclass(frozen=True)
class Both(Test):
    left: Test
    right: Test


@dataclass(frozen=True)
class Either(Test):
    left: Test
    right: Test


@dataclass(frozen=True)
class Not(Test):
    test: Test


@dataclass(frozen=True)
class Cell:
    """The whole number in a cell: pence, a count, or a date as a day number."""

    column: str


@dataclass(frozen=True)
class EventDay:
    """The day of the event."""


Measure = Cell | EventDay | Test


def one_of(column: str, *values: str) -> Test:
    """The cell is one of ``values``."""
    return OneOf(column, values)


def holds(column: str, *values: str) -> Test:
    """The list in the cell has at least one of ``values``."""
    return Holds(column, values)


def at_least(column: str, number: int) -> Test:
    """The number in the cell is ``number`` or more."""
    return AtLeast(column, number)


def yes(column: str) -> Test:
    """The flag in the cell is set."""
    return Yes(column)


def on_weekday(*days: int) -> Test:
    """The event fell on one of ``days``, Monday being 0."""
    return OnWeekday(days)


def columns_of(item: Measure | None) -> Iterator[str]:
    """The columns a test or a measure reads."""
    match item:
        case Both(left, right) | Either(left, right):
            yield from columns_of(left)
            yield from columns_of(right)
        case Not(test):
            yield from columns_of(test)
        case OneOf() | Holds() | AtLeast() | Yes() | Cell():
            yield item.column
        case _:
            return


_WHOLE = (ColumnType.INTEGER, ColumnType.PENCE, ColumnType.DATE, ColumnType.FLAG)
_KINDS: dict[type, tuple[ColumnType, ...]] = {
    OneOf: (ColumnType.TEXT,),
    Holds: (ColumnType.TEXTS,),
    AtLeast: (ColumnType.INTEGER, ColumnType.PENCE),
    Yes: (ColumnType.FLAG,),
    Cell: _WHOLE,
}
"""The kinds of column that each question or measure makes sense of."""

_ASKED: dict[type, str] = {OneOf: "one_of", Holds: "holds", AtLeast: "at_least", Yes: "yes", Cell: "a measure"}
_LISTED = 12


def check_measure(table: Table, item: Measure | None, *also: ColumnType) -> None:
    """Refuse a test or a measure of columns that the table has not, or whose kind it makes no sense of.

    ``also`` are kinds of column that a cell may have besides those of whole numbers. Raises ValueError.
    """
    if isinstance(item, (Both, Either)):
        check_measure(table, item.left)
        check_measure(table, item.right)
    elif isinstance(item, Not):
        check_measure(table, item.test)
    elif isinstance(item, (OneOf, Holds, AtLeast, Yes, Cell)):
        check_columns(table, [item.column])
        kind = next(column.type for column in table.columns if column.name == item.column)
        fits = (*_KINDS[type(item)], *also) if isinstance(item, Cell) else _KINDS[type(item)]
        if kind not in fits:
            asked, wanted = _ASKED[type(item)], " or ".join(fits)
            raise ValueError(f"{table.name}.{item.column} is {kind}; {asked} needs a column of {wanted}")


def check_columns(table: Table, columns: Iterable[str]) -> None:
    """Refuse columns that a table has not, naming the nearest. Raises ValueError."""
    for column in columns:
        if column not in table.column_names:
            raise ValueError(f"{table.name} has no column {column}; {nearest(column, table.column_names)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """What a mistyped name may have meant, or else what there is: ``did you mean session?``."""
    folded = {item.casefold(): item for item in known}
    close = get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    if close or len(folded) > _LISTED:
        close = close or get_close_matches(name.casefold(), folded, n=3, cutoff=0.0)
        return f"did you mean {' or '.join(folded[item] for item in close)}?"
    return f"there are {', '.join(folded.values())}"

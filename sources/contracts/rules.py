"""The kinds of rule a contract is made of: what each looks at, when a row breaks it, and how to say so in words.

A rule holds where a column it looks at is null, unless it says otherwise: whether a cell must be there is the
table's own promise.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from duckdb import ColumnExpression, Expression

from sources.text import constant, matches

AFTER_EXTRACT_DATE = "after_extract_date"
TOO_EARLY = "too_early"
TOO_LATE = "too_late"
OUT_OF_RANGE = "out_of_range"
ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
END_RECORDED_BUT_NOT_HELD = "end_recorded_but_not_held"
PERSON_AND_GROUP = "person_and_group"
RELATED_TO_ITSELF = "related_to_itself"


class Rule(Protocol):
    """One rule over a row's values. ``column`` is the cell it is about, or '' for the whole row."""

    @property
    def column(self) -> str: ...

    @property
    def name(self) -> str: ...

    def broken(self, extract_date: dt.date) -> Expression:
        """Whether a row of values breaks it; null counts as no."""
        ...

    def says(self) -> str:
        """What it asks, as the end of a sentence that begins with the column, or a whole one for a row."""
        ...


@dataclass(frozen=True)
class NotAfterExtract:
    """The extract cannot know a later day."""

    column: str
    name: str = AFTER_EXTRACT_DATE

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) > constant(extract_date)

    def says(self) -> str:
        return "is not after the day of the extract"


@dataclass(frozen=True)
class NotBefore:
    """Not before a fixed day."""

    column: str
    first: dt.date
    name: str = TOO_EARLY

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) < constant(self.first)

    def says(self) -> str:
        return f"is not before {self.first.isoformat()}"


@dataclass(frozen=True)
class NotFarAhead:
    """Not after the end of the year so many years after the extract."""

    column: str
    years: int
    name: str = TOO_LATE

    def broken(self, extract_date: dt.date) -> Expression:
        last = dt.date(min(extract_date.year + self.years, dt.MAXYEAR), 12, 31)
        return ColumnExpression(self.column) > constant(last)

    def says(self) -> str:
        return f"is at most {self.years} years after the year of the extract; a later day stands for 'open'"


@dataclass(frozen=True)
class Between:
    """A number within limits, both included."""

    column: str
    low: int
    high: int
    unit: str = ""
    name: str = OUT_OF_RANGE

    def broken(self, extract_date: dt.date) -> Expression:
        value = ColumnExpression(self.column)
        return (value < constant(self.low)) | (value > constant(self.high))

    def says(self) -> str:
        return f"is from {self.low:,} to {self.high:,}{self.unit and ' ' + self.unit}"


@dataclass(frozen=True)
class Shaped:
    """A text of a fixed shape; ``shape`` says it in words."""

    column: str
    pattern: str
    shape: str
    name: str

    def broken(self, extract_date: dt.date) -> Expression:
        return ~matches(ColumnExpression(self.column), self.pattern)

    def says(self) -> str:
        return f"is {self.shape}"


@dataclass(frozen=True)
class NotLongAfter:
    """A day not more than so many days after another."""

    column: str
    other: str
    days: int
    name: str

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) > ColumnExpression(self.other) + constant(self.days)

    def says(self) -> str:
        return f"is at most {self.days} days after `{self.other}`"


@dataclass(frozen=True)
class InOrder:
    """A spell that does not end before it begins; about the whole row unless a column is named."""

    first: str
    last: str
    column: str = ""
    name: str = ENDS_BEFORE_IT_BEGINS

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.last) < ColumnExpression(self.first)

    def says(self) -> str:
        if not self.column:
            return f"`{self.last}` is not before `{self.first}`"
        return f"is not {'after' if self.column == self.first else 'before'} `{self._other}`"

    @property
    def _other(self) -> str:
        return self.last if self.column == self.first else self.first


@dataclass(frozen=True)
class OnlyWith:
    """A cell that means something only where another is there too."""

    column: str
    other: str
    name: str

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column).isnotnull() & ColumnExpression(self.other).isnull()

    def says(self) -> str:
        return f"is there only where `{self.other}` is"


@dataclass(frozen=True)
class OnlyFor:
    """A cell that means something only where a code has one of some values; where the code is null the rule holds."""

    column: str
    code: str
    values: tuple[str, ...]
    name: str

    def broken(self, extract_date: dt.date) -> Expression:
        other = ColumnExpression(self.code).isnotin(*[constant(value) for value in self.values])
        return ColumnExpression(self.column).isnotnull() & other

    def says(self) -> str:
        return f"is there only where `{self.code}` is {' or '.join(self.values)}"


@dataclass(frozen=True)
class NotBoth:
    """A row that cannot have both of two cells."""

    one: str
    other: str
    name: str
    column: str = ""

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.one).isnotnull() & ColumnExpression(self.other).isnotnull()

    def says(self) -> str:
        return f"`{self.one}` and `{self.other}` are not both there"


@dataclass(frozen=True)
class NotTheSame:
    """Two cells that cannot be equal."""

    one: str
    other: str
    name: str
    column: str = ""

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.one) == ColumnExpression(self.other)

    def says(self) -> str:
        return f"`{self.one}` and `{self.other}` are not the same"

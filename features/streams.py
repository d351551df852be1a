"""The dated rows that features are made from: one stream for each source table, two for a table of spells.

A stream's methods reduce its rows to a number: an `Aggregate`, on which `features.values` has arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from features.rows import Cell, EventDay, Measure, Test, check_columns, check_measure, nearest
from features.tables import ABSENT_DAYS as ABSENT_DAYS_TABLE
from features.tables import MEMBERS as MEMBERS_TABLE
from features.values import FromRows, Value, parts_of
from residents import tables as residents
from sources import tables as sources
from store.table import ColumnType, Table


class Part(StrEnum):
    """Which dates of a row make it an event."""

    EVENT = "event"
    """It happened or began on ``event_date`` and was known from ``recorded_on``."""

    END = "end"
    """The spell ended on ``to_date``; known from ``end_recorded_on``, else the later of the two other dates."""

    MEMBERSHIP = "membership"
    """Not dated: who is in the family at the as-of date."""

    ABSENT_DAY = "absent_day"
    """A day of absence worked out from marks, known once nothing recorded later can change it."""


class Carrier(StrEnum):
    """What links a row to families."""

    RECORD = "record"
    """A system's key of a person."""

    GROUP = "group"
    """A service's own group, such as a tenancy: the row reaches each family of its members once."""

    EITHER = "either"
    PERSON = "person"
    """A person of the residents index."""


class Reducer(StrEnum):
    """How rows become one number."""

    COUNT = "count"
    TOTAL = "total"
    LOWEST = "lowest"
    HIGHEST = "highest"
    LATEST = "latest"
    """The measure in the row with the latest event; the highest of them on a tie."""

    DISTINCT = "distinct"
    """How many different values of the measure."""

    MEDIAN = "median"
    """The middle one of the measures in order, or the mean of the two middle ones."""

    @property
    def by_value(self) -> bool:
        """Whether partial results can be merged only value by value."""
        return self in (Reducer.DISTINCT, Reducer.MEDIAN)

    @property
    def adds(self) -> bool:
        """Whether it is a sum, for which no rows is 0."""
        return self in (Reducer.COUNT, Reducer.TOTAL, Reducer.DISTINCT)


@dataclass(frozen=True)
class Aggregate(FromRows):
    """Rows of a stream seen at the as-of date, within a window, reduced to one number.

    The window is ``[as_of - lag - days, as_of - lag)`` by event date; without ``days`` it has no start. Rows
    recorded on or after the as-of date are never in it, unless the stream leaks. COUNT, TOTAL and DISTINCT of no
    rows are 0; the others unknown.
    """

    stream: Stream
    reducer: Reducer
    measure: Measure | None
    where: Test | None
    days: int | None
    lag: int = 0

    @property
    def of_no_rows(self) -> float | None:
        return 0.0 if self.reducer.adds else None


@dataclass(frozen=True)
class Stream:
    """Rows of one table, as dated events.

    ``once_per`` names a column: rows that reach one family (or child) with the same value in it count once.
    """

    table: Table
    carrier: Carrier
    part: Part = Part.EVENT
    once_per: str | None = None
    starts: str = "event_date"
    """The column that holds the day of the event, or the first day of a spell."""
    leak: str = ""
    """Why rows may be looked at that nobody knew of at the as-of date; see `leaks`."""

    def __post_init__(self) -> None:
        check_columns(self.row, [self.once_per] if self.once_per else [])

    @property
    def row(self) -> Table:
        """What one of its rows has: what the table's have, unless they are worked out from these."""
        return ABSENT_DAYS_TABLE if self.part is Part.ABSENT_DAY else self.table

    @property
    def name(self) -> str:
        suffix = {Part.END: "_ends", Part.ABSENT_DAY: "_absent_days"}.get(self.part, "")
        return f"{self.table.name}{suffix}" + (f"_per_{self.once_per}" if self.once_per else "")

    def leaks(self, why: str) -> Stream:
        """The same rows without the check that they were known at the as-of date.

        Rows count however late they were recorded, and a negative ``lag`` looks ahead: ``count(days=91, lag=-91)``
        is of the 91 days from the as-of date on. Who belongs to the family is still as known then. For looking into
        what was recorded late; such a feature is marked in the catalogue, with ``why``, and no model trains on it.
        """
        if not why.strip():
            raise ValueError(f"{self.name}: say why rows from after the as-of date may be looked at")
        if self.part is Part.MEMBERSHIP:
            raise ValueError("membership is not dated, so it has nothing to leak")
        return replace(self, leak=why.strip())

    def count(self, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """How many rows."""
        return self._aggregate(Reducer.COUNT, None, where, days, lag)

    def distinct(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """How many different values a column has, blank cells left out; a family's members are taken together."""
        return self._aggregate(Reducer.DISTINCT, Cell(column), where, days, lag)

    def total(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The sum of a column; a blank cell adds nothing."""
        self._every_row("added up")
        return self._aggregate(Reducer.TOTAL, Cell(column), where, days, lag)

    def median(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The median of a column of whole numbers or dates, blank cells left out.

        Of an even number of rows it is the mean of the two in the middle, as the textbooks have it. A family's is
        over the rows of all its members, each row once. Unknown when there are no rows.
        """
        self._every_row("put in the middle of others")
        return self._aggregate(Reducer.MEDIAN, Cell(column), where, days, lag)

    def highest(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The highest number, or the latest date, in a column."""
        return self._aggregate(Reducer.HIGHEST, Cell(column), where, days, lag)

    def lowest(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The lowest number, or the earliest date, in a column."""
        return self._aggregate(Reducer.LOWEST, Cell(column), where, days, lag)

    def last_day(self, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The day of the last event."""
        return self._aggregate(Reducer.HIGHEST, EventDay(), where, days, lag)

    def first_day(self, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The day of the first event."""
        return self._aggregate(Reducer.LOWEST, EventDay(), where, days, lag)

    def latest(self, measure: Test | str, where: Test | None = None, days: int | None = None) -> Value:
        """A test (1 or 0) or a column of the row with the latest event; the highest of them on a tie.

        Rows in which the column is blank are passed over. Numbers below half a million million only.
        """
        item: Measure = Cell(measure) if isinstance(measure, str) else measure
        return self._aggregate(Reducer.LATEST, item, where, days, 0)

    def _every_row(self, how: str) -> None:
        if self.once_per:
            raise ValueError(f"{self.name}: rows that count once cannot be {how}")

    def _aggregate(
        self, reducer: Reducer, measure: Measure | None, where: Test | None, days: int | None, lag: int
    ) -> Value:
        check_measure(self.row, measure, *((ColumnType.TEXT,) if reducer is Reducer.DISTINCT else ()))
        check_measure(self.row, where)
        if days is not None and days < 1:
            raise ValueError(f"{self.name}: a window has at least one day, not {days}")
        if lag < 0 and not self.leak:
            raise ValueError(f"{self.name}: a lag looks back, so it cannot be {lag}")
        if self.part is Part.MEMBERSHIP:
            self._check_undated(reducer, measure, days, lag)
        return Aggregate(self, reducer, measure, where, days, lag)

    def _check_undated(self, reducer: Reducer, measure: Measure | None, days: int | None, lag: int) -> None:
        if (days, lag) != (None, 0):
            raise ValueError("membership has no window: it is as at the as-of date")
        if reducer is Reducer.LATEST or isinstance(measure, EventDay):
            raise ValueError("membership is not dated, so it has no first, last or latest")


@dataclass(frozen=True)
class Spells:
    """A table of spells: when they began, and when they were known to have ended."""

    started: Stream
    ended: Stream

    def open(self, where: Test | None = None) -> Value:
        """How many were open at the as-of date, as known then."""
        return self.started.count(where) - self.ended.count(where)


def aggregates_of(value: Value) -> Iterator[Aggregate]:
    """Every aggregate in a value, in the order written, repeats included."""
    if isinstance(value, Aggregate):
        yield value
    for part in parts_of(value):
        yield from aggregates_of(part)


def _spells(table: Table, carrier: Carrier, starts: str = "event_date") -> Spells:
    return Spells(Stream(table, carrier, starts=starts), Stream(table, carrier, Part.END, starts=starts))


ATTENDANCE = Stream(sources.ATTENDANCE, Carrier.RECORD)
ABSENT_DAYS = Stream(sources.ATTENDANCE, Carrier.PERSON, Part.ABSENT_DAY)
EXCLUSIONS = Stream(sources.EXCLUSIONS, Carrier.RECORD)
SCHOOL_STATUS = Stream(sources.SCHOOL_STATUS, Carrier.RECORD)
SCHOOLS = Stream(sources.SCHOOL_STATUS, Carrier.RECORD, once_per="school_id")
NEET = Stream(sources.NEET, Carrier.RECORD)
RENT = Stream(sources.RENT_TRANSACTIONS, Carrier.GROUP)
ARREARS_ACTIONS = Stream(sources.ARREARS_ACTIONS, Carrier.GROUP)
TENANCIES = _spells(sources.TENANCIES, Carrier.GROUP)
BENEFITS = _spells(sources.BENEFIT_SPELLS, Carrier.EITHER)
CONTACTS = Stream(sources.CONTACTS, Carrier.RECORD, once_per="event_date")
ASSESSMENTS = _spells(sources.ASSESSMENTS, Carrier.RECORD)
ALLOCATIONS = Stream(sources.ALLOCATIONS, Carrier.RECORD, once_per="worker_id")
OUTCOME_SCORES = Stream(sources.OUTCOME_SCORES, Carrier.GROUP)
SERVICES = _spells(sources.SERVICE_EPISODES, Carrier.EITHER)
DOMESTIC_INCIDENTS = Stream(sources.DOMESTIC_INCIDENTS, Carrier.RECORD, once_per="incident_id")
OFFENCES = Stream(sources.OFFENCES, Carrier.RECORD)
ADULT_CARE = _spells(sources.ADULT_CARE_SERVICES, Carrier.RECORD)
DISABILITY = _spells(sources.DISABILITY_MARKERS, Carrier.RECORD)
YOUNG_CARERS = Stream(sources.YOUNG_CARER_IDENTIFICATIONS, Carrier.RECORD)
ADDRESSES = Stream(residents.RESIDENCE_SPELLS, Carrier.PERSON, once_per="address_key", starts="from_date")
RESIDENCE = _spells(residents.RESIDENCE_SPELLS, Carrier.PERSON, starts="from_date")
MEMBERS = Stream(MEMBERS_TABLE, Carrier.PERSON, Part.MEMBERSHIP)


def __getattr__(name: str) -> Stream:
    """A stream that is not there: says which are nearest, as notebooks do not."""
    streams = [key for key, item in globals().items() if isinstance(item, (Stream, Spells))]
    raise AttributeError(f"there is no stream {name}; {nearest(name, streams)}")

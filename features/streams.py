"""The dated rows that features are made from: one stream for each source table, two for a table of spells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from features.rows import Cell, EventDay, Measure, Test, columns_of
from features.tables import MEMBERS as MEMBERS_TABLE
from features.values import Aggregate, Reducer, Value
from residents import tables as residents
from sources import tables as sources
from store.table import Table


class Part(StrEnum):
    """Which dates of a row make it an event."""

    EVENT = "event"
    """It happened or began on ``event_date`` and was known from ``recorded_on``."""

    END = "end"
    """The spell ended on ``to_date``; known from ``end_recorded_on``, else the later of the two other dates."""

    MEMBERSHIP = "membership"
    """Not dated: who is in the family at the as-of date."""


class Carrier(StrEnum):
    """What links a row to families."""

    RECORD = "record"
    """A system's key of a person."""

    GROUP = "group"
    """A service's own group, such as a tenancy: the row reaches each family of its members once."""

    EITHER = "either"
    PERSON = "person"
    """A person of the residents index."""


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

    def __post_init__(self) -> None:
        self._check(self.once_per)

    @property
    def name(self) -> str:
        suffix = "_ends" if self.part is Part.END else ""
        return f"{self.table.name}{suffix}" + (f"_per_{self.once_per}" if self.once_per else "")

    def count(self, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """How many rows."""
        return self._aggregate(Reducer.COUNT, None, where, days, lag)

    def total(self, column: str, where: Test | None = None, days: int | None = None, lag: int = 0) -> Value:
        """The sum of a column; a blank cell adds nothing."""
        if self.once_per:
            raise ValueError(f"{self.name}: rows that count once cannot be added up")
        return self._aggregate(Reducer.TOTAL, Cell(column), where, days, lag)

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
        """A test (1 or 0) or a column of the row with the latest event; numbers below a million only."""
        item: Measure = Cell(measure) if isinstance(measure, str) else measure
        return self._aggregate(Reducer.LATEST, item, where, days, 0)

    def _aggregate(
        self, reducer: Reducer, measure: Measure | None, where: Test | None, days: int | None, lag: int
    ) -> Value:
        for column in (*columns_of(measure), *columns_of(where)):
            self._check(column)
        if days is not None and days < 1:
            raise ValueError(f"{self.name}: a window has at least one day, not {days}")
        if lag < 0:
            raise ValueError(f"{self.name}: a lag looks back, so it cannot be {lag}")
        if self.part is Part.MEMBERSHIP and (days, lag) != (None, 0):
            raise ValueError("membership has no window: it is as at the as-of date")
        return Aggregate(self, reducer, measure, where, days, lag)

    def _check(self, column: str | None) -> None:
        if column is not None and column not in self.table.column_names:
            known = ", ".join(self.table.column_names)
            raise ValueError(f"{self.table.name} has no column {column}; it has {known}")


@dataclass(frozen=True)
class Spells:
    """A table of spells: when they began, and when they were known to have ended."""

    started: Stream
    ended: Stream

    def open(self, where: Test | None = None) -> Value:
        """How many were open at the as-of date, as known then."""
        return self.started.count(where) - self.ended.count(where)


def _spells(table: Table, carrier: Carrier, starts: str = "event_date") -> Spells:
    return Spells(Stream(table, carrier, starts=starts), Stream(table, carrier, Part.END, starts=starts))


ATTENDANCE = Stream(sources.ATTENDANCE, Carrier.RECORD)
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
SERVICES = _spells(sources.SERVICE_EPISODES, Carrier.EITHER)
DOMESTIC_INCIDENTS = Stream(sources.DOMESTIC_INCIDENTS, Carrier.RECORD, once_per="incident_id")
OFFENCES = Stream(sources.OFFENCES, Carrier.RECORD)
ADULT_CARE = _spells(sources.ADULT_CARE_SERVICES, Carrier.RECORD)
DISABILITY = _spells(sources.DISABILITY_MARKERS, Carrier.RECORD)
YOUNG_CARERS = Stream(sources.YOUNG_CARER_IDENTIFICATIONS, Carrier.RECORD)
ADDRESSES = Stream(residents.RESIDENCE_SPELLS, Carrier.PERSON, once_per="address_key", starts="from_date")
RESIDENCE = _spells(residents.RESIDENCE_SPELLS, Carrier.PERSON, starts="from_date")
MEMBERS = Stream(MEMBERS_TABLE, Carrier.PERSON, Part.MEMBERSHIP)

"""What each table promises: rules beyond the types, codes and required columns that the table itself declares.

A broken required cell leaves the row out; a broken optional cell is blanked and noted. A rule of several
columns, or one whose blanking would make the row say something else, leaves the row out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from duckdb import ColumnExpression, Expression

from sources import tables as t
from sources.text import constant, matches
from store.table import ColumnType, Table

AFTER_EXTRACT_DATE = "after_extract_date"
TOO_EARLY = "too_early"
TOO_LATE = "too_late"
OUT_OF_RANGE = "out_of_range"
NOT_A_KNOWN_CODE = "not_a_known_code"
ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
SUPERSEDED = "superseded"

FIRST_EVENT = dt.date(1990, 1, 1)
"""No event of a system that is still read is older than this."""
FIRST_SPELL = dt.date(1900, 1, 1)
"""A tenancy or a marriage may be much older than any event."""
FIRST_BIRTH = dt.date(1900, 1, 1)
"""1900-01-01 is kept: many systems write it for 'not known', which the residents room understands."""
YEARS_AHEAD = 50
"""An end further ahead than this stands for 'open'."""
UNBORN_DAYS = 300
"""A child may be on record before birth, under the expected date."""

REFERRAL_SOURCES = (
    *("1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4"),
    *("5A", "5B", "5C", "5D", "6", "7", "8", "9", "10"),
)


class Rule(Protocol):
    """One rule over a row's values. ``column`` is the cell it is about, or '' for the whole row."""

    @property
    def column(self) -> str: ...

    @property
    def name(self) -> str: ...

    def columns(self) -> tuple[str, ...]:
        """The columns it looks at; where one of them is null the rule holds."""
        ...

    def broken(self, extract_date: dt.date) -> Expression:
        """Whether a row of values breaks it."""
        ...


@dataclass(frozen=True)
class NotAfterExtract:
    """The extract cannot know a later day."""

    column: str
    name: str = AFTER_EXTRACT_DATE

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) > constant(extract_date)


@dataclass(frozen=True)
class NotBefore:
    """Not before a fixed day."""

    column: str
    first: dt.date
    name: str = TOO_EARLY

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) < constant(self.first)


@dataclass(frozen=True)
class NotFarAhead:
    """Not more than so many years after the extract."""

    column: str
    years: int = YEARS_AHEAD
    name: str = TOO_LATE

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) > constant(dt.date(extract_date.year + self.years, 12, 31))


@dataclass(frozen=True)
class Between:
    """A number within limits, both included; None is no limit."""

    column: str
    low: int | None
    high: int | None
    name: str = OUT_OF_RANGE

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        value = ColumnExpression(self.column)
        too_low = value < constant(self.low) if self.low is not None else constant(False)
        too_high = value > constant(self.high) if self.high is not None else constant(False)
        return too_low | too_high


@dataclass(frozen=True)
class OneOf:
    """A value of a list that the table leaves open."""

    column: str
    allowed: tuple[str, ...]
    name: str = NOT_A_KNOWN_CODE

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column).isnotin(*[constant(value) for value in self.allowed])


@dataclass(frozen=True)
class Shaped:
    """A text of a fixed shape."""

    column: str
    pattern: str
    name: str

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self, extract_date: dt.date) -> Expression:
        return ~matches(ColumnExpression(self.column), self.pattern)


@dataclass(frozen=True)
class NotLongAfter:
    """A day not more than so many days after another."""

    column: str
    other: str
    days: int
    name: str

    def columns(self) -> tuple[str, ...]:
        return (self.column, self.other)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.column) > ColumnExpression(self.other) + constant(self.days)


@dataclass(frozen=True)
class InOrder:
    """A spell that does not end before it begins; about the whole row unless a column is named."""

    first: str
    last: str
    column: str = ""
    name: str = ENDS_BEFORE_IT_BEGINS

    def columns(self) -> tuple[str, ...]:
        return (self.first, self.last)

    def broken(self, extract_date: dt.date) -> Expression:
        return ColumnExpression(self.last) < ColumnExpression(self.first)


@dataclass(frozen=True)
class Contract:
    """The promise of one table.

    ``key`` names the columns that no two rows may share (blanks are equal): the row recorded last wins, the others
    are superseded. Rows that lack one of the ``identifying`` columns are not compared: nothing says they are one.
    ``essential`` columns may be blank, but a value that cannot be read leaves the row out: blanking the end of
    a spell would make it look open.
    """

    table: Table
    rules: tuple[Rule, ...] = ()
    key: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()


def _dated(
    table: Table,
    *rules: Rule,
    key: tuple[str, ...] = (),
    identifying: tuple[str, ...] = (),
    first: dt.date = FIRST_EVENT,
) -> Contract:
    """A table of events or spells, with the rules that every date of that name keeps."""
    names = table.column_names
    spell_start = "event_date" if "event_date" in names else "from_date"
    common: list[Rule] = []
    for name in ("event_date", "recorded_on", "from_date", "end_recorded_on"):
        if name in names:
            common += [NotAfterExtract(name), NotBefore(name, first)]
    if "to_date" in names:
        common += [NotFarAhead("to_date"), InOrder(spell_start, "to_date")]
    essential = ("to_date",) if "to_date" in names else ()
    return Contract(table, (*common, *rules), key, essential, identifying)


_PERSON_KEY = ("source", "record_id")
_GROUP_KEY = ("source", "group_type", "group_id")
_EITHER_KEY = ("source", "record_id", "group_type", "group_id")

CONTRACTS: dict[str, Contract] = {
    contract.table.name: contract
    for contract in (
        Contract(
            t.PERSON_RECORDS,
            (
                NotAfterExtract("recorded_on"),
                NotBefore("recorded_on", FIRST_SPELL),
                NotAfterExtract("dob"),
                NotBefore("dob", FIRST_BIRTH),
                NotLongAfter("dob", "recorded_on", UNBORN_DAYS, "after_recorded"),
                # The last of the thirteen is a letter in a temporary number.
                Shaped("upn", r"[A-Za-z][0-9]{11}[0-9A-Za-z]", "not_a_pupil_number"),
                Shaped("uprn", r"[1-9][0-9]{0,11}", "not_a_property_number"),
                NotAfterExtract("address_from"),
                NotBefore("address_from", FIRST_SPELL),
                NotFarAhead("address_to"),
                InOrder("address_from", "address_to", "address_from"),
                InOrder("address_from", "address_to", "address_to"),
            ),
            _PERSON_KEY,
        ),
        Contract(
            t.ADDRESSES,
            (Shaped("uprn", r"[1-9][0-9]{0,11}", "not_a_property_number"), Between("imd_decile", 1, 10)),
            ("uprn",),
        ),
        _dated(t.GROUP_MEMBERS, key=(*_GROUP_KEY, "record_id"), first=FIRST_SPELL),
        _dated(
            t.RELATIONSHIPS,
            key=("source", "record_id_a", "record_id_b", "relationship", "from_date"),
            first=FIRST_SPELL,
        ),
        _dated(t.ATTENDANCE, key=(*_PERSON_KEY, "event_date", "session")),
        _dated(t.EXCLUSIONS, Between("sessions", 1, None), key=(*_PERSON_KEY, "event_date", "kind")),
        _dated(
            t.SCHOOL_STATUS,
            Between("year_group", 0, 14),
            NotAfterExtract("entry_date"),
            key=(*_PERSON_KEY, "event_date", "school_id"),
        ),
        _dated(t.NEET, key=(*_PERSON_KEY, "event_date")),
        _dated(t.RENT_TRANSACTIONS),
        _dated(t.ARREARS_ACTIONS),
        _dated(t.TENANCIES, Between("weekly_rent_pence", 0, None), key=_GROUP_KEY, first=FIRST_SPELL),
        _dated(
            t.BENEFIT_SPELLS,
            Between("weekly_pence", 0, None),
            key=(*_EITHER_KEY, "event_date", "benefit", "row_kind"),
            first=FIRST_SPELL,
        ),
        _dated(
            t.CONTACTS,
            OneOf("referral_source", REFERRAL_SOURCES),
            key=(*_PERSON_KEY, "contact_id"),
            identifying=("contact_id",),
        ),
        _dated(t.ASSESSMENTS, key=(*_PERSON_KEY, "assessment_id"), identifying=("assessment_id",)),
        _dated(t.SERVICE_EPISODES, key=(*_EITHER_KEY, "episode_id", "service"), identifying=("episode_id",)),
        _dated(t.ALLOCATIONS, key=(*_PERSON_KEY, "worker_id", "event_date")),
        _dated(t.DOMESTIC_INCIDENTS, key=(*_PERSON_KEY, "incident_id")),
        _dated(t.OFFENCES, Between("gravity", 1, 8), key=(*_PERSON_KEY, "offence_id"), identifying=("offence_id",)),
        _dated(t.ADULT_CARE_SERVICES, key=(*_PERSON_KEY, "event_date", "kind"), first=FIRST_SPELL),
        _dated(t.DISABILITY_MARKERS, key=(*_PERSON_KEY, "event_date", "kind"), first=FIRST_SPELL),
        _dated(t.YOUNG_CARER_IDENTIFICATIONS, key=(*_PERSON_KEY, "event_date", "identified_by")),
        _dated(t.OUTCOME_SCORES, Between("score", 0, 10), key=(*_GROUP_KEY, "stage", "domain")),
    )
}
"""The contract of every table, by the table's name."""

UNREADABLE: dict[ColumnType, str] = {
    ColumnType.TEXT: NOT_A_KNOWN_CODE,
    ColumnType.TEXTS: NOT_A_KNOWN_CODE,
    ColumnType.DATE: "not_a_date",
    ColumnType.INTEGER: "not_a_whole_number",
    ColumnType.PENCE: "not_an_amount",
    ColumnType.FLAG: "not_yes_or_no",
}
"""The rule broken by a cell that its column's type cannot hold."""

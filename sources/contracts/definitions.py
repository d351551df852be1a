"""What each table promises: rules beyond the types, codes and required columns that the table itself declares.

A broken required cell leaves the row out; a broken optional cell is blanked and noted. A rule of several
columns, or one whose blanking would make the row say something else, leaves the row out. What is odd but can be is
let through: a mark on a Saturday, an end recorded before it came, a charge below nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sources import tables as t
from sources.contracts.references import AcrossTables, BornBeforeEvents, NamesAGroup, NamesAPerson, NotBeforeBirth
from sources.contracts.rules import (
    END_RECORDED_BUT_NOT_HELD,
    PERSON_AND_GROUP,
    RELATED_TO_ITSELF,
    Between,
    InOrder,
    NotAfterExtract,
    NotBefore,
    NotBoth,
    NotFarAhead,
    NotLongAfter,
    NotTheSame,
    OnlyFor,
    OnlyWith,
    Rule,
    Shaped,
)
from store.table import ColumnType, Table

NOT_A_KNOWN_CODE = "not_a_known_code"
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

MOST_PENCE = 100_000_000
"""A million pounds: no household's account has a posting or a balance beyond it, and sums stay far from overflow."""
MOST_WEEKLY_PENCE = 1_000_000
"""Ten thousand pounds a week."""
MOST_SESSIONS = 380
"""The sessions of a whole school year."""


@dataclass(frozen=True)
class Contract:
    """The promise of one table.

    ``key`` names the columns that no two rows may share (blanks are equal): the row recorded last wins, the others
    are superseded. Rows that lack one of the ``identifying`` columns are not compared: nothing says they are one.
    ``essential`` columns may be blank, but a value that cannot be read leaves the row out: blanking the end of
    a spell would make it look open. ``across`` are the rules that look at other tables.
    """

    table: Table
    rules: tuple[Rule, ...] = ()
    key: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()
    across: tuple[AcrossTables, ...] = ()


def _dated(
    table: Table,
    *rules: Rule,
    key: tuple[str, ...] = (),
    identifying: tuple[str, ...] = (),
    first: dt.date = FIRST_EVENT,
) -> Contract:
    """A table of events or spells, with the rules that all tables with such columns keep."""
    names = table.column_names
    common: list[Rule] = []
    for name in ("event_date", "recorded_on", "from_date", "end_recorded_on"):
        if name in names:
            common += [NotAfterExtract(name), NotBefore(name, first)]
    if "to_date" in names:
        common += [
            NotFarAhead("to_date", YEARS_AHEAD),
            InOrder("event_date" if "event_date" in names else "from_date", "to_date"),
        ]
    if "end_recorded_on" in names:
        common.append(OnlyWith("end_recorded_on", "to_date", END_RECORDED_BUT_NOT_HELD))
    if table is not t.GROUP_MEMBERS and {"record_id", "group_id"} <= set(names):
        common.append(NotBoth("record_id", "group_id", PERSON_AND_GROUP))
    essential = ("to_date",) if "to_date" in names else ()
    return Contract(table, (*common, *rules), key, essential, identifying, _across(table))


def _across(table: Table) -> tuple[AcrossTables, ...]:
    """Who and what a row is about must be known, and nothing happens to a person before birth."""
    names = table.column_names
    across: list[AcrossTables] = [
        NamesAPerson(name) for name in ("record_id", "record_id_a", "record_id_b") if name in names
    ]
    if "group_id" in names and table is not t.GROUP_MEMBERS:
        across.append(NamesAGroup())
    if {"record_id", "event_date"} <= set(names):
        days = ("to_date", "recorded_on") if "to_date" in names else ("event_date",)
        across.append(NotBeforeBirth(days, UNBORN_DAYS))
    return tuple(across)


_PERSON_KEY = ("source", "record_id")
_GROUP_KEY = ("source", "group_type", "group_id")
_EITHER_KEY = ("source", "record_id", "group_type", "group_id")
_UPRN = Shaped("uprn", r"[1-9][0-9]{0,11}", "a number of at most twelve figures", "not_a_property_number")

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
                Shaped(
                    "upn",
                    r"[A-Za-z][0-9]{11}[0-9A-Za-z]",
                    "a letter, eleven figures, and a figure or letter",
                    "not_a_pupil_number",
                ),
                Shaped(
                    "nino",
                    r"[A-Za-z]\W*[A-Za-z]\W*([0-9]\W*){6}[A-Za-z]?",
                    "two letters, six figures and perhaps a letter, with or without spaces",
                    "not_a_national_insurance_number",
                ),
                Shaped("email", r"(?s)[^@]+@.*[^@]", "something before and after an @", "not_an_email_address"),
                Shaped("phone", r"(?s)([^0-9]*[0-9]){6}.*", "a text with at least six figures", "not_a_phone_number"),
                _UPRN,
                NotAfterExtract("address_from"),
                NotBefore("address_from", FIRST_SPELL),
                NotFarAhead("address_to", YEARS_AHEAD),
                InOrder("address_from", "address_to", "address_from"),
                InOrder("address_from", "address_to", "address_to"),
            ),
            _PERSON_KEY,
            across=(BornBeforeEvents(UNBORN_DAYS),),
        ),
        Contract(t.ADDRESSES, (_UPRN, Between("imd_decile", 1, 10)), ("uprn",)),
        # Who leaves a group and comes back has two spells in it.
        _dated(t.GROUP_MEMBERS, key=(*_GROUP_KEY, "record_id", "from_date"), first=FIRST_SPELL),
        _dated(
            t.RELATIONSHIPS,
            NotTheSame("record_id_a", "record_id_b", RELATED_TO_ITSELF),
            key=("source", "record_id_a", "record_id_b", "relationship", "from_date"),
            first=FIRST_SPELL,
        ),
        _dated(t.ATTENDANCE, key=(*_PERSON_KEY, "event_date", "session")),
        # A permanent exclusion may stand with no sessions.
        _dated(t.EXCLUSIONS, Between("sessions", 0, MOST_SESSIONS), key=(*_PERSON_KEY, "event_date", "kind")),
        _dated(
            t.SCHOOL_STATUS,
            Between("year_group", 0, 14),
            NotAfterExtract("entry_date"),
            NotBefore("entry_date", FIRST_EVENT),
            NotBefore("leaving_date", FIRST_EVENT),
            NotFarAhead("leaving_date", YEARS_AHEAD),
            InOrder("entry_date", "leaving_date", "entry_date"),
            InOrder("entry_date", "leaving_date", "leaving_date"),
            key=(*_PERSON_KEY, "event_date", "school_id"),
        ),
        _dated(t.NEET, key=(*_PERSON_KEY, "event_date")),
        _dated(t.RENT_TRANSACTIONS, Between("amount_pence", -MOST_PENCE, MOST_PENCE, "pence")),
        _dated(t.ARREARS_ACTIONS, Between("balance_pence", -MOST_PENCE, MOST_PENCE, "pence")),
        _dated(
            t.TENANCIES,
            Between("weekly_rent_pence", 0, MOST_WEEKLY_PENCE, "pence"),
            key=_GROUP_KEY,
            first=FIRST_SPELL,
        ),
        _dated(
            t.BENEFIT_SPELLS,
            Between("weekly_pence", 0, MOST_WEEKLY_PENCE, "pence"),
            OnlyFor("to_date", "row_kind", ("spell",), "a_notice_has_no_end"),
            key=(*_EITHER_KEY, "event_date", "benefit", "row_kind"),
            first=FIRST_SPELL,
        ),
        _dated(
            t.CONTACTS,
            key=(*_PERSON_KEY, "contact_id"),
            identifying=("contact_id",),
        ),
        _dated(t.ASSESSMENTS, key=(*_PERSON_KEY, "assessment_id"), identifying=("assessment_id",)),
        _dated(
            t.SERVICE_EPISODES,
            OnlyFor("category", "service", ("cp",), "only_child_protection_has_a_category"),
            key=(*_EITHER_KEY, "episode_id", "service"),
            identifying=("episode_id",),
        ),
        _dated(t.ALLOCATIONS, key=(*_PERSON_KEY, "worker_id", "event_date")),
        _dated(t.WORKERS, key=("source", "worker_id", "from_date"), first=FIRST_SPELL),
        _dated(t.DOMESTIC_INCIDENTS, key=(*_PERSON_KEY, "incident_id")),
        _dated(t.OFFENCES, Between("gravity", 1, 8), key=(*_PERSON_KEY, "offence_id"), identifying=("offence_id",)),
        _dated(t.ADULT_CARE_SERVICES, key=(*_PERSON_KEY, "event_date", "kind"), first=FIRST_SPELL),
        _dated(t.DISABILITY_MARKERS, key=(*_PERSON_KEY, "event_date", "kind"), first=FIRST_SPELL),
        _dated(t.YOUNG_CARER_IDENTIFICATIONS, key=(*_PERSON_KEY, "event_date", "identified_by")),
        _dated(t.OUTCOME_SCORES, Between("score", 0, 10), key=(*_GROUP_KEY, "stage", "domain", "event_date")),
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

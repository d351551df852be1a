"""What is filled in: optional columns of every table, and in records of people what matching and audits need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import CoalesceOperator, ColumnExpression, Expression

from sources.tables import PERSON_RECORDS
from sources.text import call
from store.table import Table

NAME = "name"
_NAMES = ("forename", "surname", "full_name")
NOT_STATED = {"REFU": "refused", "NOBT": "not_obtained"}
STATED = tuple(
    code
    for column in PERSON_RECORDS.columns
    if column.name == "ethnicity"
    for code in column.codes
    if code not in NOT_STATED
)
IDENTIFIERS = ("dob", "postcode", "uprn", "upn", "nino", "email", "phone")
"""What people are matched by, besides name and address."""
_SET_BY_KEYS = ("record_id", "subject_id", "group_type", "group_id")


def optional_columns(table: Table) -> list[str]:
    """The columns of a table that may be blank; the parts of a name are one, because a system has some of them."""
    found = [column.name for column in table.columns if not column.required and column.name not in _SET_BY_KEYS]
    names = [NAME] if set(_NAMES) <= set(found) else []
    return [*names, *(name for name in found if not names or name not in _NAMES)]


def is_mapped(column: str, mapped: set[str]) -> bool:
    """Whether a mapping of these columns gives the column."""
    return bool(mapped & set(_NAMES)) if column == NAME else column in mapped


def filled_by_file(con: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each file of a written table, how many rows have something in each column: {} without columns."""
    if not columns:
        return {}
    counted = con.read_parquet(str(path)).aggregate(
        [ColumnExpression("file"), *[call("count", _value(name)).alias(f"filled_{name}") for name in columns]], "file"
    )
    return {file: dict(zip(columns, numbers)) for file, *numbers in counted.fetchall()}


def _value(column: str) -> Expression:
    if column == NAME:
        return CoalesceOperator(*map(ColumnExpression, _NAMES))
    return ColumnExpression(column)


@dataclass(frozen=True)
class PeopleOf:
    """One system's records of people, in counts."""

    source: str
    records: int
    filled: dict[str, int]
    """Identifier to records that have it."""
    first_of_january: int
    """Records born on 1 January of some year, 1900 left out."""
    first_of_1900: int
    ethnicity: dict[str, int]
    """``stated``, ``refused``, ``not_obtained`` or ``blank`` to records."""
    subjects: dict[str, int]
    """The same to people, each by the best that one of their records says."""


_PEOPLE = """
    SELECT source, count(*),
        count(dob), count(postcode), count(uprn), count(upn), count(nino), count(email), count(phone),
        count(*) FILTER (WHERE month(dob) = 1 AND day(dob) = 1 AND year(dob) > 1900),
        count(*) FILTER (WHERE dob = DATE '1900-01-01'),
        count(*) FILTER (WHERE list_contains($stated, ethnicity)),
        count(*) FILTER (WHERE ethnicity = 'REFU'),
        count(*) FILTER (WHERE ethnicity = 'NOBT'),
        count(*) FILTER (WHERE ethnicity IS NULL)
    FROM person_rows GROUP BY source ORDER BY source
"""
_SUBJECTS = """
    SELECT source, best, count(*)
    FROM (
        SELECT source, max(CASE
            WHEN list_contains($stated, ethnicity) THEN 3
            WHEN ethnicity = 'REFU' THEN 2
            WHEN ethnicity = 'NOBT' THEN 1
            ELSE 0
        END) AS best
        FROM person_rows GROUP BY source, subject_id
    )
    GROUP BY source, best ORDER BY source, best
"""
_ANSWERS = ("blank", "not_obtained", "refused", "stated")


def people_by_source(con: duckdb.DuckDBPyConnection, path: Path) -> list[PeopleOf]:
    """The completeness of each system's records of people, by source."""
    con.read_parquet(str(path)).create_view("person_rows", replace=True)
    subjects: dict[str, dict[str, int]] = {}
    for source, best, number in con.execute(_SUBJECTS, {"stated": list(STATED)}).fetchall():
        subjects.setdefault(source, dict.fromkeys(reversed(_ANSWERS), 0))[_ANSWERS[best]] = number
    found = []
    for source, records, *numbers in con.execute(_PEOPLE, {"stated": list(STATED)}).fetchall():
        filled = dict(zip(IDENTIFIERS, numbers))
        january, of_1900, *answers = numbers[len(IDENTIFIERS) :]
        ethnicity = dict(zip(("stated", "refused", "not_obtained", "blank"), answers))
        found.append(PeopleOf(source, records, filled, january, of_1900, ethnicity, subjects[source]))
    return found

"""Who each as-of date's question is about, and what happened to them: a target's definition turned into rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from models.labels import label_columns
from models.target import Cohort, Condition, Label, NoneKnown, NoOpenSpell, Outcome, Unit

# The tables are views of this connection: members, milestones and, for each unit, the rows that have features.

_FAMILY_UNITS = """
    CREATE OR REPLACE TEMP TABLE units AS
    SELECT DISTINCT m.as_of, m.family_id AS unit_id, m.family_id
    FROM members m
    WHERE list_contains($as_ofs::DATE[], m.as_of)
      AND (m.age_years BETWEEN $youngest AND $oldest
           OR ($unknown_child AND m.age_years IS NULL AND m.role = 'child'))
"""

_CHILD_UNITS = """
    CREATE OR REPLACE TEMP TABLE units AS
    SELECT DISTINCT m.as_of, m.person_id AS unit_id, m.family_id
    FROM members m
    WHERE list_contains($as_ofs::DATE[], m.as_of)
      AND (m.age_years BETWEEN $youngest AND $oldest
           OR ($unknown_child AND m.age_years IS NULL AND m.role = 'child'))
"""

_FAMILY_PERSONS = """
    CREATE OR REPLACE TEMP TABLE persons AS
    SELECT DISTINCT u.as_of, u.unit_id, m.person_id
    FROM units u JOIN members m ON m.as_of = u.as_of AND m.family_id = u.family_id
"""

_CHILD_PERSONS = """
    CREATE OR REPLACE TEMP TABLE persons AS
    SELECT DISTINCT as_of, unit_id, unit_id AS person_id FROM units
"""

# The end of a spell counts from the day it is known: its own recorded date, else the later of end and start record.
_OPEN_SPELL = """
    DELETE FROM units USING (
        SELECT DISTINCT p.as_of, p.unit_id
        FROM persons p JOIN milestones e ON e.person_id = p.person_id
        WHERE list_contains($kinds::VARCHAR[], e.kind)
          AND e.event_date < p.as_of AND e.recorded_on < p.as_of
          AND NOT coalesce(
              e.to_date < p.as_of
              AND coalesce(e.end_recorded_on, greatest(e.to_date, e.recorded_on)) < p.as_of, false)
    ) AS barred
    WHERE units.as_of = barred.as_of AND units.unit_id = barred.unit_id
"""

_KNOWN = """
    DELETE FROM units USING (
        SELECT DISTINCT p.as_of, p.unit_id
        FROM persons p JOIN milestones e ON e.person_id = p.person_id
        WHERE list_contains($kinds::VARCHAR[], e.kind)
          AND e.event_date < p.as_of AND e.recorded_on < p.as_of
          AND ($within_days::INTEGER IS NULL OR e.event_date >= p.as_of - $within_days::INTEGER)
    ) AS barred
    WHERE units.as_of = barred.as_of AND units.unit_id = barred.unit_id
"""

_OUTCOMES = """
    SELECT u.as_of, u.unit_id, u.family_id, o.outcome_date, o.outcome_known_on,
           row_number() OVER (PARTITION BY u.as_of ORDER BY sha256(concat_ws(
               '|', $salt::VARCHAR, u.as_of::VARCHAR, u.unit_id)), u.unit_id, u.family_id) AS tie_place
    FROM units u LEFT JOIN (
        SELECT p.as_of, p.unit_id, min(e.event_date) AS outcome_date, min(e.recorded_on) AS outcome_known_on
        FROM persons p JOIN milestones e ON e.person_id = p.person_id
        WHERE list_contains($kinds::VARCHAR[], e.kind)
          AND e.event_date >= p.as_of AND e.event_date < p.as_of + $horizon::INTEGER
        GROUP BY p.as_of, p.unit_id
    ) o ON o.as_of = u.as_of AND o.unit_id = u.unit_id
    ORDER BY u.as_of, u.unit_id, u.family_id
"""


def open_tables(connection: duckdb.DuckDBPyConnection, members: Path, milestones: Path) -> None:
    """Make the two tables that cohorts are defined over known to the connection as views."""
    for name, path in (("members", members), ("milestones", milestones)):
        connection.read_parquet(str(path), hive_partitioning=False).create_view(name, replace=True)


def build_cohort(
    connection: duckdb.DuckDBPyConnection,
    cohort: Cohort,
    outcome: Outcome,
    as_ofs: Sequence[dt.date],
    salt: str,
    labels: Sequence[Label] = (),
) -> pa.Table:
    """The cohort at each as-of date with what is recorded of its outcome, in order of (as_of, unit_id, family_id).

    Columns: as_of, unit_id, family_id, outcome_date and outcome_known_on (the first event's date within the
    horizon and the first day one was known, empty when there was none, whether or not the horizon has closed),
    tie_place, a settled random order within the as-of date that depends on ``salt`` and the ids alone, and two
    columns of days for each further label (`models.labels`).
    A child in several families has one row for each.
    """
    family = cohort.unit is Unit.FAMILY
    ages = {
        "as_ofs": list(as_ofs),
        "youngest": cohort.ages.youngest,
        "oldest": cohort.ages.oldest,
        "unknown_child": cohort.ages.unknown_child,
    }
    connection.execute(_FAMILY_UNITS if family else _CHILD_UNITS, ages)
    connection.execute(_FAMILY_PERSONS if family else _CHILD_PERSONS)
    for condition in cohort.conditions:
        _bar(connection, condition)
    bound = {"kinds": list(outcome.kinds), "horizon": outcome.horizon_days, "salt": salt}
    found: pa.Table = connection.sql(_OUTCOMES, params=bound).to_arrow_table()
    for name, days in label_columns(connection, labels, outcome.horizon_days).items():
        found = found.append_column(name, days)
    return found


def whole_from(cohort: Cohort, covers_from: dt.date) -> dt.date:
    """The first date before which the extracts cover all the time that the cohort's conditions look back over.

    A condition on whether a thing was ever known has no such time: of that nothing can be covered whole.
    """
    days = [one.within_days or 0 for one in cohort.conditions if isinstance(one, NoneKnown)]
    return covers_from + dt.timedelta(max(days, default=0))


def closed_as_ofs(outcome: Outcome, as_ofs: Sequence[dt.date], covers_to: dt.date) -> list[dt.date]:
    """The as-of dates whose outcomes had closed, reporting delay included, by ``covers_to``."""
    return [as_of for as_of in as_ofs if as_of + dt.timedelta(outcome.closing_days) <= covers_to]


def _bar(connection: duckdb.DuckDBPyConnection, condition: Condition) -> None:
    if isinstance(condition, NoOpenSpell):
        connection.execute(_OPEN_SPELL, {"kinds": list(condition.kinds)})
    else:
        connection.execute(_KNOWN, {"kinds": list(condition.kinds), "within_days": condition.within_days})

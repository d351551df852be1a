"""The tables of a run that family pages are made from, as views of an engine connection. Ethnicity is not among them.

Every table is there, empty where the council has no such extract. Events that name a person by a system's key have a
second view, ``<table>_named``, which adds the ``person_id``.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow.parquet as pq

from residents.tables import (
    FAMILIES,
    PEOPLE,
    RECORD_PERSON,
    RESIDENCE_SPELLS,
    SERVICE_GROUPS,
    VERSIONS,
)
from sources.tables import (
    ADDRESSES,
    ADULT_CARE_SERVICES,
    ALLOCATIONS,
    ARREARS_ACTIONS,
    ASSESSMENTS,
    ATTENDANCE,
    BENEFIT_SPELLS,
    CONTACTS,
    DOMESTIC_INCIDENTS,
    EXCLUSIONS,
    NEET,
    OFFENCES,
    OUTCOME_SCORES,
    PERSON_RECORDS,
    QUARANTINE,
    RENT_TRANSACTIONS,
    SCHOOL_STATUS,
    SERVICE_EPISODES,
    WORKERS,
    YOUNG_CARER_IDENTIFICATIONS,
)
from store.run_folder import RunFolder
from store.table import Table

_NAMING = (
    *(ALLOCATIONS, ASSESSMENTS, BENEFIT_SPELLS, CONTACTS, DOMESTIC_INCIDENTS, EXCLUSIONS, NEET, OFFENCES),
    *(ADULT_CARE_SERVICES, SCHOOL_STATUS, SERVICE_EPISODES, YOUNG_CARER_IDENTIFICATIONS),
)
_READ = (
    *(FAMILIES, PEOPLE, RECORD_PERSON, RESIDENCE_SPELLS, SERVICE_GROUPS, VERSIONS),
    *(ADDRESSES, ARREARS_ACTIONS, ATTENDANCE, OUTCOME_SCORES, PERSON_RECORDS, QUARANTINE, RENT_TRANSACTIONS, WORKERS),
    *_NAMING,
)
"""Every table that a family page rests on."""

# An index may compare other things than these; what it does not compare is empty.
_KNOWN = """
CREATE TEMP VIEW known_versions AS
SELECT person_id, source, subject_id, aliased, forename, surname, dob, upn, nino, phone, home FROM (
    SELECT * FROM versions
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS forename, NULL::VARCHAR AS surname, NULL::DATE AS dob, NULL::VARCHAR AS upn,
        NULL::VARCHAR AS nino, NULL::VARCHAR AS phone, NULL::VARCHAR AS home
    WHERE false
)
"""
# The likeliest person whom a system names by a key, in whatever file; of equally likely ones the first.
_KEYS = """
CREATE TEMP TABLE key_person AS
SELECT source, record_id, arg_min(person_id, (-match_probability, person_id)) AS person_id
FROM record_person GROUP BY ALL
"""
_SAME_RECORD = "e.source = r.source AND e.file = r.file AND e.record_id = r.record_id"
_SAME_KEY = "e.source = k.source AND e.record_id = k.record_id"
_DAY = """
CREATE TEMP TABLE clock AS
SELECT max(day) AS day FROM (
    SELECT max(recorded_on) AS day FROM person_records UNION ALL SELECT max(recorded_on) FROM attendance
    UNION ALL SELECT max(recorded_on) FROM allocations UNION ALL SELECT max(recorded_on) FROM contacts
    UNION ALL SELECT max(recorded_on) FROM service_episodes UNION ALL SELECT max(recorded_on) FROM rent_transactions
)
"""


def open_tables(con: duckdb.DuckDBPyConnection, run: RunFolder) -> dt.date | None:
    """Make the views, and return the last day on which any of the main systems recorded anything.

    Nothing later is known. None where the run holds no record at all.
    """
    for table in _READ:
        _view(con, run, table)
    con.execute(_KNOWN)
    con.execute(_KEYS)
    for table in _NAMING:
        exact, likeliest = con.table("record_person").set_alias("r"), con.table("key_person").set_alias("k")
        events = con.table(table.name).set_alias("e").join(exact, _SAME_RECORD, how="left")
        found = events.join(likeliest, _SAME_KEY, how="left")
        found.select("e.*, coalesce(r.person_id, k.person_id) AS person_id").create_view(f"{table.name}_named")
    con.execute(_DAY)
    con.execute("CREATE TEMP MACRO data_day() AS (SELECT day FROM clock)")
    day: dt.date | None = con.sql("SELECT day FROM clock").fetchall()[0][0]
    return day


def _view(con: duckdb.DuckDBPyConnection, run: RunFolder, table: Table) -> None:
    path = run.path(table)
    if path.is_file() and pq.read_metadata(path).num_columns:
        found = con.read_parquet(str(path))
        found.select(*_shown(found), *_missing(con, found, table)).create_view(table.name)
    else:
        empty = con.from_arrow(table.arrow_schema().empty_table())
        empty.select(*_shown(empty)).create(table.name)


def _shown(found: duckdb.DuckDBPyRelation) -> list[str]:
    """The columns but for ethnicity."""
    return [name for name in found.columns if name != "ethnicity"]


def _missing(con: duckdb.DuckDBPyConnection, found: duckdb.DuckDBPyRelation, table: Table) -> list[duckdb.Expression]:
    """Columns that the table did not have yet when an earlier release of the toolkit wrote it, empty."""
    empty = con.from_arrow(table.arrow_schema().empty_table())
    return [
        duckdb.ConstantExpression(None).cast(kind).alias(name)
        for name, kind in zip(empty.columns, empty.types, strict=True)
        if name not in found.columns and name != "ethnicity"
    ]

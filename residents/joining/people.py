"""People from clusters: the records that are theirs, their best values and their ethnicity."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from store.keys import Keys, Purpose

_ROW_PERSON = """
CREATE TABLE row_person AS
SELECT s.row, p.person_id, c.support, s.source, s.file, s.record_id, s.subject_id, s.recorded_on
FROM std AS s JOIN row_version AS r USING (row) JOIN clusters AS c USING (version) JOIN persons AS p USING (label)
ORDER BY s.row
"""
# A key used for two people points to the one it names in most rows, then to the newest.
_SUBJECT_PERSON = """
CREATE TABLE subject_person AS
SELECT source, subject_id, person_id, max(support) AS support
FROM row_person
GROUP BY source, subject_id, person_id
QUALIFY row_number() OVER (PARTITION BY source, subject_id
    ORDER BY count(*) DESC, max(recorded_on) DESC, person_id) = 1
"""
_RECORD_PERSON = """
CREATE TABLE record_person AS
WITH
own AS (
    SELECT source, file, record_id, person_id, support FROM row_person
    QUALIFY row_number() OVER (PARTITION BY source, file, record_id ORDER BY recorded_on DESC, row) = 1
),
by_subject AS (
    SELECT DISTINCT r.source, r.file, r.subject_id AS record_id, p.person_id, p.support
    FROM row_person AS r JOIN subject_person AS p USING (source, subject_id)
    WHERE r.subject_id <> r.record_id
)
SELECT source, file, record_id, person_id, round(support, 6) AS match_probability FROM own
UNION ALL
SELECT source, file, record_id, person_id, round(support, 6) FROM by_subject AS b
WHERE NOT EXISTS (FROM own AS o WHERE o.source = b.source AND o.file = b.file AND o.record_id = b.record_id)
"""

# The value most of the systems' keys hold, then the newest. An initial is a name only where there is no other.
_PEOPLE = """
CREATE TABLE people AS
WITH
known AS (
    SELECT p.person_id, s.source, s.subject_id, s.recorded_on, s.dob, s.sex, s.forename, s.surname,
        coalesce(s.held_forename, upper(s.forename[1]) || s.forename[2:]) AS shown_forename,
        coalesce(s.held_surname, upper(s.surname[1]) || s.surname[2:]) AS shown_surname
    FROM std AS s JOIN row_person AS p USING (row)
),
forenames AS (
    SELECT person_id, forename, max(shown_forename) AS shown FROM known WHERE forename IS NOT NULL
    GROUP BY person_id, forename
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY length(forename) = 1,
        count(DISTINCT (source, subject_id)) DESC, max(recorded_on) DESC, forename) = 1
),
surnames AS (
    SELECT person_id, surname, max(shown_surname) AS shown FROM known WHERE surname IS NOT NULL
    GROUP BY person_id, surname
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY
        count(DISTINCT (source, subject_id)) DESC, max(recorded_on) DESC, surname) = 1
),
dobs AS (
    SELECT person_id, dob FROM known WHERE dob IS NOT NULL
    GROUP BY person_id, dob
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY month(dob) = 1 AND day(dob) = 1,
        count(DISTINCT (source, subject_id)) DESC, max(recorded_on) DESC, dob) = 1
),
sexes AS (
    SELECT person_id, sex FROM known WHERE sex IS NOT NULL
    GROUP BY person_id, sex
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY
        count(DISTINCT (source, subject_id)) DESC, max(recorded_on) DESC, sex) = 1
)
SELECT p.person_id, f.shown AS forename, s.shown AS surname, d.dob, x.sex
FROM (SELECT DISTINCT person_id FROM row_person) AS p
LEFT JOIN forenames AS f USING (person_id) LEFT JOIN surnames AS s USING (person_id)
LEFT JOIN dobs AS d USING (person_id) LEFT JOIN sexes AS x USING (person_id)
"""
# Refused and not obtained say that nobody knows: they stand only where no system knows better.
_ETHNICITY = """
CREATE TABLE ethnicity AS
WITH
held AS (
    SELECT p.person_id, s.ethnicity, s.source, s.subject_id, s.recorded_on, s.ethnicity IN ('REFU', 'NOBT') AS unknown
    FROM std AS s JOIN row_person AS p USING (row) WHERE s.ethnicity IS NOT NULL
),
counted AS (
    SELECT person_id, ethnicity, unknown, count(DISTINCT (source, subject_id)) AS keys,
        max(recorded_on) AS newest, arg_max(source, (recorded_on, source)) AS provenance
    FROM held GROUP BY ALL
)
SELECT person_id, ethnicity, provenance,
    count(*) FILTER (NOT unknown) OVER (PARTITION BY person_id) > 1 AS conflict
FROM counted
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY unknown, keys DESC, newest DESC, ethnicity) = 1
"""
_PROTECTED = """
SELECT p.person_id, a.pseudonym AS analysis_id, e.ethnicity, e.provenance, coalesce(e.conflict, false) AS conflict
FROM people AS p
JOIN person_pseudonyms AS a ON p.person_id = a.id
LEFT JOIN ethnicity AS e USING (person_id)
ORDER BY p.person_id
"""


def make_people(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``row_person``, ``record_person``, ``people`` and ``ethnicity`` from ``clusters`` and ``persons``."""
    for statement in (_ROW_PERSON, _SUBJECT_PERSON, _RECORD_PERSON, _PEOPLE, _ETHNICITY):
        con.execute(statement)


def make_pseudonyms(con: duckdb.DuckDBPyConnection, keys: Keys, kind: str, ids: list[str]) -> None:
    """Make ``<kind>_pseudonyms`` (id, pseudonym) for the analysis zone; ``kind`` is person or family."""
    made = keys.pseudonyms(Purpose.ANALYSIS, ids)
    rows = pa.table({"id": pa.array(ids, pa.string()), "pseudonym": pa.array(made, pa.string())})
    con.register(f"{kind}_pseudonym_rows", rows)
    con.table(f"{kind}_pseudonym_rows").create(f"{kind}_pseudonyms")


def record_person(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql("FROM record_person ORDER BY source, file, record_id")


def people(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql("FROM people ORDER BY person_id")


def protected(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Needs ``person_pseudonyms``."""
    return con.sql(_PROTECTED)

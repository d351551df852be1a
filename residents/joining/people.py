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

# All records of a version say the same, but for how its names are written and the day.
_VERSION_FACTS = """
CREATE OR REPLACE TEMP TABLE version_facts AS
WITH
written AS (
    SELECT r.version, max(s.recorded_on) AS newest,
        max(coalesce(s.held_forename, upper(s.forename[1]) || s.forename[2:])) AS shown_forename,
        max(coalesce(s.held_surname, upper(s.surname[1]) || s.surname[2:])) AS shown_surname
    FROM std AS s JOIN row_version AS r USING (row) GROUP BY r.version
)
SELECT c.label, v.subject, v.forename, v.surname, v.dob, v.sex, w.newest, w.shown_forename, w.shown_surname
FROM versions AS v JOIN written AS w USING (version) JOIN clusters AS c USING (version)
"""
# The value most of the systems' keys hold, then the newest. An initial is a name only where there is no other.
_PEOPLE = """
CREATE TABLE people AS
WITH
forenames AS (
    SELECT label, forename, max(shown_forename) AS shown FROM version_facts WHERE forename IS NOT NULL
    GROUP BY label, forename
    QUALIFY row_number() OVER (PARTITION BY label ORDER BY length(forename) = 1,
        count(DISTINCT subject) DESC, max(newest) DESC, forename) = 1
),
surnames AS (
    SELECT label, surname, max(shown_surname) AS shown FROM version_facts WHERE surname IS NOT NULL
    GROUP BY label, surname
    QUALIFY row_number() OVER (PARTITION BY label ORDER BY
        count(DISTINCT subject) DESC, max(newest) DESC, surname) = 1
),
dobs AS (
    SELECT label, dob FROM version_facts WHERE dob IS NOT NULL
    GROUP BY label, dob
    QUALIFY row_number() OVER (PARTITION BY label ORDER BY month(dob) = 1 AND day(dob) = 1,
        count(DISTINCT subject) DESC, max(newest) DESC, dob) = 1
),
sexes AS (
    SELECT label, sex FROM version_facts WHERE sex IS NOT NULL
    GROUP BY label, sex
    QUALIFY row_number() OVER (PARTITION BY label ORDER BY
        count(DISTINCT subject) DESC, max(newest) DESC, sex) = 1
)
SELECT p.person_id, f.shown AS forename, s.shown AS surname, d.dob, x.sex
FROM persons AS p
LEFT JOIN forenames AS f USING (label) LEFT JOIN surnames AS s USING (label)
LEFT JOIN dobs AS d USING (label) LEFT JOIN sexes AS x USING (label)
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
    """Make ``row_person``, ``record_person``, ``people`` and ``ethnicity``.

    From ``std``, ``row_version``, ``versions``, ``clusters`` and ``persons``.
    """
    for statement in (_ROW_PERSON, _SUBJECT_PERSON, _RECORD_PERSON, _VERSION_FACTS, _PEOPLE, _ETHNICITY):
        con.execute(statement)
    con.execute("DROP TABLE version_facts")


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

"""People from clusters: their ids, the records that are theirs, their best values and their ethnicity."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from residents.joining.clustering import Clusters, Version, cluster
from residents.joining.likeness import Name
from store.errors import InputRejected
from store.keys import Keys, Purpose

_VERSION_ROWS = """
SELECT v.version, v.subject, v.forename, v.middle, v.surname, coalesce(v.name_groups, []), v.dob, v.sex,
    CASE WHEN v.upn SIMILAR TO '.*[0-9]' THEN v.upn END, v.nino, coalesce(g.groups, []), g.born_by
FROM versions AS v LEFT JOIN subject_groups AS g USING (subject)
ORDER BY v.version
"""
# Only groups that name two keys of one file or more can keep anyone apart. Who owes council tax, holds a tenancy,
# claims or is a pupil's parent was at least 15 by then. A date before 1980 is as likely a filler.
_SUBJECT_GROUPS = """
CREATE TABLE subject_groups AS
WITH
named AS (
    SELECT v.subject, g.source, g.file, g.group_type, g.group_id,
        min(coalesce(g.from_date, g.recorded_on)) FILTER (
            coalesce(g.from_date, g.recorded_on) >= DATE '1980-01-01' AND (g.group_type = 'council_tax_account'
            OR regexp_matches(lower(g.role), '^(joint |lead |second )?(tenant|claimant|partner|parent|mother|father)')
        )) AS grown
    FROM group_members AS g
    JOIN std AS s ON g.source = s.source AND g.file = s.file AND g.record_id = s.record_id
    JOIN row_version AS r USING (row) JOIN versions AS v USING (version)
    GROUP BY ALL
),
numbered AS (
    SELECT subject, grown, dense_rank() OVER (ORDER BY source, file, group_type, group_id) AS number,
        count(*) OVER (PARTITION BY source, file, group_type, group_id) AS members
    FROM named
)
SELECT subject, coalesce(list_sort(list(number) FILTER (members > 1)), []) AS groups,
    (min(grown) - INTERVAL 15 YEAR)::DATE AS born_by
FROM numbered GROUP BY subject
"""
# A name alone does not make a person. Where one birth date is missing and no address or identifier is shared, a full
# name counts only if no two birth dates go with it anywhere; where both are missing it never does.
_FIRM_LINKS = """
WITH ambiguous AS (
    SELECT forename, surname FROM versions WHERE dob IS NOT NULL AND forename IS NOT NULL AND surname IS NOT NULL
    GROUP BY forename, surname HAVING count(DISTINCT dob) > 1
)
SELECT k.version_l, k.version_r, k.probability
FROM links AS k
JOIN versions AS l ON k.version_l = l.version
JOIN versions AS r ON k.version_r = r.version
WHERE (l.dob IS NOT NULL AND r.dob IS NOT NULL)
    OR list_has_any(l.postcodes, r.postcodes) OR list_has_any(l.homes, r.homes)
    OR l.upn = r.upn OR l.nino = r.nino OR l.email = r.email OR l.phone = r.phone
    OR ((l.dob IS NOT NULL OR r.dob IS NOT NULL) AND l.forename = r.forename AND l.surname = r.surname
        AND length(l.forename) > 1
        AND NOT EXISTS (FROM ambiguous AS a WHERE a.forename = l.forename AND a.surname = l.surname))
ORDER BY k.weight DESC, k.version_l, k.version_r
"""
# The smallest record key of the cluster gives the id, so that it does not hang on names or on the order of rows.
_LEAST_KEYS = """
SELECT c.label, min(s.source || '|' || s.record_id) AS least_key
FROM clusters AS c JOIN row_version AS r USING (version) JOIN std AS s USING (row)
GROUP BY c.label ORDER BY c.label
"""
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


def join_versions(con: duckdb.DuckDBPyConnection, links: pa.Table, largest_cluster: int) -> Clusters:
    """Cluster the table ``versions`` along ``links`` and make ``clusters`` (version, label, support).

    Raises InputRejected when a cluster holds more systems' keys than one person plausibly has.
    """
    con.execute(_SUBJECT_GROUPS)
    versions = [
        Version(
            subject,
            Name(forename, middle, surname, frozenset(spellings)),
            dob,
            sex,
            upn,
            nino,
            frozenset(groups),
            born_by,
        )
        for _, subject, forename, middle, surname, spellings, dob, sex, upn, nino, groups, born_by in con.execute(
            _VERSION_ROWS
        ).fetchall()
    ]
    con.register("links", links)
    firm = con.sql(_FIRM_LINKS).to_arrow_table()
    # Versions are numbered from 1 without a gap.
    joined = cluster(
        versions,
        firm["version_l"].to_numpy() - 1,
        firm["version_r"].to_numpy() - 1,
        firm["probability"].to_numpy(),
    )
    places = np.arange(1, len(versions) + 1, dtype=np.int64)
    con.register("cluster_rows", pa.table({"version": places, "label": joined.label, "support": joined.support}))
    con.execute("CREATE TABLE clusters AS FROM cluster_rows")
    keys = con.execute(
        "SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT subject) AS n "
        "FROM clusters JOIN versions USING (version) GROUP BY label)"
    ).fetchall()[0][0]
    if keys > largest_cluster:
        raise InputRejected(
            f"One person would hold {keys} keys of the systems; the most that is plausible is {largest_cluster}.",
            where="[residents] largest_cluster",
            fix="Look for filler names or test records in the extracts; raise the limit only if so many keys are real.",
        )
    return joined


def make_people(con: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Make ``persons``, ``row_person``, ``record_person``, ``people`` and ``ethnicity`` from ``clusters``."""
    least = con.sql(_LEAST_KEYS).to_arrow_table()
    ids = ["P" + pseudonym for pseudonym in keys.pseudonyms(Purpose.PERSON, _texts("person", least["least_key"]))]
    con.register("person_rows", pa.table({"label": least["label"], "person_id": pa.array(ids, pa.string())}))
    con.execute("CREATE TABLE persons AS FROM person_rows")
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


def _texts(kind: str, column: pa.ChunkedArray) -> list[str]:
    # The kind keeps a family's id apart from that of the person whose key it is made from.
    return [f"{kind}|{value}" for value in column.to_pylist()]

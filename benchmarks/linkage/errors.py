"""What the errors in people have in common.

A part is what a true person and a made person share. A true person in several parts lost the pairs between them, a
made person of several parts joined them by mistake. Parts are taken from the largest down: each brings the pairs with
those before it, and is described beside the largest. So every wrong pair is counted once, with the part that made it.
"""

from __future__ import annotations

import duckdb

MOST = 10
"""Classes shown."""

# The person of a version is that of its key's record within the same made person.
_PARTS = """
CREATE OR REPLACE TABLE parts AS
WITH
held AS (
    SELECT r.person, r.made, r.ethnicity, r.source, r.subject_id, v.forename, v.surname_words, v.dob, v.homes
    FROM records AS r LEFT JOIN versions AS v
        ON r.source = v.source AND r.subject_id = v.subject_id AND r.made = v.person_id
)
SELECT person, made, any_value(ethnicity) AS ethnicity, count(DISTINCT (source, subject_id)) AS size,
    CASE WHEN count(DISTINCT source) > 1 THEN 'several systems' ELSE min(source) END AS systems,
    coalesce(list(DISTINCT forename) FILTER (forename IS NOT NULL), []) AS forenames,
    coalesce(list_distinct(flatten(list(surname_words) FILTER (surname_words IS NOT NULL))), []) AS surnames,
    coalesce(list(DISTINCT dob) FILTER (dob IS NOT NULL), []) AS dobs,
    coalesce(list_distinct(flatten(list(homes) FILTER (homes IS NOT NULL))), []) AS homes
FROM held GROUP BY person, made
"""
_BESIDE = """
CREATE OR REPLACE TABLE {0} AS
WITH ranked AS (
    SELECT *, row_number() OVER byone AS place, sum(size) OVER (byone ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        AS before
    FROM parts WINDOW byone AS (PARTITION BY {1} ORDER BY size DESC, {2})
)
SELECT p.*, p.size * p.before AS pairs, m.person AS main_person,
    CASE WHEN len(p.dobs) = 0 OR len(m.dobs) = 0 THEN 'no birth date'
        WHEN list_has_any(p.dobs, m.dobs) THEN 'one birth date' ELSE 'birth dates differ' END AS dates,
    CASE WHEN len(p.forenames) = 0 OR len(m.forenames) = 0 THEN 'no forename'
        WHEN len(list_filter(p.forenames, lambda f: length(f) > 1)) = 0 THEN 'initial only'
        WHEN list_has_any(p.forenames, m.forenames) THEN 'one forename' ELSE 'forenames differ' END AS forename,
    CASE WHEN list_has_any(p.surnames, m.surnames) THEN 'one surname' ELSE 'surnames differ' END AS surname,
    CASE WHEN len(p.homes) = 0 OR len(m.homes) = 0 THEN 'no address'
        WHEN list_has_any(p.homes, m.homes) THEN 'one address' ELSE 'addresses differ' END AS address
FROM ranked AS p JOIN ranked AS m ON p.{1} = m.{1} AND m.place = 1
WHERE p.place > 1
"""
_CLASSES = """
SELECT dates || ', ' || forename || ', ' || surname || ', ' || address AS name, count(*) AS parts,
    sum(pairs)::BIGINT AS pairs
FROM {0} GROUP BY name ORDER BY pairs DESC, name LIMIT ?
"""
_SYSTEMS = """
SELECT systems AS name, count(*) AS parts, sum(pairs)::BIGINT AS pairs FROM {0} GROUP BY ALL
ORDER BY pairs DESC, name LIMIT ?
"""
_KIN = """
WITH related AS (
    SELECT DISTINCT a.person AS one, b.person AS two
    FROM true_family_members AS a JOIN true_family_members AS b ON a.family = b.family AND a.person <> b.person
)
SELECT CASE WHEN r.one IS NULL THEN 'of two families' WHEN x.dob = y.dob THEN 'of one family, born on one day'
        WHEN abs(year(x.dob) - year(y.dob)) >= 15 THEN 'of one family, a generation apart'
        ELSE 'of one family, of one generation' END
    || ', ' || j.dates || ', ' || j.forename || ', ' || j.address AS name,
    count(*) AS parts, sum(pairs)::BIGINT AS pairs
FROM joined AS j
LEFT JOIN related AS r ON j.person = r.one AND j.main_person = r.two
LEFT JOIN true_persons AS x ON j.person = x.person LEFT JOIN true_persons AS y ON j.main_person = y.person
GROUP BY ALL ORDER BY pairs DESC, name LIMIT ?
"""
# Moved: the systems together hold several addresses of the person.
_MOVED = """
WITH known AS (
    SELECT person, any_value(ethnicity) AS ethnicity, len(list_distinct(flatten(list(homes)))) > 1 AS moved,
        sum(size) * (sum(size) - 1) / 2 AS pairs
    FROM parts GROUP BY person
),
lost AS (SELECT person, sum(pairs) AS pairs FROM missed GROUP BY person)
SELECT CASE WHEN moved THEN 'several addresses' ELSE 'one address or none' END AS name, count(*) AS people,
    sum(coalesce(l.pairs, 0))::BIGINT AS pairs, sum(coalesce(l.pairs, 0)) / sum(k.pairs) AS share
FROM known AS k LEFT JOIN lost AS l USING (person) GROUP BY ALL ORDER BY name
"""

Class = tuple[str, int, int]


def make_errors(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``missed`` and ``joined``. Needs ``records`` (scores.py), ``versions`` and the true tables."""
    con.execute(_PARTS)
    con.execute(_BESIDE.format("missed", "person", "made"))
    con.execute(_BESIDE.format("joined", "made", "person"))


def missed_classes(con: duckdb.DuckDBPyConnection) -> list[Class]:
    """Parts of one true person left apart: (how they differ, parts, pairs lost), the most pairs first."""
    return con.execute(_CLASSES.format("missed"), [MOST]).fetchall()


def joined_classes(con: duckdb.DuckDBPyConnection) -> list[Class]:
    """People joined by mistake: (who they are to each other and what agrees, parts, wrong pairs)."""
    return con.execute(_KIN, [MOST]).fetchall()


def by_system(con: duckdb.DuckDBPyConnection, errors: str) -> list[Class]:
    """The systems of the parts in ``missed`` or ``joined``: (system, parts, pairs)."""
    return con.execute(_SYSTEMS.format(errors), [MOST]).fetchall()


def by_moving(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int, float]]:
    """(addresses held, people, pairs lost, share of their pairs lost)."""
    return con.execute(_MOVED).fetchall()

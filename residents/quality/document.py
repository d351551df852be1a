"""How good the index is, in counts and shares: nothing in it is about one person."""

from __future__ import annotations

from typing import Any

import duckdb

# Counted over clusters and keys by their numbers; a cluster is a person.
_HELD_SOURCES = """
CREATE OR REPLACE TABLE held_sources AS
SELECT DISTINCT c.label, v.source FROM clusters AS c JOIN versions AS v USING (version)
"""
_HELD_KEYS = """
CREATE OR REPLACE TABLE held_keys AS
SELECT label, count(*) AS keys
FROM (SELECT DISTINCT c.label, v.subject FROM clusters AS c JOIN versions AS v USING (version)) GROUP BY label
"""
_BY_SOURCE = """
WITH
shares AS (
    SELECT s.source, count(*) AS rows, round(avg((s.dob IS NOT NULL)::INTEGER), 4) AS share_with_dob,
        round(avg((h.address_key IS NOT NULL)::INTEGER), 4) AS share_with_address,
        round(avg((h.uprn IS NOT NULL)::INTEGER), 4) AS share_with_property
    FROM std AS s LEFT JOIN std_homes AS h USING (row) GROUP BY s.source
),
subjects AS (SELECT source, count(DISTINCT subject) AS subjects FROM versions GROUP BY source),
people AS (
    SELECT h.source, count(*) AS people, count(*) FILTER (x.sources > 1) AS people_in_other_systems
    FROM held_sources AS h JOIN (SELECT label, count(*) AS sources FROM held_sources GROUP BY label) AS x USING (label)
    GROUP BY h.source
)
SELECT source, rows, subjects, people, people_in_other_systems, share_with_dob, share_with_address, share_with_property
FROM shares JOIN subjects USING (source) JOIN people USING (source) ORDER BY source
"""
_PAIRS = """
SELECT a.source AS one, b.source AS two, count(*) AS people
FROM held_sources AS a JOIN held_sources AS b ON a.label = b.label AND a.source < b.source
GROUP BY ALL ORDER BY ALL
"""
_CLUSTERS = "SELECT keys, count(*) AS people FROM held_keys GROUP BY keys ORDER BY keys"
_UNLINKABLE = """
SELECT count(*) AS versions,
    coalesce(round(avg((forename IS NULL OR surname IS NULL)::INTEGER), 4), 0) AS without_a_full_name,
    coalesce(round(avg((dob IS NULL AND homes IS NULL AND upn IS NULL AND nino IS NULL AND email IS NULL
        AND phone IS NULL)::INTEGER), 4), 0) AS nothing_but_a_name
FROM versions
"""
# Each version's rules are gathered as bits, so that a version that a rule gives several keys counts once.
_RULES = """
WITH
rules AS (
    SELECT rule, row_number() OVER (ORDER BY rule) - 1 AS place, keys_too_common
    FROM (SELECT rule, count(*) FILTER (members > $largest) AS keys_too_common FROM block_keys GROUP BY rule)
),
held AS (
    SELECT rules, count(*) AS versions
    FROM (SELECT bit_or(1::BIGINT << r.place) AS rules FROM block_keys JOIN rules AS r USING (rule) GROUP BY version)
    GROUP BY rules
)
SELECT r.rule, sum(h.versions)::BIGINT AS versions, any_value(r.keys_too_common) AS keys_too_common
FROM rules AS r JOIN held AS h ON (h.rules >> r.place) & 1 = 1 GROUP BY r.rule ORDER BY r.rule
"""
_PROPERTIES = """
SELECT coalesce(found_by, 'not found') AS found_by, count(*) AS rows FROM std_homes GROUP BY ALL ORDER BY ALL
"""
_FAMILY_SIZES = """
SELECT adults, children, count(*) AS families
FROM (SELECT family_id, count(DISTINCT person_id) FILTER (role = 'adult') AS adults,
        count(DISTINCT person_id) FILTER (role = 'child') AS children
    FROM families WHERE from_date <= $today AND to_date IS NULL GROUP BY ALL)
GROUP BY ALL ORDER BY ALL
"""
_FAMILY_COUNTS = """
SELECT count(DISTINCT family_id) AS ever, count(DISTINCT family_id) FILTER (to_date IS NULL) AS now,
    count(DISTINCT family_id) FILTER (to_date IS NULL AND role = 'child') AS now_with_a_child,
    count(DISTINCT person_id) FILTER (to_date IS NULL AND role = 'child') AS children_now,
    count(*) AS spells
FROM families
"""
_TWO_FAMILIES = """
SELECT count(*) FILTER (families > 1) AS children
FROM (SELECT person_id, count(DISTINCT family_id) AS families FROM families
    WHERE role = 'child' AND to_date IS NULL GROUP BY ALL)
"""
_BASES = "SELECT basis, count(*) AS spells FROM families GROUP BY ALL ORDER BY ALL"


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = con.sql(sql, params=values or {}).to_arrow_table().to_pylist()
    return found


def make_held(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``held_sources`` (label, source) and ``held_keys`` (label, keys): each person's systems and their keys."""
    con.execute(_HELD_SOURCES)
    con.execute(_HELD_KEYS)


def blocking_counts(con: duckdb.DuckDBPyConnection, largest_block: int) -> dict[str, Any]:
    """What the document says of ``pairs`` and ``block_keys``."""
    return {
        "pairs_compared": con.sql("SELECT count(*) FROM pairs").fetchall()[0][0],
        "blocking_rules": _rows(con, _RULES, {"largest": largest_block}),
    }


def quality_document(
    con: duckdb.DuckDBPyConnection, model: dict[str, Any], refused: int, blocking: dict[str, Any], today: Any
) -> dict[str, Any]:
    """The whole document ``residents/quality.json``. ``blocking`` is `blocking_counts`; needs `make_held`."""
    return {
        "model": model,
        "by_source": _rows(con, _BY_SOURCE),
        "people_in_two_sources": _rows(con, _PAIRS),
        "keys_per_person": _rows(con, _CLUSTERS),
        "links_refused_by_conflict": refused,
        "unlinkable": _rows(con, _UNLINKABLE)[0],
        **blocking,
        "properties_found_by": _rows(con, _PROPERTIES),
        "families": {
            **_rows(con, _FAMILY_COUNTS)[0],
            "children_in_two_families_now": _rows(con, _TWO_FAMILIES)[0]["children"],
            "adults_and_children_now": _rows(con, _FAMILY_SIZES, {"today": today}),
            "by_basis": _rows(con, _BASES),
        },
    }

"""How good the index is, in counts and shares: nothing in it is about one person."""

from __future__ import annotations

from typing import Any

import duckdb

_BY_SOURCE = """
SELECT s.source, count(*) AS rows, count(DISTINCT s.subject_id) AS subjects, count(DISTINCT p.person_id) AS people,
    count(DISTINCT p.person_id) FILTER (x.sources > 1) AS people_in_other_systems,
    round(avg((s.dob IS NOT NULL)::INTEGER), 4) AS share_with_dob,
    round(avg((h.address_key IS NOT NULL)::INTEGER), 4) AS share_with_address,
    round(avg((h.uprn IS NOT NULL)::INTEGER), 4) AS share_with_property
FROM std AS s JOIN row_person AS p USING (row) LEFT JOIN std_homes AS h USING (row)
JOIN (SELECT person_id, count(DISTINCT source) AS sources FROM row_person GROUP BY ALL) AS x USING (person_id)
GROUP BY s.source ORDER BY s.source
"""
_PAIRS = """
WITH held AS (SELECT DISTINCT person_id, source FROM row_person)
SELECT a.source AS one, b.source AS two, count(*) AS people
FROM held AS a JOIN held AS b ON a.person_id = b.person_id AND a.source < b.source
GROUP BY ALL ORDER BY ALL
"""
_CLUSTERS = """
SELECT keys, count(*) AS people
FROM (SELECT person_id, count(DISTINCT (source, subject_id)) AS keys FROM row_person GROUP BY ALL)
GROUP BY keys ORDER BY keys
"""
_UNLINKABLE = """
SELECT count(*) AS versions,
    coalesce(round(avg((forename IS NULL OR surname IS NULL)::INTEGER), 4), 0) AS without_a_full_name,
    coalesce(round(avg((dob IS NULL AND homes IS NULL AND upn IS NULL AND nino IS NULL AND email IS NULL
        AND phone IS NULL)::INTEGER), 4), 0) AS nothing_but_a_name
FROM versions
"""
_RULES = """
SELECT rule, count(DISTINCT version) AS versions, count(*) FILTER (members > $largest) AS keys_too_common
FROM block_keys GROUP BY rule ORDER BY rule
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


def quality_document(
    con: duckdb.DuckDBPyConnection, model: dict[str, Any], refused: int, largest_block: int, today: Any
) -> dict[str, Any]:
    """The whole document ``residents/quality.json``."""
    return {
        "model": model,
        "by_source": _rows(con, _BY_SOURCE),
        "people_in_two_sources": _rows(con, _PAIRS),
        "keys_per_person": _rows(con, _CLUSTERS),
        "links_refused_by_conflict": refused,
        "unlinkable": _rows(con, _UNLINKABLE)[0],
        "pairs_compared": con.sql("SELECT count(*) FROM pairs").fetchall()[0][0],
        "blocking_rules": _rows(con, _RULES, {"largest": largest_block}),
        "properties_found_by": _rows(con, _PROPERTIES),
        "families": {
            **_rows(con, _FAMILY_COUNTS)[0],
            "children_in_two_families_now": _rows(con, _TWO_FAMILIES)[0]["children"],
            "adults_and_children_now": _rows(con, _FAMILY_SIZES, {"today": today}),
            "by_basis": _rows(con, _BASES),
        },
    }

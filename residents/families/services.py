"""Each service's own grouping of people, kept as the service made it, and how far it agrees with the families.

A group of more people than a family has, such as a placeholder tenancy or a caseload, is kept and counted, but it
ties nobody to anybody.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

# A record names its person; a key that names one person in all files of the system names the same one in another.
_RECORD_KEYS = """
CREATE TABLE record_keys AS
SELECT source, record_id, min(person_id) AS person_id
FROM record_person SEMI JOIN (
    SELECT source, record_id FROM group_members
    UNION ALL SELECT source, record_id_a FROM relationships
    UNION ALL SELECT source, record_id_b FROM relationships
) USING (source, record_id)
GROUP BY source, record_id HAVING min(person_id) = max(person_id)
"""
_SERVICE_GROUPS = """
CREATE TABLE service_groups AS
WITH named AS (
    SELECT DISTINCT g.source, g.group_type, g.group_id, coalesce(r.person_id, k.person_id) AS person_id, g.role,
        g.from_date, g.to_date, g.recorded_on
    FROM group_members AS g
    LEFT JOIN record_person AS r ON g.source = r.source AND g.file = r.file AND g.record_id = r.record_id
    LEFT JOIN record_keys AS k ON g.source = k.source AND g.record_id = k.record_id
),
sizes AS (
    SELECT source, group_type, group_id, count(DISTINCT person_id) > $largest AS too_large FROM named GROUP BY ALL
)
SELECT n.*, s.too_large FROM named AS n JOIN sizes AS s USING (source, group_type, group_id)
WHERE n.person_id IS NOT NULL
"""
# Two people in one group or family now, each pair once.
_AGREEMENT = """
WITH
now_grouped AS (
    SELECT DISTINCT source, group_type, group_id, person_id FROM service_groups
    WHERE NOT too_large AND coalesce(from_date, recorded_on) <= $today AND coalesce(to_date, $today) >= $today
),
now_family AS (
    SELECT DISTINCT family_id, person_id FROM families WHERE to_date IS NULL
),
group_pairs AS (
    SELECT DISTINCT a.source, a.group_type, a.person_id AS one, b.person_id AS two
    FROM now_grouped AS a JOIN now_grouped AS b USING (source, group_type, group_id)
    WHERE a.person_id < b.person_id
),
family_pairs AS (
    SELECT DISTINCT a.person_id AS one, b.person_id AS two
    FROM now_family AS a JOIN now_family AS b USING (family_id) WHERE a.person_id < b.person_id
),
known AS (SELECT DISTINCT source, group_type, person_id FROM now_grouped),
known_pairs AS (
    SELECT a.source, a.group_type, f.one, f.two FROM family_pairs AS f
    JOIN known AS a ON f.one = a.person_id
    JOIN known AS b ON f.two = b.person_id AND a.source = b.source AND a.group_type = b.group_type
),
grouped AS (
    SELECT g.source, g.group_type, count(*) AS pairs, count(f.one) AS in_one_family
    FROM group_pairs AS g LEFT JOIN family_pairs AS f USING (one, two) GROUP BY ALL
),
familiar AS (
    SELECT k.source, k.group_type, count(*) AS pairs, count(g.one) AS in_one_group
    FROM known_pairs AS k LEFT JOIN group_pairs AS g USING (source, group_type, one, two) GROUP BY ALL
),
counted AS (
    SELECT source, group_type, count(DISTINCT group_id) AS groups,
        count(DISTINCT group_id) FILTER (too_large) AS groups_too_large
    FROM service_groups GROUP BY ALL
)
SELECT c.source, c.group_type, c.groups, c.groups_too_large,
    coalesce(g.pairs, 0) AS pairs_in_one_group_now, coalesce(g.in_one_family, 0) AS of_them_in_one_family,
    coalesce(f.pairs, 0) AS pairs_of_one_family_it_knows_now, coalesce(f.in_one_group, 0) AS of_them_in_one_group
FROM counted AS c LEFT JOIN grouped AS g USING (source, group_type) LEFT JOIN familiar AS f USING (source, group_type)
ORDER BY c.source, c.group_type
"""


def make_service_groups(con: duckdb.DuckDBPyConnection, largest_group: int) -> None:
    """Make ``record_keys`` and ``service_groups`` from ``group_members`` and ``record_person``."""
    con.execute(_RECORD_KEYS)
    con.execute(_SERVICE_GROUPS, {"largest": largest_group})


def service_groups(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql(
        "SELECT source, group_type, group_id, person_id, role, from_date, to_date, recorded_on, too_large "
        "FROM service_groups ORDER BY ALL"
    )


def service_agreement(con: duckdb.DuckDBPyConnection, today: dt.date) -> list[dict[str, Any]]:
    """For each service: pairs of people it groups who are in one family, and pairs of one family whom it groups."""
    found: list[dict[str, Any]] = con.sql(_AGREEMENT, params={"today": today}).to_arrow_table().to_pylist()
    return found

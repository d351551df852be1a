"""What kinds of families there are now, in counts: for the quality document, beside published figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from residents.config import ResidentsConfig
from residents.families.services import service_agreement

# A carer is an adult who was never a child of the family and is not too old to be its youngest child's parent. Where
# there is no such adult, whoever is grown cares.
_TYPES = """
WITH
current AS (
    SELECT f.family_id, f.person_id, f.role, p.dob,
        EXISTS (FROM families AS c WHERE c.family_id = f.family_id AND c.person_id = f.person_id AND c.role = 'child')
            AS grew_up_here
    FROM families AS f JOIN people AS p USING (person_id)
    WHERE f.to_date IS NULL AND f.from_date <= $today
),
children AS (
    SELECT family_id, count(DISTINCT person_id) AS children, max(dob) AS youngest
    FROM current WHERE role = 'child' GROUP BY ALL
),
adults AS (
    SELECT c.family_id,
        count(DISTINCT a.person_id) FILTER (NOT a.grew_up_here
            AND coalesce(a.dob + to_years($oldest::INTEGER + 1) > c.youngest, true)) AS carers,
        count(DISTINCT a.person_id) FILTER (NOT a.grew_up_here) AS others,
        count(DISTINCT a.person_id) FILTER (a.grew_up_here) AS grown_children
    FROM children AS c LEFT JOIN current AS a ON c.family_id = a.family_id AND a.role = 'adult'
    GROUP BY ALL
)
SELECT CASE WHEN carers = 1 OR (carers = 0 AND others = 1) THEN 'one carer'
        WHEN carers = 2 OR (carers = 0 AND others = 2) THEN 'two carers'
        WHEN carers + others > 0 THEN 'three carers or more' ELSE 'no adult known' END AS type,
    least(children, 5) AS children, count(*) AS families,
    count(*) FILTER (others > carers AND carers > 0) AS with_a_grandparent,
    count(*) FILTER (grown_children > 0) AS with_a_grown_child
FROM children JOIN adults USING (family_id)
GROUP BY ALL ORDER BY type, children
"""
_LARGEST = """
SELECT coalesce(max(members), 0) AS largest_family, count(*) FILTER (members > $largest) AS families_too_large
FROM (SELECT count(DISTINCT person_id) AS members FROM families WHERE to_date IS NULL GROUP BY family_id)
"""


def family_picture(con: duckdb.DuckDBPyConnection, config: ResidentsConfig, today: dt.date) -> dict[str, Any]:
    """Counts of families with a child now by type and number of children (5 stands for 5 or more), the largest family,
    and how far each service's own groups agree with the families."""
    limits = con.sql(_LARGEST, params={"largest": config.largest_family})
    types = con.sql(_TYPES, params={"today": today, "oldest": config.parent_oldest})
    return {
        "types_now": types.to_arrow_table().to_pylist(),
        **limits.to_arrow_table().to_pylist()[0],
        "service_groups": service_agreement(con, today),
    }

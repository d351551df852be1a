"""What ties a child to an adult: relationships that workers entered, services' own groups, and shared homes.

Makes ``ties``: child, adult, from_date, to_date, recorded_on, end_recorded_on, stated (a system itself gave the
tie's end), basis and confidence, one row for each piece of evidence.

A shared surname alone ties nobody, nor does a communal address. Living together counts with a name in common, or
where no more than two adults of an age to be parents lived there with the child at that time. An adult too old to be
a parent counts as a grandparent who lives in, with a name in common or when a service's group names both.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from residents.config import ResidentsConfig
from residents.families.services import make_service_groups

# A person is grown from the 18th birthday. Where no birth date is known, the groups' own words decide.
_PERSON_FACTS = """
CREATE TABLE person_facts AS
WITH
words AS (
    SELECT person_id, list_sort(list_distinct(flatten(list(surname_words)))) AS surname_words,
        min(first_recorded) AS first_recorded
    FROM (
        SELECT p.person_id, s.surname_words, min(s.recorded_on) AS first_recorded
        FROM std AS s JOIN row_person AS p USING (row) GROUP BY ALL
    )
    GROUP BY person_id
)
SELECT w.*, e.dob, (e.dob + INTERVAL 18 YEAR)::DATE AS grown_on, a.born_by
FROM words AS w JOIN people AS e USING (person_id)
LEFT JOIN (
    SELECT p.person_id, min(g.born_by) AS born_by
    FROM subject_groups AS g JOIN versions AS v USING (subject) JOIN clusters AS c USING (version)
    JOIN persons AS p USING (label) GROUP BY p.person_id
) AS a USING (person_id)
"""
_MEMBERS = """
CREATE TABLE members AS
WITH named AS (
    SELECT source, group_type, group_id, person_id, lower(coalesce(role, '')) AS role,
        coalesce(from_date, recorded_on) AS from_date, coalesce(to_date, DATE '9999-12-31') AS to_date, recorded_on
    FROM service_groups WHERE NOT too_large
)
SELECT n.*, f.dob, f.grown_on,
    CASE WHEN f.dob IS NOT NULL THEN n.from_date < f.grown_on
        ELSE regexp_matches(n.role, 'child|pupil|son$|daughter|baby|infant') END AS is_child,
    regexp_matches(n.role, 'non.?dep|lodger|boarder|landlord|friend|carer worker|professional|agent|appointee') AS other
FROM named AS n JOIN person_facts AS f USING (person_id)
WHERE n.from_date <= n.to_date AND n.from_date <= $today
"""
_PARENT_TIES = """
CREATE TABLE ties AS
SELECT b.person_id AS child, a.person_id AS adult,
    coalesce(r.from_date, r.recorded_on, c.dob, c.first_recorded) AS from_date,
    coalesce(r.to_date, DATE '9999-12-31') AS to_date,
    coalesce(r.recorded_on, r.from_date, c.first_recorded) AS recorded_on,
    greatest(r.to_date, r.recorded_on) AS end_recorded_on, r.to_date IS NOT NULL AS stated,
    'relationship' AS basis, 0.95 AS confidence
FROM relationships AS r
JOIN record_keys AS a ON r.source = a.source AND r.record_id_a = a.record_id
JOIN record_keys AS b ON r.source = b.source AND r.record_id_b = b.record_id
JOIN person_facts AS c ON b.person_id = c.person_id
JOIN person_facts AS p ON a.person_id = p.person_id
WHERE r.relationship IN ('mother', 'father', 'step_parent') AND a.person_id <> b.person_id
    AND (c.dob IS NULL OR p.dob IS NULL OR p.dob + INTERVAL 12 YEAR <= c.dob)
"""
_GROUP_TIES = """
INSERT INTO ties
SELECT c.person_id, a.person_id, greatest(c.from_date, a.from_date), least(c.to_date, a.to_date),
    greatest(c.recorded_on, a.recorded_on), greatest(least(c.to_date, a.to_date), c.recorded_on, a.recorded_on), false,
    c.group_type, 0.9
FROM members AS c
JOIN members AS a ON c.source = a.source AND c.group_type = a.group_type AND c.group_id = a.group_id
    AND c.person_id <> a.person_id
WHERE c.is_child AND NOT a.is_child AND NOT a.other
    AND greatest(c.from_date, a.from_date) <= least(c.to_date, a.to_date)
    AND (c.dob IS NULL OR a.dob IS NULL OR a.dob + to_years($youngest::INTEGER) <= c.dob)
"""
# Of one without a birth date, a service must have shown that it is an adult.
_HOME_TIES = """
INSERT INTO ties
WITH
living AS (
    SELECT s.*, f.dob, f.grown_on, f.born_by, f.surname_words
    FROM spells AS s JOIN person_facts AS f USING (person_id)
    WHERE NOT EXISTS (FROM communal AS c WHERE c.address_key = s.address_key)
),
together AS (
    SELECT c.person_id AS child, a.person_id AS adult, c.address_key,
        greatest(c.from_date, a.from_date) AS from_date, least(c.to_date, a.to_date) AS to_date,
        greatest(c.recorded_on, a.recorded_on) AS recorded_on,
        CASE WHEN c.to_date <= a.to_date THEN c.end_recorded_on ELSE a.end_recorded_on END AS end_recorded_on,
        coalesce(list_has_any(c.surname_words, a.surname_words), false) AS same_name,
        a.dob IS NOT NULL OR a.born_by + INTERVAL 15 YEAR <= c.dob + to_years($youngest::INTEGER) AS grown,
        a.dob IS NOT NULL AS dated,
        coalesce(a.dob + to_years($oldest::INTEGER + 1) <= c.dob, false) AS elder
    FROM living AS c JOIN living AS a ON c.address_key = a.address_key AND c.person_id <> a.person_id
    WHERE c.dob IS NOT NULL AND c.from_date < c.grown_on
        AND (a.dob IS NULL OR a.dob + to_years($youngest::INTEGER) <= c.dob)
        AND least(c.to_date, a.to_date, c.grown_on) - greatest(c.from_date, a.from_date) >= $days
),
counted AS (
    SELECT t.child, t.adult, t.address_key, t.from_date, count(DISTINCT o.adult) AS adults
    FROM together AS t JOIN together AS o ON t.child = o.child AND t.address_key = o.address_key
        AND least(t.to_date, o.to_date) - greatest(t.from_date, o.from_date) >= $days AND NOT o.elder
    GROUP BY ALL
)
SELECT t.child, t.adult, t.from_date, t.to_date, t.recorded_on, t.end_recorded_on, false, 'home',
    CASE WHEN t.same_name AND t.dated THEN 0.8 WHEN t.same_name THEN 0.7 ELSE 0.6 END
FROM together AS t LEFT JOIN counted AS n USING (child, adult, address_key, from_date)
WHERE t.same_name OR (t.grown AND NOT t.elder AND n.adults <= 2)
"""


def make_ties(con: duckdb.DuckDBPyConnection, config: ResidentsConfig, today: dt.date) -> None:
    """Make ``person_facts``, ``service_groups``, ``members`` and ``ties``.

    Needs ``record_person``, ``spells`` and ``communal``.
    """
    con.execute(_PERSON_FACTS)
    make_service_groups(con, config.largest_family)
    con.execute(_MEMBERS, {"today": today})
    con.execute(_PARENT_TIES)
    con.execute(_GROUP_TIES, {"youngest": config.parent_youngest})
    con.execute(
        _HOME_TIES,
        {"youngest": config.parent_youngest, "oldest": config.parent_oldest, "days": config.lived_together_days},
    )

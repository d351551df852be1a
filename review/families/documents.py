"""One document a family, worked out for all families at once in the engine, without a database or a page."""

from __future__ import annotations

import datetime as dt

import duckdb

from review.families import money_parts, people_parts, school_parts, service_parts
from review.families.membership import make_membership
from review.families.reading import open_tables
from review.families.timeframes import DUE, DUE_DATES, make_calendar
from store.run_folder import RunFolder

_PARTS = (*people_parts.PARTS, *school_parts.PARTS, *money_parts.PARTS, *service_parts.PARTS, DUE)

_SUMMARIES = """
CREATE TEMP TABLE summary AS
WITH
surnames AS (
    SELECT family_id, surname, count(*) AS bearers, bool_or(role = 'child') AS of_child,
        bool_and(to_date IS NOT NULL) AS gone
    FROM member WHERE surname IS NOT NULL GROUP BY ALL
),
named AS (
    SELECT family_id, arg_min(surname, (gone, -bearers, NOT of_child, surname)) AS surname FROM surnames GROUP BY ALL
),
counted AS (
    SELECT family_id, count(*) FILTER (to_date IS NULL) AS members,
        count(*) FILTER (young) AS children,
        coalesce(string_agg(concat_ws(' ', first, CASE WHEN age = 0 THEN 'under 1' ELSE age::VARCHAR END), ', '
            ORDER BY who) FILTER (young), '') AS children_named,
        coalesce(string_agg(first, ', ' ORDER BY who) FILTER (to_date IS NULL AND NOT young), '') AS adults_named
    FROM (
        SELECT family_id, who, to_date, age, coalesce(forename, 'somebody') AS first,
            to_date IS NULL AND role = 'child' AND coalesce(age, 0) < 18 AS young
        FROM member
    ) GROUP BY ALL
),
seen AS (
    SELECT family_id, max(day) AS last_recorded FROM (
        SELECT m.family_id, c.event_date AS day FROM contacts_named AS c JOIN member AS m USING (person_id)
        WHERE c.event_date BETWEEN m.shown_from AND m.shown_to
        UNION ALL
        SELECT m.family_id, unnest([a.event_date, a.to_date]) FROM assessments_named AS a
        JOIN member AS m USING (person_id) WHERE a.event_date BETWEEN m.shown_from AND m.shown_to
        UNION ALL
        SELECT g.family_id, o.event_date FROM outcome_scores AS o
        JOIN family_group AS g USING (source, group_type, group_id)
        WHERE o.event_date BETWEEN g.from_date AND g.to_date
        UNION ALL
        SELECT family_id, unnest([event_date, to_date]) FROM family_work WHERE what <> 'adult_care'
    ) WHERE day <= data_day() GROUP BY ALL
)
SELECT c.family_id, coalesce(n.surname, 'Name not known') AS name, c.members, c.children, c.children_named,
    c.adults_named, s.last_recorded
FROM counted AS c LEFT JOIN named AS n USING (family_id) LEFT JOIN seen AS s USING (family_id)
"""
_NEXT = """
CREATE TEMP TABLE next_dates AS
SELECT family_id, min(due) AS next_due, arg_min(kind, (due, kind)) AS next_due_kind
FROM due_dates WHERE kind <> 'turns_18' GROUP BY ALL
"""
_DOCUMENTS = """
CREATE TEMP TABLE documents AS
SELECT s.family_id, s.name, s.members, s.children, s.children_named, s.adults_named,
    s.last_recorded::VARCHAR AS last_recorded, n.next_due::VARCHAR AS next_due,
    coalesce(n.next_due_kind, '') AS next_due_kind, to_json({
    'day': data_day(), 'address': h.address, 'members': p0.items, 'records': p1.items, 'elsewhere': p2.items,
    'attendance': p3.items, 'exclusions': p4.items, 'schooling': p5.items, 'rent': p6.items, 'benefits': p7.items,
    'involved': p8.items, 'history': p9.items, 'scores': p10.items, 'due': p11.items
})::VARCHAR AS document
FROM summary AS s LEFT JOIN next_dates AS n USING (family_id) LEFT JOIN home AS h USING (family_id)
LEFT JOIN part_members AS p0 USING (family_id) LEFT JOIN part_records AS p1 USING (family_id)
LEFT JOIN part_elsewhere AS p2 USING (family_id) LEFT JOIN part_attendance AS p3 USING (family_id)
LEFT JOIN part_exclusions AS p4 USING (family_id) LEFT JOIN part_schooling AS p5 USING (family_id)
LEFT JOIN part_rent AS p6 USING (family_id) LEFT JOIN part_benefits AS p7 USING (family_id)
LEFT JOIN part_involved AS p8 USING (family_id) LEFT JOIN part_history AS p9 USING (family_id)
LEFT JOIN part_scores AS p10 USING (family_id) LEFT JOIN part_due AS p11 USING (family_id)
"""


DOCUMENTS = "SELECT * FROM documents ORDER BY family_id"


def make_documents(con: duckdb.DuckDBPyConnection, run: RunFolder) -> dt.date | None:
    """Work the documents out in the engine, and return the last day that the run knows of."""
    day = open_tables(con, run)
    make_membership(con)
    make_calendar(con, day or dt.date(2000, 1, 1))
    con.execute(service_parts.WORK)
    con.execute(service_parts.LISTED_WORDS)
    con.execute(DUE_DATES)
    for part in _PARTS:
        part.make(con)
    con.execute(_SUMMARIES)
    con.execute(_NEXT)
    con.execute(_DOCUMENTS)
    return day

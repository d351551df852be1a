"""Since when a tie holds: often for longer than the evidence shows.

Systems meet a child late, so those with whom a child is first seen are taken to be its family since birth; but not
since before the first sign that any of them was in the area. In the first months that a system covers, and
for a child not yet of school age whom a system without dated homes meets, there is no such sign. A carer's own time
in the family begins with the home in which the child was born or first seen. The day on which the council knew stays
as it was.
"""

from __future__ import annotations

import duckdb

_TERM_DAYS = 92
_SCHOOL_AGE = 6

# A system that never says when anyone left sees people by the way: its dates say nothing of when they came.
_SINCE = """
CREATE TABLE person_since AS
WITH
signs AS (
    SELECT p.person_id, s.source, coalesce(s.address_from, s.recorded_on) AS day, s.address_to
    FROM std AS s JOIN row_person AS p USING (row)
),
systems AS (
    SELECT source, min(day) + $term::INTEGER AS covers_from, avg((address_to IS NOT NULL)::INTEGER) >= 0.01 AS dated
    FROM signs GROUP BY source
)
SELECT s.person_id, min(CASE WHEN s.day <= y.covers_from THEN DATE '0001-01-01' ELSE s.day END) AS day,
    min(CASE WHEN s.day <= y.covers_from THEN DATE '0001-01-01' ELSE s.day END) FILTER (y.dated) AS dated_day
FROM signs AS s JOIN systems AS y USING (source) GROUP BY s.person_id
"""
_STARTED = """
CREATE TABLE started AS
WITH
first_ties AS (
    SELECT *, from_date <= min(from_date) OVER (PARTITION BY child) + 31 AS is_first FROM ties
),
carers AS (
    SELECT t.adult, least(min(c.day), min(a.day)) AS day, least(min(c.dated_day), min(a.dated_day)) AS dated_day
    FROM first_ties AS t JOIN person_since AS c ON t.child = c.person_id JOIN person_since AS a ON t.adult = a.person_id
    WHERE t.is_first GROUP BY t.adult
),
since AS (
    SELECT t.child, min(k.day) AS day, min(k.dated_day) AS dated_day
    FROM first_ties AS t JOIN carers AS k USING (adult) WHERE t.is_first GROUP BY t.child
)
SELECT t.child, t.adult,
    CASE WHEN t.is_first AND f.dob IS NOT NULL THEN least(t.from_date, greatest(f.dob,
        CASE WHEN s.day < f.dob + to_years($school::INTEGER) THEN coalesce(s.dated_day, f.dob) ELSE s.day END))
        ELSE t.from_date END AS from_date,
    t.is_first,
    CASE WHEN t.basis = 'relationship' AND t.to_date = DATE '9999-12-31'
        THEN greatest(t.from_date, coalesce(max(t.to_date) FILTER (t.basis <> 'relationship')
            OVER (PARTITION BY t.child, t.adult), t.to_date))
        ELSE t.to_date END AS to_date,
    t.recorded_on,
    CASE WHEN t.basis = 'relationship' AND t.to_date = DATE '9999-12-31'
        THEN max(t.end_recorded_on) FILTER (t.basis <> 'relationship') OVER (PARTITION BY t.child, t.adult)
        ELSE t.end_recorded_on END AS end_recorded_on,
    t.stated, t.basis, t.confidence
FROM first_ties AS t JOIN person_facts AS f ON t.child = f.person_id LEFT JOIN since AS s USING (child)
"""
_HERE = """
CREATE TABLE here_ties AS
WITH homes AS (
    SELECT t.child, t.adult, min(s.from_date) AS from_date
    FROM (SELECT child, adult, min(from_date) AS from_date FROM started WHERE is_first GROUP BY ALL) AS t
    JOIN spells AS s ON t.adult = s.person_id AND t.from_date BETWEEN s.from_date AND s.to_date
    WHERE NOT EXISTS (FROM started AS o WHERE o.child = t.adult)
    GROUP BY ALL
)
SELECT t.* EXCLUDE (is_first),
    CASE WHEN h.from_date IS NOT NULL THEN greatest(h.from_date, a.grown_on) ELSE t.from_date END AS here_from
FROM started AS t JOIN person_facts AS a ON t.adult = a.person_id
LEFT JOIN homes AS h ON t.child = h.child AND t.adult = h.adult AND t.is_first
"""


def make_starts(con: duckdb.DuckDBPyConnection) -> None:
    """Date ``ties`` back, and add ``here_from``: since when the carer counts as of the family."""
    con.execute(_SINCE, {"term": _TERM_DAYS})
    con.execute(_STARTED, {"school": _SCHOOL_AGE})
    con.execute(_HERE)
    con.execute("DROP TABLE ties")
    con.execute("ALTER TABLE here_ties RENAME TO ties")

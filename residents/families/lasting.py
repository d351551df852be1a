"""How long a tie between a child and a carer lasts, and since when its end is known.

Evidence that two belong together comes and goes with systems; a family does not. So a tie outlives its evidence
until the two are shown apart, or until no system shows the child any more:

- *apart*: for some time on end the two are known at different addresses, or one stays at a home that a record says
  the other left. Some time, because systems hear of one and the same move months apart. It is known when that time
  has passed and both are on record.
- *with others*: once the evidence has ended, newer evidence ties the child to carers of another family. It is known
  when that is on record. A child who belonged to both before stays in both.
- *gone*: nothing shows the child at any address or in any group, over more than a short gap. Nobody from the 16th
  birthday to the 18th need be in any system that would show it, so then the tie lasts until the child is grown.

What a system states about the tie itself, such as a relationship's end, stands.
"""

from __future__ import annotations

import datetime as dt

import duckdb

# Stretches in which any system shows a child. Only spells and groups with no end yet known reach to now.
_PRESENCE = """
CREATE TABLE presence AS
WITH
shown AS (
    SELECT person_id, from_date, to_date, recorded_on, end_recorded_on FROM spells
    UNION ALL
    SELECT person_id, from_date, to_date, recorded_on, greatest(to_date, recorded_on) FROM members
),
ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY person_id ORDER BY from_date, to_date, recorded_on, end_recorded_on
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM shown
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $bridge::INTEGER
            THEN 1 ELSE 0 END)
        OVER (PARTITION BY person_id ORDER BY from_date, to_date, recorded_on, end_recorded_on
            ROWS UNBOUNDED PRECEDING) AS stretch
    FROM ordered
),
whole AS (
    SELECT person_id, min(from_date) AS from_date, max(to_date) AS to_date, min(recorded_on) AS recorded_on,
        max(end_recorded_on) FILTER (to_date = last_day) AS end_recorded_on
    FROM (SELECT *, max(to_date) OVER (PARTITION BY person_id, stretch) AS last_day FROM numbered)
    GROUP BY person_id, stretch
)
SELECT w.person_id, w.from_date, w.recorded_on,
    CASE WHEN w.to_date >= f.dob + INTERVAL 16 YEAR AND w.to_date < f.grown_on
        THEN f.grown_on - 1 ELSE w.to_date END AS to_date,
    CASE WHEN w.to_date >= f.dob + INTERVAL 16 YEAR AND w.to_date < f.grown_on
        THEN greatest(f.grown_on - 1, w.end_recorded_on) ELSE w.end_recorded_on END AS end_recorded_on
FROM whole AS w JOIN person_facts AS f USING (person_id)
"""
_APART = """
CREATE TABLE apart AS
WITH
pairs AS (SELECT DISTINCT child, adult FROM ties),
both_homes AS (
    SELECT p.child, p.adult, greatest(c.from_date, a.from_date) AS from_date, least(c.to_date, a.to_date) AS to_date,
        greatest(c.recorded_on, a.recorded_on) AS recorded_on, a.from_date AS moved_on
    FROM pairs AS p
    JOIN spells AS c ON p.child = c.person_id
    JOIN spells AS a ON p.adult = a.person_id AND c.address_key <> a.address_key
        AND c.from_date <= a.to_date AND a.from_date <= c.to_date
    UNION ALL
    SELECT p.child, p.adult, gone.to_date + 1, stays.to_date, greatest(gone.end_recorded_on, stays.recorded_on),
        CASE WHEN p.adult = p.two THEN gone.to_date + 1 END
    FROM (
        SELECT child, adult, child AS one, adult AS two FROM pairs
        UNION ALL SELECT child, adult, adult, child FROM pairs
    ) AS p
    JOIN spells AS stays ON p.one = stays.person_id
    JOIN spells AS gone ON p.two = gone.person_id AND gone.address_key = stays.address_key AND gone.left_there
        AND gone.to_date BETWEEN stays.from_date AND stays.to_date - 1
)
SELECT * FROM both_homes WHERE to_date - from_date >= $days
"""
# The first parting that begins or goes on after the evidence ended counts from the day the evidence ended.
_LASTING = """
CREATE TABLE lasting AS
WITH
numbered AS (
    SELECT t.rowid AS tie, t.*, u.family FROM ties AS t JOIN units AS u ON t.adult = u.person_id
        AND t.from_date BETWEEN u.from_date AND u.to_date
),
ends AS (
    SELECT tie, greatest(from_date - 1, held_to) AS to_date,
        greatest(recorded_on, greatest(from_date, held_to) + $days::INTEGER) AS end_recorded_on
    FROM (
        SELECT t.tie, a.from_date, a.to_date, a.recorded_on,
            CASE WHEN t.basis <> 'home' AND t.to_date = DATE '9999-12-31' AND a.moved_on > t.recorded_on
                THEN greatest(t.from_date, t.recorded_on) ELSE t.to_date END AS held_to
        FROM numbered AS t JOIN apart AS a USING (child, adult) WHERE NOT t.stated
    )
    WHERE to_date - greatest(from_date, held_to) >= $days AND greatest(from_date, held_to) + $days::INTEGER <= $today
    UNION ALL
    SELECT t.tie, greatest(o.from_date - 1, t.to_date), greatest(o.recorded_on, o.from_date, t.to_date)
    FROM numbered AS t JOIN numbered AS o ON t.child = o.child AND t.family <> o.family
        AND o.from_date > t.from_date AND o.to_date > t.to_date AND o.basis <> 'relationship'
    WHERE NOT t.stated
),
parted AS (
    SELECT tie, min(to_date) AS to_date, arg_min(end_recorded_on, (to_date, end_recorded_on)) AS end_recorded_on
    FROM ends GROUP BY tie
),
present AS (
    SELECT t.tie, max(p.to_date) AS to_date, arg_max(p.end_recorded_on, p.to_date) AS end_recorded_on
    FROM numbered AS t JOIN presence AS p ON t.child = p.person_id
        AND t.to_date BETWEEN p.from_date AND p.to_date
    WHERE NOT t.stated AND t.to_date < DATE '9999-12-31'
    GROUP BY t.tie
)
SELECT t.* EXCLUDE (tie, family, to_date, end_recorded_on, present_to),
    CASE WHEN x.to_date <= present_to THEN x.to_date ELSE present_to END AS to_date,
    CASE WHEN x.to_date <= present_to THEN x.end_recorded_on
        WHEN p.tie IS NOT NULL THEN p.end_recorded_on ELSE t.end_recorded_on END AS end_recorded_on
FROM (
    SELECT n.*, coalesce(p.to_date, n.to_date) AS present_to FROM numbered AS n LEFT JOIN present AS p USING (tie)
) AS t LEFT JOIN parted AS x USING (tie) LEFT JOIN present AS p USING (tie)
"""


def make_presence(con: duckdb.DuckDBPyConnection, bridge_days: int) -> None:
    """Make ``presence`` from ``spells``, ``members`` and ``person_facts``."""
    con.execute(_PRESENCE, {"bridge": bridge_days})


def let_ties_last(con: duckdb.DuckDBPyConnection, today: dt.date, apart_days: int) -> None:
    """Make ``lasting`` of ``ties``, whose ``stated`` says that a system itself gave the tie's end."""
    con.execute(_APART, {"days": apart_days})
    con.execute(_LASTING, {"today": today, "days": apart_days})

"""How long a tie between a child and a carer lasts, and since when its end is known.

Evidence that two belong together comes and goes with systems; a family does not. So a tie outlives its evidence
until the two are shown apart, or until no system shows the child any more:

- *apart*: for some time on end the two are known at different addresses, or one stays at a home that a record says
  the other left. Some time, because systems hear of one and the same move months apart. It is known when that time
  has passed and both are on record.
- *with others*: once the evidence has ended, newer evidence ties the child to carers of another family. It is known
  when that is on record. A child who belonged to both before stays in both.
- *gone*: nothing shows the child, nor while it is a child the carer, at any address or in any group, over more than a
  short gap; or the carer's last home, in a system that says when a home ends, has ended and nobody has seen either of
  them since. It is known when that has lasted as long as apart must. Nobody from the 16th birthday to the 18th need be
  in any system that would show it, so then the tie lasts until the child is grown. In a system that never says when
  anyone left, people are only seen: that counts for some time.

A group that goes on naming a carer who moved away after it was written, as tenancies do, no longer holds the two
together.

What a system states about the tie itself, such as a relationship's end, stands.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from residents.config import ResidentsConfig

# Some systems say when someone left: an open row of theirs shows a person until now. In the others a person is only
# seen, and that counts for some time. Homes are those of landlords and of council tax. Who left a home may turn up at
# another, so that nobody is known to be gone before that had time to be told.
_SHOWN = """
CREATE TABLE shown AS
WITH
held AS (
    SELECT p.person_id, s.source, coalesce(s.address_from, s.recorded_on) AS from_date, s.address_to AS to_date,
        s.recorded_on
    FROM std AS s JOIN row_person AS p USING (row) WHERE coalesce(s.address_from, s.recorded_on) <= $today
    UNION
    SELECT person_id, source, from_date, nullif(to_date, DATE '9999-12-31'), recorded_on FROM members
),
systems AS (
    SELECT source, avg((to_date IS NOT NULL)::INTEGER) >= 0.01 AS ends, max(recorded_on) AS last_report
    FROM held GROUP BY source
),
landlords AS (
    SELECT DISTINCT source FROM group_members WHERE group_type IN ('tenancy', 'council_tax_account')
),
dated AS (
    SELECT h.*, y.ends, h.source IN (FROM landlords) AS home,
        CASE
            WHEN h.to_date IS NOT NULL THEN greatest(h.to_date, h.from_date)
            WHEN y.ends OR h.recorded_on >= y.last_report OR h.from_date + $snapshot::INTEGER > $today
                THEN DATE '9999-12-31'
            ELSE h.from_date + $snapshot::INTEGER
        END AS shown_to
    FROM held AS h JOIN systems AS y USING (source)
)
SELECT person_id, from_date, shown_to AS to_date, recorded_on, home,
    greatest(recorded_on, CASE WHEN to_date IS NULL THEN shown_to ELSE shown_to + $days::INTEGER END) AS end_recorded_on
FROM dated
"""
_PRESENCE = """
CREATE TABLE presence AS
WITH
spans AS (
    SELECT person_id, from_date, to_date, min(recorded_on) AS recorded_on, max(end_recorded_on) AS end_recorded_on
    FROM shown GROUP BY person_id, from_date, to_date
),
ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY person_id ORDER BY from_date, to_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM spans
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $bridge::INTEGER
            THEN 1 ELSE 0 END)
        OVER (PARTITION BY person_id ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS stretch
    FROM ordered
),
last_days AS (
    SELECT person_id, stretch, to_date, min(from_date) AS from_date, min(recorded_on) AS recorded_on,
        max(end_recorded_on) AS end_recorded_on
    FROM numbered GROUP BY person_id, stretch, to_date
),
whole AS (
    SELECT person_id, min(from_date) AS from_date, max(to_date) AS to_date, min(recorded_on) AS recorded_on,
        arg_max(end_recorded_on, to_date) AS end_recorded_on
    FROM last_days GROUP BY person_id, stretch
),
grown AS (
    SELECT w.person_id, w.from_date, w.recorded_on,
        CASE WHEN w.to_date >= f.dob + INTERVAL 16 YEAR AND w.to_date < f.grown_on
            THEN f.grown_on - 1 ELSE w.to_date END AS to_date,
        CASE WHEN w.to_date >= f.dob + INTERVAL 16 YEAR AND w.to_date < f.grown_on
            THEN greatest(f.grown_on - 1, w.end_recorded_on) ELSE w.end_recorded_on END AS end_recorded_on
    FROM whole AS w JOIN person_facts AS f USING (person_id)
)
SELECT person_id, from_date, recorded_on, end_recorded_on,
    CASE WHEN end_recorded_on <= $today OR to_date > $today THEN to_date ELSE DATE '9999-12-31' END AS to_date
FROM grown
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
-- Of two who are shown until the same day, the later knowledge of it counts.
present AS (
    SELECT tie, max(to_date) AS to_date, arg_max(end_recorded_on, (to_date, end_recorded_on)) AS end_recorded_on
    FROM (
        SELECT t.tie, p.to_date, p.end_recorded_on
        FROM numbered AS t JOIN presence AS p ON t.child = p.person_id AND t.to_date BETWEEN p.from_date AND p.to_date
        UNION ALL
        SELECT t.tie, least(p.to_date, f.grown_on - 1),
            CASE WHEN p.to_date < f.grown_on THEN p.end_recorded_on ELSE f.grown_on - 1 END
        FROM numbered AS t JOIN presence AS p ON t.adult = p.person_id AND t.to_date BETWEEN p.from_date AND p.to_date
        JOIN person_facts AS f ON t.child = f.person_id WHERE f.grown_on > t.to_date
    )
    GROUP BY tie
),
last_shown AS (
    SELECT p.person_id, max(p.to_date) AS to_date,
        arg_max(p.end_recorded_on, (p.to_date, p.end_recorded_on)) AS end_recorded_on,
        any_value(s.left_on) AS left_on, any_value(s.left_known) AS left_known, any_value(s.seen_on) AS seen_on
    FROM presence AS p JOIN (
        SELECT person_id, max(to_date) FILTER (home) AS left_on, max(end_recorded_on) FILTER (home) AS left_known,
            max(from_date) AS seen_on
        FROM shown GROUP BY person_id
    ) AS s USING (person_id)
    GROUP BY p.person_id
),
-- A tie without an end of its own ends with the last of the two whom any system shows, or when the carer's last home
-- ended and, for long enough to tell it from a move, nobody has seen either of them since.
limits AS (
    SELECT n.tie,
        CASE WHEN a.left_on >= greatest(c.seen_on, a.seen_on) AND a.left_known <= $today
            THEN a.left_on ELSE greatest(c.to_date, a.to_date) END AS to_date,
        CASE WHEN a.left_on >= greatest(c.seen_on, a.seen_on) AND a.left_known <= $today
            THEN greatest(a.left_known, n.recorded_on)
            ELSE greatest(c.end_recorded_on, a.end_recorded_on, n.recorded_on) END AS end_recorded_on
    FROM numbered AS n
    JOIN last_shown AS c ON n.child = c.person_id JOIN last_shown AS a ON n.adult = a.person_id
    WHERE NOT n.stated
),
lasted AS (
    SELECT n.*,
        least(coalesce(p.to_date, n.to_date), l.to_date) AS present_to,
        CASE WHEN l.to_date < coalesce(p.to_date, n.to_date) THEN l.end_recorded_on
            WHEN p.tie IS NOT NULL THEN p.end_recorded_on ELSE n.end_recorded_on END AS present_known
    FROM numbered AS n LEFT JOIN present AS p ON n.tie = p.tie AND NOT n.stated AND n.to_date < DATE '9999-12-31'
    LEFT JOIN limits AS l ON n.tie = l.tie
)
SELECT t.* EXCLUDE (tie, family, to_date, end_recorded_on, present_to, present_known),
    CASE WHEN x.to_date <= t.present_to THEN x.to_date ELSE t.present_to END AS to_date,
    CASE WHEN x.to_date <= t.present_to THEN x.end_recorded_on ELSE t.present_known END AS end_recorded_on
FROM lasted AS t LEFT JOIN parted AS x USING (tie)
"""


def make_presence(con: duckdb.DuckDBPyConnection, config: ResidentsConfig, today: dt.date) -> None:
    """Make ``presence`` from the systems' records, ``members`` and ``person_facts``."""
    con.execute(_SHOWN, {"today": today, "snapshot": config.snapshot_days, "days": config.parted_days})
    con.execute(_PRESENCE, {"bridge": config.bridge_days, "today": today})


def let_ties_last(con: duckdb.DuckDBPyConnection, today: dt.date, apart_days: int) -> None:
    """Make ``lasting`` of ``ties``, whose ``stated`` says that a system itself gave the tie's end."""
    con.execute(_APART, {"days": apart_days})
    con.execute(_LASTING, {"today": today, "days": apart_days})

"""Which carers make one family, and from when to when.

Two carers of one child are one family while they live at one address for at least half of the time for which both
addresses are known, when a group that names both was joined then, or while the address of one is not known at all.

A carer who moves out of the home of another carer, or moves in with one, is one carer before and another after: his
or her *stint* with the one family ends on the *cut* and that with the other begins. Of the two, it is the one who has
the fewer days at home with the children they share, after a parting or before a joining, who changes family; so the
family keeps its id with the part that overlaps it most. Families are the connected stints.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from residents.joining.clustering import connected

_CO_CARERS = """
CREATE TABLE co_carers AS
SELECT a.adult AS one, b.adult AS two, a.child
FROM (SELECT DISTINCT child, adult FROM ties) AS a JOIN (SELECT DISTINCT child, adult FROM ties) AS b
    ON a.child = b.child AND a.adult < b.adult
"""
_HOMES = """
CREATE TABLE known_homes AS
SELECT person_id, address_key, greatest(from_date, $since) AS from_date, least(to_date, $today) AS to_date, recorded_on
FROM spells WHERE to_date >= $since AND from_date <= $today
"""
# A parting is the last day of a shared home that is followed by long enough apart; a joining the first of one that
# comes after it.
_CUTS = """
CREATE TABLE cuts AS
WITH
pairs AS (SELECT DISTINCT one, two FROM co_carers),
shared AS (
    SELECT p.one, p.two, min(greatest(h.from_date, k.from_date)) AS first_day,
        max(least(h.to_date, k.to_date)) AS last_day, min(greatest(h.recorded_on, k.recorded_on)) AS recorded_on
    FROM pairs AS p
    JOIN known_homes AS h ON p.one = h.person_id
    JOIN known_homes AS k ON p.two = k.person_id AND h.address_key = k.address_key
        AND h.from_date <= k.to_date AND k.from_date <= h.to_date
    GROUP BY ALL HAVING sum(least(h.to_date, k.to_date) - greatest(h.from_date, k.from_date)) >= $days
),
apart AS (
    SELECT p.one, p.two, greatest(h.from_date, k.from_date) AS from_date, least(h.to_date, k.to_date) AS to_date,
        greatest(h.recorded_on, k.recorded_on) AS recorded_on
    FROM pairs AS p
    JOIN known_homes AS h ON p.one = h.person_id
    JOIN known_homes AS k ON p.two = k.person_id AND h.address_key <> k.address_key
        AND least(h.to_date, k.to_date) - greatest(h.from_date, k.from_date) >= $parted
),
turns AS (
    SELECT s.one, s.two, 'split' AS kind, greatest(a.from_date, s.last_day + 1) AS cut_on,
        greatest(a.recorded_on, greatest(a.from_date, s.last_day) + $parted::INTEGER) AS known_on,
        greatest(a.from_date, s.last_day + 1) AS window_from, $today AS window_to
    FROM shared AS s JOIN apart AS a USING (one, two)
    WHERE a.to_date - greatest(a.from_date, s.last_day) >= $parted
    UNION ALL
    SELECT s.one, s.two, 'merge', s.first_day, greatest(s.recorded_on, s.first_day), $since, s.first_day - 1
    FROM shared AS s JOIN apart AS a USING (one, two)
    WHERE least(a.to_date, s.first_day - 1) - a.from_date >= $parted
),
first_turns AS (
    SELECT one, two, kind, min(cut_on) AS cut_on, arg_min(known_on, (cut_on, known_on)) AS known_on,
        arg_min(window_from, cut_on) AS window_from, arg_min(window_to, cut_on) AS window_to
    FROM turns WHERE known_on <= $today GROUP BY ALL
),
sides AS (
    SELECT one, two, kind, true AS is_one, one AS person_id, window_from, window_to FROM first_turns
    UNION ALL SELECT one, two, kind, false, two, window_from, window_to FROM first_turns
),
with_children AS (
    SELECT s.one, s.two, s.kind, s.is_one,
        sum(least(h.to_date, k.to_date, s.window_to) - greatest(h.from_date, k.from_date, s.window_from) + 1) AS days
    FROM sides AS s
    JOIN co_carers AS c USING (one, two)
    JOIN known_homes AS h USING (person_id)
    JOIN known_homes AS k ON k.person_id = c.child AND h.address_key = k.address_key
        AND least(h.to_date, k.to_date, s.window_to) >= greatest(h.from_date, k.from_date, s.window_from)
    GROUP BY ALL
)
SELECT CASE WHEN coalesce(a.days, 0) < coalesce(b.days, 0) THEN t.one ELSE t.two END AS person_id,
    t.cut_on, min(t.known_on) AS known_on
FROM first_turns AS t
LEFT JOIN with_children AS a ON t.one = a.one AND t.two = a.two AND t.kind = a.kind AND a.is_one
LEFT JOIN with_children AS b ON t.one = b.one AND t.two = b.two AND t.kind = b.kind AND NOT b.is_one
GROUP BY ALL
"""
_STINTS = """
CREATE TABLE stints AS
SELECT person_id, from_date, known_on,
    coalesce(lead(from_date) OVER (PARTITION BY person_id ORDER BY from_date) - 1, DATE '9999-12-31') AS to_date,
    lead(known_on) OVER (PARTITION BY person_id ORDER BY from_date) AS end_known_on,
    row_number() OVER (ORDER BY person_id, from_date) - 1 AS place
FROM (
    SELECT adult AS person_id, DATE '0001-01-01' AS from_date, DATE '0001-01-01' AS known_on FROM ties GROUP BY ALL
    UNION ALL SELECT person_id, DATE '0001-01-01', DATE '0001-01-01' FROM lone
    UNION ALL SELECT person_id, cut_on, known_on FROM cuts
)
"""
_CARER_PAIRS = """
WITH
pairs AS (
    SELECT DISTINCT c.one, c.two, a.place AS place_one, b.place AS place_two,
        greatest(a.from_date, b.from_date) AS from_date, least(a.to_date, b.to_date) AS to_date
    FROM co_carers AS c JOIN stints AS a ON c.one = a.person_id JOIN stints AS b ON c.two = b.person_id
        AND a.from_date <= b.to_date AND b.from_date <= a.to_date
),
same_home AS (
    SELECT p.place_one, p.place_two,
        sum(least(h.to_date, k.to_date, p.to_date) - greatest(h.from_date, k.from_date, p.from_date) + 1) AS days
    FROM pairs AS p
    JOIN known_homes AS h ON p.one = h.person_id
    JOIN known_homes AS k ON p.two = k.person_id AND h.address_key = k.address_key
        AND least(h.to_date, k.to_date, p.to_date) >= greatest(h.from_date, k.from_date, p.from_date)
    GROUP BY ALL
),
sides AS (
    SELECT place_one, place_two, true AS is_one, one AS person_id, from_date, to_date FROM pairs
    UNION ALL SELECT place_one, place_two, false, two, from_date, to_date FROM pairs
),
any_home AS (
    SELECT s.place_one, s.place_two,
        sum(least(h.to_date, s.to_date) - greatest(h.from_date, s.from_date) + 1) FILTER (s.is_one) AS days_one,
        sum(least(h.to_date, s.to_date) - greatest(h.from_date, s.from_date) + 1) FILTER (NOT s.is_one) AS days_two
    FROM sides AS s JOIN known_homes AS h ON s.person_id = h.person_id
        AND h.from_date <= s.to_date AND s.from_date <= h.to_date
    GROUP BY ALL
),
same_group AS (
    SELECT DISTINCT p.place_one, p.place_two FROM pairs AS p
    JOIN members AS m ON p.one = m.person_id
    JOIN members AS n ON p.two = n.person_id AND m.source = n.source AND m.group_type = n.group_type
        AND m.group_id = n.group_id
    WHERE m.group_type <> 'school_contact'
        AND greatest(m.from_date, n.from_date) BETWEEN p.from_date AND p.to_date
        AND greatest(m.from_date, n.from_date) <= least(m.to_date, n.to_date)
)
SELECT p.place_one, p.place_two
FROM pairs AS p
LEFT JOIN same_home AS h USING (place_one, place_two) LEFT JOIN same_group AS g USING (place_one, place_two)
LEFT JOIN any_home AS a USING (place_one, place_two)
WHERE g.place_one IS NOT NULL OR a.days_one IS NULL OR a.days_two IS NULL
    OR h.days >= 0.5 * least(a.days_one, a.days_two)
ORDER BY ALL
"""
_LONE = """
CREATE TABLE lone AS
SELECT f.person_id, f.first_recorded, f.surname_words,
    (SELECT arg_max(s.address_key, (s.from_date, s.address_key)) FROM spells AS s
        WHERE s.person_id = f.person_id AND NOT EXISTS (FROM communal AS c WHERE c.address_key = s.address_key)) AS home
FROM person_facts AS f
WHERE (f.grown_on > $since OR EXISTS (FROM members AS m WHERE m.person_id = f.person_id AND m.is_child))
    AND NOT EXISTS (FROM ties AS t WHERE t.child = f.person_id)
    AND NOT EXISTS (FROM ties AS t WHERE t.adult = f.person_id)
"""
_LONE_PAIRS = """
WITH placed AS (SELECT l.*, s.place FROM lone AS l JOIN stints AS s USING (person_id))
SELECT a.place AS place_one, b.place AS place_two FROM placed AS a JOIN placed AS b
ON a.home = b.home AND a.place < b.place AND list_has_any(a.surname_words, b.surname_words)
UNION
SELECT a.place, b.place FROM members AS m JOIN members AS n USING (source, group_type, group_id)
JOIN placed AS a ON m.person_id = a.person_id JOIN placed AS b ON n.person_id = b.person_id
WHERE a.place < b.place AND m.group_type <> 'school_contact'
ORDER BY ALL
"""


def make_units(
    con: duckdb.DuckDBPyConnection, since: dt.date, today: dt.date, together_days: int, parted_days: int
) -> None:
    """Make ``units`` (person_id, family, from_date, to_date, known_on, end_known_on), ``lone`` and ``family_ids``.

    Each carer, and each child nobody is tied to, is in one unit at a time.
    """
    span = {"since": since, "today": today}
    con.execute(_LONE, {"since": since})
    con.execute(_CO_CARERS)
    con.execute(_HOMES, span)
    con.execute(_CUTS, {**span, "days": together_days, "parted": parted_days})
    con.execute(_STINTS)
    places = con.execute("SELECT count(*) FROM stints").fetchall()[0][0]
    links = con.execute(_CARER_PAIRS).fetchall() + con.execute(_LONE_PAIRS).fetchall()
    roots = connected(places, links)
    con.register("root_rows", pa.table({"place": range(places), "family": pa.array(roots, pa.int64())}))
    con.execute("CREATE TABLE units AS SELECT s.*, r.family FROM stints AS s JOIN root_rows AS r USING (place)")
    con.unregister("root_rows")
    # What a family is called until it is given its id: by its first stint, which hangs on no name.
    first = con.sql(
        "SELECT family, person_id, from_date FROM units WHERE place = family ORDER BY family"
    ).to_arrow_table()
    names = [
        person if start == dt.date.min else f"{person}|{start}"
        for person, start in zip(first["person_id"].to_pylist(), first["from_date"].to_pylist(), strict=True)
    ]
    con.register("family_id_rows", pa.table({"family": first["family"], "family_id": pa.array(names, pa.string())}))
    con.execute("CREATE TABLE family_ids AS FROM family_id_rows")
    con.unregister("family_id_rows")

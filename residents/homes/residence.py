"""Where each person lived, from dated sightings to spells, and since when each end is known.

A sighting with a start date lasts from then to its end, or until the person has a later start elsewhere, or to
now. One without (a school census, a library card) lasts from the day it was recorded for a set number of days,
or until any system sees the person elsewhere; but it cannot run out before its system has recorded anything
since. Sightings of one person at one address join across a short gap.

An end that a system states is known when both it and its record are; that of a person seen elsewhere from the
first record of that; one that ran out on the day it did.
"""

from __future__ import annotations

import datetime as dt

import duckdb

# An end before the start is a slip of the end: the sighting is kept as one day.
_SIGHTINGS = """
CREATE TABLE sightings AS
WITH
seen AS (
    SELECT p.person_id, s.source, s.subject_id, h.uprn, h.address_key, h.kind, s.recorded_on,
        coalesce(s.address_from, s.recorded_on) AS from_date, s.address_from IS NULL AS snapshot,
        CASE WHEN s.address_to < coalesce(s.address_from, s.recorded_on)
            THEN coalesce(s.address_from, s.recorded_on) ELSE s.address_to END AS to_date
    FROM std AS s JOIN std_homes AS h USING (row) JOIN row_person AS p USING (row)
    WHERE h.address_key IS NOT NULL AND coalesce(s.address_from, s.recorded_on) <= $today
),
-- A system that has recorded nothing later cannot have shown that anyone is gone.
reports AS (
    SELECT source, recorded_on, lead(recorded_on) OVER (PARTITION BY source ORDER BY recorded_on) AS next_report
    FROM (SELECT DISTINCT source, recorded_on FROM std WHERE recorded_on <= $today)
),
-- The first later day at another address: of the days on which anything begins, those at this address drop out.
starts AS (
    SELECT person_id, address_key, from_date, snapshot, min(recorded_on) AS recorded_on FROM seen GROUP BY ALL
),
elsewhere AS (
    SELECT a.person_id, a.address_key, a.from_date,
        min(b.from_date) AS any_seen, min(b.recorded_on) AS any_known,
        min(b.from_date) FILTER (NOT b.snapshot) AS dated_seen,
        min(b.recorded_on) FILTER (NOT b.snapshot) AS dated_known
    FROM (SELECT DISTINCT person_id, address_key, from_date FROM starts) AS a
    JOIN starts AS b
        ON a.person_id = b.person_id AND a.address_key <> b.address_key AND b.from_date > a.from_date
    GROUP BY ALL
)
SELECT s.person_id, s.source, s.uprn, s.address_key, s.kind, s.recorded_on, s.from_date,
    CASE
        WHEN s.to_date IS NOT NULL THEN s.to_date
        WHEN NOT s.snapshot THEN coalesce(e.dated_seen, DATE '9999-12-31')
        ELSE least(runs_out, coalesce(e.any_seen, DATE '9999-12-31'))
    END AS to_date,
    CASE
        WHEN s.to_date IS NOT NULL THEN greatest(s.to_date, s.recorded_on)
        WHEN NOT s.snapshot THEN greatest(e.dated_known, e.dated_seen, s.recorded_on)
        WHEN e.any_seen <= runs_out THEN greatest(e.any_known, e.any_seen)
        ELSE runs_out
    END AS end_recorded_on,
    s.to_date IS NOT NULL OR (NOT s.snapshot AND e.dated_seen IS NOT NULL) OR e.any_seen <= runs_out AS left_there
FROM (
    SELECT n.*, CASE WHEN r.next_report IS NULL OR n.from_date + $snapshot::INTEGER > $today THEN DATE '9999-12-31'
        ELSE greatest(n.from_date + $snapshot::INTEGER, r.next_report) END AS runs_out
    FROM seen AS n LEFT JOIN reports AS r USING (source, recorded_on)
) AS s LEFT JOIN elsewhere AS e USING (person_id, address_key, from_date)
"""
_SPELLS = """
CREATE TABLE spells AS
WITH
ordered AS (
    SELECT *,
        max(to_date) OVER (PARTITION BY person_id, address_key ORDER BY from_date, to_date, source, recorded_on
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM sightings
),
numbered AS (
    SELECT *,
        sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $bridge::INTEGER
                THEN 1 ELSE 0 END)
            OVER (PARTITION BY person_id, address_key ORDER BY from_date, to_date, source, recorded_on
                ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
)
SELECT person_id, max(uprn) AS uprn, address_key, max(kind) AS kind, min(from_date) AS from_date,
    max(to_date) AS to_date, min(recorded_on) AS recorded_on,
    CASE WHEN max(to_date) < DATE '9999-12-31'
        THEN max(greatest(end_recorded_on, recorded_on)) FILTER (to_date = spell_end) END AS end_recorded_on,
    bool_or(left_there) FILTER (to_date = spell_end) AS left_there, count(DISTINCT source) AS systems
FROM (SELECT *, max(to_date) OVER (PARTITION BY person_id, address_key, spell) AS spell_end FROM numbered)
GROUP BY person_id, address_key, spell
"""
# The most people at once is reached on the day that one of them arrives.
_COMMUNAL = """
CREATE TABLE communal AS
WITH
steps AS (
    SELECT address_key, from_date AS day, 1 AS change FROM spells
    UNION ALL SELECT address_key, to_date + 1, -1 FROM spells WHERE to_date < DATE '9000-01-01'
),
daily AS (SELECT address_key, day, sum(change) AS change FROM steps GROUP BY ALL),
held AS (SELECT address_key, sum(change) OVER (PARTITION BY address_key ORDER BY day) AS people FROM daily)
SELECT address_key FROM held GROUP BY address_key HAVING max(people) > $most
UNION SELECT address_key FROM spells WHERE kind IN ('hmo', 'institution')
"""


def make_spells(
    con: duckdb.DuckDBPyConnection, today: dt.date, snapshot_days: int, bridge_days: int, communal_people: int
) -> None:
    """Make ``spells`` (open ones end on 9999-12-31) and ``communal``, the addresses where people live side by side."""
    con.execute(_SIGHTINGS, {"today": today, "snapshot": snapshot_days})
    con.execute(_SPELLS, {"bridge": bridge_days})
    con.execute(_COMMUNAL, {"most": communal_people})


def residence_spells(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql(
        "SELECT person_id, uprn, address_key, kind, from_date, nullif(to_date, DATE '9999-12-31') AS to_date, "
        "recorded_on, end_recorded_on FROM spells ORDER BY person_id, from_date, address_key"
    )

"""What each record says of where somebody lived: from when, until when, and when its word runs out.

A snapshot (a school census, a library card) runs out when its system should have told of the person again; but not
before that system has recorded anything since.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from residents.matching.standardise import EARLIEST_BIRTH

# Numbers stand for systems, homes and kinds of home: the rest is joined and sorted on them. They follow the order of
# what they stand for.
_SYSTEMS = """
CREATE OR REPLACE TEMP TABLE systems AS
SELECT row_number() OVER (ORDER BY source)::INTEGER AS system, source FROM (SELECT DISTINCT source FROM versions)
"""
_KIND_NUMBERS = """
CREATE OR REPLACE TEMP TABLE kind_numbers AS
SELECT row_number() OVER (ORDER BY kind)::INTEGER AS kind_number, kind
FROM (SELECT DISTINCT kind FROM std_homes WHERE kind IS NOT NULL)
"""
_HOME_NUMBERS = """
CREATE OR REPLACE TEMP TABLE home_numbers AS
SELECT row_number() OVER (ORDER BY address_key)::INTEGER AS home, * FROM (
    SELECT address_key, max(uprn) AS uprn, max(kind) AS kind FROM std_homes WHERE address_key IS NOT NULL
    GROUP BY address_key
)
"""
# What each record says, whether or not it names a home.
_TOLD = """
CREATE OR REPLACE TEMP TABLE told AS
SELECT r.version, v.subject, y.system, n.home, k.kind_number, h.score, s.recorded_on, s.address_from, s.address_to,
    CASE WHEN s.dob <= s.recorded_on THEN s.dob END AS born
FROM std AS s JOIN row_version AS r USING (row) JOIN versions AS v USING (version)
JOIN systems AS y ON v.source = y.source
LEFT JOIN std_homes AS h ON s.row = h.row
LEFT JOIN home_numbers AS n ON h.address_key = n.address_key
LEFT JOIN kind_numbers AS k ON h.kind = k.kind
"""
# How each system tells of an address, learnt from its own records:
# - ``moving``: most addresses it holds are told again and again with a later start each time, so that its start is the
#   day of the report (a census, a monthly list) and each row is a snapshot;
# - ``lasts``: days for which a snapshot speaks, twice the time within which nine in ten are told again, as one report
#   may be missed, and never more than the setting, which serves where nothing is told again.
_RHYTHMS = """
CREATE OR REPLACE TEMP TABLE rhythms AS
WITH
homes AS (
    SELECT system, min(recorded_on) < max(recorded_on) AS again, min(address_from) < max(address_from) AS later
    FROM told WHERE home IS NOT NULL GROUP BY system, subject, home
),
reports AS (
    SELECT DISTINCT system, subject, recorded_on FROM told
    SEMI JOIN (SELECT subject FROM told GROUP BY subject HAVING min(recorded_on) < max(recorded_on)) USING (subject)
),
gaps AS (
    SELECT system, recorded_on - lag(recorded_on) OVER (PARTITION BY subject ORDER BY recorded_on) AS days FROM reports
),
typical AS (SELECT system, quantile_disc(days, 0.9) AS days FROM gaps WHERE days IS NOT NULL GROUP BY system)
SELECT system, 2 * count(*) FILTER (later) > count(*) AS moving,
    CASE WHEN 2 * count(*) FILTER (again) > count(*)
        THEN least($snapshot, 2 * any_value(days)) ELSE $snapshot END::INTEGER AS lasts
FROM homes LEFT JOIN typical USING (system) GROUP BY system
"""
# A start that far more of a system's people share than chance allows, long before it was recorded, is a filler: the
# system's first day, or 1900. Nobody knows then since when; but not before it was recorded, or the end.
_FLOORS = """
CREATE OR REPLACE TEMP TABLE floors AS
WITH
holders AS (
    SELECT system, address_from, count(*) AS records,
        count(*) FILTER (recorded_on > address_from + 366) AS late
    FROM told WHERE address_from IS NOT NULL GROUP BY system, subject, address_from
),
shared AS (
    SELECT system, address_from, count(*) AS holders, 2 * sum(late) > sum(records) AS late
    FROM holders GROUP BY system, address_from
),
common AS (SELECT *, avg(holders) OVER (PARTITION BY system) AS usual FROM shared)
SELECT system, address_from FROM common
WHERE address_from <= $earliest OR (late AND holders > 10 AND holders > 20 * usual)
"""
# What each record says of a home, before it matters whose it is. An end before the start is a slip of the end: the
# sighting is kept as one day. Nobody lives anywhere before birth.
_SIGHTINGS = """
CREATE OR REPLACE TEMP TABLE sightings AS
WITH
dated AS (
    SELECT t.version, t.system, t.home, t.kind_number, t.score, t.recorded_on, t.address_to,
        t.address_from IS NULL AS undated, t.address_from IS NULL OR r.moving AS snapshot, r.lasts,
        greatest(
            CASE WHEN t.address_from IS NULL THEN t.recorded_on
                WHEN f.system IS NOT NULL THEN least(t.recorded_on, t.address_to) ELSE t.address_from END,
            t.born) AS from_date
    FROM told AS t
    JOIN rhythms AS r ON t.system = r.system
    LEFT JOIN floors AS f ON t.system = f.system AND t.address_from = f.address_from
    WHERE t.home IS NOT NULL
),
-- A system that has recorded nothing later cannot have shown that anyone is gone.
reports AS (
    SELECT system, recorded_on, lead(recorded_on) OVER (PARTITION BY system ORDER BY recorded_on) AS next_report
    FROM (SELECT DISTINCT system, recorded_on FROM told WHERE recorded_on <= $today)
)
SELECT d.version, d.home, d.kind_number, d.score, d.recorded_on, d.undated, d.from_date,
    CASE WHEN d.address_to < d.from_date THEN d.from_date ELSE d.address_to END AS to_date,
    CASE WHEN NOT d.snapshot OR r.next_report IS NULL OR d.from_date + d.lasts > $today THEN DATE '9999-12-31'
        ELSE greatest(d.from_date + d.lasts, r.next_report) END AS runs_out
FROM dated AS d LEFT JOIN reports AS r ON d.system = r.system AND d.recorded_on = r.recorded_on
WHERE d.from_date <= $today
"""
_TOLD_DONE = "DROP TABLE told; DROP TABLE rhythms; DROP TABLE floors"


def read_sightings(con: duckdb.DuckDBPyConnection, today: dt.date, snapshot_days: int) -> None:
    """Make ``sightings`` from ``std``, ``std_homes``, ``row_version`` and ``versions``.

    A row for each record of a home: ``version``, ``home``, ``kind_number``, ``score``, ``recorded_on``, ``undated`` (no
    start is given), ``from_date``, ``to_date`` where the system gives it, and ``runs_out``, 9999-12-31 where it does
    not. Also makes ``systems``, ``kind_numbers`` and ``home_numbers`` (``address_key``, ``uprn`` and ``kind`` of each
    ``home``).
    """
    for statement in (_SYSTEMS, _KIND_NUMBERS, _HOME_NUMBERS, _TOLD):
        con.execute(statement)
    con.execute(_RHYTHMS, {"snapshot": snapshot_days})
    con.execute(_FLOORS, {"earliest": EARLIEST_BIRTH})
    con.execute(_SIGHTINGS, {"today": today})
    con.execute(_TOLD_DONE)

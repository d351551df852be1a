"""Where each person lived, from dated sightings to spells, and since when each end is known.

A sighting with a start date lasts from then to its end, or until the person has a later start elsewhere, or to
now. One without lasts from the day it was recorded until any system sees the person elsewhere. A snapshot (a school
census, a library card) runs out besides when its system should have told of the person again; but not before that
system has recorded anything since. Sightings of one person at one address join across a short gap.

An end that a system states is known when both it and its record are; that of a person seen elsewhere from the
first record of that; one that ran out on the day it did.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from residents.matching.standardise import EARLIEST_BIRTH
from sources.codes.council import PROPERTY_KINDS

# How each system tells of an address, learnt from its own records:
# - ``moving``: most addresses it holds are told again and again with a later start each time, so that its start is the
#   day of the report (a census, a monthly list) and each row is a snapshot;
# - ``lasts``: days for which a snapshot speaks, twice the time within which nine in ten are told again, as one report
#   may be missed, and never more than the setting, which serves where nothing is told again.
_RHYTHMS = """
CREATE TEMP TABLE IF NOT EXISTS rhythms AS
WITH
told AS (
    SELECT s.source, s.subject_id, h.address_key, count(DISTINCT s.recorded_on) AS reports,
        count(DISTINCT s.address_from) AS starts
    FROM std AS s JOIN std_homes AS h USING (row) WHERE h.address_key IS NOT NULL GROUP BY ALL
),
gaps AS (
    SELECT source, recorded_on - lag(recorded_on) OVER (PARTITION BY source, subject_id ORDER BY recorded_on) AS days
    FROM (SELECT DISTINCT source, subject_id, recorded_on FROM std)
),
typical AS (SELECT source, quantile_disc(days, 0.9) AS days FROM gaps WHERE days IS NOT NULL GROUP BY source)
SELECT source, 2 * count(*) FILTER (starts > 1) > count(*) AS moving,
    CASE WHEN 2 * count(*) FILTER (reports > 1) > count(*)
        THEN least($snapshot, 2 * any_value(days)) ELSE $snapshot END::INTEGER AS lasts
FROM told LEFT JOIN typical USING (source) GROUP BY source
"""
# A start that far more of a system's people share than chance allows, long before it was recorded, is a filler: the
# system's first day, or 1900. Nobody knows then since when; but not before it was recorded, or the end.
_FLOORS = """
CREATE TEMP TABLE IF NOT EXISTS floors AS
WITH shared AS (
    SELECT source, address_from, count(DISTINCT subject_id) AS holders,
        2 * count(*) FILTER (recorded_on > address_from + 366) > count(*) AS late
    FROM std WHERE address_from IS NOT NULL GROUP BY ALL
),
common AS (SELECT *, avg(holders) OVER (PARTITION BY source) AS usual FROM shared)
SELECT source, address_from FROM common
WHERE address_from <= $earliest OR (late AND holders > 10 AND holders > 20 * usual)
"""
# An end before the start is a slip of the end: the sighting is kept as one day. Nobody lives anywhere before birth.
# ``row_holder`` says whose each row is.
_SIGHTINGS = """
CREATE OR REPLACE TEMP TABLE holder_sightings AS
WITH
dated AS (
    SELECT p.holder, s.source, h.uprn, h.address_key, h.kind, h.score, s.recorded_on, s.address_to,
        s.address_from IS NULL AS undated, s.address_from IS NULL OR r.moving AS snapshot, r.lasts,
        greatest(
            CASE WHEN s.address_from IS NULL THEN s.recorded_on
                WHEN f.source IS NOT NULL THEN least(s.recorded_on, s.address_to) ELSE s.address_from END,
            CASE WHEN s.dob <= s.recorded_on THEN s.dob END) AS from_date
    FROM std AS s JOIN std_homes AS h USING (row) JOIN row_holder AS p USING (row)
    JOIN rhythms AS r ON s.source = r.source
    LEFT JOIN floors AS f ON s.source = f.source AND s.address_from = f.address_from
    WHERE h.address_key IS NOT NULL
),
seen AS (
    SELECT DISTINCT * EXCLUDE (address_to),
        CASE WHEN address_to < from_date THEN from_date ELSE address_to END AS to_date
    FROM dated WHERE from_date <= $today
),
-- A system that has recorded nothing later cannot have shown that anyone is gone.
reports AS (
    SELECT source, recorded_on, lead(recorded_on) OVER (PARTITION BY source ORDER BY recorded_on) AS next_report
    FROM (SELECT DISTINCT source, recorded_on FROM std WHERE recorded_on <= $today)
),
-- An undated address ends at any later sighting elsewhere, a dated one only at a later dated one.
starts AS (
    SELECT holder, address_key, from_date, weak, min(recorded_on) AS recorded_on
    FROM (
        SELECT holder, address_key, from_date, recorded_on, true AS weak FROM seen
        UNION ALL SELECT holder, address_key, from_date, recorded_on, false FROM seen WHERE NOT undated
    )
    GROUP BY ALL
),
-- The days on which anything begins, in runs of days that show one and the same home.
days AS (
    SELECT holder, weak, from_date, CASE WHEN min(address_key) = max(address_key) THEN min(address_key) END AS home
    FROM starts GROUP BY ALL
),
turned AS (
    SELECT *, CASE WHEN home = lag(home) OVER one_by_one THEN 0 ELSE 1 END AS turn,
        lead(from_date) OVER one_by_one AS next_day, lead(home) OVER one_by_one AS next_home
    FROM days WINDOW one_by_one AS (PARTITION BY holder, weak ORDER BY from_date)
),
runs AS (
    SELECT *, sum(turn) OVER (PARTITION BY holder, weak ORDER BY from_date ROWS UNBOUNDED PRECEDING) AS run FROM turned
),
run_ends AS (
    SELECT holder, weak, run, lead(min(from_date)) OVER (PARTITION BY holder, weak ORDER BY run) AS after_run
    FROM runs GROUP BY holder, weak, run
),
-- The first later day that shows another home, and when that was known.
moved AS (
    SELECT s.holder, s.weak, s.address_key, s.from_date,
        CASE WHEN d.next_home = s.address_key THEN e.after_run ELSE d.next_day END AS moved_on
    FROM starts AS s
    JOIN runs AS d USING (holder, weak, from_date)
    LEFT JOIN run_ends AS e
        ON d.holder = e.holder AND d.weak = e.weak AND e.run = d.run + CASE WHEN d.home = d.next_home THEN 0 ELSE 1 END
),
elsewhere AS (
    SELECT m.holder, m.weak, m.address_key, m.from_date, m.moved_on, min(s.recorded_on) AS known_on
    FROM moved AS m
    JOIN starts AS s ON m.holder = s.holder AND m.weak = s.weak AND m.moved_on = s.from_date
        AND m.address_key <> s.address_key
    GROUP BY ALL
)
SELECT s.holder, s.source, s.uprn, s.address_key, s.kind, s.score, s.recorded_on, s.from_date,
    coalesce(s.to_date, least(s.runs_out, e.moved_on), DATE '9999-12-31') AS to_date,
    CASE
        WHEN s.to_date IS NOT NULL THEN greatest(s.to_date, s.recorded_on)
        WHEN e.moved_on <= s.runs_out THEN greatest(e.known_on, e.moved_on, s.recorded_on)
        ELSE greatest(s.runs_out, s.recorded_on)
    END AS end_recorded_on,
    s.to_date IS NOT NULL OR coalesce(e.moved_on <= s.runs_out, false) AS left_there
FROM (
    SELECT n.*, CASE
        WHEN NOT n.snapshot OR r.next_report IS NULL OR n.from_date + n.lasts > $today THEN DATE '9999-12-31'
        ELSE greatest(n.from_date + n.lasts, r.next_report) END AS runs_out
    FROM seen AS n LEFT JOIN reports AS r USING (source, recorded_on)
) AS s
LEFT JOIN elsewhere AS e
    ON s.holder = e.holder AND s.undated = e.weak AND s.address_key = e.address_key AND s.from_date = e.from_date
"""
_SPELLS = """
CREATE OR REPLACE TEMP TABLE holder_spells AS
WITH
ordered AS (
    SELECT *,
        max(to_date) OVER (PARTITION BY holder, address_key ORDER BY from_date, to_date, source, recorded_on
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM holder_sightings
),
numbered AS (
    SELECT *,
        sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $bridge::INTEGER
                THEN 1 ELSE 0 END)
            OVER (PARTITION BY holder, address_key ORDER BY from_date, to_date, source, recorded_on
                ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
)
SELECT holder, max(uprn) AS uprn, address_key, max(kind) AS kind, max(score) AS address_score,
    min(from_date) AS from_date, max(to_date) AS to_date, min(recorded_on) AS recorded_on,
    CASE WHEN max(to_date) < DATE '9999-12-31'
        THEN max(greatest(end_recorded_on, recorded_on)) FILTER (to_date = spell_end) END AS end_recorded_on,
    bool_or(left_there) FILTER (to_date = spell_end) AS left_there, count(DISTINCT source) AS systems
FROM (SELECT *, max(to_date) OVER (PARTITION BY holder, address_key, spell) AS spell_end FROM numbered)
GROUP BY holder, address_key, spell
"""
# Where many live at once, or people of many surnames: the most are there on the day that one of them arrives. Before
# people are known, the keys of one system stand for them.
_CROWDED = """
CREATE OR REPLACE TEMP TABLE crowded AS
WITH
surnames AS (
    SELECT p.holder, min(s.surname_last) AS surname FROM std AS s JOIN row_holder AS p USING (row) GROUP BY p.holder
),
stays AS (
    SELECT h.address_key, 'people ' || c.counted_by AS counted, h.holder::VARCHAR AS one, h.from_date, h.to_date
    FROM holder_spells AS h JOIN holder_counted AS c USING (holder)
    UNION ALL
    SELECT h.address_key, 'surnames', n.surname, h.from_date, h.to_date
    FROM holder_spells AS h JOIN surnames AS n USING (holder) WHERE n.surname IS NOT NULL
),
reached AS (
    SELECT *, max(to_date) OVER (PARTITION BY address_key, counted, one ORDER BY from_date, to_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM stays
),
-- Each one counts once, however many spells overlap.
fresh AS (
    SELECT address_key, counted, greatest(from_date, before + 1) AS from_date, to_date
    FROM reached WHERE before IS NULL OR to_date > before
),
steps AS (
    SELECT address_key, counted, from_date AS day, 1 AS change FROM fresh
    UNION ALL SELECT address_key, counted, to_date + 1, -1 FROM fresh WHERE to_date < DATE '9000-01-01'
),
daily AS (SELECT address_key, counted, day, sum(change) AS change FROM steps GROUP BY ALL),
held AS (
    SELECT address_key, counted, sum(change) OVER (PARTITION BY address_key, counted ORDER BY day) AS most FROM daily
),
kinds AS (SELECT address_key, max(kind) AS kind FROM std_homes WHERE address_key IS NOT NULL GROUP BY address_key),
reasons AS (
    SELECT address_key, 'kind' AS reason FROM kinds WHERE list_contains($kinds, kind)
    UNION ALL
    SELECT address_key, CASE WHEN counted = 'surnames' THEN 'surnames' ELSE 'people' END FROM held
    GROUP BY address_key, counted
    HAVING max(most) > CASE WHEN counted = 'surnames' THEN $surnames ELSE $people END
)
SELECT r.address_key, any_value(k.kind) AS kind, min(r.reason) AS reason
FROM reasons AS r JOIN kinds AS k USING (address_key) GROUP BY r.address_key
"""
_SUBJECTS = """
CREATE OR REPLACE TEMP VIEW row_holder AS
SELECT r.row, v.subject AS holder FROM row_version AS r JOIN versions AS v USING (version)
"""
_SUBJECTS_COUNTED = """
CREATE OR REPLACE TEMP VIEW holder_counted AS SELECT DISTINCT subject AS holder, source AS counted_by FROM versions
"""
_VERSION_SPELLS = """
CREATE TABLE version_spells AS
SELECT v.version, h.address_key, h.from_date, h.to_date, h.left_there,
    EXISTS (FROM crowded AS c WHERE c.address_key = h.address_key) AS communal
FROM versions AS v JOIN holder_spells AS h ON v.subject = h.holder
ORDER BY v.version, h.from_date, h.address_key, h.to_date
"""
_PEOPLE = "CREATE OR REPLACE TEMP VIEW row_holder AS SELECT row, person_id AS holder FROM row_person"
_PEOPLE_COUNTED = """
CREATE OR REPLACE TEMP VIEW holder_counted AS SELECT DISTINCT holder, 'all' AS counted_by FROM holder_spells
"""
_PERSON_SPELLS = "CREATE TABLE spells AS SELECT holder AS person_id, * EXCLUDE (holder) FROM holder_spells"
_COMMUNAL = "CREATE TABLE communal AS FROM crowded"


COMMUNAL_SURNAMES = 6
"""Surnames at one address at once above which it is communal: three couples who each kept their own names."""


def _crowd(people: int) -> dict[str, object]:
    return {
        "people": people,
        "surnames": COMMUNAL_SURNAMES,
        "kinds": list(PROPERTY_KINDS.counted_as("side by side")),
    }


def version_spells(
    con: duckdb.DuckDBPyConnection, today: dt.date, snapshot_days: int, bridge_days: int, communal_people: int
) -> None:
    """Make ``version_spells``: where each identity version lived, before anything is joined into people.

    From ``std``, ``std_homes``, ``row_version`` and ``versions``. A row for each version and spell: ``version``;
    ``address_key`` (a UPRN, else a normal form of the address, as in ``versions.homes``); ``from_date`` and
    ``to_date``, both days included, 9999-12-31 while nothing shows an end; ``left_there``, that somebody said so
    or showed them elsewhere, where false means that the evidence merely ran out; ``communal``, that many live there
    side by side, so that sharing it says nothing. The spells are those of the system's key: each of its versions
    has them all.
    """
    con.execute(_SUBJECTS)
    _make_holder_spells(con, today, snapshot_days, bridge_days)
    con.execute(_SUBJECTS_COUNTED)
    con.execute(_CROWDED, _crowd(communal_people))
    con.execute(_VERSION_SPELLS)


def make_spells(
    con: duckdb.DuckDBPyConnection, today: dt.date, snapshot_days: int, bridge_days: int, communal_people: int
) -> None:
    """Make ``spells`` (open ones end on 9999-12-31) and ``communal``, the addresses where people live side by side.

    ``communal`` has the address's ``kind`` and the ``reason`` it counts: its kind, more people at once than one
    household has, or more surnames.
    """
    con.execute(_PEOPLE)
    _make_holder_spells(con, today, snapshot_days, bridge_days)
    con.execute(_PERSON_SPELLS)
    con.execute(_PEOPLE_COUNTED)
    con.execute(_CROWDED, _crowd(communal_people))
    con.execute(_COMMUNAL)


def _make_holder_spells(con: duckdb.DuckDBPyConnection, today: dt.date, snapshot_days: int, bridge_days: int) -> None:
    con.execute(_RHYTHMS, {"snapshot": snapshot_days})
    con.execute(_FLOORS, {"earliest": EARLIEST_BIRTH})
    con.execute(_SIGHTINGS, {"today": today})
    con.execute(_SPELLS, {"bridge": bridge_days})


def residence_spells(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql(
        "SELECT person_id, uprn, address_key, address_score, kind, from_date, "
        "nullif(to_date, DATE '9999-12-31') AS to_date, recorded_on, end_recorded_on "
        "FROM spells ORDER BY person_id, from_date, address_key"
    )

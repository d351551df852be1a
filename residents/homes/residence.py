"""Where each person lived, from dated sightings to spells, and since when each end is known.

A sighting (``sightings``) with a start date lasts from then to its end, or until the person has a later start
elsewhere, or to now. One without lasts from the day it was recorded until any system sees the person elsewhere. A
snapshot runs out besides. Sightings of one person at one address join across a short gap.

An end that a system states is known when both it and its record are; that of a person seen elsewhere from the
first record of that; one that ran out on the day it did.
"""

from __future__ import annotations

import duckdb

from sources.codes.council import PROPERTY_KINDS

# ``version_holder`` says whose each version is, by a number.
_STAYS = """
CREATE OR REPLACE TEMP TABLE stays AS
SELECT p.holder, s.home, s.undated, s.from_date, s.to_date, s.runs_out, max(s.kind_number) AS kind_number,
    max(s.score) AS score, min(s.recorded_on) AS recorded_on, max(s.recorded_on) AS last_recorded
FROM sightings AS s JOIN version_holder AS p USING (version)
GROUP BY p.holder, s.home, s.undated, s.from_date, s.to_date, s.runs_out
"""
# The first later day that shows another home, and when that was known. An undated address ends at any later sighting
# elsewhere, a dated one only at a later dated one (``weak`` says which are looked at).
_ELSEWHERE = """
CREATE OR REPLACE TEMP TABLE elsewhere AS
WITH
moving AS (
    FROM stays SEMI JOIN (SELECT holder FROM stays GROUP BY holder HAVING min(home) < max(home)) USING (holder)
),
starts AS (
    SELECT holder, home, from_date, weak, min(recorded_on) AS recorded_on
    FROM (
        SELECT holder, home, from_date, recorded_on, true AS weak FROM moving
        UNION ALL SELECT holder, home, from_date, recorded_on, false FROM moving WHERE NOT undated
    )
    GROUP BY ALL
),
-- The days on which anything begins, in runs of days that show one and the same home.
days AS (
    SELECT holder, weak, from_date, CASE WHEN min(home) = max(home) THEN min(home) END AS home
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
moved AS (
    SELECT s.holder, s.weak, s.home, s.from_date,
        CASE WHEN d.next_home = s.home THEN e.after_run ELSE d.next_day END AS moved_on
    FROM starts AS s
    JOIN runs AS d USING (holder, weak, from_date)
    LEFT JOIN run_ends AS e
        ON d.holder = e.holder AND d.weak = e.weak AND e.run = d.run + CASE WHEN d.home = d.next_home THEN 0 ELSE 1 END
)
SELECT m.holder, m.weak, m.home, m.from_date, m.moved_on, min(s.recorded_on) AS known_on
FROM moved AS m
JOIN starts AS s ON m.holder = s.holder AND m.weak = s.weak AND m.moved_on = s.from_date AND m.home <> s.home
GROUP BY ALL
"""
_SPELLS = """
CREATE OR REPLACE TEMP TABLE holder_spells AS
WITH
ended AS (
    SELECT s.* REPLACE (coalesce(s.to_date, least(s.runs_out, e.moved_on)) AS to_date),
        greatest(
            CASE WHEN s.to_date IS NOT NULL THEN s.to_date
                WHEN e.moved_on <= s.runs_out THEN greatest(e.known_on, e.moved_on) ELSE s.runs_out END,
            s.last_recorded) AS end_recorded_on,
        s.to_date IS NOT NULL OR coalesce(e.moved_on <= s.runs_out, false) AS left_there
    FROM stays AS s
    LEFT JOIN elsewhere AS e
        ON s.holder = e.holder AND s.undated = e.weak AND s.home = e.home AND s.from_date = e.from_date
),
spans AS (
    SELECT holder, home, from_date, to_date, max(kind_number) AS kind_number, max(score) AS score,
        min(recorded_on) AS recorded_on, max(end_recorded_on) AS end_recorded_on, bool_or(left_there) AS left_there
    FROM ended GROUP BY holder, home, from_date, to_date
),
ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY holder, home ORDER BY from_date, to_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM spans
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $bridge::INTEGER
                THEN 1 ELSE 0 END)
            OVER (PARTITION BY holder, home ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
),
-- Who left, and when that was known, is as those say that reach furthest.
ends AS (
    SELECT holder, home, spell, to_date, max(kind_number) AS kind_number, max(score) AS score,
        min(from_date) AS from_date, min(recorded_on) AS recorded_on, max(end_recorded_on) AS end_recorded_on,
        bool_or(left_there) AS left_there
    FROM numbered GROUP BY holder, home, spell, to_date
)
SELECT holder, home, max(kind_number) AS kind_number, max(score) AS address_score, min(from_date) AS from_date,
    max(to_date) AS to_date, min(recorded_on) AS recorded_on,
    CASE WHEN max(to_date) < DATE '9999-12-31' THEN arg_max(end_recorded_on, to_date) END AS end_recorded_on,
    arg_max(left_there, to_date) AS left_there
FROM ends GROUP BY holder, home, spell
"""
# Where many live at once, or people of many surnames: the most are there on the day that one of them arrives. Before
# people are known, the keys of one system stand for them. Only where more than that ever lived are the days looked at.
_CROWDED = """
CREATE OR REPLACE TEMP TABLE crowded AS
WITH
residents AS (SELECT DISTINCT home, holder FROM holder_spells),
surnames AS (
    SELECT p.holder, min(v.surname_last) AS surname FROM versions AS v JOIN version_holder AS p USING (version)
    GROUP BY p.holder
),
crowds AS (
    SELECT r.home, c.counted_by AS counted FROM residents AS r JOIN holder_counted AS c USING (holder)
    GROUP BY ALL HAVING count(*) > $people
),
mixed AS (
    SELECT home FROM (
        SELECT DISTINCT r.home, n.surname FROM residents AS r JOIN surnames AS n USING (holder)
        WHERE n.surname IS NOT NULL
    )
    GROUP BY home HAVING count(*) > $surnames
),
lodgings AS (
    SELECT h.home, c.counted_by AS counted, h.holder::VARCHAR AS one, h.from_date, h.to_date
    FROM holder_spells AS h JOIN holder_counted AS c USING (holder)
    JOIN crowds AS x ON h.home = x.home AND c.counted_by = x.counted
    UNION ALL
    SELECT h.home, 0, n.surname, h.from_date, h.to_date
    FROM holder_spells AS h JOIN mixed USING (home) JOIN surnames AS n USING (holder) WHERE n.surname IS NOT NULL
),
reached AS (
    SELECT *, max(to_date) OVER (PARTITION BY home, counted, one ORDER BY from_date, to_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM lodgings
),
-- Each one counts once, however many spells overlap.
fresh AS (
    SELECT home, counted, greatest(from_date, before + 1) AS from_date, to_date
    FROM reached WHERE before IS NULL OR to_date > before
),
steps AS (
    SELECT home, counted, from_date AS day, 1 AS change FROM fresh
    UNION ALL SELECT home, counted, to_date + 1, -1 FROM fresh WHERE to_date < DATE '9000-01-01'
),
daily AS (SELECT home, counted, day, sum(change) AS change FROM steps GROUP BY ALL),
held AS (SELECT home, counted, sum(change) OVER (PARTITION BY home, counted ORDER BY day) AS most FROM daily),
reasons AS (
    SELECT home, 'kind' AS reason FROM home_numbers WHERE list_contains($kinds, kind)
    UNION ALL
    SELECT home, CASE WHEN counted = 0 THEN 'surnames' ELSE 'people' END FROM held
    GROUP BY home, counted HAVING max(most) > CASE WHEN counted = 0 THEN $surnames ELSE $people END
)
SELECT r.home, any_value(n.address_key) AS address_key, any_value(n.kind) AS kind, min(r.reason) AS reason
FROM reasons AS r JOIN home_numbers AS n USING (home) GROUP BY r.home
"""
_SUBJECTS = """
CREATE OR REPLACE TEMP TABLE version_holder AS
SELECT version, subject AS holder FROM versions SEMI JOIN asked_subjects USING (subject)
"""
_SUBJECTS_COUNTED = """
CREATE OR REPLACE TEMP TABLE holder_counted AS
SELECT DISTINCT v.subject AS holder, y.system AS counted_by FROM versions AS v JOIN systems AS y USING (source)
"""
_VERSION_SPELLS = """
CREATE TABLE version_spells AS
SELECT v.version, h.home, n.address_key, h.from_date, h.to_date, h.left_there, c.home IS NOT NULL AS communal
FROM versions AS v JOIN holder_spells AS h ON v.subject = h.holder
JOIN home_numbers AS n ON h.home = n.home LEFT JOIN crowded AS c ON h.home = c.home
ORDER BY v.version, h.from_date, h.home, h.to_date
"""
_PEOPLE = """
CREATE OR REPLACE TEMP TABLE person_numbers AS
SELECT row_number() OVER (ORDER BY person_id) AS holder, person_id FROM (SELECT DISTINCT person_id FROM row_person)
"""
_VERSION_PEOPLE = """
CREATE OR REPLACE TEMP TABLE version_holder AS
SELECT DISTINCT r.version, n.holder
FROM row_version AS r JOIN row_person AS p USING (row) JOIN person_numbers AS n USING (person_id)
"""
_PEOPLE_COUNTED = "CREATE OR REPLACE TEMP TABLE holder_counted AS SELECT holder, 1 AS counted_by FROM person_numbers"
_PERSON_SPELLS = """
CREATE TABLE spells AS
SELECT p.person_id, n.uprn, n.address_key, k.kind, h.address_score, h.from_date, h.to_date, h.recorded_on,
    h.end_recorded_on, h.left_there
FROM holder_spells AS h JOIN person_numbers AS p USING (holder) JOIN home_numbers AS n USING (home)
LEFT JOIN kind_numbers AS k USING (kind_number)
"""
_COMMUNAL = "CREATE TABLE communal AS SELECT address_key, kind, reason FROM crowded"
_HOLDERS_DONE = """
DROP TABLE stays; DROP TABLE elsewhere; DROP TABLE holder_spells; DROP TABLE version_holder;
DROP TABLE holder_counted; DROP TABLE crowded
"""
_SIGHTINGS_DONE = """
DROP TABLE sightings; DROP TABLE systems; DROP TABLE kind_numbers; DROP TABLE home_numbers; DROP TABLE person_numbers
"""


COMMUNAL_SURNAMES = 6
"""Surnames at one address at once above which it is communal: three couples who each kept their own names."""


def _crowd(people: int) -> dict[str, object]:
    return {
        "people": people,
        "surnames": COMMUNAL_SURNAMES,
        "kinds": list(PROPERTY_KINDS.counted_as("side by side")),
    }


def version_spells(con: duckdb.DuckDBPyConnection, bridge_days: int, communal_people: int) -> None:
    """Make ``version_spells``: where each identity version lived, before anything is joined into people.

    From ``std``, ``std_homes``, ``row_version`` and ``versions``. A row for each version and spell: ``version``;
    ``address_key`` (a UPRN, else a normal form of the address, as in ``versions.homes``) and ``home``, a number that
    stands for it; ``from_date`` and ``to_date``, both days included, 9999-12-31 while nothing shows an end;
    ``left_there``, that somebody said so or showed them elsewhere, where false means that the evidence merely ran out;
    ``communal``, that many live there side by side, so that sharing it says nothing. The spells are those of the
    system's key: each of its versions has them all.
    """
    con.execute(_SUBJECTS)
    _make_holder_spells(con, bridge_days)
    con.execute(_SUBJECTS_COUNTED)
    con.execute(_CROWDED, _crowd(communal_people))
    con.execute(_VERSION_SPELLS)
    con.execute(_HOLDERS_DONE)


def make_spells(con: duckdb.DuckDBPyConnection, bridge_days: int, communal_people: int) -> None:
    """Make ``spells`` (open ones end on 9999-12-31) and ``communal``, the addresses where people live side by side.

    From ``row_person`` and what ``read_sightings`` made, which is done with then. ``communal`` has the address's
    ``kind`` and the ``reason`` it counts: its kind, more people at once than one household has, or more surnames.
    """
    con.execute(_PEOPLE)
    con.execute(_VERSION_PEOPLE)
    _make_holder_spells(con, bridge_days)
    con.execute(_PERSON_SPELLS)
    con.execute(_PEOPLE_COUNTED)
    con.execute(_CROWDED, _crowd(communal_people))
    con.execute(_COMMUNAL)
    con.execute(_HOLDERS_DONE)
    con.execute(_SIGHTINGS_DONE)


def _make_holder_spells(con: duckdb.DuckDBPyConnection, bridge_days: int) -> None:
    con.execute(_STAYS)
    con.execute(_ELSEWHERE)
    con.execute(_SPELLS, {"bridge": bridge_days})


def residence_spells(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql(
        "SELECT person_id, uprn, address_key, address_score, kind, from_date, "
        "nullif(to_date, DATE '9999-12-31') AS to_date, recorded_on, end_recorded_on "
        "FROM spells ORDER BY person_id, from_date, address_key"
    )

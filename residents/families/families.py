"""Families: the children who share carers, with those carers, dated.

A carer is an adult tied to a child: by a parent's relationship that a worker entered, by a service's own group
(a claim, a tenancy, a case) that names both, or by a shared home with corroboration. Two carers of one child who
live together, or whom a group names together, make one family; two who live apart make two, and the child
belongs to both. A shared surname alone never makes a tie, nor does a communal address. A child nobody is tied
to is still in a family: of the children of that home and name, or alone.

Time. A membership lasts beyond its evidence, as ``lasting`` says, begins as ``starts`` says, and parents who part
or join change families as ``units`` says; ``end_recorded_on`` is the day on which the council knew that it had ended;
coming of age is known at once. Spells are made with the whole extract in hand, so a few things about an earlier day
are better than they were known on it:

- who is whose carer, which addresses are communal and which birth date is right;
- the basis and confidence of a spell, and how far back it reaches, sum up all its evidence, also what came later;
  ``recorded_on`` is that of the first;
- evidence after a gap of up to ``bridge_days`` carries a spell on, though on a day in that gap it looked ended;
- an end or an address of a source that keeps only the newest state of a row is not known as it was before.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from residents.config import ResidentsConfig
from residents.families.evidence import make_ties
from residents.families.lasting import let_ties_last, make_presence
from residents.families.starts import make_starts
from residents.families.units import make_units

# A tie that goes on into another stint of the carer counts there once it is known that the carer changed families.
_EVIDENCE = """
CREATE TABLE evidence AS
WITH
pieces AS (
    SELECT u.family, t.child, t.adult, greatest(t.from_date, u.from_date) AS from_date,
        least(t.to_date, u.to_date) AS to_date,
        CASE WHEN t.from_date < u.from_date THEN greatest(t.recorded_on, u.known_on) ELSE t.recorded_on END
            AS recorded_on,
        CASE WHEN u.to_date < t.to_date THEN greatest(u.end_known_on, t.recorded_on) ELSE t.end_recorded_on END
            AS end_recorded_on,
        t.basis, t.confidence, greatest(least(t.from_date, t.here_from), u.from_date) AS here_from
    FROM lasting AS t JOIN units AS u ON t.adult = u.person_id
        AND t.from_date <= u.to_date AND u.from_date <= t.to_date
),
both_sides AS (
    SELECT p.child AS person_id, p.* EXCLUDE (child, adult, here_from)
        REPLACE (greatest(p.from_date, f.dob) AS from_date)
    FROM pieces AS p JOIN person_facts AS f ON p.child = f.person_id
    UNION ALL BY NAME
    SELECT p.adult AS person_id, p.* EXCLUDE (child, adult, here_from)
        REPLACE (p.here_from AS from_date)
    FROM pieces AS p
    UNION ALL BY NAME
    SELECT u.family, u.person_id, coalesce(p.from_date, l.first_recorded) AS from_date,
        coalesce(p.to_date, DATE '9999-12-31') AS to_date, coalesce(p.recorded_on, l.first_recorded) AS recorded_on,
        p.end_recorded_on, 'alone' AS basis, 0.5 AS confidence
    FROM units AS u JOIN lone AS l USING (person_id) LEFT JOIN presence AS p USING (person_id)
)
SELECT family, person_id, from_date, to_date, recorded_on, end_recorded_on, basis, confidence FROM both_sides
WHERE from_date <= to_date
"""
# Evidence of the same days counts once, so that both windows go through it in one order.
_SPELLS = """
CREATE TABLE family_spells AS
WITH
spans AS (
    SELECT family, person_id, from_date, to_date, basis, min(recorded_on) AS recorded_on,
        max(end_recorded_on) AS end_recorded_on, max(confidence) AS confidence
    FROM evidence GROUP BY family, person_id, from_date, to_date, basis
),
ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY family, person_id ORDER BY from_date, to_date, basis
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM spans
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > least(before, DATE '9000-01-01') + $gap::INTEGER
            THEN 1 ELSE 0 END)
        OVER (PARTITION BY family, person_id ORDER BY from_date, to_date, basis ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
),
each_basis AS (
    SELECT family, person_id, spell, basis, min(from_date) AS from_date, max(to_date) AS to_date,
        min(recorded_on) AS recorded_on, max(confidence) AS confidence,
        max(end_recorded_on) FILTER (to_date = last_day) AS end_recorded_on
    FROM (SELECT *, max(to_date) OVER (PARTITION BY family, person_id, spell) AS last_day FROM numbered)
    GROUP BY ALL
),
whole AS (
    SELECT family, person_id, min(from_date) AS from_date, max(to_date) AS to_date, min(recorded_on) AS recorded_on,
        max(end_recorded_on) AS end_recorded_on,
        round(1 - product(1 - least(confidence, 0.95)), 6) AS confidence,
        array_to_string(list_sort(list(DISTINCT basis)), '+') AS basis
    FROM each_basis GROUP BY family, person_id, spell
),
parted AS (
    SELECT w.*,
        coalesce(f.grown_on, CASE WHEN EXISTS (FROM ties AS t WHERE t.child = w.person_id)
            THEN DATE '9999-12-31' ELSE DATE '0001-01-01' END) AS turns
    FROM whole AS w JOIN person_facts AS f USING (person_id)
)
SELECT family, person_id, 'child' AS role, from_date, least(to_date, turns - 1) AS to_date, recorded_on,
    CASE WHEN to_date < turns THEN end_recorded_on ELSE turns - 1 END AS end_recorded_on, confidence, basis
FROM parted WHERE from_date < turns
UNION ALL
SELECT family, person_id, 'adult', greatest(from_date, turns), to_date, recorded_on, end_recorded_on, confidence, basis
FROM parted WHERE to_date >= turns
"""
_FAMILIES = """
CREATE TABLE families AS
SELECT i.family_id, s.person_id, s.role, s.from_date,
    CASE WHEN s.to_date <= $today THEN s.to_date END AS to_date, s.recorded_on,
    CASE WHEN s.to_date <= $today THEN s.end_recorded_on END AS end_recorded_on, s.confidence, s.basis
FROM family_spells AS s JOIN family_ids AS i USING (family)
WHERE s.from_date <= $today
"""
_DONE = """
DROP TABLE members; DROP TABLE record_keys; DROP TABLE started; DROP TABLE shown; DROP TABLE presence;
DROP TABLE known_homes; DROP TABLE stints; DROP TABLE units; DROP TABLE apart; DROP TABLE lasting;
DROP TABLE evidence; DROP TABLE family_spells
"""


def make_families(con: duckdb.DuckDBPyConnection, config: ResidentsConfig, since: dt.date, today: dt.date) -> None:
    """Make ``families`` from ``record_person``, ``group_members``, ``relationships`` and ``spells``.

    Its family ids tell the families apart and no more; `residents.index.carry_families` gives them ids that last.
    ``since`` is the first day the extracts cover: a child grown before it needs no family of its own.
    """
    make_ties(con, config, today)
    make_starts(con)
    make_presence(con, config, today)
    make_units(con, since, today, config.lived_together_days, config.parted_days)
    let_ties_last(con, today, config.parted_days)
    con.execute(_EVIDENCE)
    con.execute(_SPELLS, {"gap": config.bridge_days})
    con.execute(_FAMILIES, {"today": today})
    con.execute(_DONE)


def families(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    return con.sql("FROM families ORDER BY family_id, person_id, from_date, role")

"""Scores of families over time, in days on which a person belongs to a family.

Truth. The true families that have a child on some covered day, with everyone who belongs to them on covered days:
also people whom no system names, whom nobody could find.

What the index says. Every membership of every family it made, on the covered days.

Who is whom. A made person is the true person most of whose records it holds (``lenient``), or, one to one, the pairs
with the most records in common first (``strict``): then the days of a second made person for the same true person
are all wrong, and count in the group of that person. The strict one is the headline.

Which family is which. One to one: of all pairs of a made and a true family, that with the most person-days in common
is taken first, then the next of those left. All days of a made family beyond that one true family are wrong, and so
are all days of a family that was left over.

Pairs of members. Days on which two people are in one family together, whichever it is. It needs no mapping of families.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

# Overlapping and adjoining intervals of one key become one, so that no day counts twice.
_UNITED = """
WITH ordered AS (
    SELECT *, max(to_date) OVER (PARTITION BY one, two ORDER BY from_date, to_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM {0}
),
numbered AS (
    SELECT *, sum(CASE WHEN before IS NULL OR from_date > before + 1 THEN 1 ELSE 0 END)
        OVER (PARTITION BY one, two ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS spell
    FROM ordered
)
SELECT one, two, min(from_date) AS from_date, max(to_date) AS to_date FROM numbered GROUP BY one, two, spell
"""
_TRUE = """
CREATE OR REPLACE TABLE true_held AS
WITH covered AS (
    SELECT family AS one, person AS two, role, greatest(from_date, $since::DATE) AS from_date,
        least(coalesce(to_date, $until::DATE), $until::DATE) AS to_date
    FROM true_family_members
)
SELECT one, two, from_date, to_date FROM covered
WHERE from_date <= to_date AND one IN (SELECT one FROM covered WHERE role = 'child' AND from_date <= to_date)
"""
_MADE = """
CREATE OR REPLACE TABLE made_held AS
SELECT f.family_id AS one, coalesce(w.person, 'extra|' || f.person_id) AS two,
    greatest(f.from_date, $since::DATE) AS from_date,
    least(coalesce(f.to_date, $until::DATE), $until::DATE) AS to_date
FROM made_families AS f LEFT JOIN whom AS w ON f.person_id = w.made
WHERE greatest(f.from_date, $since::DATE) <= least(coalesce(f.to_date, $until::DATE), $until::DATE)
"""
_SHARED_RECORDS = "SELECT made, person, count(*) AS n FROM records GROUP BY ALL ORDER BY n DESC, person, made"
_OVERLAPS = """
CREATE OR REPLACE TABLE common_days AS
SELECT m.one AS made, t.one AS actual, m.two AS person,
    sum(least(m.to_date, t.to_date) - greatest(m.from_date, t.from_date) + 1) AS days
FROM made_days AS m JOIN true_days AS t
    ON m.two = t.two AND m.from_date <= t.to_date AND t.from_date <= m.to_date
GROUP BY ALL
"""
_PERSON_DAYS = """
CREATE OR REPLACE TABLE person_days AS
WITH
counted AS (
    SELECT two AS person, 0 AS given, sum(to_date - from_date + 1) AS truth, 0 AS "right" FROM true_days GROUP BY ALL
    UNION ALL
    SELECT two, sum(to_date - from_date + 1), 0, 0 FROM made_days GROUP BY ALL
    UNION ALL
    SELECT o.person, 0, 0, sum(o.days) FROM common_days AS o JOIN which AS w ON o.made = w.made AND o.actual = w.actual
    GROUP BY ALL
)
SELECT c.person, x.ethnicity, x.family, sum(given) AS given, sum(truth) AS truth, sum("right") AS "right"
FROM counted AS c
LEFT JOIN nearest AS n ON c.person = 'extra|' || n.made
LEFT JOIN true_persons AS x ON coalesce(n.person, c.person) = x.person
GROUP BY ALL
"""
_TOGETHER = """
SELECT a.two AS one, b.two AS two, greatest(a.from_date, b.from_date) AS from_date,
    least(a.to_date, b.to_date) AS to_date
FROM {0} AS a JOIN {0} AS b
    ON a.one = b.one AND a.two < b.two AND a.from_date <= b.to_date AND b.from_date <= a.to_date
"""
_PAIR_DAYS = """
CREATE OR REPLACE TABLE pair_days AS
WITH
shared AS (
    SELECT sum(least(m.to_date, t.to_date) - greatest(m.from_date, t.from_date) + 1) AS days
    FROM made_pairs AS m JOIN true_pairs AS t
        ON m.one = t.one AND m.two = t.two AND m.from_date <= t.to_date AND t.from_date <= m.to_date
)
SELECT 'all' AS person, 'all' AS family, (SELECT coalesce(sum(to_date - from_date + 1), 0) FROM made_pairs) AS given,
    (SELECT coalesce(sum(to_date - from_date + 1), 0) FROM true_pairs) AS truth,
    (SELECT coalesce(days, 0) FROM shared) AS "right"
"""


def one_to_one(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs left when each is taken in turn unless either of its two is taken already."""
    taken: list[tuple[str, str]] = []
    left: set[str] = set()
    right: set[str] = set()
    for one, two in pairs:
        if one not in left and two not in right:
            left.add(one)
            right.add(two)
            taken.append((one, two))
    return taken


def make_family_days(con: duckdb.DuckDBPyConnection, since: object, until: object, strict: bool) -> None:
    """Make ``person_days`` and ``pair_days``, each with given, truth and right, from ``since`` to ``until``.

    Needs ``records`` (of scores.py), ``made_families``, ``true_family_members`` and ``true_persons``.
    """
    days = {"since": since, "until": until}
    shared = con.execute(_SHARED_RECORDS).fetchall()
    nearest = _first_of_each(shared)
    _keep(con, "nearest", "person", nearest)
    _keep(con, "whom", "person", one_to_one((made, person) for made, person, _ in shared) if strict else nearest)
    con.execute(_TRUE, days)
    con.execute(_MADE, days)
    for side in ("true", "made"):
        con.execute(f"CREATE OR REPLACE TABLE {side}_days AS {_UNITED.format(f'{side}_held')}")
    con.execute(_OVERLAPS)
    common = con.execute(
        "SELECT made, actual FROM common_days GROUP BY ALL ORDER BY sum(days) DESC, actual, made"
    ).fetchall()
    _keep(con, "which", "actual", one_to_one(common))
    con.execute(_PERSON_DAYS)
    for side in ("true", "made"):
        con.execute(f"CREATE OR REPLACE TABLE {side}_together AS {_TOGETHER.format(f'{side}_days')}")
        con.execute(f"CREATE OR REPLACE TABLE {side}_pairs AS {_UNITED.format(f'{side}_together')}")
    con.execute(_PAIR_DAYS)


def _first_of_each(shared: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    for made, person, _ in shared:
        first.setdefault(made, person)
    return list(first.items())


def _keep(con: duckdb.DuckDBPyConnection, name: str, other: str, pairs: list[tuple[str, str]]) -> None:
    made, true = (list(side) for side in zip(*pairs)) if pairs else ([], [])
    rows = pa.table({"made": pa.array(made, pa.string()), other: pa.array(true, pa.string())})
    con.register(f"{name}_rows", rows)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {name}_rows")
    con.unregister(f"{name}_rows")

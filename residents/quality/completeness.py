"""Who is found where they should be: people one system names whom another should know too, by group.

A person's group is what the naming systems themselves hold. The ethnicity of the joined-up person would not do: a
record that is linked to nothing in a system that does not ask would be 'unknown' because it is not linked, and every
known group would look well linked. For the same reason a person counts as found only in a system other than those
that name the person for this question.

Not to be found is not always an error: some people truly are in one system only. What counts is the difference
between groups that should not differ.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import duckdb

from residents.quality.groups import Count, age_band, detailed, sex_group, shares, whole


@dataclass(frozen=True)
class Expectation:
    """People of whom something is to be expected. ``name`` is how SQL below calls those who are asked about.

    ``title`` says what it is not to meet it, because that is what a page shows: a share that should be small.
    """

    name: str
    title: str
    expected: str
    with_adult: bool = False


EXPECTATIONS = (
    Expectation(
        "pupils",
        "Pupils of 5 to 15 whom no other system knows",
        "Systems that hold pupil numbers name these children. Most of them live in a home that a system for housing, "
        "benefits or health also knows, but a child with no such dealings is rightly in none.",
    ),
    Expectation(
        "pupils",
        "Pupils of 5 to 15 without an adult whom another system knows",
        "Every child lives with someone, and most homes are known for council tax, a tenancy or a claim. An adult "
        "counts of any family the child ever belonged to.",
        with_adult=True,
    ),
    Expectation(
        "claimants",
        "Adults of benefit claims whom no other system knows",
        "Who claims help with rent or council tax has a home, and as a rule an account or a tenancy.",
    ),
    Expectation(
        "tenants",
        "Adults of council tenancies whom no other system knows",
        "A tenancy comes with council tax, and often with a claim.",
    ),
    Expectation(
        "case_children",
        "Children of social care's case families whom no other system knows",
        "From five on they should be on a school's roll; younger ones need not be anywhere else.",
    ),
)

# Whom a question may be about, by system: those with a pupil number and those whom a service's groups name. People go
# by the numbers of their clusters.
_ASKED = """
CREATE OR REPLACE TABLE asked_of AS
WITH in_groups AS (
    SELECT DISTINCT g.group_type, p.source, n.label
    FROM group_members AS g
    JOIN row_person AS p ON g.source = p.source AND g.file = p.file AND g.record_id = p.record_id
    JOIN persons AS n USING (person_id)
    WHERE g.group_type IN ('benefit_claim', 'tenancy', 'case_family')
)
SELECT group_type, source, label FROM in_groups
UNION ALL
SELECT DISTINCT 'pupil', s.source, c.label
FROM std AS s JOIN row_version AS r USING (row) JOIN clusters AS c USING (version) WHERE s.upn IS NOT NULL
"""
_NAMED = """
CREATE OR REPLACE TABLE named_for AS
WITH
labelled AS (
    SELECT s.source, c.label, s.ethnicity, s.sex, s.dob,
        (s.recorded_on - DATE '2000-01-01') * 4294967296 + s.row AS moment
    FROM std AS s JOIN row_version AS r USING (row) JOIN clusters AS c USING (version)
),
held AS (
    SELECT source, label, arg_max(ethnicity, moment) FILTER (ethnicity IS NOT NULL) AS ethnicity,
        arg_max(sex, moment) FILTER (sex IS NOT NULL) AS sex,
        date_sub('year', arg_max(dob, moment) FILTER (dob IS NOT NULL), $today) AS age
    FROM labelled SEMI JOIN asked_of USING (source, label) GROUP BY source, label
)
SELECT CASE group_type WHEN 'pupil' THEN 'pupils' WHEN 'benefit_claim' THEN 'claimants' WHEN 'tenancy' THEN 'tenants'
    ELSE 'case_children' END AS name, source, label, ethnicity, sex, age
FROM asked_of JOIN held USING (source, label)
WHERE CASE group_type WHEN 'pupil' THEN age BETWEEN 5 AND 15 WHEN 'case_family' THEN age < 18
    ELSE age >= 18 OR age IS NULL END
"""
# One row a person and question, so that nobody counts twice. Of several systems that ask, the newest hand wins by name.
_FOUND = """
CREATE OR REPLACE TABLE found_elsewhere AS
WITH
asking AS (SELECT DISTINCT source FROM std WHERE ethnicity IS NOT NULL),
asked AS (
    SELECT name, label, arg_min(ethnicity, source) FILTER (ethnicity IS NOT NULL) AS ethnicity, max(sex) AS sex,
        max(age) AS age, count(*) AS systems, bool_or(source IN (FROM asking)) AS asks_ethnicity
    FROM named_for GROUP BY name, label
),
known AS (SELECT label, count(*) AS systems FROM held_sources GROUP BY label),
carers AS (
    SELECT DISTINCT c.label, k.source
    FROM families AS f JOIN families AS a USING (family_id)
    JOIN persons AS c ON f.person_id = c.person_id JOIN persons AS p ON a.person_id = p.person_id
    JOIN held_sources AS k ON p.label = k.label
    WHERE f.role = 'child' AND a.role = 'adult'
),
with_adult AS (
    SELECT DISTINCT a.name, a.label FROM asked AS a JOIN carers AS c USING (label)
    ANTI JOIN named_for AS n ON a.name = n.name AND a.label = n.label AND c.source = n.source
)
SELECT a.name, a.sex, a.age, a.ethnicity, a.asks_ethnicity, k.systems > a.systems AS elsewhere,
    w.label IS NOT NULL AS with_adult
FROM asked AS a JOIN known AS k USING (label)
LEFT JOIN with_adult AS w ON a.name = w.name AND a.label = w.label
"""
_COUNTS = """
SELECT name, asks_ethnicity, ethnicity, sex, age, count(*), count(*) FILTER (elsewhere), count(*) FILTER (with_adult)
FROM found_elsewhere GROUP BY ALL ORDER BY ALL
"""
_NAMES_ONLY = """
SELECT s.source, count(*) AS rows,
    count(*) FILTER (s.dob IS NULL AND h.row IS NULL AND s.upn IS NULL AND s.nino IS NULL AND s.email IS NULL
        AND s.phone IS NULL) AS names_only
FROM std AS s LEFT JOIN std_homes AS h USING (row) GROUP BY ALL ORDER BY ALL
"""
_SYSTEMS = """
SELECT h.source, count(*) AS people, count(*) FILTER (k.systems > 1) AS elsewhere
FROM held_sources AS h JOIN (SELECT label, count(*) AS systems FROM held_sources GROUP BY label) AS k USING (label)
GROUP BY ALL ORDER BY ALL
"""


def make_found(con: duckdb.DuckDBPyConnection, today: dt.date) -> None:
    """Make ``found_elsewhere`` from people, ``held_sources``, families and groups; ``today`` is the extracts' day."""
    con.execute(_ASKED)
    con.execute(_NAMED, {"today": today})
    con.execute(_FOUND)


def completeness(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Each expectation with those it asks about, and the share of them who meet it, overall and by group."""
    rows = con.sql(_COUNTS).fetchall()
    return [_answer(one, [row for row in rows if row[0] == one.name]) for one in EXPECTATIONS]


def _answer(asked: Expectation, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    everyone = Count(0, 0)
    groups: dict[str, dict[str, Count]] = defaultdict(dict)
    for _, asks, ethnicity, sex, age, n, elsewhere, with_adult in rows:
        count = Count(n, with_adult if asked.with_adult else elsewhere)
        everyone += count
        placed = [("sex", sex_group(sex)), ("age", age_band(age))]
        if asks:
            placed.append(("detailed", detailed(ethnicity)))
        for grouping, group in placed:
            groups[grouping][group] = groups[grouping].get(group, Count(0, 0)) + count
    return {
        "name": f"{asked.name}_{'with_adult' if asked.with_adult else 'elsewhere'}",
        "title": asked.title,
        "expected": asked.expected,
        "everyone": whole(everyone),
        "groupings": shares(groups),
    }


def systems(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By system: its people, those found in another, and rows that hold more than a name; protected."""
    rows = {source: Count(n, n - few) for source, n, few in con.sql(_NAMES_ONLY).fetchall()}
    return [
        {
            "source": source,
            "people": whole(Count(people, elsewhere)),
            "more_than_a_name": whole(rows[source]),
        }
        for source, people, elsewhere in con.sql(_SYSTEMS).fetchall()
    ]

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

_HELD = """
CREATE OR REPLACE TABLE held_by AS
SELECT p.source, p.person_id,
    arg_max(s.ethnicity, (s.recorded_on, s.row)) FILTER (s.ethnicity IS NOT NULL) AS ethnicity,
    arg_max(s.sex, (s.recorded_on, s.row)) FILTER (s.sex IS NOT NULL) AS sex,
    arg_max(s.dob, (s.recorded_on, s.row)) FILTER (s.dob IS NOT NULL) AS dob,
    bool_or(s.upn IS NOT NULL) AS has_upn
FROM std AS s JOIN row_person AS p USING (row) GROUP BY p.source, p.person_id
"""
_NAMED = """
CREATE OR REPLACE TABLE named_for AS
WITH
in_groups AS (
    SELECT DISTINCT g.group_type, p.source, p.person_id
    FROM group_members AS g
    JOIN row_person AS p ON g.source = p.source AND g.file = p.file AND g.record_id = p.record_id
    WHERE g.group_type IN ('benefit_claim', 'tenancy', 'case_family')
),
aged AS (SELECT *, date_sub('year', dob, $today) AS age FROM held_by)
SELECT 'pupils' AS name, source, person_id, ethnicity, sex, age FROM aged WHERE has_upn AND age BETWEEN 5 AND 15
UNION ALL
SELECT CASE g.group_type WHEN 'benefit_claim' THEN 'claimants' ELSE 'tenants' END, source, person_id,
    ethnicity, sex, age
FROM aged JOIN in_groups AS g USING (source, person_id)
WHERE g.group_type IN ('benefit_claim', 'tenancy') AND (age >= 18 OR age IS NULL)
UNION ALL
SELECT 'case_children', source, person_id, ethnicity, sex, age
FROM aged JOIN in_groups AS g USING (source, person_id) WHERE g.group_type = 'case_family' AND age < 18
"""
# One row a person and question, so that nobody counts twice. Of several systems that ask, the newest hand wins by name.
_FOUND = """
CREATE OR REPLACE TABLE found_elsewhere AS
WITH
asked AS (
    SELECT name, person_id, min(source) FILTER (ethnicity IS NOT NULL) AS by_whom, max(sex) AS sex, max(age) AS age,
        list_sort(list(DISTINCT source)) AS sources
    FROM named_for GROUP BY ALL
),
asking AS (SELECT DISTINCT source FROM held_by WHERE ethnicity IS NOT NULL),
known AS (SELECT person_id, list_sort(list(DISTINCT source)) AS sources FROM held_by GROUP BY ALL),
carers AS (
    SELECT c.person_id, list_sort(list_distinct(flatten(list(k.sources)))) AS sources
    FROM families AS c JOIN families AS a USING (family_id) JOIN known AS k ON a.person_id = k.person_id
    WHERE c.role = 'child' AND a.role = 'adult'
    GROUP BY c.person_id
)
SELECT a.name, a.person_id, a.sex, a.age, n.ethnicity,
    EXISTS (FROM asking AS s WHERE list_contains(a.sources, s.source)) AS asks_ethnicity,
    len(list_filter(k.sources, lambda s: NOT list_contains(a.sources, s))) > 0 AS elsewhere,
    coalesce(len(list_filter(c.sources, lambda s: NOT list_contains(a.sources, s))) > 0, false) AS with_adult
FROM asked AS a JOIN known AS k USING (person_id) LEFT JOIN carers AS c USING (person_id)
LEFT JOIN named_for AS n ON a.name = n.name AND a.person_id = n.person_id AND a.by_whom = n.source
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
FROM held_by AS h JOIN (SELECT person_id, count(*) AS systems FROM held_by GROUP BY ALL) AS k USING (person_id)
GROUP BY ALL ORDER BY ALL
"""


def make_found(con: duckdb.DuckDBPyConnection, today: dt.date) -> None:
    """Make ``held_by`` and ``found_elsewhere`` from people, families and groups; ``today`` is the extracts' day."""
    con.execute(_HELD)
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

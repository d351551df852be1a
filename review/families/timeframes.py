"""Dates that a family's services work towards, from what the tables have. They remind; they judge nobody.

Sources: Department for Education, *Working together to safeguard children* (2023), for single assessments, plans for
children in need and child protection plans; the Care Planning, Placement and Case Review (England) Regulations 2010,
regulation 33, for looked-after children. No table says when the review of a plan was held, so that of those only the
next date is told, as it falls if every interval was the longest allowed: none of them is ever told as overdue. Early
help has no timeframe in law: three months is customary, and is told only where the council records reviews at all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from review.families.parts import Part

ASSESSMENT_WORKING_DAYS = 45
"""Working days from the referral within which a single assessment is to be finished."""
COMING_OF_AGE_DAYS = 183
"""How long before the 18th birthday it is told."""


@dataclass(frozen=True)
class Reviews:
    """How often a service's plan is to be reviewed at the least: days to the first review, and between later ones."""

    service: str
    first: int
    later: int


REVIEWS = (Reviews("cin", 91, 183), Reviews("cp", 91, 183), Reviews("lac", 112, 183))
"""Of a looked-after child the first review is within 20 working days, and the second within three months of it."""
EARLY_HELP_REVIEW_DAYS = 91

_YEARS_BACK, _YEARS_ON = 3, 2

DUE_DATES = """
CREATE TEMP TABLE due_dates AS
WITH
numbered AS (SELECT day, number FROM working_days),
assessments_due AS (
    SELECT DISTINCT m.family_id, m.who, 'assessment' AS kind, a.event_date AS since, d.day AS due
    FROM assessments_named AS a JOIN member AS m USING (person_id)
    ASOF JOIN numbered AS s ON a.event_date >= s.day
    JOIN numbered AS d ON d.number = s.number + (SELECT assessment_working_days FROM intervals LIMIT 1)
    WHERE m.to_date IS NULL AND a.to_date IS NULL AND a.event_date >= m.shown_from
        AND a.event_date BETWEEN data_day() - INTERVAL 1 YEAR AND data_day()
),
plans_due AS (
    SELECT w.family_id, w.who, w.what AS kind, w.event_date AS since, w.event_date + (r.first + r.later
        * greatest(0, ceil((data_day() - w.event_date - r.first) / r.later)))::INTEGER AS due
    FROM family_work AS w JOIN review_intervals AS r ON w.what = r.service
    JOIN member AS m ON m.family_id = w.family_id AND m.who = w.who
    WHERE w.to_date IS NULL AND m.to_date IS NULL AND coalesce(m.age, 0) < 18
),
cases AS (
    SELECT DISTINCT g.family_id, e.source, e.group_type, e.group_id, e.event_date
    FROM service_episodes AS e JOIN family_group AS g USING (source, group_type, group_id)
    WHERE e.service = 'early_help' AND (e.to_date IS NULL OR e.to_date > data_day()) AND e.event_date <= data_day()
        AND g.to_date >= data_day()
),
reviewed AS (
    SELECT source, group_type, group_id, max(event_date) AS last FROM outcome_scores
    WHERE stage = 'review' AND event_date <= data_day() GROUP BY ALL
),
cases_due AS (
    SELECT c.family_id, NULL AS who, 'early_help' AS kind, max(coalesce(r.last, c.event_date)) AS since,
        max(coalesce(r.last, c.event_date)) + (SELECT early_help_days FROM intervals LIMIT 1) AS due
    FROM cases AS c LEFT JOIN reviewed AS r USING (source, group_type, group_id)
    WHERE EXISTS (FROM reviewed AS held WHERE held.source = c.source)
    GROUP BY c.family_id
),
of_age AS (
    SELECT family_id, who, 'turns_18' AS kind, dob AS since, (dob + INTERVAL 18 YEAR)::DATE AS due FROM member
    WHERE to_date IS NULL AND (dob + INTERVAL 18 YEAR)::DATE BETWEEN data_day()
        AND data_day() + (SELECT coming_of_age_days FROM intervals LIMIT 1)
),
everything AS (
    FROM assessments_due UNION ALL FROM plans_due UNION ALL FROM cases_due UNION ALL FROM of_age
)
SELECT family_id, kind, since, due,
        coalesce(list_sort(list(DISTINCT who) FILTER (who IS NOT NULL)), []) AS who
    FROM everything GROUP BY ALL
"""
DUE = Part(
    "due",
    """
SELECT family_id, list({'who': who, 'kind': kind, 'since': since, 'due': due}
    ORDER BY due, kind, since) AS items
FROM due_dates GROUP BY family_id
""",
)


def make_calendar(con: duckdb.DuckDBPyConnection, today: dt.date) -> None:
    """Make ``working_days`` (day, number), ``review_intervals`` and ``intervals``: what `DUE` counts with."""
    first = dt.date(today.year - _YEARS_BACK, 1, 1)
    days = working_days(first, dt.date(today.year + _YEARS_ON, 12, 31))
    calendar = pa.table({"day": pa.array(days, pa.date32()), "number": range(len(days))})
    reviews = pa.table(
        {
            "service": [one.service for one in REVIEWS],
            "first": [one.first for one in REVIEWS],
            "later": [one.later for one in REVIEWS],
        }
    )
    intervals = pa.table(
        {
            "assessment_working_days": [ASSESSMENT_WORKING_DAYS],
            "early_help_days": pa.array([EARLY_HELP_REVIEW_DAYS], pa.int32()),
            "coming_of_age_days": pa.array([COMING_OF_AGE_DAYS], pa.int32()),
        }
    )
    for name, rows in (("working_days", calendar), ("review_intervals", reviews), ("intervals", intervals)):
        con.from_arrow(rows).create(name)


def working_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Days from ``first`` to ``last``, both included, that are no Saturday, Sunday or bank holiday in England."""
    holidays = {day for year in range(first.year, last.year + 1) for day in bank_holidays(year)}
    days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and day not in holidays]


def bank_holidays(year: int) -> tuple[dt.date, ...]:
    """The regular bank holidays of England, in the year's order; those given for one year alone are not known."""
    easter = _easter(year)
    return (
        _on_a_weekday(dt.date(year, 1, 1)),
        easter - dt.timedelta(days=2),
        easter + dt.timedelta(days=1),
        _monday_from(dt.date(year, 5, 1)),
        _monday_from(dt.date(year, 5, 25)),
        _monday_from(dt.date(year, 8, 25)),
        *_christmas(year),
    )


def _christmas(year: int) -> tuple[dt.date, dt.date]:
    """Christmas and Boxing Day, each moved to the next weekday that is not the other's."""
    first = _on_a_weekday(dt.date(year, 12, 25))
    second = _on_a_weekday(dt.date(year, 12, 26))
    if first == second:
        second = _on_a_weekday(second + dt.timedelta(days=1))
    if dt.date(year, 12, 25).weekday() == 6:
        # Boxing Day is then the Monday, and Christmas Day is made up for on the Tuesday.
        first, second = dt.date(year, 12, 26), dt.date(year, 12, 27)
    return first, second


def _on_a_weekday(day: dt.date) -> dt.date:
    return _monday_from(day) if day.weekday() >= 5 else day


def _monday_from(day: dt.date) -> dt.date:
    """The first Monday on or after a day."""
    return day + dt.timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> dt.date:
    """Easter Sunday by the anonymous Gregorian algorithm (Meeus, *Astronomical Algorithms*, 1991, chapter 8)."""
    century, of_century = divmod(year, 100)
    leaps, left = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * (year % 19) + century - leaps - correction + 15) % 30
    quarter, remainder = divmod(of_century, 4)
    weekday = (32 + 2 * left + 2 * quarter - epact - remainder) % 7
    shift = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)

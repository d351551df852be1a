"""Whether each school sent its marks in every month: the pupils who should have marks against the marks that came.

A pupil is expected at a school in a month when on its roll on the 15th, by the school census: from the entry date, but
not before a census that did not name the pupil, until the leaving date. Without one, a pupil whom the school's next
census does not name is expected until the last census that does; a pupil of the newest census still is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from sources.quality.coverage import GAP_SHARE, Gap, Months, runs
from store.small_numbers import THRESHOLD

_SPELLS = """
    CREATE OR REPLACE TEMP TABLE school_spells AS
    WITH census_days AS (
        SELECT source, school_id, event_date AS day,
            lag(event_date) OVER (PARTITION BY source, school_id ORDER BY event_date) AS day_before,
            max(event_date) OVER (PARTITION BY source, school_id) AS newest
        FROM (SELECT DISTINCT source, school_id, event_date FROM census_rows WHERE school_id IS NOT NULL)
    ),
    seen AS (
        SELECT source, school_id, record_id, min(event_date) AS first_seen, max(event_date) AS last_seen,
            min(entry_date) AS entry_date, max(leaving_date) AS leaving_date
        FROM census_rows WHERE school_id IS NOT NULL
        GROUP BY source, school_id, record_id
    )
    SELECT seen.source, seen.school_id, seen.record_id,
        greatest(least(coalesce(entry_date, first_seen), first_seen), day_before + 1) AS first_day,
        CASE
            WHEN leaving_date >= last_seen THEN leaving_date
            WHEN last_seen < newest THEN last_seen
        END AS last_day
    FROM seen JOIN census_days d
        ON seen.source = d.source AND seen.school_id = d.school_id AND seen.first_seen = d.day
"""
_SCHOOL_MONTHS = """
    SELECT s.source, s.school_id, m.month, count(*) AS expected, coalesce(sum(p.marks), 0)::BIGINT AS marks
    FROM school_spells s
    JOIN (SELECT month, make_date(month // 12, month % 12 + 1, 15) AS day FROM range($first, $last + 1) r(month)) m
        ON s.first_day <= m.day AND (s.last_day IS NULL OR s.last_day >= m.day)
    LEFT JOIN pupil_months p ON p.source = s.source AND p.record_id = s.record_id AND p.month = m.month
    WHERE s.source IN (SELECT source FROM pupil_months)
    GROUP BY s.source, s.school_id, m.month
    ORDER BY s.source, s.school_id, m.month
"""


@dataclass(frozen=True)
class SchoolFlow:
    """One school: pupils expected in each month, and the share of the marks usual for so many that came.

    ``came`` has no entry for a month in which few pupils are expected or no school sent anything.
    """

    source: str
    school: str
    expected: Mapping[int, int]
    came: Mapping[int, float]
    gaps: tuple[Gap, ...]
    ever: bool
    """Whether it ever sent."""

    def pupils_missed(self, gap: Gap) -> int:
        """How many pupils were expected in a usual month of the gap."""
        return round(median([n for month, n in self.expected.items() if gap.first <= month <= gap.last]))


def school_flows(con: duckdb.DuckDBPyConnection, census: Path, months: Months) -> list[SchoolFlow]:
    """Each school of a census whose pupils' marks come from the same system, in order. Needs ``pupil_months``."""
    if not len(months):
        return []
    con.read_parquet(str(census)).create_view("census_rows", replace=True)
    con.execute(_SPELLS)
    found = con.execute(_SCHOOL_MONTHS, {"first": months.first, "last": months.last}).fetchall()
    by_school: dict[tuple[str, str], dict[int, tuple[int, int]]] = {}
    for source, school, month, expected, marks in found:
        by_school.setdefault((source, school), {})[month] = expected, marks
    typical = _typical_marks(by_school)
    return [_flow(place, of_school, typical) for place, of_school in by_school.items()]


def _typical_marks(by_school: Mapping[tuple[str, str], Mapping[int, tuple[int, int]]]) -> dict[tuple[str, int], float]:
    """Marks for each expected pupil by system and month: the median of the schools that sent that month's marks."""
    rates: dict[tuple[str, int], list[float]] = {}
    for (source, _), months in by_school.items():
        for month, (expected, marks) in months.items():
            if expected >= THRESHOLD and marks:
                rates.setdefault((source, month), []).append(marks / expected)
    return {place: median([rate for rate in found if rate >= GAP_SHARE * max(found)]) for place, found in rates.items()}


def _flow(
    place: tuple[str, str],
    of_school: Mapping[int, tuple[int, int]],
    typical: Mapping[tuple[str, int], float],
) -> SchoolFlow:
    source, school = place
    came = {
        month: min(marks / (expected * typical[source, month]), 1.0)
        for month, (expected, marks) in of_school.items()
        if expected >= THRESHOLD and (source, month) in typical
    }
    return SchoolFlow(
        source,
        school,
        {month: expected for month, (expected, _) in of_school.items()},
        came,
        tuple(runs(came, set())),
        any(share >= GAP_SHARE for share in came.values()),
    )

"""When the rows of each table came, and how soon they were recorded: one scan of each table, then small numbers.

A *gap* is a run of months with under a quarter of the rows that are usual for the table and system. Months in which
the table rests every year (August, or all but the three months of a termly census) are no gaps. A run counts only
where enough rows were to be expected in it that chance cannot have made it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from sources import tables as t
from store.small_numbers import THRESHOLD
from store.table import Table

GAP_SHARE = 0.25
"""Under this share of what is usual, a month is short."""
THIN_SHARE = 0.5
"""Under this share, a month between two short ones does not part them."""
_MOST_BETWEEN = 1
LEAST_USUAL = 10
"""Tables with fewer rows in a usual month are not judged by the month: most of their counts are not shown."""
LEAST_EXPECTED = 40
"""A gap is told where at least so many rows were to be expected in it; a shorter one may be chance."""
_FULL_SHARE = 0.9
"""The month that has more rows than this share of the months shows what the table is like when it comes."""
_YEAR = 12
SCHOOL_HOLIDAY = {7}
"""August, as a month of the year of which January is 0."""
_RESTS_IN_AUGUST = frozenset({"attendance", "exclusions", "school_status"})


@dataclass(frozen=True)
class Months:
    """The months that the extracts cover whole, as numbers (year times 12, January is 0)."""

    first: int
    last: int

    @staticmethod
    def within(first: dt.date, last: dt.date) -> Months:
        """The whole months from one day to another, both included; there may be none."""
        begins = number_of_month(first) + (first.day > 1)
        ends = number_of_month(last) - ((last + dt.timedelta(days=1)).day != 1)
        return Months(begins, ends)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __len__(self) -> int:
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True)
class Gap:
    """Months, both included, in which next to nothing came; quiet months between them do not end a gap."""

    first: int
    last: int


@dataclass(frozen=True)
class Flow:
    """The rows of one table from one system over the covered period."""

    table: str
    source: str
    by_month: Mapping[int, int]
    by_lag: Mapping[int, int]
    """Days from the event to its recording (fewer than none where it was recorded ahead) to rows."""
    by_recorded: Mapping[dt.date, int]

    @property
    def rows(self) -> int:
        return sum(self.by_lag.values())

    def lag(self, percent: int) -> int | None:
        """The lag in days that so many in a hundred rows do not exceed; None where few rows lie beyond it."""
        if self.rows * min(percent, 100 - percent) < 100 * THRESHOLD:
            return None
        counted = 0
        for days in sorted(self.by_lag):
            counted += self.by_lag[days]
            if 100 * counted >= percent * self.rows:
                return days
        return None

    def recorded_over(self, days: int) -> int:
        """Rows recorded more than so many days after the event."""
        return sum(rows for lag, rows in self.by_lag.items() if lag > days)

    def newest(self) -> dt.date | None:
        """The day by which all but the last few rows were recorded; None where there are few rows at all."""
        later = 0
        for day in sorted(self.by_recorded, reverse=True):
            later += self.by_recorded[day]
            if later >= THRESHOLD:
                return day
        return None


EVENT_TABLES: tuple[Table, ...] = tuple(table for table in t.TABLES if "event_date" in table.column_names)
"""The tables of dated rows."""

# One scan: rows by month, by lag and by day of recording. Attendance is counted for each pupil too, in the table
# ``pupil_months``, for the coverage of schools.
_SETS = """
    CREATE OR REPLACE TEMP TABLE flow_counts AS
    SELECT grouping_id(month, lag, recorded_on) AS kind, source, month, lag, recorded_on, count(*) AS number
    FROM (
        SELECT
            source, year(event_date) * 12 + month(event_date) - 1 AS month,
            recorded_on - event_date AS lag, recorded_on
        FROM flow_rows WHERE event_date BETWEEN $first AND $last
    )
    GROUP BY GROUPING SETS ((source, month), (source, lag), (source, recorded_on))
"""
_PUPIL_SETS = """
    CREATE OR REPLACE TEMP TABLE pupil_counts AS
    SELECT grouping_id(month, lag, recorded_on) AS kind, source, record_id, month, lag, recorded_on, count(*) AS number
    FROM (
        SELECT
            source, record_id, year(event_date) * 12 + month(event_date) - 1 AS month,
            recorded_on - event_date AS lag, recorded_on
        FROM flow_rows WHERE event_date BETWEEN $first AND $last
    )
    GROUP BY GROUPING SETS ((source, record_id, month), (source, lag), (source, recorded_on))
"""
_BY_MONTH, _BY_LAG, _BY_RECORDED = 0b011, 0b101, 0b110
_PUPIL_MONTHS = """
    CREATE OR REPLACE TEMP TABLE pupil_months AS
    SELECT source, record_id, month, number AS marks FROM pupil_counts WHERE kind = 3
"""
_SUMMED = """
    CREATE OR REPLACE TEMP TABLE flow_counts AS
    SELECT kind, source, month, lag, recorded_on, sum(number)::BIGINT AS number FROM pupil_counts GROUP BY ALL
"""
_FOUND = "SELECT kind, source, month, lag, recorded_on, number FROM flow_counts ORDER BY ALL"


def flows(
    con: duckdb.DuckDBPyConnection, table: Table, path: Path, first: dt.date, last: dt.date, *, pupils: bool = False
) -> list[Flow]:
    """The flow of each system into one written table, by source. ``pupils`` makes ``pupil_months`` as well."""
    con.read_parquet(str(path)).create_view("flow_rows", replace=True)
    period = {"first": first, "last": last}
    if pupils:
        con.execute(_PUPIL_SETS, period)
        con.execute(_PUPIL_MONTHS)
        con.execute(_SUMMED)
    else:
        con.execute(_SETS, period)
    found: dict[str, dict[int, dict[object, int]]] = {}
    for kind, source, month, lag, recorded_on, number in con.execute(_FOUND).fetchall():
        of_source = found.setdefault(source, {_BY_MONTH: {}, _BY_LAG: {}, _BY_RECORDED: {}})
        key = {_BY_MONTH: month, _BY_LAG: lag, _BY_RECORDED: recorded_on}[kind]
        of_source[kind][key] = number
    return [
        Flow(table.name, source, kinds[_BY_MONTH], kinds[_BY_LAG], kinds[_BY_RECORDED])  # type: ignore[arg-type]
        for source, kinds in found.items()
    ]


def number_of_month(day: dt.date) -> int:
    """A month as a number: year times 12, January is 0."""
    return day.year * _YEAR + day.month - 1


def month_text(month: int) -> str:
    """A month's number as ``2025-03``."""
    return f"{month // _YEAR:04d}-{month % _YEAR + 1:02d}"


def usual_rows(counts: Sequence[int]) -> float:
    """The rows of a usual month: the median of the months in which the table came at all.

    A month came when it has a quarter of a full one, so that stray rows do not count as coming.
    """
    if not counts:
        return 0
    full = sorted(counts)[min(int(len(counts) * _FULL_SHARE), len(counts) - 1)]
    came = [count for count in counts if count > 0 and count >= GAP_SHARE * full]
    return median(came) if came else 0


def quiet_months(table: str, counts: Mapping[int, int], months: Months) -> set[int]:
    """Months in which the table rests every year, as numbers of the year (January is 0)."""
    enough = GAP_SHARE * usual_rows([counts.get(month, 0) for month in months])
    quiet = {
        place
        for place in range(_YEAR)
        if all(counts.get(month, 0) < enough for month in months if month % _YEAR == place)
    }
    years: dict[int, int] = {}
    for month in months:
        years[month % _YEAR] = years.get(month % _YEAR, 0) + 1
    if len(quiet) > _YEAR // 2:
        return quiet
    # With one year alone nothing shows what is usual in a month, but that schools are closed in August; nor does a
    # month that stands in no year between months that came, as before a system began and after it stopped.
    rests = SCHOOL_HOLIDAY if table in _RESTS_IN_AUGUST else set()
    between = _between_months_that_came(quiet, counts, months, enough)
    return {place for place in quiet if place in rests or (years.get(place, 0) > 1 and place in between)}


def _between_months_that_came(quiet: set[int], counts: Mapping[int, int], months: Months, enough: float) -> set[int]:
    """The months of the year that stood at least once in a run of quiet ones that months with rows bound."""
    found: set[int] = set()
    run: set[int] = set()
    bound = False
    for month in months:
        if month % _YEAR in quiet:
            run.add(month % _YEAR)
            continue
        came = counts.get(month, 0) >= enough
        found |= run if came and bound else set()
        run, bound = set(), came
    return found


def gaps_of(counts: Mapping[int, int], months: Months, quiet: set[int], usual: float) -> list[Gap]:
    """The runs of months with under a quarter of what is usual, long enough not to be chance.

    Rows that all stand in one month, as those of a yearly return do, show nothing of what is usual.
    """
    if sum(counts.get(month, 0) > 0 for month in months) <= 1:
        return []
    found = runs({month: counts.get(month, 0) / usual for month in months}, quiet)
    return [gap for gap in found if usual * _judged_months(gap, quiet) >= LEAST_EXPECTED]


def runs(levels: Mapping[int, float], quiet: set[int]) -> list[Gap]:
    """The runs of short months among ``levels`` (month to share of what is usual), in order.

    One thin month within a run does not part it; quiet months, and months without a level, are passed over.
    """
    found: list[Gap] = []
    others = _MOST_BETWEEN + 1
    for month in sorted(levels):
        if month % _YEAR in quiet:
            continue
        if levels[month] < GAP_SHARE:
            first = found.pop().first if others <= _MOST_BETWEEN else month
            found.append(Gap(first, month))
            others = 0
        else:
            others += 1 if levels[month] < THIN_SHARE else _MOST_BETWEEN + 1
    return found


def _judged_months(gap: Gap, quiet: set[int]) -> int:
    return sum(month % _YEAR not in quiet for month in range(gap.first, gap.last + 1))


def reaches(gap: Gap, months: Months, quiet: set[int]) -> tuple[bool, bool]:
    """Whether a gap reaches back to the beginning of the months, and on to their end, but for quiet ones."""
    judged = [month for month in months if month % _YEAR not in quiet]
    return gap.first == judged[0], gap.last == judged[-1]

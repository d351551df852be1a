"""Gaps planted in what a table has by month, and in what schools send: the report must find those and no others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.quality.coverage import Months, flows, gaps_of, month_text, quiet_months, reaches, usual_rows
from sources.quality.school_coverage import SchoolFlow, school_flows
from sources.tables import ATTENDANCE, RENT_TRANSACTIONS, SCHOOL_STATUS
from store.table import Table

MONTHS = Months.within(dt.date(2022, 9, 1), dt.date(2026, 8, 31))
FIRST = 2022 * 12 + 8


def month(text: str) -> int:
    year, of_year = text.split("-")
    return int(year) * 12 + int(of_year) - 1


def found(counts: dict[int, int], table: str = "rent_transactions", months: Months = MONTHS) -> list[tuple[str, str]]:
    usual = usual_rows([counts.get(one, 0) for one in months])
    quiet = quiet_months(table, counts, months)
    return [(month_text(gap.first), month_text(gap.last)) for gap in gaps_of(counts, months, quiet, usual)]


def steady(rows: int, **changes: int) -> dict[int, int]:
    """The same rows every month but for ``m2025_03=0`` and the like."""
    counts = dict.fromkeys(MONTHS, rows)
    return counts | {month(name[1:].replace("_", "-")): number for name, number in changes.items()}


def without(rows: int, first: str, last: str) -> dict[int, int]:
    return {one: 0 if month(first) <= one <= month(last) else rows for one in MONTHS}


TERMLY = {one: 4500 if one % 12 in (0, 4, 9) else 0 for one in MONTHS}


@pytest.mark.parametrize(
    ("counts", "gaps"),
    [
        pytest.param(steady(1000), [], id="nothing missing"),
        pytest.param(steady(1000, m2024_05=0), [("2024-05", "2024-05")], id="one whole month"),
        pytest.param(steady(1000, m2024_05=249), [("2024-05", "2024-05")], id="under a quarter"),
        pytest.param(steady(1000, m2024_05=250), [], id="a quarter is thin, no gap"),
        pytest.param(steady(1000, m2024_05=0, m2024_07=0), [("2024-05", "2024-05"), ("2024-07", "2024-07")], id="two"),
        pytest.param(
            steady(1000, m2024_05=0, m2024_06=400, m2024_07=0), [("2024-05", "2024-07")], id="one thin month between"
        ),
        pytest.param(without(1000, "2022-09", "2023-12"), [("2022-09", "2023-12")], id="began late"),
        pytest.param(without(1000, "2023-09", "2026-08"), [("2023-09", "2026-08")], id="stopped after a year"),
        pytest.param(
            {one: 6 if one > month("2023-08") else 900 for one in MONTHS},
            [("2023-09", "2026-08")],
            id="stopped but for a few stray rows",
        ),
        pytest.param({one: 0 if one % 12 == 7 else 1000 for one in MONTHS}, [], id="rests every August"),
        pytest.param(TERMLY, [], id="comes every term"),
        pytest.param({**TERMLY, month("2025-01"): 0}, [("2025-01", "2025-01")], id="a census missing"),
        pytest.param(steady(15, m2024_05=0), [], id="one quiet month of a small table"),
        pytest.param(
            steady(15, m2024_05=0, m2024_06=0, m2024_07=1), [("2024-05", "2024-07")], id="three of a small table"
        ),
        pytest.param(dict.fromkeys(MONTHS, 0), [], id="an empty table"),
        pytest.param({month("2026-03"): 900}, [], id="one return"),
        pytest.param({month("2025-03"): 900, month("2026-03"): 900}, [("2023-03", "2024-03")], id="a return missing"),
        pytest.param(steady(1000, m2022_09=90_000), [], id="a load of old rows at the start"),
        pytest.param({one: 300 + 20 * place for place, one in enumerate(MONTHS)}, [], id="growing"),
    ],
)
def test_gaps_of_a_table(counts: dict[int, int], gaps: list[tuple[str, str]]) -> None:
    assert found(counts) == gaps


def test_with_one_year_only_schools_rest_in_august() -> None:
    year = Months.within(dt.date(2025, 9, 1), dt.date(2026, 8, 31))
    counts = {one: 0 if one % 12 == 7 else 1000 for one in year}
    assert found(counts, "exclusions", year) == []
    assert found(counts, "rent_transactions", year) == [("2026-08", "2026-08")]


def test_months_before_a_table_began_and_after_it_stopped_are_no_rest() -> None:
    # Rows from April 2025 to January 2026: February and March are without rows in each of two years.
    period = Months.within(dt.date(2024, 5, 1), dt.date(2026, 7, 31))
    counts = {one: 100 for one in period if month("2025-04") <= one <= month("2026-01")}
    assert found(counts, "assessments", period) == [("2024-05", "2025-03"), ("2026-02", "2026-07")]


def test_a_period_of_less_than_a_year_has_its_gaps() -> None:
    period = Months.within(dt.date(2026, 1, 1), dt.date(2026, 8, 31))
    counts = {one: 0 if one % 12 == 3 else 100 for one in period}
    assert found(counts, "assessments", period) == [("2026-04", "2026-04")]


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        (dt.date(2024, 1, 1), dt.date(2024, 3, 31), ["2024-01", "2024-02", "2024-03"]),
        (dt.date(2024, 1, 2), dt.date(2024, 3, 30), ["2024-02"]),
        (dt.date(2024, 1, 2), dt.date(2024, 1, 30), []),
    ],
)
def test_only_months_covered_whole_are_looked_at(first: dt.date, last: dt.date, whole: list[str]) -> None:
    assert [month_text(one) for one in Months.within(first, last)] == whole


def test_a_gap_reaches_the_beginning_past_quiet_months() -> None:
    counts = without(4500, "2022-09", "2022-12") | {}
    counts = {one: TERMLY[one] if counts[one] else 0 for one in MONTHS}
    quiet = quiet_months("school_status", counts, MONTHS)
    (gap,) = gaps_of(counts, MONTHS, quiet, usual_rows(list(counts.values())))
    assert month_text(gap.first) == "2022-10"
    assert reaches(gap, MONTHS, quiet) == (True, False)


# --- from written tables ---------------------------------------------------------------------------------


def write(folder: Path, table: Table, rows: list[dict[str, object]]) -> Path:
    path = folder / f"{table.name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.arrow_schema()), path)
    return path


def rent(day: dt.date, recorded: dt.date, source: str = "housing") -> dict[str, object]:
    return {
        "source": source,
        "file": "rent.csv",
        "group_type": "tenancy",
        "group_id": "T1",
        "event_date": day,
        "recorded_on": recorded,
        "kind": "rent",
        "amount_pence": 1,
    }


def test_lags_and_the_newest_row_are_of_each_source_and_of_the_period(tmp_path: Path) -> None:
    day = dt.date(2024, 5, 1)
    rows = [rent(day, day + dt.timedelta(days=lag)) for lag in range(100)]
    rows += [rent(dt.date(2020, 1, 1), dt.date(2025, 1, 1))]
    rows += [rent(day, day, "other") for _ in range(9)]
    path = write(tmp_path, RENT_TRANSACTIONS, rows)
    with duckdb.connect() as con:
        housing, other = flows(con, RENT_TRANSACTIONS, path, dt.date(2022, 9, 1), dt.date(2026, 8, 31))
    assert (housing.rows, housing.lag(50), housing.lag(90)) == (100, 49, 89)
    assert housing.recorded_over(30) == 69
    # Ten rows are as new as this one: a newest row by itself would be one row's own date.
    assert housing.newest() == day + dt.timedelta(days=90)
    assert (other.rows, other.lag(50), other.newest()) == (9, None, None)


PUPILS = 30
SCHOOL_DAYS = [dt.date(2024, 9, 2) + dt.timedelta(days=n) for n in range(0, 365) if n % 7 < 5]
TERM = [day for day in SCHOOL_DAYS if day.month != 8]
CENSUSES = (dt.date(2024, 10, 3), dt.date(2025, 1, 16), dt.date(2025, 5, 15))


def census(school: str, pupil: str, days: tuple[dt.date, ...] = CENSUSES, **changes: object) -> list[dict[str, object]]:
    row = {"source": "schools", "file": "c.csv", "record_id": pupil, "school_id": school, "entry_date": TERM[0]}
    return [{**row, "event_date": day, "recorded_on": day, **changes} for day in days]


def marks(pupil: str, days: list[dt.date]) -> list[dict[str, object]]:
    row = {"source": "schools", "file": "a.csv", "record_id": pupil, "code": "/", "statistical_class": "present"}
    return [
        {**row, "event_date": day, "recorded_on": day, "session": session} for day in days for session in ("AM", "PM")
    ]


def schools_found(
    tmp_path: Path, on_roll: list[dict[str, object]], sent: list[dict[str, object]]
) -> dict[str, SchoolFlow]:
    first, last = dt.date(2024, 9, 1), dt.date(2025, 8, 31)
    census_path, marks_path = write(tmp_path, SCHOOL_STATUS, on_roll), write(tmp_path, ATTENDANCE, sent)
    with duckdb.connect() as con:
        flows(con, ATTENDANCE, marks_path, first, last, pupils=True)
        return {flow.school: flow for flow in school_flows(con, census_path, Months.within(first, last))}


def test_a_school_that_stops_sending_in_march_is_a_gap_and_the_holidays_are_none(tmp_path: Path) -> None:
    on_roll, sent = [], []
    for school, stops in (("A", None), ("B", dt.date(2025, 3, 1)), ("C", dt.date(2024, 9, 1)), ("D", None)):
        for n in range(PUPILS):
            pupil = f"{school}{n}"
            on_roll += census(school, pupil)
            sent += marks(pupil, [day for day in TERM if stops is None or day < stops])
    schools = schools_found(tmp_path, on_roll, sent)
    gaps = {name: [(month_text(g.first), month_text(g.last)) for g in s.gaps] for name, s in schools.items()}
    assert gaps == {"A": [], "B": [("2025-03", "2025-07")], "C": [("2024-09", "2025-07")], "D": []}
    assert [name for name, school in schools.items() if not school.ever] == ["C"]
    assert schools["B"].pupils_missed(schools["B"].gaps[0]) == PUPILS
    assert schools["A"].came[month("2025-03")] == 1.0
    assert month("2025-08") not in schools["A"].came


def test_a_pupil_is_expected_while_on_the_roll_and_no_longer(tmp_path: Path) -> None:
    on_roll = [row for n in range(10) for row in census("A", f"stays{n}")]
    on_roll += census("A", "left", CENSUSES[:2], leaving_date=dt.date(2025, 2, 20))
    on_roll += census("A", "vanished", CENSUSES[:1])
    on_roll += census("A", "came", CENSUSES[2:], entry_date=dt.date(2019, 9, 1))
    on_roll += census("A", "rejoins", CENSUSES, leaving_date=dt.date(2024, 12, 1))
    schools = schools_found(tmp_path, on_roll, marks("stays0", TERM))
    expected = schools["A"].expected
    assert [expected[month(f"{text}")] for text in ("2024-09", "2024-10", "2024-11", "2025-01", "2025-02")] == [
        *(13, 12, 12),
        *(12, 13),
    ]
    # 'vanished' was last named in October and is not expected on the 15th; 'came' is, from the day after a census
    # that did not name it; 'left' goes in February.
    assert [expected[month(text)] for text in ("2025-03", "2025-07")] == [12, 12]


def test_schools_whose_marks_go_by_other_numbers_are_not_judged(tmp_path: Path) -> None:
    sent = [{**row, "source": "registers"} for row in marks("elsewhere", TERM)]
    assert schools_found(tmp_path, census("A", "p"), sent) == {}


def test_a_school_with_few_pupils_is_not_judged(tmp_path: Path) -> None:
    on_roll = [row for n in range(9) for row in census("tiny", f"t{n}")]
    on_roll += [row for n in range(12) for row in census("big", f"b{n}")]
    sent = [row for n in range(12) for row in marks(f"b{n}", TERM)]
    assert schools_found(tmp_path, on_roll, sent)["tiny"].gaps == ()

"""Schoolmates who were noticed, against a plain count, on both engines and with the future deleted."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest

from features.schoolmates import schoolmates
from tests.features.engines import BACKENDS, rows_of, world_of
from tests.features.test_time_travel import without_the_future

Row = dict[str, Any]
Answer = dict[tuple[dt.date, str], tuple[int, int, int]]
AS_OFS = (dt.date(2024, 3, 31), dt.date(2024, 12, 31), dt.date(2025, 6, 30))
CENSUSES = (
    dt.date(2023, 1, 19),
    dt.date(2023, 10, 5),
    dt.date(2024, 1, 18),
    dt.date(2024, 10, 3),
    dt.date(2025, 1, 16),
)
PUPILS = tuple(f"p{number:02d}" for number in range(30))


def history(seed: int) -> dict[str, list[Row]]:
    """Pupils of three schools over five censuses: moves, two schools at once, late files, unknown schools and keys."""
    draw = random.Random(seed)
    tables: dict[str, list[Row]] = {
        "people": [{"person_id": pupil, "dob": dt.date(2012, 1, 1)} for pupil in PUPILS],
        "record_person": [
            {"source": "s", "file": "f", "record_id": f"k{pupil}", "person_id": pupil, "match_probability": 1.0}
            for pupil in PUPILS
        ],
        "school_status": [],
        "young_carer_identifications": [],
        "assessments": [],
    }
    for census in CENSUSES:
        for pupil in PUPILS:
            for _ in range(draw.choice((0, 1, 1, 1, 1, 2))):
                school = draw.choice(("A", "A", "B", "B", "C", None))
                tables["school_status"].append(_row(draw, pupil, census, school_id=school))
            if draw.random() < 0.35:
                by = draw.choice(("school", "parent", "project"))
                on = draw.choice((census, census, census + dt.timedelta(40)))
                tables["young_carer_identifications"].append(_row(draw, pupil, on, identified_by=by))
            if draw.random() < 0.05:
                named = draw.choice((["7A"], ["17A"], ["3B", "7A"]))
                ended = census + dt.timedelta(draw.randrange(60))
                tables["assessments"].append(
                    _row(draw, pupil, census, factors=named, to_date=ended, end_recorded_on=ended)
                )
    tables["school_status"].append(_row(draw, "stranger", CENSUSES[0], school_id="A"))
    return tables


def _row(draw: random.Random, pupil: str, on: dt.date, **cells: Any) -> Row:
    late = dt.timedelta(draw.choice((0, 3, 20, 200)))
    return {"source": "s", "file": "f", "record_id": f"k{pupil}", "event_date": on, "recorded_on": on + late, **cells}


def plain(tables: dict[str, list[Row]]) -> Answer:
    """One as-of date and pupil at a time."""
    found: Answer = {}
    for as_of in AS_OFS:

        def known(row: Row, day: str = "event_date", as_of: dt.date = as_of) -> bool:
            return row[day] < as_of and row["recorded_on"] < as_of and row["record_id"][1:] in PUPILS

        rolls = [row for row in tables["school_status"] if known(row) and row["school_id"]]
        school = {}
        for pupil in PUPILS:
            mine = [r for r in rolls if r["record_id"] == f"k{pupil}" and (as_of - r["event_date"]).days <= 365]
            if mine:
                last = max(row["event_date"] for row in mine)
                school[pupil] = min(row["school_id"] for row in mine if row["event_date"] == last)
        told = [row for row in tables["young_carer_identifications"] if known(row)]
        assessed = [
            row
            for row in tables["assessments"]
            if known(row) and known(row, "to_date") and row["end_recorded_on"] < as_of and "7A" in row["factors"]
        ]
        identified = {row["record_id"][1:] for row in (*told, *assessed)}
        marked = {
            (roll["school_id"], row["record_id"][1:])
            for row in told
            for roll in rolls
            if row["identified_by"] != "project"
            and (roll["record_id"], roll["event_date"]) == (row["record_id"], row["event_date"])
        }
        for pupil, own in school.items():
            mates = [other for other in school if school[other] == own and other != pupil]
            marks = sum(1 for where, other in marked if where == own and other != pupil)
            found[as_of, pupil] = (len(mates), len(identified.intersection(mates)), marks)
    return found


def counted(backend: str, folder: Path, tables: dict[str, list[Row]]) -> Answer:
    world = world_of(backend, folder, tables, AS_OFS)
    people = {row["person"]: row["person_id"] for row in rows_of(world.people)}
    rows = rows_of(schoolmates(world))
    found = {
        (world.as_ofs[row["as_of"]], people[row["person"]]): (row["schoolmates"], row["identified"], row["marked"])
        for row in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_as_many_as_counted_by_hand(backend: str, tmp_path: Path) -> None:
    for seed in range(2):
        tables = history(seed)
        expected = plain(tables)
        assert counted(backend, tmp_path / str(seed), tables) == expected
        assert max(marks for _, _, marks in expected.values()) > 2
        assert any(identified != marks for _, identified, marks in expected.values())


def test_deleting_the_future_changes_nothing(tmp_path: Path) -> None:
    tables = history(7)
    before = counted("duckdb", tmp_path / "all", tables)
    after = counted("duckdb", tmp_path / "past", without_the_future(tables, AS_OFS[1]))
    now = {key: value for key, value in before.items() if key[0] == AS_OFS[1]}
    assert now == {key: value for key, value in after.items() if key[0] == AS_OFS[1]}
    assert now != {key: value for key, value in after.items() if key[0] == AS_OFS[2]}


def test_nobody_is_at_school_where_no_census_is_sent(tmp_path: Path) -> None:
    tables = {**history(1), "school_status": []}
    assert counted("duckdb", tmp_path, tables) == {}

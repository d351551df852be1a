"""The rules across tables as the engine applies them: against a plain reading, and on tables shaped like real ones."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sources.linking import Linker
from sources.parts import part_schema
from sources.tables import ATTENDANCE, QUARANTINE, TABLES
from store.run_folder import RunFolder
from tests.sources import across_reference as reference
from tests.sources.helpers import put, read, sources

HOSTILE = ["1", "2", "1|1", "Robert'); DROP TABLE rows", "<script>", ""]
DAYS = [dt.date(1900, 1, 1), dt.date(2010, 1, 1), dt.date(2010, 10, 28), dt.date(2010, 10, 29), dt.date(2011, 8, 25)]
DAYS += [DAYS[-1] + dt.timedelta(days=1), dt.date(9999, 12, 31), dt.date(1, 1, 1)]
BY_NAME = {table.name: table for table in TABLES}
JUDGED = (
    "person_records",
    "group_members",
    "relationships",
    "attendance",
    "rent_transactions",
    "tenancies",
    "contacts",
)
JUDGED += ("benefit_spells", "service_episodes", "disability_markers", "young_carer_identifications", "outcome_scores")

keys = st.sampled_from(HOSTILE[:4])
any_key = st.one_of(keys, st.sampled_from(HOSTILE))
systems = st.sampled_from(["a", "a", "b"])
days = st.sampled_from(DAYS)
maybe_day = st.one_of(st.none(), days)
kinds = st.sampled_from(["tenancy", "case_family"])


def rows_of(table: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows that hold what the rules look at, and nothing else."""
    cells: dict[str, st.SearchStrategy[Any]] = {"source": systems, "file": st.just(f"{table}.csv")}
    names = BY_NAME[table].column_names
    for name in names:
        if name in ("event_date", "recorded_on"):
            cells[name] = days
        elif name == "dob":
            # An earlier one never gets into a part.
            cells[name] = st.sampled_from([None, *DAYS[:-1]])
        elif name == "to_date":
            cells[name] = maybe_day
        elif name in ("record_id", "subject_id", "record_id_a", "record_id_b"):
            cells[name] = keys if table == "person_records" else any_key
        elif name == "group_id":
            cells[name] = keys
        elif name == "group_type":
            cells[name] = kinds
    made = st.fixed_dictionaries(cells)
    if table in reference.EITHER:
        about = st.booleans()
        made = st.tuples(made, about).map(lambda drawn: _about(*drawn))
    return st.lists(made, max_size=7)


def _about(row: dict[str, Any], person: bool) -> dict[str, Any]:
    empty = ("group_type", "group_id") if person else ("record_id",)
    return {**row, **dict.fromkeys(empty)}


def parts_of(rows: reference.Rows, folder: Path) -> dict[str, list[Path]]:
    """Each table's rows as the parts of two files."""
    parts: dict[str, list[Path]] = {}
    for table, found in rows.items():
        for half in (0, 1):
            path = folder / f"{half}.{table}.parquet"
            pq.write_table(pa.Table.from_pylist(found[half::2], schema=part_schema(BY_NAME[table])), path)
            parts.setdefault(table, []).append(path)
    return parts


def linked(rows: reference.Rows) -> tuple[reference.Rows, list[tuple[Any, ...]], Linker]:
    """The rows that stay, what was noted, and the linker, from rows numbered in their order."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        linker = Linker(con, parts_of(rows, Path(folder)))
        kept = {}
        for table in rows:
            view = con.table(linker.rows(BY_NAME[table])).order("part_row").to_arrow_table().to_pylist()
            kept[table] = view
        query = linker.noted_rows()
        noted = con.execute(f"SELECT tbl, row, col, rule, action, held FROM ({query})").fetchall() if query else []
        return kept, noted, linker


def whole(table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with all columns of their part, numbered."""
    names = part_schema(BY_NAME[table]).names
    return [{**dict.fromkeys(names), **row, "part_row": place} for place, row in enumerate(rows, start=1)]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Making a failing case small would take minutes, as each example reads and writes files.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.fixed_dictionaries({table: rows_of(table) for table in JUDGED}))
def test_engine_agrees_with_reference(drawn: reference.Rows) -> None:
    rows = {table: whole(table, found) for table, found in drawn.items()}
    kept, noted, linker = linked(rows)
    expected_kept, expected_noted = reference.judged(rows)
    assert sorted(noted, key=str) == sorted(expected_noted, key=str)
    assert kept == expected_kept
    counted = sum(linker.links.left_out.values()), sum(linker.links.blanked.values())
    actions = [action for *_, action, _ in expected_noted]
    assert counted == (actions.count("row"), actions.count("cell"))


def person(key: str, dob: dt.date | None = None, source: str = "schools") -> dict[str, Any]:
    recorded = dt.date(2023, 1, 1)
    return {"source": source, "file": "p", "record_id": key, "subject_id": key, "dob": dob, "recorded_on": recorded}


def mark(key: str, day: dt.date = dt.date(2023, 1, 9), source: str = "schools") -> dict[str, Any]:
    return {"source": source, "file": "m", "record_id": key, "event_date": day, "recorded_on": day}


def test_keys_of_another_system_are_no_persons_of_this_one() -> None:
    rows = {
        "person_records": whole("person_records", [person("1"), person("2", source="care")]),
        "attendance": whole("attendance", [mark("1"), mark("2")]),
    }
    kept, noted, linker = linked(rows)
    assert [row["record_id"] for row in kept["attendance"]] == ["1"]
    assert noted == [("attendance", 2, "record_id", "no_such_person", "row", "2")]
    (found,) = linker.links.references
    assert (found.source, found.rows, found.lost, found.register) == ("schools", 2, 1, True)


def test_where_a_source_names_nobody_its_rows_stay_and_it_is_told() -> None:
    rows = {
        "person_records": whole("person_records", [person("2", source="care")]),
        "attendance": whole("attendance", [mark("1"), mark("2")]),
    }
    kept, noted, linker = linked(rows)
    assert len(kept["attendance"]) == 2 and noted == []
    (found,) = linker.links.references
    assert (found.rows, found.lost, found.register) == (2, 0, False)


def test_a_group_whose_members_nobody_knows_has_none() -> None:
    member = {"source": "housing", "file": "g", "group_type": "tenancy", "recorded_on": dt.date(2023, 1, 1)}
    rent = {"source": "housing", "file": "r", "group_type": "tenancy", "event_date": dt.date(2023, 1, 1)}
    rows = {
        "person_records": whole("person_records", [person("1", source="housing")]),
        "group_members": whole(
            "group_members", [{**member, "group_id": f"t{key}", "record_id": key} for key in ("1", "9")]
        ),
        "rent_transactions": whole("rent_transactions", [{**rent, "group_id": "t1"}, {**rent, "group_id": "t9"}]),
    }
    kept, noted, _ = linked(rows)
    assert [row["group_id"] for row in kept["rent_transactions"]] == ["t1"]
    assert {(table, rule) for table, _, _, rule, _, _ in noted} == {
        ("group_members", "no_such_person"),
        ("rent_transactions", "no_such_group"),
    }


def test_a_mistyped_day_goes_and_a_mistyped_birth_date_does_not_take_the_rows_with_it() -> None:
    mistyped = [mark("1", dt.date(2013, 1, 9)), mark("1")]
    wrong_birth = [mark("2", dt.date(2023, 1, 9)), mark("2", dt.date(2023, 1, 10))]
    rows = {
        "person_records": whole("person_records", [person("1", dt.date(2015, 5, 1)), person("2", dt.date(2025, 5, 1))]),
        "attendance": whole("attendance", mistyped + wrong_birth),
    }
    kept, noted, _ = linked(rows)
    assert [row["part_row"] for row in kept["attendance"]] == [2, 3, 4]
    assert [row["dob"] for row in kept["person_records"]] == [dt.date(2015, 5, 1), None]
    assert sorted(noted) == [
        ("attendance", 1, "event_date", "before_birth", "row", "2013-01-09"),
        ("person_records", 2, "dob", "born_after_events", "cell", "2025-05-01"),
    ]


@pytest.mark.parametrize(("good", "doubted"), [(38, True), (39, False)])
def test_two_slips_among_many_rows_do_not_cast_doubt_on_a_birth_date(good: int, doubted: bool) -> None:
    slips = [mark("1", dt.date(2013, 1, 9)), mark("1", dt.date(2013, 1, 10))]
    marks = [mark("1", dt.date(2023, 1, 9) + dt.timedelta(days=day)) for day in range(good)]
    rows = {
        "person_records": whole("person_records", [person("1", dt.date(2015, 5, 1))]),
        "attendance": whole("attendance", slips + marks),
    }
    kept, noted, _ = linked(rows)
    assert len(kept["attendance"]) == good + (2 if doubted else 0)
    assert {rule for _, _, _, rule, _, _ in noted} == {"born_after_events" if doubted else "before_birth"}


def test_a_child_may_be_on_record_before_birth_and_in_a_spell_of_the_household() -> None:
    born = dt.date(2020, 10, 27)
    unborn = [mark("1", born - dt.timedelta(days=300), "care"), mark("2", born - dt.timedelta(days=301), "care")]
    spell = {"file": "s", "source": "care", "record_id": "1", "event_date": dt.date(2010, 1, 1)}
    spells = [
        {**spell, "recorded_on": dt.date(2021, 1, 1), "to_date": None},
        {**spell, "recorded_on": dt.date(2010, 1, 1), "to_date": dt.date(2022, 1, 1)},
        {**spell, "recorded_on": dt.date(2021, 1, 1), "to_date": dt.date(2012, 1, 1)},
    ]
    rows = {
        "person_records": whole("person_records", [person("1", born, "care"), person("2", born, "care")]),
        "contacts": whole("contacts", unborn),
        "disability_markers": whole("disability_markers", spells),
    }
    kept, _, _ = linked(rows)
    assert [row["record_id"] for row in kept["contacts"]] == ["1"]
    assert [row["part_row"] for row in kept["disability_markers"]] == [1, 2]


def test_without_any_parts_there_is_nothing_to_judge() -> None:
    kept, noted, linker = linked({"attendance": []})
    assert (kept["attendance"], noted, linker.links.references) == ([], [], [])


# --- the stage ---------------------------------------------------------------------------------------


def marks_of(root: Path, pupils: str, marks: str, source: str = "schools") -> tuple[RunFolder, dict[str, Any]]:
    """Run the stage over a school census and a file of marks; the run and its summary."""
    put(root / "in", "pupils.csv", "upn,seen\n" + "".join(f"{upn},2023-01-01\n" for upn in pupils))
    put(root / "in", "marks.csv", "upn,day\n" + "".join(f"{upn},2023-01-{9 + n:02}\n" for n, upn in enumerate(marks)))
    person = {"table": "person_records", "key": ["upn"], "columns": {"recorded_on": "seen"}}
    columns = {"event_date": "day", "recorded_on": "day", "session": {"constant": "AM"}, "code": {"constant": "L"}}
    mark = {"table": "attendance", "key": ["upn"], "columns": columns}
    run = sources(
        root / "run",
        {"name": "pupils", "source": source, "files": ["pupils.csv"], "tables": [person]},
        {"name": "marks", "source": "schools", "files": ["marks.csv"], "tables": [mark]},
        folder=root / "in",
        max_bad_share=0.0,
    )
    return run, json.loads((run.root / "sources" / "summary.json").read_text(encoding="utf-8"))


def test_unlinked_rows_stop_no_run_and_are_counted_apart(tmp_path: Path) -> None:
    run, summary = marks_of(tmp_path, "abc", "aabz")
    assert [row["record_id"] for row in read(run, ATTENDANCE)] == ["a", "a", "b"]
    assert [(q["file"], q["row"], q["rule"], q["value"]) for q in read(run, QUARANTINE)] == [
        ("marks.csv", 4, "no_such_person", "z")
    ]
    (marks,) = [file["tables"]["attendance"] for file in summary["files"] if file["file"] == "marks.csv"]
    assert (marks["rows"], marks["accepted"], marks["rejected"]) == (4, 3, 0)
    assert marks["unlinked"] == {"record_id: no_such_person": 1}
    assert summary["warnings"] == []


def test_a_key_that_fits_nobody_is_told_loudly_and_without_a_value(tmp_path: Path) -> None:
    _, summary = marks_of(tmp_path, "abc", "xyza")
    (told,) = summary["warnings"]
    for part in ("'schools'", "attendance", "3 of 4 rows", "record_id", "person_records"):
        assert part in told
    assert "'x'" not in told


def test_a_source_without_a_register_is_told_once_and_loses_no_row(tmp_path: Path) -> None:
    run, summary = marks_of(tmp_path, "abc", "xyza", source="census")
    assert len(read(run, ATTENDANCE)) == 4 and read(run, QUARANTINE) == []
    (told,) = summary["warnings"]
    for part in ("'schools'", "4 of attendance", "no row of person_records", "same source"):
        assert part in told
    assert summary["without_register"] == [{"source": "schools", "table": "attendance"}]
    told_of = json.loads((run.root / "sources" / "data_quality.json").read_text(encoding="utf-8"))
    assert told_of["without_register"] == summary["without_register"]

"""An index that is not fit is refused with exit 3; what was published stays, and why is kept."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from early_help import cli
from residents.config import ResidentsConfig
from residents.quality.checks import STOPPED, refuse_narrow_blocking, refuse_unfit_people
from store.errors import InputRejected
from store.files import file_hash, read_json
from tests.residents.rooms import DAY, index, record

NAMES = ("Ada", "Ben", "Cem", "Dov", "Eve", "Fay", "Gus", "Hal", "Ivo", "Jan")
SURNAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Holly", "Ivy", "Juniper", "Kapok")


def clustered(sources: list[str], labels: list[int]) -> duckdb.DuckDBPyConnection:
    """One version for each key: the system it is of, and the person it was put to."""
    con = duckdb.connect()
    places = list(range(1, len(sources) + 1))
    con.register("version_rows", pa.table({"version": places, "subject": places, "source": sources}))
    con.register("cluster_rows", pa.table({"version": places, "label": labels}))
    con.execute("CREATE TABLE versions AS FROM version_rows")
    con.execute("CREATE TABLE clusters AS FROM cluster_rows")
    return con


TWO_SYSTEMS = ["housing", "library"] * 60
LIMITS = ResidentsConfig(train_minimum=100, largest_cluster=80)


@pytest.mark.parametrize(
    ("sources", "labels", "message"),
    [
        (TWO_SYSTEMS, list(range(120)), "Not one person was found in two systems, of 120 keys in 2 systems"),
        (TWO_SYSTEMS, [0] * 70 + list(range(1, 51)), "One person would hold 70 of all 120 keys"),
        (TWO_SYSTEMS, [0] * 81 + list(range(1, 40)), "One person would hold 81 keys .* plausible is 80"),
    ],
    ids=["nothing was linked", "all were", "one person is implausible"],
)
def test_people_nobody_could_be_are_refused(sources: list[str], labels: list[int], message: str) -> None:
    with pytest.raises(InputRejected, match=message) as caught:
        refuse_unfit_people(clustered(sources, labels), LIMITS)
    assert STOPPED.as_posix() in caught.value.fix


@pytest.mark.parametrize(
    ("sources", "labels"),
    [
        (TWO_SYSTEMS, [place // 2 for place in range(120)]),
        (["housing"] * 120, list(range(120))),
        (TWO_SYSTEMS[:40], list(range(40))),
        ([], []),
    ],
    ids=["linked", "one system alone", "too few to judge", "nobody"],
)
def test_people_who_can_be_are_not_refused(sources: list[str], labels: list[int]) -> None:
    con = clustered(sources, labels)
    refuse_unfit_people(con, LIMITS)
    assert con.sql("SELECT count(*) FROM clusters").fetchall() == [(len(sources),)]


@pytest.mark.parametrize(
    ("recall", "refused"),
    [
        (None, False),
        ({"value": 0.95, "low": 0.94, "high": 0.96}, False),
        ({"value": 0.85, "low": 0.6, "high": 0.95}, False),
        ({"value": 0.85, "low": 0.84, "high": 0.86}, True),
    ],
)
def test_blocking_is_refused_only_where_it_is_known_to_be_too_narrow(
    recall: dict[str, float] | None, refused: bool
) -> None:
    if not refused:
        refuse_narrow_blocking(recall, 0.9)
        return
    with pytest.raises(InputRejected, match=r"85\.0%.*90\.0%") as caught:
        refuse_narrow_blocking(recall, 0.9)
    assert "blocking_recall_floor" in caught.value.where


@pytest.mark.parametrize(("found", "refused"), [(0.75, False), (0.83, False), (0.55, True)])
def test_the_floor_lets_a_poor_extract_be_and_stops_a_broken_one(found: float, refused: bool) -> None:
    """A system without birth dates, a messy borough, and names in the wrong columns: all are known closely."""
    recall = {"value": found, "low": found - 0.01, "high": found + 0.01}
    with pytest.raises(InputRejected) if refused else contextlib.nullcontext():
        refuse_narrow_blocking(recall, ResidentsConfig().blocking_recall_floor)


def test_a_narrow_blocking_stops_the_stage_before_anything_is_written(tmp_path: Path) -> None:
    """Every two records of one NINO differ in all that blocking goes by, save the birth date of some."""
    rows = []
    for number, (name, surname) in enumerate((n, s) for n in NAMES for s in SURNAMES):
        nino = f"AB{number:06d}C"
        born = DAY(1950 + number % 40, 1 + number % 12, 13 + number % 15)
        rows += [
            record("a", str(number), name, surname, nino=nino, dob=born),
            record("b", str(number), name, "Unlike", nino=nino, dob=born.replace(year=born.year + 7)),
        ]
    with pytest.raises(InputRejected, match="Blocking brings together"):
        index(tmp_path, rows, ResidentsConfig(blocking_recall_floor=1.0))
    assert not (tmp_path / "identifiable" / "residents" / "people.parquet").exists()
    assert index(tmp_path / "lower", rows, ResidentsConfig(blocking_recall_floor=0.0)).rows("people")


COUNCIL = """
[council]
name = "Testborough"
extract_date = 2026-09-07
covers_from = 2022-09-01
covers_to = 2026-08-31

[sources]
folder = "extracts"

[residents]
{residents}

[[extracts]]
name = "tenants"
source = "housing"
files = ["tenants.csv"]

[[extracts.tables]]
table = "person_records"
key = ["Key"]

[extracts.tables.columns]
forename = "First"
surname = "Last"
dob = "Born"
recorded_on = "Entered"
"""


def job(folder: Path, rows: list[str], residents: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the job up to the residents through the command line, and return its exit code."""
    (folder / "extracts").mkdir(exist_ok=True, parents=True)
    (folder / "extracts" / "tenants.csv").write_text(
        "\n".join(["Key,First,Last,Born,Entered", *rows]), encoding="utf-8"
    )
    council = folder / "council.toml"
    council.write_text(COUNCIL.format(residents=residents), encoding="utf-8")
    arguments = ["early-help", "run", str(council), "--out", str(folder / "run"), "--until", "residents"]
    monkeypatch.setattr(sys, "argv", arguments)
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


CROWD = [f"{number},Tess,Record,1980-03-02,2024-01-01" for number in range(12)]


@pytest.mark.parametrize(
    ("rows", "residents", "message"),
    [
        (CROWD, "largest_cluster = 10", "12 keys"),
    ],
    ids=["an implausible person"],
)
def test_the_command_refuses_with_exit_3_and_leaves_what_was_published(
    rows: list[str],
    residents: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert job(tmp_path, rows[:5], "", monkeypatch) == 0
    published = tmp_path / "run" / "identifiable" / "residents"
    before = {path.name: file_hash(path) for path in published.glob("*.parquet")}
    assert len(before) >= 7

    assert job(tmp_path, rows, residents, monkeypatch) == 3
    told = capsys.readouterr()
    assert message in told.err and "Where: " in told.err and "What to do: " in told.err
    assert "Record" not in told.err
    assert {path.name: file_hash(path) for path in published.glob("*.parquet")} == before
    kept = read_json(tmp_path / "run" / STOPPED / "quality.json")
    assert message in kept["refused"]["message"]
    assert kept["records_by_system"] == [
        {"source": "housing", "rows": len(rows), "keys": len(rows)}
        | {"with_forename": len(rows), "with_surname": len(rows), "with_dob": len(rows)}
    ]

    assert job(tmp_path, rows[:6], "", monkeypatch) == 0
    assert not (tmp_path / "run" / STOPPED).exists()

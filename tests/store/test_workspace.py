"""A stage reads and writes what it declared, and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from store.council import RunSettings, Section
from store.files import file_hash
from store.keys import Purpose
from store.run_folder import connect, relative_path
from store.table import Table, Zone, date, integer, text
from store.workspace import NotDeclared, Stage, Workspace, open_sealed
from tests.support import KEYS, put_table, run_stage

OPEN = Table("plain", "features", Zone.ANALYSIS, "", (text("id", ""), integer("n", "")), ("id",))
HIDDEN = Table("protected", "residents", Zone.PROTECTED, "", (text("id", ""),), ("id",))
SEALED = Table("scores", "models", Zone.SEALED, "", (text("id", ""), date("day", "")), ("id",), per_target=True)


class Settings(Section):
    size: int = 3


def stage(run, **declared) -> Stage:  # type: ignore[no-untyped-def]
    given = {"reads": (), "writes": (), "sections": (), **declared}
    return Stage(name="trial", room="models", run=run, **given)


def test_tables_have_their_place_by_zone() -> None:
    assert relative_path(OPEN).as_posix() == "features/plain.parquet"
    assert relative_path(HIDDEN).as_posix() == "protected/residents/protected.parquet"
    assert relative_path(SEALED, "under_the_radar").as_posix() == "models/under_the_radar/scores.parquet.sealed"


@pytest.mark.parametrize("target", ["../x", "a/b", "", "A", "a b", "."])
def test_a_targets_name_cannot_leave_its_folder(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        relative_path(SEALED, target)


@pytest.mark.parametrize(
    "act",
    [
        lambda work: work.read(OPEN),
        lambda work: work.path(HIDDEN),
        lambda work: work.read_sealed(SEALED, "a"),
        lambda work: work.write(OPEN, pa.table({"id": ["a"], "n": [1]})),
        lambda work: work.section(Settings),
        lambda work: work.document("features/catalogue.json"),
        lambda work: work.write_document("features/x.json", {}),
        lambda work: work.write_document("models/../x.json", {}),
        lambda work: work.keys(Purpose.SEAL),
    ],
)
def test_nothing_undeclared_can_be_touched(act, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotDeclared):
        run_stage(stage(act), tmp_path)


def test_a_declared_sealed_table_is_closed_to_a_stage_that_may_not_unseal(tmp_path: Path) -> None:
    def write(work: Workspace) -> None:
        work.write(SEALED, pa.table({"id": ["a"], "day": [dt.date(2026, 3, 31)]}), "a")

    run = run_stage(stage(write, writes=(SEALED,)), tmp_path)
    with pytest.raises(NotDeclared):
        run_stage(stage(lambda work: work.read_sealed(SEALED, "a"), reads=(SEALED,)), tmp_path)
    with pytest.raises(NotDeclared):
        run_stage(stage(lambda work: work.path(SEALED, "a"), reads=(SEALED,)), tmp_path)
    assert open_sealed(run, KEYS, SEALED, "a").to_pylist() == [{"id": "a", "day": dt.date(2026, 3, 31)}]
    assert b"PAR1" not in run.path(SEALED, "a").read_bytes()


def test_the_declared_order_and_types_win_and_relations_are_streamed(tmp_path: Path) -> None:
    def write(work: Workspace) -> None:
        con = work.connect()
        con.execute("CREATE TABLE t AS SELECT 3::TINYINT AS n, 'a' AS id")
        assert work.write(OPEN, con.table("t")) == 1

    run = run_stage(stage(write, writes=(OPEN,)), tmp_path)
    assert pa.parquet.read_table(run.path(OPEN)).schema == pa.schema([("id", pa.string()), ("n", pa.int64())])


@pytest.mark.parametrize("columns", [{"id": ["a"]}, {"id": ["a"], "n": [1], "extra": [1]}])
def test_missing_or_further_columns_are_a_defect(columns: dict[str, list[object]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing"):
        run_stage(stage(lambda work: work.write(OPEN, pa.table(columns)), writes=(OPEN,)), tmp_path)


def test_an_empty_table_is_written_with_its_columns(tmp_path: Path) -> None:
    put_table(run_stage(stage(lambda work: None), tmp_path), OPEN, [])
    assert pa.parquet.read_table(tmp_path / "features/plain.parquet").column_names == ["id", "n"]


def test_the_engine_writes_the_same_bytes_on_one_thread_and_two(tmp_path: Path) -> None:
    hashes = set()
    for threads in (1, 2):
        out = tmp_path / str(threads)

        def write(work: Workspace) -> None:
            con = work.connect()
            sql = "SELECT printf('%07d', (i * 7919) % 400000) AS id, i AS n FROM range(400000) t(i) ORDER BY id, n"
            work.write(OPEN, con.sql(sql))

        run = run_stage(stage(write, writes=(OPEN,)), out, settings=RunSettings(threads=threads))
        hashes.add(file_hash(run.path(OPEN)))
    assert len(hashes) == 1


def test_the_engine_loads_no_extension_from_anywhere(tmp_path: Path) -> None:
    con = connect(RunSettings(), tmp_path)
    with pytest.raises(duckdb.Error):
        con.execute("SELECT * FROM read_csv('https://example.invalid/a.csv')")

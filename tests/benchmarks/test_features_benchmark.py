"""The features benchmark measures what it says: real tables in real order, and a rival plan that gives the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.features import pages
from benchmarks.features.as_of_join import joined_as_of
from benchmarks.features.history import AS_OFS, make_history
from benchmarks.features.worker import columns_read
from features.buckets import Buckets
from features.duckdb_backend import DuckDBBackend
from features.engine import compute
from features.library import library
from features.stage import STAGE
from features.values import names_of
from features.world import World
from residents.tables import FAMILIES
from sources.tables import ATTENDANCE, RENT_TRANSACTIONS
from store.run_folder import RunFolder

SIZE = 40


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, int]]:
    folder = tmp_path_factory.mktemp("history")
    return RunFolder(folder), make_history(folder, SIZE)


def test_every_table_of_the_stage_is_there_as_the_stages_before_write_it(
    history: tuple[RunFolder, dict[str, int]],
) -> None:
    run, rows = history
    assert rows.keys() == {table.name for table in STAGE.reads}
    for table in STAGE.reads:
        found = pq.read_table(run.path(table), partitioning=None)
        assert found.schema == table.arrow_schema()
        assert found.num_rows == rows[table.name] > 0
        order = pa.table([found[name] for name in table.sort], names=table.sort).to_pylist()
        assert order == sorted(order, key=_nulls_last), table.name
        for column in table.columns:
            values = found[column.name]
            assert not column.required or values.null_count == 0, (table.name, column.name)
            if column.codes and pa.types.is_string(values.type):
                assert {v for v in values.unique().to_pylist() if v is not None} <= set(column.codes)


def _nulls_last(row: dict[str, Any]) -> list[tuple[bool, Any]]:
    return [(value is None, "" if value is None else value) for value in row.values()]


def test_it_has_what_makes_histories_hard(history: tuple[RunFolder, dict[str, int]]) -> None:
    run, rows = history
    assert 1_500 < rows["attendance"] / SIZE < 1_900
    assert rows["rent_transactions"] / SIZE == 100
    with duckdb.connect() as con:
        con.read_parquet(str(run.path(FAMILIES))).create_view("family")
        con.read_parquet(str(run.path(ATTENDANCE))).create_view("mark")
        spells, people, beside, late = con.sql(
            "SELECT count(*), count(DISTINCT person_id), (SELECT count(*) FROM family AS a JOIN family AS b USING "
            "(person_id) WHERE a.family_id < b.family_id AND a.to_date IS NULL AND b.to_date IS NULL), "
            "(SELECT count_if(recorded_on > event_date) FROM mark) FROM family"
        ).fetchall()[0]
    assert 1.15 < spells / people < 1.45
    assert beside > 0
    assert 0.01 < late / rows["attendance"] < 0.1


def test_one_seed_gives_the_same_bytes_and_another_does_not(
    history: tuple[RunFolder, dict[str, int]], tmp_path: Path
) -> None:
    run, _ = history
    again, other = RunFolder(tmp_path / "again"), RunFolder(tmp_path / "other")
    make_history(again.root, SIZE)
    make_history(other.root, SIZE, seed=2)
    for table in STAGE.reads:
        assert again.path(table).read_bytes() == run.path(table).read_bytes(), table.name
    assert other.path(RENT_TRANSACTIONS).read_bytes() != run.path(RENT_TRANSACTIONS).read_bytes()


def test_the_join_by_as_of_date_gives_what_the_engine_gives(
    history: tuple[RunFolder, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = history
    chosen = [f for f in library() if f.subject in ("rent", "referrals", "attendance") and not list(names_of(f.value))]
    assert len(chosen) > 40

    def answers() -> list[list[tuple[Any, ...]]]:
        with duckdb.connect(config={"threads": 1}) as con:
            computed = compute(World(DuckDBBackend(con, run.path), AS_OFS), chosen)
            return [
                frame.sort(*frame.columns[:3]).to_native().fetchall()
                for frame in (computed.families, computed.children)
            ]

    ours = answers()
    calls: list[str] = []

    def rolled(self: Any, _: Any) -> Any:
        calls.append(self._stream.name)
        return joined_as_of(self._world, self._stream, self.names, self._key)

    monkeypatch.setattr(Buckets, "_buckets", lambda self: None)
    monkeypatch.setattr(Buckets, "_rollup", rolled)
    assert answers() == ours
    assert {"attendance", "rent_transactions", "contacts_per_event_date"} <= set(calls)
    assert any(value is not None for row in ours[1] for value in row[3:])


def test_the_bare_scan_reads_the_columns_that_features_ask_for() -> None:
    read = columns_read()
    assert set(read[ATTENDANCE]) == set(ATTENDANCE.column_names) - {"session"}
    assert set(STAGE.reads) >= set(read)
    for table, columns in read.items():
        assert set(columns) <= set(table.column_names)


def test_a_section_measured_again_takes_the_place_of_the_old_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RESULTS", tmp_path / "features.md")
    pages.keep({"Growth": "old", "At borough size": "cost"})
    pages.keep({"Growth": "new"})
    text = (tmp_path / "features.md").read_text(encoding="utf-8")
    assert "old" not in text
    assert text.index("## At borough size\n\ncost") < text.index("## Growth\n\nnew")

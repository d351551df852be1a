"""The same features on Spark and on DuckDB, to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.config import FeaturesConfig
from features.spark_backend import SparkBackend
from features.stage import STAGE
from features.tables import TABLES
from features.world import World
from store.council import Engine, RunSettings
from store.errors import UsageError
from store.files import file_hash
from store.key_file import KEY_FILE_VARIABLE
from store.spark import spark_session
from tests.features.dense import AS_OFS, SEEDS, dense
from tests.features.engines import answers, computed, put_tables
from tests.features.test_engine_against_reference import PROBES, differences
from tests.support import run_stage

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from early_help.cli import main; main()"]
HOSTILE = "a run, of [one] engine's {own} *"
"""A folder of which every other character means something to one of the engines."""

Answers = tuple[dict[Any, dict[str, Any]], ...]


def test_without_spark_the_stage_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.spark.find_spec", lambda name: None)
    put_tables(tmp_path, {})
    with pytest.raises(UsageError, match="pyspark") as caught:
        run_stage(STAGE, tmp_path, FeaturesConfig(engine=Engine.SPARK, as_of=AS_OFS))
    assert caught.value.where == "--engine spark"


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """A probe of every reducer, roll and measure on a dense history, by DuckDB and by Spark. A borough has the library:
    what Spark takes is the time to plan a query, however few its rows."""
    root = tmp_path_factory.mktemp("histories") / HOSTILE
    one = computed("duckdb", root / "one", dense(SEEDS[0]), PROBES, AS_OFS)
    run = put_tables(root / "two", dense(SEEDS[0]))
    with spark_session(RunSettings(), root / "work", parts=1) as session:
        two = answers(World(SparkBackend(session, run.path, root / "kept"), AS_OFS), PROBES)
    return one, two


@pytest.mark.spark
@pytest.mark.parametrize("level", [0, 1], ids=["families", "children"])
def test_every_probe_is_the_same_on_a_history(histories: tuple[Answers, Answers], level: int) -> None:
    one, two = (answer[level] for answer in histories)
    assert len(one) > 12
    assert differences(two, one) == []
    assert all({type(value) for value in row.values()} <= {float, type(None)} for row in two.values())


def early_help(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, KEY_FILE_VARIABLE: str(folder / "key" / "master.key"), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.spark
def test_a_borough_run_on_spark_has_the_same_bytes(tmp_path: Path) -> None:
    """A run on DuckDB, and then its features again on Spark: nothing else is done again."""
    early_help(tmp_path, "synth", "--families", "60", "--out", "borough", "--truth", "truth")
    council = tmp_path / "borough" / "council.toml"
    dates = "\n[features]\nas_of = [2025-02-28, 2026-03-31]\n"
    council.write_text(council.read_text(encoding="utf-8") + dates, encoding="utf-8", newline="\n")
    run = ("run", str(council), "--out", HOSTILE, "--until", "features")
    early_help(tmp_path, *run)
    folder = tmp_path / HOSTILE / "features"
    before = {path.name: file_hash(path) for path in sorted(folder.iterdir())}
    assert {f"{table.name}.parquet" for table in TABLES} < before.keys()
    assert all(pq.read_metadata(folder / f"{table.name}.parquet").num_rows > 50 for table in TABLES)
    council.write_text(council.read_text(encoding="utf-8") + 'engine = "spark"\n', encoding="utf-8", newline="\n")
    told = early_help(tmp_path, *run)
    assert told.count("up to date") == 2
    assert {path.name: file_hash(path) for path in sorted(folder.iterdir())} == before
    left_behind = [path for path in (tmp_path / HOSTILE / ".staging").rglob("*") if path.is_file()]
    assert left_behind == []

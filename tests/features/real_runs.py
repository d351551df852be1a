"""Whole runs for the features' tests: made, set back to a day, read by a careless engine, and cut down to families."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl

from features.definitions import Feature
from features.duckdb_backend import DuckDBBackend
from features.engine import compute
from features.polars_backend import PolarsBackend
from features.stage import STAGE
from features.world import FAMILY, PERSON, Backend, Beside, Frame, World
from sources.synthetic import generate
from store.run_folder import RunFolder
from store.table import Table

PROJECT = Path(__file__).resolve().parents[2]
Row = dict[str, Any]
DATED = tuple(table for table in STAGE.reads if "recorded_on" in table.column_names)


def indexed(config: Path, out: Path) -> RunFolder:
    """A council's run up to the residents index, by the command that a council would give."""
    command = [sys.executable, "-c", "from early_help.cli import main; main()", "run", str(config), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [*command, "--until", "residents"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return RunFolder(out)


def synthetic(folder: Path, families: int) -> RunFolder:
    generate(families, 7, folder / "borough", folder / "truth")
    return indexed(folder / "borough" / "council.toml", folder / "run")


# --- setting back ------------------------------------------------------------------------------------------


def set_back(run: RunFolder, root: Path, as_of: dt.date) -> RunFolder:
    """The run's tables as they stood at the start of ``as_of``: rows and ends not yet recorded are not there."""
    past = RunFolder(root)
    for table in STAGE.reads:
        past.path(table).parent.mkdir(parents=True, exist_ok=True)
        if table in DATED:
            _known(pl.scan_parquet(run.path(table)), table, as_of).collect().write_parquet(past.path(table))
        else:
            shutil.copyfile(run.path(table), past.path(table))
    return past


def _known(rows: pl.LazyFrame, table: Table, as_of: dt.date) -> pl.LazyFrame:
    rows = rows.filter(pl.col("recorded_on") < as_of)
    if "to_date" not in table.column_names:
        return rows
    noted = pl.max_horizontal("to_date", "recorded_on")
    has_note = "end_recorded_on" in table.column_names
    known = pl.coalesce("end_recorded_on", noted) if has_note else noted
    told = (pl.max_horizontal("to_date", known) < as_of).fill_null(False)
    ends = ["to_date", "end_recorded_on"] if has_note else ["to_date"]
    return rows.with_columns(pl.when(told).then(pl.col(end)).alias(end) for end in ends)


def with_delays(run: RunFolder, root: Path) -> RunFolder:
    """The run with half the rows of every table, and half the ends of the others, recorded 600 days later."""
    slow = RunFolder(root)
    later = pl.duration(days=600)
    for table in STAGE.reads:
        slow.path(table).parent.mkdir(parents=True, exist_ok=True)
        rows = pl.scan_parquet(run.path(table)).with_row_index("place")
        if table in DATED:
            odd = pl.col("place") % 2 == 1
            rows = rows.with_columns(pl.when(odd).then(pl.col("recorded_on") + later).otherwise("recorded_on"))
        if "end_recorded_on" in table.column_names:
            noted = pl.coalesce("end_recorded_on", pl.max_horizontal("to_date", "recorded_on"))
            ended = (pl.col("place") % 2 == 0) & pl.col("to_date").is_not_null()
            rows = rows.with_columns(end_recorded_on=pl.when(ended).then(noted + later).otherwise("end_recorded_on"))
        rows.drop("place").collect().write_parquet(slow.path(table))
    return slow


@dataclass(frozen=True)
class Careless:
    """A data engine that takes everything in one table for known since the beginning of time."""

    honest: Backend
    table: Table

    def scan(self, table: Table, columns: Sequence[str]) -> Frame:
        frame = self.honest.scan(table, columns)
        told = [column for column in ("recorded_on", "end_recorded_on") if column in columns]
        if table.name != self.table.name or not told:
            return frame
        always = [nw.when(~nw.col(column).is_null()).then(nw.lit(0, nw.Int64)).alias(column) for column in told]
        return frame.with_columns(*always)

    def small(self, rows: dict[str, list[int]]) -> Frame:
        return self.honest.small(rows)

    def keep(self, frame: Frame) -> Frame:
        return self.honest.keep(frame)

    def beside(self, keys: Sequence[str]) -> Beside:
        return self.honest.beside(keys)


# --- answers ----------------------------------------------------------------------------------------------


def backend(name: str, run: RunFolder) -> Backend:
    return PolarsBackend(run.path) if name == "polars" else DuckDBBackend(duckdb.connect(), run.path)


def answers(
    engine: Backend, features: Sequence[Feature], as_ofs: Iterable[dt.date], as_of: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Families, children and members at one of the as-of dates, by the ids of the residents index."""
    world = World(engine, tuple(as_ofs))
    result = compute(world, features)
    families, people = _polars(world.families), _polars(world.people).select(PERSON, "person_id")
    found = []
    for frame in (result.families, result.children, world.members):
        rows = _polars(frame).filter(pl.col("as_of") == world.as_ofs.index(as_of)).join(families, on=FAMILY)
        ids = ["family_id"]
        if PERSON in rows.columns:
            rows, ids = rows.join(people, on=PERSON).drop(PERSON), ["family_id", "person_id"]
        found.append(rows.drop("as_of", FAMILY).sort(ids))
    return found[0], found[1], found[2]


def _polars(frame: Frame) -> pl.DataFrame:
    table = pl.from_arrow(frame.collect(backend="pyarrow").to_native())
    assert isinstance(table, pl.DataFrame)
    return table


# --- a sample of families ---------------------------------------------------------------------------------

_RECORD, _GROUP = ["source", "record_id"], ["source", "group_type", "group_id"]


def families_of(run: RunFolder, sample: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
    """For each family the rows of every table that may reach it, and more; by the names of the tables."""
    tables = {table.name: pl.scan_parquet(run.path(table)) for table in STAGE.reads}
    members = tables["families"].filter(pl.col("family_id").is_in(list(sample))).collect()
    persons = members.select("person_id").unique()
    keys = _matching(tables["record_person"], persons, ["person_id"]).select(_RECORD).unique()
    groups = _matching(tables["group_members"], keys, _RECORD).select(_GROUP).unique()
    listed = _matching(tables["group_members"], groups, _GROUP)
    all_keys = pl.concat([keys, listed.select(_RECORD)]).unique()
    near = {
        "families": members,
        "group_members": listed,
        "record_person": _matching(tables["record_person"], all_keys, _RECORD),
    }
    near["people"] = _matching(
        tables["people"], pl.concat([near["record_person"], members], how="diagonal"), ["person_id"]
    )
    for name, rows in tables.items():
        if name not in near and name != "pseudonyms":
            near[name] = _reaching(rows, persons, all_keys, groups)
    return {family: _of_one(near, family) for family in sample}


def _reaching(rows: pl.LazyFrame, persons: pl.DataFrame, keys: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    names = rows.collect_schema().names()
    if "person_id" in names:
        return _matching(rows, persons, ["person_id"])
    by_key = [_matching(rows, keys, _RECORD)] if "record_id" in names else []
    by_group = [_matching(rows, groups, _GROUP)] if "group_id" in names else []
    return pl.concat([*by_key, *by_group])


def _matching(rows: pl.LazyFrame | pl.DataFrame, wanted: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    return rows.lazy().join(wanted.lazy(), on=on, how="semi").collect()


def _of_one(near: dict[str, pl.DataFrame], family: str) -> dict[str, list[Row]]:
    members = near["families"].filter(pl.col("family_id") == family)
    persons = members.select("person_id").unique()
    keys = _matching(near["record_person"], persons, ["person_id"]).select(_RECORD).unique()
    groups = _matching(near["group_members"], keys, _RECORD).select(_GROUP).unique()
    listed = _matching(near["group_members"], groups, _GROUP)
    all_keys = pl.concat([keys, listed.select(_RECORD)]).unique()
    mine = {name: _reaching(rows, persons, all_keys, groups) for name, rows in near.items() if name not in _WHO}
    record_person = _matching(near["record_person"], all_keys, _RECORD)
    mine |= {"families": members, "group_members": listed, "record_person": record_person, "people": near["people"]}
    return {name: rows.to_dicts() for name, rows in mine.items()}


_WHO = ("families", "group_members", "record_person", "people")

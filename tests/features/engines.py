"""Run the real engine on rows of a test, on either backend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from features.definitions import Feature
from features.duckdb_backend import DuckDBBackend
from features.engine import compute
from features.polars_backend import PolarsBackend
from features.stage import STAGE
from features.world import Backend, World
from store.run_folder import RunFolder
from tests.support import put_table

Row = dict[str, Any]
BACKENDS = ("duckdb", "polars")
TABLES = {table.name: table for table in STAGE.reads}


def put_tables(root: Path, tables: dict[str, list[Row]]) -> RunFolder:
    """Write every table the stage reads; those not given are empty."""
    run = RunFolder(root)
    for name, table in TABLES.items():
        put_table(run, table, tables.get(name, []))
    return run


def backend(name: str, run: RunFolder) -> Backend:
    if name == "polars":
        return PolarsBackend(run.path)
    return DuckDBBackend(duckdb.connect(config={"threads": 2}), run.path)


def world_of(name: str, root: Path, tables: dict[str, list[Row]], as_ofs: Iterable[dt.date]) -> World:
    return World(backend(name, put_tables(root, tables)), tuple(as_ofs))


def computed(
    name: str, root: Path, tables: dict[str, list[Row]], features: Sequence[Feature], as_ofs: Iterable[dt.date]
) -> tuple[dict[Any, Row], dict[Any, Row]]:
    """Families by (as_of, family_id) and children by (as_of, person_id, family_id)."""
    return answers(world_of(name, root, tables, as_ofs), features)


def answers(world: World, features: Sequence[Feature]) -> tuple[dict[Any, Row], dict[Any, Row]]:
    """What the engine finds in a world, as `computed` gives it."""
    result = compute(world, features)
    families = {row["family"]: row["family_id"] for row in rows_of(world.families)}
    people = {row["person"]: row["person_id"] for row in rows_of(world.people)}
    by_family, by_child = {}, {}
    for row in rows_of(result.families):
        as_of, family = world.as_ofs[row.pop("as_of")], families[row.pop("family")]
        assert (as_of, family) not in by_family
        by_family[as_of, family] = row
    for row in rows_of(result.children):
        as_of = world.as_ofs[row.pop("as_of")]
        key = as_of, people[row.pop("person")], families[row.pop("family")]
        assert key not in by_child
        by_child[key] = row
    return by_family, by_child


def rows_of(frame: Any) -> list[Row]:
    return frame.collect(backend="pyarrow").to_native().to_pylist()

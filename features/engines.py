"""Where features are computed: the one thing that the choice of an engine changes.

Whatever computes them, DuckDB names, sorts and writes what was found.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import narwhals as nw
import pyarrow.parquet as pq

from features.definitions import Feature
from features.duckdb_backend import DuckDBBackend
from features.engine import compute
from features.milestones import milestones
from features.schoolmates import schoolmates
from features.spark_backend import SparkBackend
from features.world import Backend, Frame, World
from store.council import Engine
from store.spark import spark_session
from store.workspace import Workspace

_ROWS_A_PART = 1_000_000


@dataclass(frozen=True)
class Found:
    """What is written, as frames of DuckDB, with people and families as whole numbers and dates as days."""

    family_features: Frame
    child_features: Frame
    members: Frame
    steps: Frame
    schoolmates: Frame
    people: Frame
    """Which number is which person."""

    families: Frame
    """Which number is which family."""


def find(
    engine: Engine,
    work: Workspace,
    connection: duckdb.DuckDBPyConnection,
    as_ofs: Sequence[dt.date],
    features: Sequence[Feature],
) -> Found:
    """Compute every feature at every as-of date, and the steps of each person.

    Raises UsageError when Spark is asked for and missing, or dies.
    """
    if engine is Engine.SPARK:
        return _found_on_spark(work, connection, as_ofs, features)
    return _found(DuckDBBackend(connection, work.path), as_ofs, features)


def _found(backend: Backend, as_ofs: Sequence[dt.date], features: Sequence[Feature]) -> Found:
    world = World(backend, as_ofs)
    computed = compute(world, features)
    steps, mates = milestones(world), backend.keep(schoolmates(world))
    return Found(computed.families, computed.children, world.members, steps, mates, world.people, world.families)


def _found_on_spark(
    work: Workspace, connection: duckdb.DuckDBPyConnection, as_ofs: Sequence[dt.date], features: Sequence[Feature]
) -> Found:
    folder = work.scratch / "spark"
    most = max(pq.read_metadata(work.path(table)).num_rows for table in work.stage.reads)
    parts = max(work.settings.threads, math.ceil(most / _ROWS_A_PART))
    with spark_session(work.settings, folder / "work", parts) as session:
        backend = SparkBackend(session, work.path, folder / "kept")
        found = _found(backend, as_ofs, features)
        for field in fields(Found):
            backend.write(getattr(found, field.name), folder / field.name)
    return Found(*[_read(connection, folder / field.name) for field in fields(Found)])


def _read(connection: duckdb.DuckDBPyConnection, folder: Path) -> Frame:
    # Each file by its name: a pattern would not find a folder whose own name looks like one.
    frame: Frame = nw.from_native(connection.read_parquet(sorted(map(str, folder.glob("*.parquet")))))
    return frame

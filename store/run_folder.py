"""Where each table of a run lives, and the engine connection that reads it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from store.council import RunSettings
from store.errors import UsageError
from store.table import Table, Zone

_TARGET_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    root: Path

    def path(self, table: Table, target: str | None = None) -> Path:
        """The final path of a table (of one target, for a table that has one per target)."""
        return self.root / relative_path(table, target)

    @property
    def state(self) -> Path:
        """One JSON per finished stage."""
        return self.root / "state"

    @property
    def staging(self) -> Path:
        """Where a stage writes before its outputs are published."""
        return self.root / ".staging"


def relative_path(table: Table, target: str | None = None) -> Path:
    """A table's path within the run folder."""
    if table.per_target != (target is not None):
        raise ValueError(f"{table.name}: a target is needed exactly when the table has one per target")
    if target is not None and not _TARGET_NAME.fullmatch(target):
        raise ValueError("a target's name has lower-case letters, digits and underscores only")
    folder = Path(table.room) / target if target else Path(table.room)
    if table.zone is Zone.SEALED:
        return folder / f"{table.name}.parquet.sealed"
    return Path(table.zone.value) / folder / f"{table.name}.parquet"


@contextmanager
def own_scratch(run: RunFolder, purpose: str) -> Iterator[Path]:
    """A new folder in the run for what one look at it spills, whoever else looks; gone when it ends.

    Raises UsageError when this account may not write there.
    """
    try:
        run.staging.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=run.staging))
    except OSError as refused:
        raise UsageError(
            "This account may not write to the run folder, where rows wait that do not fit in memory.",
            where=str(run.staging),
            fix=f"Ask for the right to write there ({os.strerror(refused.errno or 0).lower()}).",
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connect(settings: RunSettings, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB connection that loads no extension and spills only to ``spill``."""
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": f"{settings.memory_gb}GB",
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # What is in memory alone has no log to write back; vacuuming as if it had costs most of a second a time.
            "checkpoint_threshold": "1TB",
        }
    )
    hide_progress(con)
    return con


def hide_progress(con: duckdb.DuckDBPyConnection) -> None:
    """Let the job alone show progress. In a notebook without widgets the engine shows none, and refuses to be told."""
    with suppress(duckdb.InvalidInputException):
        con.execute("SET enable_progress_bar = false")

"""Whether a run has what a feature reads: said before any engine is asked, in words of tables and columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from store.errors import UsageError
from store.table import Table

_RERUN = "Run the stages before features again."


def readable(path: Path, table: Table, columns: Iterable[str]) -> Path:
    """The path of a table in a run. Raises UsageError when it is not there, or lacks one of the columns."""
    if not path.exists():
        raise UsageError(f"The run has no table {table.name}.", where=f"{table.room}/{path.name}", fix=_RERUN)
    there = pq.read_schema(path).names
    absent = [column for column in columns if column not in there]
    if absent:
        where = f"{table.room}/{path.name}"
        raise UsageError(f"The run's table {table.name} has no column {absent[0]}.", where=where, fix=_RERUN)
    return path

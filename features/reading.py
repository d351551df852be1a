"""Reading tables: what features are made from, which a run may lack, and the features that other rooms are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from features.tables import CHILD_FEATURES, FAMILY_FEATURES, FAMILY_PREFIX
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


def feature_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Callable[[Table], Path]
) -> duckdb.DuckDBPyRelation:
    """The rows of one of the two feature tables, in no settled order.

    A child's row has, after its own features, those of its family at the same as-of date, as ``family_<name>``: the
    catalogue's ``columns`` go by these names. They are written once, for the family.
    """
    rows = connection.read_parquet(str(path(table)), hive_partitioning=False)
    if table is not CHILD_FEATURES:
        return rows
    families = connection.read_parquet(str(path(FAMILY_FEATURES)), hive_partitioning=False)
    keys = FAMILY_FEATURES.column_names
    named = [name if name in keys else FAMILY_PREFIX + name for name in families.columns]
    renamed = [duckdb.ColumnExpression(old).alias(new) for old, new in zip(families.columns, named)]
    return rows.join(families.select(*renamed), ", ".join(keys), how="left")

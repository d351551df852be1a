"""The engine the job runs on: DuckDB, reading Parquet through its own connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa

from features.periods import EPOCH
from features.reading import readable
from store.table import ColumnType, Table


class DuckDBBackend:
    """Tables of a run as lazy frames on one DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Callable[[Table], Path]) -> None:
        self._connection = connection
        self._path = path

    def scan(self, table: Table, columns: Sequence[str]) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Some columns of a table, dates as day numbers."""
        relation = self._connection.read_parquet(str(readable(self._path(table), table, columns)))
        dates = {column.name for column in table.columns if column.type is ColumnType.DATE}
        return nw.from_native(relation.select(*[_plain(name, name in dates) for name in columns]))

    def small(self, rows: dict[str, list[int]]) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """A small table of whole numbers."""
        table = pa.table({name: pa.array(values, pa.int64()) for name, values in rows.items()})
        return nw.from_native(self._connection.from_arrow(table))

    def keep(self, frame: nw.LazyFrame[duckdb.DuckDBPyRelation]) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Compute a frame once, because several others are made from it.

        It is held as an Arrow table: a table of the database would change the catalogue, at which every relation
        made before is bound again.
        """
        return nw.from_native(self._connection.from_arrow(frame.to_native().to_arrow_table()))

    def beside(self, keys: Sequence[str]) -> _Beside:
        """To put frames of the same rows side by side."""
        return _Beside(self._connection, keys)


class _Beside:
    """Columns of the same rows as one Arrow table, by whole numbers that name a row.

    A join would do as well, but at every step the engine would be asked about every column there is.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
        self._connection = connection
        self._keys = list(keys)
        self._table: pa.Table | None = None
        self._bases: dict[str, int] = {}

    def add(self, frame: nw.LazyFrame[duckdb.DuckDBPyRelation]) -> None:
        """Compute a frame of the same rows, in any order."""
        found = frame.to_native().to_arrow_table()
        if self._table is None:
            self._table = found.take(self._order(found))
            return
        if not all(found[key].equals(self._table[key]) for key in self._keys):
            found = found.take(self._order(found))
        for name in found.column_names:
            if name not in self._keys:
                self._table = self._table.append_column(name, found[name])

    def frame(self, columns: Sequence[str]) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """The keys and some of the columns, in the order of the keys."""
        if self._table is None:
            raise ValueError("nothing was put side by side yet")
        return nw.from_native(self._connection.from_arrow(self._table.select([*self._keys, *columns])))

    def _order(self, found: pa.Table) -> pa.Array:
        """By the keys taken as the digits of one number: to sort by each in turn takes ten times as long.

        They count from 0, so that the number fits as long as the rows fit into memory.
        """
        number = np.zeros(found.num_rows, np.int64)
        for key in self._keys:
            values = found[key].to_numpy()
            base = self._bases.setdefault(key, int(values.max(initial=0)) + 1)
            number = number * base + values
        return pa.array(np.argsort(number))


def _plain(name: str, is_date: bool) -> duckdb.Expression:
    column = duckdb.ColumnExpression(name)
    if not is_date:
        return column
    days = duckdb.FunctionExpression(
        "date_diff", duckdb.ConstantExpression("day"), duckdb.ConstantExpression(EPOCH), column
    )
    return days.cast(duckdb.type("BIGINT")).alias(name)

"""A second, independent engine: Polars in memory. It must give exactly what DuckDB gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import narwhals as nw
import polars as pl

from features.reading import readable
from store.table import ColumnType, Table


class PolarsBackend:
    """Tables of a run as lazy Polars frames."""

    def __init__(self, path: Callable[[Table], Path]) -> None:
        self._path = path

    def scan(self, table: Table, columns: Sequence[str]) -> nw.LazyFrame[pl.LazyFrame]:
        """Some columns of a table, dates as day numbers."""
        dates = {column.name for column in table.columns if column.type is ColumnType.DATE}
        chosen = [pl.col(name).to_physical().cast(pl.Int64) if name in dates else pl.col(name) for name in columns]
        return nw.from_native(pl.scan_parquet(readable(self._path(table), table, columns)).select(chosen))

    def small(self, rows: dict[str, list[int]]) -> nw.LazyFrame[pl.LazyFrame]:
        """A small table of whole numbers."""
        return nw.from_native(pl.LazyFrame(rows, schema=dict.fromkeys(rows, pl.Int64)))

    def keep(self, frame: nw.LazyFrame[pl.LazyFrame]) -> nw.LazyFrame[pl.LazyFrame]:
        """Compute a frame once, because several others are made from it."""
        return nw.from_native(frame.to_native().collect().lazy())

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

    def beside(self, keys: Sequence[str]) -> _Beside:
        """To put frames of the same rows side by side."""
        return _Beside(keys)


class _Beside:
    """Columns of the same rows as one frame in memory, in the order of the keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self._whole: pl.DataFrame | None = None

    def add(self, frame: nw.LazyFrame[pl.LazyFrame]) -> None:
        """Compute a frame of the same rows, in any order."""
        found = frame.to_native().collect().sort(self._keys)
        self._whole = found if self._whole is None else self._whole.hstack(found.drop(self._keys))

    def frame(self, columns: Sequence[str]) -> nw.LazyFrame[pl.LazyFrame]:
        """The keys and some of the columns."""
        if self._whole is None:
            raise ValueError("nothing was put side by side yet")
        return nw.from_native(self._whole.lazy().select(*self._keys, *columns))

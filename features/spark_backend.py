"""The same features on Spark, for more families than one machine holds. It must give exactly what DuckDB gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from features.reading import readable
from store.spark import read_parquet
from store.table import ColumnType, Table

_JOINS_AT_ONCE = 12


class SparkBackend:
    """Tables of a run as lazy frames of one Spark session. ``folder`` takes what is computed on the way."""

    def __init__(self, session: Any, path: Callable[[Table], Path], folder: Path) -> None:
        self._session = session
        self._path = path
        self._folder = folder
        self._kept = 0

    def scan(self, table: Table, columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """Some columns of a table, dates as day numbers."""
        from pyspark.sql import functions  # noqa: PLC0415 - an extra

        dates = {column.name for column in table.columns if column.type is ColumnType.DATE}
        chosen = [
            functions.unix_date(functions.col(name)).cast("bigint").alias(name) if name in dates else name
            for name in columns
        ]
        path = readable(self._path(table), table, columns)
        scanned: nw.LazyFrame[Any] = nw.from_native(read_parquet(self._session, path).select(*chosen))
        return scanned

    def small(self, rows: dict[str, list[int]]) -> nw.LazyFrame[Any]:
        """A small table of whole numbers, which a join brings to every part of the other table."""
        from pyspark.sql import functions  # noqa: PLC0415 - an extra

        table = pa.table({name: pa.array(values, pa.int64()) for name, values in rows.items()})
        small: nw.LazyFrame[Any] = nw.from_native(functions.broadcast(self._session.createDataFrame(table)))
        return small

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once, because several others are made from it.

        It is written and read again: Spark then knows its size, plans no further back than here, and never computes
        it twice, as it may what it only caches.
        """
        self._kept += 1
        folder = self._folder / f"kept-{self._kept}"
        self.write(frame, folder)
        kept: nw.LazyFrame[Any] = nw.from_native(read_parquet(self._session, folder))
        return kept

    def beside(self, keys: Sequence[str]) -> _Beside:
        """To put frames of the same rows side by side."""
        return _Beside(self, keys)

    def write(self, frame: nw.LazyFrame[Any], folder: Path) -> None:
        """A frame as a folder of Parquet files."""
        frame.to_native().write.parquet(str(folder))


class _Beside:
    """Columns of the same rows in frames of their own, which are joined by their keys when they are asked for."""

    def __init__(self, backend: SparkBackend, keys: Sequence[str]) -> None:
        self._backend = backend
        self._keys = list(keys)
        self._frames: list[nw.LazyFrame[Any]] = []

    def add(self, frame: nw.LazyFrame[Any]) -> None:
        """Compute a frame of the same rows."""
        self._frames.append(self._backend.keep(frame))

    def frame(self, columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """The keys and some of the columns.

        A few frames at a time are joined, and then what came of them: one long chain would cost more to plan than
        to run.
        """
        held = [(frame, [name for name in frame.collect_schema().names() if name in columns]) for frame in self._frames]
        joined = [frame.select(*self._keys, *names) for frame, names in held if names]
        while len(joined) > _JOINS_AT_ONCE:
            groups = [joined[start : start + _JOINS_AT_ONCE] for start in range(0, len(joined), _JOINS_AT_ONCE)]
            joined = [self._backend.keep(self._one(group)) for group in groups]
        return self._one(joined or [self._frames[0]]).select(*self._keys, *columns)

    def _one(self, frames: Sequence[nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
        whole, *others = frames
        for frame in others:
            whole = whole.join(frame, on=self._keys, how="left")
        return whole

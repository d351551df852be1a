"""Parquet whose bytes depend on the rows alone: sorted, fixed row groups, one writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 262_144


def write_parquet(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    """Stream ``batches`` to ``path`` and return the number of rows.

    Batches are cut again into row groups of a fixed size, because how an engine happened to batch its
    rows must not show in the bytes. The caller writes to a temporary name (`store.files.replacing`).
    """
    rows = 0
    bare = schema.remove_metadata()
    with (
        pq.ParquetWriter(path, bare, compression="zstd", compression_level=3, store_schema=False) as writer,
        WriteBehind(writer) as behind,
    ):
        for group in _row_groups(batches, bare):
            rows += group.num_rows
            behind.write(group)
    return rows


class WriteBehind:
    """Writes one table while the next is being made; no more than one waits, so that memory stays small."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def write(self, rows: pa.Table) -> None:
        """Hand over rows, once those before are written. Raises what writing those raised."""
        self.wait()
        self._writing = self._thread.submit(self._writer.write_table, rows, row_group_size=ROW_GROUP_ROWS)

    def wait(self) -> None:
        """Return when what was handed over is written. Raises what writing it raised."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(self, *raised: object) -> None:
        # The thread ends in any case; its error matters only where there is no other.
        self._thread.shutdown()
        if raised[0] is None:
            self.wait()


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    waiting_rows = 0
    for batch in batches:
        waiting.append(batch)
        waiting_rows += batch.num_rows
        while waiting_rows >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(waiting).cast(schema)
            waiting = table.slice(ROW_GROUP_ROWS).to_batches()
            waiting_rows -= ROW_GROUP_ROWS
            pieces = table.slice(0, ROW_GROUP_ROWS).columns
            del table
            yield _joined(pieces, schema)
    if waiting_rows:
        pieces = pa.Table.from_batches(waiting).cast(schema).columns
        waiting.clear()
        yield _joined(pieces, schema)


def _joined(columns: list[pa.ChunkedArray], schema: pa.Schema) -> pa.Table:
    """Columns each in one piece. Theirs are let go one column at a time: a wide table is never held twice."""
    columns.reverse()
    return pa.table([columns.pop().combine_chunks() for _ in range(len(columns))], schema=schema)

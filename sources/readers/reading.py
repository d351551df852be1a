"""Opening an extract file, whatever its format, for its rows to be drawn (see `sources.readers.raw_rows`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers.csv_reading import open_csv
from sources.readers.excel_reading import open_excel
from sources.readers.extract_files import ExtractFile, said_by_path, unreadable
from sources.readers.raw_rows import RawRows, positions_of
from sources.readers.xml_reading import open_cin_census
from sources.text import clean
from store.errors import InputRejected

_BATCH_ROWS = 131_072


def open_rows(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
    """Open a file for reading the ``wanted`` columns; those that its path gives need not be in it.

    Raises InputRejected, here or while rows are drawn, when the file cannot be read as the TOML says, or lacks a
    wanted column.
    """
    said = said_by_path(file)
    columns = tuple(name for name in wanted if name not in said)
    return _OPENED_BY[file.extract.format](file, columns)


def _open_parquet(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
    try:
        found = pq.ParquetFile(file.path)
        header = found.schema_arrow.names
    except (OSError, pa.ArrowException):
        raise unreadable(file) from None
    kept = positions_of(file, [clean(name) for name in header], wanted)
    columns = [header[position] for position in kept.positions]
    if header.count(columns[0]) > 1:
        # The first column is read to know a totals row by it, wanted or not; columns are read by their names.
        raise InputRejected(
            "The first column of the file has the name of another.",
            where=file.where,
            fix="Ask for the extract again, with a name of its own for each column.",
        )
    types = tuple(_read_as(found.schema_arrow.types[position]) for position in kept.positions)
    return RawRows(file, kept, _parquet_batches(file, found, columns, types), types)


def _read_as(kind: pa.DataType) -> pa.DataType:
    """The type that the engine takes in place of one that it does not know."""
    if pa.types.is_float16(kind):
        return pa.float32()
    return pa.string() if pa.types.is_decimal256(kind) else kind


def _parquet_batches(
    file: ExtractFile, found: pq.ParquetFile, columns: list[str], types: tuple[pa.DataType, ...]
) -> Iterator[pa.RecordBatch]:
    names = ["row", *[f"c{index}" for index in range(len(columns))]]
    read = 0
    try:
        for batch in found.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            cells = [
                cell if cell.type == kind else cell.cast(kind)
                for cell, kind in zip(batch.select(columns).columns, types)
            ]
            yield _numbered(read, cells, names)
            read += batch.num_rows
    except (OSError, pa.ArrowException):
        raise unreadable(file) from None


def _numbered(before: int, cells: list[pa.Array], names: list[str]) -> pa.RecordBatch:
    rows = len(cells[0])
    return pa.RecordBatch.from_arrays(
        [pa.array(np.arange(before + 1, before + rows + 1, dtype=np.int64)), *cells], names
    )


_OPENED_BY: dict[str, Callable[[ExtractFile, tuple[str, ...]], RawRows]] = {
    "csv": open_csv,
    "parquet": _open_parquet,
    "excel": open_excel,
    "cin_census": open_cin_census,
    # What the database held has been copied to a Parquet file of text.
    "sql": _open_parquet,
}

"""A bounded sample of a file of any size: bytes from its beginning, its middle and its end, and no more.

Compressed text is read from its beginning only, because reaching its middle means unpacking all before it.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import InputRejected, UsageError

HEAD_BYTES = 4 << 20
"""Bytes read from the beginning, and at most unpacked of a compressed file."""
CHUNK_BYTES = 128 << 10
CHUNKS = 8
TAIL_BYTES = 64 << 10
PARQUET_ROWS = 20_000
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class TextSample:
    """Bytes of a text file. ``pieces`` begin and end anywhere; ``tail`` is empty where the head is the whole file."""

    head: bytes
    pieces: tuple[bytes, ...]
    tail: bytes
    whole: bool
    """Whether the head is the whole file."""


@dataclass(frozen=True)
class TableSample:
    """A sample of a file that has columns by nature: its header, and cells as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sample(path: Path) -> TextSample | TableSample:
    """Read a sample of a file.

    Raises UsageError where there is no such file or its format has no mapping, InputRejected for one that is empty
    or damaged.
    """
    if not path.is_file():
        raise UsageError("There is no such file.", where=str(path), fix="Check the path of the extract.")
    with path.open("rb") as handle:
        first = handle.read(4)
    if not first:
        raise InputRejected("The file is empty.", where=path.name, fix="Ask for the extract again.")
    if first == _PARQUET:
        return _parquet(path)
    if first in (_ZIP, _OLE):
        raise UsageError(
            "A workbook or an archive cannot be looked into.",
            where=path.name,
            fix="Save the sheet as CSV, or unpack the archive, and ask again; map a workbook with format = 'excel'.",
        )
    return _unpacked(path) if first[:2] == _GZIP else _plain(path)


def _plain(path: Path) -> TextSample:
    size = path.stat().st_size
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
        if size <= HEAD_BYTES:
            return TextSample(head, (), b"", whole=True)
        pieces = []
        for index in range(1, CHUNKS + 1):
            # An even offset, so that a sample of UTF-16 begins at a character.
            handle.seek((HEAD_BYTES + (size - HEAD_BYTES) * index // (CHUNKS + 1)) // 2 * 2)
            pieces.append(handle.read(CHUNK_BYTES))
        handle.seek(max(size - TAIL_BYTES, 0) // 2 * 2)
        return TextSample(head, tuple(pieces), handle.read(), whole=False)


def _unpacked(path: Path) -> TextSample:
    try:
        with gzip.open(path, "rb") as handle:
            head = handle.read(HEAD_BYTES)
            whole = not handle.read(1)
    except (OSError, EOFError, zlib.error):
        raise InputRejected(
            "The gzip file is cut short or damaged.", where=path.name, fix="Copy it again from the system."
        ) from None
    if not head:
        raise InputRejected("The file is empty.", where=path.name, fix="Ask for the extract again.")
    return TextSample(head, (), b"", whole)


def _parquet(path: Path) -> TableSample:
    try:
        with pq.ParquetFile(path) as file:
            header = tuple(file.schema_arrow.names)
            batches: list[pa.RecordBatch] = []
            groups = file.metadata.num_row_groups
            chosen = sorted({groups * index // CHUNKS for index in range(CHUNKS)} if groups else ())
            for group in chosen:
                batch = next(file.iter_batches(batch_size=PARQUET_ROWS // len(chosen), row_groups=[group]), None)
                if batch is not None:
                    batches.append(batch)
    except (pa.ArrowException, OSError):
        raise InputRejected(
            "The Parquet file is cut short or damaged.", where=path.name, fix="Copy it again from the system."
        ) from None
    columns = [
        [_as_text(value) for batch in batches for value in batch.column(i).to_pylist()] for i in range(len(header))
    ]
    return TableSample(header, tuple(zip(*columns)))


def _as_text(value: object) -> str:
    return "" if value is None else str(value)

"""A bounded sample of a file of any size: bytes from its beginning, its middle and its end, and no more.

Compressed text is read from its beginning only, because reaching its middle means unpacking all before it.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from sources.readers.csv_bytes import csv_bytes
from sources.suggestions.layouts import Layout
from sources.suggestions.unmapped_file import unmapped_file
from sources.suggestions.workbooks import workbook_layout
from sources.text import clean
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
_SQLITE = b"SQLite format 3\0"
_OF_OFFICE_FILES = ("[Content_Types].xml", "mimetype")
"""The file by which a zip archive is known to be a workbook, or another thing of an office program."""


@dataclass(frozen=True)
class TextSample:
    """Bytes of a text file. ``pieces`` begin and end anywhere; ``tail`` is empty where the head is the whole file."""

    head: bytes
    pieces: tuple[bytes, ...]
    tail: bytes
    whole: bool
    """Whether the head is the whole file."""


def sample(path: Path) -> TextSample | Layout:
    """Read a sample of a file: the bytes of a text, or how a file whose format has cells is laid out.

    Raises UsageError where there is no such file or it is a folder, InputRejected for one that is empty, damaged,
    locked, too large or a database.
    """
    if path.is_dir():
        raise UsageError("This is a folder, not a file.", where=str(path), fix="Name one of the files in it.")
    if not path.is_file():
        raise UsageError("There is no such file.", where=str(path), fix="Check the path of the extract.")
    with path.open("rb") as handle:
        start = handle.read(len(_SQLITE))
    first = start[:4]
    if not first:
        raise InputRejected("The file is empty.", where=path.name, fix="Ask for the extract again.")
    if first == _PARQUET:
        return _parquet(path)
    if start == _SQLITE:
        raise InputRejected(
            "The file is a SQLite database, which is not looked into here.",
            where=path.name,
            fix='Map it by hand with format = "sql" and url_env (docs/map-a-council.md), or export the table as CSV.',
        )
    if first == _OLE:
        return workbook_layout(path)
    if first == _ZIP:
        return _zipped(path)
    return _unpacked(path) if first[:2] == _GZIP else _plain(path)


def _zipped(path: Path) -> TextSample | Layout:
    try:
        with zipfile.ZipFile(path) as archive:
            office = any(name in _OF_OFFICE_FILES for name in archive.namelist())
        if office:
            return workbook_layout(path)
        if path.suffix.lower() != ".zip":
            raise UsageError(
                "The file is a zip archive, but its name does not end in .zip.",
                where=path.name,
                fix="Rename it, or unpack it into the folder, and ask again.",
            )
        with csv_bytes(unmapped_file(path)) as (raw, _):
            return _beginning(raw, path.name)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        raise InputRejected(
            "The workbook or zip archive is cut short or damaged.",
            where=path.name,
            fix="Copy it again from the system.",
        ) from None


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
            return _beginning(cast("IO[bytes]", handle), path.name)
    except (OSError, EOFError, zlib.error):
        raise InputRejected(
            "The gzip file is cut short or damaged.", where=path.name, fix="Copy it again from the system."
        ) from None


def _beginning(content: IO[bytes], name: str) -> TextSample:
    head = content.read(HEAD_BYTES)
    if not head:
        raise InputRejected("The file is empty.", where=name, fix="Ask for the extract again.")
    return TextSample(head, (), b"", whole=not content.read(1))


def _parquet(path: Path) -> Layout:
    try:
        with pq.ParquetFile(path) as file:
            header = tuple(clean(name) for name in file.schema_arrow.names)
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
    return Layout((("format", "parquet", ""),), header, tuple(zip(*columns)), certain=True)


def _as_text(value: object) -> str:
    return "" if value is None else clean(str(value))

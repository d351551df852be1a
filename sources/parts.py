"""What reading one extract file gave, kept in the run folder, so that an unchanged file is not read again.

A part is a Parquet file per table and a description written last, all named by a fingerprint of what went in:
the file's bytes, the mapping, the joined extracts and the code. A description whose files are missing or
differ from what it says is not used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sources.checking import PLACE, Counts
from sources.tables import QUARANTINE
from store.files import file_hash, read_json, replacing, write_json
from store.parquet import WriteBehind
from store.table import Table

ONE_TEXT = pa.dictionary(pa.int32(), pa.string())
"""The type of a column that has the same text in every row of a chunk."""
_CODE = Path(__file__).parent
_NAME_DIGITS = 32
_COMPRESSION = "lz4"
"""A part is read once or twice and made often: speed matters more than size."""


@dataclass
class PartSummary:
    """What became of one file, in numbers only."""

    extract: str
    source: str
    file: str
    rows: int = 0
    not_data: dict[str, int] = field(default_factory=dict)
    """Repeated headers, totals, blank rows and malformed lines."""
    tables: dict[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One file's rows on disk: table name to Parquet file."""

    summary: PartSummary
    files: dict[str, Path]


@dataclass(frozen=True)
class PartWriter:
    """The files of a part that is being made."""

    _writers: Mapping[str, WriteBehind]

    def write(self, table: Table, rows: pa.Table, texts: Mapping[str, str]) -> None:
        """Add rows to the file of a table; ``texts`` are its columns that are the same in all of them."""
        schema = part_schema(table)
        columns = [
            _repeated(texts[field.name], rows.num_rows)
            if field.name in texts
            else rows.column(field.name).cast(field.type)
            for field in schema
        ]
        # In one piece: how the engine happened to batch its rows must not show in the bytes.
        self._writers[table.name].write(pa.table(columns, schema=schema).combine_chunks())


class Parts:
    """The folder of parts of one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()

    def find(self, fingerprint: str) -> Part | None:
        """The part of that fingerprint, if it is there and whole."""
        try:
            described = read_json(self._description(fingerprint))
            files = {table: self._file(fingerprint, table) for table in described["files"]}
            if any(file_hash(path) != described["files"][table] for table, path in files.items()):
                return None
            part = Part(_summary_from(described["summary"]), files)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._keep(fingerprint, files.values())
        return part

    @contextmanager
    def writing(self, fingerprint: str, tables: Sequence[Table], summary: PartSummary) -> Iterator[PartWriter]:
        """A writer of a new part; the part is there when the block has ended well, and nothing of it when not."""
        files = {table.name: self._file(fingerprint, table.name) for table in tables}
        try:
            with ExitStack() as stack:
                writers = {table.name: stack.enter_context(self._writer(fingerprint, table)) for table in tables}
                yield PartWriter(writers)
        except BaseException:
            # The files are put in place one by one: where one cannot be, those before it go.
            for path in files.values():
                path.unlink(missing_ok=True)
            raise
        described = {
            "files": {table: file_hash(path) for table, path in files.items()},
            "summary": asdict(summary),
        }
        write_json(self._description(fingerprint), described)
        self._keep(fingerprint, files.values())

    def of(self, fingerprint: str, tables: Iterable[Table], summary: PartSummary) -> Part:
        """A part just written."""
        return Part(summary, {table.name: self._file(fingerprint, table.name) for table in tables})

    @contextmanager
    def _writer(self, fingerprint: str, table: Table) -> Iterator[WriteBehind]:
        with (
            replacing(self._file(fingerprint, table.name)) as temporary,
            pq.ParquetWriter(temporary, part_schema(table), compression=_COMPRESSION, store_schema=False) as writer,
            WriteBehind(writer) as behind,
        ):
            yield behind

    def drop_unused(self) -> None:
        """Remove what this run neither found nor wrote."""
        for path in sorted(self._folder.glob("*")) if self._folder.is_dir() else []:
            if path not in self._used:
                path.unlink()

    def _keep(self, fingerprint: str, files: Iterable[Path]) -> None:
        self._used |= {self._description(fingerprint), *files}

    def _description(self, fingerprint: str) -> Path:
        return self._folder / f"{fingerprint[:_NAME_DIGITS]}.json"

    def _file(self, fingerprint: str, table: str) -> Path:
        return self._folder / f"{fingerprint[:_NAME_DIGITS]}.{table}.parquet"


def part_schema(table: Table) -> pa.Schema:
    """The table's columns, and for other tables than quarantine where each row comes from."""
    declared = [pa.field(f.name, ONE_TEXT) if f.name in PLACE else f for f in table.arrow_schema()]
    if table == QUARANTINE:
        return pa.schema(declared)
    origin = [("part_source", ONE_TEXT), ("part_row", pa.int64()), ("part_mapping", ONE_TEXT)]
    return pa.schema([*declared, *[pa.field(*column) for column in origin]])


def _repeated(text: str, times: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, dtype=np.int32)), pa.array([text]))


def fingerprint_of(facts: dict[str, Any]) -> str:
    """The SHA-256 of what a part depends on, with the code of this room and the versions of its engines."""
    whole = {**facts, "code": _code_hash(), "engines": [duckdb.__version__, pa.__version__]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode("utf-8")).hexdigest()


def _code_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(_CODE.rglob("*.py")):
        digest.update(path.name.encode("utf-8") + path.read_bytes())
    return digest.hexdigest()


def _summary_from(described: dict[str, Any]) -> PartSummary:
    tables = {name: Counts(**counts) for name, counts in described["tables"].items()}
    return PartSummary(**{**described, "tables": tables})

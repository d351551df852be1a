"""What reading one extract file gave, kept in the run folder, so that an unchanged file is not read again.

A part is a Parquet file per table and a description written last, all named by a fingerprint of what went in:
the file's bytes, the mapping, the joined extracts and the code. A description whose files are missing or
differ from what it says is not used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from sources.checking import Counts
from sources.tables import QUARANTINE
from store.files import file_hash, read_json, replacing, write_json
from store.table import Table

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

    _writers: Mapping[str, pq.ParquetWriter]

    def write(self, table: Table, rows: pa.Table) -> None:
        """Add rows to the file of a table."""
        schema = part_schema(table)
        columns = [rows.column(field.name).cast(field.type) for field in schema]
        self._writers[table.name].write_table(pa.table(columns, schema=schema))


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
    def writing(self, fingerprint: str, tables: Iterable[Table], summary: PartSummary) -> Iterator[PartWriter]:
        """A writer of a new part; the part is there when the block has ended well, and nothing of it when not."""
        with ExitStack() as stack:
            writers = {table.name: stack.enter_context(self._writer(fingerprint, table)) for table in tables}
            yield PartWriter(writers)
        files = {name: self._file(fingerprint, name) for name in writers}
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
    def _writer(self, fingerprint: str, table: Table) -> Iterator[pq.ParquetWriter]:
        with (
            replacing(self._file(fingerprint, table.name)) as temporary,
            pq.ParquetWriter(temporary, part_schema(table), compression=_COMPRESSION, store_schema=False) as writer,
        ):
            yield writer

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
    if table == QUARANTINE:
        return table.arrow_schema()
    origin = [("part_source", pa.string()), ("part_row", pa.int64()), ("part_mapping", pa.string())]
    return pa.schema([*table.arrow_schema(), *[pa.field(*column) for column in origin]])


def fingerprint_of(facts: dict[str, Any]) -> str:
    """The SHA-256 of what a part depends on, with the code of this room and the versions of its engines."""
    whole = {**facts, "code": _code_hash(), "engines": [duckdb.__version__, pa.__version__]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode("utf-8")).hexdigest()


def _code_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(_CODE.glob("*.py")):
        digest.update(path.name.encode("utf-8") + path.read_bytes())
    return digest.hexdigest()


def _summary_from(described: dict[str, Any]) -> PartSummary:
    tables = {name: Counts(**counts) for name, counts in described["tables"].items()}
    return PartSummary(**{**described, "tables": tables})

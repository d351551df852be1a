"""What a stage of the run is, and the only door through which it reads and writes.

A stage declares the tables it reads, the tables it writes and the settings it depends on. The declaration is
its permission (a table that is not declared cannot be opened) and its dependency (a change in one of them,
and in nothing else, makes it run again).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from store.council import Council, RunSettings, Section
from store.files import replacing, write_bytes, write_json, write_text
from store.keys import Keys, Purpose
from store.parquet import write_parquet
from store.run_folder import RunFolder, connect, relative_path
from store.sealing import seal, unseal
from store.table import Table, Zone

SectionType = TypeVar("SectionType", bound=Section)
_BATCH_ROWS = 131_072


class Task(Protocol):
    """One progress bar."""

    def advance(self, steps: int = 1) -> None: ...


class Progress(Protocol):
    """Shows how far a stage has come. ``label`` never holds personal data."""

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]: ...


@dataclass(frozen=True)
class Stage:
    """One stage of the run. A room that does a stage has one, in its ``stage.py``."""

    name: str
    room: str
    reads: tuple[Table, ...]
    writes: tuple[Table, ...]
    sections: tuple[type[Section], ...]
    run: Callable[[Workspace], None]
    documents: tuple[str, ...] = ()
    """Documents of rooms above that it reads, as patterns such as ``models/*/evaluation.json``."""
    purposes: tuple[Purpose, ...] = ()
    """The purpose keys it may derive."""
    unseals: bool = False
    """Whether it may read sealed tables it declares (the audit alone)."""
    external_files: Callable[[Workspace], list[Path]] | None = None
    """Files outside the run folder that it reads, in a settled order."""
    fetch: Callable[[Workspace], None] | None = None
    """Brings what lies in no file, such as a database, into the run folder as files that ``external_files`` names.

    It is done at the beginning of every run: only then is it known whether the stage has anything to do.
    """


class NotDeclared(PermissionError):
    """A stage touched something outside its declaration: a defect in the stage, never the user's."""


@dataclass
class Workspace:
    """A stage's view of the run: what it declared, and nothing else."""

    run: RunFolder
    stage: Stage
    council: Council
    settings: RunSettings
    sections: dict[type[Section], Section]
    progress: Progress
    _keys: Keys
    previous: RunFolder | None = None
    """The run of the quarter before, where one was named: a stage may take over from it in its ``fetch`` alone."""
    rows_written: dict[str, int] = field(default_factory=dict)

    def section(self, kind: type[SectionType]) -> SectionType:
        """The part of the council's TOML that the stage declared."""
        if kind not in self.stage.sections:
            raise NotDeclared(f"stage {self.stage.name} did not declare the settings {kind.__name__}")
        return self.sections[kind]  # type: ignore[return-value]

    def task(self, label: str, total: int) -> Any:
        """A context manager giving a progress bar of ``total`` steps."""
        return self.progress.task(label, total)

    # --- reading -------------------------------------------------------------------------------------

    def path(self, table: Table, target: str | None = None) -> Path:
        """The file of a declared, unsealed table, for an engine to scan."""
        if table not in self.stage.reads:
            raise NotDeclared(f"stage {self.stage.name} did not declare that it reads {table.room}.{table.name}")
        if table.zone is Zone.SEALED:
            raise NotDeclared(f"{table.name} is sealed: use read_sealed")
        return self.run.path(table, target)

    def read(self, table: Table, target: str | None = None) -> pa.Table:
        """A declared, unsealed table, whole."""
        return pq.read_table(self.path(table, target), partitioning=None)

    def read_sealed(self, table: Table, target: str | None = None) -> pa.Table:
        """A declared sealed table, decrypted in memory; only a stage with ``unseals`` may."""
        if not self.stage.unseals or table not in self.stage.reads:
            raise NotDeclared(f"stage {self.stage.name} may not open the sealed table {table.name}")
        return open_sealed(self.run, self._keys, table, target)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A fresh engine connection with the run's limits, spilling inside the run folder."""
        return connect(self.settings, self.scratch / "spill")

    @property
    def scratch(self) -> Path:
        """A folder of the stage's own that is emptied before and removed after it."""
        return self._staged / "scratch"

    def keys(self, purpose: Purpose) -> Keys:
        """The keys, for a purpose the stage declared."""
        if purpose not in self.stage.purposes:
            raise NotDeclared(f"stage {self.stage.name} did not declare the key purpose {purpose.value}")
        return self._keys

    @property
    def key_identity(self) -> str:
        """Which master key the stage's outputs depend on; empty for a stage that uses none."""
        sealed = any(table.zone is Zone.SEALED for table in (*self.stage.reads, *self.stage.writes))
        return self._keys.identity if sealed or self.stage.purposes else ""

    # --- writing -------------------------------------------------------------------------------------

    @property
    def _staged(self) -> Path:
        return self.run.staging / self.stage.name

    @property
    def outputs(self) -> Path:
        """Where the stage's outputs wait, under their final relative paths, until it has finished."""
        return self._staged / "outputs"

    def write(
        self,
        table: Table,
        data: pa.Table | duckdb.DuckDBPyRelation | Iterable[pa.RecordBatch],
        target: str | None = None,
    ) -> int:
        """Write a declared table and return its rows. Rows must come in the table's sort order.

        A relation is streamed, never held whole in Python. Columns are cast to the declared types and put
        in the declared order; a table with open columns keeps its further columns as they come.
        """
        if table not in self.stage.writes:
            raise NotDeclared(f"stage {self.stage.name} did not declare that it writes {table.room}.{table.name}")
        reader = _reader(data)
        schema = _target_schema(table, reader.schema)
        batches = (_conform(batch, schema) for batch in reader)
        relative = relative_path(table, target)
        with replacing(self.outputs / relative) as temporary:
            rows = write_parquet(temporary, batches, schema)
            if table.zone is Zone.SEALED:
                temporary.write_bytes(seal(self._keys, relative.as_posix(), temporary.read_bytes()))
        self.rows_written[relative.as_posix()] = rows
        return rows

    def write_document(self, relative: str, content: str | bytes | dict[str, Any] | list[Any]) -> None:
        """Write another file of the stage's room: text, bytes, or JSON from a dict or list.

        ``relative`` is the path within the run folder and must begin with the room's own name.
        """
        if Path(relative).parts[0] != self.stage.room or ".." in Path(relative).parts:
            raise NotDeclared(f"stage {self.stage.name} writes documents only under {self.stage.room}/")
        path = self.outputs / relative
        if isinstance(content, bytes):
            write_bytes(path, content)
        elif isinstance(content, str):
            write_text(path, content)
        else:
            write_json(path, content)

    def document(self, relative: str) -> Path:
        """The path of a declared document of a room above (it may not exist in this run)."""
        if not any(PurePosixPath(relative).match(pattern) for pattern in self.stage.documents):
            raise NotDeclared(f"stage {self.stage.name} did not declare that it reads the document {relative}")
        return self.run.root / relative

    def begin(self) -> None:
        shutil.rmtree(self._staged, ignore_errors=True)
        self.outputs.mkdir(parents=True)
        self.scratch.mkdir()

    def end(self) -> None:
        shutil.rmtree(self._staged, ignore_errors=True)


def open_sealed(run: RunFolder, keys: Keys, table: Table, target: str | None = None) -> pa.Table:
    """Decrypt a sealed table in memory. The release gate decides who may call this."""
    relative = relative_path(table, target)
    content = unseal(keys, relative.as_posix(), (run.root / relative).read_bytes())
    return pq.read_table(pa.BufferReader(content))


def _reader(data: pa.Table | duckdb.DuckDBPyRelation | Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    if isinstance(data, pa.Table):
        return data.to_reader()
    if isinstance(data, duckdb.DuckDBPyRelation):
        return data.to_arrow_reader(_BATCH_ROWS)
    batches = iter(data)
    first = next(batches)
    return pa.RecordBatchReader.from_batches(first.schema, _chain(first, batches))


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _target_schema(table: Table, found: pa.Schema) -> pa.Schema:
    declared = table.arrow_schema()
    missing = [name for name in declared.names if name not in found.names]
    further = [field for field in found if field.name not in declared.names]
    if missing or (further and not table.open_columns):
        raise ValueError(f"{table.room}.{table.name}: missing {missing}, not declared {[f.name for f in further]}")
    return pa.schema([*declared, *further])


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)

"""The table ``rows``, which holds a file's rows a chunk at a time, as text, with what is no data marked.

``row`` is 1 for the first row under the header; ``c0`` ... ``cN`` are the columns asked for, as text without white
space at its ends, null where blank; ``kind`` is null for a data row, else what the row is instead. Headers are only
compared, in Python and as constants: the engine's columns have names of our own, so a hostile header can do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from duckdb import CaseExpression, ColumnExpression, Expression

from sources.config import Extract
from sources.readers.extract_files import ExtractFile, said_by_path
from sources.text import call, cell, clean, constant, either, first_of, matches, tidied
from store.errors import InputRejected

_TOTALS = r"(grand |sub-?\s?)?totals?( rows| records)?\s*:?[\s\d,.]*"

REPEATED_HEADER = "repeated_header"
TOTALS_ROW = "totals_row"
BLANK_ROW = "blank_row"
MALFORMED_LINE = "malformed_line"
FOOTER = "footer"
_CHUNK_ROWS = 1_000_000
_CHUNK_BYTES = 128 << 20
"""A chunk ends at so many rows or bytes: what is held in memory does not grow with the file."""
_EXACT_IN_A_FLOAT = float(1 << 53)


@dataclass(frozen=True)
class Kept:
    """What is read of a file: where the columns stand, the names the TOML gives them, and their headers."""

    positions: tuple[int, ...]
    names: dict[str, int]
    """Column as the TOML spells it to its place among the positions."""
    headers: tuple[str, ...]


def positions_of(file: ExtractFile, header: list[str], wanted: tuple[str, ...]) -> Kept:
    """Where the wanted columns stand; the first column is always read, to know a totals row by it."""
    if not header:
        raise InputRejected("The file has no header.", where=file.where, fix="Ask for the extract again, with one.")
    plain = {name: clean(name) for name in wanted}
    missing = [name for name in wanted if plain[name] not in header]
    twice = [name for name in wanted if header.count(plain[name]) > 1]
    if missing or twice:
        # The header itself is not quoted: in a file without one it is a row of data.
        if len(header) <= 1 < len(wanted):
            fix = "The header has a single column: check delimiter and skip_lines of this extract."
        elif any(name.casefold() in {found.strip().casefold() for found in header} for name in missing):
            fix = "The file has it spelt with other capitals or spaces: copy the name as it stands in the file."
        else:
            fix = "Check the names against the header, and delimiter and skip_lines of this extract."
        if twice and not missing:
            fix = "Give all columns names of your own with header, and count the file's own in skip_lines."
        listed = ", ".join(repr(name) for name in missing or twice)
        column = "column" if len(missing or twice) == 1 else "columns"
        raise InputRejected(
            f"The header lacks the {column} {listed}." if missing else f"The header has the {column} {listed} twice.",
            where=file.where,
            fix=fix,
        )
    positions = sorted({0, *(header.index(name) for name in plain.values())})
    return Kept(
        tuple(positions),
        {name: positions.index(header.index(plain[name])) for name in wanted},
        tuple(header[position] for position in positions),
    )


@dataclass
class RawRows:
    """A file that a reader has opened; its rows come as they are asked for.

    ``batches`` have the columns ``row`` (from 1; a malformed line takes a number too) and ``c0`` ... ``cN`` of any
    type, in the order of the file. While they are drawn the reader notes malformed lines in ``malformed``.
    """

    file: ExtractFile
    kept: Kept
    batches: Iterable[pa.RecordBatch]
    types: tuple[pa.DataType, ...] = ()
    """The types of the kept columns, where the file says them; else they are texts."""
    malformed: list[tuple[int, str]] = field(default_factory=list)
    """Row number and text of the lines that have more or fewer cells than the header."""
    footer: list[tuple[int, str]] = field(default_factory=list)
    """The same, of those that stand below the data."""
    count: int = 0
    """Rows of the file, malformed ones too; known when the last chunk has been drawn."""

    @property
    def columns(self) -> dict[str, str]:
        """Column as the TOML spells it to the engine's name for it."""
        own = {name: f"c{index}" for name, index in self.kept.names.items()}
        return own | {name: f"path_{index}" for index, name in enumerate(said_by_path(self.file))}

    @property
    def days(self) -> frozenset[str]:
        """The columns, as the TOML spells them, that the table ``rows`` holds as days: reading them as text is slow."""
        extract = self.file.extract
        days = {name for name, place in self.kept.names.items() if self.types and pa.types.is_date32(self.types[place])}
        return frozenset() if extract.missing else frozenset(days - set(extract.tidy))

    def chunks(self, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Make the table ``rows`` of one chunk after another, in place of what it held; at least one, maybe empty."""
        chunks = _with_whole_footer(_chunked(self.batches), self.file.extract.footer_lines)
        waiting = next(chunks, None)
        if waiting is None:
            waiting = self._no_rows()
        for following in chunks:
            self._store(con, waiting, None)
            yield
            waiting = following
        self._store(con, waiting, self._end(waiting.num_rows))
        yield

    def _no_rows(self) -> pa.Table:
        types = self.types or (pa.string(),) * len(self.kept.positions)
        return pa.schema([("row", pa.int64()), *[(f"c{n}", kind) for n, kind in enumerate(types)]]).empty_table()

    def _end(self, in_last_chunk: int) -> int | None:
        """The last row above the footer; malformed lines of the footer are set aside with it."""
        if not self.file.extract.footer_lines:
            return None
        last = self.count + in_last_chunk + len(self.malformed) - self.file.extract.footer_lines
        self.footer += [line for line in self.malformed if line[0] > last]
        self.malformed[:] = [line for line in self.malformed if line[0] <= last]
        return last

    def _store(self, con: duckdb.DuckDBPyConnection, chunk: pa.Table, last: int | None) -> None:
        con.execute("DROP TABLE IF EXISTS rows")
        extract = self.file.extract
        read = con.from_arrow(chunk)
        numbered = [f"c{index}" for index in range(len(self.kept.positions))]
        types = dict(zip(read.columns, map(str, read.types)))
        days = {self.columns[name] for name in self.days}
        cells = read.project(
            ColumnExpression("row"),
            *[
                (ColumnExpression(name) if name in days else _present(name, types[name], extract)).alias(name)
                for name in numbered
            ],
        )
        steps = {self.columns[name]: todo for name, todo in extract.tidy.items() if name in self.columns}
        # A header that is repeated cannot stand in a column of days.
        headers = ["" if name in days else header for name, header in zip(numbered, self.kept.headers)]
        texts = [
            ColumnExpression(name).cast("VARCHAR") if name in days else ColumnExpression(name) for name in numbered
        ]
        kind = _kind(headers, texts)
        if last is not None:
            kind = either(ColumnExpression("row") > constant(last), constant(FOOTER), kind)
        cells.project(
            ColumnExpression("row"),
            *[tidied(ColumnExpression(name), steps.get(name, ())).alias(name) for name in numbered],
            *[constant(text).alias(f"path_{index}") for index, text in enumerate(said_by_path(self.file).values())],
            kind.alias("kind"),
        ).create("rows")
        self.count += chunk.num_rows


def _chunked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    gathered: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        gathered.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= _CHUNK_ROWS or size >= _CHUNK_BYTES:
            yield pa.Table.from_batches(gathered)
            gathered, rows, size = [], 0, 0
    if gathered:
        yield pa.Table.from_batches(gathered)


def _with_whole_footer(chunks: Iterator[pa.Table], footer_lines: int) -> Iterator[pa.Table]:
    """The same chunks, but for a last one that has fewer rows than the footer: that goes with the one before."""
    held: pa.Table | None = None
    for chunk in chunks:
        if held is not None and chunk.num_rows < footer_lines:
            held = pa.concat_tables([held, chunk])
            continue
        if held is not None:
            yield held
        held = chunk
    if held is not None:
        yield held


def _present(column: str, kind: str, extract: Extract) -> Expression:
    """A cell as text; null where it is blank or holds a word that stands for nothing."""
    held = cell(column) if kind == "VARCHAR" else _as_text(ColumnExpression(column), kind, extract.decimal)
    words = [constant(clean(word)) for word in extract.missing if clean(word)]
    return either(held.isin(*words), constant(None), held) if words else held


def _as_text(value: Expression, kind: str, decimal: str) -> Expression:
    """A value as a CSV would have it; a whole number that a tool made a float for its blanks is whole again."""
    text = value.cast("VARCHAR")
    if kind not in ("DOUBLE", "FLOAT") and not kind.startswith("DECIMAL"):
        return text
    if decimal != ".":
        text = call("replace", text, constant("."), constant(decimal))
    whole = (value == call("trunc", value)) & (call("abs", value) < constant(_EXACT_IN_A_FLOAT))
    return either(whole, value.cast("BIGINT").cast("VARCHAR"), text)


def _kind(headers: Sequence[str], cells: list[Expression]) -> Expression:
    """What a row is, where it is no data: blank, the header over again, or the totals of a report."""
    some = first_of(*[held.cast("VARCHAR") for held in cells], constant(None))
    repeated = constant(True)
    blanks: Expression = constant(0)
    for name, held in zip(headers, cells):
        repeated = repeated & (held == constant(name) if name else held.isnull())
        blanks = blanks + CaseExpression(held.isnull(), constant(1)).otherwise(constant(0))
    totals = call("contains", call("lower", some), constant("total")) & matches(call("lower", some), _TOTALS)
    mostly_blank = blanks * constant(2) >= constant(len(cells) - 1)
    return (
        CaseExpression(some.isnull(), constant(BLANK_ROW))
        .when(repeated, constant(REPEATED_HEADER))
        .when(mostly_blank & totals, constant(TOTALS_ROW))
        .otherwise(constant(None))
    )

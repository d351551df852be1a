"""Reading an extract file into the engine as text, one row a row, without holding the file in memory.

A file becomes the table ``rows``: ``row`` (1 for the first row under the header), ``c0`` ... ``cN`` (the columns
asked for, as text without white space at its ends, null where blank) and ``kind`` (null for a data row, else
what the row is instead). Headers are only compared, in Python and as constants: the engine's columns have names
of our own, so a hostile header can do nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from duckdb import CaseExpression, ColumnExpression, Expression

from sources.config import Extract, path_values
from sources.text import call, cell, clean, constant, either, first_of, matches, number_of
from sources.values import tidied
from store.errors import EarlyHelpError, InputRejected, UsageError

BLOCK_BYTES = 16 << 20
"""Bytes read at a time; also the longest row allowed."""
_HEADER_CHARACTERS = 1 << 20
_EXACT_IN_A_FLOAT = float(1 << 53)
_MOST_MALFORMED = 100_000
_MOST_LINES_IN_A_ROW = 50
"""A bad row of more lines is the work of a quotation mark that swallows good ones."""
_TOTALS = r"(grand |sub-?\s?)?totals?( rows| records)?\s*:?[\s\d,.]*"

REPEATED_HEADER = "repeated_header"
TOTALS_ROW = "totals_row"
BLANK_ROW = "blank_row"
MALFORMED_LINE = "malformed_line"
FOOTER = "footer"


@dataclass(frozen=True)
class ExtractFile:
    """One file of an extract: where it is, and its path within the extracts."""

    path: Path
    relative: str
    extract: Extract

    @property
    def where(self) -> str:
        """The file and the TOML entry that names it, for an error message."""
        return f"{self.relative} (in the TOML: [[extracts]] name = {self.extract.name!r})"


@dataclass
class Rows:
    """What reading a file gave besides the table ``rows``."""

    columns: dict[str, str]
    """Column as the TOML spells it to the engine's name for it."""
    count: int = 0
    malformed: list[tuple[int, str]] = field(default_factory=list)
    """Row number and text of the lines that have more or fewer cells than the header."""
    swallowed: bool = False
    """Whether such a line holds so many lines that a quotation mark must have swallowed them."""
    footer: list[tuple[int, str]] = field(default_factory=list)
    """The same, of those that stand below the data."""


@dataclass(frozen=True)
class _Kept:
    """What is read of a file: where the columns stand, the names the TOML gives them, and their headers."""

    positions: tuple[int, ...]
    names: dict[str, int]
    """Column as the TOML spells it to its place among the positions."""
    headers: tuple[str, ...]


def matched_files(folder: Path, extract: Extract) -> list[ExtractFile]:
    """The files of an extract, in the order of their paths.

    Raises UsageError when a pattern leads out of the folder or matches nothing, InputRejected when a link does.
    """
    if not folder.is_dir():
        raise UsageError(
            "The folder of the extracts is not there.",
            where=f"[sources] folder = {str(folder)!r}",
            fix="Correct the folder, which is taken relative to the TOML file.",
        )
    where = f"[[extracts]] name = {extract.name!r}, files"
    found: dict[str, ExtractFile] = {}
    inside = folder.resolve()
    for pattern in extract.files:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern.strip():
            raise UsageError(
                f"The path {pattern!r} leads out of the folder of the extracts.",
                where=where,
                fix="Give a path within [sources] folder.",
            )
        try:
            paths = sorted(path for path in folder.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError):
            raise UsageError(
                f"The pattern {pattern!r} is not one for files.", where=where, fix="Write it as in folder/marks_*.csv."
            ) from None
        if not paths:
            raise UsageError(
                f"No file matches {pattern!r}.",
                where=f"{where}; folder {folder}",
                fix="Put the file in the folder, correct the path, or take the extract out of the TOML.",
            )
        for path in paths:
            if not path.resolve().is_relative_to(inside):
                raise InputRejected(
                    f"The file {path.name!r} is a link that leads out of the folder of the extracts.",
                    where=where,
                    fix="Put the file itself in the folder.",
                )
            relative = path.relative_to(folder).as_posix()
            found[relative] = ExtractFile(path, relative, extract)
    return [found[relative] for relative in sorted(found)]


def read_rows(con: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: tuple[str, ...]) -> Rows:
    """Read the ``wanted`` columns of a file into the table ``rows``, in place of what that held.

    Raises InputRejected when the file cannot be read as the TOML says, or lacks a wanted column.
    """
    said = _said_by_path(file)
    columns = tuple(name for name in wanted if name not in said)
    reader = _read_parquet if file.extract.format == "parquet" else _read_csv
    rows = reader(con, file, columns)
    for index, name in enumerate(said):
        rows.columns[name] = f"path_{index}"
    return rows


def _said_by_path(file: ExtractFile) -> dict[str, str]:
    """The columns that the file's path gives."""
    if file.extract.path is None:
        return {}
    values = path_values(file.extract.path, file.relative)
    if values is None:
        raise UsageError(
            f"The path {file.relative!r} does not fit the pattern {file.extract.path!r}.",
            where=f"[[extracts]] name = {file.extract.name!r}, path",
            fix="Correct the pattern, or let files name only those that fit it.",
        )
    return values


# --- CSV ---------------------------------------------------------------------------------------------


def _read_csv(con: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: tuple[str, ...]) -> Rows:
    header, lines = _guarded(file, lambda: _header(file))
    kept = _positions(file, header, wanted)
    rows = Rows({name: f"c{index}" for name, index in kept.names.items()})
    failure: list[EarlyHelpError] = []
    batches = _noting_failure(_csv_batches(file, header, lines, kept.positions, rows), file, failure)
    schema = pa.schema([("row", pa.int64()), *[(f"c{index}", pa.string()) for index in range(len(kept.positions))]])
    try:
        _store(con, con.from_arrow(pa.RecordBatchReader.from_batches(schema, batches)), file, kept, rows)
    except duckdb.Error:
        # The engine's message repeats the reader's, which may hold a line of the file.
        if rows.swallowed:
            raise _row_too_long(file) from None
        raise (failure[0] if failure else _unreadable(file)) from None
    return rows


def _header(file: ExtractFile) -> tuple[list[str], int]:
    """The header's cells, and how many lines stand above the data."""
    extract = file.extract
    above = extract.skip_lines
    if extract.header is not None:
        return [clean(name) for name in extract.header], above
    with _bytes(file.path) as raw, io.TextIOWrapper(raw, encoding=_encoding(file), newline="") as text:
        for _ in range(above):
            text.readline(_HEADER_CHARACTERS)
        reader = csv.reader(
            iter(lambda: text.readline(_HEADER_CHARACTERS), ""),
            delimiter=extract.delimiter,
            quotechar=extract.quote or None,
            quoting=csv.QUOTE_MINIMAL if extract.quote else csv.QUOTE_NONE,
        )
        cells = next((cells for cells in reader if cells), [])
        return [clean(name) for name in cells], above + reader.line_num


def _csv_batches(
    file: ExtractFile, header: list[str], lines: int, kept: tuple[int, ...], rows: Rows
) -> Iterator[pa.RecordBatch]:
    names = [f"p{position}" for position in range(len(header))]
    skipped: list[int] = []

    def on_malformed(line: Any) -> str:
        # Numbers count from the first line of the file, and rows from the first under the header.
        number = line.number - lines
        insort(skipped, number)
        if line.text.count("\n") > _MOST_LINES_IN_A_ROW:
            rows.swallowed = True
            return "error"
        rows.malformed.append((number, line.text))
        return "skip" if len(skipped) <= _MOST_MALFORMED else "error"

    with _bytes(file.path) as raw:
        reader = pc.open_csv(
            raw,
            read_options=pc.ReadOptions(
                column_names=names,
                skip_rows=lines,
                use_threads=False,
                block_size=BLOCK_BYTES,
                encoding=_encoding(file),
            ),
            parse_options=pc.ParseOptions(
                delimiter=file.extract.delimiter,
                quote_char=file.extract.quote or False,
                newlines_in_values=bool(file.extract.quote),
                invalid_row_handler=on_malformed,
            ),
            convert_options=pc.ConvertOptions(
                include_columns=[names[position] for position in kept],
                column_types={name: pa.string() for name in names},
                strings_can_be_null=False,
            ),
        )
        read = 0
        for batch in reader:
            numbers = _row_numbers(read, batch.num_rows, skipped)
            read += batch.num_rows
            arrays = [pa.array(numbers), *batch.columns]
            yield pa.RecordBatch.from_arrays(arrays, names=["row", *[f"c{index}" for index in range(len(kept))]])


def _row_numbers(before: int, rows: int, skipped: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Numbers of the next ``rows`` good rows, given how many came before and which numbers were skipped."""
    ranks = np.arange(before + 1, before + rows + 1, dtype=np.int64)
    # The i-th skipped number stands before every good row whose rank is at least that number less i.
    at = np.asarray(skipped, dtype=np.int64) - np.arange(len(skipped), dtype=np.int64)
    return ranks + np.searchsorted(at, ranks, side="right")


def _bytes(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _encoding(file: ExtractFile) -> str:
    """The file's encoding: its byte order mark has the last word."""
    with _bytes(file.path) as raw:
        mark = raw.read(3)
    if mark == b"\xef\xbb\xbf":
        return "utf-8-sig"
    if mark[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return file.extract.encoding


def _noting_failure(
    batches: Iterator[pa.RecordBatch], file: ExtractFile, failure: list[EarlyHelpError]
) -> Iterator[pa.RecordBatch]:
    """Keep the reader's own error in our words, because the engine wraps what it throws."""
    try:
        yield from batches
    except Exception as error:
        failure.append(_in_our_words(file, error))
        raise


def _guarded(file: ExtractFile, read: Any) -> Any:
    try:
        return read()
    except EarlyHelpError:
        raise
    except (OSError, EOFError, zlib.error, UnicodeError, csv.Error) as error:
        raise _in_our_words(file, error) from None


def _in_our_words(file: ExtractFile, error: Exception) -> InputRejected:
    """An error of the reading libraries, told without the cell that they may quote."""
    said = str(error)
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or "compressed" in said.lower():
        return InputRejected(
            "The gzip file is cut short or damaged.", where=file.where, fix="Copy it again from the system."
        )
    if isinstance(error, UnicodeError) or "utf8" in said.lower() or "utf-8" in said.lower():
        return InputRejected(
            f"The file is not text in the encoding {file.extract.encoding}.",
            where=file.where,
            fix="Set encoding of this extract: cp1252 is usual for older Windows systems.",
        )
    if "straddl" in said or "field larger" in said or "out of sync" in said:
        return _row_too_long(file)
    if isinstance(error, OSError) and not isinstance(error, pa.ArrowException):
        return InputRejected("The file cannot be opened.", where=file.where, fix="Check that you may read it.")
    return _unreadable(file)


def _row_too_long(file: ExtractFile) -> InputRejected:
    return InputRejected(
        "A row is longer than can be.",
        where=file.where,
        fix="Look for a quotation mark that is opened and never closed; set quote = '' if the file does not use them.",
    )


def _unreadable(file: ExtractFile) -> InputRejected:
    return InputRejected(
        "The file cannot be read in the way the TOML says.",
        where=file.where,
        fix="Check format, delimiter, encoding and skip_lines of this extract.",
    )


# --- Parquet -----------------------------------------------------------------------------------------


def _read_parquet(con: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: tuple[str, ...]) -> Rows:
    number = "early_help_row"
    try:
        found = con.read_parquet(str(file.path), hive_partitioning=False)
        header = found.columns
        kept = _positions(file, [clean(name) for name in header], wanted)
        rows = Rows({name: f"c{index}" for name, index in kept.names.items()})
        ordinal = con.read_parquet(str(file.path), hive_partitioning=False, file_row_number=True)
        relation = ordinal.project(
            (ColumnExpression("file_row_number") + constant(1)).cast("BIGINT").alias(number),
            *[
                _as_text(ColumnExpression(header[position]), str(found.types[position])).alias(f"c{index}")
                for index, position in enumerate(kept.positions)
            ],
        ).project(
            ColumnExpression(number).alias("row"), *[ColumnExpression(f"c{i}") for i in range(len(kept.positions))]
        )
        _store(con, relation, file, kept, rows)
    except duckdb.Error:
        raise _unreadable(file) from None
    return rows


def _as_text(value: Expression, kind: str) -> Expression:
    """A value as a CSV would have it; a whole number that a tool made a float for its blanks is whole again."""
    text = value.cast("VARCHAR")
    if kind not in ("DOUBLE", "FLOAT"):
        return text
    whole = (value == call("trunc", value)) & (call("abs", value) < constant(_EXACT_IN_A_FLOAT))
    return either(whole, value.cast("BIGINT").cast("VARCHAR"), text)


# --- both --------------------------------------------------------------------------------------------


def _positions(file: ExtractFile, header: list[str], wanted: tuple[str, ...]) -> _Kept:
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
        raise InputRejected(
            f"The header lacks the column {listed}." if missing else f"The header has the column {listed} twice.",
            where=file.where,
            fix=fix,
        )
    positions = sorted({0, *(header.index(name) for name in plain.values())})
    return _Kept(
        tuple(positions),
        {name: positions.index(header.index(plain[name])) for name in wanted},
        tuple(header[position] for position in positions),
    )


def _store(
    con: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, file: ExtractFile, kept: _Kept, rows: Rows
) -> None:
    con.execute("DROP TABLE IF EXISTS rows")
    extract = file.extract
    numbered = [f"c{index}" for index in range(len(kept.positions))]
    cells = relation.project(
        ColumnExpression("row"), *[_present(name, extract.missing).alias(name) for name in numbered]
    )
    steps = {rows.columns[name]: todo for name, todo in extract.tidy.items() if name in rows.columns}
    cells.project(
        ColumnExpression("row"),
        *[tidied(ColumnExpression(name), steps.get(name, ())).alias(name) for name in numbered],
        *[constant(text).alias(f"path_{index}") for index, text in enumerate(_said_by_path(file).values())],
        _kind(kept.headers, [ColumnExpression(name) for name in numbered]).alias("kind"),
    ).create("rows")
    rows.count = number_of(con.table("rows")) + len(rows.malformed)
    _set_footer_aside(con, extract.footer_lines, rows)


def _present(column: str, missing: list[str]) -> Expression:
    """A cell; null where it is blank or holds a word that stands for nothing."""
    held = cell(column)
    words = [constant(clean(word)) for word in missing if clean(word)]
    return either(held.isin(*words), constant(None), held) if words else held


def _set_footer_aside(con: duckdb.DuckDBPyConnection, lines: int, rows: Rows) -> None:
    """Mark the last lines of the file as no data."""
    if not lines:
        return
    last = rows.count - lines
    con.execute(_MARK_FOOTER, [FOOTER, last])
    rows.footer = [line for line in rows.malformed if line[0] > last]
    rows.malformed = [line for line in rows.malformed if line[0] <= last]


_MARK_FOOTER = "UPDATE rows SET kind = ? WHERE row > ?"


def _kind(headers: tuple[str, ...], cells: list[Expression]) -> Expression:
    """What a row is, where it is no data: blank, the header over again, or the totals of a report."""
    some = first_of(*cells, constant(None))
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

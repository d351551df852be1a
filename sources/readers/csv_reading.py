"""Reading CSV, compressed or not, in blocks: never held whole, and bad lines kept with their numbers."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import zipfile
import zlib
from bisect import insort
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from pyarrow import compute

from sources.readers.csv_bytes import UNIT, csv_bytes, is_replaced, plain_delimiter
from sources.readers.extract_files import ExtractFile, unreadable
from sources.readers.raw_rows import RawRows, positions_of
from sources.text import clean
from store.errors import InputRejected

_Numbers = np.ndarray[Any, np.dtype[np.int64]]

BLOCK_BYTES = 4 << 20
"""Bytes read at a time; also the longest row allowed."""
_HEADER_CHARACTERS = 1 << 20
_MOST_MALFORMED = 100_000
_MOST_LINES_IN_A_ROW = 50
"""A bad row of more lines is the work of a quotation mark that swallows good ones."""
_MOST_MALFORMED_CHARACTERS = 64 << 20
_TROUBLE = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError),
    *(UnicodeError, csv.Error, pa.ArrowException),
)
"""What the reading libraries raise over a file that is not what it should be."""


def open_csv(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
    """Open a CSV file for reading the ``wanted`` columns."""
    header, lines = _guarded(file, lambda: _header(file))
    malformed: list[tuple[int, str]] = []
    kept = positions_of(file, header, wanted)
    return RawRows(file, kept, _csv_batches(file, header, lines, kept.positions, malformed), malformed=malformed)


def _header(file: ExtractFile) -> tuple[list[str], int]:
    """The header's cells, and how many lines stand above the data."""
    extract = file.extract
    above = extract.skip_lines
    if names := extract.header or list(extract.widths or {}):
        return [clean(name) for name in names], above
    with csv_bytes(file) as (raw, encoding), io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        for _ in range(above):
            if not text.readline(_HEADER_CHARACTERS):
                return [], above
        reader = csv.reader(
            iter(lambda: text.readline(_HEADER_CHARACTERS), ""),
            delimiter=plain_delimiter(file),
            quotechar=extract.quote or None,
            quoting=csv.QUOTE_MINIMAL if extract.quote else csv.QUOTE_NONE,
        )
        cells = next((cells for cells in reader if cells), [])
        return [clean(_as_held(file, name)) for name in cells], above + reader.line_num


def _as_held(file: ExtractFile, text: str) -> str:
    """The text of a line or cell with the file's own delimiter."""
    return text.replace(UNIT, file.extract.delimiter) if is_replaced(file) else text


def _csv_batches(
    file: ExtractFile, header: list[str], lines: int, kept: tuple[int, ...], malformed: list[tuple[int, str]]
) -> Iterator[pa.RecordBatch]:
    widths = file.extract.widths
    # Without marks between cells, a line is one cell that is cut up after.
    names = [f"p{position}" for position in range(1 if widths else len(header))]
    quote = "" if widths else file.extract.quote
    skipped: list[int] = []
    swallowing: list[int] = []
    characters = 0

    def on_malformed(line: Any) -> str:
        # Numbers count from the first line of the file, and rows from the first under the header.
        nonlocal characters
        number = line.number - lines
        characters += len(line.text)
        insort(skipped, number)
        if line.text.count("\n") > _MOST_LINES_IN_A_ROW:
            swallowing.append(number)
            return "error"
        malformed.append((number, _as_held(file, line.text)))
        few = len(skipped) <= _MOST_MALFORMED and characters <= _MOST_MALFORMED_CHARACTERS
        return "skip" if few else "error"

    try:
        with csv_bytes(file) as (raw, encoding):
            reader = pc.open_csv(
                raw,
                read_options=pc.ReadOptions(
                    column_names=names,
                    skip_rows=lines,
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    encoding=encoding,
                ),
                parse_options=pc.ParseOptions(
                    delimiter=plain_delimiter(file),
                    quote_char=quote or False,
                    newlines_in_values=bool(quote),
                    invalid_row_handler=on_malformed,
                ),
                convert_options=pc.ConvertOptions(
                    include_columns=names if widths else [names[position] for position in kept],
                    column_types={name: pa.string() for name in names},
                    strings_can_be_null=False,
                ),
            )
            read = 0
            for batch in reader:
                numbers = _row_numbers(read, batch.num_rows, skipped)
                read += batch.num_rows
                within = batch
                if widths:
                    within, numbers = _lines_within(file, sum(widths.values()), batch, numbers, malformed)
                arrays = [pa.array(numbers), *_cells(file, within, kept)]
                yield pa.RecordBatch.from_arrays(arrays, names=["row", *[f"c{index}" for index in range(len(kept))]])
    except _TROUBLE as error:
        raise (_row_too_long(file) if swallowing else _in_our_words(file, error)) from None


def _lines_within(
    file: ExtractFile, width: int, batch: pa.RecordBatch, numbers: _Numbers, malformed: list[tuple[int, str]]
) -> tuple[pa.RecordBatch, _Numbers]:
    """The lines that end within the widths, and their numbers; those that go on past them are malformed.

    A width that is too small cuts figures off, and 90.00 is read as 9.00: what is left over must not be passed over.
    """
    line = batch.column(0)
    longer = compute.greater(compute.utf8_length(compute.utf8_rtrim_whitespace(line)), width)
    number = compute.sum(longer).as_py() or 0
    if len(malformed) + number > _MOST_MALFORMED:
        raise InputRejected(
            "Many lines go on past the last column of widths.",
            where=file.where,
            fix="Give in widths all columns of a line, those too that nothing uses, and see that each is wide enough.",
        )
    if number:
        malformed += zip(numbers[longer.to_numpy(zero_copy_only=False)].tolist(), line.filter(longer).to_pylist())
        within = compute.invert(longer)
        batch, numbers = batch.filter(within), numbers[within.to_numpy(zero_copy_only=False)]
    return batch, numbers


def _cells(file: ExtractFile, batch: pa.RecordBatch, kept: tuple[int, ...]) -> list[pa.Array]:
    """The kept cells of a batch, as the file holds them."""
    extract = file.extract
    if extract.widths is not None:
        ends = list(accumulate(extract.widths.values(), initial=0))
        line = batch.column(0)
        return [compute.utf8_slice_codeunits(line, ends[place], ends[place + 1]) for place in kept]
    if is_replaced(file) and extract.quote:
        return [compute.replace_substring(cells, UNIT, extract.delimiter) for cells in batch.columns]
    return list(batch.columns)


def _row_numbers(before: int, rows: int, skipped: list[int]) -> _Numbers:
    """Numbers of the next ``rows`` good rows, given how many came before and which numbers were skipped."""
    ranks = np.arange(before + 1, before + rows + 1, dtype=np.int64)
    # The i-th skipped number stands before every good row whose rank is at least that number less i.
    at = np.asarray(skipped, dtype=np.int64) - np.arange(len(skipped), dtype=np.int64)
    return ranks + np.searchsorted(at, ranks, side="right")


def _guarded(file: ExtractFile, read: Any) -> Any:
    try:
        return read()
    except _TROUBLE as error:
        raise _in_our_words(file, error) from None


def _in_our_words(file: ExtractFile, error: Exception) -> InputRejected:
    """An error of the reading libraries, told without the cell that they may quote."""
    said = str(error)
    if trouble := _packing_trouble(error, said):
        message, fix = trouble
        return InputRejected(message, where=file.where, fix=fix)
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
    return unreadable(file)


def _packing_trouble(error: Exception, said: str) -> tuple[str, str] | None:
    """What is wrong with how a file is packed, and what to do; None where it is something else."""
    again = "Copy it again from the system."
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or "compressed" in said.lower():
        return "The gzip file is cut short or damaged.", again
    if isinstance(error, zipfile.BadZipFile | lzma.LZMAError):
        return "The zip archive is cut short or damaged.", again
    if isinstance(error, NotImplementedError):
        unpack = "Unpack it into the folder, or pack it again with another tool."
        return "The zip archive is packed in a way that cannot be unpacked here.", unpack
    return None


def _row_too_long(file: ExtractFile) -> InputRejected:
    return InputRejected(
        "A row is longer than can be.",
        where=file.where,
        fix="Look for a quotation mark that is opened and never closed; set quote = '' if the file does not use them.",
    )

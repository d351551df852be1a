"""Reading one sheet of an Excel workbook: typed cells as a CSV of the sheet would have them.

A workbook is a zip file of XML, which is measured before it is opened (`sources.readers.workbook_size`): the library
that reads it holds the sheet whole, from the first cell to the last.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any
from xml.parsers import expat

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
)

from sources.readers.cell_text import cell_text
from sources.readers.extract_files import ExtractFile, not_opened
from sources.readers.raw_rows import RawRows, positions_of
from sources.readers.workbook_size import MOST_CELLS, MOST_SHARED_TEXT, MOST_UNPACKED, NotAWorkbook, TooLarge, measure
from sources.text import clean
from store.errors import InputRejected

_MOST_BYTES = 1 << 28
"""Of the file itself."""
_BATCH_ROWS = 16_384
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_excel(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
    """Open a sheet for reading the ``wanted`` columns.

    Rows are numbered from the first under the header, blank ones not counted. What stands to the right of the header
    is no column.
    """
    rows = (cells for _, cells in filled_rows(_sheet(file), file.extract.skip_lines))
    extract = file.extract
    header = [clean(name) for name in extract.header] if extract.header is not None else _names(next(rows, []))
    kept = positions_of(file, header, wanted)
    return RawRows(file, kept, _batches(rows, kept.positions, extract.decimal))


def _names(cells: list[Any]) -> list[str]:
    names = [clean(cell_text(cell) or "") for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _batches(rows: Iterator[list[Any]], positions: tuple[int, ...], decimal: str) -> Iterator[pa.RecordBatch]:
    names = ["row", *[f"c{index}" for index in range(len(positions))]]
    before = 0
    while block := list(islice(rows, _BATCH_ROWS)):
        numbers = pa.array(range(before + 1, before + 1 + len(block)), pa.int64())
        before += len(block)
        width = len(block[0])
        cells = [
            [cell_text(row[position], decimal) for row in block] if position < width else [None] * len(block)
            for position in positions
        ]
        yield pa.RecordBatch.from_arrays([numbers, *[pa.array(held, pa.string()) for held in cells]], names=names)


def filled_rows(sheet: CalamineSheet, skip_lines: int = 0) -> Iterator[tuple[int, list[Any]]]:
    """The rows below ``skip_lines`` that have something in them, each from the sheet's first column on, and how many
    lines stand above it.
    """
    before = [""] * (sheet.start[1] if sheet.start else 0)
    for above, row in enumerate(islice(sheet.iter_rows(), skip_lines, None), skip_lines):
        # Nothing and false are no blanks: only an empty text is.
        if any(row) or any(cell != "" for cell in row):
            yield above, [*before, *row]


def _sheet(file: ExtractFile) -> CalamineSheet:
    book = open_workbook(file)
    wanted = file.extract.sheet
    sheets = [one.name for one in worksheets(file, book)]
    if wanted is not None and wanted not in sheets:
        raise InputRejected(
            f"The workbook has no sheet {wanted!r}.",
            where=file.where,
            fix=f"Set sheet of this extract to one of its sheets: {', '.join(map(repr, sheets))}.",
        )
    return open_sheet(file, book, wanted if wanted is not None else sheets[0])


def open_workbook(file: ExtractFile) -> CalamineWorkbook:
    """Open a workbook, which is measured first. Raises InputRejected for what is none, or too large."""
    with _told(file), file.path.open("rb") as raw:
        _check(file, raw)
        raw.seek(0)
        return CalamineWorkbook.from_filelike(raw)


def worksheets(file: ExtractFile, book: CalamineWorkbook) -> list[SheetMetadata]:
    """The sheets of cells, of which there is at least one, in the workbook's order."""
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if not sheets:
        raise InputRejected("The workbook has no sheet of cells.", where=file.where, fix="Ask for it again.")
    return sheets


def open_sheet(file: ExtractFile, book: CalamineWorkbook, name: str) -> CalamineSheet:
    """Read one sheet into memory. Raises InputRejected for a damaged one."""
    with _told(file):
        return book.get_sheet_by_name(name)


@contextmanager
def _told(file: ExtractFile) -> Iterator[None]:
    """What the reading libraries raise, told in our words."""
    try:
        yield
    except PasswordError:
        raise _password(file) from None
    except OSError as error:
        raise not_opened(file, error) from None
    except (
        CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        NotImplementedError,
        LookupError,
        ValueError,
    ):
        raise _no_workbook(file) from None


# --- before it is opened -----------------------------------------------------------------------------------


def _check(file: ExtractFile, raw: IO[bytes]) -> None:
    """Raise InputRejected for what is no workbook, or one that would take more memory than there is for it."""
    first = raw.read(4)
    if raw.seek(0, 2) > _MOST_BYTES:
        raise _too_large(file)
    if first == _OLE:
        # A workbook with a password; else the older format, whose 65,536 rows of 256 columns are not compressed.
        raw.seek(0)
        if _ENCRYPTED in raw.read():
            raise _password(file)
        return
    if first != _ZIP:
        raise _no_workbook(file)
    try:
        measure(raw)
    except NotAWorkbook:
        raise _no_workbook(file) from None
    except TooLarge:
        raise _too_large(file) from None


def _too_large(file: ExtractFile) -> InputRejected:
    return InputRejected(
        f"The workbook unpacks to more than {MOST_UNPACKED >> 20:,} MB, {MOST_CELLS:,} cells in a sheet or "
        f"{MOST_SHARED_TEXT >> 20:,} MB of text in its cells.",
        where=file.where,
        fix="Look for a stray cell far from the others; save a table as large as that as CSV.",
    )


def _password(file: ExtractFile) -> InputRejected:
    return InputRejected(
        "The workbook has a password.", where=file.where, fix="Save it without one, in a folder that is safe."
    )


def _no_workbook(file: ExtractFile) -> InputRejected:
    return InputRejected(
        "The file is no Excel workbook, or a damaged one.",
        where=file.where,
        fix="Check format of this extract; open the file in Excel and save it as .xlsx.",
    )

"""How large a workbook becomes when it is read, measured before the library that holds it whole opens it.

Three things grow out of a small file: what its parts unpack to, a sheet that reaches from its first cell to a stray one
far away, and a shared text that stands in very many cells, of which each gets a copy. Any part may be the sheet that
the library reads, whatever its name and root element; so every part is measured, and a part with cells or shared texts
that is not plain XML is refused, because the library is more lenient than a parser.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

MOST_UNPACKED = 1 << 30
"""Bytes that all parts of a workbook may unpack to."""
MOST_CELLS = 25_000_000
"""From the first cell of a sheet to the last, empty ones too; also of shared texts."""
MOST_SHARED_TEXT = 1 << 29
"""Bytes of shared texts in the cells of one sheet, each counted in every cell that has it."""
_CHUNK_BYTES = 1 << 18
_MOST_TOKEN_BYTES = 1 << 20
"""Of markup without an end, such as a tag or a comment."""
_ANY_SIZE = 1 << 62
_DIGITS = "0123456789"
_MOST_LETTERS = 3
"""Of a column: the last is XFD."""
_TELLS = re.compile(rb"sheetData|[<:]si[\s/>]")
"""What stands in a part that has cells or shared texts."""
_TAIL_BYTES = 9
_OTHER_KINDS = frozenset({"content.xml", "mimetype", "xl/workbook.bin"})
"""Parts that make a zip file an OpenDocument or binary workbook, which are not measured here."""


class NotAWorkbook(Exception):
    """The file is no workbook of the kind that is read, or a damaged one."""


class TooLarge(Exception):
    """The workbook would take more memory than there is for it."""


def measure(raw: IO[bytes]) -> None:
    """Raise NotAWorkbook or TooLarge for a zip file that is not to be opened as a workbook.

    Raises also what `zipfile` raises over a damaged one.
    """
    with zipfile.ZipFile(raw) as parts:
        members = parts.infolist()
        if any(part.flag_bits & 1 or part.filename.lower() in _OTHER_KINDS for part in members):
            raise NotAWorkbook
        if sum(part.file_size for part in members) > MOST_UNPACKED:
            raise TooLarge
        unpacked = 0
        sheets: list[tuple[zipfile.ZipInfo, int]] = []
        tables: list[array[int]] = []
        for part in members:
            found = _Part()
            for chunk in _chunks(parts, part):
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED:
                    raise TooLarge
                found.feed(chunk)
            found.close()
            if found.shared_cells:
                sheets.append((part, found.shared_cells))
            if found.lengths:
                tables.append(found.lengths)
        longest = max((max(lengths) for lengths in tables), default=0)
        for part, cells in sheets:
            # Only where the longest text in every cell would be too much is each cell's own looked up.
            if cells * longest > MOST_SHARED_TEXT:
                _measure_texts(_chunks(parts, part), tables)


def _chunks(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    # The directory may understate a part: read until it really ends.
    part.file_size = _ANY_SIZE
    with parts.open(part) as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk


@dataclass
class _Part:
    """One part: how far its cells reach, how many have a shared text, and the sizes of the shared texts in it."""

    rows: int = 0
    columns: int = 0
    shared_cells: int = 0
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    _row: int = 0
    _column: int = 0
    _digits: str = ""
    _known: dict[str, int] = field(default_factory=dict)
    _fed: int = 0
    _text_began: int = 0
    _tail: bytes = b""
    _matters: bool = False
    _is_plain: bool = True

    def __post_init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the part."""
        self._matters = self._matters or _TELLS.search(self._tail + chunk) is not None
        self._tail = chunk[-_TAIL_BYTES:]
        self._fed += len(chunk)
        if self._is_plain:
            self._parse(chunk, last=False)
        if self._matters and not self._is_plain:
            raise NotAWorkbook
        if self.rows * self.columns > MOST_CELLS or len(self.lengths) > MOST_CELLS:
            raise TooLarge

    def close(self) -> None:
        """Raise NotAWorkbook if cells or shared texts are in it, but it is not whole."""
        if self._is_plain:
            self._parse(b"", last=True)
        if self._matters and not self._is_plain:
            raise NotAWorkbook
        if self.lengths:
            self.lengths.append(self._fed - self._text_began)

    def _parse(self, chunk: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError:
            self._is_plain = False
            return
        if self._fed - self._parser.CurrentByteIndex > _MOST_TOKEN_BYTES:
            self._is_plain = False

    def _refuse_document_type(self, *_: object) -> None:
        raise NotAWorkbook

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "c":
            name = name.rpartition(":")[2]
            if name == "row":
                self._row = int(attributes.get("r", self._row + 1))
                self._column = 0
            elif name == "si":
                began = self._parser.CurrentByteIndex
                # The first entry is what stands above the first text, which no cell can name.
                self.lengths.append(began - self._text_began)
                self._text_began = began
            if name != "c":
                return
        if attributes.get("t") == "s":
            self.shared_cells += 1
        place = attributes.get("r")
        if place is None:
            self._column += 1
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
            return
        letters = place.rstrip(_DIGITS)
        if letters not in self._known:
            self._known[letters] = _column_number(letters)
            self.columns = max(self.columns, self._known[letters])
        digits = place[len(letters) :]
        if digits != self._digits:
            self._digits = digits
            self.rows = max(self.rows, int(digits))
        self._column = self._known[letters]


def _column_number(letters: str) -> int:
    if len(letters) > _MOST_LETTERS:
        raise NotAWorkbook
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number


def _measure_texts(chunks: Iterator[bytes], tables: list[array[int]]) -> None:
    """Raise TooLarge when the shared texts of a sheet's cells add up to too much."""
    total = 0
    shared = False
    text: list[str] | None = None

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal shared, text
        name = name.rpartition(":")[2]
        if name == "c":
            shared = attributes.get("t") == "s"
        elif name == "v" and shared:
            text = []

    def characters(found: str) -> None:
        if text is not None:
            text.append(found)

    def end(_: str) -> None:
        nonlocal total, text
        if text is not None:
            # A table's first entry is what stands above its first text.
            place = int("".join(text) or 0) + 1
            total += max((lengths[place] for lengths in tables if 0 < place < len(lengths)), default=0)
            text = None

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, characters, end
    for chunk in chunks:
        parser.Parse(chunk, False)
        if total > MOST_SHARED_TEXT:
            raise TooLarge

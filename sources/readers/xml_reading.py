"""Reading the children in need census: a row for each element of one kind, as a stream, and nothing but plain XML.

The return is read event by event and let go child by child, so its size does not matter. A document type is refused
before anything in it is read: with it go entities, external files and all that grows. Namespaces do not matter;
elements the schema does not know, and text between elements, are passed over.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

import pyarrow as pa

from sources.cin_census import CHILD, RETURN, ROOT, Element, Path, columns, is_many, row_path
from sources.readers.extract_files import ExtractFile, not_opened, opened
from sources.readers.raw_rows import RawRows, positions_of
from store.errors import InputRejected

SEPARATOR = ";"
"""Between the texts of an element that is there more than once."""
_FIRST_BYTES = 256
"""Read at a time above the root element, so that a document type is refused before what it declares is read."""
_CHUNK_BYTES = 1 << 16
_BATCH_ROWS = 8_192
_MOST_DEEP = 64
_MOST_CHARACTERS = 10_000
"""In one element. The longest text of a return has a few dozen."""
_MOST_TOKEN_BYTES = 1 << 20
"""Of markup without an end, such as a tag or a comment."""
_MOST_HELD = 100_000
"""Texts and groups of one child."""
_MOST_JOINED = 10_000
"""Characters of one element that is there several times in the same place; in a header, over the whole file."""
_MOST_IN_ROWS = 16 << 20
"""Characters in all rows of one child: what stands above many rows is in each of them."""


def open_cin_census(file: ExtractFile, wanted: tuple[str, ...]) -> RawRows:
    """Open a return for reading the ``wanted`` columns, which are known to be columns of its rows."""
    assert file.extract.rows is not None
    known = columns(file.extract.rows)
    kept = positions_of(file, list(known), wanted)
    return RawRows(file, kept, _batches(file, file.extract.rows, [known[name] for name in kept.headers]))


def _batches(file: ExtractFile, rows: str, paths: list[Path]) -> Iterator[pa.RecordBatch]:
    names = ["row", *[f"c{index}" for index in range(len(paths))]]
    before = 0
    for found in _row_blocks(file, _Reader(file, rows, paths)):
        numbers = pa.array(range(before + 1, before + 1 + len(found)), pa.int64())
        before += len(found)
        cells = [pa.array([row.get(index) for row in found], pa.string()) for index in range(len(paths))]
        yield pa.RecordBatch.from_arrays([numbers, *cells], names=names)


def _row_blocks(file: ExtractFile, reader: _Reader) -> Iterator[list[dict[int, str]]]:
    try:
        with opened(file.path) as raw:
            while chunk := raw.read(_CHUNK_BYTES if reader.started else _FIRST_BYTES):
                reader.feed(chunk)
                if len(reader.rows) >= _BATCH_ROWS:
                    yield reader.take()
            reader.close()
        yield reader.take()
    except expat.ExpatError as error:
        # The messages of the parser are its own words, one for each kind of error.
        raise InputRejected(
            f"The XML is damaged: {expat.ErrorString(error.code)}.",
            where=f"{file.where}, line {error.lineno}",
            fix="Ask for the return again, as the system exports it.",
        ) from None
    except (LookupError, UnicodeError):
        raise InputRejected(
            "The XML is in an encoding that is not known.", where=file.where, fix="Save it as UTF-8."
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise not_opened(file, error) from None


@dataclass
class _Place:
    """An element of the return as the reader uses it."""

    within: dict[str, _Place]
    opens: bool
    """Whether each one is a scope of its own: it makes a row, or stands above one that does."""
    ends_child: bool = False
    columns: tuple[int, ...] = ()
    """The wanted columns that its text is for."""


@dataclass
class _Scope:
    """One element that makes rows, or holds others that do: its texts by column, and the scopes in it."""

    texts: dict[int, list[str]] = field(default_factory=dict)
    scopes: list[_Scope] = field(default_factory=list)

    def rows(self, depth: int, above: dict[int, str]) -> Iterator[dict[int, str]]:
        """The rows ``depth`` scopes below this one, each with the texts of all that it stands in."""
        found = above | {index: SEPARATOR.join(texts) for index, texts in self.texts.items()}
        if depth == 0:
            yield found
        for scope in self.scopes:
            yield from scope.rows(depth - 1, found)


class _Reader:
    """Takes the parser's events and makes rows of them."""

    def __init__(self, file: ExtractFile, rows: str, paths: list[Path]) -> None:
        row = row_path(rows)
        child = next(end for end in range(1, len(row) + 1) if row[end - 1] == CHILD.tag)
        scopes = {row[:end] for end in range(child, len(row) + 1) if end == len(row) or is_many(row[:end])}
        self.rows: list[dict[int, str]] = []
        self._depth_of_rows = len(scopes)
        self._file = file
        self._places = [_Place({ROOT: _place(RETURN, (), paths, scopes, row[:child])}, False)]
        self._scopes = [_Scope()]
        self._passed_over = 0
        self._text: list[str] | None = None
        self._characters = 0
        self._held = 0
        self._joined: Counter[tuple[int, int]] = Counter()
        """Characters by scope, as its place among the open ones, and column."""
        self._fed = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters_found

    @property
    def started(self) -> bool:
        """Whether the root element has begun, above which alone a document type may stand."""
        return len(self._places) > 1 or self._passed_over > 0

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, False)
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > _MOST_TOKEN_BYTES:
            raise self._refused("A piece of the XML is longer than can be.")

    def close(self) -> None:
        self._parser.Parse(b"", True)

    def take(self) -> list[dict[int, str]]:
        """The rows made since the last time."""
        taken, self.rows = self.rows, []
        return taken

    # --- events ----------------------------------------------------------------------------------------

    def _refuse_document_type(self, *_: object) -> None:
        raise self._refused("The XML declares a document type, which no return has and which can do harm.")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if len(self._places) + self._passed_over > _MOST_DEEP:
            raise self._refused("The XML is nested deeper than a return can be.")
        place = None if self._passed_over else self._places[-1].within.get(name.rpartition(":")[2])
        if place is None:
            if len(self._places) == 1:
                raise self._refused("The XML is no children in need census: it does not begin with Message.")
            self._passed_over += 1
            return
        self._places.append(place)
        if place.opens:
            self._count()
            scope = _Scope()
            self._scopes[-1].scopes.append(scope)
            self._scopes.append(scope)
        if place.columns:
            self._text, self._characters = [], 0

    def _characters_found(self, text: str) -> None:
        if self._text is None or self._passed_over:
            return
        self._characters += len(text)
        if self._characters > _MOST_CHARACTERS:
            raise self._refused("A text in the XML is longer than can be.")
        self._text.append(text)

    def _end(self, _: str) -> None:
        if self._passed_over:
            self._passed_over -= 1
            return
        place = self._places.pop()
        if self._text is not None and place.columns:
            self._keep("".join(self._text).strip(), place.columns)
            self._text = None
        if place.opens:
            self._joined = Counter({key: size for key, size in self._joined.items() if key[0] < len(self._scopes)})
            self._scopes.pop()
        if place.ends_child:
            self._child_read()

    def _keep(self, text: str, indexes: tuple[int, ...]) -> None:
        self._count()
        if text:
            for index in indexes:
                place = len(self._scopes), index
                self._joined[place] += len(text)
                if self._joined[place] > _MOST_JOINED:
                    raise self._refused("What one element says, over and over, is longer than can be.")
                self._scopes[-1].texts.setdefault(index, []).append(text)

    def _count(self) -> None:
        self._held += 1
        if self._held > _MOST_HELD:
            raise self._refused("One child has more in the XML than can be.")

    def _child_read(self) -> None:
        whole = self._scopes[0]
        in_rows = 0
        for row in whole.rows(self._depth_of_rows, {}):
            in_rows += sum(map(len, row.values()))
            if in_rows > _MOST_IN_ROWS:
                raise self._refused("One child has more in the XML than can be.")
            self.rows.append(row)
        whole.scopes.clear()
        self._held = 0

    def _refused(self, message: str) -> InputRejected:
        return InputRejected(
            message,
            where=f"{self._file.where}, line {self._parser.CurrentLineNumber}",
            fix="Ask for the return again, as the system exports it.",
        )


def _place(element: Element, path: Path, wanted: list[Path], scopes: set[Path], child: Path) -> _Place:
    within = {one.tag: _place(one, (*path, one.tag), wanted, scopes, child) for one in element.within}
    indexes = tuple(index for index, found in enumerate(wanted) if found == path)
    return _Place(within, path in scopes, path == child, indexes)

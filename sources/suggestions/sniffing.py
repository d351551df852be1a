"""How a text file is laid out: encoding, delimiter, quotation mark, lines above the header and below the data."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from sources.suggestions.sampling import TextSample
from sources.mapping.text import clean
from store.errors import InputRejected

_DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x1f")
_LINES_TRIED = 300
_MOST_LINES_ABOVE = 30
_MOST_LINES_BELOW = 5
_MOST_FIELDS_CHARACTERS = 1 << 20
_DATA_LIKE = re.compile(
    r"[-+£(]?[\d,.]+\)?|.*\d[-/.]\d.*|\S+@\S+|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2}\d{6}[A-D]", re.IGNORECASE
)
"""A cell that no header has: a number, a date, an email address, a postcode, a National Insurance number."""


@dataclass(frozen=True)
class Layout:
    """How to read a text file, with the rows of the sample that could be read so."""

    encoding: str
    delimiter: str
    quote: str
    skip_lines: int
    footer_lines: int
    header: tuple[str, ...]
    own_header: bool
    """Whether the header is the file's own; if not, names are ours, and there is none or it cannot serve."""
    rows: tuple[tuple[str, ...], ...]
    ragged: int
    """Rows of the sample with more or fewer cells than the header."""
    below_seen: bool
    """Whether the end of the file was looked at."""


def sniff(sample: TextSample, name: str) -> Layout:
    """Work out a text file's layout.

    Raises InputRejected for a file that is not text, or has nothing in it.
    """
    encoding = _encoding(sample, name)
    text = _decoded(sample.head, encoding)
    if not sample.whole:
        text = text[: text.rfind("\n") + 1] or text
    if not text.strip():
        raise InputRejected("The file is blank.", where=name, fix="Ask for the extract again.")
    if text.lstrip().startswith("<"):
        raise InputRejected(
            "The file is XML or a web page, not a table.",
            where=name,
            fix="Ask for the extract as CSV. A children in need return is mapped by hand, with format = 'cin_census'.",
        )
    lines = text.splitlines()
    delimiter = _delimiter(lines)
    quote = _quote(text, delimiter)
    parsed = _parsed(text, delimiter, quote)
    width = _width([cells for _, cells in parsed])
    if not parsed:
        raise InputRejected("The file has no rows that can be read.", where=name, fix="Ask for the extract again.")
    above = _lines_above(parsed, width)
    parsed = parsed[above:]
    skip = parsed[0][0]
    body, footer = _without_footer([cells for _, cells in parsed[1:]], width, whole=sample.whole)
    if not sample.whole and sample.tail:
        ending = _parsed(_decoded(sample.tail, encoding).partition("\n")[2], delimiter, quote)
        _, footer = _without_footer([cells for _, cells in ending], width, whole=True)
    header = tuple(clean(cell) for cell in parsed[0][1])
    own = _is_header(header, body)
    if own:
        body = [*body, *_spread(sample, encoding, delimiter, quote)]
    elif not _names_only(header):
        body = [parsed[0][1], *body]
    fitting = tuple(tuple(clean(cell) for cell in cells) for cells in body if len(cells) == len(header))
    return Layout(
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        skip_lines=skip if own else skip + (1 if _names_only(header) else 0),
        footer_lines=footer,
        header=header if own else _own_names(header),
        own_header=own,
        rows=fitting,
        ragged=len(body) - len(fitting),
        below_seen=sample.whole or bool(sample.tail),
    )


def _encoding(sample: TextSample, name: str) -> str:
    head = sample.head
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    start = head[:4096]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        if len(start) > 1 and zeros.count(0) > 0.4 * len(start) / 2:
            other = start[0::2] if zeros is not start[0::2] and encoding == "utf-16-le" else start[1::2]
            if other.count(0) == 0:
                return encoding
    if b"\0" in head or sum(byte < 32 and byte not in b"\t\n\r\x1f\f" for byte in start) > 0.02 * len(start):
        raise InputRejected(
            "The file is not text.", where=name, fix="Ask for the extract as CSV or Parquet, and ask again."
        )
    whole = b"".join((head, *sample.pieces, sample.tail))
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut in two at the end of the sample.
        if sample.whole or error.start < len(head) - 4:
            return "cp1252"
    # Bytes beyond the beginning may be cut anywhere, so that only what no UTF-8 has counts.
    return "cp1252" if _never_in_utf8(whole) else "utf-8"


def _never_in_utf8(content: bytes) -> bool:
    broken = content.decode("utf-8", errors="replace").count("\ufffd")
    return broken > 64


def _decoded(content: bytes, encoding: str) -> str:
    text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _delimiter(lines: list[str]) -> str:
    """The mark by which most lines have the same number of cells, and more than one."""
    some = [line for line in lines[: _LINES_TRIED + _MOST_LINES_ABOVE] if line.strip()][:_LINES_TRIED]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = Counter(len(cells) for _, cells in _parsed("\n".join(some), delimiter, '"'))
        if not widths:
            continue
        width, number = max(widths.items(), key=lambda pair: (pair[1] if pair[0] > 1 else 0, pair[0]))
        score = number / max(sum(widths.values()), 1) + min(width, 50) / 1000 if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _quote(text: str, delimiter: str) -> str:
    """The quotation mark, or '' where marks stand inside cells and would swallow lines."""
    start = text[:_MOST_FIELDS_CHARACTERS]
    if '"' not in start:
        return '"'
    opened = start.count(f'{delimiter}"') + start.count('\n"') + start.startswith('"')
    closed = start.count(f'"{delimiter}') + start.count('"\n') + start.endswith('"')
    return '"' if opened and closed >= 0.7 * opened else ""


def _parsed(text: str, delimiter: str, quote: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of lines above it."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((before, cells))
            before = reader.line_num
    except csv.Error:
        # A cell longer than any can be: what stands before it is sample enough.
        return rows
    return rows


def _width(rows: list[list[str]]) -> int:
    widths = Counter(len(cells) for cells in rows[:_LINES_TRIED])
    return max(widths, key=lambda width: (widths[width], width)) if widths else 1


def _lines_above(parsed: list[tuple[int, list[str]]], width: int) -> int:
    """How many rows stand above the first that is as wide as the table and has few blanks."""
    for place, (_, cells) in enumerate(parsed[:_MOST_LINES_ABOVE]):
        if len(cells) == width and sum(bool(cell.strip()) for cell in cells) > width / 2:
            return place
    return 0


def _without_footer(rows: list[list[str]], width: int, *, whole: bool) -> tuple[list[list[str]], int]:
    if not whole:
        return rows, 0
    below = 0
    while below < len(rows) and len(rows[-1 - below]) != width:
        below += 1
    if below > _MOST_LINES_BELOW or below == len(rows):
        return rows, 0
    return rows[: len(rows) - below], below


def _names_only(header: tuple[str, ...]) -> bool:
    """Whether no cell looks like data."""
    return not any(_DATA_LIKE.fullmatch(cell) for cell in header)


def _is_header(header: tuple[str, ...], body: list[list[str]]) -> bool:
    """Whether a first row can serve as the header: names only, none blank or twice, none met again below it."""
    if len(set(header)) != len(header) or not all(header) or not _names_only(header):
        return False
    again = sum(
        1
        for place, name in enumerate(header)
        if any(len(cells) > place and clean(cells[place]) == name for cells in body)
    )
    # A header may be repeated on every page of a report; then it is repeated whole.
    return again == 0 or any([clean(cell) for cell in cells] == list(header) for cells in body)


def _own_names(header: tuple[str, ...]) -> tuple[str, ...]:
    """Names for the columns of a file without a header, or with one that names a column twice or not at all."""
    if not _names_only(header) or (len(set(header)) == len(header) and all(header)):
        return tuple(f"column_{place + 1}" for place in range(len(header)))
    seen: Counter[str] = Counter()
    names = []
    for place, name in enumerate(header):
        seen[name] += 1
        plain = name or f"column_{place + 1}"
        names.append(plain if seen[name] == 1 or not name else f"{plain} ({seen[name]})")
    return tuple(names) if len(set(names)) == len(names) else tuple(f"column_{i + 1}" for i in range(len(header)))


def _spread(sample: TextSample, encoding: str, delimiter: str, quote: str) -> list[list[str]]:
    """Whole rows of the pieces from the middle of the file."""
    rows: list[list[str]] = []
    for piece in sample.pieces:
        lines = _decoded(piece, encoding).split("\n")
        rows += [cells for _, cells in _parsed("\n".join(lines[1:-1]), delimiter, quote)]
    return rows

"""How a text file is laid out: its encoding, the delimiter and the quotation mark, by which it is cut into rows."""

from __future__ import annotations

import csv
import io
from collections import Counter

from sources.suggestions.layouts import MOST_LINES_ABOVE, Beyond, Layout, Numbered, lay_out
from sources.suggestions.proposal import Setting
from sources.suggestions.sampling import TextSample
from store.errors import InputRejected

_DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x1f")
_LINES_TRIED = 300
_MOST_FIELDS_CHARACTERS = 1 << 20


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
            fix="Ask for the extract as CSV. Of XML only a children in need return can be read, as .xml or .xml.gz.",
        )
    delimiter = _delimiter(text.splitlines())
    quote = _quote(text, delimiter)
    found = _parsed(text, delimiter, quote)
    if not found:
        raise InputRejected("The file has no rows that can be read.", where=name, fix="Ask for the extract again.")
    beyond = None if sample.whole else _beyond(sample, encoding, delimiter, quote)
    return lay_out(found, _width([cells for _, cells in found]), _settings(encoding, delimiter, quote), beyond)


def _settings(encoding: str, delimiter: str, quote: str) -> tuple[Setting, ...]:
    settings: list[Setting] = []
    if encoding != "utf-8":
        settings.append(("encoding", encoding, ""))
    if delimiter != ",":
        settings.append(("delimiter", delimiter, ""))
    if quote != '"':
        settings.append(("quote", quote, "check: quotation marks stand inside cells"))
    return tuple(settings)


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
    some = [line for line in lines[: _LINES_TRIED + MOST_LINES_ABOVE] if line.strip()][:_LINES_TRIED]
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


def _parsed(text: str, delimiter: str, quote: str) -> Numbered:
    """Rows that are not blank, each with the number of lines above it."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    rows: Numbered = []
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


def _beyond(sample: TextSample, encoding: str, delimiter: str, quote: str) -> Beyond:
    """Whole rows of the pieces from the middle of the file, and of its end."""
    rows: list[list[str]] = []
    for piece in sample.pieces:
        lines = _decoded(piece, encoding).split("\n")
        rows += [cells for _, cells in _parsed("\n".join(lines[1:-1]), delimiter, quote)]
    tail = _decoded(sample.tail, encoding).partition("\n")[2]
    return Beyond(rows, [cells for _, cells in _parsed(tail, delimiter, quote)])

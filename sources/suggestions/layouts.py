"""How a file is laid out, whatever its format: the header, what stands above it and below the data, and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sources.suggestions.proposal import Setting
from sources.text import clean

MOST_LINES_ABOVE = 30
MOST_LINES_BELOW = 5
_DATA_LIKE = re.compile(
    r"[-+£(]?[\d,.]+\)?|.*\d[-/.]\d.*|\S+@\S+|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2}\d{6}[A-D]", re.IGNORECASE
)
"""A cell that no header has: a number, a date, an email address, a postcode, a National Insurance number."""

Numbered = list[tuple[int, list[str]]]
"""Rows that are not blank, each with the number of lines above it."""


@dataclass(frozen=True)
class Layout:
    """How to read a file, with the rows of the sample that could be read so."""

    settings: tuple[Setting, ...]
    """What its format needs said of it, such as a delimiter or a sheet."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    own_header: bool = True
    """Whether the header is the file's own; if not, names are ours, and there is none or it cannot serve."""
    certain: bool = False
    """Whether the format itself says what the columns are called."""
    skip_lines: int = 0
    footer_lines: int = 0
    notes: tuple[str, ...] = ()
    """What whoever edits the mapping has to know of the sample."""


@dataclass(frozen=True)
class Beyond:
    """Rows of a long file from further on: ``middle`` from anywhere, ``ending`` its last ones, if they were read."""

    middle: Sequence[list[str]] = ()
    ending: Sequence[list[str]] = ()


def lay_out(found: Numbered, width: int, settings: tuple[Setting, ...], beyond: Beyond | None) -> Layout:
    """Tell header, data, and what is neither apart by how wide rows are.

    ``found`` are the first rows, of which there is at least one; ``beyond`` is None where they are all there are.
    """
    found = found[_rows_above(found, width) :]
    body, footer = [cells for _, cells in found[1:]], 0
    if beyond is None:
        body, footer = _without_footer(body, width)
    elif beyond.ending:
        _, footer = _without_footer(list(beyond.ending), width)
    skip, first = found[0]
    header = tuple(clean(cell) for cell in first)
    own = _is_header(header, body)
    if own:
        body = [*body, *(beyond.middle if beyond else ())]
    elif not _names_only(header):
        body = [first, *body]
    fitting = tuple(tuple(clean(cell) for cell in cells) for cells in body if len(cells) == len(header))
    notes = []
    if beyond is not None and not beyond.ending:
        notes.append(
            "Only the beginning of the file was looked at: see whether lines below the data need footer_lines."
        )
    if len(fitting) < len(body):
        notes.append(f"{len(body) - len(fitting)} rows of the sample have more or fewer cells than the header.")
    return Layout(
        settings,
        header if own else _own_names(header),
        fitting,
        own,
        skip_lines=skip if own else skip + (1 if _names_only(header) else 0),
        footer_lines=footer,
        notes=tuple(notes),
    )


def _rows_above(found: Numbered, width: int) -> int:
    """How many rows stand above the first that is as wide as the table and has few blanks."""
    for place, (_, cells) in enumerate(found[:MOST_LINES_ABOVE]):
        if len(cells) == width and sum(bool(cell.strip()) for cell in cells) > width / 2:
            return place
    return 0


def _without_footer(rows: list[list[str]], width: int) -> tuple[list[list[str]], int]:
    below = 0
    while below < len(rows) and len(rows[-1 - below]) != width:
        below += 1
    if below > MOST_LINES_BELOW or below == len(rows):
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

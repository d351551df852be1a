"""HTML for notebooks: a few escaped pieces that take the colours of whatever they are shown in, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_LINE = "1px solid rgba(128,128,128,.4)"
# A notebook's own styles set tables in small print, to the right and in stripes; figures in words read better without.
_TABLE = "border-collapse:collapse;margin:.4em 0 .8em;font-size:inherit;table-layout:auto"
_CELL = (
    f"text-align:left;vertical-align:top;padding:.25em .9em .25em 0;border:0;border-bottom:{_LINE};white-space:normal"
)
_CARD = "border-left:4px solid #3f8f86;padding:.2em 0 .2em 1em;margin:.4em 0;max-width:60em;line-height:1.45"
_HEADING = "font-size:1.15em;font-weight:600;margin:0 0 .2em"
_QUIET = "opacity:.8;font-size:.92em"
_SUMMARY = "cursor:pointer;margin:.3em 0"


def card(heading: str, *parts: str, beside: str = "") -> str:
    """Parts, which are HTML already, under a heading; ``beside`` is what follows it more quietly. Empty ones go."""
    aside = f' <span style="{_QUIET};font-weight:400">{escape(beside)}</span>' if beside else ""
    return f'<div style="{_CARD}"><div style="{_HEADING}">{escape(heading)}{aside}</div>{"".join(parts)}</div>'


def paragraph(text: str, quiet: bool = False) -> str:
    """A paragraph; nothing for no text."""
    style = f"margin:.3em 0;{_QUIET}" if quiet else "margin:.3em 0"
    return f'<p style="{style}">{escape(text)}</p>' if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], strong: str = "") -> str:
    """A table of words whose rows are named by their first cell; the row named ``strong`` stands out."""
    columns = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{escape(name)}</th>' for name in head)
    body = "".join(_row(cells, bool(strong) and cells[0] == strong) for cells in rows)
    return f'<table style="{_TABLE}"><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what is to be said of each, as a table without a head; pairs with nothing to say are left out."""
    rows = "".join(_row(pair, strong=False) for pair in pairs if pair[1])
    return f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>' if rows else ""


def bullets(lines: Iterable[str]) -> str:
    """A list; nothing for no lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul style="margin:.3em 0">{items}</ul>' if items else ""


def folded(summary: str, *parts: str) -> str:
    """Parts, which are HTML already, that open when the summary is pressed; nothing where all are empty."""
    inside = "".join(parts)
    return f'<details><summary style="{_SUMMARY}">{escape(summary)}</summary>{inside}</details>' if inside else ""


def _row(cells: Sequence[str], strong: bool) -> str:
    weight = ";font-weight:600" if strong else ""
    first = f'<th scope="row" style="{_CELL};font-weight:{600 if strong else 400}">{escape(cells[0])}</th>'
    rest = "".join(f'<td style="{_CELL}{weight}">{escape(cell)}</td>' for cell in cells[1:])
    return f"<tr>{first}{rest}</tr>"

"""The table ``rows`` that every reader makes: cells as text, each row numbered, and what is no data marked.

``row`` is 1 for the first row under the header; ``c0`` ... ``cN`` are the columns asked for, as text without white
space at its ends, null where blank; ``kind`` is null for a data row, else what the row is instead. Headers are only
compared, in Python and as constants: the engine's columns have names of our own, so a hostile header can do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
from duckdb import CaseExpression, ColumnExpression, Expression

from sources.extract_files import ExtractFile, said_by_path
from sources.text import call, cell, clean, constant, either, first_of, matches, number_of
from sources.values import tidied
from store.errors import InputRejected

_TOTALS = r"(grand |sub-?\s?)?totals?( rows| records)?\s*:?[\s\d,.]*"

REPEATED_HEADER = "repeated_header"
TOTALS_ROW = "totals_row"
BLANK_ROW = "blank_row"
MALFORMED_LINE = "malformed_line"
FOOTER = "footer"


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
        raise InputRejected(
            f"The header lacks the column {listed}." if missing else f"The header has the column {listed} twice.",
            where=file.where,
            fix=fix,
        )
    positions = sorted({0, *(header.index(name) for name in plain.values())})
    return Kept(
        tuple(positions),
        {name: positions.index(header.index(plain[name])) for name in wanted},
        tuple(header[position] for position in positions),
    )


def store_rows(
    con: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, file: ExtractFile, kept: Kept, rows: Rows
) -> None:
    """Make the table ``rows`` of what a reader gave, in place of what it held, and count it in ``rows``."""
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
        *[constant(text).alias(f"path_{index}") for index, text in enumerate(said_by_path(file).values())],
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

"""The sheet of a workbook that is the likeliest to be meant, laid out like any other file.

The library that opens a workbook holds one sheet whole; what is looked at are its first rows and its last.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from itertools import islice
from pathlib import Path

from python_calamine import CalamineSheet, SheetVisibleEnum

from sources.readers.cell_text import cell_text
from sources.readers.excel_reading import filled_rows, open_sheet, open_workbook, worksheets
from sources.suggestions.kinds import speaking
from sources.suggestions.layouts import MOST_LINES_ABOVE, Beyond, Layout, lay_out
from sources.suggestions.proposal import Setting
from sources.suggestions.toml_text import quoted
from sources.suggestions.unmapped_file import unmapped_file
from sources.text import clean
from store.errors import InputRejected

SHEET_ROWS = 5_000
"""Rows looked at from the top of a sheet."""
_LAST_ROWS = 50
_MOST_SHEETS = 30
"""Sheets looked into. A workbook of more is a form or a report."""
_ROWS_TRIED = 300
_FEWEST_COLUMNS = 3
"""Nothing is known of anybody by less than a key, a day and what happened; notes have two columns."""
_OF_A_HEADER = 0.8
"""A title has fewer cells than the rows below it; a header nearly as many."""
_OF_A_FOOTER = 0.2


def workbook_layout(path: Path) -> Layout:
    """The first sheet that looks like a table, shown ones before hidden ones, with a word of the others.

    Raises InputRejected for what is no workbook, has a password, is too large, or has nothing in it.
    """
    file = unmapped_file(path, format="excel")
    book = open_workbook(file)
    sheets = worksheets(file, book)
    order = sorted(sheets, key=lambda one: one.visible != SheetVisibleEnum.Visible)
    chosen, chosen_is_table, chosen_name = None, False, ""
    tables: list[str] = []
    for one in order[:_MOST_SHEETS]:
        layout = _sheet_layout(open_sheet(file, book, one.name))
        if layout is None:
            continue
        is_table = _is_table(layout)
        if is_table:
            tables.append(one.name)
        if chosen is None or (is_table and not chosen_is_table):
            chosen, chosen_is_table, chosen_name = layout, is_table, one.name
    if chosen is None:
        raise InputRejected("The workbook is blank.", where=path.name, fix="Ask for the extract again.")
    settings: list[Setting] = [("format", "excel", "")]
    if len(sheets) > 1:
        settings.append(("sheet", chosen_name, "check: is this the one?"))
    tables = [name for name in tables if name != chosen_name]
    others = [one.name for one in sheets if one.name not in (chosen_name, *tables)]
    return replace(chosen, settings=tuple(settings), notes=(*chosen.notes, *_of_others(tables, others)))


def _is_table(layout: Layout) -> bool:
    known, columns = speaking(layout.header), len(layout.header)
    in_words_of_systems = known >= _FEWEST_COLUMNS or 2 * known > columns
    return layout.own_header and columns >= _FEWEST_COLUMNS and bool(layout.rows) and in_words_of_systems


def _of_others(tables: list[str], others: list[str]) -> list[str]:
    notes = []
    if tables:
        notes.append(
            f"Other sheets look like tables too: {', '.join(map(quoted, tables))}. Map each that is wanted as an "
            "extract of its own, with its sheet."
        )
    if others:
        listed = ", ".join(map(quoted, others[:_MOST_SHEETS])) + (" and more" if len(others) > _MOST_SHEETS else "")
        notes.append(f"Sheets that do not look like tables: {listed}.")
    return notes


def _sheet_layout(sheet: CalamineSheet) -> Layout | None:
    """How a sheet is laid out; None for a blank one."""
    rows = filled_rows(sheet)
    first = ((above, _texts(cells)) for above, cells in islice(rows, SHEET_ROWS))
    found = [row for row in first if any(row[1])]
    if not found:
        return None
    # What stands between is only passed by.
    last = [_texts(cells) for _, cells in deque(rows, _LAST_ROWS)]
    place = _header_place([cells for _, cells in found])
    width = len(_trimmed(found[place][1]))
    # Narrowed to what they hold, titles and footers are told from the rows of the table by their width.
    laid = [
        (above, _squared(cells, width) if number >= place else _filled(cells))
        for number, (above, cells) in enumerate(found)
    ]
    ending = [*(cells for _, cells in found), *filter(any, last)][-_LAST_ROWS:]
    beyond = Beyond((), [_squared(cells, width) for cells in ending]) if last else None
    return lay_out(laid, width, (), beyond)


def _texts(cells: list[object]) -> list[str]:
    return [clean(cell_text(cell) or "") for cell in cells]


def _filled(cells: list[str]) -> list[str]:
    return [cell for cell in cells if cell]


def _trimmed(cells: list[str]) -> list[str]:
    end = next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)
    return cells[:end]


def _header_place(rows: list[list[str]]) -> int:
    """The place of the first row that has nearly as many cells as most rows."""
    numbers = Counter(len(_filled(cells)) for cells in rows[:_ROWS_TRIED])
    usual = max(numbers, key=lambda number: (numbers[number], number))
    likely = (
        place for place, cells in enumerate(rows[:MOST_LINES_ABOVE]) if len(_filled(cells)) >= _OF_A_HEADER * usual
    )
    return next(likely, 0)


def _squared(cells: list[str], width: int) -> list[str]:
    """A row of the table with a cell for each column; one with next to nothing in it as it is."""
    filled = _filled(cells)
    if width > 2 and len(filled) < max(2, _OF_A_FOOTER * width):
        return filled
    return [*cells, *[""] * width][:width]

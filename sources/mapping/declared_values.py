"""Checking the values that the TOML itself gives a table's column: in code maps, constants, defaults and marks.

What is wrong here is a mistake in the TOML and not in the data, so it is told before any file is opened.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence

from sources.config import EXCEL_SERIAL, MappedColumn
from sources.mapping.values import ISO_DATE, NO, YES
from store.errors import UsageError
from store.table import Column, ColumnType

_IN_WORDS = {
    ColumnType.DATE: "a date: write it as 2026-09-07, or as the column's dates say",
    ColumnType.INTEGER: "a whole number",
    ColumnType.FLAG: "yes or no",
}


def check_declared_values(
    column: Column, origin: MappedColumn, codes: Mapping[str, str], formats: Sequence[str], where: str
) -> None:
    """Raise UsageError for a value of the TOML that the column cannot hold.

    ``codes`` is the column's code map, ``formats`` the date formats that apply to it. A map's '' means blank.
    """
    for here, there in codes.items():
        if there:
            _check(column, origin, there, formats, f"{where}, codes, {here!r}")
    for code in (origin.marked or {}).values():
        _check(column, origin, code, formats, f"{where}, marked")
    known = {here.lower() for here in codes}
    for key, given in (("constant", origin.constant), ("default", origin.default)):
        for value in _items(column, origin, given):
            if value.lower() not in known:
                _check(column, origin, value, formats, f"{where}, {key}")


def _items(column: Column, origin: MappedColumn, given: str | None) -> list[str]:
    if given is None:
        return []
    if column.type is ColumnType.TEXTS and origin.split:
        return [item.strip() for item in given.split(origin.split) if item.strip()]
    return [given]


def _check(column: Column, origin: MappedColumn, value: str, formats: Sequence[str], where: str) -> None:
    if column.codes:
        if value not in column.codes:
            raise UsageError(
                f"{value!r} is not a code of {column.name}.", where=where, fix=_codes_in_words(value, column.codes)
            )
    elif column.type in _IN_WORDS and not _fits(column.type, origin, value, formats):
        raise UsageError(f"{value!r} does not fit {column.name}.", where=where, fix=f"Give {_IN_WORDS[column.type]}.")


def _codes_in_words(value: str, codes: tuple[str, ...]) -> str:
    spelt = {code.lower(): code for code in codes}
    close = difflib.get_close_matches(value.lower(), spelt, n=1)
    meant = f"Did you mean {spelt[close[0]]!r}? " if close else ""
    return f"{meant}The codes are: {', '.join(codes)}."


def _fits(kind: ColumnType, origin: MappedColumn, value: str, formats: Sequence[str]) -> bool:
    if kind is ColumnType.DATE:
        return any(_is_day(value, form) for form in (*formats, ISO_DATE))
    if kind is ColumnType.INTEGER:
        return re.fullmatch(r"[+-]?\d{1,15}", value) is not None
    return origin.true is not None or value.lower() in (*YES, *NO)


def _is_day(value: str, form: str) -> bool:
    if form == EXCEL_SERIAL:
        return re.fullmatch(r"\d{1,5}(\.\d+)?", value) is not None
    try:
        # Python reads a day or month of one figure by the plain form too.
        dt.datetime.strptime(value, form.replace("%-", "%"))
    except ValueError:
        return False
    return True

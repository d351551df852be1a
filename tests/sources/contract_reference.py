"""A slow plain-Python reading of any contract, one row at a time, to hold the compiled one against.

It knows what each kind of rule means, and nothing of how the engine is told so.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sources.codes.attendance import REGISTER_CODES
from sources.contracts import rules as r
from sources.contracts.definitions import CONTRACTS, Contract
from store.table import Column, ColumnType
from tests.sources.reference import cell, flag, identifier, pence

EXTRACT_DATE = dt.date(2026, 9, 7)
IDENTIFIERS = ("record_id_a", "record_id_b", "upn", "nino", "school_id", "contact_id", "assessment_id", "episode_id")
IDENTIFIERS += ("incident_id", "offence_id", "worker_id", "manager_id")
BY_KEY = ("record_id", "subject_id", "group_type", "group_id")
UNREADABLE = {
    ColumnType.TEXT: "not_a_known_code",
    ColumnType.TEXTS: "not_a_known_code",
    ColumnType.DATE: "not_a_date",
    ColumnType.INTEGER: "not_a_whole_number",
    ColumnType.PENCE: "not_an_amount",
    ColumnType.FLAG: "not_yes_or_no",
}
MOST_POUNDS, MOST_LETTERS = 10**12, 25

Values = dict[str, Any]
Issue = tuple[str | None, str, str, str | None]
"""Column (None for the whole row), rule, action, value as held."""


def day(text: str) -> dt.date | None:
    """An ISO day, with or without a time; a year has four figures and begins with none of the noughts."""
    found = re.fullmatch(r"([1-9]\d{3})-(\d{1,2})-(\d{1,2})([ T]+\d{1,2}:\d{2}(:\d{2})?)?", text, re.ASCII)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def whole_number(text: str) -> int | None:
    found = re.fullmatch(r"([+-]?)(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.0*)?", text, re.ASCII)
    return int(found[1] + found[2].replace(",", "")) if found else None


def lowered(text: str) -> str:
    """Letter by letter, in no country's own way: the Turkish capital i with a dot becomes a plain one."""
    return "".join(letter.lower()[0] for letter in text)


def code(text: str, allowed: tuple[str, ...]) -> str | None:
    return next((one for one in allowed if one.lower() == lowered(text)), None)


def items(text: str, allowed: tuple[str, ...]) -> tuple[list[str], bool]:
    """The known codes of a list, and whether there was another."""
    held = [part.strip(" \t\r\n\v\f") for part in text.split(";")]
    known = [code(part, allowed) for part in held if part]
    return [one for one in known if one is not None], None in known


def value_of(column: Column, text: str | None) -> Any:
    if text is None:
        return None
    match column.type:
        case ColumnType.DATE:
            return day(text)
        case ColumnType.INTEGER:
            return whole_number(text)
        case ColumnType.PENCE:
            # Python's own decimals give up at so many figures.
            amount = pence(text) if len(text.lstrip("0")) < MOST_LETTERS else None
            return amount if amount is None or abs(amount) < MOST_POUNDS * 100 else None
        case ColumnType.FLAG:
            return flag(identifier(text))
        case ColumnType.TEXTS:
            return items(text, column.codes)[0]
    if column.codes:
        return code(text, column.codes)
    if column.name == "uprn":
        return (identifier(text) or "").lstrip("0")
    return identifier(text) if column.name in IDENTIFIERS else text


def class_of(mark: str | None, on: dt.date | None) -> str | None:
    for one in REGISTER_CODES:
        if mark == one.code and on and (one.first or on) <= on <= (one.last or on):
            return one.statistical_class
    return None


def is_broken(rule: r.Rule, row: Values) -> bool:
    def both(one: str, other: str) -> bool:
        return row[one] is not None and row[other] is not None

    value = row.get(rule.column)
    match rule:
        case r.NotAfterExtract():
            return value is not None and value > EXTRACT_DATE
        case r.NotBefore(first=first):
            return value is not None and value < first
        case r.NotFarAhead(years=years):
            return value is not None and value.year > EXTRACT_DATE.year + years
        case r.Between(low=low, high=high):
            return value is not None and not low <= value <= high
        case r.Shaped(pattern=pattern):
            return value is not None and re.fullmatch(pattern, value, re.ASCII) is None
        case r.NotLongAfter(other=other, days=days):
            return both(rule.column, other) and (value - row[other]).days > days
        case r.InOrder(first=first, last=last):
            return both(first, last) and row[last] < row[first]
        case r.OnlyWith(other=other):
            return value is not None and row[other] is None
        case r.OnlyFor(code=of, values=values):
            return value is not None and row[of] is not None and row[of] not in values
        case r.NotBoth(one=one, other=other):
            return both(one, other)
        case r.NotTheSame(one=one, other=other):
            return both(one, other) and row[one] == row[other]
    raise AssertionError(f"no plain reading of {type(rule).__name__}")


def read(table: str, raw: dict[str, str], group: bool) -> tuple[Values | None, list[Issue]]:
    """One row whose cells have the names of the table's columns: the accepted row or None, and what was noted.

    ``group`` says that the mapping gives the key of a group, not of a person, where the table takes either.
    """
    contract = CONTRACTS[table]
    held = {name: cell(text) for name, text in raw.items()}
    row: Values = {}
    for column in contract.table.columns:
        text = held.get(column.name)
        row[column.name] = identifier(text) if column.name in BY_KEY else value_of(column, text)
        if column.name in BY_KEY:
            held[column.name] = row[column.name]
    if table == "attendance":
        row["statistical_class"] = class_of(row["code"], row["event_date"])
    noted = [issue for column in contract.table.columns for issue in _column(contract, column, held, row, group)]
    noted += [(None, rule.name, "row", None) for rule in contract.rules if not rule.column and is_broken(rule, row)]
    if any(action == "row" for _, _, action, _ in noted):
        return None, [issue for issue in noted if issue[2] == "row"]
    for name, rule, _, _ in noted:
        if name and not (rule == "not_a_known_code" and isinstance(row[name], list)):
            row[name] = None
    return row, noted


def _column(contract: Contract, column: Column, held: dict[str, str | None], row: Values, group: bool) -> list[Issue]:
    """The first thing wrong with a cell, if any."""
    name = column.name
    if name in ("source", "file", "statistical_class"):
        return []
    keyed = ("group_id", "group_type") if group else ("record_id",)
    needed = column.required or name in keyed
    text, value = held.get(name), row[name]
    row_or_cell = "row" if needed else "cell"
    if text is None:
        return [(name, "blank", "row", None)] if needed else []
    if value is None:
        return [(name, UNREADABLE[column.type], "row" if name in contract.essential else row_or_cell, text)]
    if column.type is ColumnType.TEXTS and items(text, column.codes)[1]:
        return [(name, "not_a_known_code", "cell", text)]
    if name == "code" and row["event_date"] and row["statistical_class"] is None:
        return [(name, "not_in_force_that_day", "row", text)]
    broken = next((rule for rule in contract.rules if rule.column == name and is_broken(rule, row)), None)
    return [(name, broken.name, row_or_cell, text)] if broken else []


def settled(table: str, rows: list[tuple[int, Values]]) -> tuple[list[Values], list[int]]:
    """Of rows with one key the one recorded last, then the last one read; and the numbers of the others."""
    contract = CONTRACTS[table]
    best: dict[Any, tuple[int, Values]] = {}
    replaced: list[int] = []
    for number, row in rows:
        alone = not contract.key or any(row[name] is None for name in contract.identifying)
        key = ("row", number) if alone else tuple(row[name] for name in contract.key)
        other = best.get(key)
        if other is None:
            best[key] = number, row
            continue
        newer = (row.get("recorded_on") or dt.date.min, number) > (other[1].get("recorded_on") or dt.date.min, other[0])
        replaced.append(other[0] if newer else number)
        if newer:
            best[key] = number, row
    return [row for _, row in best.values()], replaced

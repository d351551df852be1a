"""Sorting a chunk of the rows of one table mapping into accepted rows, blanked cells and quarantine, in one pass.

Every row gets a number whose bits say which checks it broke; accepted rows and quarantine are read off it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import CaseExpression, ColumnExpression, Expression

from sources.contracts.definitions import CONTRACTS, UNREADABLE, Contract
from sources.mapping.compiling import CLASS_COLUMN, HELD, MappedTable
from sources.text import call, constant, number_of
from store.table import Column, ColumnType

ROW, CELL = "row", "cell"
PLACE = ("source", "file")
"""Columns that are the same in every row of a file."""
BLANK = "blank"
NOT_IN_FORCE = "not_in_force_that_day"
_BROKEN = "broken"
_UNMAPPED = "unmapped_"

Mask = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that can be wrong with a row. ``broken`` is over the values and, as ``held_*``, the texts."""

    column: str
    rule: str
    rejects: bool
    broken: Expression
    blanks: bool = True
    """Whether the cell is blanked, where the row is kept; not so for a list that only loses what is not known."""


@dataclass
class Counts:
    """What became of the rows meant for one table."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    blanked: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    """``column: rule`` to the number of rows or cells."""
    unmapped: dict[str, int] = field(default_factory=dict)
    """Column to the number of values that its code map lacks."""


def add_to(counts: dict[str, int], name: str, number: int) -> None:
    """Count ``number`` more of ``name``; nothing is written for none."""
    if number:
        counts[name] = counts.get(name, 0) + number


def accepted_rows(
    con: duckdb.DuckDBPyConnection,
    source: duckdb.DuckDBPyRelation,
    mapped: MappedTable,
    extract_date: dt.date,
    counts: Counts,
) -> pa.Table:
    """Check the rows of ``source``, a chunk, and give the accepted ones with their row numbers as ``part_row``.

    Adds to ``counts``, and to the engine's table ``quarantine_rows``.
    """
    checks = _checks(CONTRACTS[mapped.table.name], mapped, extract_date)
    rejecting = sum(1 << bit for bit, check in enumerate(checks) if check.rejects)
    read = _read(source, mapped)
    checked = read.project(
        *[ColumnExpression(name) for name in mapped.table.column_names if name not in PLACE],
        *[ColumnExpression(f"{_UNMAPPED}{name}") for name in mapped.unmapped],
        ColumnExpression("row").alias("part_row"),
        _mask(checks).alias(_BROKEN),
    ).to_arrow_table()
    # The engine's threads may hand over a chunk's rows in any order.
    numbers = checked.column("part_row").to_numpy()
    if (numbers[1:] < numbers[:-1]).any():
        checked = checked.take(pa.array(np.argsort(numbers, kind="stable")))
    broken = checked.column(_BROKEN).to_numpy()
    rejected = (broken & rejecting) != 0
    counts.rows += len(broken)
    counts.rejected += int(rejected.sum())
    counts.accepted += len(broken) - int(rejected.sum())
    for name in mapped.unmapped:
        add_to(counts.unmapped, name, pc.sum(checked.column(f"{_UNMAPPED}{name}")).as_py() or 0)
    if broken.any():
        flagged = pa.table({"row": checked.column("part_row"), _BROKEN: broken}).filter(broken != 0)
        _quarantine(con, read, flagged, mapped, checks, rejecting, counts)
        checked = _blanked(checked, broken, checks).filter(~rejected)
    return checked.drop_columns([_BROKEN, *[f"{_UNMAPPED}{name}" for name in mapped.unmapped]])


def _read(source: duckdb.DuckDBPyRelation, mapped: MappedTable) -> duckdb.DuckDBPyRelation:
    """The rows meant for the table with their texts as held, their values, and what follows from those.

    In steps, because an expression that is put into others is computed as often as it is written.
    """
    held = [text.alias(HELD + name) for name, text in mapped.held.items()]
    texts = source.filter(mapped.selected).project(*map(ColumnExpression, source.columns), *held)
    if mapped.coded:
        coded = [text.alias(name) for name, text in mapped.coded.items()]
        texts = texts.project(*map(ColumnExpression, texts.columns), *coded)
    values = texts.project(
        ColumnExpression("row"),
        *[ColumnExpression(HELD + name) for name in mapped.held],
        *[value.alias(name) for name, value in mapped.value.items()],
        *[flag.alias(f"{_UNMAPPED}{name}") for name, flag in mapped.unmapped.items()],
    )
    derived = [value.alias(name) for name, value in mapped.derived.items()]
    return values.project(*map(ColumnExpression, values.columns), *derived) if derived else values


def _checks(contract: Contract, mapped: MappedTable, extract_date: dt.date) -> list[Check]:
    """Every check of a table, the more basic first: of one column, only the first broken one is noted."""
    checks: list[Check] = []
    for column in mapped.table.columns:
        if column.name in (*PLACE, CLASS_COLUMN):
            continue
        checks += _column_checks(column, contract, mapped, extract_date)
    for rule in contract.rules:
        if not rule.column:
            checks.append(Check("", rule.name, True, rule.broken(extract_date)))
    return checks


def _column_checks(column: Column, contract: Contract, mapped: MappedTable, extract_date: dt.date) -> list[Check]:
    held, value = ColumnExpression(HELD + column.name), ColumnExpression(column.name)
    needed = column.name in mapped.required
    checks = [Check(column.name, BLANK, True, held.isnull())] if needed else []
    if column.codes or column.type not in (ColumnType.TEXT, ColumnType.TEXTS):
        rejects = needed or column.name in contract.essential
        checks.append(Check(column.name, UNREADABLE[column.type], rejects, held.isnotnull() & value.isnull()))
    if column.name in mapped.unknown_items:
        broken = mapped.unknown_items[column.name]
        checks.append(Check(column.name, UNREADABLE[column.type], False, broken, blanks=False))
    if column.name == "code" and CLASS_COLUMN in mapped.derived:
        day = ColumnExpression("event_date")
        not_in_force = ColumnExpression(CLASS_COLUMN).isnull() & day.isnotnull()
        checks.append(Check(column.name, NOT_IN_FORCE, True, not_in_force))
    for rule in contract.rules:
        if rule.column == column.name:
            checks.append(Check(column.name, rule.name, needed, rule.broken(extract_date)))
    return checks


def _mask(checks: list[Check]) -> Expression:
    """The bits of the broken checks; of the checks of one column at most the first broken."""
    total = constant(0).cast("BIGINT")
    by_column: dict[str, list[int]] = {}
    for bit, check in enumerate(checks):
        by_column.setdefault(check.column or f"row {bit}", []).append(bit)
    for bits in by_column.values():
        chosen = CaseExpression(checks[bits[0]].broken, constant(1 << bits[0]))
        for bit in bits[1:]:
            chosen = chosen.when(checks[bit].broken, constant(1 << bit))
        total = total + chosen.otherwise(constant(0)).cast("BIGINT")
    return total


def _bits(mask: int) -> Expression:
    return call("&", ColumnExpression(_BROKEN), constant(mask).cast("BIGINT"))


def _blanked(checked: pa.Table, broken: Mask, checks: list[Check]) -> pa.Table:
    """The rows without the cells that broke a check which does not reject the row."""
    masks: dict[str, int] = {}
    for bit, check in enumerate(checks):
        if not check.rejects and check.blanks:
            masks[check.column] = masks.get(check.column, 0) | 1 << bit
    for name, mask in masks.items():
        bad = (broken & mask) != 0
        if bad.any():
            place = checked.column_names.index(name)
            blank = pa.scalar(None, checked.schema.field(name).type)
            checked = checked.set_column(place, name, pc.if_else(pa.array(bad), blank, checked.column(name)))
    return checked


def _quarantine(
    con: duckdb.DuckDBPyConnection,
    read: duckdb.DuckDBPyRelation,
    flagged: pa.Table,
    mapped: MappedTable,
    checks: list[Check],
    rejecting: int,
    counts: Counts,
) -> None:
    """Note what was broken: the reasons of a rejected row, the blanked cells of an accepted one."""
    con.execute("DROP TABLE IF EXISTS flagged")
    held = [ColumnExpression(HELD + column.name).cast("VARCHAR") for column in mapped.table.columns]
    names = [HELD + column.name for column in mapped.table.columns]
    read.project(ColumnExpression("row"), *[text.alias(name) for text, name in zip(held, names)]).join(
        con.from_arrow(flagged), "row"
    ).create("flagged")
    for bit, check in enumerate(checks):
        # What is wrong with the cells of a row that is left out anyway is of no interest.
        matter = _bits(1 << bit) != constant(0)
        broken = con.table("flagged").filter(matter if check.rejects else matter & (_bits(rejecting) == constant(0)))
        number = number_of(broken)
        if not number:
            continue
        add_to(counts.rules, f"{check.column or 'row'}: {check.rule}", number)
        counts.blanked += 0 if check.rejects else number
        broken.project(
            ColumnExpression("row"),
            constant(mapped.table.name),
            constant(check.column or None),
            constant(check.rule),
            constant(ROW if check.rejects else CELL),
            ColumnExpression(HELD + check.column) if check.column else constant(None),
        ).insert_into("quarantine_rows")
    con.execute("DROP TABLE flagged")

"""Sorting the rows of one table mapping into accepted rows, blanked cells and quarantine, in one pass.

Every row gets a number whose bits say which checks it broke; accepted rows and quarantine are read off it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from duckdb import CaseExpression, ColumnExpression, Expression

from sources.contracts import CONTRACTS, UNREADABLE, Contract
from sources.mapping import CLASS_COLUMN, HELD, MappedTable
from sources.text import call, constant, number_of
from store.table import Column, ColumnType

ROW, CELL = "row", "cell"
BLANK = "blank"
NOT_IN_FORCE = "not_in_force_that_day"
_BROKEN = "broken"
_BATCH_ROWS = 131_072


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
) -> Iterator[pa.RecordBatch]:
    """Check the rows of ``source`` and yield the accepted ones, with their place of origin.

    Adds to ``counts``, and to the table ``quarantine_rows``.
    """
    contract = CONTRACTS[mapped.table.name]
    columns = [column.name for column in mapped.table.columns]
    checks = _checks(contract, mapped, extract_date)
    rejecting = sum(1 << bit for bit, check in enumerate(checks) if check.rejects)
    read = _read(source, mapped)
    con.execute("DROP TABLE IF EXISTS checked")
    read.project(
        ColumnExpression("row"),
        *[ColumnExpression(name) for name in columns],
        *[ColumnExpression(f"unmapped_{name}") for name in mapped.unmapped],
        _mask(checks).alias(_BROKEN),
    ).create("checked")
    checked = con.table("checked")
    accepted = checked.filter(_bits(rejecting) == constant(0))
    if _count(checked, rejecting, mapped, counts):
        _quarantine(con, read, mapped, checks, rejecting, counts)
    blanking = {
        name: [b for b, c in enumerate(checks) if c.column == name and not c.rejects and c.blanks] for name in columns
    }
    yield from accepted.project(
        *[_blanked(name, blanking[name]).alias(name) for name in columns],
        mapped.held.get("source", constant(None)).alias("part_source"),
        ColumnExpression("row").alias("part_row"),
        constant(mapped.name).alias("part_mapping"),
    ).to_arrow_reader(_BATCH_ROWS)
    con.execute("DROP TABLE checked")


def _read(source: duckdb.DuckDBPyRelation, mapped: MappedTable) -> duckdb.DuckDBPyRelation:
    """The rows meant for the table with their texts as held, their values, and what follows from those.

    In three steps, because an expression that is put into others is computed as often as it is written.
    """
    held = [text.alias(HELD + name) for name, text in mapped.held.items()]
    texts = source.filter(mapped.selected).project(*map(ColumnExpression, source.columns), *held)
    values = texts.project(
        ColumnExpression("row"),
        *[ColumnExpression(HELD + name) for name in mapped.held],
        *[value.alias(name) for name, value in mapped.value.items()],
        *[flag.alias(f"unmapped_{name}") for name, flag in mapped.unmapped.items()],
    )
    derived = [value.alias(name) for name, value in mapped.derived.items()]
    return values.project(*map(ColumnExpression, values.columns), *derived) if derived else values


def _checks(contract: Contract, mapped: MappedTable, extract_date: dt.date) -> list[Check]:
    """Every check of a table, the more basic first: of one column, only the first broken one is noted."""
    checks: list[Check] = []
    for column in mapped.table.columns:
        if column.name in ("source", "file", CLASS_COLUMN):
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


def _blanked(column: str, bits: list[int]) -> Expression:
    value = ColumnExpression(column)
    if not bits:
        return value
    mask = sum(1 << bit for bit in bits)
    return CaseExpression(_bits(mask) == constant(0), value)


def _count(checked: duckdb.DuckDBPyRelation, rejecting: int, mapped: MappedTable, counts: Counts) -> bool:
    """Count what became of the rows; says whether anything is for the quarantine."""
    wanted = {
        "rejected": _bits(rejecting) != constant(0),
        "flagged": ColumnExpression(_BROKEN) != constant(0),
        **{name: ColumnExpression(f"unmapped_{name}") for name in mapped.unmapped},
    }
    tallies = [call("count_if", condition).alias(f"tally_{name}") for name, condition in wanted.items()]
    counted = checked.aggregate([call("count_star").alias("rows"), *tallies]).fetchall()[0]
    # Over no rows at all, count_if is null.
    rows, rejected, flagged, *unmapped = (number or 0 for number in counted)
    counts.rows += rows
    counts.accepted += rows - rejected
    counts.rejected += rejected
    for name, number in zip(mapped.unmapped, unmapped):
        add_to(counts.unmapped, name, number)
    return bool(flagged)


def _quarantine(
    con: duckdb.DuckDBPyConnection,
    read: duckdb.DuckDBPyRelation,
    mapped: MappedTable,
    checks: list[Check],
    rejecting: int,
    counts: Counts,
) -> None:
    """Note what was broken: the reasons of a rejected row, the blanked cells of an accepted one."""
    flagged = con.table("checked").filter(ColumnExpression(_BROKEN) != constant(0))
    con.execute("DROP TABLE IF EXISTS flagged")
    held = [ColumnExpression(HELD + column.name).cast("VARCHAR") for column in mapped.table.columns]
    names = [HELD + column.name for column in mapped.table.columns]
    read.project(ColumnExpression("row"), *[text.alias(name) for text, name in zip(held, names)]).join(
        flagged.project(ColumnExpression("row"), ColumnExpression(_BROKEN)), "row"
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

"""From a council's mapping to engine expressions: what each table column holds, as text and as value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from duckdb import ColumnExpression, Expression

from sources.config import ColumnOrigin, Extract, MappedColumn, TableMapping
from sources.contracts.definitions import FIRST_BIRTH, YEARS_AHEAD
from sources.mapping import values
from sources.mapping.amounts import Figures, integer_value, net_pence, pence_value, signs_turned
from sources.tables import ATTENDANCE, TABLES
from sources.text import call, constant, either, first_of, joined_key, whole_identifier
from store.table import Column, ColumnType, Table

TABLES_BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}

HELD = "held_"
"""Before a column's name: its text as held."""
CODED = "coded_"
"""Before a date's name: its text by its code map."""
SET_BY_THE_ROOM = frozenset({"source", "file", "record_id", "subject_id", "group_type", "group_id"})
"""Columns that come from key, subject and group, never from a column of the mapping."""
CLASS_COLUMN = "statistical_class"
_FORWARD = frozenset({"to_date", "address_to"})
_IDENTIFIERS = frozenset(
    {
        *("record_id_a", "record_id_b", "upn", "nino", "school_id", "contact_id", "assessment_id", "episode_id"),
        *("incident_id", "offence_id", "worker_id", "manager_id"),
    }
)


@dataclass(frozen=True)
class Scope:
    """The columns a mapping may name, for one file: the engine's name and the date formats of each."""

    names: Mapping[str, str]
    dates: Mapping[str, Sequence[str]]
    days: frozenset[str] = frozenset()
    """Columns that the engine holds as days, as their file does; the others are text."""

    def cell(self, column: str) -> Expression:
        """The column's text."""
        held = ColumnExpression(self.names[column])
        return held.cast("VARCHAR") if column in self.days else held


@dataclass(frozen=True, eq=False)
class MappedTable:
    """One table mapping, as expressions over the table ``rows`` and what is joined to it."""

    table: Table
    name: str
    """The extract's name and the mapping's place in it."""
    required: frozenset[str]
    selected: Expression
    """Which rows are meant for the table."""
    held: dict[str, Expression]
    """Each column's text as held; null where blank."""
    value: dict[str, Expression]
    """Each column's value, over the rows with their texts as ``held_*``; null where blank or unreadable."""
    derived: dict[str, Expression]
    """Columns that follow from the values of others."""
    unmapped: dict[str, Expression] = field(default_factory=dict)
    """For each column with a code map: whether its cell is in neither the map nor the table's codes."""
    unknown_items: dict[str, Expression] = field(default_factory=dict)
    """For each list of codes, over the texts as held: whether it holds one that is not known, which is left out."""
    coded: dict[str, Expression] = field(default_factory=dict)
    """For each date with a code map, under ``coded_*``: its text by the map, over the texts as ``held_*``."""


def origin_of(origin: ColumnOrigin) -> MappedColumn:
    """The long form of a column's origin."""
    if isinstance(origin, str):
        return MappedColumn.model_validate({"column": origin})
    if isinstance(origin, list):
        return MappedColumn.model_validate({"columns": origin})
    return origin


def columns_of(mapping: TableMapping) -> set[str]:
    """Every column that a mapping names, its own and joined ones."""
    named = {*(mapping.key or []), *(mapping.subject or []), *(mapping.group or []), *mapping.present}
    named |= {*mapping.where, *mapping.unless, *mapping.unless_words}
    for origin in map(origin_of, mapping.columns.values()):
        named |= {*origin.sources, *origin.negative}
    return named


def map_table(
    mapping: TableMapping,
    ordinal: int,
    extract: Extract,
    relative: str,
    scope: Scope,
    codes: Mapping[str, Mapping[str, str]],
    extract_date: dt.date,
) -> MappedTable:
    """Compile one table mapping for one file."""
    table = TABLES_BY_NAME[mapping.table]
    compiler = _Compiler(mapping, table, scope, codes, extract_date, extract.decimal)
    held = compiler.keys(extract.source, relative)
    value = {name: ColumnExpression(HELD + name) for name in held}
    derived: dict[str, Expression] = {}
    unmapped: dict[str, Expression] = {}
    unknown_items: dict[str, Expression] = {}
    for column in table.columns:
        if column.name in SET_BY_THE_ROOM or column.name == CLASS_COLUMN:
            continue
        held[column.name], value[column.name] = compiler.column(column)
        if (spell := compiler.spell(column)) is not None:
            del value[column.name]
            held |= {name: text for name, (text, _) in spell.items()}
            value |= {name: day for name, (_, day) in spell.items()}
            first, last = spell
            derived[column.name] = values.within_spell("event_date", first, last, HELD)
        if (found := compiler.unmapped(column)) is not None:
            unmapped[column.name] = found
        if (found := compiler.unknown_items(column)) is not None:
            unknown_items[column.name] = found
    if table is ATTENDANCE:
        held[CLASS_COLUMN] = held["code"]
        derived[CLASS_COLUMN] = values.statistical_class(ColumnExpression("code"), ColumnExpression("event_date"))
    required = {column.name for column in table.columns if column.required}
    required |= {"record_id"} if mapping.key and "record_id" in table.column_names else set()
    required |= {"group_id", "group_type"} if mapping.group and "group_id" in table.column_names else set()
    return MappedTable(
        table,
        f"{extract.name} {ordinal:03d}",
        frozenset(required),
        compiler.selected(),
        held,
        value,
        derived,
        unmapped,
        unknown_items,
        compiler.coded(),
    )


@dataclass(frozen=True)
class _Compiler:
    mapping: TableMapping
    table: Table
    scope: Scope
    codes: Mapping[str, Mapping[str, str]]
    extract_date: dt.date
    decimal: str

    def selected(self) -> Expression:
        chosen = constant(True)
        for column in self.mapping.present:
            chosen = chosen & self.scope.cell(column).isnotnull()
        for column, wanted in self.mapping.where.items():
            chosen = chosen & first_of(values.is_one_of(self.scope.cell(column), wanted), constant(False))
        for column, unwanted in self.mapping.unless.items():
            chosen = chosen & ~first_of(values.is_one_of(self.scope.cell(column), unwanted), constant(False))
        for column, words in self.mapping.unless_words.items():
            chosen = chosen & ~first_of(values.has_word(self.scope.cell(column), words), constant(False))
        return chosen

    def keys(self, source: str, relative: str) -> dict[str, Expression]:
        made: dict[str, Expression] = {"source": constant(source), "file": constant(relative)}
        record_id = self.joined(self.mapping.key)
        if self.mapping.key and self.mapping.suffix:
            record_id = call("||", record_id, constant(f"|{self.mapping.suffix}"))
        made["record_id"] = record_id
        made["subject_id"] = self.joined(self.mapping.subject) if self.mapping.subject else record_id
        made["group_id"] = self.joined(self.mapping.group)
        made["group_type"] = constant(self.mapping.group_type)
        return {name: made[name] for name in SET_BY_THE_ROOM if name in self.table.column_names}

    def joined(self, columns: Sequence[str] | None) -> Expression:
        """The parts of a key joined by |; null where one is blank."""
        if not columns:
            return constant(None)
        return joined_key([self.scope.cell(column) for column in columns], "|")

    def column(self, column: Column) -> tuple[Expression, Expression]:
        """A column's text as held and its value."""
        if column.name not in self.mapping.columns:
            return constant(None), values.null(_SQL_TYPES[column.type])
        origin = origin_of(self.mapping.columns[column.name])
        made, held = self.held(origin), ColumnExpression(HELD + column.name)
        if origin.latest is not None:
            days = [self.day(name, origin, column.name) for name in origin.latest]
            value = values.latest_date(days, self.extract_date)
            return made, first_of(value, self.date(held, self.formats(origin), column.name))
        if origin.marked is not None:
            return made, self.marks(origin)[0]
        return made, self.value(column, origin, held)

    def spell(self, column: Column) -> dict[str, tuple[Expression, Expression]] | None:
        """The two ends, as held and as days, of the spell that makes a flag; None for any other column."""
        if column.name not in self.mapping.columns:
            return None
        origin = origin_of(self.mapping.columns[column.name])
        if origin.within is None:
            return None
        names = (f"{column.name}_from", f"{column.name}_to")
        return {
            name: (self.scope.cell(there), self.day(there, origin, column.name))
            for name, there in zip(names, origin.within)
        }

    def marks(self, origin: MappedColumn) -> tuple[Expression, Expression]:
        marked = origin.marked or {}
        return values.marked_value([self.scope.cell(name) for name in marked], list(marked.values()), origin.true)

    def held(self, origin: MappedColumn) -> Expression:
        if origin.constant is not None:
            return constant(origin.constant)
        if origin.column is not None:
            text = self.scope.cell(origin.column)
        elif origin.first is not None:
            text = first_of(*map(self.scope.cell, origin.first))
        else:
            cells = map(self.scope.cell, origin.sources)
            text = call("nullif", call("concat_ws", constant(", "), *cells), constant(""))
        if origin.latest is not None:
            text = either(self.scope.cell(origin.latest[0]).isnull(), constant(None), text)
        if blanks := [here for here, there in self.code_map(origin).items() if not there]:
            text = either(values.is_one_of(text, blanks), constant(None), text)
        return text if origin.default is None else first_of(text, constant(origin.default))

    def value(self, column: Column, origin: MappedColumn, held: Expression) -> Expression:
        codes = self.code_map(origin)
        if column.type is ColumnType.TEXTS:
            items = values.texts_value(held, origin.split, codes)
            return values.known_codes(items, column.codes) if column.codes else items
        text = values.mapped(held, codes)
        if column.type is ColumnType.TEXT:
            return self.text(column, text)
        if column.type is ColumnType.DATE:
            return self.date_of(origin, column.name, held, text)
        if column.type is ColumnType.FLAG:
            return values.flag_value(text, origin.true)
        if column.type is ColumnType.PENCE:
            return self.amount(origin, text)
        return integer_value(text, self.figures(origin))

    def date_of(self, origin: MappedColumn, column: str, held: Expression, text: Expression) -> Expression:
        if origin.first:
            return self.first_day(origin, column, held)
        if origin.column in self.scope.days and not origin.codes and origin.default is None:
            return self.day(origin.column, origin, column)
        return self.date(
            ColumnExpression(CODED + column) if self.code_map(origin) else text, self.formats(origin), column
        )

    def coded(self) -> dict[str, Expression]:
        """The texts of dates that a code map gives, worked out once: a date says its text many times."""
        made = {}
        for column in self.table.columns:
            if column.type is not ColumnType.DATE or column.name not in self.mapping.columns:
                continue
            if codes := self.code_map(origin_of(self.mapping.columns[column.name])):
                made[CODED + column.name] = values.mapped(ColumnExpression(HELD + column.name), codes)
        return made

    def first_day(self, origin: MappedColumn, column: str, held: Expression) -> Expression:
        """The first column that is not blank, each by its own date formats."""
        names = origin.first or []
        cases = [(self.scope.cell(name).isnotnull(), self.day(name, origin, column)) for name in names]
        return values.first_case(cases, self.date(held, origin.dates, column))

    def amount(self, origin: MappedColumn, text: Expression) -> Expression:
        written = self.figures(origin)
        if origin.debit or origin.credit:
            debit, credit = (self.scope.cell(name) if name else None for name in (origin.debit, origin.credit))
            amount = net_pence(debit, credit, written)
        else:
            amount = pence_value(text, written)
        turning = [values.is_one_of(self.scope.cell(name), words) for name, words in origin.negative.items()]
        return signs_turned(amount, turning)

    def figures(self, origin: MappedColumn) -> Figures:
        """How the figures of a column are written: as it says itself, else as its extract does."""
        return Figures(origin.decimal or self.decimal, 1 if origin.unit == "pence" else 100)

    def text(self, column: Column, text: Expression) -> Expression:
        if column.codes:
            return values.code_value(text, column.codes)
        if column.name == "uprn":
            return values.property_number(text)
        return whole_identifier(text) if column.name in _IDENTIFIERS else text

    def unmapped(self, column: Column) -> Expression | None:
        if column.name not in self.mapping.columns:
            return None
        origin = origin_of(self.mapping.columns[column.name])
        if origin.marked is not None:
            return first_of(self.marks(origin)[1], constant(False))
        codes = self.code_map(origin)
        if not codes or column.type is not ColumnType.TEXT:
            return None
        known = values.is_one_of(ColumnExpression(HELD + column.name), [*codes, *codes.values(), *column.codes])
        return first_of(~known, constant(False))

    def unknown_items(self, column: Column) -> Expression | None:
        """Whether a list of codes, as held, has one that is not known; None where nothing can be unknown."""
        if column.type is not ColumnType.TEXTS or not column.codes or column.name not in self.mapping.columns:
            return None
        origin = origin_of(self.mapping.columns[column.name])
        if origin.marked is not None:
            return None
        items = values.texts_value(ColumnExpression(HELD + column.name), origin.split, self.code_map(origin))
        known = values.known_codes(items, column.codes)
        return first_of(call("len", known) < call("len", items), constant(False))

    def code_map(self, origin: MappedColumn) -> Mapping[str, str]:
        if origin.codes is None:
            return {}
        return self.codes[origin.codes] if isinstance(origin.codes, str) else origin.codes

    def formats(self, origin: MappedColumn) -> Sequence[str] | None:
        """The date formats of a column; None when they are those of the columns it comes from."""
        if origin.dates is not None:
            return origin.dates
        return self.scope.dates[origin.sources[0]] if origin.sources else [values.ISO_DATE]

    def day(self, name: str, origin: MappedColumn, column: str) -> Expression:
        if name in self.scope.days:
            return ColumnExpression(self.scope.names[name])
        return self.date(self.scope.cell(name), origin.dates or self.scope.dates[name], column)

    def date(self, text: Expression, formats: Sequence[str] | None, column: str) -> Expression:
        ahead = YEARS_AHEAD if column in _FORWARD else 0
        latest = self.extract_date.replace(year=self.extract_date.year + ahead, day=min(self.extract_date.day, 28))
        filler = FIRST_BIRTH if column == "dob" else None
        return values.date_value(text, formats or [values.ISO_DATE], latest if ahead else self.extract_date, filler)


_SQL_TYPES: dict[ColumnType, str] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.DATE: "DATE",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.PENCE: "BIGINT",
    ColumnType.FLAG: "BOOLEAN",
    ColumnType.TEXTS: "VARCHAR[]",
}

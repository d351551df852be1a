"""Checking what the TOML says of the extracts before any file is opened, and which columns each file must have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from sources import cin_census
from sources.config import Extract, Join, SourcesConfig, TableMapping, path_columns
from sources.contracts.definitions import CONTRACTS
from sources.mapping.compiling import CLASS_COLUMN, SET_BY_THE_ROOM, TABLES_BY_NAME, columns_of, origin_of
from sources.mapping.declared_values import check_declared_values
from sources.tables import GROUP_TYPES
from store.errors import UsageError
from store.table import ColumnType


@dataclass(frozen=True)
class JoinPlan:
    """One join: the other extract, the keys, and the columns looked up."""

    prefix: str
    extract: Extract
    here: tuple[str, ...]
    there: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ExtractPlan:
    """One extract: the columns that its files must have, and its joins."""

    extract: Extract
    columns: tuple[str, ...]
    joins: tuple[JoinPlan, ...]


def plan_extracts(config: SourcesConfig) -> list[ExtractPlan]:
    """A plan for every extract, in the order of the TOML.

    Raises UsageError for a name of a table, column, code map or extract that does not exist, and for a mapping
    that cannot make a whole row.
    """
    by_name = {extract.name: extract for extract in config.extracts}
    if len(by_name) != len(config.extracts):
        names = [extract.name for extract in config.extracts]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise UsageError(
            f"Two extracts have the name {twice[0]!r}.", where="[[extracts]]", fix="Give each a name of its own."
        )
    joined = {join.extract for extract in config.extracts for join in extract.joins}
    for extract in config.extracts:
        if not extract.tables and extract.name not in joined:
            raise UsageError(
                "The extract feeds no table, and no other extract joins it.",
                where=f"[[extracts]] name = {extract.name!r}",
                fix="Add a [[extracts.tables]], join it, or take the extract out.",
            )
    plans = [_plan(extract, by_name, config) for extract in config.extracts]
    for plan in plans:
        read = columns_read(plan.extract, plans)
        _check_tidy(plan.extract, read)
        _check_return(plan.extract, read)
    return plans


def columns_read(extract: Extract, plans: Iterable[ExtractPlan]) -> set[str]:
    """The columns that mappings and joins read of an extract, but for those that its path gives."""
    read = {name for plan in plans if plan.extract.name == extract.name for name in plan.columns}
    for join in [join for plan in plans for join in plan.joins if join.extract.name == extract.name]:
        read |= {*join.there, *join.columns}
    return read - set(path_columns(extract.path or ""))


def _plan(extract: Extract, by_name: dict[str, Extract], config: SourcesConfig) -> ExtractPlan:
    where = f"[[extracts]] name = {extract.name!r}"
    prefixes = [join.prefix or join.extract for join in extract.joins]
    if len(set(prefixes)) != len(prefixes):
        raise UsageError("Two joins have the same prefix.", where=f"{where}, joins", fix="Set prefix of one of them.")
    named = _join_keys(extract, prefixes, where)
    for mapping in extract.tables:
        _check_mapping(mapping, extract, where, config)
        named |= columns_of(mapping)
    _check_once(extract, where)
    joins = tuple(_join(join, named, by_name, where) for join in extract.joins)
    own = {name for name in named if not any(name.startswith(f"{prefix}.") for prefix in prefixes)}
    return ExtractPlan(extract, tuple(sorted(own)), joins)


def _check_tidy(extract: Extract, read: set[str]) -> None:
    """Raise UsageError for a column to be tidied that neither this extract's mappings nor any join names."""
    for column in extract.tidy:
        if column not in read:
            raise UsageError(
                f"The column {column!r} is to be tidied, but no mapping or join reads it from the file.",
                where=f"[[extracts]] name = {extract.name!r}, tidy",
                fix="Spell it as the mapping does, or take it out of tidy.",
            )


def _check_return(extract: Extract, read: set[str]) -> None:
    """Raise UsageError for a column that the rows of a children in need census cannot have."""
    if extract.rows is None:
        return
    known = cin_census.columns(extract.rows)
    for column in sorted(read - set(known)):
        close = difflib.get_close_matches(column, known, n=1)
        raise UsageError(
            f"The return has no {column!r} for rows = {extract.rows!r}.",
            where=f"[[extracts]] name = {extract.name!r}",
            fix=f"Did you mean {close[0]!r}?"
            if close
            else _one_of((name for name in known if "/" not in name), "columns"),
        )


def _join_keys(extract: Extract, prefixes: list[str], where: str) -> set[str]:
    """The columns by which an extract joins others, its own or those of a join before."""
    for place, join in enumerate(extract.joins):
        for name in join.on:
            if any(name.startswith(f"{prefix}.") for prefix in prefixes[place:]):
                raise UsageError(
                    f"The join to {join.extract!r} needs the column {name!r} of a join that does not stand before it.",
                    where=f"{where}, joins",
                    fix="Put that join first.",
                )
    return {name for join in extract.joins for name in join.on}


def _join(join: Join, named: set[str], by_name: dict[str, Extract], where: str) -> JoinPlan:
    prefix = join.prefix or join.extract
    other = by_name.get(join.extract)
    if other is None:
        raise UsageError(
            f"There is no extract {join.extract!r} to join.", where=f"{where}, joins", fix=_one_of(by_name, "extracts")
        )
    columns = sorted(name.removeprefix(f"{prefix}.") for name in named if name.startswith(f"{prefix}."))
    if not columns:
        raise UsageError(
            f"The join to {join.extract!r} is not used: no mapping names a column {prefix}.something.",
            where=f"{where}, joins",
            fix="Use a joined column, or take the join out.",
        )
    return JoinPlan(prefix, other, tuple(join.on), tuple(join.on.values()), tuple(columns))


def _check_once(extract: Extract, where: str) -> None:
    """Raise UsageError where two mappings make the same rows of one table, so that one would displace the other."""
    seen: set[str] = set()
    for mapping in extract.tables:
        key = CONTRACTS[mapping.table].key
        deciding = {name: origin for name, origin in mapping.columns.items() if not key or name in key}
        same = mapping.model_copy(update={"columns": deciding}).model_dump_json()
        if same in seen:
            raise UsageError(
                f"Two mappings make the same rows of the table {mapping.table}.",
                where=where,
                fix="Put their columns into one [[extracts.tables]]; where a row names several people, give each a "
                "suffix.",
            )
        seen.add(same)


def _check_mapping(mapping: TableMapping, extract: Extract, extract_where: str, config: SourcesConfig) -> None:
    where = f"{extract_where}, table = {mapping.table!r}"
    table = TABLES_BY_NAME.get(mapping.table)
    if table is None:
        raise UsageError(f"There is no table {mapping.table!r}.", where=where, fix=_one_of(TABLES_BY_NAME, "tables"))
    names = set(table.column_names)
    may_map = names - SET_BY_THE_ROOM - {CLASS_COLUMN}
    for name, origin in mapping.columns.items():
        if name not in may_map:
            fix = "Use key, subject or group for it." if name in SET_BY_THE_ROOM else _one_of(may_map, "columns")
            raise UsageError(f"The table {table.name} has no column {name!r} to map.", where=where, fix=fix)
        given = origin_of(origin)
        if isinstance(given.codes, str) and given.codes not in config.codes:
            raise UsageError(
                f"There is no code map {given.codes!r}.", where=f"{where}, {name}", fix=_one_of(config.codes, "maps")
            )
        column = table.columns[table.column_names.index(name)]
        _check_kind(column.type, given, f"{where}, {name}")
        codes = config.codes[given.codes] if isinstance(given.codes, str) else given.codes or {}
        check_declared_values(column, given, codes, given.dates or extract.dates, f"{where}, {name}")
    _check_keys(mapping, names, where)
    by_keys = SET_BY_THE_ROOM | {CLASS_COLUMN}
    missing = [c.name for c in table.columns if c.required and c.name not in by_keys and c.name not in mapping.columns]
    if missing:
        raise UsageError(
            f"The mapping lacks the column {missing[0]!r}, which the table {table.name} needs.",
            where=where,
            fix=f"Say under columns where {missing[0]} comes from.",
        )


def _check_kind(kind: ColumnType, origin: object, where: str) -> None:
    given = origin_of(origin)  # type: ignore[arg-type]
    wanted = {
        ColumnType.DATE: given.latest is not None,
        ColumnType.FLAG: given.within is not None or (given.true is not None and given.marked is None),
        ColumnType.PENCE: bool(given.debit or given.credit or given.negative) or given.unit != "pounds",
        ColumnType.TEXTS: given.marked is not None,
    }
    if any(needed and kind is not only for only, needed in wanted.items()):
        raise UsageError(
            "The origin does not suit the column.",
            where=where,
            fix="latest is for dates, within and true are for yes-or-no columns, debit, credit, negative and unit "
            "for amounts, marked for lists of codes.",
        )
    if given.split is not None and kind is not ColumnType.TEXTS:
        raise UsageError("Only a column of several values can be split.", where=where, fix="Take split out.")


def _check_keys(mapping: TableMapping, names: set[str], where: str) -> None:
    person, group = "record_id" in names, "group_id" in names
    given = bool(mapping.key), bool(mapping.group)
    if (mapping.key and not person) or (mapping.group and not group):
        raise UsageError(
            "The table has no such key.", where=where, fix="Use key for a person's rows and group for a group's."
        )
    if person and group and "role" not in names and given.count(True) != 1:
        raise UsageError("A row is about a person or about a group.", where=where, fix="Give key or group.")
    if (person and not group and not mapping.key) or (group and not person and not mapping.group):
        raise UsageError("The mapping has no key.", where=where, fix="Give key for a person, group for a group.")
    if person and group and "role" in names and given != (True, True):
        raise UsageError("A member needs the keys of person and group.", where=where, fix="Give key and group.")
    if bool(mapping.group) != bool(mapping.group_type):
        raise UsageError("group and group_type go together.", where=where, fix="Give both or neither.")
    if mapping.group_type is not None and mapping.group_type not in GROUP_TYPES:
        raise UsageError(
            f"There is no kind of group {mapping.group_type!r}.", where=where, fix=_one_of(GROUP_TYPES, "kinds")
        )
    if mapping.subject and "subject_id" not in names:
        raise UsageError("Only person_records has a subject.", where=where, fix="Use key for the subject's key.")


def _one_of(names: Iterable[str], kind: str) -> str:
    return f"The {kind} are: {', '.join(sorted(names)) or 'none'}."

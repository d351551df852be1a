"""What the council's TOML does not yet make sense of: values that no code map has, and dates that fit no format.

The values are personal data and go to the identifiable table ``unmapped_values`` alone; what is told of them is counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from sources.config import Extract, MappedColumn, SourcesConfig, TableMapping
from sources.contracts.definitions import UNREADABLE
from sources.mapping.compiling import TABLES_BY_NAME, origin_of
from sources.mapping.values import ISO_DATE
from sources.parts import Part
from sources.plan import ExtractPlan
from sources.tables import QUARANTINE, UNMAPPED_VALUES
from sources.text import clean
from store.table import Column, ColumnType

KEPT = "kept"
"""The value stays as the system holds it, in a column that has no closed list."""
_NOT_A_DATE = UNREADABLE[ColumnType.DATE]


def unmapped_values(
    con: duckdb.DuckDBPyConnection, config: SourcesConfig, read: Sequence[tuple[ExtractPlan, Part]]
) -> pa.Table:
    """Each value that is neither in its column's code map nor in the table's codes, with the number of its rows.

    Found from the parts alone: values left out stand in their quarantine, values kept in the table itself.
    """
    found: list[tuple[Any, ...]] = []
    by_extract: dict[str, tuple[Extract, list[Part]]] = {}
    for plan, part in read:
        by_extract.setdefault(plan.extract.name, (plan.extract, []))[1].append(part)
    for extract, parts in by_extract.values():
        rows = [*_left_out(con, config, extract, parts), *_kept(con, config, extract, parts)]
        found += [(extract.source, extract.name, *row) for row in rows]
    names = [column.name for column in UNMAPPED_VALUES.columns]
    rows_as_columns = {name: [row[place] for row in sorted(found)] for place, name in enumerate(names)}
    return pa.table(rows_as_columns, schema=UNMAPPED_VALUES.arrow_schema())


def unmapped_counts(values: pa.Table) -> list[dict[str, Any]]:
    """For each extract, table and column: how many values are not mapped, and in how many rows; no values."""
    counts: dict[tuple[str, ...], list[int]] = {}
    for row in values.select(["extract", "table", "column", "action", "rows"]).to_pylist():
        number = row.pop("rows")
        both = counts.setdefault(tuple(row.values()), [0, 0])
        both[0] += 1
        both[1] += number
    named = ("extract", "table", "column", "action")
    return [
        {**dict(zip(named, place)), "values": values, "rows": rows} for place, (values, rows) in sorted(counts.items())
    ]


def formats_tried(read: Sequence[tuple[ExtractPlan, Part]]) -> list[dict[str, Any]]:
    """For each column with cells that are no dates: their number, and the formats that were tried on them."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    tried: dict[tuple[str, str, str], set[str]] = {}
    for plan, part in read:
        for mapping in plan.extract.tables:
            rules = part.summary.tables[mapping.table].rules
            for column, origin in mapping.columns.items():
                if number := rules.get(f"{column}: {_NOT_A_DATE}", 0):
                    place = plan.extract.name, mapping.table, column
                    tried.setdefault(place, set()).update(_formats(plan, origin_of(origin)))
                    # Once for each file: several mappings of one table share its counts.
                    counts.setdefault(place, {})[part.summary.file] = number
    named = ("extract", "table", "column")
    return [
        {**dict(zip(named, place)), "rows": sum(counts[place].values()), "formats": sorted(formats)}
        for place, formats in sorted(tried.items())
    ]


def _formats(plan: ExtractPlan, origin: MappedColumn) -> set[str]:
    if origin.dates is not None:
        return {*origin.dates, ISO_DATE}
    formats = {ISO_DATE}
    for name in origin.sources or [""]:
        joined = next((join.extract for join in plan.joins if name.startswith(f"{join.prefix}.")), plan.extract)
        formats.update(joined.dates)
    return formats


def _left_out(
    con: duckdb.DuckDBPyConnection, config: SourcesConfig, extract: Extract, parts: Sequence[Part]
) -> Iterator[tuple[Any, ...]]:
    """Values in the quarantine because the column cannot hold them, where it has codes or a map."""
    paths = [str(part.files[QUARANTINE.name]) for part in parts]
    coded = {(mapping.table, column.name): (column, origin) for mapping, column, origin in _coded(extract)}
    noted = con.execute(_NOTED, [paths, sorted(set(UNREADABLE.values()))]).fetchall()
    for table, name, value, action, rows in noted:
        if (table, name) not in coded:
            continue
        column, origin = coded[table, name]
        if column.type is not ColumnType.TEXTS:
            yield table, name, value, action, rows
    for (table, name), (column, origin) in coded.items():
        if column.type is ColumnType.TEXTS:
            known = [word.lower() for word in (*column.codes, *map(clean, _code_map(config, origin)))]
            items = con.execute(_ITEMS, [paths, table, name, origin.split, known, UNREADABLE[column.type]]).fetchall()
            yield from ((table, name, item, action, rows) for item, action, rows in items)


def _kept(
    con: duckdb.DuckDBPyConnection, config: SourcesConfig, extract: Extract, parts: Sequence[Part]
) -> Iterator[tuple[Any, ...]]:
    """Values that a map lacks in a column without codes, which holds them as they are."""
    for place, mapping in enumerate(extract.tables):
        for name, given in mapping.columns.items():
            column, origin = _column(mapping, name), origin_of(given)
            codes = _code_map(config, origin)
            lacking = [part for part in parts if name in part.summary.tables[mapping.table].unmapped]
            if not codes or column.codes or column.type is not ColumnType.TEXT or not lacking:
                continue
            paths = [str(part.files[mapping.table]) for part in lacking]
            known = [value.lower() for value in codes.values()]
            query = _HELD.format(column=name)
            for value, rows in con.execute(query, [paths, f"{extract.name} {place:03d}", known]).fetchall():
                yield mapping.table, name, value, KEPT, rows


def _coded(extract: Extract) -> Iterator[tuple[TableMapping, Column, MappedColumn]]:
    """The mapped columns that have a closed list or a map."""
    for mapping in extract.tables:
        for name, given in mapping.columns.items():
            column, origin = _column(mapping, name), origin_of(given)
            if (column.codes or origin.codes) and origin.marked is None:
                yield mapping, column, origin


def _column(mapping: TableMapping, name: str) -> Column:
    return next(column for column in TABLES_BY_NAME[mapping.table].columns if column.name == name)


def _code_map(config: SourcesConfig, origin: MappedColumn) -> Mapping[str, str]:
    return config.codes[origin.codes] if isinstance(origin.codes, str) else origin.codes or {}


_NOTED = (
    'SELECT "table", "column", "value", action, count(*) FROM read_parquet($1) '
    'WHERE rule IN (SELECT unnest($2)) AND "value" IS NOT NULL GROUP BY ALL ORDER BY ALL'
)
_ITEMS = (
    "SELECT item, action, count(*) FROM ("
    'SELECT trim(unnest(CASE WHEN $4 IS NULL THEN ["value"] ELSE string_split("value", $4) END)) AS item, action '
    'FROM read_parquet($1) WHERE rule = $6 AND "table" = $2 AND "column" = $3) '
    "WHERE item <> '' AND lower(regexp_replace(item, '^(\\d+)\\.0+$', '\\1')) NOT IN (SELECT unnest($5)) "
    "GROUP BY ALL ORDER BY ALL"
)
_HELD = (
    'SELECT "{column}", count(*) FROM read_parquet($1, union_by_name = true) '
    'WHERE part_mapping = $2 AND "{column}" IS NOT NULL AND lower("{column}") NOT IN (SELECT unnest($3)) '
    "GROUP BY ALL ORDER BY ALL"
)

"""Columns of other extracts, looked up by key for each row of a file."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from duckdb import ColumnExpression

from sources.mapping.compiling import Scope
from sources.plan import ExtractPlan, JoinPlan
from sources.readers.extract_files import ExtractFile
from sources.readers.raw_rows import RawRows
from sources.readers.reading import open_rows
from sources.text import constant, joined_key

_KEY_SEPARATOR = "\x1f"


def look_up(con: duckdb.DuckDBPyConnection, files: Sequence[ExtractFile], number: int, join: JoinPlan) -> None:
    """Make the table ``join_<number>`` of the other extract's columns by key; of equal keys the last row counts."""
    con.execute("DROP TABLE IF EXISTS found")
    for position, file in enumerate(files):
        rows = open_rows(file, tuple(sorted({*join.there, *join.columns})))
        scope = Scope(rows.columns, {}, rows.days)
        for _ in rows.chunks(con):
            key = joined_key([scope.cell(name) for name in join.there], _KEY_SEPARATOR)
            found = (
                con.table("rows")
                .filter(ColumnExpression("kind").isnull())
                .project(
                    key.alias(f"key_{number}"),
                    constant(position).alias("place"),
                    ColumnExpression("row"),
                    *[scope.cell(name).alias(f"j{number}_{i}") for i, name in enumerate(join.columns)],
                )
                .filter(ColumnExpression(f"key_{number}").isnotnull())
            )
            if con.execute(_IS_THERE).fetchall():
                found.insert_into("found")
            else:
                found.create("found")
    con.execute(f"DROP TABLE IF EXISTS join_{number}")
    con.sql(_LAST_OF_KEY.format(number=number)).create(f"join_{number}")


def scope_of(plan: ExtractPlan, rows: RawRows) -> Scope:
    """The columns a mapping of the file may name: its own, and those of its joins."""
    names = dict(rows.columns)
    dates: dict[str, Sequence[str]] = dict.fromkeys(names, plan.extract.dates)
    for number, join in enumerate(plan.joins):
        for index, column in enumerate(join.columns):
            names[f"{join.prefix}.{column}"] = f"j{number}_{index}"
            dates[f"{join.prefix}.{column}"] = join.extract.dates
    return Scope(names, dates, rows.days)


def with_joined(con: duckdb.DuckDBPyConnection, plan: ExtractPlan, scope: Scope) -> duckdb.DuckDBPyRelation:
    """The data rows of the table ``rows`` with the columns of every join."""
    source = con.table("rows").filter(ColumnExpression("kind").isnull())
    for number, join in enumerate(plan.joins):
        key = joined_key([scope.cell(name) for name in join.here], _KEY_SEPARATOR).alias(f"key_{number}")
        kept = [ColumnExpression(name) for name in source.columns]
        source = source.project(*kept, key).join(con.table(f"join_{number}"), f"key_{number}", how="left")
    if not plan.joins:
        return source
    # Looked up once, however many tables the rows feed.
    con.execute("DROP TABLE IF EXISTS source_rows")
    source.create("source_rows")
    return con.table("source_rows")


_IS_THERE = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'found'"
_LAST_OF_KEY = (
    "SELECT * EXCLUDE (place, row) FROM found "
    "QUALIFY row_number() OVER (PARTITION BY key_{number} ORDER BY place DESC, row DESC) = 1"
)

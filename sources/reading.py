"""Reading an extract file into the engine's table ``rows`` (see `sources.raw_rows`), whatever its format."""

from __future__ import annotations

import duckdb
from duckdb import ColumnExpression, Expression

from sources.csv_reading import read_csv
from sources.extract_files import ExtractFile, said_by_path, unreadable
from sources.raw_rows import Rows, positions_of, store_rows
from sources.text import call, clean, constant, either

_EXACT_IN_A_FLOAT = float(1 << 53)


def read_rows(con: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: tuple[str, ...]) -> Rows:
    """Read the ``wanted`` columns of a file into the table ``rows``, in place of what that held.

    Raises InputRejected when the file cannot be read as the TOML says, or lacks a wanted column.
    """
    said = said_by_path(file)
    columns = tuple(name for name in wanted if name not in said)
    reader = _read_parquet if file.extract.format == "parquet" else read_csv
    rows = reader(con, file, columns)
    for index, name in enumerate(said):
        rows.columns[name] = f"path_{index}"
    return rows


def _read_parquet(con: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: tuple[str, ...]) -> Rows:
    number = "early_help_row"
    try:
        found = con.read_parquet(str(file.path), hive_partitioning=False)
        header = found.columns
        kept = positions_of(file, [clean(name) for name in header], wanted)
        rows = Rows({name: f"c{index}" for name, index in kept.names.items()})
        ordinal = con.read_parquet(str(file.path), hive_partitioning=False, file_row_number=True)
        relation = ordinal.project(
            (ColumnExpression("file_row_number") + constant(1)).cast("BIGINT").alias(number),
            *[
                _as_text(ColumnExpression(header[position]), str(found.types[position])).alias(f"c{index}")
                for index, position in enumerate(kept.positions)
            ],
        ).project(
            ColumnExpression(number).alias("row"), *[ColumnExpression(f"c{i}") for i in range(len(kept.positions))]
        )
        store_rows(con, relation, file, kept, rows)
    except duckdb.Error:
        raise unreadable(file) from None
    return rows


def _as_text(value: Expression, kind: str) -> Expression:
    """A value as a CSV would have it; a whole number that a tool made a float for its blanks is whole again."""
    text = value.cast("VARCHAR")
    if kind not in ("DOUBLE", "FLOAT"):
        return text
    whole = (value == call("trunc", value)) & (call("abs", value) < constant(_EXACT_IN_A_FLOAT))
    return either(whole, value.cast("BIGINT").cast("VARCHAR"), text)

"""One table from the parts of many files: rows with the same key settled, the rest in the table's order.

The SQL here is made of the names in our own table definitions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from sources.contracts.definitions import CONTRACTS, SUPERSEDED
from sources.tables import QUARANTINE
from sources.text import number_of
from store.table import ColumnType, Table

_BATCH_ROWS = 131_072
SUPERSEDED_ROWS = (
    "CREATE TABLE superseded_rows (source VARCHAR, file VARCHAR, part_row BIGINT, part_mapping VARCHAR, tbl VARCHAR)"
)
"""The table of superseded rows, which uniting tables fills."""
_RECURRING = 8
"""A text recurs when there are so many rows for each of its values."""


def unite(con: duckdb.DuckDBPyConnection, table: Table, rows: str) -> duckdb.DuckDBPyRelation:
    """The rows of the view ``rows`` in the table's order; the superseded ones go to the table ``superseded_rows``."""
    con.table(rows).create_view("part_rows", replace=True)
    others = _settle(con, table)
    numbered = _numbered(con, table)
    columns = ", ".join(
        f'CAST("{n}" AS places_of_{n}) AS "{n}"' if n in numbered else f'"{n}"' for n in table.column_names
    )
    # Where the key is settled and in the order, no two rows are equal in it.
    contract = CONTRACTS[table.name]
    settled = contract.key and not contract.identifying and set(contract.key) <= set(table.sort)
    order = ", ".join(f'"{name}"' for name in (*table.sort, *(() if settled else ("file", "part_row", "part_mapping"))))
    return con.sql(
        f"SELECT * EXCLUDE (part_row, part_mapping) FROM (SELECT {columns}, part_row, part_mapping "  # noqa: S608
        f"FROM part_rows {others}) ORDER BY {order}"
    )


def _numbered(con: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    """Number the values of text columns in which they recur; returns those columns.

    A type ``places_of_<column>`` stands for each value by its place in their order. Rows sort the same as by the texts,
    several times faster and in a fraction of the memory.
    """
    texts = [column.name for column in table.columns if column.type is ColumnType.TEXT]
    guesses = ", ".join(f'approx_count_distinct("{name}")' for name in texts)
    rows, *distinct = con.execute(f"SELECT count(*), {guesses} FROM part_rows").fetchall()[0]  # noqa: S608
    recurring = [name for name, number in zip(texts, distinct) if 0 < number * _RECURRING <= rows]
    for name in recurring:
        con.execute(f"DROP TYPE IF EXISTS places_of_{name}")
        con.execute(
            f'CREATE TYPE places_of_{name} AS ENUM (SELECT DISTINCT "{name}" FROM part_rows '  # noqa: S608
            f'WHERE "{name}" IS NOT NULL ORDER BY "{name}")'
        )
    return set(recurring)


def unite_quarantine(
    con: duckdb.DuckDBPyConnection, paths: Sequence[Path], noted: str
) -> duckdb.DuckDBPyRelation | pa.Table:
    """All that was left out or blanked, with the superseded rows and those of the query ``noted``, in order."""
    if not paths:
        return QUARANTINE.arrow_schema().empty_table()
    con.read_parquet([str(path) for path in paths]).create_view("part_quarantine", replace=True)
    columns = ", ".join(f'"{name}"' for name in QUARANTINE.column_names)
    order = ", ".join(f'"{name}"' for name in (*QUARANTINE.sort, "action", "value"))
    return con.sql(
        f"SELECT {columns} FROM part_quarantine UNION ALL "  # noqa: S608
        f"SELECT source, file, part_row, tbl, NULL, '{SUPERSEDED}', 'row', NULL FROM superseded_rows "
        f"{noted and 'UNION ALL ' + noted} ORDER BY {order}"
    )


def _settle(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Find the rows whose key a row recorded later has too; returns the clause that leaves them out."""
    contract = CONTRACTS[table.name]
    if not contract.key:
        return ""
    key = ", ".join(f'"{name}"' for name in contract.key)
    compared = " AND ".join(f'"{name}" IS NOT NULL' for name in contract.identifying) or "TRUE"
    if not _share_numbers(con, key, compared):
        return ""
    con.execute(
        f"CREATE OR REPLACE TABLE shared_keys AS SELECT {key} FROM part_rows WHERE {compared} "  # noqa: S608
        f"AND hash({key}) IN (SELECT number FROM shared_numbers) GROUP BY {key} HAVING count(*) > 1"
    )
    if not number_of(con.table("shared_keys")):
        return ""
    same = " AND ".join(f'p."{name}" IS NOT DISTINCT FROM k."{name}"' for name in contract.key)
    recorded = ("recorded_on",) if "recorded_on" in table.column_names else ()
    latest = ", ".join(f'"{name}" DESC NULLS LAST' for name in (*recorded, "file", "part_row", "part_mapping"))
    con.execute(
        f"INSERT INTO superseded_rows SELECT part_source, file, part_row, part_mapping, '{table.name}' "  # noqa: S608
        f"FROM (SELECT p.* FROM part_rows p SEMI JOIN shared_keys k ON {same} WHERE {compared}) "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {latest}) > 1"
    )
    return f"""
        ANTI JOIN (SELECT file, part_row, part_mapping FROM superseded_rows WHERE tbl = '{table.name}') AS s
        USING (file, part_row, part_mapping)
    """  # noqa: S608


def _share_numbers(con: duckdb.DuckDBPyConnection, key: str, compared: str) -> int:
    """Make the table ``shared_numbers`` of what several keys hash to, and say how many there are.

    Most keys are alone, and sorted numbers show that with far less memory than the keys themselves would take.
    """
    hashed = con.sql(f"SELECT hash({key}) AS number FROM part_rows WHERE {compared}")  # noqa: S608
    batches = [batch.column(0).to_numpy() for batch in hashed.to_arrow_reader(_BATCH_ROWS)]
    numbers = np.concatenate([*batches, np.empty(0, dtype=np.uint64)])
    del batches
    numbers.sort()
    shared = np.unique(numbers[1:][numbers[1:] == numbers[:-1]])
    con.execute("DROP TABLE IF EXISTS shared_numbers")
    con.from_arrow(pa.table({"number": shared})).create("shared_numbers")
    return len(shared)

"""One table from the parts of many files: rows with the same key settled, the rest in the table's order.

The SQL here is made of the names in our own table definitions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from sources.contracts import CONTRACTS, SUPERSEDED
from sources.tables import QUARANTINE
from sources.text import number_of
from store.table import Table


def unite(con: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[Path]) -> duckdb.DuckDBPyRelation | pa.Table:
    """The rows of all parts in the table's order; the superseded ones go to the table ``superseded_rows``."""
    if not paths:
        return table.arrow_schema().empty_table()
    con.read_parquet([str(path) for path in paths]).create_view("part_rows", replace=True)
    others = _settle(con, table)
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    order = ", ".join(f'"{name}"' for name in (*table.sort, "file", "part_row", "part_mapping"))
    return con.sql(f"SELECT {columns} FROM part_rows {others} ORDER BY {order}")  # noqa: S608


def unite_quarantine(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> duckdb.DuckDBPyRelation | pa.Table:
    """All that was left out or blanked, with the superseded rows, in the table's order."""
    if not paths:
        return QUARANTINE.arrow_schema().empty_table()
    con.read_parquet([str(path) for path in paths]).create_view("part_quarantine", replace=True)
    columns = ", ".join(f'"{name}"' for name in QUARANTINE.column_names)
    order = ", ".join(f'"{name}"' for name in (*QUARANTINE.sort, "action", "value"))
    return con.sql(
        f"SELECT {columns} FROM part_quarantine UNION ALL "  # noqa: S608
        f"SELECT source, file, part_row, tbl, NULL, '{SUPERSEDED}', 'row', NULL FROM superseded_rows ORDER BY {order}"
    )


def _settle(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Find the rows whose key a row recorded later has too; returns the clause that leaves them out."""
    contract = CONTRACTS[table.name]
    if not contract.key:
        return ""
    key = ", ".join(f'"{name}"' for name in contract.key)
    compared = " AND ".join(f'"{name}" IS NOT NULL' for name in contract.identifying) or "TRUE"
    # Most keys are alone, and numbers show that with far less memory than the keys themselves would.
    con.execute(
        f"CREATE OR REPLACE TABLE shared_numbers AS SELECT hash({key}) AS number FROM part_rows WHERE {compared} "  # noqa: S608
        "GROUP BY number HAVING count(*) > 1"
    )
    if not number_of(con.table("shared_numbers")):
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

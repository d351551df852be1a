"""Two records, or many, brought to their standard forms and versions, without the rest of the stage."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from residents.homes.addresses import find_homes
from residents.index import settle
from residents.matching.blocking import make_pairs
from residents.matching.model import COMPARISONS, Comparison
from residents.matching.standardise import standardise
from residents.matching.versions import make_versions
from sources.tables import ADDRESSES, PERSON_RECORDS
from tests.residents.rooms import DAY, Row

EXTRACTED = DAY(2026, 9, 7)
SHARED = 6
LARGEST = 2_000


def standardised(rows: Iterable[Row]) -> duckdb.DuckDBPyConnection:
    """A connection with ``std`` made of the rows."""
    con = duckdb.connect()
    con.register("person_records", pa.Table.from_pylist(list(rows), schema=PERSON_RECORDS.arrow_schema()))
    con.register("addresses", ADDRESSES.arrow_schema().empty_table())
    standardise(con, EXTRACTED)
    return con


def versioned(rows: Iterable[Row]) -> duckdb.DuckDBPyConnection:
    """A connection with ``versions`` and ``pairs`` made of the rows."""
    con = standardised(rows)
    find_homes(con)
    make_versions(con, SHARED)
    settle(con, None)
    make_pairs(con, LARGEST)
    return con


def levels(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The level each comparison gives to the version of system ``a1`` and that of ``b1``, to ``a2`` and ``b2``, ..."""
    columns = [row[0] for row in con.execute("DESCRIBE versions").fetchall()]
    sides = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in columns)
    pairs = con.sql(f"SELECT {sides} FROM versions AS l JOIN versions AS r ON l.source[2:] = r.source[2:]").filter(
        "left(source_l, 1) = 'a' AND left(source_r, 1) = 'b'"
    )
    labels = [f"{_label(comparison)} AS {comparison.name}" for comparison in COMPARISONS]
    rows = pairs.select(", ".join(["source_l[2:] AS number", *labels])).to_arrow_table().to_pylist()
    return {row.pop("number"): row for row in rows}


def _label(comparison: Comparison) -> str:
    quoted = {level.condition: level.label.replace("'", "''") for level in comparison.levels}
    otherwise = quoted.pop("ELSE")
    levels = " ".join(f"WHEN {condition} THEN '{label}'" for condition, label in quoted.items())
    return f"CASE WHEN {comparison.missing} THEN 'missing' {levels} ELSE '{otherwise}' END"

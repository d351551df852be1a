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


def levels(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The level that each comparison gives to the first two versions."""
    columns = [row[0] for row in con.execute("DESCRIBE versions").fetchall()]
    sides = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in columns)
    pair = con.sql(f"SELECT {sides} FROM versions AS l JOIN versions AS r ON l.version = 1 AND r.version = 2")
    return {comparison.name: _level(pair, comparison) for comparison in COMPARISONS}


def _level(pair: duckdb.DuckDBPyRelation, comparison: Comparison) -> str:
    holds = [comparison.missing, *("true" if x.condition == "ELSE" else x.condition for x in comparison.levels)]
    found = pair.select(", ".join(f"coalesce({condition}, false)" for condition in holds)).fetchall()[0]
    labels = ["missing", *(level.label for level in comparison.levels)]
    return labels[found.index(True)]

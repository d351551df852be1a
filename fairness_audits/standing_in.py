"""The document ``stand_ins.json``: every feature of a run and how strongly it stands in for ethnicity.

It holds associations, intervals and protected counts: nothing of a single family or child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.grouping import ethnic_groups
from fairness_audits.policy import Grouping
from fairness_audits.signing import ROOM
from fairness_audits.stand_ins import LEAST_GROUP, SOME, STRONG, Cases, stand_ins
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from store.table import Table

STAND_INS = f"{ROOM}/stand_ins.json"
_LEVELS = {"family": (FAMILY_FEATURES, "family_id"), "child": (CHILD_FEATURES, "person_id")}

_LATEST = """
    SELECT * FROM described WHERE as_of = (SELECT max(as_of) FROM described)
    QUALIFY row_number() OVER (PARTITION BY unit_id ORDER BY family_id) = 1
    ORDER BY unit_id
"""


def stand_ins_document(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[Table, Path],
    catalogue: Sequence[Mapping[str, Any]],
    members: Path,
    protected: Path,
) -> dict[str, Any]:
    """The whole document, of features that the tables have. A child of two families is one row, with the first."""
    levels: dict[str, Any] = {}
    for level, (table, unit) in _LEVELS.items():
        if table in tables:
            columns = {
                entry["name"]: entry["columns"][table.name]
                for entry in catalogue
                if entry["level"] == level and entry["indicator_of"] is None
            }
            levels[level] = _level(connection, tables[table], unit, columns, members, protected)
    return {
        "measure": "Cramer's V, chance taken out",
        "confidence": REPORTED_CONFIDENCE,
        "some_from": SOME,
        "strong_from": STRONG,
        "least_group": LEAST_GROUP,
        "levels": levels,
    }


def _level(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    unit: str,
    columns: Mapping[str, str],
    members: Path,
    protected: Path,
) -> dict[str, Any]:
    rows = connection.read_parquet(str(path), hive_partitioning=False)
    keys = [duckdb.ColumnExpression(unit).alias("unit_id"), *map(duckdb.ColumnExpression, ("family_id", "as_of"))]
    columns = {name: column for name, column in columns.items() if column in rows.columns}
    wanted = [duckdb.ColumnExpression(column).alias(name) for name, column in columns.items()]
    rows.select(*keys, *wanted).create_view("described", replace=True)
    described = connection.sql(_LATEST).to_arrow_table()
    if not described.num_rows:
        return {"as_of": None} | stand_ins(Cases({}, np.array([], dtype=object), np.array([], dtype=np.int64)))
    group = ethnic_groups(connection, described.select(["unit_id", "family_id", "as_of"]), members, protected)
    _, family = np.unique(np.asarray(described["family_id"].to_pylist()), return_inverse=True)
    cases = Cases({name: _numbers(described[name]) for name in columns}, group[Grouping.BROAD.value], family)
    return {"as_of": described["as_of"][0].as_py().isoformat()} | stand_ins(cases)


def _numbers(column: pa.ChunkedArray) -> Any:
    return np.asarray(column.to_numpy(), dtype=np.float64)

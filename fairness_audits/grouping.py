"""Which ethnic group each scored case belongs to.

A child has the child's own code. A family has, of the codes known for its members at the as-of date, the
commonest among its children under 18; if codes tie, that of the eldest child among those tied; if no child's
is known, the commonest among its adults by the same rule; if none is known, Unknown. Twins that still tie are
settled by the order of the codes. A member whose age is not known counts as a child when the role says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairness_audits.ethnicity import ETHNIC_CODES, UNKNOWN, broad_group
from fairness_audits.policy import Grouping

_FAMILY_CODES = """
    WITH known AS (
        SELECT m.as_of, m.family_id, p.ethnicity AS code, m.age_years,
               coalesce(m.age_years < 18, m.role = 'child') AS is_child
        FROM members m
        JOIN protected p ON p.analysis_id = m.person_id
        SEMI JOIN codes ON codes.code = p.ethnicity
        SEMI JOIN cases ON cases.as_of = m.as_of AND cases.family_id = m.family_id
    ), counted AS (
        SELECT as_of, family_id, code, is_child, count(*) AS people, max(coalesce(age_years, -1)) AS eldest
        FROM known GROUP BY as_of, family_id, code, is_child
    ), chosen AS (
        SELECT as_of, family_id, code FROM counted
        QUALIFY row_number() OVER (
            PARTITION BY as_of, family_id ORDER BY is_child DESC, people DESC, eldest DESC, code
        ) = 1
    )
    SELECT coalesce(chosen.code, 'Unknown') AS code
    FROM cases LEFT JOIN chosen USING (as_of, family_id)
    ORDER BY cases.row
"""

_CHILD_CODES = """
    SELECT coalesce(codes.code, 'Unknown') AS code
    FROM cases
    LEFT JOIN protected ON protected.analysis_id = cases.unit_id
    LEFT JOIN codes ON codes.code = protected.ethnicity
    ORDER BY cases.row
"""


def units_are_families(scores: pa.Table) -> bool:
    """Whether the target is about families rather than children."""
    return bool(scores["unit_id"].equals(scores["family_id"]))


def ethnic_groups(
    connection: duckdb.DuckDBPyConnection, scores: pa.Table, members: Path, protected: Path
) -> dict[str, NDArray[Any]]:
    """For each grouping, the group of each row of ``scores``, in its order."""
    cases = scores.select(["unit_id", "family_id", "as_of"]).append_column(
        "row", pa.array(np.arange(scores.num_rows), pa.int64())
    )
    connection.register("cases", cases)
    connection.register("codes", pa.table({"code": [entry.code for entry in ETHNIC_CODES]}))
    connection.read_parquet(str(members), hive_partitioning=False).create_view("members", replace=True)
    connection.read_parquet(str(protected), hive_partitioning=False).create_view("protected", replace=True)
    query = _FAMILY_CODES if units_are_families(scores) else _CHILD_CODES
    detailed = [code for (code,) in connection.execute(query).fetchall()]
    broad = {code: broad_group(code) for code in {*detailed, UNKNOWN}}
    return {
        Grouping.BROAD.value: np.array([broad[code] for code in detailed], dtype=object),
        Grouping.DETAILED.value: np.array(detailed, dtype=object),
    }

"""The identification stage: one weight a child, where policy lets ethnicity inform who would be noticed as a carer.

Children of some groups are identified as young carers half as often at equal signs. A model that knows so can tell
'not identified' from 'not caring' better; one that ranks children by their ethnicity is out of the question. So this
stage, which alone of those before the audits may open ``protected``, hands the models room one number a child and
nothing else: how much likelier than children alike in other respects it is to be identified. It enters the propensity
to be identified, which takes no part in the order of any list. Policy decides (``[audit]
ethnicity_informs_identification``, off unless it is set); while it is off the table has no row and ``protected`` is
never opened.

By indirect standardisation: children of 5 to 17 are put in strata by signs of caring, age and whether their school
marks carers; a group's weight is how many of it were identified over how many would have been at everybody's rates,
drawn towards 1 by a few cases of being like everybody. Each date's weights are from what was known at that date. They
are told to one decimal, so that groups with much the same rate cannot be told apart. It is assumed that caring is as
frequent in every group at equal signs, which no council's records can show.
"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from fairness_audits.config import AuditConfig
from fairness_audits.ethnicity import DETAILED_GROUPS, UNKNOWN, broad_group
from fairness_audits.signing import ROOM
from features.tables import CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from models.tables import IDENTIFICATION_WEIGHTS
from residents.tables import PROTECTED
from store.workspace import Stage, Workspace

LIKE_EVERYBODY = 5.0
"""Identified children's worth of evidence that a group is noticed as others are, held before looking."""
LEAST, MOST = 0.3, 3.0
"""Bounds of a weight."""
_SIGNS = "caring_signs"

_CASES = """
    CREATE OR REPLACE TEMP TABLE cases AS
    WITH young AS (
        SELECT as_of, person_id, max(age_years) AS age
        FROM members WHERE age_years BETWEEN 5 AND 17
        GROUP BY as_of, person_id
    ), found AS (
        SELECT person_id, min(greatest(event_date, recorded_on)) AS known_from
        FROM milestones WHERE kind = 'young_carer_identified'
        GROUP BY person_id
    ), shown AS (
        SELECT as_of, person_id, max(signs) AS signs FROM signs GROUP BY as_of, person_id
    )
    SELECT y.as_of, y.person_id,
           least(coalesce(s.signs, 0), 3)::INTEGER AS signs,
           y.age >= 11 AS older,
           CASE WHEN m.marked IS NULL THEN 2 ELSE (m.marked > 0)::INTEGER END AS marks,
           coalesce(g.grouped, $unknown) AS grouped,
           coalesce(f.known_from < y.as_of, false) AS identified
    FROM young y
    LEFT JOIN found f ON f.person_id = y.person_id
    LEFT JOIN shown s ON s.as_of = y.as_of AND s.person_id = y.person_id
    LEFT JOIN schoolmates m ON m.as_of = y.as_of AND m.person_id = y.person_id
    LEFT JOIN protected p ON p.analysis_id = y.person_id
    LEFT JOIN groups g ON g.code = p.ethnicity
"""

_COUNTS = """
    SELECT as_of, grouped, signs, older, marks, count(*) AS children, count(*) FILTER (identified) AS identified
    FROM cases GROUP BY ALL
    ORDER BY as_of, grouped, signs, older, marks
"""

_ONE_EACH = """
    SELECT c.as_of, c.person_id, w.weight
    FROM cases c JOIN weights w ON w.as_of = c.as_of AND w.grouped = c.grouped
    ORDER BY c.as_of, c.person_id
"""


def run(work: Workspace) -> None:
    """Write the table: a row for each child and date where policy says so, and none where it does not."""
    if not work.section(AuditConfig).ethnicity_informs_identification:
        work.write(IDENTIFICATION_WEIGHTS, IDENTIFICATION_WEIGHTS.arrow_schema().empty_table())
        return
    with work.task("Weighing who is identified", 1) as task, work.connect() as connection:
        for table in (MEMBERS, MILESTONES, SCHOOLMATES, PROTECTED):
            read = connection.read_parquet(str(work.path(table)), hive_partitioning=False)
            read.create_view(table.name, replace=True)
        _signs(work, connection)
        named = [code for code in DETAILED_GROUPS if code != UNKNOWN]
        connection.register("groups", pa.table({"code": named, "grouped": [broad_group(code) for code in named]}))
        connection.execute(_CASES, {"unknown": UNKNOWN})
        connection.register("weights", weights(connection.sql(_COUNTS).to_arrow_table()))
        work.write(IDENTIFICATION_WEIGHTS, connection.sql(_ONE_EACH))
        task.advance()


def weights(counts: pa.Table) -> pa.Table:
    """as_of, grouped and weight, from children and identified by as_of, grouped and stratum."""
    rows = counts.to_pylist()
    everybody: dict[Any, list[int]] = {}
    for row in rows:
        total = everybody.setdefault(_stratum(row), [0, 0])
        total[0] += row["children"]
        total[1] += row["identified"]
    seen: dict[Any, list[float]] = {}
    for row in rows:
        group = seen.setdefault((row["as_of"], row["grouped"]), [0.0, 0.0])
        children, identified = everybody[_stratum(row)]
        group[0] += row["identified"]
        group[1] += row["children"] * identified / children
    ratio = {key: (was + LIKE_EVERYBODY) / (expected + LIKE_EVERYBODY) for key, (was, expected) in seen.items()}
    return pa.table(
        {
            "as_of": pa.array([as_of for as_of, _ in ratio], pa.date32()),
            "grouped": pa.array([group for _, group in ratio], pa.string()),
            "weight": pa.array([round(float(np.clip(one, LEAST, MOST)), 1) for one in ratio.values()], pa.float64()),
        }
    )


def _stratum(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["as_of"], row["signs"], row["older"], row["marks"])


def _signs(work: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
    """The view of signs of caring; none where the council's sources give none."""
    features = connection.read_parquet(str(work.path(CHILD_FEATURES)), hive_partitioning=False)
    shown = duckdb.ColumnExpression(_SIGNS) if _SIGNS in features.columns else duckdb.ConstantExpression(0)
    keys = [duckdb.ColumnExpression(name) for name in ("as_of", "person_id")]
    features.select(*keys, shown.alias("signs")).create_view("signs", replace=True)


STAGE = Stage(
    name="identification",
    room=ROOM,
    reads=(CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES, PROTECTED),
    writes=(IDENTIFICATION_WEIGHTS,),
    sections=(AuditConfig,),
    run=run,
)

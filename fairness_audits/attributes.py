"""What cases are grouped by beside ethnicity: sex, age, disability and how deprived the place is where they live.

All as known at the as-of date. A child has its own. A family has the age band of its youngest child, the sexes of its
adults, a disability where a child of it has one, and the home of most of its children, or of its adults where no
child's is known. What no record tells is the group 'Unknown'; that no disability is recorded does not say that there is
none, and so the group is called.

Sex and homes come from the protected zone, where a stage of this room puts them without names (`attribute_stage`);
ages from the members of families, disability from the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.grouping import units_are_families
from fairness_audits.policy import Grouping
from store.table import Table, Zone, date, integer, text

ROOM = "fairness_audits"

PERSON_SEX = Table(
    "person_sex",
    ROOM,
    Zone.PROTECTED,
    "Sex of each person, by pseudonym, for audits alone.",
    (
        text("analysis_id", "The person's pseudonym in the analysis zone", required=True),
        text("sex", "F or M, as most systems hold it; empty when none does"),
    ),
    sort=("analysis_id",),
)

HOMES = Table(
    "homes",
    ROOM,
    Zone.PROTECTED,
    "How deprived the places are where each person lived, by pseudonym, for audits alone.",
    (
        text("analysis_id", "The person's pseudonym in the analysis zone", required=True),
        date("from_date", "First day known there", required=True),
        date("to_date", "Last day; empty while current"),
        date("recorded_on", "When the council first knew", required=True),
        date("end_recorded_on", "When the council knew of the end; empty while current"),
        integer("imd_decile", "Deprivation decile of the property, 1 the most deprived", required=True),
    ),
    sort=("analysis_id", "from_date", "imd_decile"),
)

AGE_BANDS = ("0 to 4", "5 to 10", "11 to 15", "16 to 17", "18 and over", UNKNOWN)
SEXES = ("female", "male", "women alone", "men alone", "women and men", UNKNOWN)
DISABILITIES = ("recorded", "none recorded", UNKNOWN)
FIFTHS = ("1 most deprived", "2", "3", "4", "5 least deprived", UNKNOWN)

ATTRIBUTE_GROUPS: dict[str, tuple[str, ...]] = {
    Grouping.SEX.value: SEXES,
    Grouping.AGE_BAND.value: AGE_BANDS,
    Grouping.DISABILITY.value: DISABILITIES,
    Grouping.DEPRIVATION.value: FIFTHS,
}

_DISABLED_CHILD, _DISABLED_FAMILY = "own_disability_markers", "disabled_child_markers"

_BAND = """
    CREATE OR REPLACE TEMP MACRO band(age) AS CASE
        WHEN age IS NULL THEN 'Unknown' WHEN age < 5 THEN '0 to 4' WHEN age < 11 THEN '5 to 10'
        WHEN age < 16 THEN '11 to 15' WHEN age < 18 THEN '16 to 17' ELSE '18 and over' END
"""
_CHILD_AGE = """
    SELECT band(known.age) AS code
    FROM cases LEFT JOIN (
        SELECT as_of, person_id, max(age_years) AS age FROM members GROUP BY as_of, person_id
    ) AS known ON known.as_of = cases.as_of AND known.person_id = cases.unit_id
    ORDER BY cases.row
"""
_FAMILY_AGE = """
    SELECT band(known.age) AS code
    FROM cases LEFT JOIN (
        SELECT as_of, family_id, min(age_years) AS age FROM members
        WHERE coalesce(age_years < 18, role = 'child') GROUP BY as_of, family_id
    ) AS known USING (as_of, family_id)
    ORDER BY cases.row
"""
_CHILD_SEX = """
    SELECT CASE s.sex WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' ELSE 'Unknown' END AS code
    FROM cases LEFT JOIN person_sex AS s ON s.analysis_id = cases.unit_id
    ORDER BY cases.row
"""
# An adult whose sex no system holds may be either, so that the whole family's is then not known.
_FAMILY_SEX = """
    WITH adults AS (
        SELECT m.as_of, m.family_id, bool_and(coalesce(s.sex IN ('F', 'M'), false)) AS known,
               bool_or(s.sex = 'F') AS women, bool_or(s.sex = 'M') AS men
        FROM members AS m LEFT JOIN person_sex AS s ON s.analysis_id = m.person_id
        WHERE NOT coalesce(m.age_years < 18, m.role = 'child')
        GROUP BY m.as_of, m.family_id
    )
    SELECT CASE WHEN NOT coalesce(known, false) THEN 'Unknown' WHEN women AND men THEN 'women and men'
                WHEN women THEN 'women alone' ELSE 'men alone' END AS code
    FROM cases LEFT JOIN adults USING (as_of, family_id)
    ORDER BY cases.row
"""
_FIFTH = """
    CREATE OR REPLACE TEMP MACRO fifth(decile) AS CASE (decile + 1) // 2
        WHEN 1 THEN '1 most deprived' WHEN 2 THEN '2' WHEN 3 THEN '3' WHEN 4 THEN '4' WHEN 5 THEN '5 least deprived'
        ELSE 'Unknown' END
"""
# The last home that was known at the date; of two begun on one day the more deprived.
_HOME_AT = """
    CREATE OR REPLACE TEMP TABLE home_at AS
    SELECT d.as_of, h.analysis_id AS person_id, h.imd_decile AS decile
    FROM (SELECT DISTINCT as_of FROM cases) AS d
    JOIN homes AS h ON h.from_date < d.as_of AND h.recorded_on < d.as_of
    WHERE h.to_date IS NULL OR h.to_date >= d.as_of OR h.end_recorded_on >= d.as_of
    QUALIFY row_number() OVER (
        PARTITION BY d.as_of, h.analysis_id ORDER BY h.from_date DESC, h.recorded_on DESC, h.imd_decile
    ) = 1
"""
_CHILD_HOME = """
    SELECT fifth(h.decile) AS code
    FROM cases LEFT JOIN home_at AS h ON h.as_of = cases.as_of AND h.person_id = cases.unit_id
    ORDER BY cases.row
"""
_FAMILY_HOME = """
    WITH counted AS (
        SELECT m.as_of, m.family_id, h.decile, coalesce(m.age_years < 18, m.role = 'child') AS is_child,
               count(*) AS people
        FROM members AS m JOIN home_at AS h USING (as_of, person_id)
        SEMI JOIN cases ON cases.as_of = m.as_of AND cases.family_id = m.family_id
        GROUP BY ALL
    ), chosen AS (
        SELECT as_of, family_id, decile FROM counted
        QUALIFY row_number() OVER (
            PARTITION BY as_of, family_id ORDER BY is_child DESC, people DESC, decile
        ) = 1
    )
    SELECT fifth(chosen.decile) AS code FROM cases LEFT JOIN chosen USING (as_of, family_id) ORDER BY cases.row
"""
# The column's name is ours; the engine's own expressions put it in, so that no text is pasted together.
_DISABILITY = """
    SELECT CASE WHEN marks > 0 THEN 'recorded' WHEN marks = 0 THEN 'none recorded' ELSE 'Unknown' END AS code
    FROM cases LEFT JOIN marked USING (as_of, unit_id)
    ORDER BY cases.row
"""


def attribute_groups(
    connection: duckdb.DuckDBPyConnection, scores: pa.Table, paths: Mapping[str, Path]
) -> dict[str, NDArray[Any]]:
    """For each attribute that the run tells of, the group of each row of ``scores``, in its order.

    ``paths`` are the files of ``members``, ``person_sex``, ``homes``, ``families`` and ``children`` (features); where
    one is not there, what it tells of is left out.
    """
    families = units_are_families(scores)
    cases = scores.select(["unit_id", "family_id", "as_of"]).append_column(
        "row", pa.array(np.arange(scores.num_rows), pa.int64())
    )
    connection.register("cases", cases)
    there = {name for name, path in paths.items() if path.is_file()}
    for name in there - {"families", "children"}:
        connection.read_parquet(str(paths[name]), hive_partitioning=False).create_view(name, replace=True)
    found: dict[str, NDArray[Any]] = {}
    if "person_sex" in there:
        found[Grouping.SEX.value] = _codes(connection, _FAMILY_SEX if families else _CHILD_SEX)
    if "members" in there:
        connection.execute(_BAND)
        found[Grouping.AGE_BAND.value] = _codes(connection, _FAMILY_AGE if families else _CHILD_AGE)
    if _marked(connection, paths, families):
        found[Grouping.DISABILITY.value] = _codes(connection, _DISABILITY)
    if "homes" in there:
        connection.execute(_FIFTH)
        connection.execute(_HOME_AT)
        found[Grouping.DEPRIVATION.value] = _codes(connection, _FAMILY_HOME if families else _CHILD_HOME)
    return found


def _marked(connection: duckdb.DuckDBPyConnection, paths: Mapping[str, Path], families: bool) -> bool:
    """A view ``marked`` of each unit's disability markers at each date; False where the run has no such feature."""
    path = paths["families" if families else "children"]
    column, unit = (_DISABLED_FAMILY, "family_id") if families else (_DISABLED_CHILD, "person_id")
    if not path.is_file() or column not in pq.read_schema(path).names:
        return False
    marks = duckdb.FunctionExpression("max", duckdb.ColumnExpression(column)).alias("marks")
    keys = [duckdb.ColumnExpression("as_of"), duckdb.ColumnExpression(unit).alias("unit_id")]
    read = connection.read_parquet(str(path), hive_partitioning=False)
    read.aggregate([*keys, marks], f"as_of, {unit}").create_view("marked", replace=True)
    return True


def _codes(connection: duckdb.DuckDBPyConnection, query: str) -> NDArray[Any]:
    codes = connection.sql(query).to_arrow_table()["code"].combine_chunks().dictionary_encode()
    names = np.array(codes.dictionary.to_pylist(), dtype=object)
    return names[codes.indices.to_numpy()] if len(codes) else np.array([], dtype=object)

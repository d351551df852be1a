"""What says who would be noticed: school, contact with services, the year, and a weight where policy asks for one.

It never says who cares, and no candidate's margin reads it: it is beside the features, not among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.target import Target

if TYPE_CHECKING:
    from models.cases import Cases

_DAYS_A_YEAR = 365.25
_FEW_PUPILS = 20
_PER = 100
# Bound to the view ``asked``: place, unit_id, as_of, each case once.
_SCHOOLMATES = """
    SELECT a.place, s.schoolmates, s.identified, s.marked
    FROM asked a LEFT JOIN schoolmates s ON s.as_of = a.as_of AND s.person_id = a.unit_id
    ORDER BY a.place
"""
_WEIGHTS = """
    SELECT a.place, w.weight
    FROM asked a LEFT JOIN weights w ON w.as_of = a.as_of AND w.person_id = a.unit_id
    ORDER BY a.place
"""
# Of the views ``members`` and ``milestones``.
_KNOWN = """
    SELECT count(DISTINCT m.person_id)
    FROM members m JOIN milestones e ON e.person_id = m.person_id
    WHERE m.as_of = (SELECT max(as_of) FROM members) AND m.age_years BETWEEN $youngest AND $oldest
      AND list_contains($kinds::VARCHAR[], e.kind) AND e.event_date < m.as_of AND e.recorded_on < m.as_of
"""


@dataclass(frozen=True)
class Identification:
    """Of each case, shape (cases, names), none unknown; ``offset`` is the log of the case's weight."""

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    weighted: bool = False
    """Whether weights were handed over: whether policy lets ethnicity inform who would be noticed."""
    known: int = 0
    """Children of the cohort's ages whom somebody has identified, at the newest as-of date."""

    def of(self, rows: npt.NDArray[np.int64]) -> Identification:
        return replace(self, values=self.values[rows], offset=self.offset[rows])


def identification(
    connection: duckdb.DuckDBPyConnection,
    cases: Cases,
    target: Target,
    schoolmates: Path,
    weights: Path,
) -> Identification:
    """Put together what is known of each case, and of the newest as-of date.

    A feature that the council has not is left out, and a pupil of no known school has a flag of its own. Files that
    a run does not have (it was made before they were) are as empty ones.
    """
    connection.register("asked", _asked(cases))
    mates = _read(connection, schoolmates, "schoolmates", _SCHOOLMATES, len(cases), 3)
    weight = _read(connection, weights, "weights", _WEIGHTS, len(cases), 1)[:, 0]
    connection.unregister("asked")
    weighted = bool((~np.isnan(weight)).any())
    place = {feature.name: column for column, feature in enumerate(cases.features)}
    names = target.unlabelled.noticing if target.unlabelled else ()
    columns = {name: np.nan_to_num(cases.values[:, place[name]]) for name in names if name in place}
    size = np.maximum(mates[:, 0], _FEW_PUPILS)
    columns["identified_at_school"] = np.log1p(_PER * np.nan_to_num(mates[:, 1] / size))
    columns["marked_by_school"] = np.log1p(_PER * np.nan_to_num(mates[:, 2] / size))
    columns["no_school_known"] = np.isnan(mates[:, 0]).astype(np.float64)
    columns["year"] = cases.as_of.astype(np.float64) / _DAYS_A_YEAR
    values = np.column_stack(list(columns.values()))
    offset = np.log(np.where(np.isnan(weight), 1.0, weight))
    return Identification(tuple(columns), values, offset, weighted, _known_now(connection, target))


def _known_now(connection: duckdb.DuckDBPyConnection, target: Target) -> int:
    ages = target.cohort.ages
    bound = {"youngest": ages.youngest, "oldest": ages.oldest, "kinds": list(target.outcome.kinds)}
    found = connection.execute(_KNOWN, bound).fetchone()
    return int(found[0]) if found else 0


def _asked(cases: Cases) -> pa.Table:
    return pa.table(
        {
            "place": pa.array(np.arange(len(cases))),
            "unit_id": pa.array(cases.unit_id.tolist(), pa.string()),
            "as_of": pa.array(cases.as_of),
        }
    )


def _read(
    connection: duckdb.DuckDBPyConnection, path: Path, view: str, query: str, rows: int, width: int
) -> npt.NDArray[np.float64]:
    """Shape (rows, width), NaN where there is nothing."""
    if not path.exists():
        return np.full((rows, width), np.nan)
    connection.read_parquet(str(path), hive_partitioning=False).create_view(view, replace=True)
    found = connection.sql(query).to_arrow_table()
    return np.column_stack([np.asarray(found.column(place + 1).cast("float64")) for place in range(width)])

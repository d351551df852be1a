"""Further outcomes that a candidate may learn from, each known only of those about whom somebody could have told.

The main outcome of a target is known of every case: what nobody recorded did not happen. A further label is not: need
that an assessment found is known only of families that were assessed, and who is assessed is not drawn by lot. So a
label has two days for each case: since when it is known that the case was observed, and since when that it was found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.target import Label

# Bound to the tables ``units`` and ``persons`` that `models.cohort.build_cohort` leaves, and to the view milestones.
_DAYS = """
    SELECT l.observed_on, l.found_on
    FROM units u LEFT JOIN (
        SELECT p.as_of, p.unit_id, min(e.recorded_on) AS observed_on,
               min(e.recorded_on) FILTER (list_contains($found::VARCHAR[], e.kind)) AS found_on
        FROM persons p JOIN milestones e ON e.person_id = p.person_id
        WHERE list_contains($observed::VARCHAR[], e.kind)
          AND e.event_date >= p.as_of AND e.event_date < p.as_of + $horizon::INTEGER
        GROUP BY p.as_of, p.unit_id
    ) l ON l.as_of = u.as_of AND l.unit_id = u.unit_id
    ORDER BY u.as_of, u.unit_id, u.family_id
"""


@dataclass(frozen=True)
class Learnt:
    """A label at one origin, a figure for each training case."""

    outcome: npt.NDArray[np.float64]
    """1 where it was found, else 0; without meaning where the weight is 0."""
    weight: npt.NDArray[np.float64]
    """1 where the case was observed, as known at the origin, else 0."""


@dataclass(frozen=True)
class LabelDays:
    """A label of each case of `models.cases.Cases`: first day it was recorded, NaT where none is."""

    observed_on: npt.NDArray[np.datetime64]
    found_on: npt.NDArray[np.datetime64]

    def learnt(self, rows: npt.NDArray[np.int64], known_by: dt.date | None = None) -> Learnt:
        """What was known of these rows before ``known_by``, or by the extract."""
        return Learnt(_recorded(self.found_on[rows], known_by), _recorded(self.observed_on[rows], known_by))


def _recorded(days: npt.NDArray[np.datetime64], known_by: dt.date | None) -> npt.NDArray[np.float64]:
    recorded = ~np.isnat(days)
    if known_by is not None:
        recorded &= days < np.datetime64(known_by, "D")
    return recorded.astype(np.float64)


def label_columns(
    connection: duckdb.DuckDBPyConnection, labels: Sequence[Label], horizon_days: int
) -> dict[str, pa.ChunkedArray]:
    """Two columns of days for each label, in the order of the cohort that `build_cohort` has just made."""
    columns: dict[str, pa.ChunkedArray] = {}
    for label in labels:
        bound = {"found": list(label.kinds), "observed": list(label.observed), "horizon": horizon_days}
        found: pa.Table = connection.sql(_DAYS, params=bound).to_arrow_table()
        for name in found.column_names:
            columns[_column(label.name, name)] = found[name]
    return columns


def label_days(cohort: pa.Table, kept: npt.NDArray[np.int64]) -> Mapping[str, LabelDays]:
    """The labels of the rows of a cohort that became cases."""
    names = [column.removeprefix(_PREFIX).removesuffix("|observed_on") for column in cohort.column_names]
    return {
        name: LabelDays(*(_days(cohort[_column(name, which)])[kept] for which in ("observed_on", "found_on")))
        for name, column in zip(names, cohort.column_names)
        if column == _column(name, "observed_on")
    }


_PREFIX = "label|"


def _column(label: str, which: str) -> str:
    return f"{_PREFIX}{label}|{which}"


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    return np.asarray(column.cast(pa.timestamp("s"))).astype("datetime64[D]")

"""The rows a target's models see: who, when, which features, and what is known of the outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.catalogue import Feature
from models.groups import FamilyGroups
from models.labels import LabelDays, label_days
from models.target import Unit
from models.unlabelled.identification import Identification
from store.errors import InputRejected

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

# Bound to the views ``cohort`` and ``feature_rows`` of the connection.
_ROWS = {
    Unit.FAMILY: """
        SELECT f.* FROM cohort c
        LEFT JOIN feature_rows f ON f.as_of = c.as_of AND f.family_id = c.family_id
        ORDER BY c.as_of, c.unit_id, c.family_id
    """,
    Unit.CHILD: """
        SELECT f.* FROM cohort c
        LEFT JOIN feature_rows f ON f.as_of = c.as_of AND f.person_id = c.unit_id AND f.family_id = c.family_id
        ORDER BY c.as_of, c.unit_id, c.family_id
    """,
}


@dataclass(frozen=True)
class Cases:
    """A cohort with its features: one row for each unit and as-of date, in order of (as_of, unit_id).

    ``values`` has a row for each case and a column for each of ``features``, NaN where unknown.
    """

    features: tuple[Feature, ...]
    as_of: Days
    unit_id: npt.NDArray[np.object_]
    family_id: npt.NDArray[np.object_]
    group: Integers
    """Number of the group of families that are joined by shared children."""
    fold: Integers
    tie_place: Integers
    """Place in a settled random order within the as-of date."""
    outcome_known_on: Days
    """First day on which an outcome within the horizon was recorded; NaT where none is."""
    values: Floats
    without_features: int
    """Units that fit the cohort but have no row of features, and were left out."""
    labels: Mapping[str, LabelDays] = field(default_factory=dict)
    """The target's further labels, by name."""
    identification: Identification | None = None
    """What says who would be noticed, where the target asks for it; no feature, and no part of a ranking."""

    def __len__(self) -> int:
        return len(self.as_of)

    def at(self, as_of: dt.date) -> Integers:
        """The rows of one as-of date."""
        return np.flatnonzero(self.as_of == np.datetime64(as_of, "D"))

    def during(self, as_ofs: Sequence[dt.date]) -> Integers:
        """The rows of several as-of dates."""
        return np.flatnonzero(np.isin(self.as_of, np.array(as_ofs, dtype="datetime64[D]")))

    def outcome(self, rows: Integers, known_by: dt.date | None = None) -> Floats:
        """1 where the outcome happened, else 0, as recorded by the extract or as known before ``known_by``."""
        known_on = self.outcome_known_on[rows]
        happened = ~np.isnat(known_on)
        if known_by is not None:
            happened &= known_on < np.datetime64(known_by, "D")
        return happened.astype(np.float64)

    def column(self, name: str) -> int:
        """The place of a feature; raises InputRejected when the catalogue has none of that name."""
        for place, feature in enumerate(self.features):
            if feature.name == name:
                return place
        raise InputRejected(
            f"The feature {name}, which this target is compared with, is not among its features.",
            where="features/catalogue.json",
            fix="Run the features stage again, or name another feature in the target's file.",
        )


def load_cases(
    connection: duckdb.DuckDBPyConnection,
    cohort: pa.Table,
    unit: Unit,
    features: Sequence[Feature],
    rows: duckdb.DuckDBPyRelation,
    groups: FamilyGroups,
    known: Sequence[str] = (),
) -> Cases:
    """Put the features beside a cohort (see `models.cohort.build_cohort`).

    A unit of which one of the ``known`` features is blank, or is not made here, is not asked about.
    ``rows`` are those of the unit's feature table, from `features.reading.feature_rows`. A child in several
    families keeps one row: that of the family about which most is known, the first by id among equals.
    Raises InputRejected when the table has a row twice, or a feature is not in it or not a finite number.
    """
    connection.register("cohort", cohort)
    rows.create_view("feature_rows", replace=True)
    found: pa.Table = connection.sql(_ROWS[unit]).to_arrow_table()
    connection.unregister("cohort")
    if found.num_rows != cohort.num_rows:
        raise InputRejected(
            f"The feature table has more than one row for a {unit.value} and as-of date.",
            where="features",
            fix="Run the features stage again.",
        )
    present = np.asarray(found["family_id"].is_valid())
    values = np.empty((len(present), len(features)))
    for place, feature in enumerate(features):
        values[:, place] = _numbers(found, feature)
    blank = {feature.name: np.isnan(values[:, place]) for place, feature in enumerate(features)}
    asked = np.ones(len(present), dtype=np.bool_)
    for name in known:
        asked &= ~blank.get(name, np.ones(len(present), dtype=np.bool_))
    return _assemble(cohort, tuple(features), values, present, asked, groups)


def _assemble(
    cohort: pa.Table,
    features: tuple[Feature, ...],
    values: Floats,
    present: Flags,
    asked: Flags,
    groups: FamilyGroups,
) -> Cases:
    as_of = np.asarray(cohort["as_of"]).astype("datetime64[D]")
    unit = np.array(cohort["unit_id"].to_pylist(), dtype=object)
    family = np.array(cohort["family_id"].to_pylist(), dtype=object)
    keep = _one_row_a_unit(as_of, unit, np.isnan(values).sum(axis=1), present & asked)
    group = np.array([groups.group[name] for name in family[keep]], dtype=np.int64)
    known_on = np.asarray(cohort["outcome_known_on"].cast(pa.timestamp("s"))).astype("datetime64[D]")
    return Cases(
        features=features,
        as_of=as_of[keep],
        unit_id=unit[keep],
        family_id=family[keep],
        group=group,
        fold=groups.fold[group],
        tie_place=np.asarray(cohort["tie_place"]).astype(np.int64)[keep],
        outcome_known_on=known_on[keep],
        values=values[keep],
        without_features=int((~present).sum()),
        labels=label_days(cohort, keep),
    )


def _one_row_a_unit(as_of: Days, unit: npt.NDArray[np.object_], unknown: Integers, present: Flags) -> Integers:
    """The row with fewest unknown features of each unit and as-of date; rows come sorted by both."""
    rows = np.flatnonzero(present)
    if not len(rows):
        return rows
    starts = np.ones(len(rows), dtype=bool)
    starts[1:] = (as_of[rows][1:] != as_of[rows][:-1]) | (unit[rows][1:] != unit[rows][:-1])
    number = np.cumsum(starts)
    best = np.lexsort((rows, unknown[rows], number))
    _, first = np.unique(number[best], return_index=True)
    return np.sort(rows[best[first]])


def _numbers(rows: pa.Table, feature: Feature) -> Floats:
    where = f"features/catalogue.json: {feature.name}"
    if feature.column not in rows.column_names:
        raise InputRejected(
            "A feature of the catalogue is not in the feature table.", where=where, fix="Run the features stage again."
        )
    column = rows[feature.column]
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise InputRejected("A feature is not a number.", where=where, fix="Correct its definition.")
    values = np.asarray(column.cast(pa.float64()))
    if np.isinf(values).any():
        raise InputRejected("A feature has infinite values.", where=where, fix="Correct its definition.")
    return values

"""The rows a target's models see: who, when, which features, and what is known of the outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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

    def features_of(self, rows: Integers) -> Floats:
        """The features of some rows: where they follow one another as they lie, so that nothing is held twice."""
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows) and bool((np.diff(rows) == 1).all()):
            found = self.values[rows[0] : rows[-1] + 1]
            found.flags.writeable = False
            return found
        return np.asarray(self.values[rows], dtype=np.float64)

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
    values = np.empty((cohort.num_rows, len(features)))
    kept = [np.zeros(0, dtype=np.int64)]
    began = filled = without = 0
    # A date at a time: the tables of all of them beside the values would take twice the memory of the values alone.
    for as_of in sorted(cohort["as_of"].unique().to_pylist()):
        asked = cohort.filter(pc.equal(cohort["as_of"], as_of))
        of_date = rows.filter(duckdb.ColumnExpression("as_of") == duckdb.ConstantExpression(as_of))
        found = _beside(connection, asked, unit, of_date)
        present = np.asarray(found["family_id"].is_valid())
        here = np.column_stack([_numbers(found, feature) for feature in features]) if features else _none(len(present))
        whole = present & _all_known(here, features, known)
        keep = _one_row_a_unit(_objects(asked["unit_id"]), np.isnan(here).sum(axis=1), whole)
        values[filled : filled + len(keep)] = here[keep]
        kept.append(began + keep)
        began, filled, without = began + len(present), filled + len(keep), without + int((~present).sum())
    return _assemble(cohort, tuple(features), values[:filled], np.concatenate(kept), without, groups)


def _beside(
    connection: duckdb.DuckDBPyConnection, asked: pa.Table, unit: Unit, rows: duckdb.DuckDBPyRelation
) -> pa.Table:
    """The features' rows of the units of one date, in their order; empty where there is none."""
    connection.register("cohort", asked)
    rows.create_view("feature_rows", replace=True)
    found: pa.Table = connection.sql(_ROWS[unit]).to_arrow_table()
    connection.unregister("cohort")
    if found.num_rows != asked.num_rows:
        raise InputRejected(
            f"The feature table has more than one row for a {unit.value} and as-of date.",
            where="features",
            fix="Run the features stage again.",
        )
    return found


def _all_known(values: Floats, features: Sequence[Feature], known: Sequence[str]) -> Flags:
    """Of which units none of the features named is blank, or not made here."""
    place = {feature.name: column for column, feature in enumerate(features)}
    if not set(known) <= set(place):
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(~np.isnan(values[:, [place[name] for name in known]]).any(axis=1), dtype=np.bool_)


def _none(rows: int) -> Floats:
    return np.empty((rows, 0))


def _objects(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.array(column.to_pylist(), dtype=object)


def _assemble(
    cohort: pa.Table,
    features: tuple[Feature, ...],
    values: Floats,
    keep: Integers,
    without_features: int,
    groups: FamilyGroups,
) -> Cases:
    family = _objects(cohort["family_id"])[keep]
    group = np.array([groups.group[name] for name in family], dtype=np.int64)
    known_on = np.asarray(cohort["outcome_known_on"].cast(pa.timestamp("s"))).astype("datetime64[D]")
    return Cases(
        features=features,
        as_of=np.asarray(cohort["as_of"]).astype("datetime64[D]")[keep],
        unit_id=_objects(cohort["unit_id"])[keep],
        family_id=family,
        group=group,
        fold=groups.fold[group],
        tie_place=np.asarray(cohort["tie_place"]).astype(np.int64)[keep],
        outcome_known_on=known_on[keep],
        values=values,
        without_features=without_features,
        labels=label_days(cohort, keep),
    )


def _one_row_a_unit(unit: npt.NDArray[np.object_], unknown: Integers, whole: Flags) -> Integers:
    """The row with fewest unknown features of each unit of one date; rows come sorted by unit."""
    rows = np.flatnonzero(whole)
    if not len(rows):
        return rows
    starts = np.ones(len(rows), dtype=bool)
    starts[1:] = unit[rows][1:] != unit[rows][:-1]
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

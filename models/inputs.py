"""What the stages of this room begin with: the feature tables, and a target's cases."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from features.reading import feature_rows
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES
from models.cases import Cases, load_cases
from models.catalogue import CATALOGUE, choose, read_catalogue
from models.cohort import build_cohort, closed_as_ofs, open_tables
from models.groups import FamilyGroups, family_groups
from models.tables import IDENTIFICATION_WEIGHTS
from models.target import Target, Unit
from models.unlabelled.identification import identification
from store.errors import InputRejected
from store.workspace import Workspace

TABLES = (FAMILY_FEATURES, CHILD_FEATURES, MEMBERS, MILESTONES, SCHOOLMATES, IDENTIFICATION_WEIGHTS)
"""What a stage that opens these inputs reads, beside the document `models.catalogue.CATALOGUE`."""


@dataclass(frozen=True)
class Inputs:
    """What all targets share."""

    connection: duckdb.DuckDBPyConnection
    catalogue: Any
    """The parsed document."""
    groups: FamilyGroups
    as_ofs: tuple[dt.date, ...]


@dataclass(frozen=True)
class Asked:
    """A target's cases at the closed as-of dates and the current one."""

    cases: Cases
    closed: list[dt.date]
    """As-of dates whose outcomes have closed."""
    current: dt.date

    @property
    def used(self) -> list[dt.date]:
        return sorted({*self.closed, self.current})


def open_inputs(work: Workspace, connection: duckdb.DuckDBPyConnection, folds: int) -> Inputs:
    """Open the feature tables on the connection. Raises InputRejected when they have no as-of date."""
    catalogue = json.loads(work.document(CATALOGUE).read_text(encoding="utf-8"))
    open_tables(connection, work.path(MEMBERS), work.path(MILESTONES))
    as_ofs = [row[0] for row in connection.execute("SELECT DISTINCT as_of FROM members ORDER BY as_of").fetchall()]
    if not as_ofs:
        raise InputRejected(
            "The features have no as-of date.", where="features/members", fix="Run the features stage again."
        )
    return Inputs(connection, catalogue, family_groups(connection, folds, work.settings.seed), tuple(as_ofs))


def asked(work: Workspace, inputs: Inputs, target: Target, dates: Sequence[dt.date] = ()) -> Asked:
    """The target's cohort with the features that its file allows, at every as-of date that is used or these alone."""
    closed = closed_as_ofs(target.outcome, inputs.as_ofs, work.council.covers_to)
    current = inputs.as_ofs[-1]
    used = sorted(dates or {*closed, current})
    salt = f"{work.settings.seed}|{target.name}"
    cohort = build_cohort(inputs.connection, target.cohort, target.outcome, used, salt, target.labels)
    unit = target.cohort.unit
    features = choose(read_catalogue(inputs.catalogue, unit), target.features)
    table = CHILD_FEATURES if unit is Unit.CHILD else FAMILY_FEATURES
    rows = feature_rows(inputs.connection, table, work.path)
    cases = load_cases(inputs.connection, cohort, unit, features, rows, inputs.groups, target.cohort.known)
    if target.unlabelled:
        mates, weights = work.path(SCHOOLMATES), work.path(IDENTIFICATION_WEIGHTS)
        cases = replace(cases, identification=identification(inputs.connection, cases, target, mates, weights))
    return Asked(cases, closed, current)

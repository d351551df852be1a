"""What the gate says of a target, and the flagged cases of one it lets through."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from fairness_audits.gate import GateStatus, open_released, status
from fairness_audits.release import GateState
from features.reading import feature_rows
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from models.catalogue import Feature as CatalogueFeature
from models.catalogue import read_catalogue
from models.target import Unit
from reports.explanation import Case, Reason
from reports.facts import Approval, FeatureFacts, ReleaseFacts, TargetFacts
from store.keys import Purpose
from store.table import Table
from store.workspace import Workspace


def judging_day() -> dt.date:
    """The day on which a release's expiry is judged: the real one, which no setting can move.

    It decides only whether a target is open, and is written on no page.
    """
    return dt.datetime.now(dt.UTC).date()


def gate_status(work: Workspace, target: str) -> GateStatus:
    """Where the target stands today; opens nothing."""
    return status(work.run, work.keys(Purpose.RELEASE), target, judging_day())


def release_facts(gate: GateStatus) -> ReleaseFacts:
    """The gate's answer, for the pages."""
    approvals = tuple(
        Approval(one.name, one.role.value, one.on, one.note, one.mitigation or "") for one in gate.approvals
    )
    return ReleaseFacts(gate.state is GateState.RELEASED, gate.reason, gate.fix, approvals, gate.expires)


def used_features(target: TargetFacts, features: tuple[FeatureFacts, ...]) -> dict[str, FeatureFacts]:
    """The features of the target's model, by the name the model uses: its own, or its column's."""
    table = _table(target).name
    known = {feature.columns[table]: feature for feature in features if table in feature.columns}
    known |= {feature.name: feature for feature in features if table in feature.columns}
    return {name: known[name] for name in target.features if name in known}


def flagged_cases(
    work: Workspace, target: TargetFacts, used: dict[str, FeatureFacts], catalogue: list[Any]
) -> tuple[dt.date, list[Case]]:
    """The current as-of date and its flagged cases, through the gate; raises Withheld when it is closed.

    Scores and places stay behind: a case carries its reasons, what those are made of and what is not known of
    it, nothing else. A child of two families is one case.
    """
    scores, reasons = open_released(work.run, work.keys(Purpose.SEAL), target.name, judging_day())
    return listed_cases(work, target, used, catalogue, scores, reasons)


def listed_cases(
    work: Workspace,
    target: TargetFacts,
    used: dict[str, FeatureFacts],
    catalogue: list[Any],
    scores: pa.Table,
    reasons: pa.Table,
) -> tuple[dt.date, list[Case]]:
    """As `flagged_cases`, of scores and reasons that the gate has opened."""
    with work.connect() as connection:
        connection.register("scores", scores)
        connection.register("reasons", reasons)
        connection.execute(_LISTED)
        listed = connection.execute("SELECT unit_id, family_id, as_of FROM listed ORDER BY unit_id").fetchall()
        given: dict[str, list[Reason]] = {}
        for unit, *reason in connection.execute(_REASONS).fetchall():
            given.setdefault(unit, []).append(Reason(*reason))
        values = _values(connection, work, target) if listed else {}
    as_of = listed[0][2] if listed else work.council.extract_date
    parts = _parts_of(used, read_catalogue(catalogue, Unit(target.level)))
    columns = {name: feature.columns[_table(target).name] for name, feature in used.items()}
    cases = []
    for unit, family, _ in listed:
        mine = values.get(unit, {})
        said = [replace(one, made_of=_said(parts.get(one.feature, ()), mine)) for one in given.get(unit, ())]
        cases.append(Case(unit, family, tuple(said), {name: mine.get(column) for name, column in columns.items()}))
    return as_of, cases


def _parts_of(
    used: dict[str, FeatureFacts], catalogue: tuple[CatalogueFeature, ...]
) -> dict[str, tuple[CatalogueFeature, ...]]:
    """For each feature that is made of others, those others as the target's table has them."""
    known = {feature.name: feature for feature in catalogue} | {feature.column: feature for feature in catalogue}
    return {
        name: tuple(known[part] for part in feature.made_of if part in known)
        for name, feature in used.items()
        if feature.made_of
    }


def _said(parts: tuple[CatalogueFeature, ...], values: dict[str, Any]) -> tuple[str, ...]:
    """A sentence for each part that is there: a yes, or a figure above nothing."""
    found = [(part, values.get(part.column)) for part in parts]
    return tuple(part.say(float(value), None) for part, value in found if value is not None and value > 0)


# The row nearer the top stands for a child of two families, as it does in the audit.
_LISTED = """
    CREATE TEMP TABLE listed AS
    SELECT unit_id, family_id, as_of FROM scores WHERE part = 'current' AND flagged
    QUALIFY row_number() OVER (PARTITION BY unit_id ORDER BY position) = 1
"""

_REASONS = """
    SELECT unit_id, feature, subject, sentence, contribution, value, median
    FROM reasons SEMI JOIN listed USING (unit_id, family_id, as_of)
    WHERE kind IN ('for', 'against')
    ORDER BY unit_id, reasons.position
"""

_FAMILY_ROWS = """
    SELECT unit_id, described.* FROM described JOIN listed USING (family_id, as_of) ORDER BY unit_id
"""

_CHILD_ROWS = """
    SELECT unit_id, described.* FROM described
    JOIN listed ON unit_id = person_id AND listed.family_id = described.family_id AND listed.as_of = described.as_of
    ORDER BY unit_id
"""


def _values(
    connection: duckdb.DuckDBPyConnection, work: Workspace, target: TargetFacts
) -> dict[str, dict[str, float | None]]:
    """The feature row of each listed case, by its ``unit_id``."""
    table = _table(target)
    feature_rows(connection, table, work.path).create_view("described")
    described: pa.Table = connection.sql(_FAMILY_ROWS if table is FAMILY_FEATURES else _CHILD_ROWS).to_arrow_table()
    numbers = [name for name in described.column_names if name not in {"unit_id", *table.column_names}]
    units = described["unit_id"].to_pylist()
    return dict(zip(units, described.select(numbers).to_pylist()))


def _table(target: TargetFacts) -> Table:
    return CHILD_FEATURES if target.level == "child" else FAMILY_FEATURES

"""What the gate says of a target, and the flagged cases of one it lets through."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from fairness_audits.below_the_line import with_drawn
from fairness_audits.gate import GateStatus, open_released, status
from fairness_audits.release import GateState
from features.reading import feature_rows
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from models.catalogue import Feature as CatalogueFeature
from models.catalogue import read_catalogue
from models.target import Unit
from reports.case_facts import Case, Reason, Unknown
from reports.facts import Approval, FeatureFacts, ReleaseFacts, TargetFacts
from reports.reading import feature_facts
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

    With them come those that were drawn from below the line. Scores, places and what was drawn stay behind: a case
    carries its reasons, what those are made of and what is not known of it, nothing else. A child of two families is
    one case.
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
        connection.register("scores", with_drawn(scores, reasons))
        connection.register("reasons", reasons)
        connection.execute(_LISTED)
        listed = connection.execute("SELECT unit_id, family_id, as_of FROM listed ORDER BY unit_id").fetchall()
        given = _given(connection)
        further = _further(connection)
        values = _values(connection, work, target) if listed else {}
    as_of = listed[0][2] if listed else work.council.extract_date
    columns = {name: feature.columns[_table(target).name] for name, feature in used.items()}
    look_up = _LookUp.of(target, used, catalogue)
    cases = []
    for unit, family, _ in listed:
        mine = values.get(unit, {})
        reasons_given = tuple(look_up.filled(reason, also, mine) for reason, also in given.get(unit, ()))
        unknown, alike = further.get(unit, ((), ""))
        known = {name: mine.get(column) for name, column in columns.items()}
        cases.append(Case(unit, family, reasons_given, known, unknown, alike))
    return as_of, cases


def _given(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Reason, tuple[str, ...]]]]:
    """The reasons of each case, each with the features that say much the same."""
    found: dict[str, list[tuple[Reason, tuple[str, ...]]]] = {}
    for unit, also, *reason in connection.execute(_REASONS).fetchall():
        found.setdefault(unit, []).append((Reason(*reason), tuple(also.split(",")) if also else ()))
    return found


def _further(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[tuple[Unknown, ...], str]]:
    """What is not known of each case, and what became of past cases like it."""
    unknown: dict[str, list[Unknown]] = {}
    alike: dict[str, str] = {}
    for unit, kind, subject, moved, sentence in connection.execute(_FURTHER).fetchall():
        if kind == "alike":
            alike[unit] = sentence
        else:
            unknown.setdefault(unit, []).append(Unknown(subject, moved))
    return {unit: (tuple(unknown.get(unit, ())), alike.get(unit, "")) for unit in {**unknown, **alike}}


@dataclass(frozen=True)
class _LookUp:
    """What the features of a target are made of and rest on."""

    facts: dict[str, FeatureFacts]
    """By name, and by column of the target's table."""
    parts: dict[str, tuple[CatalogueFeature, ...]]
    """For each feature that is made of others, those others as the target's table has them."""

    @classmethod
    def of(cls, target: TargetFacts, used: dict[str, FeatureFacts], catalogue: list[Any]) -> _LookUp:
        table = _table(target).name
        there = [feature for feature in feature_facts(catalogue) if table in feature.columns]
        listed = read_catalogue(catalogue, Unit(target.level))
        known = {feature.name: feature for feature in listed} | {feature.column: feature for feature in listed}
        made = {name: [known[part] for part in feature.made_of if part in known] for name, feature in used.items()}
        return cls(
            {feature.name: feature for feature in there} | {feature.columns[table]: feature for feature in there},
            {name: tuple(parts) for name, parts in made.items() if parts},
        )

    def filled(self, reason: Reason, also: tuple[str, ...], values: dict[str, Any]) -> Reason:
        """The reason with a sentence for each part of it that is there (a yes, or a figure above nothing)."""
        found = [(part, values.get(part.column)) for part in self.parts.get(reason.feature, ())]
        there = [(part, float(value)) for part, value in found if value is not None and value > 0]
        names = [part.column for part, _ in there] or [reason.feature]
        behind = tuple(self.facts[name] for name in (*names, *also) if name in self.facts)
        parts = tuple(part.column for part, _ in there)
        return replace(
            reason, made_of=tuple(part.say(value, None) for part, value in there), parts=parts, behind=behind
        )


# The row nearer the top stands for a child of two families, as it does in the audit.
_LISTED = """
    CREATE TEMP TABLE listed AS
    SELECT unit_id, family_id, as_of FROM scores WHERE part = 'current' AND flagged
    QUALIFY row_number() OVER (PARTITION BY unit_id ORDER BY position) = 1
"""

_REASONS = """
    SELECT unit_id, also, feature, subject, sentence, contribution, value, median
    FROM reasons SEMI JOIN listed USING (unit_id, family_id, as_of)
    WHERE kind IN ('for', 'against')
    ORDER BY unit_id, reasons.position
"""

_FURTHER = """
    SELECT unit_id, kind, subject, contribution, sentence
    FROM reasons SEMI JOIN listed USING (unit_id, family_id, as_of)
    WHERE kind IN ('unknown', 'alike')
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

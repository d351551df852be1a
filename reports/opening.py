"""What the gate says of a target, and the flagged cases of one it lets through."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa

from fairness_audits.gate import GateStatus, open_released, status
from fairness_audits.release import GateState
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from reports.config import ReportsConfig
from reports.explanation import Case, Reason
from reports.facts import Approval, FeatureFacts, ReleaseFacts, TargetFacts
from store.keys import Purpose
from store.table import Table
from store.workspace import Workspace


def judging_day(work: Workspace) -> dt.date:
    """The day on which a release's expiry is judged.

    The real day unless the configuration names one: a pack must not outlive its release because the extracts
    are old. It decides only whether a target is open, and is written on no page.
    """
    return work.section(ReportsConfig).today or dt.datetime.now(dt.UTC).date()


def gate_status(work: Workspace, target: str) -> GateStatus:
    """Where the target stands today; opens nothing."""
    return status(work.run, work.keys(Purpose.RELEASE), target, judging_day(work))


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


def flagged_cases(work: Workspace, target: TargetFacts, used: dict[str, FeatureFacts]) -> tuple[dt.date, list[Case]]:
    """The current as-of date and its flagged cases, through the gate; raises Withheld when it is closed.

    Scores and places stay behind: a case carries its reasons and what is not known of it, nothing else. A child
    of two families is one case.
    """
    scores, reasons = open_released(work.run, work.keys(Purpose.SEAL), target.name, judging_day(work))
    with work.connect() as connection:
        connection.register("scores", scores)
        connection.register("reasons", reasons)
        connection.execute(_LISTED)
        listed = connection.execute("SELECT unit_id, family_id, as_of FROM listed ORDER BY unit_id").fetchall()
        given: dict[str, list[Reason]] = {}
        for unit, *reason in connection.execute(_REASONS).fetchall():
            given.setdefault(unit, []).append(Reason(*reason))
        blank = _blank(connection, work, target, used) if listed else {}
    as_of = listed[0][2] if listed else work.council.extract_date
    return as_of, [
        Case(unit, family, tuple(given.get(unit, ())), tuple(blank.get(unit, ()))) for unit, family, _ in listed
    ]


# The row nearer the top stands for a child of two families, as it does in the audit.
_LISTED = """
    CREATE TEMP TABLE listed AS
    SELECT unit_id, family_id, as_of FROM scores WHERE part = 'current' AND flagged
    QUALIFY row_number() OVER (PARTITION BY unit_id ORDER BY position) = 1
"""

_REASONS = """
    SELECT unit_id, feature, subject, sentence, contribution, value
    FROM reasons SEMI JOIN listed USING (unit_id, family_id, as_of)
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


def _blank(
    connection: duckdb.DuckDBPyConnection, work: Workspace, target: TargetFacts, used: dict[str, FeatureFacts]
) -> dict[str, list[str]]:
    """For each listed case, the features without a value."""
    table = _table(target)
    connection.read_parquet(str(work.path(table))).create_view("described")
    described: pa.Table = connection.sql(_FAMILY_ROWS if table is FAMILY_FEATURES else _CHILD_ROWS).to_arrow_table()
    columns = {name: feature.columns[table.name] for name, feature in used.items()}
    rows = described.select(["unit_id", *dict.fromkeys(columns.values())]).to_pylist()
    return {row["unit_id"]: [name for name, column in columns.items() if row[column] is None] for row in rows}


def _table(target: TargetFacts) -> Table:
    return CHILD_FEATURES if target.level == "child" else FAMILY_FEATURES

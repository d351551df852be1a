"""The audits stage: one audit for each target, before anything about it may be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairness_audits.attributes import HOMES, PERSON_SEX, attribute_groups
from fairness_audits.audit import Audited, Documents, audit, not_audited
from fairness_audits.below_the_line import check_drawn, why_not_allowed
from fairness_audits.binding import tables_bound
from fairness_audits.cases import check_scores, one_row_a_unit
from fairness_audits.config import AuditConfig
from fairness_audits.grouping import ethnic_groups
from fairness_audits.needing_ethnicity import why_never_released
from fairness_audits.policy import Policy, load_policy
from fairness_audits.signing import ROOM, evaluation_path
from fairness_audits.standing_in import STAND_INS, stand_ins_document
from fairness_audits.writing import write_audit
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from models.config import ModelsConfig
from models.tables import COHORT, REASONS, SCORES
from residents.tables import PROTECTED
from store.files import file_hash, read_json
from store.keys import Purpose
from store.workspace import Stage, Workspace

MODELLED = "modelled"
CATALOGUE = "features/catalogue.json"


def run(work: Workspace) -> None:
    """Write the three documents of every target of the configuration."""
    policy = load_policy(work.section(AuditConfig).policy)
    targets = sorted(work.section(ModelsConfig).targets)
    with work.task("Auditing for fairness", len(targets) + 1) as task:
        work.write_document(STAND_INS, _stand_ins(work))
        task.advance()
        tables = tables_bound(work.run)
        for target in targets:
            write_audit(work, target, _audit_target(work, target, policy, tables))
            task.advance()


def _audit_target(work: Workspace, target: str, policy: Policy, tables: dict[str, str]) -> Documents:
    """The audit of a target. ``tables`` has the hashes of what people are grouped by."""
    evaluation_file = work.document(evaluation_path(target))
    if not evaluation_file.exists():
        return not_audited(target, "The models stage has not reported on this target.", {}, policy, [])
    evaluation = read_json(evaluation_file)
    caveats = list(evaluation.get("label_caveats", ()))
    bound = {"evaluation_sha256": file_hash(evaluation_file)}
    if evaluation.get("state") != MODELLED:
        why = f"There is no model to audit: {evaluation.get('why', 'the models stage gave no reason')}"
        return not_audited(target, why, bound, policy, caveats)
    unlawful = why_never_released(evaluation)
    if unlawful:
        return not_audited(target, unlawful, bound, policy, caveats)
    scores = work.read_sealed(SCORES, target)
    check_scores(scores, work.read(COHORT, target), f"{target} scores")
    bound["scores_sha256"] = file_hash(work.run.path(SCORES, target))
    bound["reasons_sha256"] = file_hash(work.run.path(REASONS, target))
    bound["cohort_sha256"] = file_hash(work.path(COHORT, target))
    drawn = check_drawn(scores, work.read_sealed(REASONS, target), f"{target} reasons")
    too_many = why_not_allowed(drawn, policy)
    if too_many:
        return not_audited(target, too_many, bound, policy, caveats)
    rows = one_row_a_unit(scores)
    with work.connect() as connection:
        groups = ethnic_groups(connection, rows, work.path(MEMBERS), work.path(PROTECTED))
        paths = {
            table.name: work.path(table) for table in (MEMBERS, PERSON_SEX, HOMES, FAMILY_FEATURES, CHILD_FEATURES)
        }
        groups |= attribute_groups(connection, rows, paths)
    return audit(Audited(target, rows, groups, bound | tables, caveats, drawn), policy)


def _stand_ins(work: Workspace) -> dict[str, Any]:
    """How strongly each feature stands in for ethnicity; nothing where the run has no features."""
    catalogue = work.document(CATALOGUE)
    entries = read_json(catalogue) if catalogue.exists() else []
    with work.connect() as connection:
        paths = {table: work.path(table) for table in (FAMILY_FEATURES, CHILD_FEATURES)} if entries else {}
        return stand_ins_document(connection, paths, entries, work.path(MEMBERS), work.path(PROTECTED))


def _policy_file(work: Workspace) -> list[Path]:
    path = work.section(AuditConfig).policy
    return [Path(path)] if path is not None and Path(path).is_file() else []


STAGE = Stage(
    name="audits",
    room=ROOM,
    reads=(SCORES, REASONS, COHORT, PROTECTED, PERSON_SEX, HOMES, MEMBERS, FAMILY_FEATURES, CHILD_FEATURES),
    writes=(),
    sections=(AuditConfig, ModelsConfig),
    run=run,
    documents=("models/*/evaluation.json", CATALOGUE),
    purposes=(Purpose.RELEASE,),
    unseals=True,
    external_files=_policy_file,
)

"""The proxies' stage: for each target, how well its features tell ethnicity, and its list without the strongest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from fairness_audits.chain.comparing import Rows, compare
from fairness_audits.chain.elsewhere import by_row, read_cell
from fairness_audits.config import AuditConfig
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.grouping import ethnic_groups
from fairness_audits.policy import Grouping, load_policy
from fairness_audits.proxies.document import Found, Listed, published, restricted
from fairness_audits.proxies.lists import COUNTS, Bench, Ranking, newest_test, parts_of
from fairness_audits.proxies.protecting import Audited
from fairness_audits.proxies.telling import by_itself, together
from fairness_audits.signing import ROOM, evaluation_path
from fairness_audits.stage import STAGE as AUDITS
from fairness_audits.stand_ins import Association
from fairness_audits.writing import published_path, rendered, restricted_path
from features.tables import MEMBERS
from models.catalogue import CATALOGUE
from models.config import ModelsConfig
from models.inputs import TABLES, Inputs, asked, open_inputs
from models.target import CandidateName
from models.targets import TARGETS
from residents.tables import PROTECTED
from store.files import read_json
from store.workspace import Stage, Workspace

RESTRICTED, PUBLISHED = f"{ROOM}/restricted/proxies.json", f"{ROOM}/published/proxies.json"
LEFT_OUT = (3, 10)
"""How many of the features that stand in most are left out, one list after the other; of a count's parts fewer."""
PARTS_LEFT_OUT = (1, 3)
NOTHING_STANDS_IN = "Nothing that moves the list was found to stand in for ethnicity: there is nothing to leave out."
COUNTED_WHOLE = (
    "Parts of the count stand in for ethnicity, as named; they are figures that the count sets a limit to, and cannot "
    "be taken out of it as they are."
)
METHOD = (
    "At the newest test date. Together: boosted trees learn broad ethnic groups from all features of the target, and "
    "the area under the curve is of families they did not learn from. By itself: Cramer's V among known groups, chance "
    "taken out. Of the features that move the list, those with the largest V are left out and the chosen way of "
    "ranking is trained again on the same families; a count is counted without its parts. Precision is on the target's "
    "outcome, its change with an interval by a bootstrap of families. What is left may stand in for what was taken out."
)


def run(work: Workspace) -> None:
    """Write the two documents."""
    config = work.section(ModelsConfig)
    found: list[Found] = []
    not_told: dict[str, str] = {}
    targets = sorted(config.targets)
    with (
        work.task("Looking for stand-ins", len(targets)) as task,
        threadpool_limits(limits=1, user_api="blas"),
        work.connect() as connection,
    ):
        inputs: Inputs | None = None
        for target in targets:
            evaluation = _evaluation(work, target)
            if evaluation is None or evaluation.get("state") != "modelled":
                not_told[target] = "There is no model of this target."
            else:
                inputs = inputs or open_inputs(work, connection, config.folds)
                found.append(_target(work, inputs, target, evaluation))
            task.advance()
    head = {"confidence": REPORTED_CONFIDENCE, "method": METHOD}
    work.write_document(RESTRICTED, rendered(restricted(found, not_told, head)))
    rules = load_policy(work.section(AuditConfig).policy).small_numbers
    work.write_document(PUBLISHED, rendered(published(found, not_told, head, rules)))


def _evaluation(work: Workspace, target: str) -> dict[str, Any] | None:
    file = work.document(evaluation_path(target))
    return read_json(file) if file.exists() else None


def _target(work: Workspace, inputs: Inputs, name: str, evaluation: Mapping[str, Any]) -> Found:
    target, origin = TARGETS[name], newest_test(evaluation["splits"])
    cases = asked(work, inputs, target, (*origin.learns_from, origin.as_of)).cases
    bench = Bench(cases, origin, target, work.section(ModelsConfig), work.settings.seed, work.settings.threads)
    rows = bench.rows
    scored = {column: pa.array(getattr(cases, column)[rows].tolist()) for column in ("unit_id", "family_id")}
    dated = pa.table({**scored, "as_of": pa.array(cases.as_of[rows])})
    # On a connection of its own: that which the models' code works on never sees ethnicity.
    with work.connect() as apart:
        groups = ethnic_groups(apart, dated, work.path(MEMBERS), work.path(PROTECTED))
    broad, detailed = groups[Grouping.BROAD.value], groups[Grouping.DETAILED.value]
    _, family = np.unique(cases.group[rows], return_inverse=True)
    values = cases.features_of(rows)
    chosen = CandidateName(evaluation["choice"]["chosen"])
    names = [feature.name for feature in cases.features]
    strength = dict(zip(names, by_itself(values, broad, family)))
    whole, parts = _whole(bench, chosen, inputs.catalogue)
    ranked = _strongest_first(parts, strength)
    lists, why = [], ""
    spare = bench.flags if chosen in COUNTS else frozenset(parts)
    standing_in = [part for part, found in ranked if part in spare and found is not None and found.value > 0]
    for left_out in _leaving_out(chosen, standing_in):
        one = _without(bench, chosen, parts, left_out) if left_out else whole
        lists.append(Listed(left_out, bench.beside(one, whole), compare(Rows(one.flagged, detailed, family))))
    if len(lists) == 1:
        stands_in = any(one is not None and one.value > 0 for _, one in ranked)
        why = COUNTED_WHOLE if stands_in else NOTHING_STANDS_IN
    told = together(values, broad, family, work.settings.seed)
    return Found(
        *(name, chosen.value, origin.as_of.isoformat(), len(names)),
        told=told,
        strengths=ranked,
        is_count=chosen in COUNTS,
        lists=lists,
        why_no_list=why,
        audited=_audited(work, name),
    )


def _audited(work: Workspace, target: str) -> Audited | None:
    """What the target's audit shows, which is to give away nothing that is hidden here, nor the reverse."""
    files = [work.document(path) for path in (restricted_path(target), published_path(target))]
    if not all(file.exists() for file in files):
        return None
    restricted_audit, published_audit = map(read_json, files)
    if "overall" not in published_audit:
        return None
    exact, shown = by_row(restricted_audit), by_row(published_audit)
    return Audited(
        len(published_audit["test"]["as_ofs"]),
        *({row: int(exact[row][name]) for row in shown} for name in ("n", "flagged")),
        *({row: read_cell(entry[name]) for row, entry in shown.items()} for name in ("n", "flagged")),
    )


def _whole(bench: Bench, chosen: CandidateName, catalogue: Any) -> tuple[Ranking, tuple[str, ...]]:
    """The list with all features, and the features that it may do without: a count's parts, or what moves it."""
    whole = bench.ranking(chosen)
    if chosen not in COUNTS:
        return whole, whole.used
    return whole, parts_of(_count(bench, chosen), catalogue, bench.cases.features)


def _count(bench: Bench, chosen: CandidateName) -> str:
    unlabelled = bench.target.unlabelled
    return unlabelled.count if chosen is CandidateName.SIGNS_COUNT and unlabelled else bench.target.needs_count


def _without(bench: Bench, chosen: CandidateName, parts: Sequence[str], left_out: Sequence[str]) -> Ranking:
    if chosen in COUNTS:
        return bench.counted(_count(bench, chosen), parts, left_out)
    return bench.ranking(chosen, left_out)


def _leaving_out(chosen: CandidateName, standing_in: Sequence[str]) -> list[tuple[str, ...]]:
    """Nothing first, then more and more of those that stand in."""
    sizes = PARTS_LEFT_OUT if chosen in COUNTS else LEFT_OUT
    return [(), *dict.fromkeys(tuple(standing_in[:size]) for size in sizes if standing_in)]


def _strongest_first(
    parts: Sequence[str], strength: Mapping[str, Association | None]
) -> list[tuple[str, Association | None]]:
    def key(name: str) -> tuple[float, str]:
        found = strength.get(name)
        return (-found.value if found is not None else 1.0, name)

    return [(name, strength.get(name)) for name in sorted(parts, key=key)]


STAGE = Stage(
    name="proxies",
    room=ROOM,
    reads=(*TABLES, PROTECTED),
    writes=(),
    sections=(AuditConfig, ModelsConfig),
    run=run,
    documents=(CATALOGUE, "models/*/evaluation.json", restricted_path("*"), published_path("*")),
    external_files=AUDITS.external_files,
)

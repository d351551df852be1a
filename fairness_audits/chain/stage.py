"""The chain's stage: from who is in the data to what a panel decides, by ethnic group, after the audits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fairness_audits.chain import decisions, missed, missed_shown
from fairness_audits.chain.census import Present, present
from fairness_audits.chain.comparing import ALIKE, LEAST_EXPECTED, Rows, compare
from fairness_audits.chain.document import Chain, published, restricted
from fairness_audits.chain.elsewhere import (
    audited_counts,
    labelled_cases,
    labelled_outcomes,
    linkage,
    model_errors,
)
from fairness_audits.chain.observed import REPORTING_DELAY_DAYS, Observed
from fairness_audits.chain.protecting import Told
from fairness_audits.chain.recording import AGES, CONFLICT, HELD, IN_A_FAMILY, RECORDING, SURE_FAMILY
from fairness_audits.chain.steps import (
    AT_EQUAL_NEED,
    CARERS,
    EVIDENCE,
    FAMILY_STEPS,
    FROM_POPULATION,
    NEED_FOUND,
    ONWARD,
    Link,
    Onward,
    label_step,
    recorded_step,
)
from fairness_audits.config import AuditConfig, CensusConfig, PanelConfig
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.grouping import units_are_families
from fairness_audits.policy import Grouping, SmallNumbers, load_policy
from fairness_audits.signing import ROOM
from fairness_audits.stage import STAGE as AUDITS
from fairness_audits.writing import published_path, rendered, restricted_path
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.catalogue import CATALOGUE
from models.config import ModelsConfig
from models.tables import COHORT
from models.targets import TARGETS
from residents.tables import PROTECTED
from store.files import read_json
from store.workspace import Stage, Workspace

RESTRICTED, PUBLISHED = f"{ROOM}/restricted/chain.json", f"{ROOM}/published/chain.json"
LINKAGE = "residents/linkage.json"
FORMAT = 1
METHOD = (
    "Each group is compared with all others whose ethnicity is known; 'Unknown' is apart, and compared with all who "
    "are known. Rates have Wilson's interval and plain ratios Donner and Zou's, on evidence reduced for families that "
    "recur. Where something is held equal the ratio is Mantel and Haenszel's over strata of it, with an interval by "
    "the infinitesimal jackknife over families. A group reads higher or lower where an interval made wider for the "
    f"number of groups leaves 1 out, and 'alike' where it lies within {ALIKE:g} times and its inverse; with fewer than "
    f"{LEAST_EXPECTED:g} events, or cases without one, had or to be expected, nothing is said. Windows run from one "
    f"as-of date to the next and count once they have been closed for {REPORTING_DELAY_DAYS} days."
)
NO_CENSUS = "The council's TOML gives no census: [census] children = { ... } would tell who is absent from the data."
NO_DECISIONS = (
    "None yet: [panel] decisions = [ ... ] in the council's TOML names no file in which a panel decided anything."
)
NO_FAMILIES = "No family is in the features, or no as-of date has been closed for long enough."

_TABLES = (MEMBERS, MILESTONES, PROTECTED, FAMILY_FEATURES, CHILD_FEATURES)


def run(work: Workspace) -> None:
    """Write the two documents."""
    with work.task("Following the chain", 3) as task, work.connect() as connection:
        catalogue = read_json(work.document(CATALOGUE))
        paths = {table: work.path(table) for table in _TABLES}
        observed = Observed(connection, paths, catalogue, (work.council.covers_from, work.council.covers_to))
        task.advance()
        decided = decisions.read_decisions(_decision_files(work))
        groups = decisions.groups_of(connection, decided, work.path(MEMBERS), work.path(PROTECTED))
        panels = decisions.steps(decided, groups)
        everything = (*_recorded(work), *_observed(observed), *_labels(work, observed), *panels)
        told = [one for one in everything if one.groups[Grouping.BROAD]]
        task.advance()
        chain = _chain(work, observed, told, missed.missed_by_target(decided, list(groups)))
        head = {
            "format": FORMAT,
            "kind": "chain",
            "confidence": REPORTED_CONFIDENCE,
            "census": work.section(CensusConfig).source or None,
            "windows": [{"from": a.isoformat(), "to": b.isoformat()} for a, b in observed.windows()],
            "method": METHOD,
        }
        work.write_document(RESTRICTED, rendered(restricted(chain, head)))
        work.write_document(PUBLISHED, rendered(published(chain, head, _rules(work))))
        task.advance()


def _chain(
    work: Workspace, observed: Observed, told: list[Told], below: dict[str, dict[str, missed.Estimate]]
) -> Chain:
    further: dict[Link, tuple[dict[str, Any], dict[str, Any]]] = {}
    not_told = {}
    if below:
        titles = {name: TARGETS[name].title for name in below if name in TARGETS}
        further[Link.PANEL] = (
            missed.entries(below, titles),
            missed_shown.protected_entries(below, titles, _rules(work)),
        )
    linked = work.document(LINKAGE)
    if linked.exists():
        protected = linkage(read_json(linked))
        further[Link.LINKAGE] = (protected, protected)
    else:
        not_told[Link.LINKAGE] = "The residents stage has not reported on its matching."
    audits = _audits(work)
    if audits:
        further[Link.MODEL] = model_errors(*zip(*audits))
    else:
        not_told[Link.MODEL] = "No target has been audited."
    here = {one.step.link for one in told}
    not_told |= {link: NO_FAMILIES for link in (Link.STEPS, Link.EQUAL_NEED) if link not in here}
    if Link.PANEL not in here and Link.PANEL not in further:
        not_told[Link.PANEL] = NO_DECISIONS
    if Link.LABELS not in here:
        not_told[Link.LABELS] = "No target has a case with a known outcome."
    people = _present(work, observed)
    if not people:
        not_told[Link.POPULATION] = NO_CENSUS
    elsewhere = [counts for exact, shown in audits for counts in audited_counts(exact, shown)]
    return Chain(told, people, further, not_told, elsewhere)


def _present(work: Workspace, observed: Observed) -> dict[Grouping, tuple[Present, ...]]:
    census = work.section(CensusConfig).children
    now = observed.children_now()
    if not census or not now.children:
        return {}
    return present(now.by_group, census, now.families / now.children)


def _recorded(work: Workspace) -> Iterator[Told]:
    """What the recording stage counted: each system that holds ethnicity at all, and the families."""
    counts = work.read(RECORDING).to_pylist()
    by_step: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for row in counts:
        by_step.setdefault((row["measure"], row["source"]), []).append(row)
    holding = {source for (measure, source), rows in by_step.items() if measure == HELD and _any(rows)}
    for (measure, source), rows in by_step.items():
        if source is None:
            # Who is asked whether the family is sure are those who have one.
            asked = IN_A_FAMILY if measure == SURE_FAMILY else ""
            yield Told(FAMILY_STEPS[measure], "children_named", compare(_as_rows(rows)), after=asked)
        elif source in holding:
            # Who is asked whether others hold it alike are those of whom it is held, where others hold it at all.
            held = recorded_step(HELD, source).name if measure == CONFLICT else ""
            yield Told(
                recorded_step(measure, source),
                f"named_by_{source}",
                compare(_as_rows(rows)),
                source,
                after=held,
                of_known=bool(held),
            )


def _any(rows: list[dict[str, Any]]) -> bool:
    return any(row["holding"] for row in rows)


def _as_rows(counts: list[dict[str, Any]]) -> Rows:
    """Counts as cases. Whose brother or sister is whose is not handed on: each counts by itself."""
    detailed = np.repeat(
        np.array([row["ethnicity"] for row in counts], dtype=object), [row["people"] for row in counts]
    )
    so = [np.arange(row["people"]) < row["holding"] for row in counts]
    ages = np.repeat([AGES.index(row["age"]) for row in counts], [row["people"] for row in counts])
    return Rows(np.concatenate(so), detailed, np.arange(len(detailed)), ages)


def _observed(observed: Observed) -> Iterator[Told]:
    for step, kind in FROM_POPULATION:
        yield Told(step, "children_in_windows", compare(observed.children(kind)))
    for onward in ONWARD:
        yield _followed(observed, onward)
    for step, kind, needs in AT_EQUAL_NEED:
        yield Told(step, "families_in_windows", compare(observed.families(kind, needs)), counted=f"families_{kind}")
    yield Told(CARERS, "children_not_known_as_carers", compare(observed.carers()))
    yield _followed(observed, NEED_FOUND)


def _followed(observed: Observed, onward: Onward) -> Told:
    rows = observed.followed(onward.reached, onward.kind, onward.within_days)
    part_of = _asked(onward.part_of) if onward.part_of else ""
    return Told(onward.step, "followed", compare(rows), cases_name=_asked(onward.step.name), part_of=part_of)


def _asked(step: str) -> str:
    """The name of a step's cases."""
    return f"{step} asked"


def _labels(work: Workspace, observed: Observed) -> Iterator[Told]:
    for target in sorted(work.section(ModelsConfig).targets):
        if not work.path(COHORT, target).exists():
            continue
        cohort = work.read(COHORT, target)
        unit = "families" if units_are_families(cohort) else "children"
        for needs, words, _ in EVIDENCE:
            step = label_step(target, TARGETS[target].title, unit, needs, words)
            rows = observed.labelled(work.path(COHORT, target), needs)
            yield Told(step, labelled_cases(target), compare(rows), counted=labelled_outcomes(target))


def _audits(work: Workspace) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The restricted and the published audit of each target that has them."""
    found = []
    for target in sorted(work.section(ModelsConfig).targets):
        files = [work.document(path) for path in (restricted_path(target), published_path(target))]
        if all(file.exists() for file in files):
            found.append((read_json(files[0]), read_json(files[1])))
    return found


def _rules(work: Workspace) -> SmallNumbers:
    return load_policy(work.section(AuditConfig).policy).small_numbers


def _decision_files(work: Workspace) -> list[Path]:
    return [Path(one) for one in work.section(PanelConfig).decisions]


def _read_from_outside(work: Workspace) -> list[Path]:
    policy = AUDITS.external_files(work) if AUDITS.external_files else []
    return [*policy, *(path for path in _decision_files(work) if path.is_file())]


STAGE = Stage(
    name="chain",
    room=ROOM,
    reads=(*_TABLES, RECORDING, COHORT),
    writes=(),
    sections=(AuditConfig, CensusConfig, ModelsConfig, PanelConfig),
    run=run,
    documents=(CATALOGUE, LINKAGE, restricted_path("*"), published_path("*")),
    external_files=_read_from_outside,
)

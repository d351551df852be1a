"""The reports stage: pages for people about every target, and a pack for the panel about a released one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairness_audits.release import GateState, Verdict
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from models.tables import COHORT, REASONS, SCORES
from reports.catalogue import catalogue_page
from reports.chain import chain_page
from reports.chain_reading import ChainTold, chain_told
from reports.config import ReportsConfig, TransparencyConfig
from reports.data_quality import data_quality_page
from reports.explanation import cover_page, explanation_page
from reports.fairness import fairness_page
from reports.index import Card, index_page
from reports.linkage import linkage_page
from reports.model_card import model_card_page
from reports.opening import flagged_cases, gate_status, judging_day, release_facts, used_features
from reports.packs import withdraw_packs
from reports.pdf import as_pdf
from reports.provenance import sources
from reports.reading import audit_facts, column_labels, feature_facts, feeds_of, no_audit, run_facts, target_facts
from reports.stand_ins import stand_ins
from reports.surroundings import READS as AROUND
from reports.surroundings import surrounded
from reports.transparency import transparency_page
from store.files import read_json
from store.keys import Purpose
from store.workspace import Stage, Workspace

ROOM = "reports"
_EVALUATION = "models/{}/evaluation.json"
_AUDIT = "fairness_audits/{}/audit.json"
_PUBLISHED_AUDIT = "fairness_audits/{}/published/audit.json"
_AUDIT_CODE = "fairness_audits/{}/audit.mac"
_RELEASE = "fairness_audits/{}/release.json"
_CATALOGUE = "features/catalogue.json"
_COVERAGE = "features/coverage.json"
_STAND_INS = "fairness_audits/stand_ins.json"
_CHAIN = "fairness_audits/published/chain.json"
_PROXIES = "fairness_audits/published/proxies.json"
_SUMMARY = "sources/summary.json"
_QUALITY = "residents/quality.json"
_DATA_QUALITY = "sources/data_quality.json"
_LINKAGE = "residents/linkage.json"
_REVIEW = "residents/review.json"


def run(work: Workspace) -> None:
    """Write the index, what the data can show, and for each target a fairness report and, once released, a pack."""
    catalogue = _document(work, _CATALOGUE, [])
    targets = _targets(work)
    chain = _document(work, _CHAIN, None)
    told = chain_told(chain) if chain else None
    withdraw_packs(work.run, work.keys(Purpose.RELEASE), judging_day())
    cards = []
    with work.task("Writing reports", len(targets) + 1) as task:
        for name in targets:
            cards.append(_target_pages(work, name, catalogue, told))
            task.advance()
        features = feature_facts(catalogue)
        data = data_quality_page(work.council, _document(work, _DATA_QUALITY, None), features)
        _write(work, "data_quality", data)
        linkage = linkage_page(work.council, _document(work, _LINKAGE, None), _document(work, _REVIEW, None))
        _write(work, "linkage", linkage)
        described = (_document(work, name, None) for name in (_COVERAGE, _STAND_INS))
        _write(work, "feature_catalogue", catalogue_page(work.council, catalogue, *described))
        audited = [(card.target.name, card.target.title) for card in cards]
        _write(work, "chain", chain_page(work.council, told, audited, sources(work, [_CHAIN])))
        facts = run_facts(_document(work, _SUMMARY, {}), _document(work, _QUALITY, {}), features)
        record = transparency_page(
            work.council, work.section(TransparencyConfig), facts, cards, sources(work, _behind(targets))
        )
        _write(work, "transparency", record)
        _write(work, "index", index_page(work.council, facts, cards))
        task.advance()


def _target_pages(work: Workspace, name: str, catalogue: list[Any], chain: ChainTold | None) -> Card:
    path = _EVALUATION.format(name)
    evaluation = read_json(work.document(path))
    target = target_facts(name, evaluation)
    gate = gate_status(work, name)
    release = release_facts(gate)
    found = work.document(_PUBLISHED_AUDIT.format(name))
    # What the gate does not accept as an audit (changed since, or about other scores) must not be shown as one.
    accepted = found.exists() and gate.verdict is not Verdict.NOT_AUDITED
    audit = audit_facts(read_json(found)) if accepted else no_audit(gate.reason)
    standing = stand_ins(_document(work, _PROXIES, None), name, column_labels(catalogue))
    page = fairness_page(work.council, target, audit, release, chain if accepted else None, standing)
    _write(work, f"{name}/fairness", page)
    card = model_card_page(work.council, target, evaluation, sources(work, [path]))
    _write(work, f"{name}/model_card", card)
    if release.open:
        used = used_features(target, feature_facts(catalogue))
        as_of, cases = flagged_cases(work, target, used, catalogue)
        cases = surrounded(work, cases, as_of, feeds_of(_document(work, _SUMMARY, {})))
        contact = work.section(TransparencyConfig).contact_email
        page = explanation_page(work.council, target, audit, release, used, cases, as_of, contact)
        _write(work, f"{name}/explanation", page)
        _write(work, f"{name}/explanation_cover", cover_page(work.council, target, audit, release, len(cases), as_of))
    return Card(target, audit, release)


def _behind(targets: list[str]) -> list[str]:
    """The documents that the figures of the transparency record are from."""
    by_target = (pattern.format(name) for name in targets for pattern in (_EVALUATION, _PUBLISHED_AUDIT))
    return [_SUMMARY, _QUALITY, _CATALOGUE, *by_target]


def _write(work: Workspace, name: str, page: str) -> None:
    """The page, and the same for print where the council asks for it."""
    work.write_document(f"{ROOM}/{name}.html", page)
    if work.section(ReportsConfig).pdf:
        work.write_document(f"{ROOM}/{name}.pdf", as_pdf(page))


def _targets(work: Workspace) -> list[str]:
    """Every target the models stage has reported on."""
    return sorted(path.parent.name for path in work.run.root.glob(_EVALUATION.format("*")))


def _document(work: Workspace, relative: str, missing: Any) -> Any:
    path = work.document(relative)
    return read_json(path) if path.exists() else missing


def _release_records(work: Workspace) -> list[Path]:
    """The release records that have not lapsed: when one comes, changes or lapses, the reports are made again."""
    return [
        path
        for path in sorted(work.run.root.glob(_RELEASE.format("*")))
        if gate_status(work, path.parent.name).state is not GateState.EXPIRED
    ]


STAGE = Stage(
    name="reports",
    room=ROOM,
    reads=(COHORT, SCORES, REASONS, FAMILY_FEATURES, CHILD_FEATURES, *AROUND),
    writes=(),
    sections=(ReportsConfig, TransparencyConfig),
    run=run,
    documents=(
        *(pattern.format("*") for pattern in (_EVALUATION, _AUDIT, _AUDIT_CODE, _PUBLISHED_AUDIT)),
        *(_CATALOGUE, _COVERAGE, _STAND_INS, _CHAIN, _PROXIES, _SUMMARY, _QUALITY, _DATA_QUALITY, _LINKAGE, _REVIEW),
    ),
    purposes=(Purpose.SEAL, Purpose.RELEASE),
    external_files=_release_records,
)

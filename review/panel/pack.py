"""A released pack, opened through the gate on every request and held in memory alone.

The gate is asked each time (some hundredths of a second; the hashes of files that were not touched it remembers). What
it opened is kept only for the very release that it opened it by, and let go of as soon as it says no.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NoReturn

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from fairness_audits.below_the_line import drawn_units
from fairness_audits.gate import open_released, status
from fairness_audits.release import GateState
from fairness_audits.signing import evaluation_path, release_path
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from models.catalogue import CATALOGUE
from reports import opening
from reports.case_facts import Case
from reports.explanation import Noticed, Sheet, case_sheets, sheet_html, track_record
from reports.facts import ReleaseFacts, TargetFacts
from reports.reading import feature_facts, feeds_of, target_facts
from reports.surroundings import READS as AROUND
from reports.surroundings import surrounded
from residents.tables import PEOPLE, PSEUDONYMS
from review.panel.second_reading import NEEDS_COUNT, is_high_need
from review.settings import ReviewContext
from store.council import RunSettings
from store.errors import Withheld
from store.files import read_json
from store.run_folder import RunFolder
from store.workspace import Stage, Workspace

_SUMMARY = "sources/summary.json"
_SETTINGS = RunSettings(seed=1, threads=1, memory_gb=2)


@dataclass(frozen=True)
class PackCase:
    """One case of the pack as the panel's pages show it."""

    reference: str
    family_reference: str
    unit_id: str
    """The case's pseudonym in the run's analysis tables."""
    family_id: str
    """Its family's pseudonym."""
    family: str
    """The family's id, by which the log names it."""
    name: str
    """The child's name where the target is about children and the panel sees names; else empty."""
    content: str
    """What the explanation pack says of it, as safe HTML."""
    noticed: tuple[Noticed, ...]
    high_need: bool
    drawn_from: int | None
    """Where it was drawn from below the line: from how many. Never shown; the decisions' export tells it."""


@dataclass(frozen=True)
class Pack:
    """A released list as it stands now."""

    target: TargetFacts
    as_of: dt.date
    cases: Mapping[str, PackCase]
    """By reference, in the order of references, which are random."""
    track_record: str
    """How often earlier lists were right."""
    release: ReleaseFacts
    """Who allowed it to be read, until when, and how they guard against harm."""

    @property
    def families(self) -> frozenset[str]:
        """The ids of the families that its cases are of."""
        return frozenset(case.family for case in self.cases.values())


_held: dict[tuple[str, str], tuple[str, Pack]] = {}
_opening = Lock()


def released_targets(run: RunFolder) -> list[str]:
    """The targets that were ever released, by name. Whether they are now the gate alone says."""
    return sorted(
        path.parent.name for path in run.root.glob(release_path(run.root, "*").relative_to(run.root).as_posix())
    )


def open_pack(context: ReviewContext, target: str) -> Pack:
    """The pack of a target, if it is released at this moment. Raises Withheld if it is not."""
    run, place = context.run, (str(context.run.root), target)
    gate = status(run, context.keys, target, opening.judging_day())
    if gate.state is not GateState.RELEASED:
        _held.pop(place, None)
        raise Withheld(gate.reason, where=target, fix=gate.fix)
    with _opening:
        release = hashlib.sha256(release_path(run.root, target).read_bytes()).hexdigest()
        opened = _held.get(place)
        if opened is None or opened[0] != release:
            opened = _held[place] = (release, _opened(context, target, opening.release_facts(gate)))
    return opened[1]


def forget() -> None:
    """Let go of every pack that is held."""
    _held.clear()


def _opened(context: ReviewContext, name: str, release: ReleaseFacts) -> Pack:
    run = context.run
    target = target_facts(name, read_json(run.root / evaluation_path(name)))
    catalogue = read_json(run.root / CATALOGUE)
    used = opening.used_features(target, feature_facts(catalogue))
    scores, reasons = open_released(run, context.keys, name, opening.judging_day())
    drawn = drawn_units(reasons)
    work = _workspace(context)
    try:
        as_of, cases = opening.listed_cases(work, target, used, catalogue, scores, reasons)
        cases = _surrounded(work, cases, as_of)
        with work.connect() as connection:
            needs = _needs(connection, run, catalogue, cases, as_of)
            names = _names(connection, run, cases) if context.config.panel_sees_names else {}
    finally:
        work.end()
    families = _ids(run, "family")
    by_reference = {case.unit_id: case for case in cases}
    sheets = zip(sorted(by_reference), case_sheets(target, used, cases, as_of))
    shown = [
        _case(
            by_reference[unit],
            sheet,
            sheet_html(sheet, target, bool(drawn)),
            families[by_reference[unit].family_id],
            names.get(unit, ""),
            is_high_need(needs.get(by_reference[unit].family_id), context.config.second_reader_needs),
            drawn.get(unit),
        )
        for unit, sheet in sheets
    ]
    told = track_record(target, len(drawn), len(shown))
    return Pack(target, as_of, {case.reference: case for case in shown}, told, release)


def _case(
    case: Case, sheet: Sheet, content: str, family: str, name: str, high_need: bool, drawn_from: int | None
) -> PackCase:
    return PackCase(
        sheet.reference,
        sheet.family_reference,
        case.unit_id,
        case.family_id,
        family,
        name,
        content,
        sheet.noticed,
        high_need,
        drawn_from,
    )


def _surrounded(work: Workspace, cases: list[Case], as_of: dt.date) -> list[Case]:
    """The cases with the services around them, as the pack has them; a run of before that has no such tables."""
    summary = work.run.root / _SUMMARY
    if not all(work.path(table).is_file() for table in AROUND):
        return cases
    return surrounded(work, cases, as_of, feeds_of(read_json(summary) if summary.is_file() else {}))


def _needs(
    connection: duckdb.DuckDBPyConnection, run: RunFolder, catalogue: list[Any], cases: list[Case], as_of: dt.date
) -> dict[str, float]:
    """The count of evidenced needs of each case's family; empty where the run has no such count."""
    entry = next((entry for entry in catalogue if entry["name"] == NEEDS_COUNT), None)
    column = entry["columns"].get(FAMILY_FEATURES.name) if entry else None
    rows = connection.read_parquet(str(run.path(FAMILY_FEATURES)), hive_partitioning=False)
    if column is None or column not in rows.columns or not cases:
        return {}
    connection.register("listed", pa.table({"family_id": sorted({case.family_id for case in cases})}))
    day = duckdb.ColumnExpression("as_of") == duckdb.ConstantExpression(as_of)
    of_day = rows.filter(day).select(
        duckdb.ColumnExpression("family_id"), duckdb.ColumnExpression(column).alias("needs")
    )
    found = of_day.join(connection.table("listed"), "family_id").fetchall()
    return {family: float(needs) for family, needs in found if needs is not None}


def _names(connection: duckdb.DuckDBPyConnection, run: RunFolder, cases: list[Case]) -> dict[str, str]:
    """The name of each case that is a child's."""
    people = _ids(run, "person")
    wanted = {people[case.unit_id]: case.unit_id for case in cases if case.unit_id in people}
    connection.register("wanted", pa.table({"person_id": pa.array(sorted(wanted), pa.string())}))
    rows = connection.read_parquet(str(run.path(PEOPLE)), hive_partitioning=False)
    kept = rows.join(connection.table("wanted"), "person_id").select("person_id", "forename", "surname")
    return {
        wanted[person]: " ".join(part for part in (forename, surname) if part)
        for person, forename, surname in kept.fetchall()
    }


def _ids(run: RunFolder, kind: str) -> dict[str, str]:
    """Who is behind each pseudonym of a kind."""
    rows = pq.read_table(run.path(PSEUDONYMS), partitioning=None, filters=[("kind", "=", kind)])
    return dict(zip(rows["pseudonym"].to_pylist(), rows["id"].to_pylist()))


def _workspace(context: ReviewContext) -> Workspace:
    """A view of the run's features, with a scratch folder that is this process's alone."""
    stage = Stage(
        name=f"review-{os.getpid()}",
        room="review",
        reads=(FAMILY_FEATURES, CHILD_FEATURES, *AROUND),
        writes=(),
        sections=(),
        run=_never,
    )
    return Workspace(context.run, stage, context.council, _SETTINGS, {}, _Silent(), context.keys)


def _never(work: Workspace) -> NoReturn:
    raise RuntimeError("the web app is no stage of the job")


class _Silent:
    """Nobody watches a request's progress."""

    def task(self, label: str, total: int) -> Any:
        raise RuntimeError("the web app shows no progress")

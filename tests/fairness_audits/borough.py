"""A small borough whose scores are made up, so that a test says what the audit should find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairness_audits.config import AuditConfig
from fairness_audits.stage import STAGE
from features.tables import MEMBERS
from models.config import ModelsConfig, TargetSettings
from models.tables import COHORT, DRAWN, REASONS, SCORES
from residents.tables import PROTECTED, PSEUDONYMS
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import Stage, Workspace
from tests.support import KEYS, put_table, run_stage

FAMILIES = "under_the_radar"
CHILDREN = "hidden_young_carers"
CURRENT = dt.date(2026, 6, 30)
TESTS = (dt.date(2025, 3, 31), dt.date(2025, 6, 30))

SHARES = {
    **{"WBRI": 0.40, "WOTH": 0.13, "WIRI": 0.02, "WROM": 0.005, "BAFR": 0.12, "BCRB": 0.07, "BOTH": 0.04},
    **{"ABAN": 0.06, "AIND": 0.02, "AOTH": 0.03, "MWBC": 0.03, "MOTH": 0.03, "OOTH": 0.025, "REFU": 0.02},
}


@dataclass(frozen=True)
class Case:
    """One scored case. ``flagged`` follows from the place in the list."""

    unit: str
    as_of: dt.date
    outcome: bool | None
    score: float
    flagged: bool
    family: str = ""
    part: str = "test"
    drawn: bool = False
    """Whether it was drawn from below the line for the pack."""

    @property
    def family_id(self) -> str:
        return self.family or self.unit


def fake_models(cases: dict[str, Sequence[Case]], evaluations: dict[str, dict[str, Any]]) -> Stage:
    """A stand-in for the models stage that writes these cases as cohort and sealed scores."""

    def run(work: Workspace) -> None:
        for target, evaluation in evaluations.items():
            work.write_document(f"models/{target}/evaluation.json", evaluation)
            chosen = sorted(cases.get(target, ()), key=lambda c: (c.as_of, not c.flagged, -c.score, c.unit, c.family))
            _write_scores(work, target, chosen)

    return Stage("models", "models", (), (COHORT, SCORES, REASONS), (), run)


def _write_scores(work: Workspace, target: str, cases: Sequence[Case]) -> None:
    rows = []
    place: dict[dt.date, int] = {}
    for case in cases:
        place[case.as_of] = place.get(case.as_of, 0) + 1
        rows.append(
            {
                "unit_id": case.unit,
                "family_id": case.family_id,
                "as_of": case.as_of,
                "part": case.part,
                "score": case.score,
                "position": place[case.as_of],
                "flagged": case.flagged,
                "outcome": case.outcome,
            }
        )
    scores = pa.Table.from_pylist(rows, schema=SCORES.arrow_schema())
    work.write(SCORES, scores, target)
    order = [("as_of", "ascending"), ("unit_id", "ascending"), ("family_id", "ascending")]
    cohort = scores.select([name for name in COHORT.column_names if name in scores.column_names]).sort_by(order)
    for name in ("family_group", "fold"):
        cohort = cohort.append_column(name, pa.nulls(cohort.num_rows, pa.int64()))
    work.write(COHORT, cohort, target)
    current = [case for case in cases if case.part == "current"]
    below = {case.unit for case in current} - {case.unit for case in current if case.flagged}
    listed = sorted((c for c in current if c.flagged or c.drawn), key=lambda c: (c.as_of, c.unit, c.family_id))
    reasons = [
        {
            **_keys(case),
            "position": position,
            "kind": "for",
            "feature": f"feature_{position}",
            "subject": "attendance",
            "contribution": 0.5,
            "value": 1.0,
            "median": 0.0,
            "sentence": sentence,
        }
        for case in listed
        for position, sentence in enumerate(('=HYPERLINK("http://x") missed 12 sessions', "Rent arrears grew"), start=1)
    ]
    said = {"position": 3, "kind": DRAWN, "contribution": 0.0, "value": float(len(below)), "sentence": "Drawn."}
    reasons += [_keys(case) | said for case in listed if case.drawn]
    reasons.sort(key=lambda row: (row["as_of"], row["unit_id"], row["position"], row["family_id"]))
    work.write(REASONS, pa.Table.from_pylist(reasons, schema=REASONS.arrow_schema()), target)


def _keys(case: Case) -> dict[str, Any]:
    return {"unit_id": case.unit, "family_id": case.family_id, "as_of": case.as_of}


def evaluation(target: str, **more: Any) -> dict[str, Any]:
    return {
        "target": target,
        "title": target.replace("_", " ").capitalize(),
        "question": "Whose need does nobody see?",
        "state": "modelled",
        "capacity": 50,
        "label_caveats": ["Being referred is not need."],
        **more,
    }


def put_people(run: RunFolder, codes: dict[str, str | None], members: list[dict[str, Any]]) -> None:
    """Write the ethnicity of people by pseudonym, and the members of families."""
    put_table(
        run,
        PROTECTED,
        [
            {"person_id": f"id-{person}", "analysis_id": person, "ethnicity": code, "conflict": False}
            for person, code in sorted(codes.items())
        ],
    )
    put_table(run, MEMBERS, sorted(members, key=lambda m: (m["as_of"], m["family_id"], m["person_id"])))


def put_pseudonyms(run: RunFolder, families: Sequence[str], people: Sequence[str]) -> None:
    """Write a resident behind each pseudonym: ``id-`` and the pseudonym."""
    rows = [{"kind": "family", "id": f"id-{name}", "pseudonym": name} for name in sorted(set(families))]
    rows += [{"kind": "person", "id": f"id-{name}", "pseudonym": name} for name in sorted(set(people))]
    put_table(run, PSEUDONYMS, sorted(rows, key=lambda row: (row["kind"], row["id"])))


def config(*targets: str) -> ModelsConfig:
    return ModelsConfig(targets={name: TargetSettings(capacity=50) for name in targets})


def audit_run(
    root: Path,
    cases: dict[str, Sequence[Case]],
    codes: dict[str, str | None],
    members: list[dict[str, Any]],
    *,
    policy: str | None = None,
    evaluations: dict[str, dict[str, Any]] | None = None,
    keys: Keys = KEYS,
) -> RunFolder:
    """Write everything the audit reads, and run it."""
    run = RunFolder(root)
    put_people(run, codes, members)
    told = evaluations if evaluations is not None else {target: evaluation(target) for target in cases}
    run_stage(fake_models(cases, told), root, keys=keys)
    return run_stage(STAGE, root, AuditConfig(policy=policy), config(*told), keys=keys)


def draw_families(
    families: int,
    *,
    seed: int = 1,
    miss_rate: dict[str, float] | None = None,
    everyone_misses: float = 0.5,
    base_rate: float = 0.1,
    false_positives: float = 0.03,
    shares: dict[str, float] | None = None,
) -> tuple[list[Case], dict[str, str | None], list[dict[str, Any]]]:
    """Families of one child each, drawn by ethnicity: (cases, ethnicity by child, members).

    Each family is tested at every date of `TESTS`, with the same outcome and flag at each (as near to a family
    that recurs as can be), and is in the current cohort as well.
    """
    draw = np.random.default_rng(seed)
    weights = np.array(list((shares or SHARES).values()))
    drawn = draw.choice(list(shares or SHARES), size=families, p=weights / weights.sum())
    cases: list[Case] = []
    codes: dict[str, str | None] = {}
    members: list[dict[str, Any]] = []
    for number, code in enumerate(drawn):
        family, child = f"f{number:05}", f"c{number:05}"
        codes[child] = str(code)
        outcome = bool(draw.random() < base_rate)
        missed = (miss_rate or {}).get(str(code), everyone_misses)
        flagged = bool(draw.random() < ((1 - missed) if outcome else false_positives))
        score = round(float(np.clip(base_rate + 0.001 * draw.standard_normal(), 0, 1)), 6)
        cases += [Case(family, as_of, outcome, score, flagged) for as_of in TESTS]
        cases.append(Case(family, CURRENT, None, score, flagged, part="current"))
        members += [
            {"as_of": as_of, "family_id": family, "person_id": child, "role": "child", "age_years": 9}
            for as_of in (*TESTS, CURRENT)
        ]
    return cases, codes, members

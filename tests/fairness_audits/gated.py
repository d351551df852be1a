"""Run folders whose audit passed, cannot tell or failed, for tests of the gate; and people who sign."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

from fairness_audits.config import AuditConfig
from fairness_audits.gate import GateStatus, approve
from fairness_audits.stage import STAGE
from store.run_folder import RunFolder
from tests.fairness_audits.borough import (
    CHILDREN,
    CURRENT,
    FAMILIES,
    TESTS,
    Case,
    config,
    draw_families,
    evaluation,
    fake_models,
    put_people,
    put_pseudonyms,
)
from tests.support import KEYS, run_stage

TODAY = dt.date(2026, 9, 10)
MITIGATION = "The panel reads every case blind to ethnicity and the audit is repeated by group each quarter."
VERDICTS = ("pass", "cannot_tell", "fail")

_POLICIES = {
    "pass": 'metric = "fpr"\nmargin = 0.9\nminimum = 10\n',
    "cannot_tell": 'metric = "fpr"\nmargin = 0.9\nminimum = 100000\n',
    "fail": 'metric = "fnr"\nmargin = 0.01\nminimum = 10\n',
}


def make_runs(root: Path) -> dict[str, RunFolder]:
    """One run for each verdict; they differ in the policy alone. Both targets are there."""
    base = root / "base"
    cases, codes, members = draw_families(
        300, shares={"WBRI": 1, "BAFR": 1}, base_rate=0.4, miss_rate={"BAFR": 0.95}, everyone_misses=0.05
    )
    child = [
        Case("c00000", TESTS[0], True, 0.9, True, family="f00000"),
        Case("c00001", TESTS[0], False, 0.1, False, family="f00001"),
        Case("c00001", CURRENT, None, 0.8, True, family="f00001", part="current"),
        Case("c00000", CURRENT, None, 0.7, False, family="f00000", part="current"),
    ]
    put_people(RunFolder(base), codes, members)
    put_pseudonyms(RunFolder(base), [case.family_id for case in cases], list(codes))
    told = {target: evaluation(target) for target in (FAMILIES, CHILDREN)}
    run_stage(fake_models({FAMILIES: cases, CHILDREN: child}, told), base)
    runs = {}
    for verdict in VERDICTS:
        policy = root / f"{verdict}.toml"
        policy.write_text(f'name = "{verdict}"\n[[rules]]\nname = "only"\n{_POLICIES[verdict]}', encoding="utf-8")
        shutil.copytree(base, root / verdict)
        runs[verdict] = run_stage(STAGE, root / verdict, AuditConfig(policy=str(policy)), config(FAMILIES, CHILDREN))
    return runs


def put_audit(run: RunFolder, other: RunFolder) -> None:
    """Put another run's audit of the family target, with all its documents, into this one."""
    found, place = (one.root / "fairness_audits" / FAMILIES for one in (other, run))
    shutil.copytree(found, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("release.json"))


def sign(run: RunFolder, name: str = "Ada Lovelace", role: str = "data_scientist", **more: Any) -> GateStatus:
    """Approve the family target with all that a 'cannot tell' needs."""
    given = {
        "note": "Read the audit and agreed.",
        "today": TODAY,
        "mitigation": MITIGATION,
        "expires": TODAY + dt.timedelta(days=90),
        "target": FAMILIES,
        **more,
    }
    target = given.pop("target")
    return approve(run, KEYS, target, name, role, given.pop("note"), given.pop("today"), **given)


def sign_both(run: RunFolder, **more: Any) -> GateStatus:
    sign(run, **more)
    return sign(run, "Grace Hopper", "equalities_lead", **more)

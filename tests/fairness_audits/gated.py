"""Run folders whose audit passed, cannot tell or failed, for tests of the gate; and people who sign."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from fairness_audits.config import AuditConfig
from fairness_audits.gate import GateStatus, approve, status, withdraw
from fairness_audits.release import GateState
from fairness_audits.signing import release_path
from fairness_audits.stage import STAGE
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from models.history import Action, History
from models.tracking import identity
from residents.tables import PROTECTED, PSEUDONYMS
from store.code_version import code_hash
from store.files import file_hash, read_json, text_hash, write_json, write_text
from store.keys import Keys
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
NOT_ALLOWED = "not_allowed"
"""The policy that would pass, and does not allow the cases that were drawn from below the line."""

_POLICIES = {
    "pass": 'metric = "fpr"\nmargin = 0.9\nminimum = 10\n',
    "cannot_tell": 'metric = "fpr"\nmargin = 0.9\nminimum = 100000\n',
    "fail": 'metric = "fnr"\nmargin = 0.01\nminimum = 10\n',
}


def make_runs(root: Path, drawn: int = 0, **more: Any) -> dict[str, RunFolder]:
    """One run for each verdict; they differ in the policy alone. Both targets are there.

    The policies lie beside the runs, each by its verdict's name. ``more`` is told in the evaluation of families. So
    many families are ``drawn`` from below the line, as all policies then allow but that of a further run.
    """
    base = root / "base"
    cases, codes, members = draw_families(
        300, shares={"WBRI": 1, "BAFR": 1}, base_rate=0.4, miss_rate={"BAFR": 0.95}, everyone_misses=0.05
    )
    below = [place for place, case in enumerate(cases) if case.part == "current" and not case.flagged]
    for place in below[:drawn]:
        cases[place] = replace(cases[place], drawn=True)
    child = [
        Case("c00000", TESTS[0], True, 0.9, True, family="f00000"),
        Case("c00001", TESTS[0], False, 0.1, False, family="f00001"),
        Case("c00001", CURRENT, None, 0.8, True, family="f00001", part="current"),
        Case("c00000", CURRENT, None, 0.7, False, family="f00000", part="current"),
    ]
    put_people(RunFolder(base), codes, members)
    put_pseudonyms(RunFolder(base), [case.family_id for case in cases], list(codes))
    model = json.dumps({"format": 1, "features": [], "candidates": {}, "chosen": "needs_count"})
    write_text(base / "models" / FAMILIES / "model" / "model.json", model)
    families = evaluation(FAMILIES, model={"sha256": text_hash(model)}, **more)
    told = {FAMILIES: families, CHILDREN: evaluation(CHILDREN)}
    run_stage(fake_models({FAMILIES: cases, CHILDREN: child}, told), base)
    runs = {}
    for verdict in (*VERDICTS, *([NOT_ALLOWED] if drawn else [])):
        policy = root / f"{verdict}.toml"
        rules = _POLICIES["pass" if verdict == NOT_ALLOWED else verdict]
        sample = "" if verdict == NOT_ALLOWED or not drawn else f"[sample_below_the_line]\ncases = {drawn}\n"
        policy.write_text(f'name = "{verdict}"\n[[rules]]\nname = "only"\n{rules}{sample}', encoding="utf-8")
        shutil.copytree(base, root / verdict)
        runs[verdict] = run_stage(STAGE, root / verdict, AuditConfig(policy=str(policy)), config(FAMILIES, CHILDREN))
        # After the audit, which would read them; the gate only hashes them.
        for table in (FAMILY_FEATURES, CHILD_FEATURES):
            write_text(runs[verdict].path(table), f"{table.name} that nobody reads here")
    return runs


def put_records(run: RunFolder, **changes: Any) -> None:
    """The job's records of the stages, as if it had made this run: the files they handed on, and the code of now."""
    outputs: dict[str, list[Path]] = {
        "sources": [],
        "residents": [run.path(PSEUDONYMS), run.path(PROTECTED)],
        "features": [run.path(FAMILY_FEATURES), run.path(CHILD_FEATURES), run.path(MEMBERS)],
        "identification": [],
        "attributes": [],
        "audits": [],
    }
    for stage, paths in outputs.items():
        record = {
            "stage": stage,
            "fingerprint": text_hash(stage),
            "inputs": {},
            "outputs": {path.relative_to(run.root).as_posix(): file_hash(path) for path in paths},
            "code": code_hash("fairness_audits"),
        }
        write_json(run.state / f"{stage}.json", record | changes.get(stage, {}))


def put_council(run: RunFolder, folder: Path, policy: Path | None, models: str = "mlruns") -> None:
    """A council's TOML in ``folder`` that names this policy, on record in the run with where its models lie."""
    named = "" if policy is None else f"policy = {json.dumps(str(policy))}"
    write_text(folder / "council.toml", f"[council]\n[audit]\n{named}\n")
    place = {"council": str(folder / "council.toml"), "name": "Testborough", "mlruns": str(folder / models)}
    write_json(run.state / "council.json", place)


def promote(folder: Path, number: int, model: str, *, register: bool = True, keys: Keys = KEYS) -> None:
    """Have the model of this identity promoted, in the history of the families' models."""
    history = History(folder / "mlruns", FAMILIES, keys)
    when = dt.datetime(2026, 9, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)
    facts = {"version": number, "identity": model, "by": "Somebody"}
    with history.locked():
        if register:
            history.append(Action.REGISTERED, when, **facts)
        history.append(Action.PROMOTED, when, **facts)


def own_model(run: RunFolder) -> str:
    """The identity of the run's own model of families."""
    return identity(read_json(run.root / "models" / FAMILIES / "evaluation.json"))


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


def stop(run: RunFolder, **more: Any) -> GateStatus:
    """Withdraw the family target's release."""
    given = {"name": "Mary Seacole", "role": "social_worker", "note": "The panel asked for it.", "today": TODAY, **more}
    return withdraw(run, given.pop("keys", KEYS), FAMILIES, **given)


def stands(run: RunFolder, today: dt.date = TODAY) -> GateState:
    """Where the family target stands."""
    return status(run, KEYS, FAMILIES, today).state


def release_of(run: RunFolder) -> Path:
    """The file of the family target's release."""
    return release_path(run.root, FAMILIES)


def sign_both(run: RunFolder, **more: Any) -> GateStatus:
    sign(run, **more)
    return sign(run, "Grace Hopper", "equalities_lead", **more)


def passed_run(made: dict[str, RunFolder], folder: Path) -> RunFolder:
    """A copy of the run that passed, as the job would have left it, of a council whose TOML lies in ``folder``."""
    run = RunFolder(Path(shutil.copytree(made["pass"].root, folder / "run")))
    shutil.copy(made["pass"].root.parent / "pass.toml", folder / "pass.toml")
    put_records(run)
    put_council(run, folder, folder / "pass.toml")
    return run

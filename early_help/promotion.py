"""`early-help promote` and `early-help history`: two people make a challenger the champion, and every step is kept.

Who may sign, and in which pairs, are the rules of release (`fairness_audits.release`). What is signed for is a
version, its files and the evidence on which the quarterly job recommended what it did: where one of them changed, or
is too old, nobody can sign.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from early_help.evidence import DOCUMENT, registered_on
from early_help.job import config_of
from early_help.lock import run_lock
from early_help.recommending import Advice
from early_help.status import require_run, require_target
from early_help.torn_logs import torn_line
from fairness_audits.record import read_audit
from fairness_audits.release import (
    SHORTEST_MITIGATION,
    Approval,
    Role,
    Verdict,
    check_approval,
    check_words,
    role_named,
    says_enough,
)
from models.config import ModelsConfig
from models.history import Action
from models.persistence import check_model
from models.registry import CHAMPION, Registry, Version
from models.targets import TARGETS
from models.thresholds import RetrainingConfig
from models.tracking import identity
from store.errors import InputRejected, UsageError, Withheld
from store.files import read_json
from store.key_file import load_keys
from store.keys import Keys
from store.run_folder import RunFolder

_AGAIN = "Run early-help retrain for the quarter again, read what it says, and sign for that."
console = Console(highlight=False)

_Target = Annotated[str, typer.Argument(metavar="TARGET", help="Such as under_the_radar.")]


def promote(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="The run folder of the quarter's retraining.")],
    target: _Target,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who signs.")],
    role: Annotated[str, typer.Option("--role", help="The signer's role: " + ", ".join(Role) + ".")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was read and what was decided.")],
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="TEXT",
            help="Needed where the job does not recommend it, or the audit cannot tell: why it may be promoted all "
            "the same, and what guards against harm.",
        ),
    ] = None,
) -> None:
    """Sign for a challenger to become the champion: two different people, one of them not from the data team."""
    run, keys = require_run(run_folder), load_keys()
    require_target(run, target)
    registry = _registry(run, keys)
    now = _now()
    with run_lock(run.root), registry.locked():
        registry.open()
        moved = registry.settle(target)
        version = _challenger(registry, run, target)
        verdict = _check_evidence(run, keys, version, now)
        approval = _approval(by, role, note, reason, now)
        _check_reason(version, verdict, approval.mitigation)
        earlier = _earlier(registry, version)
        # The mitigation is looked at above, where the job's advice counts as well as the verdict.
        check_approval(approval, Verdict.PASS, earlier)
        said = _sign(registry, version, approval, now, second=earlier is not None)
        registry.settle(target)
    for line in (*moved, said):
        console.print(line, markup=False, soft_wrap=True)


def history(
    target: _Target,
    mlruns: Annotated[str, typer.Option("--mlruns", help="MLflow's folder, as models.mlruns in the TOML.")] = "mlruns",
) -> None:
    """Show who put which version of a target's model where, when and why, and check that nobody changed it."""
    if target not in TARGETS:
        raise UsageError("There is no such target.", where="TARGET", fix="Targets: " + ", ".join(TARGETS) + ".")
    registry = Registry(mlruns, load_keys())
    registry.open()
    record = registry.history(target)
    entries = record.entries()
    standing = registry.standing(target)
    for entry in entries:
        console.print(_line(entry, another_key=record.under_another_key(entry)), markup=False, soft_wrap=True)
    for line in torn_line("history of this target's models", record.torn):
        console.print(line, markup=False, soft_wrap=True)
    if not entries:
        console.print(f"No model of {target} was ever registered in {mlruns}.", markup=False)
        return
    console.print(f"\n{len(entries)} lines; every one is as it was written.", markup=False)
    for name, held in (("Champion", standing.champion), ("Challenger", standing.challenger)):
        console.print(f"{name}: " + (f"version {held['version']}" if held else "none"), markup=False)
    for line in registry.disagreements(target):
        console.print(f"Warning: {line}", markup=False, soft_wrap=True)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _registry(run: RunFolder, keys: Keys) -> Registry:
    section = config_of(run).sections[ModelsConfig]
    assert isinstance(section, ModelsConfig)
    return Registry(section.mlruns, keys)


def _challenger(registry: Registry, run: RunFolder, target: str) -> Version:
    """The challenger, if it is what this run made and its files, there and here, are those that were registered."""
    version = registry.challenger(target)
    if version is None:
        raise UsageError("There is no challenger of this target.", where=target, fix="Run early-help retrain first.")
    if not (run.root / DOCUMENT).is_file():
        raise UsageError(
            "This run is not one that early-help retrain made.", where=str(run.root), fix="Name the retraining's run."
        )
    evaluation = read_json(run.root / "models" / target / "evaluation.json")
    if identity(evaluation) != version.identity:
        raise Withheld(
            f"The challenger, version {version.number}, was not made by this run, or the run was made anew since.",
            where=target,
            fix="Name the run of the newest retraining, or run early-help retrain again.",
        )
    check_model(version.folder, version.model_sha256)
    check_model(run.root / "models" / target / "model", version.model_sha256)
    return version


def _check_evidence(run: RunFolder, keys: Keys, version: Version, now: dt.datetime) -> Verdict:
    """The audit's verdict, if the evidence is what was registered, not too old, and no failed audit."""
    audit = read_audit(run, keys, version.target)
    if audit.verdict in (Verdict.FAIL, Verdict.NOT_AUDITED):
        raise Withheld(
            f"The challenger may not be promoted. {audit.why}",
            where=version.target,
            fix=audit.fix or "Read the fairness report; change the model or the data, and retrain.",
        )
    changed = _changed(version.evidence, registered_on(run, keys, version.target))
    if changed:
        raise InputRejected(
            f"Changed since the challenger was registered: {', '.join(changed)}.", where=str(run.root), fix=_AGAIN
        )
    # As the recommendation has it, whose hash was just looked at: what the TOML says since makes it no younger.
    days = RetrainingConfig.model_validate(read_json(run.root / DOCUMENT)["thresholds"]).evidence_days
    age = now - version.registered
    if not dt.timedelta(0) <= age <= dt.timedelta(days=days):
        raise Withheld(
            f"The evidence is of {version.registered.date().isoformat()}, and holds for {days} days.",
            where=version.target,
            fix=_AGAIN,
        )
    return audit.verdict


def _changed(registered: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of what is not as it was when the version was registered."""
    names = [name for name in sorted(registered) if registered[name] != now.get(name)]
    return [name.removesuffix("_sha256").replace("_", " ") for name in names]


def _approval(by: str, role: str, note: str, reason: str | None, now: dt.datetime) -> Approval:
    check_words(by, note)
    said = reason.strip() if reason is not None else None
    return Approval(" ".join(by.split()), role_named(role), note.strip(), now.date(), said)


def _check_reason(version: Version, verdict: Verdict, reason: str | None) -> None:
    """Raise Withheld where a written reason is needed and does not say enough."""
    advice = str(version.evidence["advice"])
    needed = []
    if advice != Advice.PROMOTE.value:
        needed.append(f"the job's recommendation is to {advice}")
    if verdict is not Verdict.PASS:
        needed.append("the fairness audit cannot tell")
    if (needed or reason is not None) and not says_enough(reason or ""):
        why = (
            f"A written reason is needed, because {' and '.join(needed)}." if needed else "The reason says too little."
        )
        raise Withheld(
            why,
            where="--reason",
            fix="Write in a sentence or more why it may be promoted all the same, and who guards against which harm: "
            f"at least {SHORTEST_MITIGATION} letters and five different words.",
        )


def _earlier(registry: Registry, version: Version) -> Approval | None:
    """The first signature for this version, on this very evidence; None where there is none that counts."""
    entry = registry.standing(version.target).signed
    if entry is None or entry["version"] != version.number:
        return None
    return Approval(entry["by"], Role(entry["role"]), entry["note"], dt.date.fromisoformat(entry["when"][:10]))


def _sign(registry: Registry, version: Version, approval: Approval, now: dt.datetime, *, second: bool) -> str:
    record = registry.history(version.target)
    standing = record.standing()
    action = Action.PROMOTED if second else Action.SIGNED
    with record.locked():
        record.append(
            action,
            now,
            version=version.number,
            identity=version.identity,
            by=approval.name,
            role=approval.role.value,
            note=approval.note,
            reason=approval.mitigation,
            **(
                {"alias": CHAMPION, "was": standing.champion["version"] if standing.champion else None}
                if second
                else {}
            ),
        )
    if second:
        return f"Version {version.number} of {version.target} is the champion now."
    return (
        f"Signed for version {version.number} of {version.target}. It is not promoted yet: a second person of another "
        "role must sign as well, one of the two not of the data team."
    )


def _line(entry: Mapping[str, Any], *, another_key: bool) -> str:
    who = f"{entry['by']} ({entry['role']})" if "role" in entry else entry["by"]
    done = {
        Action.REGISTERED: f"registered version {entry['version']} as challenger",
        Action.SIGNED: f"signed for version {entry['version']}",
        Action.PROMOTED: f"made version {entry['version']} champion",
    }[Action(entry["action"])]
    parts = [f"{entry['number']:>4}  {entry['when']}  {who} {done}"]
    if entry.get("was") is not None:
        parts.append(f"in the place of version {entry['was']}")
    if another_key:
        parts.append("(under an earlier master key, so that only the chain vouches for it)")
    told = [" ".join(parts)]
    told += [f"        {name}: {entry[name]}" for name in ("note", "reason") if entry.get(name)]
    if "evidence" in entry:
        shown = {name: str(value)[:12] for name, value in sorted(entry["evidence"].items())}
        told.append("        on: " + ", ".join(f"{name} {value}" for name, value in shown.items()))
    return "\n".join(told)

"""`early-help release`, `withdraw`, `export`, `verify`, `log`: what opens a list, shuts it, and shows both."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from early_help.job import config_of, refresh_reports, today
from early_help.lock import run_lock
from early_help.refusals import about_run
from early_help.status import require_run, require_target, targets_of
from fairness_audits.below_the_line import in_words
from fairness_audits.gate import approve, export_list, status, withdraw
from fairness_audits.log import Action, Outcome, entries, hand_over, torn
from fairness_audits.release import GateState, Role
from fairness_audits.signing import Ring, release_path, ring_of_file
from fairness_audits.verify import Check, verify_exported, verify_log, verify_release
from reports.packs import withdraw_packs
from store.errors import EarlyHelpError, UsageError
from store.key_file import load_keys
from store.run_folder import RunFolder

_WITHHELD = 4
_EXPIRES = ["%Y-%m-%d"]
console = Console(highlight=False)
log = typer.Typer(help="The log of every attempt to approve, withdraw, open or export.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]
TargetName = Annotated[str, typer.Option("--target", help="Such as under_the_radar.")]
RoleName = Annotated[str, typer.Option("--role", help="The signer's role: " + ", ".join(Role) + ".")]
PublicKey = Annotated[
    Path | None,
    typer.Option(
        "--public-key",
        metavar="FILE",
        help="The council's public key (fairness_audits/release_key.pem, got by a way that you trust), to check with "
        "instead of the master key.",
    ),
]


def release(
    run_folder: RunArgument,
    target: TargetName,
    approve_it: Annotated[bool, typer.Option("--approve", help="Sign for the release of this target.")],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who signs.")],
    role: RoleName,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why it may be released.")],
    mitigation: Annotated[
        str | None, typer.Option("--mitigation", metavar="TEXT", help="Needed when the verdict is 'cannot tell'.")
    ] = None,
    expires: Annotated[
        dt.datetime | None,
        typer.Option(
            "--expires", formats=_EXPIRES, help="Needed when the verdict is 'cannot tell'; else a year at most."
        ),
    ] = None,
) -> None:
    """Sign for a target's release: two different people, one of them not from the data team."""
    if not approve_it:
        raise UsageError("Nothing was signed.", where="--approve", fix="Say --approve to sign.")
    folder = require_run(run_folder)
    require_target(folder, target)
    config = config_of(folder)
    with about_run(run_folder), run_lock(folder.root):
        gate = approve(
            folder,
            load_keys(),
            target,
            name=name,
            role=role,
            note=note,
            today=today(),
            mitigation=mitigation,
            expires=expires.date() if expires else None,
        )
        told = gate.reason + in_words(gate.drawn) if gate.state is GateState.RELEASED else gate.reason
        console.print(told, markup=False, soft_wrap=True)
        if gate.state is GateState.RELEASED:
            refresh_reports(console, folder, config)
        elif gate.fix:
            # Whoever signs first hands on what the second has to do, and both know what they sign for.
            console.print(f"What to do: {gate.fix}", markup=False, soft_wrap=True)


def withdraw_release(
    run_folder: RunArgument,
    target: TargetName,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who withdraws it.")],
    role: RoleName,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why.")],
) -> None:
    """Withdraw a target's release, or the one approval it has: one person is enough, at any time."""
    folder, keys = require_run(run_folder), load_keys()
    require_target(folder, target)
    # Neither a job at work nor a TOML that is not there may keep anybody from stopping a list; and the pack of what is
    # shut goes though the withdrawal itself is refused, as it is where the log is broken.
    try:
        gate = withdraw(folder, keys, target, name, role, note, today())
    finally:
        withdraw_packs(folder, keys, today())
    also = "" if gate.state is GateState.WITHDRAWN else "Withdrawn. It is shut for another reason as well: "
    console.print(f"{also}{gate.reason}", markup=False, soft_wrap=True)
    _tell_exported(folder, target)
    try:
        config = config_of(folder)
        with run_lock(folder.root):
            refresh_reports(console, folder, config)
    except EarlyHelpError as later:
        console.print(f"The reports will say so when the job runs next: {later}", markup=False, soft_wrap=True)


def export(
    run_folder: RunArgument,
    target: TargetName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The list for the panel.")],
) -> None:
    """Write a released target's list for the panel; refused (exit 4) for any other."""
    folder = require_run(run_folder)
    require_target(folder, target)
    with about_run(run_folder), run_lock(folder.root):
        rows = export_list(folder, load_keys(), target, out, today())
        drawn = status(folder, load_keys(), target, today()).drawn
    console.print(f"{rows} cases written to {out}", markup=False)
    if drawn:
        console.print(
            f"This is the list alone. The {drawn} cases of the pack that were drawn from below the line are not in it: "
            "whoever sees both can tell which they are.",
            markup=False,
            soft_wrap=True,
        )


def verify(
    run_folder: RunArgument,
    target: Annotated[str | None, typer.Option("--target", help="This target alone; else every one released.")] = None,
    exported: Annotated[
        Path | None, typer.Option("--list", metavar="FILE.csv", help="A list that was exported: is it still the one?")
    ] = None,
    public_key: PublicKey = None,
) -> None:
    """Check everything that a release rests on, and say each thing checked; exit 4 where it does not hold."""
    folder, ring = require_run(run_folder), _ring(public_key)
    if target is not None:
        require_target(folder, target)
    if exported is not None and target is None:
        raise UsageError("A list is of one target.", where="--list", fix="Name its --target as well.")
    targets = [target] if target else [t for t in targets_of(folder) if release_path(folder.root, t).exists()]
    if not targets:
        console.print("No target of this run was ever released.")
        raise typer.Exit(_WITHHELD)
    checks = [verify_log(folder, ring)]
    for one in targets:
        checks += verify_release(folder, ring, one, today())
    if exported is not None and target is not None:
        checks.append(verify_exported(folder, ring, target, exported))
    _tell(checks)


@log.callback()
def _log() -> None:
    """The log of every attempt to approve, withdraw, open or export."""


@log.command("verify")
def log_verify(
    run_folder: RunArgument,
    noted: Annotated[
        str | None,
        typer.Option("--noted", metavar="HASH", help="A newest line's hash noted earlier: is that line still there?"),
    ] = None,
    public_key: PublicKey = None,
) -> None:
    """Check the log: each line in its place, signed, and none cut off at the end; exit 4 where it does not hold."""
    folder, ring = require_run(run_folder), _ring(public_key)
    check = verify_log(folder, ring, noted)
    if torn(folder):
        console.print(f"Lines cut off as they were written: {torn(folder)}. What was being done was not done.")
    _tell([check])


@log.command("hand-over")
def log_hand_over(
    run_folder: RunArgument,
    old: Annotated[
        Path, typer.Option("--from", metavar="OLD_KEY_FILE", help="Where the old key is kept: master.key.<mark>.")
    ],
) -> None:
    """After `keys rotate`: go on with a run's log under the new key. Each target is then signed for anew."""
    folder = require_run(run_folder)
    with run_lock(folder.root):
        newest = hand_over(folder, load_keys(old), load_keys(), today())
    console.print(f"The log goes on under the new key. Newest line: {newest}", markup=False, soft_wrap=True)


def _ring(public_key: Path | None) -> Ring:
    return Ring.of(load_keys()) if public_key is None else ring_of_file(public_key)


def _tell(checks: list[Check]) -> None:
    for check in checks:
        console.print(str(check), markup=False, soft_wrap=True)
    if any(check.holds is False for check in checks):
        console.print("\nIt does not hold.")
        raise typer.Exit(_WITHHELD)
    console.print("\nIt holds.")


def _tell_exported(folder: RunFolder, target: str) -> None:
    """How often the list left before, which no withdrawal brings back."""
    lines = entries(folder, Ring.of(load_keys()))
    left = [
        line
        for line in lines
        if line["target"] == target
        and (line["action"], line["outcome"]) == (Action.EXPORT.value, Outcome.ALLOWED.value)
    ]
    if left:
        days = ", ".join(sorted({line["date"] for line in left}))
        console.print(
            f"Lists were exported before ({len(left)}; {days}). They lie where they were written: have them destroyed.",
            markup=False,
            soft_wrap=True,
        )

"""`early-help keys`: make the council's master key, exchange it for a new one, and see which it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from store.errors import UsageError
from store.key_file import KEY_FILE_VARIABLE, key_file, load_keys, make_key, rotate_key

console = Console(highlight=False)
keys = typer.Typer(
    help="Make, exchange and check the council's master key. No command ever shows the key itself.",
    no_args_is_help=True,
)

KeyFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help=f"The key's file; else {KEY_FILE_VARIABLE}, else ~/.early-help."),
]

_CONSEQUENCES = """What will happen:
  - A new master key takes the place of this one, which is kept beside it under its mark.
  - The next run of every run folder gives each person and family a new id in the analysis zone, and seals anew.
    Person ids in the identifiable zone stay where the index is carried forward.
  - Releases signed under this key no longer hold: each target is audited and signed for again.
  - Notebooks and extracts that hold old analysis ids can no longer be joined to new runs.
To read a run made with the old key, name the file in which it is kept in {variable}."""


@keys.command()
def new(file: KeyFile = None) -> None:
    """Make a master key where there is none; nothing is ever overwritten."""
    path = file or key_file()
    made = make_key(path)
    _tell(f"Master key made: {path} (mark {made.mark}).")
    _tell_file(path)
    _tell(
        "Now keep a copy in the council's vault of secrets. Without it no release can be checked, no sealed file "
        "opened, and ids cannot be carried on. Whoever holds it can tell who is behind every analysis id, and can "
        "forge a release: give it to the account that runs the job and to one named deputy, and to nobody who works "
        "in the analysis zone."
    )


@keys.command()
def rotate(
    file: KeyFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Put a new master key in place of the old one: the next run re-issues every analysis id and seals anew."""
    path = file or key_file()
    held = load_keys(path)
    _tell(f"Master key: {path} (mark {held.mark}).")
    _tell(_CONSEQUENCES.format(variable=KEY_FILE_VARIABLE))
    if not yes:
        _ask()
    done = rotate_key(path)
    _tell(f"\nNew master key in place: {path} (mark {done.new.mark}).\nOld one kept: {done.kept}.")
    _tell_file(path)
    _tell(
        "Now keep a copy of the new key in the vault, run each job again, and have its targets signed for again. Where "
        "a job goes on in the folder of a run that was signed for, hand the log of that run over first:\n"
        f"  early-help log hand-over RUN --from {done.kept}\n"
        "Destroy the old one, the vault's copy included, when no run made with it is needed any more."
    )


@keys.command()
def show(file: KeyFile = None) -> None:
    """Check the master key's file, and tell where it is, who may read it and its mark; never the key."""
    path = file or key_file()
    held = load_keys(path)
    _tell(f"File: {path}\nMark: {held.mark}")
    if os.name != "nt":
        _tell(f"Mode: {path.stat().st_mode & 0o7777:04o}, its owner's alone")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise UsageError("Nothing was changed: there is nobody to ask.", where="--yes", fix="Say --yes to rotate.")
    if not typer.confirm("\nRotate the key?"):
        raise UsageError("Nothing was changed.", where="keys rotate", fix="Say yes, or --yes, to rotate.")


def _tell_file(path: Path) -> None:
    if path.resolve() != key_file().resolve():
        _tell(f"The toolkit looks for it elsewhere: set {KEY_FILE_VARIABLE} to this file for every run.")


def _tell(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)

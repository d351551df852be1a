"""`early-help review verify-log`: whether the web app's access log is whole."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from early_help.serve_command import opened
from store.errors import InputRejected, UsageError

console = Console(highlight=False)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]


def verify_log(
    run_folder: RunArgument,
    noted: Annotated[
        str, typer.Option("--noted", metavar="HASH", help="A newest line's hash, noted earlier somewhere else.")
    ] = "",
) -> None:
    """Read the web app's access log whole, and show its newest line's hash, to be noted somewhere else."""
    opened(run_folder)
    from review.access_log import is_hash, verify  # noqa: PLC0415 - the extra `web` may not be installed

    noted = noted.strip().lower()
    if noted and not is_hash(noted):
        raise UsageError(
            "What was noted is no hash of a line, so nothing was checked.",
            where="--noted",
            fix="Give all 64 figures and letters that verify-log showed.",
        )
    found = verify(noted)
    if not found.whole:
        raise InputRejected(
            "The access log was changed: a line is not as it was written, or lines are missing"
            + (", or none has the hash that was noted." if noted else "."),
            where=f"line {found.broken_at}",
            fix="Restore the database from its backup beside the one that there is, compare the two, and find out who "
            "can write to it.",
        )
    console.print(f"The log is whole: {found.lines:,} lines. The newest: {found.newest}", markup=False, soft_wrap=True)
    if found.other_keys:
        console.print(
            f"{found.other_keys:,} of them are from before the master key was exchanged: the chain alone speaks for "
            "them. If it never was exchanged, the log was changed.",
            markup=False,
            soft_wrap=True,
        )

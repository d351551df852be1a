"""`early-help review person staff` and `add-all`: accounts for everybody on the council's staff list, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from early_help.serve_command import opened

console = Console(highlight=False)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]


def staff(
    run_folder: RunArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="A new file, to be gone through by a person.")],
) -> None:
    """Write who of the staff list in post has no account, with a role and a name to log in by to begin from."""
    opened(run_folder)
    from review.people.staff import write_staff  # noqa: PLC0415 - the extra `web` may not be installed

    found = write_staff(out)
    _tell(f"{found} without an account written to {out}.")
    _tell(
        "Take out who is to have none, put right names to log in by and roles, add panel members and others, then say "
        "early-help review person add-all."
    )


def add_all(
    run_folder: RunArgument,
    people: Annotated[Path, typer.Option("--from", metavar="FILE.csv", help="What `staff` wrote, gone through.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.csv", help="A new file for the one-time passwords; yours alone.")
    ],
) -> None:
    """Make an account for each line of a file, or none where one of them cannot be."""
    opened(run_folder)
    from review.people.staff import make_all, read_lines  # noqa: PLC0415 - as above

    made = make_all(read_lines(people), out)
    _tell(f"{made} accounts made. Their one-time passwords: {out}")
    _tell("Hand each over in person or by telephone, once it is plain who asks; then destroy the file.")


def _tell(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)

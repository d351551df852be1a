"""`early-help review export-decisions` and `export-not-so`: what panels decided, and what they say is not so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from early_help.serve_command import opened

console = Console(highlight=False)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]


def export_decisions(
    run_folder: RunArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Ends in .parquet or .csv.")],
) -> None:
    """Write what panels decided at closed meetings, pseudonymous, for the next quarter's audits."""
    context = opened(run_folder)
    from review.panel.exporting import export_decisions as write  # noqa: PLC0415 - the extra `web` may be missing

    written = write(context, out)
    console.print(f"{written} case{'' if written == 1 else 's'} written to {out}", markup=False, soft_wrap=True)


def export_not_so(
    run_folder: RunArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="For those who keep the records.")],
) -> None:
    """Write what panel members said is not so, by who keeps the record. It has their words, and references of cases."""
    context = opened(run_folder)
    from review.panel.exporting import export_not_so as write  # noqa: PLC0415 - as above

    written = write(context, out)
    console.print(f"{written} correction{'' if written == 1 else 's'} written to {out}", markup=False, soft_wrap=True)

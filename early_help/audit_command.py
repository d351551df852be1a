"""`early-help audit table`: the audit of a scored list from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from early_help.progress import ConsoleProgress
from store.errors import UsageError
from store.files import file_hash, write_json, write_text

console = Console(highlight=False)
audit = typer.Typer(help="Audit lists for fairness.", no_args_is_help=True)

RESTRICTED, PUBLISHED, PAGE = "restricted/audit.json", "published/audit.json", "published/audit.html"


@audit.callback()
def every_audit() -> None:
    """Audit lists for fairness. A run's own targets are audited by `early-help run`."""


@audit.command()
def table(
    file: Annotated[Path, typer.Argument(help="The list: a CSV or Parquet file with a row for each case.")],
    group: Annotated[str, typer.Option(metavar="COL[,COL]", help="Columns of the groups compared, as ethnicity,sex.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of restricted/ (exact) and published/ (page).")],
    label: Annotated[
        str | None, typer.Option(metavar="COL", help="Outcome, 0 or 1. Without it only who is flagged is told.")
    ] = None,
    score: Annotated[str | None, typer.Option(metavar="COL", help="Score; 0 to 1 where a probability.")] = None,
    flag: Annotated[str | None, typer.Option(metavar="COL", help="Whether the case is on the list, 0 or 1.")] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="T", help="On the list are cases with this score or above.")
    ] = None,
    capacity: Annotated[int | None, typer.Option(metavar="K", help="On the list are the K highest scores.")] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="COL", help="Person or family, where one has several rows.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Audit policy (TOML); else the toolkit's own.")
    ] = None,
) -> None:
    """Audit a scored list from any model: rates by group with intervals, and a verdict by the policy.

    Exact figures go to restricted/, which is for the auditor alone; published/ has small numbers protected. The verdict
    is no release: lists of a run come out through `early-help release` only.
    """
    from fairness_audits.policy import load_policy  # noqa: PLC0415 - loads fairlearn
    from fairness_audits.scored_list import Columns, Cut, read_scored_list  # noqa: PLC0415
    from fairness_audits.table_audit import Listed, audit_table  # noqa: PLC0415
    from reports.list_audit import list_audit_page  # noqa: PLC0415

    rules = load_policy(str(policy) if policy else None)
    if out.exists() and not out.is_dir():
        raise UsageError("This is a file, not a folder.", where=f"--out {out}", fix="Name a folder.")
    columns = Columns(_names(group), label, score, flag, unit)
    cut = Cut(threshold, capacity)
    with ConsoleProgress(Console(stderr=True)).task("Auditing the list", 3) as task:
        cases = read_scored_list(file, columns, cut)
        task.advance()
        listed = Listed(file.name, file_hash(file), columns, cut, cases)
        found = audit_table(listed, rules)
        task.advance()
        page = list_audit_page(found.published)
        task.advance()
    write_json(out / RESTRICTED, found.restricted)
    write_json(out / PUBLISHED, found.published)
    write_text(out / PAGE, page)
    console.print(
        f"Verdict: {found.published['verdict'].replace('_', ' ')}. {found.published['why']}",
        soft_wrap=True,
        markup=False,
    )
    console.print(f"Exact figures, for the auditor alone: {out / RESTRICTED}", markup=False)
    console.print(f"Small numbers protected: {out / PAGE}, and {out / PUBLISHED}", markup=False, soft_wrap=True)


def _names(group: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in group.split(",") if name.strip()))

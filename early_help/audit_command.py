"""`early-help audit table`: the audit of a scored list from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from early_help.progress import ConsoleProgress
from sources.codes.ethnicity import UNKNOWN
from store.errors import UsageError
from store.files import file_hash, write_bytes, write_json, write_text

if TYPE_CHECKING:
    from fairness_audits.scored_list import Columns, ScoredList

console = Console(highlight=False)
audit = typer.Typer(help="Audit lists for fairness.", no_args_is_help=True)

_TWO = 2
RESTRICTED, PUBLISHED, PAGE = "restricted/audit.json", "published/audit.json", "published/audit.html"
PRINTED = "published/audit.pdf"


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
    pdf: Annotated[bool, typer.Option("--pdf", help="Write the page as a PDF as well (extra pdf).")] = False,
) -> None:
    """Audit a scored list from any model: rates by group with intervals, and a verdict by the policy.

    Exact figures go to restricted/, which is for the auditor alone; published/ has small numbers protected. The verdict
    is no release: lists of a run come out through `early-help release` only.
    """
    from fairness_audits.policy import load_policy  # noqa: PLC0415 - loads fairlearn
    from fairness_audits.scored_list import Columns, Cut, read_scored_list  # noqa: PLC0415
    from fairness_audits.table_audit import Listed, audit_table  # noqa: PLC0415
    from reports.list_audit import list_audit_page  # noqa: PLC0415
    from reports.pdf import as_pdf  # noqa: PLC0415

    if policy is not None and not policy.is_file():
        raise UsageError(
            "There is no such policy.", where=f"--policy {policy}", fix="Check the path of the policy file."
        )
    rules = load_policy(str(policy) if policy else None)
    if out.exists() and not out.is_dir():
        raise UsageError("This is a file, not a folder.", where=f"--out {out}", fix="Name a folder.")
    columns = Columns(_names(group), label, score, flag, unit)
    cut = Cut(threshold, capacity)
    with ConsoleProgress(Console(stderr=True)).task("Auditing the list", 4) as task:
        cases = read_scored_list(file, columns, cut)
        task.advance()
        listed = Listed(file.name, file_hash(file), columns, cut, cases)
        found = audit_table(listed, rules)
        task.advance()
        page = list_audit_page(found.published)
        task.advance()
        printed = as_pdf(page) if pdf else None
        task.advance()
    write_json(out / RESTRICTED, found.restricted)
    write_json(out / PUBLISHED, found.published)
    write_text(out / PAGE, page)
    if printed is not None:
        write_bytes(out / PRINTED, printed)
    for line in _noticed(cases, columns):
        console.print(line, soft_wrap=True, markup=False)
    console.print(
        f"Verdict: {found.published['verdict'].replace('_', ' ')}. {found.published['why']}",
        soft_wrap=True,
        markup=False,
    )
    console.print(f"Exact figures, for the auditor alone: {out / RESTRICTED}", markup=False)
    console.print(f"Small numbers protected: {out / PAGE}, and {out / PUBLISHED}", markup=False, soft_wrap=True)


def _noticed(cases: ScoredList, columns: Columns) -> list[str]:
    """What of the list bears on how its audit is to be read: rows left out, ties, cases without a group, one group."""
    lines = [f"{len(cases):,} cases" + (f" of {len(set(cases.unit.tolist())):,} units." if columns.unit else ".")]
    for kind, rows in cases.left_out.items():
        lines.append(f"Left out as no case: {rows:,} ({kind.replace('_', ' ')}).")
    if cases.without_unit:
        lines.append(f"{cases.without_unit:,} cases have no unit, and count as one each of their own.")
    if cases.ties and cases.ties.flagged < cases.ties.tied:
        lines.append(
            f"{cases.ties.tied:,} cases have the score at which the list ends, and {cases.ties.flagged:,} of them are "
            "on it, in a settled random order: another order would give another list."
        )
    for name, groups in cases.groups.items():
        unknown = int((groups == UNKNOWN).sum())
        if unknown:
            lines.append(f"{unknown:,} cases have no {name}, and are the group '{UNKNOWN}'.")
        if len(set(groups.tolist())) < _TWO:
            lines.append(f"All cases are of one group by {name}: there is nothing to compare it with.")
    if cases.outcome is not None and not cases.outcome.any():
        lines.append("No case has the outcome: what the list misses cannot be told.")
    if not cases.flagged.any():
        lines.append("No case is on the list.")
    return lines


def _names(group: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in group.split(",") if name.strip()))

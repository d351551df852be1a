"""What `early-help status` tells: each stage, each target's verdict, what is withheld and why."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table as Grid

from early_help.losses import print_losses
from early_help.runner import read_failure, read_record
from early_help.stages import STAGES
from early_help.torn_logs import torn_lines
from fairness_audits.gate import status as gate_status
from fairness_audits.release import GateState, Verdict
from reports.data_quality import data_quality_page, top_points
from sources.contracts.rule_words import RULE_WORDS
from sources.tables import UNMAPPED_VALUES
from store.council import Council
from store.errors import UsageError
from store.files import read_json, write_text
from store.keys import Keys
from store.run_folder import RunFolder

_COUNTS = ("rows", "accepted", "rejected", "superseded", "blanked")
_HEADINGS = ("Rows in", "Accepted", "Left out", "Superseded", "Cells blanked", "Unlinked")
_MOST_POINTS = 5
_OFTEN = 0.05
"""A rule on a column that more than this share of the rows breaks is told: most likely the mapping is wrong."""
_TOLD_APART = ("not_a_known_code", "not_a_date")


@dataclass(frozen=True)
class TargetLine:
    """One target in a sentence or two."""

    target: str
    verdict: str
    state: GateState
    reason: str
    warning: str
    """The model's own: that its list was not shown to beat chance. Else empty."""


def require_run(root: str) -> RunFolder:
    """The run folder, if it is one."""
    run = RunFolder(Path(root).resolve())
    if not run.state.is_dir():
        raise UsageError("This is not a run folder.", where=root, fix="Give the folder that `early-help run` wrote.")
    return run


def targets_of(run: RunFolder) -> list[str]:
    """Every target the models stage has reported on."""
    return sorted(path.parent.name for path in (run.root / "models").glob("*/evaluation.json"))


def require_target(run: RunFolder, target: str) -> None:
    """Raise UsageError unless the run has this target."""
    known = targets_of(run)
    if target not in known:
        fix = "Targets of this run: " + (", ".join(known) or "none yet; run the models stage") + "."
        raise UsageError("There is no such target in this run.", where="--target", fix=fix)


def target_lines(run: RunFolder, keys: Keys, today: dt.date) -> list[TargetLine]:
    """Verdict and gate state of every target."""
    lines = []
    for target in targets_of(run):
        gate = gate_status(run, keys, target, today)
        # An evaluation that no audit vouches for may be half a file.
        warning = "" if gate.verdict is Verdict.NOT_AUDITED else _warning(run, target)
        lines.append(TargetLine(target, gate.verdict.value.replace("_", " "), gate.state, gate.reason, warning))
    return lines


def _warning(run: RunFolder, target: str) -> str:
    choice = read_json(run.root / "models" / target / "evaluation.json").get("choice", {})
    return str(choice["why"]) if choice.get("no_better_than_chance") else ""


def print_status(console: Console, run: RunFolder, keys: Keys, today: dt.date) -> None:
    """Print the whole status of a run."""
    console.print(Group(_stage_grid(run), _sources_grid(run)))
    failure = read_failure(run)
    if failure:
        console.print(f"\nThe last run stopped in the stage [bold]{failure['stage']}[/bold]:", highlight=False)
        console.print(failure["message"], markup=False, highlight=False)
    print_losses(console, run)
    for line in torn_lines(run):
        console.print(f"\n{line}", markup=False, highlight=False, soft_wrap=True)
    print_targets(console, target_lines(run, keys, today))


def print_sources(console: Console, run: RunFolder) -> None:
    """Print what became of every extract: rows in, accepted, left out, superseded, unlinked, and cells blanked.

    Rows are unlinked when they are about a person or group that their own source does not know.
    """
    sums: dict[tuple[str, str], list[int]] = {}
    summary = read_json(run.root / "sources" / "summary.json")
    for file in summary["files"]:
        for table, counts in file["tables"].items():
            row = sums.setdefault((file["extract"], table), [0] * (len(_COUNTS) + 1))
            found = [*(counts[name] for name in _COUNTS), sum(counts["unlinked"].values())]
            sums[file["extract"], table] = [total + number for total, number in zip(row, found)]
    console.print(_counts_grid([(*names, *counts) for names, counts in sorted(sums.items())]))
    for warning in summary["warnings"]:
        console.print(f"\nWarning: {warning}", markup=False, highlight=False)
    for line in (*_unmapped_lines(run, summary), *_not_date_lines(summary), *_broken_lines(summary)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _counts_grid(rows: list[tuple[str | int, ...]]) -> Grid:
    """The counts as a table in which a name may go on in the next line, and no number is ever cut off."""
    grid = Grid(box=None, pad_edge=False, collapse_padding=True)
    for name in ("Extract", "Table"):
        grid.add_column(name, overflow="fold")
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    for place, heading in enumerate(_HEADINGS, start=2):
        longest = max(map(len, [*heading.split(), *(row[place] for row in cells)]))
        grid.add_column(heading, justify="right", width=longest)
    for row in cells:
        grid.add_row(*row)
    return grid


def print_data_quality(console: Console, run: RunFolder, council: Council) -> None:
    """Print the few things that matter most about the data, and write the page that has the rest."""
    document = read_json(run.root / "sources" / "data_quality.json")
    told = top_points(document, _MOST_POINTS)
    if told:
        console.print("\nWhat the data can and cannot show, the weightiest first:")
    for line in told:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    page = run.root / "sources" / "data_quality.html"
    write_text(page, data_quality_page(council, document, (), index=""))
    console.print(f"All of it, for the systems' owners: {os.path.relpath(page)}", markup=False, soft_wrap=True)


def _unmapped_lines(run: RunFolder, summary: dict[str, Any]) -> list[str]:
    """How many values no code map has, by column, and where they can be looked at."""
    unmapped = summary["unmapped"]
    if not unmapped:
        return []
    lines = ["\nValues that no code map has:"]
    for one in unmapped:
        kept = "kept as they are" if one["action"] == "kept" else "left out"
        lines.append(
            f"  extract {one['extract']}, {one['table']}.{one['column']}: {_many(one['values'], 'value')} in "
            f"{_many(one['rows'], 'row')}, {kept}"
        )
    return [*lines, f"The values themselves (personal data): {run.path(UNMAPPED_VALUES)}"]


def _not_date_lines(summary: dict[str, Any]) -> list[str]:
    """How many cells are no dates, by column, and the formats tried on them."""
    return [
        f"\nExtract {one['extract']}, {one['table']}.{one['column']}: {_many(one['rows'], 'row')} without a date by "
        f"{', '.join(one['formats'])}. If they are dates, add their format to dates."
        for one in summary["not_dates"]
    ]


def _broken_lines(summary: dict[str, Any]) -> list[str]:
    """The rules on one column that many rows break, such as all amounts where the decimal mark is not told."""
    rows: dict[tuple[str, str], int] = {}
    broken: dict[tuple[str, str, str], int] = {}
    for file in summary["files"]:
        for table, counts in file["tables"].items():
            place = file["extract"], table
            rows[place] = rows.get(place, 0) + counts["rows"]
            for rule, number in counts["rules"].items():
                broken[(*place, rule)] = broken.get((*place, rule), 0) + number
    told = []
    for (extract, table, name), number in sorted(broken.items()):
        column, rule = name.split(": ")
        if column != "row" and rule not in _TOLD_APART and number > _OFTEN * rows[extract, table]:
            told.append(
                f"\nExtract {extract}, {table}.{column}: {number:,} of {rows[extract, table]:,} rows break the rule "
                f"{rule}. {RULE_WORDS[rule].meaning} See first whether the mapping names the right column, and says "
                "how it is written."
            )
    return told


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def print_targets(console: Console, lines: list[TargetLine]) -> None:
    """Print each target's verdict, and what is withheld and why."""
    for line in lines:
        shown = "released" if line.state is GateState.RELEASED else "withheld"
        console.print(f"\n[bold]{line.target}[/bold]: audit verdict '{line.verdict}', {shown}", highlight=False)
        console.print(f"  {line.reason}", markup=False, highlight=False, soft_wrap=True)
        if line.warning:
            console.print(f"  Warning: {line.warning}", markup=False, highlight=False, soft_wrap=True)


def _stage_grid(run: RunFolder) -> Grid:
    grid = Grid("Stage", "State", "Seconds", "Share", "Peak MB", "Rows written", box=None, pad_edge=False)
    records = {stage.name: read_record(run, stage.name) for stage in STAGES}
    total = sum(record.seconds for record in records.values() if record) or 1.0
    for name, record in records.items():
        if record is None:
            grid.add_row(name, "not run", "", "", "", "")
            continue
        grid.add_row(
            name,
            "done",
            f"{record.seconds:.1f}",
            f"{record.seconds / total:.0%}",
            str(record.peak_mb or ""),
            f"{sum(record.rows.values()):,}",
        )
    return grid


def _sources_grid(run: RunFolder) -> Grid:
    grid = Grid("Table", "Rows", box=None, pad_edge=False)
    for stage in STAGES:
        record = read_record(run, stage.name)
        for name, rows in (record.rows if record else {}).items():
            grid.add_row(name, f"{rows:,}")
    return grid

"""`early-help features`: what there is, what one of them is, and the rows behind one value.

The rows lie in the identifiable zone: `explain` asks who looks and why, as `early-help resident find` does, and is in
the same log before anything is shown.
"""

from __future__ import annotations

import datetime as dt
import json
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from early_help.progress import ConsoleProgress
from early_help.status import require_run
from features.asking import Asked, explained
from features.catalogue import all_sources, entries
from features.definitions import Feature, Level
from features.library import library
from residents.lookup.access_log import Reader, log_access
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder

console = Console(highlight=False)
progress = ConsoleProgress(Console(stderr=True, highlight=False))
features = typer.Typer(help="What the features are, and the rows behind one value.", no_args_is_help=True)

_COVERAGE = "features/coverage.json"
_RISK = {1: "rises", -1: "falls", 0: "free"}
_INDENT = "  "

Name = Annotated[str, typer.Argument(metavar="NAME", help="A feature's name, as in the catalogue.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@features.command("list")
def list_features(
    subject: Annotated[str | None, typer.Option("--subject", help="Only of a subject, such as rent.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TABLE", help="Only those that rest on a table.")
    ] = None,
    level: Annotated[Level | None, typer.Option("--level", help="Only of families, or of children.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the features there are."""
    every = library()
    _known("--subject", subject, dict.fromkeys(one.subject for one in every))
    _known("--source", source, dict.fromkeys(table for one in every for table in all_sources(one, every)))
    chosen = [
        one
        for one in every
        if subject in (None, one.subject)
        and level in (None, one.level)
        and (source is None or source in all_sources(one, every))
    ]
    if as_json:
        names = {one.name for one in chosen}
        _tell_json([entry for entry in entries(every) if entry["name"] in names])
        return
    grid = Grid("Feature", "Subject", "Of", "Risk", "What it is", box=None, pad_edge=False)
    for one in chosen:
        cells = (one.name, one.subject.replace("_", " "), one.level.value, _RISK[one.direction], one.label)
        grid.add_row(*(Text(cell, overflow="fold") for cell in cells))
    console.print(grid)
    console.print(f"{len(chosen)} of {len(every)} features. early-help features show NAME tells all of one.")


@features.command()
def show(
    name: Name,
    run_folder: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Show how much of it is known in a run, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what one feature means, how it is computed, and how much of it is known in a run."""
    every = library()
    entry = next(one for one in entries(every) if one["name"] == _feature(name, every).name)
    spread = _spread(require_run(run_folder), entry) if run_folder else None
    if as_json:
        _tell_json({**entry, "in_run": spread})
        return
    _line(f"{entry['label']} ({entry['name']})")
    _definition(entry)
    facts = (
        ("Of", entry["level"]),
        ("From", f"{entry['source']} ({', '.join(entry['sources'])})"),
        ("Windows", ", ".join(f"{days} days" for days in entry["windows"])),
        ("No record", entry["null_rule_words"]),
        ("Risk", _RISK[entry["direction"]]),
        ("Said", " / ".join(dict.fromkeys(entry["sentences"].values()))),
        ("Why", entry["why"]),
        ("Caveats", entry["caveats"]),
        ("Owner", entry["owner"]),
        ("Sees the future", "; ".join(entry["leaks"])),
        ("In this run", _spread_in_words(spread)),
    )
    for title, words in facts:
        if words:
            _line(f"{title}: {words}")


@features.command()
def explain(
    name: Name,
    as_of: Annotated[dt.datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="One of the run's as-of dates.")],
    run_folder: Annotated[str, typer.Option("--run", metavar="RUN", help="A folder that `early-help run` wrote.")],
    reader: Annotated[str, typer.Option("--as", metavar="NAME", help="Who asks; it is logged.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; logged, so name nobody in it.")],
    family: Annotated[
        str | None, typer.Option("--family", metavar="ID", help="The family's analysis id, as in the feature tables.")
    ] = None,
    child: Annotated[
        str | None, typer.Option("--child", metavar="ID", help="The child's, for a feature of children.")
    ] = None,
    most: Annotated[int, typer.Option("--rows", min=0, max=100_000, help="Most rows shown of each source.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Show the rows behind one value: those that counted, those of another kind and those recorded too late.

    No name and no free text is shown, but dates and codes of single rows are: the look-up is logged like any other.
    """
    run, who = require_run(run_folder), Reader(reader, reason)
    asked = Asked(_feature(name, library()).name, as_of.date(), family, child)
    given = ["feature", "as_of", *(key for key, value in (("family", family), ("child", child)) if value)]
    with progress.task("Looking", 1) as task:
        try:
            answer = explained(run, asked)
        except UsageError as refused:
            # Whether an id is there is an answer too.
            log_access(run, who, "feature", given, feature=asked.name, people=0, shown=[], refused=refused.message)
            raise
        task.advance()
    log_access(run, who, "feature", given, feature=asked.name, people=len(answer.people), shown=answer.people)
    if as_json:
        _tell_json(answer.document)
    else:
        _tell(answer.document, most)


def _tell(document: dict[str, Any], most: int) -> None:
    _line(document["sentence"])
    _line(f"{document['label']} ({document['feature']}) = {_figure(document['value'])} at {document['as_of']}")
    _definition(document)
    for part in document["parts"]:
        _line(f"{_INDENT}{part['name']} = {_figure(part['value'])}: {part['label']}")
    for working in document["workings"]:
        letters = ", ".join(f"{letter} = {_figure(number)}" for letter, number in working["letters"].items())
        whose = _bringer(working["of"]) if working["of"] else "All together"
        if letters:
            _line(f"{whose}: {letters}; value {_figure(working['value'])}")
    for stream in document["streams"]:
        _rows(stream, most)


def _rows(stream: dict[str, Any], most: int) -> None:
    rows = stream["rows"]
    counted = sum("counted" in row["states"].values() for row in rows)
    late = sum("recorded too late" in row["states"].values() for row in rows)
    _line(
        f"\n{stream['words']} (table {stream['table']}): {len(rows)} rows in the windows, {counted} counted"
        + (f", {late} recorded too late to be known" if late else "")
    )
    if not rows or not most:
        return
    letters, columns = list(rows[0]["states"]), list(rows[0]["cells"])
    grid = Grid(
        "Happened",
        "Recorded",
        *(column.replace("_", " ") for column in columns),
        "Brought by",
        *letters,
        box=None,
        pad_edge=False,
    )
    for row in rows[-most:]:
        cells = [
            _cell(row["event_date"]),
            _cell(row["recorded_on"]),
            *(_cell(row["cells"][column]) for column in columns),
        ]
        states = ["yes" if row["states"][letter] == "counted" else row["states"][letter] for letter in letters]
        grid.add_row(*(Text(cell) for cell in (*cells, _bringer(row["by"]), *states)))
    console.print(grid)
    if len(rows) > most:
        _line(f"{len(rows) - most:,} earlier rows are not shown; --rows shows more.")


def _definition(entry: dict[str, Any]) -> None:
    alone = len(entry["steps"]) == 1 and entry["formula"] == entry["steps"][0]["letter"]
    if not alone:
        _line(f"Worked out as: {entry['formula']}")
    for step in entry["steps"]:
        _line(f"{_INDENT}{step['letter']}: {step['words']}")
    if entry.get("whose"):
        _line(f"{_INDENT}{entry['whose']}")


def _bringer(by: dict[str, Any]) -> str:
    if by["kind"] == "person":
        return f"{by['role']} {by['id']}"
    return f"group {by['number']} of {', '.join(by['members'])}"


def _figure(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return "not known" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _spread(run: RunFolder, entry: dict[str, Any]) -> dict[str, Any] | None:
    path = run.root / _COVERAGE
    if not path.is_file():
        raise UsageError(
            "This run has no features yet.", where=str(run.root), fix="Run the job until features, then ask again."
        )
    coverage = read_json(path)
    table = "children" if entry["level"] == Level.CHILD.value else "families"
    found: dict[str, Any] | None = coverage["tables"][table]["columns"].get(entry["name"])
    return found


def _spread_in_words(spread: dict[str, Any] | None) -> str:
    if spread is None or spread["known"] is None:
        return ""
    if spread["least"] == spread["most"] == 0:
        return f"known for {spread['known']:.1%}, and nought for all: never seen here"
    zero = "" if spread["zero"] is None else f", {spread['zero']:.1%} of those nought"
    return f"known for {spread['known']:.1%}{zero}, median {_figure(spread['median'])}"


def _feature(name: str, every: tuple[Feature, ...]) -> Feature:
    found = next((one for one in every if name in (one.name, one.indicator)), None)
    if found is None:
        close = get_close_matches(name, [one.name for one in every], n=3)
        guess = f"Did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(
            "There is no such feature.", where="NAME", fix=f"{guess}early-help features list has them all."
        )
    return found


def _known(option: str, given: str | None, known: dict[str, None]) -> None:
    if given is not None and given not in known:
        raise UsageError("There is none such.", where=option, fix=f"One of: {', '.join(known)}.")


def _line(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _tell_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=True, default=str))

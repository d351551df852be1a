"""The commands a new council begins with: `init` lays out its folder, `suggest` proposes a mapping for a file."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from early_help.starting import COUNCIL_FILE, EXTRACTS, start
from sources.suggestions.rendering import as_lines, as_toml
from sources.suggestions.suggesting import suggest as suggest_mapping
from store.errors import UsageError
from store.files import write_text

console = Console(highlight=False)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new council's folder.")]) -> None:
    """Make a new council's folder: a commented council.toml, and what to ask each system's owner for."""
    made = start(folder)
    shown = os.path.relpath(folder)
    console.print(f"{len(made)} files written to {shown}.\n", markup=False)
    console.print(
        f"Next: fill in the lines marked CHANGE in {shown}/{COUNCIL_FILE}, put a system's files in their folder under "
        f"{shown}/{EXTRACTS}, and ask for a mapping of each, such as\n"
        f"  early-help suggest {shown}/{EXTRACTS}/housing/tenancies.csv --out {shown}/tenancies.part.toml",
        markup=False,
        soft_wrap=True,
    )


def suggest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An extract, in the folder of the extracts.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PART.toml", help="Where to write the mapping; not overwritten.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="The folder of the extracts, if none is called so."),
    ] = None,
) -> None:
    """Propose a mapping for a file from its headers and a sample of its values, to be read and edited."""
    if out is not None and os.path.lexists(out):
        raise UsageError(
            "There is such a file already, which you may have edited.", where=str(out), fix="Name another --out."
        )
    extracts = folder or _folder_of(file)
    suggestion = suggest_mapping(file, extracts, _extract_date(extracts.resolve().parent / COUNCIL_FILE))
    for line in as_lines(suggestion):
        console.print(line, markup=False, soft_wrap=True)
    if out is None:
        console.print("\nTo have it as TOML, with a comment at every line, say --out PART.toml.", markup=False)
        return
    write_text(out, as_toml(suggestion))
    console.print(
        f"\nWritten to {out}. Read every line, most of all recorded_on, then add it to the end of the council's TOML "
        "and say early-help check. Until you have read it, treat it as data about people.",
        markup=False,
        soft_wrap=True,
    )


def _folder_of(file: Path) -> Path:
    above = [parent for parent in file.resolve().parents if parent.name == EXTRACTS]
    return above[0] if above else file.resolve().parent


def _extract_date(council: Path) -> dt.date | None:
    """The day of the extracts, where the council's TOML beside their folder says it."""
    try:
        found = tomllib.loads(council.read_text(encoding="utf-8-sig")).get("council", {}).get("extract_date")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError):
        return None
    return found if type(found) is dt.date else None

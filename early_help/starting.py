"""Starting a council: the folder layout, a commented council.toml, and what to ask the owner of each system for."""

from __future__ import annotations

import os
import secrets
import shutil
import tomllib
from pathlib import Path

from early_help.starting_examples import EXAMPLES
from early_help.starting_systems import SYSTEMS, System
from sources.suggestions.toml_text import comment, entry
from store.errors import UsageError

COUNCIL_FILE = "council.toml"
EXTRACTS = "extracts"


def start(folder: Path) -> list[str]:
    """Make the folder of a new council, whole or not at all; returns the paths made, relative to it.

    Raises UsageError where anything would be overwritten, or the folder is a file or cannot be made.
    """
    files = layout()
    if folder.exists() and not folder.is_dir():
        raise UsageError("This is a file, not a folder.", where=str(folder), fix="Name a folder that is not there yet.")
    if folder.is_dir():
        # The council's own file first: it is what a second `init` is about.
        there = [name for name in (COUNCIL_FILE, EXTRACTS, *files) if os.path.lexists(folder / name)]
        if there:
            raise UsageError(
                f"The folder already has {there[0]}, and nothing is overwritten.",
                where=str(folder),
                fix="Name a new folder, or move what is there away.",
            )
    _write_all(folder, files)
    return sorted(files)


def _write_all(folder: Path, files: dict[str, str]) -> None:
    """Write to a folder beside, then move it into place: killed half-way, nothing stands in the council's folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.tmp")
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
        if not folder.exists():
            beside.rename(folder)
            return
        # The TOML goes last: while it is not there, nothing takes the folder for a council's.
        for part in sorted(beside.iterdir(), key=lambda path: path.name == COUNCIL_FILE):
            part.rename(folder / part.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def layout() -> dict[str, str]:
    """Every file of a new council's folder: relative path to content."""
    files = {COUNCIL_FILE: council_toml(), "README.md": _README, ".gitignore": _GITIGNORE}
    for system in SYSTEMS:
        files[f"{EXTRACTS}/{system.folder}/README.md"] = _what_to_ask(system)
    return files


def council_toml() -> str:
    """The commented configuration; it is valid TOML, and waits for its extracts."""
    lines = [_HEAD]
    for system in SYSTEMS:
        lines += ["", *comment(f"--- {system.title} ---"), *comment(f"Keys: {system.keys} Recorded: {system.recorded}")]
        for ask in system.asks:
            lines += comment(f"{EXTRACTS}/{system.folder}/{ask.file} feeds {ask.table}: {ask.why}.")
        lines += [f"# {line}".rstrip() for line in EXAMPLES[system.folder].strip().splitlines()]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text


def _what_to_ask(system: System) -> str:
    asked = "\n".join(
        f"## `{ask.file}`\n\nWhat it is for: {ask.why}.\n\nColumns: {ask.columns}.\n" for ask in system.asks
    )
    return _ASK.format(title=system.title, asked=asked, keys=system.keys, recorded=system.recorded)


_ASK = """# {title}

Ask the owner of this system for:

{asked}
## Keys

{keys}

## Two dates

Every row needs the day it happened and the day the council knew of it. The second decides what may be used at a past
date; without it, what was entered late looks as if it had been known all along, and every result is too good.
{recorded}

## How

CSV in UTF-8 with a header, or Parquet; all history since the first day covered, ended and closed rows too; nothing left
out by status. Keep the files in this folder: it stays out of version control.
"""

_HEAD = "\n".join(
    (
        *comment(
            "The council's configuration. Fill in the lines marked CHANGE, then add one [[extracts]] a kind of file."
        ),
        *comment(
            "A guide: docs/map-a-council.md. Every key: docs/council-toml.md. A whole council: examples/fenmarsh.toml."
        ),
        "",
        "[council]",
        entry("name", "Our council", "CHANGE: as reports show it"),
        "extract_date = 2026-09-07   # CHANGE: the day the extracts were taken; nothing may be dated after it",
        "covers_from = 2022-09-01   # CHANGE: the first day the extracts cover, four years back if you can",
        "covers_to = 2026-08-31   # CHANGE: the last day they cover",
        "",
        "[sources]",
        entry("folder", EXTRACTS, "relative to this file"),
        "max_bad_share = 0.05   # a file with more bad rows than this stops the run",
        "",
        *comment("How many families a panel can look at in a quarter. Everything is measured at this length of list."),
        "[targets.under_the_radar]",
        "capacity = 50   # CHANGE",
        "",
        "[targets.hidden_young_carers]",
        "capacity = 50   # CHANGE",
        "",
        *comment(
            "Extracts. Put a file in its folder, ask for a suggestion, read it, and add it to the end of this file: "
            "early-help suggest extracts/housing/tenancies.csv --out tenancies.part.toml"
        ),
        *comment(
            "What follows is one example for each system. A system you do not have is left out; the rest goes on."
        ),
    )
)

_README = """# A council's early help analytics

1. Fill in the lines marked CHANGE in `council.toml`.
2. Each folder of `extracts/` says in its README what to ask the system's owner for. Put the files there.
3. For each file, `early-help suggest extracts/housing/tenancies.csv --out tenancies.part.toml` proposes a mapping. Read
   every line of it, most of all `recorded_on`; add it to the end of `council.toml`; delete the part. Until it is read,
   treat it as data about people.
4. `early-help check council.toml --out runs/check` reads and checks the extracts and says what was found. Do it after
   each file.
5. `early-help run council.toml --out runs/2026-09` does the whole job.

`extracts/` and `runs/` hold data about people: keep them on protected storage, and out of version control.
"""

_GITIGNORE = """# Data about people.
/extracts/*/*
!/extracts/*/README.md
/runs/
/*.part.toml
"""

"""`early-help publish`: hand a run's public pages and figures on, once for each set of test dates."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from early_help.job import config_of, today
from early_help.lock import run_lock
from early_help.publication_folder import (
    INDEX,
    MANIFEST,
    ForThePublic,
    check_place,
    for_the_public,
    hashes,
    missing_links,
    new_folder,
    put,
)
from early_help.status import require_run, require_target
from early_help.torn_logs import torn_line
from fairness_audits.binding import COUNCIL_RECORD, read_object
from fairness_audits.publication import Ledger, Publication, Ruling, check, ledger_of
from fairness_audits.release import Role, check_words, role_named
from reports.pages import render
from store.council import Council
from store.files import canonical, file_hash, read_json
from store.key_file import load_keys
from store.run_folder import RunFolder

_FORMAT = 1
_SAID = {
    Ruling.FIRST: "published for the first time",
    Ruling.AGAIN: "published before, with the very same figures",
    Ruling.FURTHER: "with test dates that were not published before",
}
console = Console(highlight=False)


@dataclass(frozen=True)
class Card:
    """One target on the index of what is published."""

    name: str
    title: str
    question: str
    audit: Mapping[str, Any]


def publish(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new folder, for whoever may have it.")],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who publishes it; kept with the council alone.")],
    role: Annotated[str, typer.Option("--role", help="That person's role: " + ", ".join(Role) + ".")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was read and what was decided.")],
    target: Annotated[
        str | None, typer.Option("--target", help="The pages of this target alone; else of every one audited.")
    ] = None,
) -> None:
    """Copy what is for the public into a new folder; refused (exit 4) where that would undo earlier suppression."""
    check_words(name, note)
    by, job_role = " ".join(name.split()), role_named(role)
    folder, keys = require_run(run_folder), load_keys()
    if target is not None:
        require_target(folder, target)
    check_place(folder, out)
    council, on = config_of(folder).council, today()
    with run_lock(folder.root):
        found = for_the_public(folder, keys, target)
        ledger = ledger_of(read_object(folder.root / COUNCIL_RECORD).get("mlruns"), folder, keys)
        files = _with_index(folder, council, found, job_role, on)
        publication = Publication(
            council=council.name,
            run=folder.root.name,
            run_sha256=file_hash(folder.root / "manifest.json"),
            figures=found.figures,
            files=hashlib.sha256(canonical(hashes(files))).hexdigest(),
            by=by,
            role=job_role.value,
            note=note.strip(),
            on=on,
        )
        with ledger.locked():
            rulings = check(ledger.published(council.name), found.figures)
            line = _hand_on(out, files, council, found, ledger, publication)
    _tell(out, len(files) + 1, found, rulings, line)
    for torn in torn_line("ledger of publications", ledger.torn):
        console.print(torn, markup=False, soft_wrap=True)


def _hand_on(
    out: Path,
    files: Mapping[str, bytes],
    council: Council,
    found: ForThePublic,
    ledger: Ledger,
    publication: Publication,
) -> dict[str, Any]:
    """Write the folder, with its line in the ledger before anybody can read it. Returns the line.

    Stopped in between, the ledger has a publication that nobody saw; the same may be published again.
    """
    with new_folder(out) as place:
        put(place, files)
        line = ledger.append(publication)
        put(place, {MANIFEST: _manifest(council, found, files, publication.on, line)})
    return line


def _with_index(run: RunFolder, council: Council, found: ForThePublic, role: Role, on: dt.date) -> dict[str, bytes]:
    """The files with an index of them, and a page in the place of each that is linked to and not published."""
    files = dict(found.files)
    for place in missing_links(files):
        up = "../" * place.count("/")
        files[place] = render("not_published.html", council=council, index=f"{up}{INDEX}").encode("utf-8")
    page = render(
        "publication.html",
        council=council,
        cards=_cards(run, found),
        left_out=sorted(found.left_out),
        printed=[place for place in files if place.endswith(".pdf")],
        role=role.value.replace("_", " "),
        on=on,
        files=hashes(found.files),
        manifest=MANIFEST,
    )
    return {**files, INDEX: page.encode("utf-8")}


def _cards(run: RunFolder, found: ForThePublic) -> list[Card]:
    cards = []
    for target, audit in sorted(found.audits.items()):
        evaluation = read_json(run.root / "models" / target / "evaluation.json")
        cards.append(Card(target, str(evaluation["title"]), str(evaluation["question"]), audit))
    return cards


def _manifest(
    council: Council, found: ForThePublic, files: Mapping[str, bytes], on: dt.date, line: Mapping[str, Any]
) -> bytes:
    """What the folder holds, of which dates, and which line of the council's ledger tells of it. Nobody's name."""
    document = {
        "format": _FORMAT,
        "council": council.name,
        "published_on": on.isoformat(),
        "targets": {
            name: {"test_as_ofs": audit["test"]["as_ofs"], "verdict": audit["verdict"]}
            for name, audit in found.audits.items()
        },
        "files": hashes(files),
        "ledger": {"line": line["number"], "sha256": line["hash"]},
    }
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def _tell(out: Path, number: int, found: ForThePublic, rulings: Mapping[str, Ruling], line: Mapping[str, Any]) -> None:
    console.print(f"{number} files written to {out}; begin with {INDEX}.", markup=False, soft_wrap=True)
    for subject, ruling in rulings.items():
        console.print(f"  {subject}: {_SAID[ruling]}", markup=False, soft_wrap=True)
    for target, why in sorted(found.left_out.items()):
        console.print(f"  {target}: its pages are not among them. {why}", markup=False, soft_wrap=True)
    console.print(f"Line {line['number']} of the ledger of publications: {line['hash']}", markup=False, soft_wrap=True)

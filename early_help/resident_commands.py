"""`early-help resident`: find a person, or who lives at a list of addresses; logged before anything is shown."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from early_help.person_view import PersonView
from early_help.progress import ConsoleProgress
from early_help.status import require_run
from residents.lookup.access_log import Reader, access_log, log_access
from residents.lookup.households import Households, households, read_uprns, unreadable_lines
from residents.lookup.index import open_index
from residents.lookup.person import person_document
from residents.lookup.searching import Question, search
from residents.matching.stored import stored_settings
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder
from store.safe_text import plain, safe_cell

console = Console(highlight=False)
progress = ConsoleProgress(Console(stderr=True, highlight=False))
resident = typer.Typer(
    help="Look people and addresses up in a run's index. Each look-up is logged, with who asks and why, before "
    "anything is shown.",
    no_args_is_help=True,
)

_DAYS = ("%Y-%m-%d", "%d/%m/%Y")
_SEARCH = "Look for one person"
_LIST = "Look for everyone at a list of addresses"
_SHOW = "What is shown"


@resident.command()
def find(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")],
    reader: Annotated[str, typer.Option("--as", metavar="NAME", help="Who asks; it is logged.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; logged, so name nobody in it.")],
    name: Annotated[
        str | None, typer.Option("--name", help="However it is spelt, in any order.", rich_help_panel=_SEARCH)
    ] = None,
    dob: Annotated[
        str | None, typer.Option("--dob", metavar="DATE", help="2014-12-28 or 28/12/2014.", rich_help_panel=_SEARCH)
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Any address the person ever had.", rich_help_panel=_SEARCH)
    ] = None,
    postcode: Annotated[str | None, typer.Option("--postcode", help="Likewise.", rich_help_panel=_SEARCH)] = None,
    uprn: Annotated[str | None, typer.Option("--uprn", help="Likewise.", rich_help_panel=_SEARCH)] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="SYSTEM:KEY",
            help="A person's, tenancy's or claim's key in a system; or upn:KEY, nino:KEY.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", metavar="ID", help="The index's own id.", rich_help_panel=_SEARCH)
    ] = None,
    uprns: Annotated[
        Path | None,
        typer.Option("--uprns", metavar="FILE", help="One UPRN a line, or a CSV's column uprn.", rich_help_panel=_LIST),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.csv", help="Where to write who lives there.", rich_help_panel=_LIST),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=200, help="Most people listed.", rich_help_panel=_SHOW)
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.", rich_help_panel=_SHOW)] = False,
) -> None:
    """Find a person: every identifier, what joined the records, homes and families. Or who lives at --uprns.

    All that is asked must fit, but for spelling and slips. One person found is shown whole, several as a list. Nobody
    found is an answer too (exit 0).
    """
    _bear_any_text()
    run = require_run(run_folder)
    who = Reader(reader, reason)
    question = Question(name, _date(dob), address, postcode, uprn, _key(key), person)
    if uprns is None:
        if out is not None:
            raise UsageError("--out is for a list of addresses.", where="--out", fix="Give --uprns FILE with it.")
        _find_people(run, who, question, limit, as_json)
    elif question.asked:
        raise UsageError(
            "Ask for a person or for a list of addresses, not both.", where="--uprns", fix="Leave one out."
        )
    else:
        _find_households(run, who, uprns, out, as_json)


@resident.command()
def log(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")],
    person: Annotated[
        str | None, typer.Option("--person", metavar="ID", help="Only look-ups that showed them.")
    ] = None,
) -> None:
    """Show who looked up whom and why, once the log is seen to be whole (exit 3 where it was changed)."""
    log_of_run = access_log(require_run(run_folder))
    entries = log_of_run.entries()
    grid = Grid("When", "Account", "Who", "Why", "Asked by", "People", box=None, pad_edge=False)
    shown = [entry for entry in entries if person is None or person in entry.get("shown", ())]
    for entry in shown:
        asked = f"{entry['kind']}: {', '.join(entry['asked'])}{'; refused' if 'refused' in entry else ''}"
        cells = (entry["at"], entry["user"], entry["as"], entry["reason"], asked, str(entry["people"]))
        grid.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(grid)
    console.print(f"{len(shown):,} of {len(entries):,} look-ups. The log is whole.")
    if log_of_run.torn:
        console.print(f"Cut off as they were written, with nothing shown for them: {log_of_run.torn:,}.")


def _find_people(run: RunFolder, who: Reader, question: Question, limit: int, as_json: bool) -> None:
    with progress.task("Looking", 2) as task, open_index(run) as con:
        answer = search(con, question, limit)
        task.advance()
        found = [one["person_id"] for one in answer.people]
        alone = answer.total == 1
        document = person_document(con, _model(run), found[0]) if alone else None
        task.advance()
    log_access(run, who, "person" if alone else "list", question.asked, people=len(found), shown=found)
    if as_json:
        _tell_json(document or {"people": answer.people, "total": answer.total})
        return
    view = PersonView(console)
    if document is not None:
        view.person(document)
    elif found:
        view.listed(answer.people, answer.total)
    else:
        console.print("Nobody in the index fits all that was asked.")


def _find_households(run: RunFolder, who: Reader, uprns: Path, out: Path | None, as_json: bool) -> None:
    if out is None and not as_json:
        raise UsageError("Nothing says where to write who lives there.", where="--out", fix="Give --out FILE.csv.")
    if out is not None and os.path.lexists(out):
        raise UsageError("There is such a file already.", where=str(out), fix="Name another --out.")
    asked = read_uprns(uprns)
    with progress.task("Looking", 1) as task, open_index(run) as con:
        answer = households(con, asked)
        task.advance()
    log_access(
        run, who, "addresses", ["uprns"], addresses=len(asked.uprns), list_sha256=asked.mark, people=answer.people
    )
    if out is not None:
        _write_private(out, _csv(answer))
    if as_json:
        _tell_json({"as_known_on": answer.today, "unreadable_lines": asked.unreadable, "rows": answer.rows})
        return
    told = (
        f"As known on {answer.today}: {answer.people:,} people at {len(asked.uprns) - answer.empty:,} of "
        f"{len(asked.uprns):,} addresses, {answer.supported:,} of them with a service or worker already. "
        f"At {answer.empty:,} addresses nobody is known to live: that does not mean that nobody does.",
        unreadable_lines(asked),
        f"Written to {out}, for you alone to read. Destroy it when it has served.",
    )
    for line in filter(None, told):
        console.print(line, markup=False, soft_wrap=True)


def _model(run: RunFolder) -> dict[str, Any] | None:
    """The run's matching model; None where its weights cannot be worked out."""
    try:
        return stored_settings(read_json(run.root / "residents" / "model.json"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # An older run's model is kept in another form; all else of the person can still be shown.
        return None


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    for form in _DAYS:
        try:
            return dt.datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    raise UsageError("The date cannot be read.", where="--dob", fix="Write it as 2014-12-28 or 28/12/2014.")


def _key(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    system, colon, key = text.partition(":")
    if not (system.strip() and colon and key.strip()):
        raise UsageError("The id cannot be read.", where="--id", fix="Write it as SYSTEM:KEY.")
    return system.strip(), key.strip()


def _csv(answer: Households) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(answer.rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in answer.rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else safe_cell(plain(str(value)))


def _write_private(path: Path, text: str) -> None:
    """Write names and addresses to a new file that its owner alone may read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        file.write(text)


def _bear_any_text() -> None:
    """Let a terminal that lacks a letter of a name show a mark for it instead of stopping."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _tell_json(document: dict[str, Any]) -> None:
    # In ASCII, so that whatever is in a name reaches a terminal as figures and letters.
    typer.echo(json.dumps(document, indent=2, ensure_ascii=True, default=str))

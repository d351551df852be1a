"""Accounts for those on the council's staff list: who has none yet, as a file, and making all of a file's at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from review.caseload.models import Team, Worker
from review.people import accounts
from review.people.models import Person
from review.roles import Role
from review.settings import current
from store.errors import UsageError
from store.files import replacing
from store.safe_text import plain, safe_cell

COLUMNS = ("username", "name", "role", "worker", "panel", "team")
"""Of the file. ``team`` is there to be read by whoever goes through it, and counts for nothing."""

_NEEDED = COLUMNS[:5]
_HANDED_OUT = ("username", "name", "one_time_password")
_MOST = 2_000
"""Lines that are read: more would keep the machine hashing for a quarter of an hour, and are a mistake."""


@dataclass(frozen=True)
class Line:
    """One account to be made, and the number of the file's line that says so."""

    number: int
    username: str
    name: str
    role: str
    worker: str
    panel: str


def write_staff(out: Path) -> int:
    """Write those in post who have no account, with the role that they seem to have, and say how many.

    Whoever somebody in post names as their manager is put down as a team manager. The name to log in by is a
    suggestion: the key that the staff list has.
    """
    posts = Worker.objects.on(current().today())
    managers = set(posts.exclude(manager_key="").values_list("manager_key", flat=True))
    have = set(Person.objects.exclude(worker_key="").values_list("worker_key", flat=True))
    teams = dict(Team.objects.values_list("key", "name"))
    found: dict[str, tuple[str, ...]] = {}
    for key, name, team in posts.order_by("key", "pk").values_list("key", "name", "team_key"):
        role = Role.team_manager if key in managers else Role.support_worker
        if key not in have:
            found[key] = (key.partition("|")[2].lower(), name, role.value, key, "", teams.get(team, ""))
    _write(out, COLUMNS, [found[key] for key in sorted(found)])
    return len(found)


def make_all(lines: Sequence[Line], out: Path) -> int:
    """Make every account or none, write their one-time passwords, and say how many.

    Raises UsageError with the line's number for one that `accounts.add` would refuse. The file is there before any
    account is, and goes again where they are not made: no password is lost.
    """
    made = []
    for line in lines:
        with _at(line):
            made.append(
                accounts.prepared(line.username, line.name, accounts.role_named(line.role), line.worker, line.panel)
            )
    _write(out, _HANDED_OUT, [(person.username, person.name, password) for person, password in made])
    try:
        with transaction.atomic():
            for line, (person, _) in zip(lines, made, strict=True):
                with _at(line):
                    accounts.put(person)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return len(made)


def read_lines(path: Path) -> list[Line]:
    """The accounts that a CSV file asks for. Raises UsageError where it is none, or lacks a column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("The file is not UTF-8 text.", where=str(path), fix="Save it as CSV, UTF-8.") from None
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise UsageError(
            "The file lacks columns.",
            where=f"{path}: {', '.join(missing)}",
            fix="Begin with what early-help review person staff writes.",
        )
    lines = [
        Line(rows.line_num, *(_unquoted((row[name] or "").strip()) for name in _NEEDED))
        for row in rows
        if any((row[name] or "").strip() for name in _NEEDED)
    ]
    if not 1 <= len(lines) <= _MOST:
        raise UsageError(f"The file has {len(lines):,} accounts.", where=str(path), fix=f"Give 1 to {_MOST:,}.")
    return lines


@contextmanager
def _at(line: Line) -> Iterator[None]:
    """Have an error of one account tell the file's line in place of an option."""
    try:
        yield
    except UsageError as error:
        error.where = f"line {line.number}, {error.where.removeprefix('--')}"
        raise


def _unquoted(cell: str) -> str:
    """A cell as it was before `store.safe_text.safe_cell`."""
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) == cell else cell


def _write(out: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A CSV file that its owner alone may read. Raises UsageError where there is one, or it cannot be written there."""
    if out.exists():
        raise UsageError("There is a file already.", where=str(out), fix="Name another, or take that one away.")
    if not out.resolve().parent.is_dir() or out.resolve().is_relative_to(current().run.root.resolve()):
        raise UsageError(
            "The file would lie in the run folder, or in one that is not there.",
            where=str(out),
            fix="Name a file in a folder that is there, where only you can read it.",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([safe_cell(plain(cell)) for cell in row] for row in (head, *rows))
    with replacing(out) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")

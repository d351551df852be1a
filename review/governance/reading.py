"""Reading the access log: which lines, in what words, a page at a time or as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from review.access_log import Action
from review.by_command import told_apart
from review.governance.models import LogLine
from review.governance.words import action_words, detail_words
from review.menu import ROLE_WORDS
from store.keys import Keys, Purpose
from store.safe_text import safe_cell

LINES_A_PAGE = 50
_CHUNK = 2_000
_ROLE_WORDS = {role.value: words for role, words in ROLE_WORDS.items()}

COLUMNS = ("number", "at", "username", "name", "role", "action", "family", "detail", "reason", "hash")
"""What the file has of a line; ``family`` is the reference that its page's address has."""


@dataclass(frozen=True)
class Asked:
    """Which lines. ``who`` is a user name or part of a name, ``family`` a page's reference; both days are included."""

    who: str = ""
    family: str = ""
    action: Action | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Line:
    """One line in words. ``at`` is in the council's own time."""

    number: int
    at: dt.datetime
    who: str
    role: str
    action: str
    family: str
    detail: str
    reason: str


@dataclass(frozen=True)
class LogPage:
    """The newest lines before a number; ``older`` is the number to go on before, where there are more."""

    lines: list[Line]
    older: int | None


def asked_for(asked: Asked) -> QuerySet[LogLine]:
    """The lines, newest first, of whatever family."""
    found: QuerySet[LogLine] = LogLine.objects.order_by("-number")
    if asked.who:
        found = found.filter(Q(username=asked.who.strip().lower()) | Q(name__icontains=asked.who.strip()))
    if asked.action:
        found = found.filter(action=asked.action.value)
    if asked.since:
        found = found.filter(at__gte=begins(asked.since))
    if asked.until:
        found = found.filter(at__lt=ends(asked.until))
    return found


def one_page(found: QuerySet[LogLine], keys: Keys, before: int | None) -> LogPage:
    """At most `LINES_A_PAGE` of the lines."""
    rows = list((found.filter(number__lt=before) if before else found)[: LINES_A_PAGE + 1])
    shown = rows[:LINES_A_PAGE]
    return LogPage(in_words(shown, keys), shown[-1].number if len(rows) > LINES_A_PAGE else None)


def in_words(rows: list[LogLine], keys: Keys) -> list[Line]:
    """Lines as a page shows them."""
    references = keys.pseudonyms(Purpose.REVIEW, [row.family for row in rows])
    return [_in_words(row, reference) for row, reference in zip(rows, references, strict=True)]


def _in_words(row: LogLine, reference: str) -> Line:
    action = Action(row.action)
    detail, account = told_apart(action, row.username, row.detail)
    nobody = f"By command, as {account}" if account else "Nobody logged in"
    return Line(
        row.number,
        timezone.localtime(dt.datetime.fromisoformat(row.at)),
        f"{row.name} ({row.username})" if row.username else nobody,
        _ROLE_WORDS.get(row.role, row.role),
        action_words(action, detail),
        reference if row.family else "",
        detail_words(detail),
        row.reason,
    )


def as_csv(found: QuerySet[LogLine], keys: Keys) -> Iterator[str]:
    """The lines as CSV, the header first, a chunk at a time; no cell is one that a spreadsheet takes for a formula."""
    yield _csv([COLUMNS])
    waiting: list[dict[str, Any]] = []
    for row in found.values(*COLUMNS).iterator(chunk_size=_CHUNK):
        waiting.append(row)
        if len(waiting) == _CHUNK:
            yield _csv(_cells(waiting, keys))
            waiting = []
    yield _csv(_cells(waiting, keys))


def _cells(rows: list[dict[str, Any]], keys: Keys) -> list[list[str]]:
    references = keys.pseudonyms(Purpose.REVIEW, [row["family"] for row in rows])
    shown = [{**row, "family": key if row["family"] else ""} for row, key in zip(rows, references, strict=True)]
    return [[safe_cell(str(row[name])) for name in COLUMNS] for row in shown]


def _csv(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def begins(day: dt.date) -> str:
    """The first moment of a day where the council is, as lines have it."""
    local = dt.datetime.combine(day, dt.time.min, timezone.get_current_timezone())
    return local.astimezone(dt.UTC).isoformat(timespec="microseconds")


def ends(day: dt.date) -> str:
    """The first moment after a day, likewise; after the calendar's last, which stands for no end, what sorts last."""
    return begins(day + dt.timedelta(days=1)) if day < dt.date.max else "~"

"""'Who looked at my record?': the answer for one resident, or of one family.

A resident is told of the pages of each family they are or were of, from the day they came to it to the day they left:
what was looked at before or after says nothing of them, and may tell where somebody has gone. Look-ups by the command
line are in it where they showed that very person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils import timezone

from residents.lookup.access_log import access_log
from review.access_log import Action
from review.caseload import access
from review.caseload.residents import memberships_of
from review.governance.models import LogLine
from review.governance.reading import begins, ends, in_words
from review.governance.words import resident_words
from review.roles import Role
from review.settings import ReviewContext

_WHY = {
    Role.support_worker.value: "They worked with a child of the family",
    Role.team_manager.value: "Their team worked with a child of the family",
    Role.panel_member.value: "Their panel read the list that the family was on",
}


@dataclass(frozen=True)
class Look:
    """Somebody looked, or tried to. ``at`` is in the council's own time."""

    at: dt.datetime
    who: str
    role: str
    what: str
    why: str


@dataclass(frozen=True)
class Answer:
    """Who looked, oldest first. ``people`` are how many go by the name and birth date: more than one needs care."""

    looks: list[Look]
    people: int
    families: list[str]
    """Ids of the families whose pages were asked about."""


def of_resident(context: ReviewContext, name: str, dob: dt.date) -> Answer:
    """Who looked at the pages of the families of whoever has this name and birth date, while they were of them."""
    memberships = memberships_of(context.keys, name, dob)
    people = {one.person_id for one in memberships}
    while_there = [_lines(one.family_id, one.from_date, one.to_date) for one in memberships]
    looks = [*_on_pages(context, reduce(or_, while_there)), *_by_command(context, people)] if memberships else []
    looks.sort(key=lambda look: look.at)
    return Answer(looks, len(people), sorted({one.family_id for one in memberships}))


def of_family(context: ReviewContext, reference: str) -> Answer:
    """Who ever looked at a family's pages. Empty, with no family, for a reference of none that is loaded."""
    family = access.family_of_reference(reference)
    if not family:
        return Answer([], 0, [])
    return Answer(_on_pages(context, _lines(family, None, None)), 0, [family])


def _lines(family: str, since: dt.date | None, until: dt.date | None) -> Q:
    lines = Q(family=family)
    if since:
        lines &= Q(at__gte=begins(since))
    if until:
        lines &= Q(at__lt=ends(until))
    return lines


def _on_pages(context: ReviewContext, which: Q) -> list[Look]:
    rows = list(LogLine.objects.filter(which).order_by("number"))
    return [
        Look(line.at, line.who, line.role, resident_words(Action(row.action), row.detail), line.reason or _why(row))
        for row, line in zip(rows, in_words(rows, context.keys), strict=True)
    ]


def _why(row: LogLine) -> str:
    """Why somebody of the role was let in without being asked for a reason."""
    return "They were not let in" if row.action == Action.refused else _WHY.get(row.role, "")


def _by_command(context: ReviewContext, people: set[str]) -> list[Look]:
    """Look-ups outside this app that showed one of the people. Raises InputRejected where their log was changed."""
    return [
        Look(
            timezone.localtime(dt.datetime.fromisoformat(entry["at"])),
            f"{entry['as']} ({entry['user']})",
            "",
            "Looked the person up by command",
            str(entry["reason"]),
        )
        for entry in access_log(context.run).entries()
        if people & set(entry["shown"])
    ]

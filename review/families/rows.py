"""Families in a list: what tells one from another, who works with it, what is coming up, and when it was last heard of.

Families of one surname are told apart by who is in them and since when somebody works with them, never by an address:
not every page shows one, and a list is read over more shoulders than a page.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from review.caseload.access import allocations_of
from review.caseload.models import Worker
from review.families import words
from review.families.models import Family
from review.families.people_sections import standing
from review.families.team import weeks_since
from review.people.models import Person

_OPENED = "Not of the team: open to you until the end of the day"


@dataclass(frozen=True)
class Row:
    """One family in a list. ``weeks`` is since anything was recorded; ``held`` says who works with it, one a line."""

    key: str
    name: str
    adults: str
    children: str
    due: str
    due_on: dt.date | None
    standing: str
    recorded: dt.date | None
    weeks: int | None
    held: tuple[str, ...]


def rows(person: Person, families: Iterable[Family], day: dt.date | None, on: dt.date) -> list[Row]:
    """Rows for families that ``person`` may see on the day ``on``; ``day`` is the last that the systems tell of."""
    shown = list(families)
    held = _held(person, [one.pk for one in shown], on)
    return [_row(one, day, held[one.pk]) for one in shown]


def _row(one: Family, day: dt.date | None, held: tuple[str, ...]) -> Row:
    return Row(
        key=one.key,
        name=one.name,
        adults=one.adults_named or "no adult known",
        children=one.children_named or "no children now",
        due=": ".join(filter(None, words.due(one.next_due_kind))) if one.next_due else "",
        due_on=one.next_due,
        standing=standing(one.next_due, day) if one.next_due and day else "",
        recorded=one.last_recorded,
        weeks=weeks_since(one.last_recorded, day) if one.last_recorded and day else None,
        held=held,
    )


def _held(person: Person, families: list[str], on: dt.date) -> dict[str, tuple[str, ...]]:
    """For each family, who works with it since when, as whoever asks may see it; who began first comes first."""
    found = (
        allocations_of(person, on).filter(family_id__in=families).values_list("family_id", "worker_key", "from_date")
    )
    since: dict[str, dict[str, dt.date | None]] = defaultdict(dict)
    for family, worker, begun in found.order_by("family_id", "worker_key", "from_date"):
        since[family].setdefault(worker, begun)
    keys = {worker for workers in since.values() for worker in workers}
    names = dict(Worker.objects.on(on).filter(key__in=keys).order_by("key", "name").values_list("key", "name"))
    told = {family: _told(person, workers, names) for family, workers in since.items()}
    return {family: told.get(family, (_OPENED,)) for family in families}


def _told(person: Person, workers: dict[str, dt.date | None], names: dict[str, str]) -> tuple[str, ...]:
    earliest = sorted(workers.items(), key=lambda one: (one[1] or dt.date.min, names.get(one[0], ""), one[0]))
    return tuple(
        _since("With you" if key == person.worker_key else names.get(key) or _UNNAMED, at) for key, at in earliest
    )


_UNNAMED = "No worker named"


def _since(who: str, begun: dt.date | None) -> str:
    return f"{who} since {words.short_day(begun.isoformat())}" if begun else who

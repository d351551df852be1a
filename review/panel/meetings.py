"""A panel's meetings: which states there are, what leads from one to the next, and who may bring that about."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from review.panel.refusals import Refused

if TYPE_CHECKING:
    from review.panel.models import Meeting
    from review.people.models import Person


class MeetingState(StrEnum):
    """Where a meeting stands."""

    OPEN = "open"
    """Members read and decide, each without seeing what others decided."""
    CLOSED = "closed"
    """Everybody's decisions are seen, and none is changed; where they differ the panel agrees on one."""


NEXT: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.OPEN: frozenset({MeetingState.CLOSED}),
    MeetingState.CLOSED: frozenset(),
}
"""A closed meeting is not opened again: whoever saw the others' decisions could change their own."""


def open_meeting(person: Person, target: str, as_of: dt.date, held_on: dt.date) -> Meeting:
    """A new meeting of the person's panel. Raises Refused where there is one of the same list on that day."""
    from review.panel.models import Meeting  # noqa: PLC0415 - models need the states above

    try:
        with transaction.atomic():
            return Meeting.objects.create(
                panel=person.panel,
                target=target,
                as_of=as_of,
                held_on=held_on,
                state=MeetingState.OPEN.value,
                opened_by=person,
            )
    except IntegrityError:
        raise Refused(
            "There is a meeting about this list on that day already. It is in the list of meetings."
        ) from None


def hold_open(meeting: Meeting) -> bool:
    """Within a transaction: whether the meeting is open, and keep it from being closed until the transaction ends.

    A write, because that is what takes the lock in SQLite and PostgreSQL alike.
    """
    return bool(type(meeting).objects.filter(pk=meeting.pk, state=MeetingState.OPEN.value).update(state="open"))


def move(meeting: Meeting, person: Person, to: MeetingState) -> None:
    """Bring a meeting to another state. Raises Refused where nothing leads there, or another did so just before."""
    now = MeetingState(meeting.state)
    if to not in NEXT[now]:
        raise Refused("This meeting is closed already.")
    changed = type(meeting).objects.filter(pk=meeting.pk, state=now.value).update(state=to.value, closed_by=person)
    if not changed:
        raise Refused("Somebody has just closed this meeting.")
    meeting.refresh_from_db()

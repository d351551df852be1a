"""A panel's meetings: opening one, and moving it from one state to the next."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from review.panel.models import NEXT, Meeting, MeetingState
from review.panel.refusals import Refused

if TYPE_CHECKING:
    from review.people.models import Person


def open_meeting(person: Person, target: str, as_of: dt.date, held_on: dt.date) -> Meeting:
    """A new meeting of the person's panel. Raises Refused where there is one of the same list on that day."""
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
    return bool(Meeting.objects.filter(pk=meeting.pk, state=MeetingState.OPEN.value).update(state="open"))


def move(meeting: Meeting, person: Person, to: MeetingState) -> None:
    """Bring a meeting to another state. Raises Refused where nothing leads there, or another did so just before."""
    now = MeetingState(meeting.state)
    if to not in NEXT[now]:
        raise Refused("This meeting is closed already.")
    changed = Meeting.objects.filter(pk=meeting.pk, state=now.value).update(state=to.value, closed_by=person)
    if not changed:
        raise Refused("Somebody has just closed this meeting.")
    meeting.refresh_from_db()

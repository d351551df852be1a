"""What the panel's app keeps: meetings, cases that somebody decided on, and what was decided. No content of a case.

A case is here only once somebody has decided on it. What a case's page shows comes through the gate each time, and is
nowhere in the database. Decisions, and all that is said later, are only ever added.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from fairness_audits.chain.decisions import Choice
from review.panel.choices import OutcomeCode, ReasonCode

LONGEST_TEXT = 2000
_PSEUDONYM = 64


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


def _codes(kind: Any) -> list[tuple[str, str]]:
    return [(code.value, code.value) for code in kind]


class OnlyAdded(models.QuerySet[Any]):
    """Rows that are never changed or taken away."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("what a panel decided is added to, never changed")

    def delete(self) -> NoReturn:
        """Refused."""
        raise TypeError("what a panel decided is added to, never taken away")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("what a panel decided is added to, never changed")


class Kept(models.Model):
    """A row that is written once."""

    objects: ClassVar[models.Manager[Any]] = OnlyAdded.as_manager()

    class Meta:
        """No table of its own."""

        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row, if it is new. Raises TypeError else."""
        if self.pk is not None:
            raise TypeError("what a panel decided is added to, never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("what a panel decided is added to, never taken away")


class Meeting(models.Model):
    """One meeting of one panel about the released list of one target at one as-of date."""

    panel = models.CharField(max_length=100)
    target = models.CharField(max_length=100)
    as_of = models.DateField()
    held_on = models.DateField()
    state = models.CharField(max_length=10, choices=_codes(MeetingState))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)

    class Meta:
        """One a day for each list; newest first."""

        ordering = ("-held_on", "target")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["panel", "target", "as_of", "held_on"], name="one_meeting_a_day"),
        ]

    @property
    def is_open(self) -> bool:
        """Whether decisions may be given and changed."""
        return bool(self.state == MeetingState.OPEN.value)


class Case(Kept):
    """A case that somebody decided on at a meeting: whom it stands for, by pseudonym and for the log."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="cases")
    reference = models.CharField(max_length=20)
    unit_id = models.CharField(max_length=_PSEUDONYM)
    family_id = models.CharField(max_length=_PSEUDONYM)
    family = models.CharField(max_length=100, default="", help_text="The family's id, by which the log names it")
    high_need = models.BooleanField()
    in_sample = models.BooleanField(default=False)
    drawn_from = models.PositiveIntegerField(null=True)

    class Meta:
        """A case once at each meeting."""

        ordering = ("unit_id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["meeting", "unit_id"], name="a_case_once_at_a_meeting"),
        ]


class Decision(Kept):
    """One member's decision on a case, in one version; the highest version counts."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    choice = models.CharField(max_length=20, choices=_codes(Choice))
    reason = models.CharField(max_length=30, choices=_codes(ReasonCode))
    text = models.TextField(blank=True, max_length=LONGEST_TEXT)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Two windows of one member cannot both give the next version."""

        ordering = ("case", "member", "version")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "member", "version"], name="each_version_once"),
        ]


class NotSo(Kept):
    """One thing on a case's page that a member says is not so, for whoever keeps the record."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="not_so")
    feature = models.CharField(max_length=200)
    text = models.TextField(blank=True, max_length=LONGEST_TEXT)

    class Meta:
        """Each thing once in a decision."""

        ordering = ("decision", "feature")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["decision", "feature"], name="said_once_of_a_thing"),
        ]


class Agreement(Kept):
    """What the panel agreed on, after closing, of a case on which its members had differed."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="agreement")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    choice = models.CharField(max_length=20, choices=_codes(Choice))
    reason = models.CharField(max_length=30, choices=_codes(ReasonCode))
    text = models.TextField(blank=True, max_length=LONGEST_TEXT)
    at = models.DateTimeField(auto_now_add=True)


class Outcome(Kept):
    """What became of an offer of early help; the latest counts."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="outcomes")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, choices=_codes(OutcomeCode))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Oldest first."""

        ordering = ("case", "pk")

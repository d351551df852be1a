"""Families as the pages show them, and what people say is wrong. A refresh replaces all but the corrections."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models


class Family(models.Model):
    """One family. ``document`` is all that its page shows; ``key`` names it in addresses, ``family_id`` never does."""

    family_id = models.CharField(primary_key=True, max_length=100)
    key = models.CharField(max_length=40, unique=True)
    name = models.TextField(help_text="The surname that most members have")
    members = models.PositiveIntegerField()
    children = models.PositiveIntegerField()
    children_named = models.TextField(blank=True, help_text="First name and age of each child")
    adults_named = models.TextField(
        blank=True, default="", help_text="First name of each adult, to tell namesakes apart"
    )
    last_recorded = models.DateField(
        null=True, help_text="When one of the services for children last recorded anything"
    )
    next_due = models.DateField(null=True)
    next_due_kind = models.CharField(max_length=30, blank=True)
    document = models.JSONField()
    loaded_from = models.CharField(max_length=100)

    def __str__(self) -> str:
        return str(self.key)


class Named(models.Model):
    """One member of a family, as a search finds them: by words without accents, case or marks."""

    family = models.ForeignKey(Family, on_delete=models.CASCADE, related_name="named")
    words = models.TextField()
    dob = models.DateField(null=True)
    address = models.TextField(blank=True, help_text="Empty wherever the page shows none")

    def __str__(self) -> str:
        return str(self.pk)


class Loaded(models.Model):
    """What was loaded: the last day that the systems recorded anything, and what no family's page can show."""

    day = models.DateField(null=True)
    notes = models.JSONField()

    def __str__(self) -> str:
        return str(self.day)


class CorrectionState(StrEnum):
    """How far something that was said to be wrong has come."""

    said = "said"
    passed_on = "passed_on"
    put_right = "put_right"
    stands = "stands"

    @property
    def next(self) -> tuple[CorrectionState, ...]:
        """What may follow."""
        return _TRANSITIONS[self]


_TRANSITIONS = {
    CorrectionState.said: (CorrectionState.passed_on,),
    CorrectionState.passed_on: (CorrectionState.put_right, CorrectionState.stands),
    CorrectionState.put_right: (),
    CorrectionState.stands: (CorrectionState.passed_on,),
}
STATE_WORDS = {
    CorrectionState.said: "Said, not passed on yet",
    CorrectionState.passed_on: "With the data's owner",
    CorrectionState.put_right: "Put right",
    CorrectionState.stands: "Looked into; it stands as it was",
}


class Correction(models.Model):
    """'This is not so': what somebody who works with a family says is wrong, and whose data it is.

    It outlives every refresh and every exchange of the master key, so it names the family by its id, and all who were
    ever of it: where families are later joined or parted, it goes where more than half of them went. ``words`` may
    name people: they are shown on the family's page alone.
    """

    family_id = models.CharField(max_length=100, db_index=True)
    people = models.JSONField(default=list, help_text="person_id of everybody who was of the family when it was said")
    near = models.JSONField(default=list, help_text="family_id of every family that any of the people was ever of")
    system = models.CharField(max_length=100, help_text="Whose data it is; empty where it is how records were joined")
    subject = models.CharField(max_length=30)
    words = models.TextField(max_length=2000)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(
        max_length=20, choices=[(s.value, STATE_WORDS[s]) for s in CorrectionState], default="said"
    )
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[tuple[str, ...]] = ("-said_at", "-id")

    def __str__(self) -> str:
        return f"{self.system or 'joining'}: {self.subject}"

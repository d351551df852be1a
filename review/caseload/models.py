"""Who works with which family, from the council's own systems. A refresh replaces all of it but the overrides."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.access_log import LONGEST

STAFF_LIST = "workers"
"""The table that a staff list is."""


class Dated(models.QuerySet[Any]):
    """Rows that hold from one day to another, both included; an empty end is open."""

    def on(self, day: dt.date) -> Dated:
        """Those that hold on ``day``."""
        begun = Q(from_date__isnull=True) | Q(from_date__lte=day)
        return self.filter(begun, Q(to_date__isnull=True) | Q(to_date__gte=day))


class Team(models.Model):
    """A team of one system's staff list."""

    key = models.CharField(primary_key=True, max_length=300, help_text="system|name in small letters")
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=100)

    def __str__(self) -> str:
        return str(self.name)


class Worker(models.Model):
    """One post of a worker, as the staff list has it. Who changed teams has several rows of one key."""

    key = models.CharField(max_length=200, db_index=True, help_text="system|worker_id")
    source = models.CharField(max_length=100)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=200, blank=True, help_text="In the council's words; it permits nothing")
    team_key = models.CharField(max_length=300, blank=True, db_index=True)
    manager_key = models.CharField(max_length=200, blank=True, db_index=True)
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    objects: ClassVar[Any] = Dated.as_manager()

    def __str__(self) -> str:
        return str(self.name)


class Allocation(models.Model):
    """A worker works with a family: with a child of it, by its allocation or case, while it is of the family."""

    feed_key = models.CharField(max_length=200, help_text="What says so: system|table")
    worker_key = models.CharField(max_length=200, db_index=True)
    team_key = models.CharField(max_length=300, blank=True, db_index=True)
    family_id = models.CharField(max_length=100, db_index=True)
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    objects: ClassVar[Any] = Dated.as_manager()

    def __str__(self) -> str:
        return f"{self.worker_key}: {self.family_id}"


class Feed(models.Model):
    """One table of one system that says who works with whom, and until which day it can be relied on."""

    key = models.CharField(primary_key=True, max_length=200, help_text="system|table")
    covers_until = models.DateField(null=True, help_text="Empty where nothing tells until when")
    loaded_at = models.DateTimeField()
    open_allocations = models.PositiveIntegerField(default=0)
    not_on_staff_list = models.PositiveIntegerField(
        default=0, help_text="Of them, those to somebody whom no staff list names: they open nothing to a worker"
    )

    def __str__(self) -> str:
        return f"{self.key} until {self.covers_until}"


class Resident(models.Model):
    """Somebody was of a family. ``token`` stands for a name and birth date, so that who gives both is found by them.

    It names nobody: whoever may answer a resident's question needs no list of residents for it.
    """

    token = models.CharField(max_length=64, db_index=True, help_text="'' where the birth date is not known")
    person_id = models.CharField(max_length=100)
    family_id = models.CharField(max_length=100)
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    def __str__(self) -> str:
        return str(self.person_id)


class Override(models.Model):
    """A manager opened a family outside the team, for the day, and said why."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    family_id = models.CharField(max_length=100)
    on_day = models.DateField()
    reason = models.CharField(max_length=LONGEST)

    class Meta:
        """One a day is enough."""

        constraints = (models.UniqueConstraint(fields=["person", "family_id", "on_day"], name="one_override_a_day"),)

    def __str__(self) -> str:
        return f"{self.family_id} on {self.on_day}"

"""Accounts: who may log in, and as what."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from review.roles import Role


class PersonManager(BaseUserManager["Person"]):
    """Finds people by the name they log in by, however it is written."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person of this name. Raises Person.DoesNotExist."""
        return self.get(username=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """A member of staff with one role. Families are theirs to see by the council's own allocations, never by this."""

    username: models.CharField[str, str] = models.CharField("user name", max_length=150, unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=200)
    role: models.CharField[str, str] = models.CharField(
        max_length=30, choices=[(role.value, role.value) for role in Role]
    )
    worker_key: models.CharField[str, str] = models.CharField(
        max_length=200, blank=True, default="", help_text="system|worker_id, as the staff list has it"
    )
    panel: models.CharField[str, str] = models.CharField(max_length=100, blank=True, default="")
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    one_time_until: models.DateTimeField[dt.datetime | None, dt.datetime | None] = models.DateTimeField(
        null=True, help_text="Until when the one-time password may be used"
    )

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        """Sorted by the name they log in by."""

        ordering = ("username",)

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """The name that pages and the log show."""
        return self.name


class Refresh(models.Model):
    """When families, staff and allocations were loaded, and which state of the run they are of. The newest counts."""

    at = models.DateTimeField(auto_now_add=True)
    extract_date: models.DateField[dt.date, dt.date] = models.DateField()
    run_mark: models.CharField[str, str] = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.run_mark

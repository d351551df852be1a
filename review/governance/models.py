"""The rows of the access log. They are only ever added, by `review.access_log.record`."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models

from review.access_log import LONGEST


class OnlyAdded(models.QuerySet["LogLine"]):
    """Rows that nobody changes or takes out."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise _refusal()

    def delete(self) -> NoReturn:
        raise _refusal()

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _refusal()

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _refusal()


class LogLine(models.Model):
    """One line: who did what, when, of which family, and why; with the hash of the line before."""

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64)
    at = models.CharField(max_length=32, help_text="UTC, ISO 8601 to the microsecond, so that it sorts as text")
    username = models.CharField(max_length=150, blank=True, help_text="'' where nobody was logged in")
    name = models.CharField(max_length=LONGEST, blank=True, help_text="As it was then")
    role = models.CharField(max_length=30, blank=True, help_text="As it was then")
    action = models.CharField(max_length=20)
    family = models.CharField(max_length=100, blank=True, help_text="The family's id; '' where it is about none")
    detail = models.CharField(max_length=LONGEST, blank=True)
    reason = models.CharField(max_length=LONGEST, blank=True)
    key = models.CharField(max_length=64, help_text="Mark of the master key that the seal was made under")
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    objects: ClassVar[Any] = OnlyAdded.as_manager()

    class Meta:
        """By what the log is asked for: a family, a person, a kind of action."""

        indexes = (
            models.Index(fields=["family", "number"], name="log_by_family"),
            models.Index(fields=["username", "number"], name="log_by_person"),
            models.Index(fields=["action", "number"], name="log_by_action"),
        )

    def __str__(self) -> str:
        return f"line {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the line. Raises PermissionError for one that is already there."""
        if not self._state.adding:
            raise _refusal()
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise PermissionError."""
        raise _refusal()


class LogHead(models.Model):
    """The one row that says which line is the newest, sealed; whoever adds a line locks it first."""

    number = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"head at {self.number}"


def _refusal() -> PermissionError:
    return PermissionError("lines of the access log are only added")

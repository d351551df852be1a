"""Passwords kept here, hashed by Django's PBKDF2."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from review.people.models import Person
from review.prepared import Prepared, Slot

_ACTIVE: Prepared[Person] = Prepared(lambda: Person.objects.filter(pk=Slot("number"), is_active=True))


class PasswordBackend(BaseBackend):
    """Knows people by name and password. It gives no permissions: roles do (`review.permissions`)."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> Person | None:
        """The active person of this name and password, else None. Takes as long for a name that nobody has."""
        if not username or not password:
            return None
        try:
            person = Person.objects.get_by_natural_key(username)
        except Person.DoesNotExist:
            Person().set_password(password)
            return None
        return person if person.check_password(password) and person.is_active else None

    def get_user(self, user_id: int) -> Person | None:
        """Whom a session is of; a locked account's session ends with the next page."""
        return _ACTIVE.first(number=user_id)

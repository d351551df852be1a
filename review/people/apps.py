"""What happens around logging in and out."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class PeopleConfig(AppConfig):
    """The app of accounts."""

    name = "review.people"
    label = "people"

    def ready(self) -> None:
        """Have every login in the access log, by whichever way."""
        user_logged_in.connect(_log, dispatch_uid="review.people.logged_in")


def _log(sender: Any, user: Any, **_: Any) -> None:
    from review import access_log  # noqa: PLC0415 - its models are there only once the apps are

    access_log.record(user, access_log.Action.logged_in)

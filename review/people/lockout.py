"""How many failed attempts lock a name or an address, and what the address is."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.db.models import Sum
from django.http import HttpRequest

from review.settings import current
from store.keys import Purpose

ADDRESS_SHARE = 10
"""A whole office may ask from one address: it is locked after so many times as many failures as a name."""


class Handler(AxesDatabaseHandler):
    """Counts failures by name, kept as its `mark`, and a tenth of those by address, whichever are more."""

    def reset_attempts(
        self, *, ip_address: str | None = None, username: str | None = None, ip_or_username: bool = False
    ) -> int:
        """Forget the failures that stand against a name or an address; how many there were."""
        marked = mark(username) if username else None
        return int(super().reset_attempts(ip_address=ip_address, username=marked, ip_or_username=ip_or_username))

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """How many failures stand against the attempt, in those that a name may have."""
        # In the order of AXES_LOCKOUT_PARAMETERS.
        by_name, by_address = (
            int(attempts.aggregate(found=Sum("failures_since_start"))["found"] or 0)
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(by_name, by_address // ADDRESS_SHARE)


def mark_of_attempt(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """What stands for the name of an attempt; None where none was given."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return mark(str(name)) if name else None


def mark(name: str) -> str:
    """What stands for a name in what failed: somebody may have typed the password where the name goes."""
    key = current().keys.derive(Purpose.REVIEW, context="lockout")
    return hmac.digest(key, name.strip().lower().encode(), hashlib.sha256).hex()


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from: behind the reverse proxy, what the proxy itself put last on its list.

    None where that is no address, as with a proxy that asks over a socket.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if current().config.https else ""
    told = forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None

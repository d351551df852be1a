"""How many failed attempts lock a name or an address, and what the address is."""

from __future__ import annotations

import ipaddress
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.db.models import Sum
from django.http import HttpRequest

from review.settings import current

ADDRESS_SHARE = 10
"""A whole office may ask from one address: it is locked after so many times as many failures as a name."""


class Handler(AxesDatabaseHandler):
    """Counts failures by name, and a tenth of the failures by address, whichever are more."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """How many failures stand against the attempt, in those that a name may have."""
        # In the order of AXES_LOCKOUT_PARAMETERS.
        by_name, by_address = (
            int(attempts.aggregate(found=Sum("failures_since_start"))["found"] or 0)
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(by_name, by_address // ADDRESS_SHARE)


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

"""What holds for every page: how long one stays logged in, and what a browser may keep."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse

from review.errors import not_found
from review.settings import current

_SEEN = "seen"
_NOTED_SECONDS = 60
"""How often a session is written because somebody used it: not at every page."""

Respond = Callable[[HttpRequest], HttpResponse]


class Idle:
    """Logs out whoever has asked for no page for ``[review] idle_minutes``."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = int(request.session.get(_SEEN, now))
            if now - seen > current().config.idle_minutes * 60:
                logout(request)
            elif _SEEN not in request.session or now - seen >= _NOTED_SECONDS:
                request.session[_SEEN] = now
        return self.respond(request)


class NoNul:
    """Finds nothing at an address with a NUL in it, which PostgreSQL cannot even look for."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return not_found(request, Http404()) if "\0" in request.path else self.respond(request)


class Headers:
    """Nothing but static files may be kept by a browser or a proxy, and no page may use the machine's devices."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

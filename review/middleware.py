"""What holds for every page: how long one stays logged in, and what a browser may keep."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django_otp.middleware import OTPMiddleware
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice

from review.errors import not_found, too_much
from review.prepared import Prepared, Slot
from review.settings import current

_SEEN = "seen"
_SINCE = "since"
_NOTED_SECONDS = 60
"""How often a session is written because somebody used it: not at every page."""

_DEVICE: Prepared[TOTPDevice] = Prepared(lambda: TOTPDevice.objects.filter(pk=Slot("number")))

Respond = Callable[[HttpRequest], HttpResponse]


class Idle:
    """Logs out whoever asked for no page for ``[review] idle_minutes``, or came ``session_hours`` ago.

    A session's own end moves on whenever it is written, which is at most pages: it does not keep to the hours.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, config = int(time.time()), current().config
            seen, since = (int(request.session.get(name, now)) for name in (_SEEN, _SINCE))
            if now - seen > config.idle_minutes * 60 or now - since > config.session_hours * 3600:
                logout(request)
            elif _SINCE not in request.session or now - seen >= _NOTED_SECONDS:
                request.session.update({_SEEN: now, _SINCE: since})
        return self.respond(request)


class SecondFactor(OTPMiddleware):
    """Knows by which device somebody gave the second factor, by a query that is worked out once."""

    def _device_from_persistent_id(self, persistent_id: str) -> Device | None:
        label, _, number = persistent_id.rpartition("/")
        if label == TOTPDevice.model_label() and number.isascii() and number.isdecimal():
            return _DEVICE.first(number=int(number))
        found: Device | None = super()._device_from_persistent_id(persistent_id)
        return found


class NoNul:
    """Finds nothing at an address with a NUL in it, which PostgreSQL cannot even look for."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return not_found(request, Http404()) if "\0" in request.path else self.respond(request)


class NotTooMuch:
    """Takes no more from anybody than a form can be: before it is read, for a file in it would be held in memory."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.META.get("CONTENT_LENGTH") or "0"
        much = not (sent.isascii() and sent.isdecimal()) or int(sent) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return too_much(request) if much else self.respond(request)


class Headers:
    """Nothing but static files may be kept by a browser or a proxy, and no page may use the machine's devices."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        # A file that was found says itself for how long; the page that there is none says nothing.
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

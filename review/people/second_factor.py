"""The second factor: a code that changes every half minute, or the identity provider's own."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import segno
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from review.people.models import Person

PROVIDER = "review.people.oidc.Backend"
_QUIET_ZONE = 4
_PIXELS = 5
_GROUP = 4


@dataclass(frozen=True)
class SetUp:
    """What somebody needs to put the code into an app on their phone: a picture, and the same as text."""

    picture: SafeString
    key: str


def passed(request: HttpRequest) -> bool:
    """Whether whoever asks is logged in and gave a second factor, here or to the identity provider."""
    if not request.user.is_authenticated:
        return False
    by_provider = request.session.get(BACKEND_SESSION_KEY) == PROVIDER
    here = getattr(request.user, "otp_device", None) is not None
    return here or (by_provider and PROVIDER in settings.AUTHENTICATION_BACKENDS)


def device_of(person: Person, *, confirmed: bool) -> TOTPDevice | None:
    """The person's device that was set up, or the one that is being set up."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=person, confirmed=confirmed).order_by("pk").first()
    return found


def being_set_up(person: Person, number: int | None = None) -> TOTPDevice:
    """A device of the person that is not confirmed yet: of this number, or where there is none such a new one."""
    begun: TOTPDevice | None = TOTPDevice.objects.filter(pk=number, user=person, confirmed=False).first()
    return begun or TOTPDevice.objects.create(user=person, name="Authenticator", confirmed=False)


def confirm(device: TOTPDevice) -> None:
    """Have the device count from now on, and let go of others that somebody began to set up for the person."""
    with transaction.atomic():
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        TOTPDevice.objects.filter(user=device.user_id, confirmed=False).delete()
    device.refresh_from_db()


def set_up(device: TOTPDevice) -> SetUp:
    """The device's secret, to be shown once, over the person's own connection."""
    picture = segno.make(device.config_url, micro=False).svg_inline(
        scale=_PIXELS, border=_QUIET_ZONE, light="#ffffff", dark="#000000", svgclass="qr", lineclass=None
    )
    text = base64.b32encode(device.bin_key).decode("ascii").rstrip("=")
    groups = " ".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))
    return SetUp(mark_safe(picture), groups)  # noqa: S308 - segno's drawing of a picture, which holds no text


def right_code(person: Person, device: TOTPDevice, code: str) -> bool:
    """Whether the code is the device's now. Each code serves once; wrong ones are answered ever more slowly."""
    return verify_token(person, device.persistent_id, code) is not None

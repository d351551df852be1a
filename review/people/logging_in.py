"""Between the password and the second factor: who has begun to log in, and where they wanted to go.

Nobody is logged in before both are right. Until then the session holds only this, for ten minutes.
"""

from __future__ import annotations

import secrets
import time

from django.contrib.auth import login
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp import login as note_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from review.people import second_factor
from review.people.models import Person
from review.people.second_factor import device_of

_BEGUN = "begun"
_SECONDS = 600
_BACKEND = "review.people.backend.PasswordBackend"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5


def begin(request: HttpRequest, person: Person, wanted: str) -> None:
    """Note that the password was right. The session gets a new key, so that one known before is worth nothing."""
    request.session.flush()
    request.session[_BEGUN] = {
        "person": person.pk,
        "at": int(time.time()),
        "password": person.get_session_auth_hash(),
        "wanted": wanted,
    }


def begun(request: HttpRequest) -> Person | None:
    """Who has given the right password within the last ten minutes, and whose password is still that one."""
    noted = request.session.get(_BEGUN)
    if not noted or not 0 <= time.time() - noted["at"] <= _SECONDS:
        return None
    person = Person.objects.filter(pk=noted["person"], is_active=True).first()
    return person if person and person.get_session_auth_hash() == noted["password"] else None


def go_on(request: HttpRequest, person: Person) -> None:
    """Carry on after a new password was set: the old one's mark no longer fits."""
    request.session[_BEGUN] = {**request.session[_BEGUN], "password": person.get_session_auth_hash()}


def being_set_up(request: HttpRequest, person: Person) -> TOTPDevice:
    """The device that the person sets up in this session, and in no other.

    Whoever knew the password before, and only looked at the page, knows nothing of the secret that comes to count.
    """
    noted = request.session[_BEGUN]
    device = second_factor.being_set_up(person, noted.get("device"))
    if noted.get("device") != device.pk:
        request.session[_BEGUN] = {**noted, "device": device.pk}
    return device


def next_step(person: Person) -> str:
    """The name of the page that the person has to pass next."""
    if person.one_time_until is not None:
        return "new_password"
    return "code" if device_of(person, confirmed=True) else "set_up"


def finish(request: HttpRequest, person: Person, device: TOTPDevice) -> str:
    """Log in, under a session key that nobody knew before, and return where to go."""
    wanted = str(request.session.pop(_BEGUN)["wanted"])
    request.session.cycle_key()
    login(request, person, backend=_BACKEND)
    note_device(request, device)
    return safe_place(request, wanted) or resolve_url("home")


def safe_place(request: HttpRequest, wanted: str) -> str:
    """The address, if it is one of this app's own; else nothing."""
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if own else ""


def lapsed(person: Person) -> bool:
    """Whether the person's one-time password was not used in time."""
    return person.one_time_until is not None and person.one_time_until < timezone.now()


def one_time_password() -> str:
    """Twenty letters and figures in groups, none of which is easily taken for another (99 bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))

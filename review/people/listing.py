"""Who may log in, as what, for those who look after accounts and those who see to it that looking is right."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from review.caseload.models import Worker
from review.families import words
from review.menu import ROLE_WORDS
from review.people import second_factor
from review.people.models import Person
from review.permissions import page
from review.roles import Role
from review.settings import current

_ON_A_PAGE = 100


@dataclass(frozen=True)
class Account:
    """One account in words."""

    username: str
    name: str
    role: str
    place: str
    """The panel, or the key on the staff list."""
    last_login: dt.datetime | None
    state: str


@page("accounts")
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account, by name. They are made, changed and shut by command alone."""
    pages = Paginator(Person.objects.order_by("name", "username"), _ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    in_post = set(
        Worker.objects.on(current().today())
        .filter(key__in=[one.worker_key for one in shown if one.worker_key])
        .values_list("key", flat=True)
    )
    facts = {"accounts": [_account(one, in_post) for one in shown], "shown": shown, "total": pages.count}
    return render(request, "people/accounts.html", facts)


def _account(person: Person, in_post: set[str]) -> Account:
    return Account(
        person.username,
        person.name,
        ROLE_WORDS[Role(person.role)],
        person.panel or _post(person.worker_key),
        person.last_login,
        _state(person, in_post),
    )


def _post(worker_key: str) -> str:
    system, _, worker = worker_key.partition("|")
    return f"{words.system(system)}, {worker}" if worker else ""


def _state(person: Person, in_post: set[str]) -> str:
    """What keeps somebody from logging in, or from seeing a family once they have."""
    if not person.is_active:
        return "Shut"
    ours = second_factor.PROVIDER not in settings.AUTHENTICATION_BACKENDS
    if ours and person.one_time_until is not None and person.one_time_until < timezone.now():
        return "Its one-time password was not used in time"
    if ours and person.one_time_until is not None:
        return "Waits for its first login"
    if person.worker_key and person.worker_key not in in_post:
        return "Open; not in post by the staff list, and so shown no family"
    return "Open"

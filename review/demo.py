"""Accounts for trying the web app on the synthetic borough: one of each role, on the borough's own staff list.

Only the command line asks for them, and only of a run that says it is a made-up borough's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django_otp.oath import TOTP

from review.access_log import Action
from review.by_command import record
from review.caseload.models import Allocation, Worker
from review.people.accounts import of_name, told
from review.people.logging_in import one_time_password
from review.people.models import Person
from review.people.second_factor import being_set_up, device_of
from review.roles import Role
from review.settings import current
from store.errors import UsageError

_PANEL = "Demo panel"


@dataclass(frozen=True)
class Made:
    """One account, and what to type."""

    username: str
    password: str
    what: str


def make_accounts() -> list[Made]:
    """Make or renew the accounts; every earlier password of theirs opens nothing any more."""
    worker, manager = _busiest()
    wanted = (
        ("worker", Role.support_worker, worker, ""),
        ("manager", Role.team_manager, manager, ""),
        ("panel-one", Role.panel_member, "", _PANEL),
        ("panel-two", Role.panel_member, "", _PANEL),
        ("equalities", Role.equalities_lead, "", ""),
        ("data", Role.data_scientist, "", ""),
        ("governance", Role.governance, "", ""),
        ("administrator", Role.administrator, "", ""),
    )
    with transaction.atomic():
        return [_make(*one) for one in wanted]


def code_of(username: str) -> str:
    """The second factor's code of the moment. Raises UsageError where the account has no second factor."""
    device = device_of(of_name(username), confirmed=True)
    if device is None:
        raise UsageError(
            "The account has no second factor yet.", where="USERNAME", fix="Serve with --demo, or set it up."
        )
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():0{device.digits}d}"


def _make(username: str, role: Role, worker: str, panel: str) -> Made:
    name = Worker.objects.filter(key=worker).values_list("name", flat=True).first() if worker else ""
    person = Person.objects.filter(username=username).first() or Person(username=username)
    person.name = name or f"Demo account {username}"
    person.role, person.worker_key, person.panel = role.value, worker, panel
    person.is_active, person.one_time_until = True, None
    password = one_time_password()
    person.set_password(password)
    person.save()
    if device_of(person, confirmed=True) is None:
        device = being_set_up(person)
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    record(Action.changed_account, f"account made: {told(person)}")
    return Made(username, password, role.value.replace("_", " ") + (f": {name}" if name else ""))


def _busiest() -> tuple[str, str]:
    """The worker in post with the most families, among those who have a manager; and that manager."""
    today = current().today()
    managed = dict(Worker.objects.on(today).exclude(manager_key="").values_list("key", "manager_key"))
    counted = Allocation.objects.on(today).filter(worker_key__in=managed).values_list("worker_key")
    busiest = counted.annotate(families=Count("family_id", distinct=True)).order_by("-families", "worker_key").first()
    if busiest is None:
        raise UsageError(
            "Nobody of the staff list works with a family, so there is nothing to show.",
            where="workers, allocations",
            fix="Make the demo anew: early-help demo.",
        )
    return busiest[0], managed[busiest[0]]

"""Setting up, changing and locking accounts. Every change is in the access log before it is told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from axes.utils import reset as forget_failures
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from review.access_log import Action
from review.by_command import record
from review.caseload.models import Worker
from review.people.logging_in import one_time_password
from review.people.models import Person
from review.roles import Role
from review.settings import current
from store.errors import UsageError
from store.safe_text import plain

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,149}")
_LONGEST_NAME, _LONGEST_KEY, _LONGEST_PANEL = 200, 200, 100
_WORKERS = (Role.support_worker, Role.team_manager)


def add(username: str, name: str, role: Role, worker: str = "", panel: str = "") -> tuple[Person, str]:
    """Make an account; return it and its one-time password, which nobody can read again.

    Raises UsageError where the name is taken or none, or where the role lacks what it needs.
    """
    person, password = prepared(username, name, role, worker, panel)
    put(person)
    return person, password


def prepared(username: str, name: str, role: Role, worker: str = "", panel: str = "") -> tuple[Person, str]:
    """An account that is not kept yet, and its one-time password. Raises UsageError as `add` does for its parts.

    Most of the time that it takes to make an account goes here: hashing is slow by intent, and locks nothing.
    """
    person = Person(username=_username(username), name=_shown(name), role=role.value)
    _place(person, worker, panel)
    return person, _give_password(person)


def put(person: Person) -> None:
    """Keep a new account, and log it. Raises UsageError where the name is taken."""
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            record(Action.changed_account, f"account made: {told(person)}")
    except IntegrityError:
        raise UsageError(
            "There is an account of this name already.",
            where="--username",
            fix="Choose another, or say early-help review person change or reset.",
        ) from None


def change(username: str, role: Role | None, worker: str | None, panel: str | None) -> Person:
    """Give an account another role, worker or panel; what is None stays. Raises UsageError as `add` does."""
    person = of_name(username)
    person.role = (role or Role(person.role)).value
    _place(person, person.worker_key if worker is None else worker, person.panel if panel is None else panel)
    with transaction.atomic():
        person.save(update_fields=["role", "worker_key", "panel"])
        record(Action.changed_account, f"account changed: {told(person)}")
    return person


def lock(username: str) -> Person:
    """Shut an account: its sessions end with their next page, and its password opens nothing."""
    person = of_name(username)
    person.is_active = False
    with transaction.atomic():
        person.save(update_fields=["is_active"])
        record(Action.changed_account, f"account locked: {person.username}")
    return person


def reset(username: str) -> tuple[Person, str]:
    """Open an account again with a new one-time password and no second factor; its sessions end."""
    person = of_name(username)
    person.is_active = True
    password = _give_password(person)
    with transaction.atomic():
        person.save(update_fields=["is_active", "password", "one_time_until"])
        TOTPDevice.objects.filter(user=person).delete()
        forget_failures(username=person.username)
        record(Action.changed_account, f"account reset: {person.username}")
    return person, password


def everyone() -> Sequence[Person]:
    """Every account, by name."""
    return list(Person.objects.order_by("username"))


def of_name(username: str) -> Person:
    """The account of this name. Raises UsageError where there is none."""
    try:
        return Person.objects.get_by_natural_key(username)
    except Person.DoesNotExist:
        raise UsageError(
            "There is no account of this name.", where="--username", fix="See early-help review person list."
        ) from None


def role_named(name: str) -> Role:
    """The role of this name. Raises UsageError where there is none."""
    try:
        return Role(name)
    except ValueError:
        raise UsageError("There is no such role.", where="--role", fix="Roles: " + ", ".join(Role) + ".") from None


def told(person: Person) -> str:
    """What the log has of an account: also whose families, or which panel's lists, it opens."""
    place = person.worker_key or person.panel
    return f"{person.username}, {person.role}" + (f" ({place})" if place else "")


def on_staff_list(person: Person) -> str | None:
    """The name that the staff list, as it was loaded, has in post under the person's key; None where it has none."""
    found = Worker.objects.on(current().today()).filter(key=person.worker_key).values_list("name", flat=True).first()
    return None if found is None else str(found)


def _give_password(person: Person) -> str:
    password = one_time_password()
    person.set_password(password)
    person.one_time_until = timezone.now() + dt.timedelta(days=current().config.one_time_days)
    return password


def _place(person: Person, worker: str, panel: str) -> None:
    """Who the person is on the council's staff list, or of which panel, as far as the role has one."""
    role = Role(person.role)
    well_formed = "|" in worker and "\0" not in worker and worker == worker.strip() and len(worker) <= _LONGEST_KEY
    if role in _WORKERS and not well_formed:
        raise UsageError(
            "This role needs the worker's key, by which the council's own allocations say which families are theirs.",
            where="--worker",
            fix="Give SYSTEM|WORKER_ID, in quotation marks, as the run's staff list has it.",
        )
    panel = " ".join(plain(panel).split())
    if role is Role.panel_member and not 1 <= len(panel) <= _LONGEST_PANEL:
        raise UsageError(
            "A panel member is of one panel.", where="--panel", fix="Give the panel's name, of 1 to 100 letters."
        )
    person.worker_key = worker if role in _WORKERS else ""
    person.panel = panel if role is Role.panel_member else ""


def _username(given: str) -> str:
    name = given.strip().lower()
    if not _NAME.fullmatch(name):
        raise UsageError(
            "This is no name to log in by.",
            where="--username",
            fix="Use two letters or more of a-z, 0-9, and . _ @ + - (an e-mail address will do).",
        )
    return name


def _shown(given: str) -> str:
    name = " ".join(plain(given).split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise UsageError("A name has 1 to 200 letters.", where="--name", fix="Give the name as others know it.")
    return name

"""The web app on a made-up council, for its tests. Each worker of the tests has a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from review.config import ReviewConfig
from review.permissions import Role
from review.settings import DATABASE_VARIABLE, ReviewContext, configure
from tests.review import made_up
from tests.support import KEYS

if TYPE_CHECKING:
    from django.test import Client

    from review.people.models import Person

_WORKERS = {Role.support_worker: made_up.WORKER, Role.team_manager: made_up.MANAGER}
_PANELS = {Role.panel_member: "Panel A"}
PASSWORD = "correct-horse-battery-staple"


@pytest.fixture(scope="session")
def database_of_tests(request: pytest.FixtureRequest) -> str:
    """The URL of the database that the tests use; '' for a SQLite file of their own."""
    return ""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, database_of_tests: str) -> ReviewContext:
    """The app configured on the made-up run, its database migrated and loaded. Once for all tests of a worker."""
    from django.test import override_settings  # noqa: PLC0415 - Django is not configured before

    run = made_up.make_run(tmp_path_factory.mktemp("review") / "run")
    context = ReviewContext(run, KEYS, made_up.COUNCIL, ReviewConfig.model_validate({}))
    configure(context, {DATABASE_VARIABLE: database_of_tests})
    override_settings(
        ALLOWED_HOSTS=["testserver", "localhost"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ).enable()
    _migrate_and_load(context)
    return context


def _migrate_and_load(context: ReviewContext) -> None:
    from review.refreshing import prepare, refresh  # noqa: PLC0415 - Django is not configured before

    prepare(context)
    refresh(context)


@pytest.fixture
def app(served: ReviewContext) -> Iterator[ReviewContext]:
    """The app for one test, in a transaction that is undone after it."""
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic():
        yield served
        transaction.set_rollback(True)


@pytest.fixture
def committed_app(served: ReviewContext) -> Iterator[ReviewContext]:
    """The app for a test that needs other threads or processes to see what it writes; all is made anew after it."""
    from django.core.management import call_command  # noqa: PLC0415

    yield served
    call_command("flush", interactive=False, verbosity=0)
    _migrate_and_load(served)


@pytest.fixture
def make_person() -> Callable[..., Person]:
    """Makes an account of a role, with a set-up second factor; a worker's and a manager's are W1's and M1's."""

    def make(role: Role, username: str = "", **more: str) -> Person:
        from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: PLC0415

        from review.people.models import Person as People  # noqa: PLC0415

        known = {"worker_key": made_up.worker_key(_WORKERS[role]) if role in _WORKERS else ""}
        known |= {"panel": _PANELS.get(role, ""), "name": f"A {role.value.replace('_', ' ')}", **more}
        person = People(username=username or role.value, role=role.value, **known)
        person.set_password(PASSWORD)
        person.save()
        TOTPDevice.objects.create(user=person, name="Authenticator", confirmed=True)
        return person

    return make


@pytest.fixture
def client_as(make_person: Callable[..., Person]) -> Callable[..., Client]:
    """Gives a browser in which somebody of a role is logged in with both factors; of one person made before, or new."""

    def log_in(role: Role, person: Person | None = None, **more: str) -> Client:
        from django.test import Client as Browser  # noqa: PLC0415
        from django_otp import DEVICE_ID_SESSION_KEY  # noqa: PLC0415

        from review.people.models import Person as People  # noqa: PLC0415
        from review.people.second_factor import device_of  # noqa: PLC0415

        who = person or People.objects.filter(username=role.value).first() or make_person(role, **more)
        browser = Browser()
        browser.force_login(who, backend="review.people.backend.PasswordBackend")
        session = browser.session
        session[DEVICE_ID_SESSION_KEY] = device_of(who, confirmed=True).persistent_id
        session.save()
        return browser

    return log_in


@pytest.fixture
def anonymous(app: ReviewContext) -> Client:
    """A browser in which nobody is logged in."""
    from django.test import Client as Browser  # noqa: PLC0415

    return Browser()


@pytest.fixture
def run_folder(served: ReviewContext) -> Path:
    """The made-up run's folder."""
    return served.run.root

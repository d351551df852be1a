"""The web app on a made-up council, for its tests. Each worker of the tests has a database of its own.

Django is configured here, before any test module is read, so that those may import models as everything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from review.config import ReviewConfig
from review.roles import Role
from review.settings import ReviewContext, configure
from store.run_folder import RunFolder
from tests.review import made_up
from tests.support import KEYS

# Until a fixture puts the made-up run in its place, the app is of a run that is nowhere.
configure(made_up.context_like(), {})

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django_otp import DEVICE_ID_SESSION_KEY  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

from review.databases import database  # noqa: E402
from review.people.models import Person  # noqa: E402
from review.people.second_factor import device_of  # noqa: E402
from review.refreshing import prepare, refresh  # noqa: E402

_WORKERS = {Role.support_worker: made_up.WORKER, Role.team_manager: made_up.MANAGER}
_PANELS = {Role.panel_member: "Panel A"}
DATABASE_OF_TESTS = "EARLY_HELP_TEST_DATABASE_URL"
PASSWORD = "correct-horse-battery-staple"


@pytest.fixture(scope="session")
def database_of_tests() -> str:
    """The URL of the database that the tests use; '' for a SQLite file of their own."""
    return os.environ.get(DATABASE_OF_TESTS, "")


class _NotThere(str):
    """Put where a template asks for what its view does not give: a council's page would be blank there."""

    __slots__ = ()

    def __mod__(self, asked: Any) -> str:
        raise AssertionError(f"A template shows {asked}, which it was not given.")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, database_of_tests: str) -> ReviewContext:
    """The app of the made-up run, its database migrated and loaded. Once for all tests of a worker."""
    run = made_up.make_run(tmp_path_factory.mktemp("review") / "run")
    context = ReviewContext(run, KEYS, made_up.COUNCIL, ReviewConfig.model_validate({}))
    settings.REVIEW = context
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = _NotThere("%s")
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    # The real one is slow by intent.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    use_database(database(database_of_tests, context.folder))
    prepare()
    refresh(context)
    return context


def use_database(described: dict[str, Any]) -> None:
    """Have this thread and all later ones use another database."""
    connections["default"].close()
    settings.DATABASES["default"] = connections.settings["default"] = {**connections.settings["default"], **described}
    del connections["default"]


@pytest.fixture
def app(served: ReviewContext) -> Iterator[ReviewContext]:
    """The app for one test, in a transaction that is undone after it."""
    with transaction.atomic():
        yield served
        transaction.set_rollback(True)


@pytest.fixture
def committed_app(served: ReviewContext) -> Iterator[ReviewContext]:
    """The app for a test that needs other threads or processes to see what it writes; all is made anew after it."""
    yield served
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="session")
def make_person() -> Callable[..., Person]:
    """Makes an account of a role, with a set-up second factor; a worker's and a manager's are W1's and M1's."""

    def make(role: Role, username: str = "", **more: str) -> Person:
        known = {"worker_key": made_up.worker_key(_WORKERS[role]) if role in _WORKERS else ""}
        known |= {"panel": _PANELS.get(role, ""), "name": f"A {role.value.replace('_', ' ')}", **more}
        person = Person(username=username or role.value, role=role.value, **known)
        person.set_password(PASSWORD)
        person.save()
        TOTPDevice.objects.create(user=person, name="Authenticator", confirmed=True)
        return person

    return make


@pytest.fixture(scope="session")
def client_as(make_person: Callable[..., Person]) -> Callable[..., Client]:
    """Gives a browser in which somebody of a role is logged in with both factors; of one person made before, or new."""

    def log_in(role: Role, person: Person | None = None, **more: str) -> Client:
        who = person or Person.objects.filter(username=role.value).first() or make_person(role, **more)
        browser = Client()
        browser.force_login(who, backend="review.people.backend.PasswordBackend")
        session = browser.session
        device = device_of(who, confirmed=True)
        assert device is not None
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
        return browser

    return log_in


@pytest.fixture
def anonymous(app: ReviewContext) -> Client:
    """A browser in which nobody is logged in."""
    return Client()


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with a list that is released. Not to be written to, nor opened on a later day: copy it."""
    from tests.review.panels import make_released  # noqa: PLC0415 - few tests need an audited run

    return make_released(tmp_path_factory.mktemp("released") / "run")


@pytest.fixture
def panel(app: ReviewContext, released: RunFolder) -> Iterator[ReviewContext]:
    """The app on the run with the released list. Not to be written to."""
    from tests.review.panels import serving  # noqa: PLC0415 - as above

    with serving(released) as context:
        yield context


@pytest.fixture
def own_panel(app: ReviewContext, released: RunFolder, tmp_path: Path) -> Iterator[ReviewContext]:
    """As `panel`, on a run that the test may change."""
    from tests.review.panels import copied, serving  # noqa: PLC0415 - as above

    with serving(copied(released, tmp_path)) as context:
        yield context


@pytest.fixture
def run_folder(served: ReviewContext) -> Path:
    """The made-up run's folder."""
    return served.run.root

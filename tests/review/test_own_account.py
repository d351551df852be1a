"""One's own account: another password, by whoever knows the one that there is, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, override_settings

from review.governance.models import LogLine
from review.people.models import Person
from review.people.second_factor import PROVIDER
from review.roles import Role
from review.settings import ReviewContext
from tests.review.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("app")
OWN = "a-password-of-ones-own"


def change(client: Client, old: str = PASSWORD, password: str = OWN, again: str | None = None, **more: str) -> Any:
    sent = {"old": old, "password": password, "again": password if again is None else again}
    return client.post("/account/", {**sent, **more})


def opens(name: str, password: str) -> bool:
    answer = Client().post("/login/", {"username": name, "password": password})
    return bool(answer.status_code == 302)


def last_lines(number: int) -> list[tuple[str, str, str]]:
    newest = list(LogLine.objects.order_by("-number")[:number])
    return [(line.action, line.username, line.detail) for line in reversed(newest)]


@pytest.mark.parametrize("role", Role)
def test_a_new_password_takes_the_old_ones_place_and_is_logged(client_as: Callable[..., Client], role: Role) -> None:
    client = client_as(role)
    assert change(client).headers["Location"] == "/account/"
    assert last_lines(2) == [
        ("changed_account", role.value, f"password changed: {role.value}"),
        ("viewed", role.value, "account (sent)"),
    ]
    assert "Your password is changed" in client.get("/account/").content.decode()
    assert opens(role.value, OWN)
    assert not opens(role.value, PASSWORD)


def test_it_ends_sessions_elsewhere_and_not_this_one(client_as: Callable[..., Client]) -> None:
    here, elsewhere = client_as(Role.governance), client_as(Role.governance)
    before = here.cookies["early-help"].value
    assert elsewhere.get("/governance/log/").status_code == 200
    change(here)
    assert here.get("/governance/log/").status_code == 200
    assert "/login/" in elsewhere.get("/governance/log/").headers["Location"]
    stolen = Client()
    stolen.cookies["early-help"] = before
    assert "/login/" in stolen.get("/governance/log/").headers["Location"]


@pytest.mark.parametrize(
    "given",
    [
        {"old": "another-than-it-is"},
        {"old": ""},
        {"password": "short"},
        {"password": "123456789012"},
        {"password": "password1234"},
        {"password": PASSWORD},
        {"password": "governance-role"},
        {"again": "another-than-the-first"},
        {"again": ""},
        {"password": ""},
    ],
)
def test_what_is_not_right_changes_nothing(client_as: Callable[..., Client], given: dict[str, str]) -> None:
    client = client_as(Role.governance)
    kept = Person.objects.get(username="governance").password
    answer = change(client, **given)
    assert answer.status_code == 400
    assert b'class="wrong"' in answer.content
    assert Person.objects.get(username="governance").password == kept
    assert last_lines(1) == [("refused", "governance", "account (sent): /account/")]


def test_a_wrong_old_password_is_told_nothing_of_the_right_one(client_as: Callable[..., Client]) -> None:
    """A new one that is the one there is would else be answered in other words than one that is not."""
    client = client_as(Role.governance)
    answers = [change(client, "wrong", given).content.decode() for given in (PASSWORD, OWN)]
    assert [answer.count("not the password you have") for answer in answers] == [1, 1]
    assert not [answer for answer in answers if "Choose another" in answer]


def test_wrong_old_passwords_lock_the_name_as_at_the_login_page(
    client_as: Callable[..., Client], app: ReviewContext
) -> None:
    client = client_as(Role.governance)
    found = [change(client, "wrong").status_code for _ in range(app.config.lockout_failures + 1)]
    assert found[-1] == 429
    assert change(client).status_code == 429
    assert not opens("governance", PASSWORD)
    assert ("login_refused", "governance", "password to be changed") in last_lines(4)


def test_nobody_elses_password_can_be_changed_and_nothing_but_it(
    client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    client, other = client_as(Role.governance), make_person(Role.panel_member, "other")
    change(client, username="other", person=str(other.pk), role="team_manager", is_active="", worker_key="x|1")
    assert opens("other", PASSWORD)
    assert opens("governance", OWN)
    person = Person.objects.get(username="governance")
    assert (person.role, person.is_active, person.worker_key) == ("governance", True, "")


def test_no_password_is_on_the_page_or_in_the_log(client_as: Callable[..., Client]) -> None:
    client = client_as(Role.governance)
    page = change(client, "my-old-secret", "my-new-secret", "my-other-secret").content.decode()
    change(client, PASSWORD, "my-new-secret")
    assert "secret" not in page + str(list(LogLine.objects.values()))


def test_with_an_identity_provider_there_is_no_password_to_change(client_as: Callable[..., Client]) -> None:
    client = client_as(Role.governance)
    kept = Person.objects.get(username="governance").password
    with override_settings(AUTHENTICATION_BACKENDS=[PROVIDER, "review.people.backend.PasswordBackend"]):
        assert b"council's own account" in client.get("/account/").content
        assert b'type="password"' not in client.get("/account/").content
        assert change(client).status_code == 404
    assert Person.objects.get(username="governance").password == kept

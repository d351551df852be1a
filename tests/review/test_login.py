"""Logging in: two steps, one-time passwords, lockout, and what a session survives."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from residents.lookup.access_log import account
from review.access_log import Action
from review.by_command import told_apart
from review.governance.models import LogLine
from review.people import accounts
from review.people.models import Person
from review.people.second_factor import device_of
from review.roles import Role
from review.settings import ReviewContext, settings_of
from store.errors import UsageError
from tests.review import made_up
from tests.review.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("app")
MakePerson = Callable[..., Person]


def browser() -> Client:
    return Client()


def code_now(person: Person, *, ahead: int = 0) -> str:
    """What the person's authenticator shows; ``ahead`` steps later."""
    device = device_of(person, confirmed=True) or device_of(person, confirmed=False)
    assert device is not None
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06d}"


def give_password(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": name, "password": password, **more})


def logged_in(client: Client) -> bool:
    """Whether the first page leads on instead of to the login page."""
    return "/login/" not in client.get("/").headers["Location"]


def log_lines() -> list[tuple[str, str, str]]:
    return [(line.action, line.username, line.detail) for line in LogLine.objects.order_by("number")]


def test_the_password_alone_opens_nothing(make_person: MakePerson) -> None:
    make_person(Role.governance)
    client = browser()
    assert give_password(client, "governance").headers["Location"] == "/login/code/"
    assert not logged_in(client)
    assert "/login/" in client.get("/governance/log/").headers["Location"]


def test_password_and_code_open_it_and_are_logged(make_person: MakePerson) -> None:
    person = make_person(Role.governance)
    client = browser()
    give_password(client, "Governance ")
    assert client.post("/login/code/", {"code": code_now(person)}).headers["Location"] == "/"
    assert logged_in(client)
    assert ("logged_in", "governance", "") in log_lines()


@pytest.mark.parametrize("wrong", ["000000", "12345", "abcdef", "", "1234567890123", "٠١٢٣٤٥"])
def test_a_wrong_code_opens_nothing(make_person: MakePerson, wrong: str) -> None:
    person = make_person(Role.governance)
    client = browser()
    give_password(client, "governance")
    given = wrong if wrong != code_now(person) else "000001"
    assert client.post("/login/code/", {"code": given}).status_code == 200
    assert not logged_in(client)


def test_a_code_serves_once(make_person: MakePerson) -> None:
    person = make_person(Role.governance)
    first, second, code = browser(), browser(), code_now(person)
    for client in (first, second):
        give_password(client, "governance")
    assert first.post("/login/code/", {"code": code}).status_code == 302
    assert second.post("/login/code/", {"code": code}).status_code == 200
    assert not logged_in(second)


def test_codes_cannot_be_tried_one_after_the_other(make_person: MakePerson) -> None:
    """After wrong ones even the right one is refused for a while."""
    person = make_person(Role.governance)
    client = browser()
    give_password(client, "governance")
    for _ in range(4):
        client.post("/login/code/", {"code": "000000"})
    assert client.post("/login/code/", {"code": code_now(person)}).status_code == 200
    assert [line for line in log_lines() if line == ("login_refused", "governance", "code")]


@pytest.mark.parametrize("path", ["/login/code/", "/login/set-up/", "/login/new-password/"])
def test_later_steps_need_the_first(make_person: MakePerson, path: str) -> None:
    make_person(Role.governance)
    client = browser()
    assert client.get(path).headers["Location"] == "/login/"
    assert client.post(path, {"code": "123456", "password": "x", "again": "x"}).headers["Location"] == "/login/"


def test_the_first_step_is_good_for_ten_minutes(make_person: MakePerson, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person(Role.governance)
    client = browser()
    give_password(client, "governance")
    code = code_now(person)
    later = time.time() + 601
    monkeypatch.setattr("review.people.logging_in.time.time", lambda: later)
    assert client.post("/login/code/", {"code": code}).headers["Location"] == "/login/"


def test_a_password_changed_in_between_ends_the_first_step(make_person: MakePerson) -> None:
    person = make_person(Role.governance)
    client = browser()
    give_password(client, "governance")
    code = code_now(person)
    person.set_password("another-one-altogether")
    person.save()
    assert client.post("/login/code/", {"code": code}).headers["Location"] == "/login/"


def test_a_name_that_nobody_has_is_refused_in_the_same_words(make_person: MakePerson) -> None:
    make_person(Role.governance)
    known, unknown = (give_password(browser(), name, "wrong").content for name in ("governance", "nobody"))
    hidden = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"|value="(governance|nobody)"')
    assert hidden.sub(b"", known) == hidden.sub(b"", unknown)
    assert ("login_refused", "governance", "password") in log_lines()
    assert ("login_refused", "", "password") in log_lines()


def test_what_was_typed_is_never_logged(make_person: MakePerson, caplog: pytest.LogCaptureFixture) -> None:
    make_person(Role.governance)
    give_password(browser(), "my-secret-typed-as-name", "my-secret-password")
    assert "my-secret" not in str(log_lines()) + caplog.text


# --- one-time passwords ---


def test_a_one_time_password_leads_to_one_of_ones_own_and_to_the_second_step() -> None:

    _, password = accounts.add("New.Person", "New Person", Role.governance)
    client = browser()
    assert give_password(client, "new.person", password).headers["Location"] == "/login/new-password/"
    assert client.get("/login/code/").headers["Location"] == "/login/new-password/"
    assert client.get("/login/set-up/").headers["Location"] == "/login/new-password/"
    own = "a-password-of-ones-own"
    assert client.post("/login/new-password/", {"password": own, "again": own}).headers["Location"] == "/login/set-up/"
    page = client.get("/login/set-up/").content.decode()
    assert "<svg" in page
    assert 'style="' not in page
    person = Person.objects.get(username="new.person")
    assert client.post("/login/set-up/", {"code": code_now(person)}).headers["Location"] == "/"
    assert logged_in(client)
    assert give_password(browser(), "new.person", password).status_code == 200
    assert give_password(browser(), "new.person", own).headers["Location"] == "/login/code/"


@pytest.mark.parametrize("weak", ["short", "123456789012", "password1234", "new.person-1", "{one time}"])
def test_a_weak_password_or_the_same_again_is_not_taken(weak: str) -> None:

    _, password = accounts.add("new.person", "New Person", Role.governance)
    client = browser()
    give_password(client, "new.person", password)
    given = weak.replace("{one time}", password)
    assert client.post("/login/new-password/", {"password": given, "again": given}).status_code == 200
    assert client.get("/login/set-up/").headers["Location"] == "/login/new-password/"


def test_two_new_passwords_that_differ_are_not_taken() -> None:

    _, password = accounts.add("new.person", "New Person", Role.governance)
    client = browser()
    give_password(client, "new.person", password)
    answer = client.post("/login/new-password/", {"password": "one-password-here", "again": "another-password"})
    assert "not the same" in answer.content.decode()


def test_a_one_time_password_that_is_too_old_opens_nothing() -> None:

    person, password = accounts.add("new.person", "New Person", Role.governance)
    person.one_time_until = timezone.now() - dt.timedelta(seconds=1)
    person.save()
    client = browser()
    assert give_password(client, "new.person", password).status_code == 200
    assert client.get("/login/new-password/").headers["Location"] == "/login/"


def test_the_second_step_is_set_up_once(make_person: MakePerson) -> None:
    """Who knows a password cannot put a phone of their own in place of the one that is there."""
    make_person(Role.governance)
    client = browser()
    give_password(client, "governance")
    assert client.get("/login/set-up/").headers["Location"] == "/login/code/"
    assert client.post("/login/set-up/", {"code": "123456"}).headers["Location"] == "/login/code/"


# --- lockout ---


def test_failures_lock_a_name_for_a_while_even_for_the_right_password(make_person: MakePerson, app: Any) -> None:
    make_person(Role.governance)
    for _ in range(app.config.lockout_failures):
        give_password(browser(), "governance", "wrong")
    answer = give_password(browser(), "GOVERNANCE")
    assert answer.status_code == 429
    assert "governance" not in answer.content.decode().lower()


def test_a_name_that_nobody_has_is_locked_alike(app: ReviewContext) -> None:
    for _ in range(app.config.lockout_failures):
        give_password(browser(), "nobody", "wrong")
    assert give_password(browser(), "nobody", "wrong").status_code == 429


def test_one_locked_name_locks_no_other_from_the_same_address(make_person: MakePerson, app: ReviewContext) -> None:
    make_person(Role.governance)
    for _ in range(app.config.lockout_failures + 2):
        give_password(browser(), "nobody", "wrong")
    assert give_password(browser(), "governance").status_code == 302


def test_many_names_tried_from_one_address_lock_the_address(make_person: MakePerson, app: ReviewContext) -> None:
    make_person(Role.governance)
    for number in range(app.config.lockout_failures * 10):
        give_password(browser(), f"guess-{number}", "wrong")
    assert give_password(browser(), "governance").status_code == 429


def test_a_forged_address_is_not_believed(make_person: MakePerson, app: ReviewContext) -> None:
    """Without a proxy before it, what a request says of where it comes from counts for nothing."""
    make_person(Role.governance)
    for number in range(app.config.lockout_failures * 10):
        Client(HTTP_X_FORWARDED_FOR=f"10.0.0.{number}").post("/login/", {"username": f"g{number}", "password": "x"})
    assert give_password(browser(), "governance").status_code == 429


# --- sessions ---


def test_logging_in_gives_the_session_another_key_at_both_steps(make_person: MakePerson) -> None:
    person = make_person(Role.governance)
    client = browser()
    client.get("/login/")
    planted = client.session
    planted["planted"] = "by somebody else"
    planted.save()
    client.cookies["early-help"] = planted.session_key
    give_password(client, "governance")
    halfway = client.cookies["early-help"].value
    client.post("/login/code/", {"code": code_now(person)})
    assert len({planted.session_key, halfway, client.cookies["early-help"].value}) == 3
    assert "planted" not in client.session
    attacker = browser()
    for known in (planted.session_key, halfway):
        attacker.cookies["early-help"] = known
        assert not logged_in(attacker)


def test_logging_out_is_by_post_and_ends_the_session(client_as: Callable[..., Client]) -> None:
    client = client_as(Role.governance)
    kept = client.cookies["early-help"].value
    assert client.get("/logout/").status_code == 405
    assert logged_in(client)
    client.post("/logout/")
    client.cookies["early-help"] = kept
    assert not logged_in(client)


def test_who_asks_for_no_page_is_logged_out(
    client_as: Callable[..., Client], app: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, now = client_as(Role.governance), time.time()
    allowed = app.config.idle_minutes * 60
    for after in (0, allowed - 1, 2 * allowed - 2):
        monkeypatch.setattr("review.middleware.time.time", lambda after=after: now + after)
        assert logged_in(client)
    monkeypatch.setattr("review.middleware.time.time", lambda: now + 3 * allowed)
    assert not logged_in(client)


def test_a_locked_account_is_out_with_its_next_page(client_as: Callable[..., Client]) -> None:

    client = client_as(Role.governance)
    accounts.lock("governance")
    assert not logged_in(client)
    assert give_password(browser(), "governance").status_code == 200


def test_a_reset_account_is_out_and_begins_anew(client_as: Callable[..., Client]) -> None:

    client = client_as(Role.governance)
    _, password = accounts.reset("governance")
    assert not logged_in(client)
    again = browser()
    assert give_password(again, "governance", password).headers["Location"] == "/login/new-password/"
    own = "a-password-of-ones-own"
    again.post("/login/new-password/", {"password": own, "again": own})
    assert again.get("/login/set-up/").status_code == 200


def test_another_role_holds_from_the_next_page(client_as: Callable[..., Client]) -> None:

    client = client_as(Role.governance)
    assert client.get("/governance/log/").status_code == 200
    accounts.change("governance", Role.data_scientist, None, None)
    assert client.get("/governance/log/").status_code == 403


# --- accounts ---


@pytest.mark.parametrize("name", ["", "a", "has blank", "<script>", "a" * 200, "naïve", "x\ny"])
def test_names_that_are_none_are_refused(name: str) -> None:

    with pytest.raises(UsageError):
        accounts.add(name, "Somebody", Role.governance)


def test_the_same_name_is_refused_however_it_is_written(make_person: MakePerson) -> None:

    make_person(Role.governance)
    with pytest.raises(UsageError, match="already"):
        accounts.add("GOVERNANCE", "Somebody", Role.governance)


@pytest.mark.parametrize(("role", "more"), [
    (Role.support_worker, {}), (Role.support_worker, {"worker": "W1"}),
    (Role.team_manager, {}), (Role.panel_member, {}),
])  # fmt: skip
def test_a_role_needs_its_place(role: Role, more: dict[str, str]) -> None:

    with pytest.raises(UsageError):
        accounts.add("somebody", "Somebody", role, **more)


def test_a_place_that_the_role_has_not_is_not_kept() -> None:
    """Who becomes a data scientist keeps no key to a caseload."""
    accounts.add("somebody", "Somebody", Role.support_worker, worker=made_up.worker_key(made_up.WORKER))
    assert accounts.change("somebody", Role.data_scientist, None, None).worker_key == ""


def test_every_change_of_an_account_is_logged() -> None:

    accounts.add("somebody", "Somebody", Role.governance)
    accounts.change("somebody", Role.data_scientist, None, None)
    accounts.lock("somebody")
    accounts.reset("somebody")
    told = [told_apart(Action.changed_account, *line) for action, *line in log_lines() if action == "changed_account"]
    assert {who for _, who in told} == {account()}
    assert [what for what, _ in told] == [
        "account made: somebody, governance",
        "account changed: somebody, data_scientist",
        "account locked: somebody",
        "account reset: somebody",
    ]


def test_passwords_are_not_kept_as_they_are(make_person: MakePerson) -> None:

    person = make_person(Role.governance)
    assert PASSWORD not in person.password
    # What the tests themselves use is quicker; the app takes Django's own first choice.
    assert "PASSWORD_HASHERS" not in settings_of(made_up.context_like(), {})

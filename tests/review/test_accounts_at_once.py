"""Two who change one account at the same moment: neither undoes what the other did."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from review.people import accounts
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext
from tests.review.conftest import PASSWORD
from tests.review.made_up import MANAGER, worker_key
from tests.review.test_login import give_password

MakePerson = Callable[..., Person]
OWN = "a-password-of-ones-own"


@pytest.fixture
def meanwhile(app: ReviewContext, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], Any]], None]:
    """Has something done by somebody else just before a function of `accounts` is called."""

    def put(name: str, doing: Callable[[], Any]) -> None:
        then = getattr(accounts, name)

        def first(*given: Any) -> Any:
            monkeypatch.setattr(accounts, name, then)
            doing()
            return then(*given)

        monkeypatch.setattr(accounts, name, first)

    return put


def test_a_reset_gives_no_role_back(make_person: MakePerson, meanwhile: Callable[..., None]) -> None:
    """It takes as long as a password's hash, and wrote the role that it had read before."""
    make_person(Role.team_manager, "mo")
    meanwhile("_give_password", lambda: accounts.change("mo", Role.equalities_lead, None, None))
    accounts.reset("mo")
    person = Person.objects.get(username="mo")
    assert (person.role, person.worker_key) == ("equalities_lead", "")
    assert person.one_time_until is not None


def test_a_change_opens_no_account_that_was_shut(make_person: MakePerson, meanwhile: Callable[..., None]) -> None:
    make_person(Role.support_worker, "wanda")
    meanwhile("_place", lambda: accounts.lock("wanda"))
    accounts.change("wanda", Role.team_manager, worker_key(MANAGER), None)
    person = Person.objects.get(username="wanda")
    assert (person.role, person.is_active) == ("team_manager", False)


def test_a_change_brings_no_old_password_back(make_person: MakePerson, meanwhile: Callable[..., None]) -> None:
    def another() -> None:
        person = Person.objects.get(username="gale")
        person.set_password(OWN)
        person.save()

    make_person(Role.governance, "gale")
    meanwhile("_place", another)
    accounts.change("gale", Role.equalities_lead, None, None)
    person = Person.objects.get(username="gale")
    assert person.check_password(OWN) and not person.check_password(PASSWORD)


def test_nobody_waits_for_a_password_to_be_hashed(
    committed_app: ReviewContext, client_as: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing is slow by intent: while it went on within the writing, on SQLite no other page could be logged."""
    within: list[bool] = []
    then = Person.set_password

    def hashed(person: Person, password: str | None) -> None:
        within.append(connection.in_atomic_block)
        then(person, password)

    browser = client_as(Role.governance)
    monkeypatch.setattr(Person, "set_password", hashed)
    answer = browser.post("/account/", {"old": PASSWORD, "password": OWN, "again": OWN})
    assert answer.status_code == 302
    assert within == [False]


def test_a_reset_that_came_first_is_not_undone(
    app: ReviewContext, client_as: Callable[..., Client], make_person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sat at somebody else's open page could have set a password after the account had been reset."""
    person = make_person(Role.governance, "gale")
    browser = client_as(Role.governance, person)
    then = Person.set_password
    given: list[str] = []

    def reset_meanwhile(one: Person, password: str | None) -> None:
        monkeypatch.setattr(Person, "set_password", then)
        given.append(accounts.reset("gale")[1])
        then(one, password)

    monkeypatch.setattr(Person, "set_password", reset_meanwhile)
    browser.post("/account/", {"old": PASSWORD, "password": OWN, "again": OWN})
    assert Person.objects.get(username="gale").check_password(given[0])


def test_a_one_time_password_that_was_exchanged_settles_nothing(
    app: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had gone to the wrong one, who had typed it already when the account was reset."""
    _, lost = accounts.add("new.person", "New Person", Role.governance)
    finder = Client()
    give_password(finder, "new.person", lost)
    then = Person.set_password
    given: list[str] = []

    def reset_meanwhile(one: Person, password: str | None) -> None:
        monkeypatch.setattr(Person, "set_password", then)
        given.append(accounts.reset("new.person")[1])
        then(one, password)

    monkeypatch.setattr(Person, "set_password", reset_meanwhile)
    answer = finder.post("/login/new-password/", {"password": OWN, "again": OWN})
    assert answer.headers["Location"] == "/login/"
    person = Person.objects.get(username="new.person")
    assert person.check_password(given[0]) and person.one_time_until is not None


def test_no_two_sessions_are_shown_one_secret(app: ReviewContext) -> None:
    """Who had learnt the password, and looked at the page before its owner, would have had both factors for good."""
    accounts.add("new.person", "New Person", Role.governance)
    person = Person.objects.get(username="new.person")
    person.set_password(OWN)
    person.one_time_until = None
    person.save()
    thief, owner = Client(), Client()
    shown = []
    for browser in (thief, owner):
        give_password(browser, "new.person", OWN)
        page = browser.get("/login/set-up/").content.decode()
        assert browser.get("/login/set-up/").content.decode().count(key_in(page)) == 1, "it stays the same in a session"
        shown.append(key_in(page))
    assert shown[0] != shown[1]
    theirs, own = TOTPDevice.objects.filter(user=person).order_by("pk")
    answer = owner.post("/login/set-up/", {"code": f"{TOTP(own.bin_key).token():06d}"})
    assert answer.headers["Location"] == "/"
    assert list(TOTPDevice.objects.filter(user=person)) == [own]
    late = thief.post("/login/set-up/", {"code": f"{TOTP(theirs.bin_key).token():06d}"})
    assert late.headers["Location"] == "/login/code/"
    thief.post("/login/code/", {"code": f"{TOTP(theirs.bin_key).token():06d}"})
    assert thief.get("/governance/log/").status_code == 302


def key_in(page: str) -> str:
    """The secret that a page shows as text."""
    found = re.search(r"(?:[A-Z2-7]{4} )+[A-Z2-7]{1,4}", page)
    assert found is not None
    return found[0]

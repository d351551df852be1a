"""The accounts of `early-help serve --demo`: what is printed opens each role's pages, until it is printed anew."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from typer.testing import CliRunner

from early_help import serve_command
from early_help.cli import app as app_of_commands
from review import serving
from review.caseload.models import Allocation
from review.databases import DATABASE_VARIABLE
from review.demo import code_of, make_accounts
from review.governance.models import LogLine
from review.people import accounts
from review.people.models import Person
from review.roles import Role
from review.settings import ReviewContext
from store.errors import UsageError
from tests.review.test_login import give_password, logged_in

pytestmark = pytest.mark.usefixtures("app")

FIRST_PAGES = {
    Role.support_worker: "/families/",
    Role.team_manager: "/families/",
    Role.panel_member: "/panel/",
    Role.equalities_lead: "/fairness/",
    Role.data_scientist: "/fairness/",
    Role.governance: "/governance/log/",
    Role.administrator: "/families/corrections/",
}


def test_each_role_logs_in_with_what_is_printed_and_comes_to_its_own_work(
    app: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `make serve` does it, but for the made-up council in the borough's place, and for the server itself."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    for name, stands_in in (("opened", lambda _: app), ("is_made_up", lambda _: True)):
        monkeypatch.setattr(serve_command, name, stands_in)
    for name in ("start", "check_place"):
        monkeypatch.setattr(serving, name, lambda *_: None)
    monkeypatch.setattr(serve_command, "bring_up_to_date", lambda _: None)
    told = CliRunner().invoke(app_of_commands, ["serve", str(app.run.root), "--demo"])
    printed = re.findall(r"^  (\S+) +((?:[a-z2-9]{5}-){3}[a-z2-9]{5}) ", told.output, re.MULTILINE)
    assert {name for name, _ in printed} == set(Person.objects.values_list("username", flat=True))
    came_to = {}
    for name, password in printed:
        browser = Client()
        assert give_password(browser, name, password).headers["Location"] == "/login/code/"
        assert browser.post("/login/code/", {"code": code_of(name)}).status_code == 302
        first = browser.get("/", follow=True)
        assert first.status_code == 200
        came_to[Role(Person.objects.get(username=name).role)] = first.redirect_chain[-1][0]
    assert came_to == FIRST_PAGES


def test_the_worker_has_families_and_the_manager_the_workers_team() -> None:
    made = {one.username: one.password for one in make_accounts()}
    for name in ("worker", "manager"):
        browser = Client()
        give_password(browser, name, made[name])
        browser.post("/login/code/", {"code": code_of(name)})
        assert b'href="/families/' in browser.get("/families/").content.partition(b"<table")[2]


def test_two_members_are_of_one_panel_so_that_they_can_differ() -> None:
    make_accounts()
    panels = Person.objects.filter(role=Role.panel_member).values_list("panel", flat=True)
    assert len(panels) == 2 and len(set(panels)) == 1


def test_printed_anew_the_earlier_passwords_open_nothing_and_sessions_end() -> None:
    first = {one.username: one.password for one in make_accounts()}
    browser = Client()
    give_password(browser, "governance", first["governance"])
    browser.post("/login/code/", {"code": code_of("governance")})
    assert logged_in(browser)
    again = {one.username: one.password for one in make_accounts()}
    assert set(again) == set(first)
    assert not set(again.values()) & set(first.values())
    assert not logged_in(browser)
    assert give_password(Client(), "governance", first["governance"]).status_code == 200
    assert give_password(Client(), "governance", again["governance"]).headers["Location"] == "/login/code/"


def test_each_account_that_is_made_is_logged_and_no_password() -> None:
    made = make_accounts()
    told = list(LogLine.objects.filter(action="changed_account").values_list("detail", flat=True))
    assert [line.partition(",")[0] for line in told] == [f"account made: {one.username}" for one in made]
    assert not [line for line in told for one in made if one.password in line]


def test_where_nobody_works_with_a_family_there_is_nothing_to_show() -> None:
    Allocation.objects.all().delete()
    with pytest.raises(UsageError, match="nothing to show"):
        make_accounts()
    assert not Person.objects.exists()


def test_there_is_no_code_for_an_account_without_a_second_factor() -> None:
    accounts.add("somebody", "Somebody", Role.governance)
    with pytest.raises(UsageError, match="no second factor"):
        code_of("somebody")

"""What every answer carries, and the old ways in: forged forms and hosts, addresses to go on to, unasked-for fields."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import get_resolver

from review.logs import Quiet
from review.people.models import Person
from review.roles import Role
from review.settings import settings_of
from tests.review import made_up
from tests.review.conftest import PASSWORD
from tests.review.test_login import code_now, give_password

pytestmark = pytest.mark.usefixtures("app")
Log = Callable[..., Client]
PROJECT = Path(__file__).resolve().parents[2]

_PAGES = ("/login/", "/", "/fairness/", "/families/", "/panel/", "/governance/log/", "/nothing/here/")


@pytest.mark.parametrize("path", _PAGES)
@pytest.mark.parametrize("role", [None, Role.support_worker, Role.governance])
def test_every_answer_carries_the_headers(anonymous: Client, client_as: Log, path: str, role: Role | None) -> None:
    answer = (client_as(role) if role else anonymous).get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_page_needs_a_style_or_a_script_of_its_own() -> None:
    """The policy would not let it count: better that it is not written."""
    templates = list((PROJECT / "review").rglob("*.html"))
    assert len(templates) > 10
    for path in templates:
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text)
        assert not found, f"{path.name}: {found}"


def test_nothing_is_marked_safe_in_a_template() -> None:
    for path in (PROJECT / "review").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"\|\s*safe\b|autoescape off", text)
        assert not found, f"{path.name}: {found}"


@pytest.mark.parametrize("path", ["/login/", "/logout/", "/login/code/", "/login/new-password/"])
def test_a_forged_form_is_not_taken(path: str) -> None:
    forged = Client(enforce_csrf_checks=True)
    answer = forged.post(path, {"username": "governance", "password": PASSWORD})
    assert answer.status_code == 403
    assert "The form was not taken" in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", ""])
def test_another_host_is_refused(anonymous: Client, host: str) -> None:
    answer = anonymous.get("/login/", HTTP_HOST=host)
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("wanted", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example",
    " //evil.example", "https://testserver@evil.example/", "///evil.example", "\t//evil.example", "ftp://testserver/",
])  # fmt: skip
def test_logging_in_leads_nowhere_else(make_person: Callable[..., Person], wanted: str) -> None:
    person, client = make_person(Role.governance), Client()
    give_password(client, "governance", next=wanted)
    assert client.post("/login/code/", {"code": code_now(person)}).headers["Location"] == "/"


def test_logging_in_leads_on_to_the_page_that_was_asked_for(make_person: Callable[..., Person]) -> None:
    person, client = make_person(Role.governance), Client()
    asked = client.get("/governance/log/?person=x").headers["Location"]
    assert asked.startswith("/login/?next=")
    page = client.get(asked).content.decode()
    wanted = re.search(r'name="next" value="([^"]*)"', page)
    assert wanted is not None
    give_password(client, "governance", next=wanted[1].replace("&amp;", "&"))
    assert client.post("/login/code/", {"code": code_now(person)}).headers["Location"] == "/governance/log/?person=x"


def test_fields_that_nobody_asked_for_change_nothing(make_person: Callable[..., Person]) -> None:
    """Role, worker and panel are set from the command line alone, whatever a form brings along."""
    person, client = make_person(Role.data_scientist), Client()
    more = {"role": "governance", "worker_key": made_up.worker_key("W1"), "is_active": "true", "person": "1", "id": "1"}
    give_password(client, "data_scientist", **more)
    client.post("/login/code/", {"code": code_now(person), **more})
    person.refresh_from_db()
    assert (person.role, person.worker_key, person.panel) == ("data_scientist", "", "")


@pytest.mark.parametrize("https", [True, False])
def test_cookies_are_for_this_host_and_no_script(make_person: Callable[..., Person], https: bool) -> None:
    made = settings_of(made_up.context_like(https=https), {})
    for cookie in ("SESSION", "CSRF"):
        assert made[f"{cookie}_COOKIE_HTTPONLY"] is True
        assert made[f"{cookie}_COOKIE_SAMESITE"] in ("Lax", "Strict")
        assert made[f"{cookie}_COOKIE_SECURE"] is https
        assert made[f"{cookie}_COOKIE_NAME"].startswith("__Host-") is https
    assert bool(made["SECURE_HSTS_SECONDS"]) is https
    make_person(Role.governance)
    client = Client()
    give_password(client, "governance")
    session = client.cookies["early-help"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_what_a_proxy_says_counts_only_where_there_is_one() -> None:
    assert settings_of(made_up.context_like(https=False), {})["SECURE_PROXY_SSL_HEADER"] is None


def test_the_secret_is_of_the_master_key_and_differs_with_it() -> None:
    here = settings_of(made_up.context_like(), {})["SECRET_KEY"]
    assert len(here) == 64
    assert here == settings_of(made_up.context_like(), {})["SECRET_KEY"]
    assert settings_of(made_up.context_like(), {"EARLY_HELP_SECRET_KEY": "x" * 50})["SECRET_KEY"] == "x" * 50


class _Breaks(Exception):
    """Stands for any defect."""


def _break(*_: Any, **__: Any) -> None:
    raise _Breaks("Fatma Hassan, 1 Elm Road")


def test_a_defect_shows_and_logs_nothing_personal(
    client_as: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("review.fairness.views.questions", _break)
    client = client_as(Role.governance)
    client.raise_request_exception = False
    handler = logging.StreamHandler()
    handler.setFormatter(Quiet())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        answer = client.get("/fairness/")
    finally:
        logger.removeHandler(handler)
    told = capsys.readouterr().err
    assert answer.status_code == 500
    assert "_Breaks" in told
    for text in (answer.content.decode(), told):
        assert "Fatma" not in text
        assert "Elm" not in text
    assert "Traceback" not in answer.content.decode()


def test_pages_that_are_refused_are_alike_to_the_byte(client_as: Log) -> None:
    client = client_as(Role.support_worker)
    answers = {client.get(path).content for path in ("/nothing/", "/families/0123456789abcdef0123/", "/panel/77/")}
    assert len(answers) == 1


def test_no_way_in_but_the_apps_own() -> None:
    """Django's admin, and any library's pages, are not there."""
    names = {str(pattern.pattern) for pattern in get_resolver().url_patterns}
    assert not [name for name in names if "admin" in name or name.startswith("__")]


@pytest.mark.parametrize("words", [made_up.HOSTILE, "x" * 5000, "\x00", "' OR 1=1 --", "%s%n{}", "\u202e\ufeff"])
def test_the_login_page_takes_hostile_words(anonymous: Client, words: str) -> None:
    answer = anonymous.post("/login/", {"username": words, "password": words, "next": words})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=200)
def test_a_form_with_thousands_of_fields_is_refused(anonymous: Client) -> None:
    answer = anonymous.post("/login/", {f"field{number}": "x" for number in range(1000)})
    assert answer.status_code == 400

"""What somebody tried who wanted in, or wanted to be unseen: most of these once worked."""

from __future__ import annotations

import io
import logging
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from typer.testing import CliRunner

from early_help.cli import app as app_of_commands
from residents.tables import FAMILIES
from review.access_log import Action
from review.by_command import told_apart
from review.caseload.models import Override
from review.databases import prepare_file
from review.families import corrections
from review.families.models import Correction, Family
from review.governance.models import LogLine
from review.governance.words import detail_words
from review.logs import Quiet
from review.people import accounts
from review.people.models import Person
from review.refreshing import Feed, refresh
from review.roles import Role
from review.serving import Place
from review.serving import _gunicorn as serving_settings
from review.settings import ReviewContext
from store.errors import UsageError
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.conftest import PASSWORD
from tests.review.panels import FAMILY_TARGET, decide, member, opened, references, serving, text
from tests.review.test_login import give_password, logged_in
from tests.review.walking import undone
from tests.support import put_table

pytestmark = pytest.mark.usefixtures("app")
Log = Callable[..., Client]
MakePerson = Callable[..., Person]

OWN = "a-password-of-ones-own"


# --- logging in ------------------------------------------------------------------------------------------


def test_a_password_alone_does_not_change_the_password(make_person: MakePerson) -> None:
    """Whoever learnt one, and has not the phone, could have shut its owner out."""
    make_person(Role.governance)
    thief = Client()
    give_password(thief, "governance")
    assert thief.get("/login/new-password/").headers["Location"] == "/login/code/"
    answer = thief.post("/login/new-password/", {"password": OWN, "again": OWN})
    assert answer.headers["Location"] == "/login/code/"
    assert Person.objects.get(username="governance").check_password(PASSWORD)


def test_a_one_time_password_is_changed_once(app: ReviewContext) -> None:
    """After it comes the second step, and no other password."""
    person, given = accounts.add("new.person", "New Person", Role.governance)
    client = Client()
    give_password(client, "new.person", given)
    client.post("/login/new-password/", {"password": OWN, "again": OWN})
    answer = client.post("/login/new-password/", {"password": OWN + "2", "again": OWN + "2"})
    assert answer.headers["Location"] == "/login/set-up/"
    person.refresh_from_db()
    assert person.check_password(OWN)


def test_who_goes_on_asking_is_logged_out_after_the_hours_all_the_same(
    client_as: Log, app: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, began = client_as(Role.governance), time.time()
    step = app.config.idle_minutes * 30
    now = began
    while now + step <= began + app.config.session_hours * 3600:
        monkeypatch.setattr("review.middleware.time.time", lambda now=now: now)
        assert logged_in(client), now - began
        now += step
    monkeypatch.setattr("review.middleware.time.time", lambda: began + app.config.session_hours * 3600 + 60)
    assert not logged_in(client)


def test_a_password_typed_for_a_name_is_kept_nowhere(anonymous: Client) -> None:
    """What failed is kept for a while, so that it can lock a name."""
    give_password(anonymous, "My-Secret-Password", "wrong", next="/families/0123456789abcdef0123/")
    kept = [str(row) for model in apps.get_models() for row in model._base_manager.values()]
    assert AccessAttempt.objects.exists()
    assert not [row for row in kept if "my-secret" in row.lower() or "0123456789abcdef0123" in row]


def test_a_reset_account_is_not_locked_any_more(make_person: MakePerson, app: ReviewContext) -> None:
    make_person(Role.governance)
    for _ in range(app.config.lockout_failures):
        give_password(Client(), " Governance", "wrong")
    assert give_password(Client(), "governance").status_code == 429
    _, password = accounts.reset("governance")
    assert give_password(Client(), "governance", password).status_code == 302


# --- what is sent ----------------------------------------------------------------------------------------


class _Unread(io.BytesIO):
    """What is sent, if nobody reads it."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("what is too much was read")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=B", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("length", ["262145", "400000000", "-1", "1e3", "\u0663"])
def test_what_is_too_much_is_not_read(anonymous: Client, kind: str, length: str) -> None:
    """A file in a form of 400 MB was held in memory, twice over, before anybody had logged in."""
    anonymous.get("/login/")
    answer = anonymous.generic(
        *("POST", "/login/", b"", kind), **{"wsgi.input": _Unread(), "CONTENT_LENGTH": length, "CONTENT_TYPE": kind}
    )
    assert answer.status_code == 413
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_of_some_pages_is_taken(client_as: Log) -> None:
    answer = client_as(Role.support_worker).post("/families/search/", {"words": "x" * 100, "more": "x" * 200_000})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/nothing/", "/static/nothing.css", "/login/", "/families/nobodys/notes/"])
def test_nothing_but_a_file_that_is_there_may_be_kept(client_as: Log, path: str) -> None:
    assert client_as(Role.support_worker).get(path).headers["Cache-Control"] == "no-store"


# --- unseen ----------------------------------------------------------------------------------------------


def _too_many(client: Client) -> HttpResponse:
    return client.post("/families/search/", {f"field{number}": "x" for number in range(300)})


def _too_much(client: Client) -> HttpResponse:
    return client.post("/families/search/", {"words": "x" * 300_000})


def _no_form(client: Client) -> HttpResponse:
    return client.generic("POST", "/families/search/", b"--x", "multipart/form-data; boundary=\xff")


@pytest.mark.parametrize(("ask", "status"), [(_too_many, 400), (_too_much, 413), (_no_form, 400)])
def test_what_fails_before_its_page_is_asked_is_logged(
    client_as: Log, ask: Callable[[Client], HttpResponse], status: int
) -> None:
    client = client_as(Role.support_worker)
    client.get("/families/search/")
    client.handler.enforce_csrf_checks = True
    assert ask(client).status_code == status
    (line,) = LogLine.objects.filter(action="refused")
    assert (line.username, line.action, line.detail) == (
        *("support_worker", "refused"),
        f"answered {status}: /families/search/",
    )


@pytest.mark.parametrize("path", ["/families/0123456789abcdef0123/notes/", "/families/\x00/", "/panel/x/", "/wp-admin"])
def test_who_tries_addresses_is_logged_once_each(client_as: Log, path: str) -> None:
    assert client_as(Role.support_worker).get(path).status_code == 404
    (line,) = LogLine.objects.filter(action="refused")
    assert (line.username, line.action) == ("support_worker", "refused")
    assert line.detail.startswith("answered 404: /")


def test_what_a_stranger_tries_that_is_no_page_fills_no_log(anonymous: Client) -> None:
    assert anonymous.get("/wp-admin").status_code == 404
    assert not LogLine.objects.exists()
    assert anonymous.get("/panel/7/").status_code == 302
    assert LogLine.objects.count() == 1


UNSEEN = ("\u200b" * 12, "\u2060" * 12, "\ufeff \u200b" * 9, "." * 12, "\u202e\u202d" * 8)


@pytest.mark.parametrize("reason", UNSEEN)
def test_a_reason_that_nobody_can_read_opens_nothing(client_as: Log, reason: str) -> None:
    """The log would have had an empty one."""
    manager, families = client_as(Role.team_manager), dict(Family.objects.values_list("family_id", "key"))
    found = manager.post("/outside/", {"words": "neill", "reason": reason})
    assert families[made_up.OTHER_TEAMS] not in found.content.decode()
    manager.post(f"/outside/{families[made_up.OTHER_TEAMS]}/", {"reason": reason})
    assert manager.get(f"/families/{families[made_up.OTHER_TEAMS]}/").status_code == 404
    assert not Override.objects.exists()


@pytest.mark.parametrize("reason", UNSEEN)
def test_who_looked_is_answered_for_a_reason_alone(client_as: Log, reason: str) -> None:
    family = Family.objects.get(family_id=made_up.OWN).key
    page = client_as(Role.governance).post("/governance/who-looked/", {"family": family, "reason": reason})
    assert "Who looked at a family" not in page.content.decode()
    assert not LogLine.objects.filter(action="searched").exists()


@pytest.mark.parametrize("path", ["/governance/log/", "/governance/log.csv"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("end", ["since", "until"])
def test_no_day_breaks_the_log(client_as: Log, path: str, day: str, end: str) -> None:
    assert client_as(Role.governance).get(path, {end: day}).status_code == 200


class _Kept(logging.Handler):
    """Keeps what the service's console would show."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Quiet())
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


@contextmanager
def listening(name: str) -> Iterator[_Kept]:
    handler, logger = _Kept(), logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)


@pytest.mark.skipif(os.name == "nt", reason="gunicorn is not there on Windows")
def test_a_request_that_cannot_be_read_is_not_quoted_on_the_console() -> None:
    """What comes where a request's first line should be may be a form, its password included."""
    from gunicorn.http.errors import InvalidRequestLine  # noqa: PLC0415 - not there on Windows
    from gunicorn.workers.base import Worker  # noqa: PLC0415

    server = SimpleNamespace(log=logging.getLogger("gunicorn.error"), cfg=None)
    here, there = socket.socketpair()
    with closing(here), closing(there), listening("gunicorn.error") as console:
        Worker.handle_error(server, None, here, ("10.1.2.3", 1), InvalidRequestLine("username=wanda&password=hunter2"))
    (line,) = console.told
    assert line.endswith("WARNING gunicorn.error: Invalid request")


def test_a_host_that_is_none_is_not_quoted_on_the_console(anonymous: Client) -> None:
    with listening("django.security.DisallowedHost") as console:
        assert anonymous.get("/login/", HTTP_HOST="wanda.hunter2").status_code == 400
    assert console.told
    assert "hunter2" not in "".join(console.told)


@pytest.mark.skipif(os.name == "nt", reason="gunicorn is not there on Windows")
def test_nobody_says_for_themselves_where_the_app_begins_or_that_tls_is_there() -> None:
    """A page under /static could have been kept by the browser; the server believes whoever is on this machine."""
    from gunicorn.config import Config  # noqa: PLC0415 - not there on Windows
    from gunicorn.http.message import Request  # noqa: PLC0415
    from gunicorn.http.unreader import IterUnreader  # noqa: PLC0415

    server = Config()
    for name, value in serving_settings(Place("127.0.0.1", 8000, 2)).items():
        server.set(name, value)
    sent = b"GET /static/families/ HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /static\r\nX-Forwarded-Proto: https\r\n\r\n"
    asked = Request(server, IterUnreader([sent]), ("127.0.0.1", 1))
    assert "SCRIPT_NAME" not in dict(asked.headers)
    assert asked.scheme == "http"


# --- what is kept, and where -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")
def test_a_database_that_was_put_back_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite3"
    path.write_bytes(b"")
    path.chmod(0o644)
    prepare_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [["serve", "RUN", "--demo"], ["review", "code", "RUN", "somebody"]])
def test_the_demo_prints_nothing_of_a_database_that_may_be_a_councils(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither passwords into it, nor its people's codes out of it."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://review@db/review")
    monkeypatch.setattr("early_help.serve_command.opened", lambda _: pytest.fail("the database was opened"))
    monkeypatch.setattr("early_help.review_commands.opened", lambda _: pytest.fail("the database was opened"))
    refused = CliRunner().invoke(app_of_commands, command)
    assert isinstance(refused.exception, UsageError)
    assert "may be a council's" in str(refused.exception)


def test_another_councils_families_are_not_loaded(
    app: ReviewContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = made_up.make_run(tmp_path / "other")
    toml = made_up.put_council(other, tmp_path / "council")
    toml.write_text(toml.read_text(encoding="utf-8").replace("Testborough", "Elsewhere"), encoding="utf-8")
    monkeypatch.setattr("early_help.review_commands.opened", lambda _: app)
    refused = CliRunner().invoke(app_of_commands, ["review", "refresh", str(app.run.root), "--from", str(other.root)])
    assert isinstance(refused.exception, UsageError)
    assert "another council" in str(refused.exception)


def test_what_was_said_of_people_who_parted_goes_to_none_of_them(
    app: ReviewContext, client_as: Log, tmp_path: Path
) -> None:
    """The words may be what the one must not read who is left."""
    family = Family.objects.get(pk=made_up.OWN)
    said = {"subject": "detail", "system": "joining", "words": "She is safe now, and lives with her sister"}
    client_as(Role.support_worker).post(f"/families/{family.key}/correction/", said)
    run = made_up.make_run(tmp_path / "later")
    rows = pq.read_table(run.path(FAMILIES)).to_pylist()
    parted = [{**row, "family_id": {"P1": "F8", "P2": "F9"}.get(row["person_id"], row["family_id"])} for row in rows]
    put_table(run, FAMILIES, sorted(parted, key=lambda row: [str(row.get(name)) for name in FAMILIES.sort]))
    refresh(app, Feed(run, app.council.extract_date))
    assert Correction.objects.get().family_id == made_up.OWN
    for one in Family.objects.all():
        assert not corrections.of_family(one.pk).shown


# --- who may do what -------------------------------------------------------------------------------------


def test_the_log_says_whose_families_an_account_was_given(app: ReviewContext) -> None:
    """Whoever makes accounts can give one another worker's caseload: that alone would not have been to be seen."""
    accounts.add("somebody", "Somebody", Role.support_worker, worker=made_up.worker_key("W1"))
    accounts.change("somebody", None, made_up.worker_key("W3"), None)
    accounts.add("member", "Member", Role.panel_member, panel="Panel A")
    told = [told_apart(Action.changed_account, "", line.detail)[0] for line in LogLine.objects.order_by("number")]
    assert told == [
        "account made: somebody, support_worker (support|W1)",
        "account changed: somebody, support_worker (support|W3)",
        "account made: member, panel_member (Panel A)",
    ]
    assert detail_words(told[1]) == "Account changed: somebody, family support worker (support|W3)"


def test_a_password_of_ones_own_is_logged(app: ReviewContext) -> None:
    _, given = accounts.add("new.person", "New Person", Role.governance)
    client = Client()
    give_password(client, "new.person", given)
    client.post("/login/new-password/", {"password": OWN, "again": OWN})
    newest = LogLine.objects.order_by("-number")[0]
    assert (newest.username, newest.action) == ("new.person", "changed_account")


@pytest.mark.parametrize("panel", ["Panel a", "Panel A ", "Panel", "Panel C"])
def test_a_panel_that_is_misspelt_reads_no_list(
    released: RunFolder, client_as: Log, make_person: MakePerson, panel: str
) -> None:
    with serving(released, panels={"Panel A": [FAMILY_TARGET], "Panel B": []}):
        member = client_as(Role.panel_member, make_person(Role.panel_member, "astray", panel=panel))
        answer = member.post("/panel/", {"target": FAMILY_TARGET, "held_on": "2026-09-21"})
        assert answer.status_code == 404


# --- what another decided --------------------------------------------------------------------------------

_SAYS_NOTHING = re.compile(r'csrfmiddlewaretoken" value="\w+"')
_REASONS = ("worth_a_conversation", "being_helped", "explained", "out_of_date", "unsure")


def _shown(browser: Client, number: int, reference: str) -> list[str]:
    """All that a member can ask for of an open meeting, and what comes of sending half of it."""
    case, meeting = f"/panel/{number}/{reference}/", f"/panel/{number}/"
    answers = [browser.get(path) for path in (
        *("/panel/", meeting, f"{meeting}?show=left", f"{meeting}?show=one", f"{meeting}?show=agree", case),
        *(f"{meeting}offers/", f"{case}agreed/", f"{case}outcome/", "/fairness/", "/account/", "/families/"),
    )]  # fmt: skip
    answers += [
        browser.post(case, {"reason": "unmet_need"}),
        browser.post(case, {"reason": "unmet_need", "version": 1}),
        browser.post(case, {"reason": "", "version": 0}),
        browser.post(f"{case}agreed/", {"reason": "unmet_need"}),
        browser.post(f"{case}outcome/", {"outcome": "accepted"}),
        browser.get(meeting),
    ]
    return [
        _SAYS_NOTHING.sub("", f"{answer.status_code} {sorted(answer.headers.items())} {text(answer)}").replace(
            f"/panel/{number}/", "/panel/N/"
        )
        for answer in answers
    ]


def test_nothing_that_a_member_is_shown_depends_on_what_another_chose(
    panel: ReviewContext, client_as: Log, make_person: MakePerson
) -> None:
    """Neither the words nor a header, a length, an order or the answer to a form that will not do."""
    first, second = (member(client_as, make_person, name) for name in ("first", "second"))
    seen = []
    for place, reason in enumerate(_REASONS):
        with undone():
            number = opened(first)
            reference = references(first, number)[0]
            assert decide(first, number, reference, reason, text=reason * place).status_code == 302
            seen.append(_shown(second, number, reference))
    assert all(pages == seen[0] for pages in seen)

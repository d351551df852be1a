"""Every view and every write is in the access log, whatever came of it: shown by visiting all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from review import permissions
from review.access_log import Action, record
from review.caseload.models import Override
from review.families import views
from review.governance.models import LogLine
from review.people.models import Person
from review.permissions import PAGES
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.conftest import PASSWORD
from tests.review.panels import FAMILY_TARGET, serving
from tests.review.permission_table import ROLES, TABLE, Line
from tests.review.walking import came_of, places, reported, undone, visit

Places = dict[str, str]
_FAMILIES = {"own": made_up.OWN, "team": made_up.COLLEAGUES, "outside": made_up.OTHER_TEAMS}
_OWN_WRITES = ("governance_log", "django_session", "axes_", "otp_totp")
"""Tables that are written because somebody came, and not because of what they did."""


@pytest.fixture(scope="module")
def with_reports(released: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return reported(released, tmp_path_factory.mktemp("every_view"))


@pytest.fixture
def web(app: ReviewContext, with_reports: RunFolder) -> Iterator[ReviewContext]:
    with serving(with_reports) as context:
        yield context


@pytest.fixture
def place(web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]) -> Places:
    return places(client_as, make_person)


@dataclass(frozen=True)
class Seen:
    """What a request left behind: its answer, the lines of the log, and the tables that it wrote."""

    answer: HttpResponse
    lines: list[dict[str, Any]]
    wrote: set[str]

    @property
    def logged(self) -> bool:
        """Whether the log has a line of it, and where it wrote something one that says that something was sent."""
        sent = [line for line in self.lines if line["action"] != "viewed" or line["detail"].endswith(" (sent)")]
        return bool(sent if self.wrote else self.lines)


def watched(ask: Callable[[], HttpResponse]) -> Seen:
    """Ask for something, and see what the database was told."""
    wrote: set[str] = set()

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        words = sql.replace('"', "").split()
        if words[0] in ("INSERT", "UPDATE", "DELETE"):
            wrote.add(words[1] if words[0] == "UPDATE" else words[2])
        return execute(sql, parameters, many, context)

    before = LogLine.objects.count()
    with connection.execute_wrapper(watch):
        answer = ask()
        answer.getvalue()
    lines = list(LogLine.objects.filter(number__gt=before).order_by("number").values())
    return Seen(answer, lines, {table for table in wrote if not table.startswith(_OWN_WRITES)})


@pytest.mark.parametrize("role", (None, *ROLES), ids=str)
def test_every_visit_is_logged_with_who_and_what_came_of_it(
    place: Places, anonymous: Client, client_as: Callable[..., Client], role: Role | None
) -> None:
    browser = client_as(role) if role else anonymous
    for line in TABLE:
        with undone():
            seen = watched(lambda line=line: visit(browser, line, place))
            if role is None and line.page == "home":
                # Whoever comes to log in has asked for nothing yet.
                assert (seen.answer.status_code, seen.lines) == (302, [])
                continue
            assert seen.logged, line
            last = seen.lines[-1]
            assert last["username"] == (role.value if role else "")
            assert last["role"] == (role.value if role else "")
            refused = seen.answer.status_code >= 400 or came_of(seen.answer) == "login"
            assert last["action"] == ("refused" if refused else "viewed"), line
            assert last["detail"].startswith(line.page), line


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_line_about_a_family_says_which(place: Places, client_as: Callable[..., Client], role: Role) -> None:
    """Also one about a family that was refused to somebody of the right role."""
    browser = client_as(role)
    for line in TABLE:
        named = next((family for name, family in _FAMILIES.items() if f"{{{name}}}" in line.path), None)
        if named and role in (Role.support_worker, Role.team_manager) and "override" not in line.page:
            with undone():
                assert watched(lambda line=line: visit(browser, line, place)).lines[-1]["family"] == (
                    named if line.page in ("family", "correction") and _for(role, line) else ""
                )
        if line.page in ("case", "case_agreed") and line.answer(role) == "yes":
            with undone():
                assert watched(lambda line=line: visit(browser, line, place)).lines[-1]["family"].startswith("family-")


def _for(role: Role, line: Line) -> bool:
    return role in next(page.roles for page in PAGES if page.name == line.page)


# --- writes ----------------------------------------------------------------------------------------------

REASON = "The school rang about it"


def writes(place: Places) -> list[tuple[Role, str, dict[str, Any], str]]:
    """Something that each page writes: by whom, where, what is sent, and the action that the log tells of."""
    meeting, case, closed = place["meeting"], place["case"], place["closed"]
    return [
        (Role.support_worker, f"/families/{place['own']}/correction/", _correction(), "decided"),
        (Role.team_manager, f"/outside/{place['outside']}/", {"reason": REASON}, "overrode"),
        (Role.panel_member, "/panel/", {"target": FAMILY_TARGET, "held_on": "2026-10-05"}, "decided"),
        (Role.panel_member, f"/panel/{meeting}/{case}/", {"version": 0, "reason": "unmet_need"}, "decided"),
        (Role.panel_member, f"/panel/{meeting}/close/", {}, "decided"),
        (Role.panel_member, f"/panel/{closed}/{place['offer']}/outcome/", {"outcome": "accepted"}, "decided"),
        (Role.governance, "/account/", _new_password(), "changed_account"),
    ]


def _correction() -> dict[str, Any]:
    return {"system": "joining", "subject": "member", "words": "He moved out in May"}


def _new_password() -> dict[str, Any]:
    return {"old": PASSWORD, "password": "another-one-altogether", "again": "another-one-altogether"}


def test_every_write_is_logged_as_what_it_is(place: Places, client_as: Callable[..., Client]) -> None:
    for role, path, sent, action in writes(place):
        with undone():
            browser = client_as(role)
            seen = watched(lambda browser=browser, path=path, sent=sent: browser.post(path, sent))
            assert seen.wrote, (path, seen.answer.content.decode())
            assert seen.logged, path
            assert action in [line["action"] for line in seen.lines], path
            assert seen.lines[-1]["action"] == "viewed"


def test_no_page_writes_when_it_is_only_looked_at(place: Places, client_as: Callable[..., Client]) -> None:
    for role in ROLES:
        browser = client_as(role)
        for line in TABLE:
            if line.method == "GET" and line.answer(role) == "yes":
                with undone():
                    assert not watched(lambda browser=browser, line=line: visit(browser, line, place)).wrote, line


# --- the walk has power ----------------------------------------------------------------------------------


def test_a_view_that_does_not_log_is_found(place: Places, client_as: Callable[..., Client]) -> None:
    """One that escapes both the decorator and the middleware, and one that writes without saying so."""
    client_as(Role.team_manager)
    person = Person.objects.get(username=Role.team_manager)

    def silent() -> HttpResponse:
        return HttpResponse("a family")

    def sly() -> HttpResponse:
        record(person, Action.viewed, detail="team")
        Override.objects.create(person=person, family_id="F9", on_day=made_up.TODAY, reason=REASON)
        return HttpResponse("done")

    assert not watched(silent).logged
    assert watched(sly).wrote == {"caseload_override"}
    Override.objects.all().delete()
    assert not watched(sly).logged


def test_what_cannot_be_logged_is_not_shown(
    place: Places, client_as: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_as(Role.support_worker)
    browser.raise_request_exception = False
    assert b"Amina" in browser.get(f"/families/{place['own']}/").content

    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(permissions, "record", full)
    answer = browser.get(f"/families/{place['own']}/")
    assert (answer.status_code, b"Amina" in answer.content) == (500, False)


def test_a_page_that_breaks_is_logged_as_refused(
    place: Places, client_as: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(views, "family_page", breaks)
    browser = client_as(Role.support_worker)
    browser.raise_request_exception = False
    seen = watched(lambda: browser.get(f"/families/{place['own']}/"))
    assert seen.answer.status_code == 500
    assert [(line["action"], line["family"]) for line in seen.lines] == [("refused", made_up.OWN)]


def test_a_form_from_elsewhere_is_logged_as_refused(place: Places, client_as: Callable[..., Client]) -> None:
    browser = client_as(Role.support_worker)
    browser.handler.enforce_csrf_checks = True
    seen = watched(lambda: browser.post(f"/families/{place['own']}/correction/", _correction()))
    assert seen.answer.status_code == 403
    assert not seen.wrote
    assert [(line["username"], line["action"]) for line in seen.lines] == [("support_worker", "refused")]
    assert seen.lines[0]["detail"].startswith("form refused: /families/")

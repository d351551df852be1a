"""Every form of the web app: sent by whoever may not, by every method, with any words, and while the log is full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review.access_log import verify
from review.families.models import Correction
from review.people.models import Person
from review.permissions import PAGES, Page
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.conftest import PASSWORD
from tests.review.panels import FAMILY_TARGET, decide, member, opened, references, serving
from tests.review.permission_table import ROLES, TABLE
from tests.review.test_every_view import watched
from tests.review.walking import came_of, places, reported, undone

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REASON = "The school rang about it"
Sent = dict[str, Any]
_PLACES = {page.name: next(line.path for line in TABLE if line.page == page.name) for page in PAGES}
"""One address of each page, as the table has it."""


@dataclass(frozen=True)
class Form:
    """A form that will do: who sends it where, what the log says of it, and the tables it writes, if it writes any."""

    role: Role
    path: str
    sent: Sent
    action: str
    writes: frozenset[str] = field(default_factory=frozenset)


@pytest.fixture(scope="module")
def with_reports(released: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return reported(released, tmp_path_factory.mktemp("every_form"))


@pytest.fixture
def web(app: ReviewContext, with_reports: RunFolder) -> Iterator[ReviewContext]:
    with serving(with_reports) as context:
        yield context


@pytest.fixture
def place(web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]) -> dict[str, str]:
    found = places(client_as, make_person)
    return found | _apart(client_as, make_person)


def _apart(client_as: Callable[..., Client], make_person: Callable[..., Person]) -> dict[str, str]:
    """A closed meeting at which two members differed about a case, and that case."""
    one, other = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(one, "2026-09-24")
    case = references(one, number)[2]
    for browser, reason in ((one, "explained"), (other, "unmet_need")):
        assert decide(browser, number, case, reason).status_code == 302
    one.post(f"/panel/{number}/close/")
    return {"apart": str(number), "differed": case}


@pytest.fixture
def forms(place: dict[str, str]) -> dict[str, Form]:
    """A form that will do for each page that takes any."""
    said = Correction.objects.create(
        **{"family_id": made_up.OWN, "subject": "late", "system": "joining", "words": "He moved out"},
        **{"people": [], "near": [], "said_by": Person.objects.first()},
    )
    worker, manager, panel, governance = (
        *(Role.support_worker, Role.team_manager),
        *(Role.panel_member, Role.governance),
    )
    panels, own, asked = "/panel", f"/families/{place['own']}/correction/", {"words": "zofia", "reason": REASON}
    meeting, closed, apart, case = (place[name] for name in ("meeting", "closed", "apart", "case"))
    differed, offer = place["differed"], place["offer"]
    new = {"old": PASSWORD, "password": "another-one-altogether", "again": "another-one-altogether"}
    wrong, passed = {"system": "joining", "subject": "member", "words": "No"}, {"state": "passed_on"}
    return {
        "home": Form(governance, "/", {}, "viewed"),
        "account": Form(governance, "/account/", new, "changed_account", _of("people_person")),
        "correction": Form(worker, own, wrong, "decided", _of("families_correction")),
        "corrections": Form(
            *(governance, "/families/corrections/", {**passed, "correction": said.pk}, "decided"),
            _of("families_correction"),
        ),
        "search": Form(worker, "/families/search/", {"words": "hassan"}, "searched"),
        "outside": Form(manager, "/outside/", asked, "searched"),
        "override": Form(
            manager, f"/outside/{place['outside']}/", {"reason": REASON}, "overrode", _of("caseload_override")
        ),
        "meetings": Form(
            *(panel, f"{panels}/", {"target": FAMILY_TARGET, "held_on": "2026-10-05"}, "decided"), _of("panel_meeting")
        ),
        "meeting_close": Form(panel, f"{panels}/{meeting}/close/", {}, "decided", _of("panel_meeting")),
        "case": Form(
            *(panel, f"{panels}/{meeting}/{case}/", {"version": 0, "reason": "unmet_need"}, "decided"),
            _of("panel_case", "panel_decision"),
        ),
        "case_agreed": Form(
            *(panel, f"{panels}/{apart}/{differed}/agreed/", {"reason": "unmet_need"}, "decided"),
            _of("panel_agreement"),
        ),
        "case_outcome": Form(
            *(panel, f"{panels}/{closed}/{offer}/outcome/", {"outcome": "accepted"}, "decided"),
            _of("panel_outcome"),
        ),
        "access_log_verify": Form(governance, "/governance/log/verify/", {}, "viewed"),
        "who_looked": Form(
            governance, "/governance/who-looked/", {"family": place["own"], "reason": "Request 17"}, "searched"
        ),
    }


def _of(*tables: str) -> frozenset[str]:
    return frozenset(tables)


# --- who may send what -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", (None, *ROLES), ids=str)
def test_no_method_opens_or_writes_what_another_would_not(
    place: dict[str, str], anonymous: Client, client_as: Callable[..., Client], role: Role | None
) -> None:
    browser = client_as(role) if role else anonymous
    for page in PAGES:
        for method in METHODS:
            if role in page.roles:
                continue
            with undone():
                seen = watched(lambda page=page, method=method: _ask(browser, method, page, place))
            assert came_of(seen.answer) == _turned_away(role, page), (page.name, method)
            assert not seen.wrote, (page.name, method)
            if role is not None or page.name != "home":
                assert [line["action"] for line in seen.lines] == ["refused"], (page.name, method)


def _turned_away(role: Role | None, page: Page) -> str:
    if role is None:
        return "login"
    return "404" if page.about_family else "403"


def _ask(browser: Client, method: str, page: Page, place: dict[str, str]) -> Any:
    return browser.generic(method, _PLACES[page.name].format(**place))


def test_only_what_takes_a_form_takes_one_and_nothing_takes_another_method(
    place: dict[str, str], forms: dict[str, Form], client_as: Callable[..., Client]
) -> None:
    """So that the forms below are all that there are."""
    takes = set()
    for page in PAGES:
        browser = client_as(page.roles[0])
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with undone():
                seen = watched(lambda browser=browser, page=page, method=method: _ask(browser, method, page, place))
            if seen.answer.status_code == 405:
                assert [line["action"] for line in seen.lines] == ["refused"], page.name
            elif method == "POST":
                takes.add(page.name)
            else:
                assert not seen.wrote and page.name == "home", (page.name, method)
    assert takes == set(forms)


# --- what is sent is logged, or not done ------------------------------------------------------------------


def test_every_form_that_is_taken_is_logged_as_what_it_is(
    forms: dict[str, Form], client_as: Callable[..., Client]
) -> None:
    for name, form in forms.items():
        browser = client_as(form.role)
        with undone():
            seen = watched(lambda browser=browser, form=form: browser.post(form.path, form.sent))
        assert seen.answer.status_code in (200, 302), (name, seen.answer.content.decode())
        assert form.writes <= seen.wrote, name
        assert bool(form.writes) == bool(seen.wrote), (name, seen.wrote)
        assert form.action in [line["action"] for line in seen.lines], name
        assert seen.lines[-1]["detail"].startswith(name) and seen.lines[-1]["detail"].endswith(" (sent)"), name


def test_what_cannot_be_logged_is_not_done(forms: dict[str, Form], client_as: Callable[..., Client]) -> None:
    """Neither is anything of it left behind."""

    def full(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO governance_logline"):
            raise OperationalError("the disk is full")
        return execute(sql, parameters, many, context)

    for name, form in forms.items():
        browser = client_as(form.role)
        browser.raise_request_exception = False
        tables = sorted(form.writes)
        with undone():
            before = [_rows(table) for table in tables]
            with connection.execute_wrapper(full):
                answer = browser.post(form.path, form.sent)
            # The line that failed would have the whole test undone, which would hide what was done beside it.
            transaction.set_rollback(False)
            assert answer.status_code == 500, name
            assert [_rows(table) for table in tables] == before, name


def _rows(table: str) -> list[dict[str, Any]]:
    model = apps.get_model(*table.split("_", 1))
    return list(model._base_manager.order_by("pk").values())


# --- any words ---------------------------------------------------------------------------------------------

_HOSTILE = (
    *(made_up.HOSTILE, "\x00", "' OR 1=1 --", "%s%n{}{{7*7}}", "\u202eevil\u2066", "\ud7ff\ufeff\u0301" * 40),
    *("x" * 3000, "İ" * 200, "-1", "1e9", "٣", "\r\nSet-Cookie: x=1", "../../etc/passwd", "O'Neill", "=1+1"),
)
_ASKED = "GET"
WORDS = st.one_of(st.sampled_from(_HOSTILE), st.text(max_size=200))


def fields(place: dict[str, str], forms: dict[str, Form]) -> list[tuple[Form, str]]:
    """Every field of every form above, and of the forms in an address."""
    more = {
        "case": ("text", "not_so", "said_rent_arrears_weeks"),
        "case_agreed": ("text",),
        "who_looked": ("name", "dob"),
        "search": ("dob",),
        "access_log_verify": ("noted",),
    }
    asked = (
        (Role.team_manager, "/families/", ("page", "worker")),
        (Role.panel_member, f"/panel/{place['meeting']}/", ("show",)),
        (Role.governance, "/governance/log/", ("who", "family", "action", "since", "until", "before")),
        (Role.governance, "/governance/log.csv", ("who", "family")),
        (Role.governance, "/accounts/", ("page",)),
        (Role.governance, "/families/corrections/", ("page",)),
    )
    sent = [(form, one) for name, form in forms.items() for one in (*form.sent, *more.get(name, ()))]
    return [*sent, *((Form(role, path, {}, _ASKED), one) for role, path, names in asked for one in names)]


def test_any_words_in_any_field_are_taken_or_refused_and_nothing_breaks(
    place: dict[str, str], forms: dict[str, Form], client_as: Callable[..., Client]
) -> None:
    known = fields(place, forms)
    browsers = {role: client_as(role) for role in {form.role for form, _ in known}}

    @settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(chosen=st.sampled_from(range(len(known))), words=WORDS)
    def fill_in(chosen: int, words: str) -> None:
        form, name = known[chosen]
        browser, sent = browsers[form.role], {**form.sent, name: words}
        with undone():
            answer = browser.get(form.path, sent) if form.action == _ASKED else browser.post(form.path, sent)
            content = answer.getvalue()
            assert answer.status_code in (200, 302, 400, 404, 409), (form.path, name)
            assert b"<script" not in content, (form.path, name)
            assert answer.headers.get("Location", "/").startswith("/"), (form.path, name)
            assert not any("Set-Cookie: x" in value for value in answer.headers.values())
            assert verify().whole

    fill_in()

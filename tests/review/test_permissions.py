"""Every address of the web app visited as every role and without logging in, against a table written by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, clear_url_caches, get_resolver, path, resolve, reverse

import review.urls
from review.caseload.access import family_or_404
from review.people.models import Person
from review.permissions import OPEN_VIEWS, PAGES, page, page_of, visit_of
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.panels import serving
from tests.review.permission_table import ROLES, TABLE, Line, document
from tests.review.walking import came_of, places, reported, undone, visit

DOCS = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
EVERYBODY = (None, *ROLES)


@pytest.fixture(scope="module")
def with_reports(released: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return reported(released, tmp_path_factory.mktemp("permissions"))


@pytest.fixture
def web(app: ReviewContext, with_reports: RunFolder) -> Iterator[ReviewContext]:
    with serving(with_reports) as context:
        yield context


@pytest.fixture
def browser_of(
    web: ReviewContext, anonymous: Client, client_as: Callable[..., Client]
) -> Callable[[Role | None], Client]:
    return lambda role: anonymous if role is None else client_as(role)


def addresses() -> Iterator[Any]:
    """Every address of the URL conf, wherever it is included."""
    waiting: list[Any] = [get_resolver()]
    while waiting:
        found = waiting.pop()
        if isinstance(found, URLResolver):
            waiting.extend(found.url_patterns)
        else:
            yield found


# --- the table is whole ----------------------------------------------------------------------------------


def test_every_view_is_a_page_or_a_step_of_logging_in(app: ReviewContext) -> None:
    found = {pattern.name: page_of(pattern.callback) for pattern in addresses()}
    assert {name for name, shown in found.items() if shown is None} <= set(OPEN_VIEWS)
    assert {name: shown.name for name, shown in found.items() if shown} == {
        name: name for name, shown in found.items() if shown
    }


def test_every_page_is_in_the_table_and_at_its_address(app: ReviewContext) -> None:
    at_addresses = {pattern.name for pattern in addresses()} - set(OPEN_VIEWS)
    assert {line.page for line in TABLE} == at_addresses == {one.name for one in PAGES}
    anything = dict.fromkeys(("meeting", "others", "closed", "audit"), "1") | {"offer": "o"}
    for line in TABLE:
        path = line.path.format(
            **{"own": "k", "team": "k", "outside": "k", "none": "k", "case": "c", "pack": "p"} | anything
        )
        assert resolve(path).url_name == line.page


def test_the_table_and_the_app_name_the_same_roles() -> None:
    """Whom the table lets in somewhere is whom the page is for; other roles find nothing where it is a family's."""
    for one in PAGES:
        lines = [line for line in TABLE if line.page == one.name]
        assert {role for role in ROLES for line in lines if line.answer(role) == "yes"} == set(one.roles)
        wrong = {line.answer(role) for role in ROLES if role not in one.roles for line in lines}
        assert wrong <= ({"404"} if one.about_family else {"403"})


def test_the_docs_say_what_the_table_says() -> None:
    assert DOCS.read_text(encoding="utf-8") == document(), "python -m tests.review.permission_table docs/permissions.md"


# --- visiting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", EVERYBODY, ids=str)
def test_every_page_answers_as_the_table_says(
    web: ReviewContext,
    browser_of: Callable[[Role | None], Client],
    client_as: Callable[..., Client],
    make_person: Callable[..., Person],
    role: Role | None,
) -> None:
    place, browser = places(client_as, make_person), browser_of(role)
    found: dict[Line, str] = {}
    for line in TABLE:
        with undone():
            found[line] = came_of(visit(browser, line, place))
    assert found == {line: line.answer(role) for line in TABLE}


def test_the_steps_of_logging_in_are_open_to_all(web: ReviewContext, anonymous: Client) -> None:
    for name in {pattern.name for pattern in addresses()} & set(OPEN_VIEWS):
        assert anonymous.get(reverse(name)).status_code in (200, 302, 405)


def test_without_the_second_factor_nothing_opens(
    web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    place = places(client_as, make_person)
    for role in (Role.support_worker, Role.governance):
        browser = Client()
        browser.force_login(make_person(role, f"half {role}"), backend="review.people.backend.PasswordBackend")
        assert {came_of(visit(browser, line, place)) for line in TABLE} == {"login"}


def test_an_account_that_was_shut_opens_nothing(web: ReviewContext, client_as: Callable[..., Client]) -> None:
    browser = client_as(Role.support_worker)
    assert browser.get("/families/").status_code == 200
    Person.objects.filter(username=Role.support_worker).update(is_active=False)
    assert came_of(browser.get("/families/")) == "login"


def test_a_role_that_was_changed_counts_at_once(web: ReviewContext, client_as: Callable[..., Client]) -> None:
    browser = client_as(Role.support_worker)
    assert browser.get("/families/").status_code == 200
    Person.objects.filter(username=Role.support_worker).update(role=Role.administrator.value)
    assert browser.get("/families/").status_code == 403


# --- nothing tells what exists ---------------------------------------------------------------------------


def answer_bytes(browser: Client, path: str) -> tuple[int, dict[str, str], bytes]:
    answer = browser.get(path)
    return answer.status_code, dict(answer.headers), answer.content


HOSTILE_KEYS = ("0" * 20, "x", "..", "%2e%2e", "%00", "'; DROP TABLE", "<script>", "é" * 40, "k" * 3000, "-1")


def test_not_yours_and_not_there_are_the_same_bytes(
    web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    place = places(client_as, make_person)
    for role in ROLES:
        browser = client_as(role)
        for form in ("/families/{}/", "/families/{}/correction/"):
            nothing = answer_bytes(browser, form.format(place["none"]))
            assert nothing[0] == 404
            assert nothing == answer_bytes(browser, form.format(place["outside"]))
            for key in HOSTILE_KEYS[:1] + HOSTILE_KEYS[4:]:
                assert nothing == answer_bytes(browser, form.format(key))
        nothing = answer_bytes(browser, "/panel/999999/")
        assert nothing[0] == 404
        assert nothing == answer_bytes(browser, f"/panel/{place['others']}/")
        assert nothing == answer_bytes(browser, f"/panel/{place['others']}/{place['case']}/")


def test_not_yours_and_not_there_ask_the_database_the_same(
    web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    """So that no clock tells one from the other."""
    place = places(client_as, make_person)
    for role in (Role.support_worker, Role.team_manager):
        browser = client_as(role)
        browser.get("/families/")
        asked = []
        for key in (place["none"], place["outside"]):
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/families/{key}/")
            asked.append([shape(query["sql"]) for query in queries])
        assert asked[0] == asked[1]
        assert any("families_family" in sql for sql in asked[0])


def shape(sql: str) -> str:
    """A statement without its values."""
    return re.sub(r"'[^']*'|\d+|_x\d+", "?", sql)


def test_no_key_or_name_of_anothers_family_is_in_any_answer(
    web: ReviewContext, client_as: Callable[..., Client], make_person: Callable[..., Person]
) -> None:
    place = places(client_as, make_person)
    of_others = {Role.support_worker: ("team", "outside"), Role.team_manager: ("outside",)}
    for role in (Role.support_worker, Role.team_manager, Role.equalities_lead, Role.data_scientist, Role.administrator):
        browser = client_as(role)
        secret = [place[name] for name in of_others.get(role, ("own", "team", "outside"))] + ["Zofia"]
        for line in TABLE:
            if any(f"{{{name}}}" in line.path for name in ("outside", "team", "own")) and line.answer(role) != "yes":
                continue
            if line.page == "override":
                continue
            with undone():
                text = visit(browser, line, place).getvalue().decode(errors="replace")
            assert not [one for one in secret if one in text], line


# --- denied by default -----------------------------------------------------------------------------------


def test_a_view_that_is_no_page_serves_nobody(
    app: ReviewContext, client_as: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = path("forgotten/", lambda request: HttpResponse("a family"), name="forgotten")
    monkeypatch.setattr(review.urls, "urlpatterns", [*review.urls.urlpatterns, open_to_all])
    clear_url_caches()
    try:
        with override_settings():
            for role in ROLES:
                answer = client_as(role).get("/forgotten/")
                assert (answer.status_code, b"a family" in answer.content) == (404, False)
    finally:
        monkeypatch.undo()
        clear_url_caches()


def test_a_page_must_be_one_that_is_named() -> None:
    with pytest.raises(KeyError):
        page("no such page")


def test_a_view_that_no_page_let_in_cannot_ask_for_a_family(app: ReviewContext) -> None:
    request = RequestFactory().get("/")
    with pytest.raises(RuntimeError):
        visit_of(request)
    with pytest.raises(RuntimeError):
        family_or_404(request, made_up.OWN)


def asks_for_families(text: str) -> bool:
    """Whether a module reaches families by themselves, and not through what it was given."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("objects", "_default_manager", "_base_manager")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("Family", "Named")
        for node in ast.walk(ast.parse(text))
    ) or bool(re.search(r"""get_model\(.families.|families_family|families_named""", text))


def test_families_are_asked_for_in_one_place() -> None:
    """Elsewhere they are only loaded, or are those that somebody was given: a search keeps to them."""
    room = Path(__file__).resolve().parents[2] / "review"
    asking = {
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if path.parent.name != "migrations" and asks_for_families(path.read_text(encoding="utf-8"))
    }
    assert "caseload/access.py" in asking
    assert asking <= {"caseload/access.py", "families/loading.py", "families/searching.py"}


@pytest.mark.parametrize(
    "text",
    [
        "Family.objects.get(pk=1)",
        "x = [Named._base_manager.all()]",
        'apps.get_model("families", "Family")',
        "cursor.execute('SELECT document FROM families_family')",
    ],
)
def test_asking_elsewhere_is_found(text: str) -> None:
    assert asks_for_families(text)
    assert not asks_for_families("visible_families(person, on).filter(named__words=text)")

"""The pages of governance, and of a family outside the team, in a real Chromium, without scripts but axe's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, Page, expect

from review.access_log import Action, record
from review.people.models import Person
from review.refreshing import refresh
from review.roles import Role
from tests.review import made_up
from tests.review.browsing import RULES, ZOOMED_FOUR_TIMES, chromium, logged_in, serving, session_of

if TYPE_CHECKING:
    from django.test import Client

    from review.settings import ReviewContext

pytestmark = pytest.mark.browser

REASON = "The school rang about it"
Steps = Callable[[Page], None]


def _nothing(page: Page) -> None:
    """The page as it opens."""


def _look(page: Page) -> None:
    page.fill("#id_words", "zofia")
    page.fill("#id_reason", REASON)
    page.click("main button")


def _report(page: Page) -> None:
    page.fill("#id_name", "Amina Hassan")
    page.fill("#id_dob", "2012-03-04")
    page.fill("#id_reason", "Request 17")
    page.click("main button")


def _half(page: Page) -> None:
    page.fill("#id_name", "Amina Hassan")
    page.fill("#id_reason", "Request 17")
    page.click("main button")


PAGES: dict[str, tuple[Role, str, Steps, str]] = {
    "outside": (Role.team_manager, "/outside/", _nothing, "A family outside your team"),
    "found": (Role.team_manager, "/outside/", _look, "What was found"),
    "log": (Role.governance, "/governance/log/", _nothing, made_up.HOSTILE),
    "asked": (Role.governance, "/governance/log/?who=nobody-of-this-name", _nothing, "There is no such line"),
    "verified": (Role.governance, "/governance/log/", lambda page: page.click("text=Check"), "The log is whole"),
    "who": (Role.governance, "/governance/who-looked/", _nothing, "For answering somebody who asks"),
    "half": (Role.governance, "/governance/who-looked/", _half, "Give a full name and a date of birth"),
    "answer": (Role.governance, "/governance/who-looked/", _report, "Before you hand it on"),
    "feeds": (Role.administrator, "/governance/feeds/", _nothing, "How old are the allocations?"),
}


@pytest.fixture(scope="module")
def site(served: ReviewContext, client_as: Callable[..., Client]) -> Iterator[tuple[str, dict[Role, str]]]:
    """The app's address and each role's session, committed so that the server sees them; all made anew afterwards."""
    roles = (Role.support_worker, Role.team_manager, Role.governance, Role.administrator)
    sessions = {role: session_of(client_as(role)) for role in roles}
    worker = Person.objects.get(role=Role.support_worker.value)
    record(worker, Action.viewed, family=made_up.OWN, detail="family", reason=made_up.HOSTILE)
    with serving(get_wsgi_application()) as address:
        yield address, sessions
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="module")
def browser(site: tuple[str, dict[Role, str]]) -> Iterator[Browser]:
    """Started after the site is made, and closed before it is taken down: meanwhile nobody here asks the database."""
    with chromium() as started:
        yield started


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, site: tuple[str, dict[Role, str]], browser: Browser) -> Iterator[Page]:
    """One page, reached by forms that need no script."""
    address, sessions = site
    role, path, steps, words = PAGES[request.param]
    context = logged_in(browser, address, sessions[role], bypass_csp=True)
    opened = context.new_page()
    opened.goto(address + path)
    steps(opened)
    expect(opened.locator("main")).to_contain_text(words)
    opened.wait_for_load_state()
    yield opened
    context.close()


def test_axe_finds_no_violation(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_at_four_times_the_size_nothing_is_cut_off(page: Page) -> None:
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"]


def test_a_report_for_a_resident_has_no_notes_to_staff_on_paper(
    site: tuple[str, dict[Role, str]], browser: Browser
) -> None:
    address, sessions = site
    context = logged_in(browser, address, sessions[Role.governance])
    opened = context.new_page()
    opened.goto(f"{address}/governance/who-looked/")
    _report(opened)
    note = opened.get_by_text("Before you hand it on")
    expect(note).to_be_visible()
    opened.wait_for_load_state()
    opened.emulate_media(media="print")
    expect(note).to_be_hidden()
    expect(opened.get_by_text("A support worker (support_worker)").first).to_be_visible()
    context.close()

"""The family pages in a real Chromium: nothing that keeps anyone from reading them, under the policy in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from review.roles import Role
from tests.review.browsing import RULES, ZOOMED_FOUR_TIMES, chromium, logged_in, serving, session_of
from tests.review.family_rows import put, rich
from tests.support import KEYS

if TYPE_CHECKING:
    from django.test import Client

    from review.settings import ReviewContext

pytestmark = pytest.mark.browser

PAGES = (
    ("families", Role.support_worker, "/families/"),
    ("family", Role.support_worker, "/families/{F1}/"),
    ("search", Role.support_worker, "/families/search/"),
    ("correction", Role.support_worker, "/families/{F1}/correction/"),
    ("team", Role.team_manager, "/families/team/"),
    ("corrections", Role.governance, "/families/corrections/"),
)
STOPS = 60


class Site:
    """The app as it is served: its address, each role's session and each family's key."""

    def __init__(self, address: str, sessions: dict[Role, str], keys: dict[str, str]) -> None:
        self.address = address
        self.sessions = sessions
        self.keys = keys

    def place(self, path: str) -> str:
        return self.address + path.format(**self.keys)


@pytest.fixture(scope="module")
def site(
    served: ReviewContext, client_as: Callable[..., Client], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The rich families, committed so that the server sees them; the made-up council's again afterwards."""
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - Django is not configured before

    from review.families.corrections import say  # noqa: PLC0415
    from review.families.loading import load  # noqa: PLC0415
    from review.families.models import Family  # noqa: PLC0415
    from review.people.models import Person  # noqa: PLC0415
    from review.refreshing import refresh  # noqa: PLC0415

    con = duckdb.connect(config={"threads": 1})
    load(put(tmp_path_factory.mktemp("rich") / "run", rich()), KEYS, con)
    con.close()
    keys = dict(Family.objects.values_list("family_id", "key"))
    sessions = {role: session_of(client_as(role)) for role in sorted({role for _, role, _ in PAGES})}
    worker = Person.objects.get(role=Role.support_worker.value)
    say(worker, "F1", subject="late", system="care", words="He moved out.")
    with serving(get_wsgi_application()) as address:
        yield Site(address, sessions, keys)
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Started after the site is made, and closed before it is taken down: meanwhile nobody here asks the database."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def opened(role: Role, path: str, **more: object) -> Page:
        contexts.append(logged_in(browser, site.address, site.sessions[role], **more))
        page = contexts[-1].new_page()
        answer = page.goto(site.place(path))
        assert answer is not None
        assert answer.status == 200
        return page

    yield opened
    for context in contexts:
        context.close()


every_page = pytest.mark.parametrize(("role", "path"), [one[1:] for one in PAGES], ids=[one[0] for one in PAGES])


@every_page
def test_axe_finds_no_violation_with_everything_unfolded(open_page: Callable[..., Page], role: Role, path: str) -> None:
    page = open_page(role, path, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


@every_page
def test_the_policy_in_force_lets_everything_through_and_nothing_from_elsewhere(
    site: Site, browser: Browser, role: Role, path: str
) -> None:
    context = logged_in(browser, site.address, site.sessions[role])
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.place(path))
    heights = page.evaluate("[...document.querySelectorAll('main svg')].map(one => one.getBoundingClientRect().height)")
    context.close()
    assert [one for one in asked if not one.startswith((site.address, "data:"))] == []
    assert complaints == []
    assert all(height > 40 for height in heights)


@every_page
def test_at_four_times_the_size_nothing_is_cut_off(open_page: Callable[..., Page], role: Role, path: str) -> None:
    page = open_page(role, path)
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"]
    unreachable = page.evaluate(
        """[...document.querySelectorAll('main *')]
           .filter(e => e.scrollWidth > e.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
           .filter(e => e.tabIndex < 0 && e.localName !== 'textarea').map(e => e.outerHTML.slice(0, 80))"""
    )
    assert unreachable == []


@every_page
def test_the_keyboard_sees_where_it_is(open_page: Callable[..., Page], role: Role, path: str) -> None:
    page = open_page(role, path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    unseen = []
    for _ in range(STOPS):
        at, seen = page.evaluate(
            """(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
                return [e.outerHTML.slice(0, 60), s.outlineStyle !== 'none' && b.width > 0 && b.height > 0]; })()"""
        )
        if at.startswith("<body"):
            break
        unseen += [] if seen else [at]
        page.keyboard.press("Tab")
    assert unseen == []


def test_a_worker_finds_a_family_reads_it_and_says_what_is_not_so(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.support_worker, "/families/")
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Name or address").fill("firstp2")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("table").get_by_role("link").first).to_be_visible()
    assert "firstp2" not in page.url
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_text("The figures").first.click()
    expect(page.get_by_role("table", name="Contacts, assessments and plans, the latest first")).to_be_visible()
    page.get_by_role("link", name="This is not so").click()
    page.get_by_label("What is not so?").select_option("missing")
    page.get_by_label("What is right, and how do you know?").fill("There is a baby, born in July.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("There is a baby, born in July.")).to_be_visible()


def test_governance_passes_on_what_was_said(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.governance, "/families/corrections/")
    page.get_by_role("button", name="Passed on").last.click()
    expect(page.get_by_text("With the data's owner").first).to_be_visible()

"""The panel's pages in a real Chromium: two members read, decide, close and agree, and nothing keeps anyone from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Page, expect

from review.refreshing import refresh
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review.browsing import RULES, ZOOMED_FOUR_TIMES, chromium, logged_in, session_of
from tests.review.browsing import serving as at_an_address
from tests.review.panels import Browsers, People, decide, member, opened, references, serving

pytestmark = pytest.mark.browser

STOPS = 60
MEMBERS = ("olive", "peter")


@dataclass(frozen=True)
class Site:
    """The app as it is served, with a meeting that is open and one that is closed."""

    address: str
    sessions: dict[str, str]
    open: int
    closed: int
    cases: list[str] = field(default_factory=list)

    def pages(self) -> dict[str, str]:
        """The path of each kind of page."""
        return {
            "meetings": "/panel/",
            "open meeting": f"/panel/{self.open}/",
            "case to decide on": f"/panel/{self.open}/{self.cases[4]}/",
            "case decided on": f"/panel/{self.open}/{self.cases[3]}/",
            "case of another meeting": f"/panel/{self.open}/{self.cases[0]}/",
            "closed meeting": f"/panel/{self.closed}/",
            "case to agree on": f"/panel/{self.closed}/{self.cases[0]}/",
            "case that is settled": f"/panel/{self.closed}/{self.cases[1]}/",
            "offers": f"/panel/{self.closed}/offers/",
        }


PAGES = (
    *("meetings", "open meeting", "case to decide on", "case decided on", "case of another meeting"),
    *("closed meeting", "case to agree on", "case that is settled", "offers"),
)


@pytest.fixture(scope="module")
def site(served: ReviewContext, released: RunFolder, client_as: Browsers, make_person: People) -> Iterator[Site]:
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - as a server does it

    with serving(released, second_reader_needs=10):
        clients = {name: member(client_as, make_person, name) for name in MEMBERS}
        olive, peter = clients["olive"], clients["peter"]
        closed = opened(olive, "2026-09-14")
        cases = references(olive, closed)
        for browser, reason in ((olive, "explained"), (peter, "unmet_need")):
            decide(browser, closed, cases[0], reason, text="I spoke to the school in June.")
            more = {"not_so": "rent_arrears_weeks", "said_rent_arrears_weeks": "They have a plan and keep to it"}
            decide(browser, closed, cases[1], "unmet_need", **more)
        olive.post(f"/panel/{closed}/close/")
        still_open = opened(olive, "2026-09-21")
        decide(olive, still_open, cases[3], "being_helped", text="Her worker is at the children's centre.")
        sessions = {name: session_of(browser) for name, browser in clients.items()}
        with at_an_address(get_wsgi_application()) as address:
            yield Site(address, sessions, still_open, closed, cases)
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Closed before the site is taken down: meanwhile nobody here asks the database."""
    with chromium() as started:
        yield started


@pytest.fixture
def windows(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows of members."""
    made: list[BrowserContext] = []

    def window(path: str, who: str = "olive", **more: object) -> Page:
        made.append(logged_in(browser, site.address, site.sessions[who], **more))
        page = made[-1].new_page()
        answer = page.goto(site.address + path)
        assert answer is not None and answer.status == 200
        return page

    yield window
    for context in made:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_with_everything_unfolded(site: Site, windows: Callable[..., Page], name: str) -> None:
    page = windows(site.pages()[name], bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_at_four_times_the_size_nothing_is_cut_off(site: Site, windows: Callable[..., Page], name: str) -> None:
    page = windows(site.pages()[name])
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"]


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_sees_where_it_is(site: Site, windows: Callable[..., Page], name: str) -> None:
    page = windows(site.pages()[name])
    unseen = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        at, seen = page.evaluate(
            """(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
                return [e.outerHTML.slice(0, 60), s.outlineStyle !== 'none' && b.width > 0 && b.height > 0]; })()"""
        )
        if at.startswith("<body"):
            break
        unseen += [] if seen else [at]
    assert unseen == []


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_in_force_lets_everything_through_and_nothing_from_elsewhere(
    site: Site, browser: Browser, name: str
) -> None:
    context = logged_in(browser, site.address, site.sessions["olive"])
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.address + site.pages()[name])
    context.close()
    assert [one for one in asked if not one.startswith((site.address, "data:"))] == []
    assert complaints == []


def test_two_members_read_a_case_close_the_meeting_and_agree(site: Site, windows: Callable[..., Page]) -> None:
    """The whole way, as they would go it: with a mouse, and without scripts."""
    case = site.cases[2]
    olive, peter = windows("/panel/", "olive", java_script_enabled=False), windows("/panel/", "peter")
    olive.get_by_label("Day of the meeting").first.fill("2026-10-05")
    olive.get_by_role("button", name="Open a meeting").first.click()
    expect(olive).to_have_url(re.compile(r"/panel/[0-9]+/$"))
    number = olive.url.rstrip("/").rpartition("/")[2]
    for window, reason in (
        (olive, "What was noticed has an ordinary explanation"),
        (peter, "It is worth a conversation"),
    ):
        window.goto(f"{site.address}/panel/{number}/")
        window.get_by_role("link", name=case, exact=True).click()
        window.get_by_label(reason).check()
        window.get_by_role("button", name="Keep my decision").click()
        expect(window.locator("main")).to_contain_text("Your decision is kept")
    end = olive.get_by_role("button", name="Close it for all of us")
    expect(end, "one click does not close a meeting").to_be_hidden()
    olive.get_by_text("Close the meeting", exact=True).click()
    end.click()
    expect(olive.locator("main")).to_contain_text("You can see what each of you decided")
    peter.goto(f"{site.address}/panel/{number}/{case}/")
    expect(peter.locator("main")).to_contain_text("Olive")
    expect(peter.locator("main")).to_contain_text("Needs discussion")
    peter.get_by_label("There seems to be need that nobody is helping with").check()
    peter.get_by_role("button", name="Record what we agreed").click()
    expect(peter.locator("main")).to_contain_text("as agreed on")
    peter.goto(f"{site.address}/panel/{number}/offers/")
    peter.get_by_label("What became of it").select_option("Accepted")
    peter.get_by_role("button", name="Keep").click()
    expect(peter.locator("main")).to_contain_text("accepted, recorded on")

"""Each role's own way through the app in a real Chromium, and every page that the table of permissions has, by axe."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from review.caseload.models import Override
from review.families.models import Family
from review.panel.models import Meeting
from review.people.models import Person
from review.people.second_factor import device_of
from review.permissions import PAGES
from review.refreshing import refresh
from review.roles import Role
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.browsing import DESKTOP, RULES, ZOOMED_FOUR_TIMES, chromium, logged_in, session_of
from tests.review.browsing import serving as at_an_address
from tests.review.conftest import PASSWORD
from tests.review.panels import FAMILY_TARGET, serving
from tests.review.permission_table import ROLES, TABLE
from tests.review.walking import places, reported

if TYPE_CHECKING:
    from django.test import Client

    from review.settings import ReviewContext

pytestmark = pytest.mark.browser

REASON = "The school rang about it"
NOT_PAGES_OF_ITS_OWN = {
    "home": "leads on to another page",
    "report": "a file of the reports, which their own tests open",
    "past_audit": "likewise",
    "access_log_csv": "a file",
}
STRANGER = Role.support_worker.value + "-of-a-list-that-stopped"

MENUS = {
    Role.support_worker: ["Families", "Search", "Fairness"],
    Role.team_manager: ["Families", "Search", "Team", "Outside the team", "Fairness"],
    Role.panel_member: ["Panel", "Fairness"],
    Role.equalities_lead: ["Fairness"],
    Role.data_scientist: ["Fairness"],
    Role.governance: ["Access log", "Who looked", "Corrections", "Feeds", "Accounts", "Fairness"],
    Role.administrator: ["Corrections", "Feeds", "Accounts", "Fairness"],
}


@dataclass(frozen=True)
class Shown:
    """A page as somebody comes to it: whose session, the address, the status, and what is done there first."""

    who: str
    path: str
    status: int = 200
    press: str = ""
    """The button that is pressed before anything is typed, so that the form is found wanting."""


@dataclass(frozen=True)
class Site:
    """The app as it is served: sessions by user name, the second factors' keys, and what stands for names in braces."""

    address: str
    sessions: dict[str, str]
    keys: dict[str, bytes]
    place: dict[str, str]


@pytest.fixture(scope="module")
def site(
    served: ReviewContext,
    released: RunFolder,
    client_as: Callable[..., Client],
    make_person: Callable[..., Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The made-up council with a released list, committed so that the server sees it; all made anew afterwards."""
    with serving(_with_reports(released, tmp_path_factory.mktemp("each_role"))):
        sessions = {role.value: session_of(client_as(role)) for role in ROLES}
        late = make_person(Role.support_worker, STRANGER, worker_key="stopped|W1")
        sessions[STRANGER] = session_of(client_as(Role.support_worker, late))
        place = places(client_as, make_person)
        place["shut"] = str(_of_another_date())
        place["nobodys"] = Family.objects.get(pk=made_up.NOBODYS).key
        manager = Person.objects.get(username=Role.team_manager.value)
        Override.objects.create(person=manager, family_id=made_up.NOBODYS, on_day=made_up.TODAY, reason=REASON)
        keys = {role.value: _key(role) for role in ROLES}
        with at_an_address(get_wsgi_application()) as address:
            yield Site(address, sessions, keys, place)
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


def _with_reports(run: RunFolder, folder: Path) -> RunFolder:
    copy = reported(run, folder)
    (copy.root / "reports" / "chain.html").write_text("<title>Chain</title><p>The chain</p>", encoding="utf-8")
    return copy


def _of_another_date() -> int:
    """A meeting about a list that another has taken the place of: nothing of it is shown."""
    member = Person.objects.get(username=Role.panel_member.value)
    day = dt.date(2026, 3, 31)
    made = Meeting.objects.create(
        panel=member.panel, target=FAMILY_TARGET, as_of=day, held_on=day, state="open", opened_by=member
    )
    return int(made.pk)


def _key(role: Role) -> bytes:
    device = device_of(Person.objects.get(username=role.value), confirmed=True)
    assert device is not None
    return bytes(device.bin_key)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Closed before the site is taken down: meanwhile nobody here asks the database."""
    with chromium() as started:
        yield started


# --- every page --------------------------------------------------------------------------------------------


def _all_pages() -> dict[str, Shown]:
    """Each address of the table that opens, as the first role that it opens to; and what else somebody may come to."""
    shown = {
        f"{line.page} {line.path}": Shown(next(role for role in ROLES if line.answer(role) == "yes").value, line.path)
        for line in TABLE
        if line.method == "GET" and "yes" in line.answers and line.page not in NOT_PAGES_OF_ITS_OWN
    }
    worker, panel = Role.support_worker.value, Role.panel_member.value
    return shown | {
        "closed meeting": Shown(panel, "/panel/{closed}/"),
        "case of a closed meeting": Shown(panel, "/panel/{closed}/{offer}/"),
        "list that is shut": Shown(panel, "/panel/{shut}/", 403),
        "family opened with a reason": Shown(Role.team_manager.value, "/families/{nobodys}/"),
        "feed that is too old": Shown(STRANGER, "/families/"),
        "search while a feed is too old": Shown(STRANGER, "/families/search/"),
        "page of another role": Shown(worker, "/governance/log/", 403),
        "nothing there": Shown(worker, "/families/{outside}/", 404),
        "search for nothing": Shown(worker, "/families/search/", press="Find"),
        "no reason": Shown(Role.team_manager.value, "/outside/", press="Look"),
        "no old password": Shown(Role.data_scientist.value, "/account/", press="Change"),
        "no words": Shown(worker, "/families/{own}/correction/", press="Send"),
        "no reason for looking": Shown(Role.governance.value, "/governance/who-looked/", press="Make"),
    }


SHOWN = _all_pages()


def test_every_page_is_among_them() -> None:
    here = {name.partition(" /")[0] for name in SHOWN}
    got = {line.page for line in TABLE if line.method == "GET" and "yes" in line.answers}
    assert got == {one.name for one in PAGES if one.name in here | set(NOT_PAGES_OF_ITS_OWN)}


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_no_violation_and_nothing_is_cut_off(site: Site, browser: Browser, name: str) -> None:
    one = SHOWN[name]
    context = logged_in(browser, site.address, site.sessions[one.who], bypass_csp=True)
    page = context.new_page()
    answer = page.goto(site.address + one.path.format(**site.place))
    assert answer is not None and answer.status == one.status
    if one.press:
        page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
        page.get_by_role("main").get_by_role("button", name=one.press).first.click()
        expect(page.locator(".wrong").first).to_be_visible()
        page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found] == []
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"]
    context.close()


# --- each role's way ---------------------------------------------------------------------------------------


def _opens_a_family(page: Page) -> None:
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="The Hassan family")).to_be_visible()


def _opens_one_outside_the_team(page: Page) -> None:
    page.get_by_role("link", name="Outside the team").click()
    page.get_by_label("Why you need to see it").fill(REASON)
    page.get_by_label("Name of somebody in the family").fill("zofia")
    page.get_by_role("button", name="Look").click()
    page.locator(".found").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="The O'Neill family")).to_be_visible()


def _opens_a_case(page: Page) -> None:
    page.get_by_role("table").get_by_role("link", name="23 September 2026").first.click()
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="What the records say")).to_be_visible()


def _reads_what_names_nobody(page: Page) -> None:
    page.get_by_role("link", name="From the population to the list").click()
    expect(page.get_by_text("The chain")).to_be_visible()
    page.go_back()


def _checks_the_log(page: Page) -> None:
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="The log is whole")).to_be_visible()


def _finds_an_account(page: Page) -> None:
    page.get_by_role("link", name="Accounts").click()
    expect(page.get_by_role("table").get_by_text("A data scientist").first).to_be_visible()


WORK: dict[Role, Callable[[Page], None]] = {
    Role.support_worker: _opens_a_family,
    Role.team_manager: _opens_one_outside_the_team,
    Role.panel_member: _opens_a_case,
    Role.equalities_lead: _reads_what_names_nobody,
    Role.data_scientist: _reads_what_names_nobody,
    Role.governance: _checks_the_log,
    Role.administrator: _finds_an_account,
}


def _enter(page: Page, site: Site, role: Role) -> None:
    """Log in by both steps."""
    page.goto(f"{site.address}/")
    page.get_by_label("User name").fill(role.value)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    totp = TOTP(site.keys[role.value])
    totp.time = time.time()
    page.get_by_label("Code").fill(f"{totp.token():06d}")
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_each_role_logs_in_does_its_work_and_leaves_without_scripts(site: Site, browser: Browser, role: Role) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    _enter(page, site, role)
    WORK[role](page)
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link")).to_have_text(MENUS[role])
    for label in MENUS[role]:
        menu.get_by_role("link", name=label, exact=True).click()
        expect(menu.locator("[aria-current=page]")).to_have_text([label])
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("User name"), "nothing is kept by the browser").to_be_visible()
    context.close()

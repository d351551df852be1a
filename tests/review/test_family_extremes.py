"""Ten times the data and hostile names: a large family, a long history, long and right-to-left names, a large team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from residents.tables import FAMILIES, PEOPLE, SERVICE_GROUPS
from review.caseload.models import Allocation, Worker
from review.families.models import Family, Named
from review.refreshing import Feed, refresh
from review.roles import Role
from sources.tables import (
    BENEFIT_SPELLS,
    CONTACTS,
    OUTCOME_SCORES,
    PERSON_RECORDS,
    RENT_TRANSACTIONS,
    SERVICE_EPISODES,
)
from store.table import Table
from tests.review import made_up
from tests.review.browsing import RULES, chromium, logged_in, serving, session_of
from tests.review.family_rows import grouped, known
from tests.support import put_table

if TYPE_CHECKING:
    from django.test import Client

    from review.settings import ReviewContext

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 700}
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 6
NAMES = (
    LONG,
    "<script>alert(1)</script>",
    '=HYPERLINK("x") "quoted" & \'said\'',
    "محمد عبد الرحمن",
    "יעקב",
    "Zoë Núñez",
    "李小龍",
    "\u202egnihtyna",
    "O'Neill-Ó Súilleabháin",
    *(f"Child {number}" for number in range(5)),
)
MEMBERS = len(NAMES)
TEAM = 400


def large(folder: Path) -> Feed:
    """The made-up council with W1's family of fourteen, thirty years of rent, and names of every kind."""
    run = made_up.make_run(folder / "large")
    people = [f"L{number}" for number in range(MEMBERS)]
    born = [dt.date(1980 if number < 2 else 2010 + number % 14, 1, 1 + number) for number in range(MEMBERS)]
    since = made_up.LONG_AGO

    def add(table: Table, rows: list[dict[str, Any]]) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - beside what reads it

        held = pq.read_table(run.path(table)).to_pylist() if run.path(table).is_file() else []
        put_table(run, table, sorted(held + rows, key=lambda row: [str(row.get(name)) for name in table.sort]))

    add(
        FAMILIES,
        [
            {
                **{"family_id": made_up.OWN, "person_id": person, "role": "adult" if number < 2 else "child"},
                **{"from_date": since, "recorded_on": since, "confidence": 0.99, "basis": "home"},
            }
            for number, person in enumerate(people)
        ],
    )
    add(
        PEOPLE,
        [
            {"person_id": person, "forename": name, "surname": LONG, "dob": day, "sex": "F"}
            for person, name, day in zip(people, NAMES, born, strict=True)
        ],
    )
    groups = ("tenancy", "benefit_claim", "case_family")
    add(SERVICE_GROUPS, [grouped(kind, kind, person_id="L0", too_large=False) for kind in groups])
    months = [dt.date(made_up.TODAY.year - 30 + number // 12, 1 + number % 12, 1) for number in range(360)]
    add(
        RENT_TRANSACTIONS,
        [
            grouped("tenancy", "tenancy", event_date=day, kind="rent", amount_pence=12_345_67)
            for day in months
            if day < made_up.TODAY
        ],
    )
    add(
        BENEFIT_SPELLS,
        [
            grouped("benefit_claim", "benefit_claim", event_date=day, benefit="housing_benefit", row_kind="spell")
            for day in months[::40]
        ],
    )
    add(
        OUTCOME_SCORES,
        [
            grouped("case_family", "case_family", event_date=since, stage="opening", domain=domain, score=number % 11)
            for number, domain in enumerate((*NAMES[:8], "x" * 120))
        ],
    )
    add(
        SERVICE_EPISODES,
        [grouped("case_family", "case_family", event_date=day, service="early_help") for day in months[::30]],
    )
    add(
        CONTACTS,
        [known("RP2", event_date=day, outcome="referral", reason=LONG, referral_source="1A") for day in months[200::8]],
    )
    assert run.path(PERSON_RECORDS).is_file()
    return Feed(run, made_up.COUNCIL.extract_date)


def many_more() -> None:
    """Four hundred families more of W1's, and a worker with the longest name."""
    Worker.objects.filter(key=made_up.worker_key(made_up.OTHER_WORKER)).update(name=LONG[:200])
    known_of = Allocation.objects.filter(worker_key=made_up.worker_key(made_up.WORKER)).first()
    assert known_of is not None
    names = [NAMES[number % MEMBERS] for number in range(TEAM)]
    rest = {"members": 2, "children": 1, "document": {}, "loaded_from": ""}
    Family.objects.bulk_create(
        Family(
            family_id=f"M{number}",
            key=f"{number:020x}",
            name=name,
            children_named=f"{name} 4, {name} 2",
            adults_named=name,
            **rest,
        )
        for number, name in enumerate(names)
    )
    Named.objects.bulk_create(Named(family_id=f"M{number}", words="alike") for number in range(TEAM))
    for number in range(TEAM):
        known_of.pk, known_of.family_id = None, f"M{number}"
        if number % 2:
            known_of.save(force_insert=True)


@pytest.fixture(scope="module")
def site(
    served: ReviewContext, client_as: Callable[..., Client], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[Role, str], str]]:
    """The app's address, each role's session, and the large family's key."""
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - Django is not configured before

    refresh(served, large(tmp_path_factory.mktemp("extremes")))
    many_more()
    sessions = {role: session_of(client_as(role)) for role in (Role.support_worker, Role.team_manager)}
    key = str(Family.objects.get(pk=made_up.OWN).key)
    with serving(get_wsgi_application()) as address:
        yield address, sessions, key
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="module")
def browser(site: tuple[str, dict[Role, str], str]) -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page_of(site: tuple[str, dict[Role, str], str], browser: Browser) -> Iterator[Callable[[Role, str], Page]]:
    address, sessions, key = site
    contexts = []

    def opened(role: Role, path: str) -> Page:
        contexts.append(logged_in(browser, address, sessions[role], bypass_csp=True))
        page = contexts[-1].new_page()
        page.set_viewport_size(NARROW)
        answer = page.goto(address + path.format(key=key))
        assert answer is not None
        assert answer.status == 200
        return page

    yield opened
    for context in contexts:
        context.close()


def assert_readable(page: Page) -> None:
    """Nothing is wider than a phone, nothing that a name holds became markup, and axe finds nothing."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate("document.querySelectorAll('main script').length") == 0
    cut = page.evaluate(
        """[...document.querySelectorAll('main td, main th, main p, main li, main h1, main figcaption, main button')]
           .filter(e => e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
    )
    assert cut == []
    beyond = page.evaluate(
        """[...document.querySelectorAll('main svg text')].filter(one => {
             const a = one.getBoundingClientRect(), b = one.closest('svg').getBoundingClientRect();
             return a.left < b.left - 1 || a.right > b.right + 1; }).map(one => one.textContent)"""
    )
    assert beyond == []
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.support_worker, "/families/"),
        (Role.support_worker, "/families/?page=3"),
        (Role.support_worker, "/families/{key}/"),
        (Role.support_worker, "/families/{key}/correction/"),
        (Role.team_manager, "/families/team/"),
    ],
    ids=["families", "a-later-page", "family", "correction", "team"],
)
def test_pages_stay_readable_on_a_phone(page_of: Callable[[Role, str], Page], role: Role, path: str) -> None:
    assert_readable(page_of(role, path))


def test_a_search_over_a_large_team_stays_readable(page_of: Callable[[Role, str], Page]) -> None:
    page = page_of(Role.support_worker, "/families/search/")
    page.get_by_label("Name or address").fill("alike")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("30 families, the likeliest first; there may be more")).to_be_visible()
    page.wait_for_load_state()
    assert_readable(page)


def test_families_outside_the_team_stay_readable(page_of: Callable[[Role, str], Page]) -> None:
    page = page_of(Role.team_manager, "/outside/")
    page.get_by_label("Name of somebody in the family").fill("alike")
    page.get_by_label("Why you need to see it").fill("The school rang about them")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_text("The first 20 families; there may be more")).to_be_visible()
    page.wait_for_load_state()
    assert_readable(page)
    page.get_by_role("button", name="Open ").first.click()


def test_a_row_of_a_table_names_each_cell_where_it_stands_as_a_list(page_of: Callable[[Role, str], Page]) -> None:
    page = page_of(Role.support_worker, "/families/{key}/")
    table = page.get_by_role("table", name="Members now")
    assert table.get_by_role("row").count() == MEMBERS + 3
    said = table.get_by_role("cell").nth(0).evaluate("one => getComputedStyle(one, '::before').content")
    assert said == '"Age"'

"""Every page in a real Chromium: nothing that keeps anyone from reading it, at any size, with or without a mouse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from store.run_folder import RunFolder
from tests.reports.samples import CAPACITY, FAMILY_TARGET
from tests.reports.test_pages import PAGES

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DESKTOP = {"width": 1280, "height": 900}
ZOOMED_FOUR_TIMES = {"width": 320, "height": 256}
"""WCAG 2.2, 1.4.10: 1280 CSS pixels at 400% are 320."""
PAPER = 680
"""CSS pixels between the margins of an A4 sheet: 180 mm."""
STOPS = 60
"""Places that the keyboard is followed to."""


@dataclass(frozen=True)
class Opened:
    """A page as it stands open, what it asked for, and what it complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "make test-browser needs Chromium: install the package chromium"
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        started = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield started
        started.close()


@pytest.fixture(params=PAGES)
def opened(request: pytest.FixtureRequest, browser: Browser, reported: RunFolder) -> Iterator[Opened]:
    """One report, as from a shared folder."""
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    found = Opened(context.new_page())
    found.page.on("request", lambda asked: found.asked.append(asked.url))
    found.page.on("console", lambda said: found.complaints.append(said.text))
    found.page.on("dialog", lambda asked: (found.complaints.append(asked.message), asked.dismiss()))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto((reported.root / request.param).as_uri())
    yield found
    context.close()


@pytest.fixture
def page(opened: Opened) -> Page:
    return opened.page


def test_axe_finds_no_violation(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_a_page_asks_for_nothing_but_itself_and_complains_of_nothing(opened: Opened) -> None:
    assert [asked for asked in opened.asked if not asked.startswith("data:")] == [opened.page.url]
    assert opened.complaints == []


def test_at_four_times_the_size_nothing_is_cut_off(page: Page) -> None:
    """Only what may scroll sideways in itself (a table, a chart) is wider than the window, and Tab reaches it."""
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"]
    unreachable = page.evaluate(
        """[...document.querySelectorAll('main *')]
           .filter(e => e.scrollWidth > e.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
           .filter(e => e.tabIndex < 0).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert unreachable == []


def test_the_keyboard_reaches_the_content_first_and_every_stop_is_seen(page: Page) -> None:
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


def test_it_prints_on_a4_without_cutting_a_table_off(page: Page) -> None:
    """On paper nothing scrolls: whatever is wider than the sheet is lost."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    wide = page.evaluate(
        """paper => [...document.querySelectorAll('main table, main svg')]
           .map(e => [e.getBoundingClientRect().right - paper, e.outerHTML.slice(0, 80)]).filter(e => e[0] > 1)""",
        PAPER,
    )
    assert wide == []
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_sheet_of_the_pack_and_its_cover_are_one_side_of_paper(browser: Browser, reported: RunFolder) -> None:
    folder = reported.root / "reports" / FAMILY_TARGET
    page = browser.new_page()
    sheets = []
    for name in ("explanation.html", "explanation_cover.html"):
        page.goto((folder / name).as_uri())
        printed = PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        sheets.append([sheet.extract_text() for sheet in printed.pages])
    page.close()
    begun = [text for text in sheets[0] if "I wonder what is happening" in text]
    assert len(begun) == CAPACITY
    assert all("Decided by" in text for text in begun)
    assert len(sheets[1]) == 1

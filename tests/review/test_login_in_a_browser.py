"""Logging in and the fairness page in a real Chromium, from a one-time password to a page of one's own."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need Playwright")

from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from review.fairness.audits import keep
from review.fairness.models import KeptAudit
from review.people import accounts
from review.refreshing import refresh
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.review.browsing import DESKTOP, RULES, ZOOMED_FOUR_TIMES, chromium, serving

pytestmark = pytest.mark.browser

OWN = "quiet-river-meadow-stone"


class Site:
    """The app as it is served, and the one-time passwords of two new accounts."""

    def __init__(self, address: str, passwords: dict[str, str]) -> None:
        self.address = address
        self.passwords = passwords


@pytest.fixture(scope="module")
def site(served: ReviewContext, released: RunFolder) -> Iterator[Site]:
    """The app on a run with a released list, with an audit of before, committed so that the server sees all."""
    with override_settings(REVIEW=replace(served, run=released)):
        passwords = {name: accounts.add(name, "Eve Quality", Role.equalities_lead)[1] for name in ("eve", "ada")}
        keep(released)
        for audit in KeptAudit.objects.all():
            KeptAudit.objects.create(target=audit.target, sha256="0" * 64, title="", verdict="fail", page="<p>Old</p>")
        with serving(get_wsgi_application()) as address:
            yield Site(address, passwords)
    call_command("flush", interactive=False, verbosity=0)
    refresh(served)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Started after the site is made: meanwhile this thread does not ask the database."""
    with chromium() as started:
        yield started


def log_in(page: Page, site: Site, name: str, at_each_step: Any = lambda page: None) -> None:
    """From a one-time password to the first page, by what the pages themselves show."""
    page.goto(f"{site.address}/")
    at_each_step(page)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(site.passwords[name])
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same again").fill("short")
    page.get_by_role("button", name="Continue").click()
    at_each_step(page)
    page.get_by_label("New password").fill(OWN)
    page.get_by_label("The same again").fill(OWN)
    page.get_by_role("button", name="Continue").click()
    at_each_step(page)
    page.get_by_label("Code").fill(code_of(page.locator("figcaption .mono").inner_text()))
    page.get_by_role("button", name="Log in").click()


def code_of(key: str) -> str:
    """What an app on a phone makes of the key that the page shows."""
    text = key.replace(" ", "")
    totp = TOTP(base64.b32decode(text + "=" * (-len(text) % 8)))
    totp.time = time.time()
    return f"{totp.token():06d}"


def check(page: Page) -> None:
    """No violation of WCAG 2.2 AA, and nothing cut off at four times the size."""
    page.wait_for_load_state()
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == [], page.url
    page.set_viewport_size(ZOOMED_FOUR_TIMES)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED_FOUR_TIMES["width"], page.url
    page.set_viewport_size(DESKTOP)


def test_every_step_can_be_read_and_used_by_all(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    page = context.new_page()
    log_in(page, site, "eve", check)
    expect(page.get_by_role("heading", name="How fair are the lists?")).to_be_visible()
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    check(page)
    page.goto(f"{site.address}/nothing/")
    check(page)
    page.goto(f"{site.address}/")
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("User name").fill("eve")
    page.get_by_label("Password").fill(OWN)
    page.get_by_role("button", name="Continue").click()
    check(page)
    context.close()


def test_it_works_without_scripts_and_under_the_policy_in_force(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    log_in(page, site, "ada")
    expect(page.get_by_text("A panel may read the list").first).to_be_visible()
    page.get_by_role("link", name="Report of").first.click()
    expect(page.get_by_text("Old")).to_be_visible()
    context.close()
    assert [one for one in asked if not one.startswith((site.address, "data:"))] == []
    assert complaints == []

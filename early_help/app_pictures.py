"""Pictures of the web app for the handbook: each page as the role that has it sees it, on the way that people go.

A server of its own is started on a database that is thrown away, with the accounts of ``early-help serve --demo``. A
worker opens a family and says what is wrong, two panel members decide, a manager opens a family outside the team, and
governance reads who looked. It needs the extras ``web`` and ``dev``, and Chromium.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from early_help.serve_command import bring_up_to_date, opened
from store.errors import UsageError
from store.files import write_bytes
from store.run_folder import RunFolder

PREFIX = "app-"
_HOST = "127.0.0.1"
_WIDTH, _HEIGHT = 1000, 800
_PHONE = {"width": 390, "height": 800}
_SECONDS = 60
"""How long the server may take to answer for the first time."""
_DATABASE = "DATABASE_URL"
_NEWCOMER = "newcomer"
_OWN_PASSWORD = "-".join(("quiet", "river", "meadow", "stone"))


@dataclass(frozen=True)
class Shot:
    """One picture, of the page of that name (`review.permissions.Page`), or of a step of logging in."""

    name: str
    page: str


SHOTS = (
    *(Shot("login", "login"), Shot("new-password", "new_password"), Shot("set-up", "set_up"), Shot("code", "code")),
    *(Shot("families", "families"), Shot("family", "family"), Shot("family-timeline", "family")),
    *(Shot("family-school", "family"), Shot("family-phone", "family"), Shot("correction", "correction")),
    *(Shot("search", "search"), Shot("team", "team"), Shot("outside", "outside"), Shot("override", "override")),
    *(Shot("meetings", "meetings"), Shot("meeting", "meeting"), Shot("case", "case"), Shot("decision", "case")),
    *(Shot("agree", "case"), Shot("offers", "offers"), Shot("fairness", "fairness"), Shot("report", "report")),
    *(Shot("log", "access_log"), Shot("verified", "access_log_verify"), Shot("who-looked", "who_looked")),
    *(Shot("feeds", "feeds"), Shot("corrections", "corrections"), Shot("account", "account")),
    Shot("accounts", "accounts"),
)


class Camera:
    """Whoever walks through the app, and takes a picture of what they see."""

    def __init__(self, browser: Any, address: str, folder: Path, code_of: Callable[[str], str], most: int) -> None:
        self._browser, self._address, self._folder = browser, address, folder
        self._code_of, self._most = code_of, most
        self.taken: list[Path] = []

    def window(self) -> Any:
        """A page of somebody who has not logged in."""
        context = self._browser.new_context(
            viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-GB", java_script_enabled=False
        )
        page = context.new_page()
        page.goto(self._address)
        return page

    def logged_in(self, username: str, password: str) -> Any:
        """The first page of somebody of a role."""
        page = self.window()
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Continue").click()
        self.enter(page, self._code_of(username))
        return page

    def enter(self, page: Any, code: str) -> None:
        """Type the second step's code."""
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Log in").click()

    def open(self, page: Any, path: str) -> None:
        """Go to an address of the app. Raises UsageError where it does not answer with a page."""
        answer = page.goto(self._address + path)
        if answer is None or not answer.ok:
            raise UsageError("The app did not show a page that was to be pictured.", where=path)

    def take(self, page: Any, name: str, at: Any = None, **clip: int) -> None:
        """Take what stands from ``at`` (a locator; the top of the page without it) as far down as all have."""
        page.wait_for_load_state()
        top = at.bounding_box()["y"] if at is not None else 0
        size = {"width": _WIDTH, "height": _HEIGHT} | clip
        content: bytes = page.screenshot(full_page=True, clip={"x": 0, "y": top, **size}, animations="disabled")
        if len(content) > self._most:
            raise UsageError(f"The picture {name} has {len(content):,} bytes.", fix="Take less of the page.")
        path = self._folder / f"{PREFIX}{name}.png"
        write_bytes(path, content)
        self.taken.append(path)


def take(run: RunFolder, folder: Path, chromium: str, most: int) -> list[Path]:
    """Take every picture of a made-up borough's app into ``folder``, as PNG of at most ``most`` bytes; their paths.

    Raises UsageError where the app does not come up or a page is not as it was.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - from the extra dev

    with tempfile.TemporaryDirectory() as scratch, _database(Path(scratch)):
        context = opened(str(run.root))
        bring_up_to_date(context)
        passwords = _accounts()
        with _served(run) as address, sync_playwright() as playwright, ThreadPoolExecutor(1) as asking:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            camera = Camera(browser, address, folder, lambda name: asking.submit(_code_of, name).result(), most)
            for walk in (_newcomer, _worker, _manager, _panel, _readers):
                walk(camera, passwords)
            browser.close()
    return camera.taken


@contextmanager
def _database(folder: Path) -> Iterator[None]:
    """The app's database is a file in ``folder``, here and in processes that are started."""
    before = os.environ.get(_DATABASE)
    os.environ[_DATABASE] = f"sqlite:///{folder / 'review.sqlite3'}"
    try:
        yield
    finally:
        os.environ.pop(_DATABASE)
        if before is not None:
            os.environ[_DATABASE] = before


def _accounts() -> dict[str, str]:
    """One account of each role, and one that has never logged in; their passwords."""
    from review.demo import make_accounts  # noqa: PLC0415 - Django is configured by now
    from review.people.accounts import add  # noqa: PLC0415
    from review.roles import Role  # noqa: PLC0415

    made = {one.username: one.password for one in make_accounts()}
    made[_NEWCOMER] = add(_NEWCOMER, "Nia Newcomer", Role.equalities_lead)[1]
    return made


def _code_of(username: str) -> str:
    """Asked in a thread of its own: the one that Playwright runs in may not ask the database."""
    from review.demo import code_of  # noqa: PLC0415 - Django is configured by now

    return code_of(username)


@contextmanager
def _served(run: RunFolder) -> Iterator[str]:
    """The address at which the app answers, until the context ends."""
    from review.serving import RUN_VARIABLE  # noqa: PLC0415 - Django is configured by now

    with closing(socket.socket()) as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "review.serving", _HOST, str(port), "1"]
    server = subprocess.Popen(command, env={**os.environ, RUN_VARIABLE: str(run.root)})  # noqa: S603 - this very Python
    try:
        _wait(server, port)
        yield f"http://{_HOST}:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and server.poll() is None:
        with closing(socket.socket()) as trial:
            if trial.connect_ex((_HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise UsageError("The app's server did not come up.", fix="Try early-help serve RUN, and read what it says.")


# --- the ways that people go ------------------------------------------------------------------------------


def _newcomer(camera: Camera, passwords: dict[str, str]) -> None:
    """From a one-time password to the second step."""
    page = camera.window()
    camera.take(page, "login", height=520)
    page.get_by_label("User name").fill(_NEWCOMER)
    page.get_by_label("Password").fill(passwords[_NEWCOMER])
    page.get_by_role("button", name="Continue").click()
    camera.take(page, "new-password", height=620)
    page.get_by_label("New password").fill(_OWN_PASSWORD)
    page.get_by_label("The same again").fill(_OWN_PASSWORD)
    page.get_by_role("button", name="Continue").click()
    camera.take(page, "set-up")
    page.context.close()


def _worker(camera: Camera, passwords: dict[str, str]) -> None:
    """Own families, one of them, and what is wrong there."""
    asked = camera.window()
    asked.get_by_label("User name").fill("data")
    asked.get_by_label("Password").fill(passwords["data"])
    asked.get_by_role("button", name="Continue").click()
    camera.take(asked, "code", height=470)
    asked.context.close()
    page = camera.logged_in("worker", passwords["worker"])
    camera.open(page, "/families/")
    camera.take(page, "families")
    _a_family_at_school(camera, page)
    camera.take(page, "family")
    for name, heading in (("family-timeline", "Contacts, assessments and plans"), ("family-school", "School")):
        camera.take(page, name, page.get_by_role("heading", name=heading, exact=True))
    page.set_viewport_size(_PHONE)
    camera.take(page, "family-phone", width=_PHONE["width"])
    page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
    family = page.url
    page.get_by_role("link", name="This is not so").first.click()
    page.get_by_label("What is right, and how do you know?").fill("They moved in June; the mother told me.")
    camera.take(page, "correction")
    page.get_by_role("button", name="Send").click()
    page.goto(family)
    surname = re.sub(r"^The | family.*$", "", page.get_by_role("heading", level=1).inner_text())
    camera.open(page, "/families/search/")
    page.get_by_label("Name or address").fill(surname)
    page.get_by_role("button", name="Find").click()
    camera.take(page, "search")
    page.context.close()


def _a_family_at_school(camera: Camera, page: Any) -> None:
    """The first family on the page whose children's attendance there is a chart of, or else the last."""
    links = page.get_by_role("table").get_by_role("link").all()
    for path in [link.get_attribute("href") for link in links]:
        camera.open(page, path)
        if page.locator("#school svg").count():
            return


def _manager(camera: Camera, passwords: dict[str, str]) -> None:
    """The team, and a family outside it."""
    page = camera.logged_in("manager", passwords["manager"])
    camera.open(page, "/families/team/")
    camera.take(page, "team")
    camera.open(page, "/outside/")
    page.get_by_label("Why you need to see it").fill("The school asked us to help them while their worker is away.")
    page.get_by_label("Name of somebody in the family").fill("smith")
    page.get_by_role("button", name="Look").click()
    camera.take(page, "outside")
    page.locator("ul.found").get_by_role("button").first.click()
    camera.take(page, "override", height=520)
    page.context.close()


def _panel(camera: Camera, passwords: dict[str, str]) -> None:
    """Two members open a meeting, decide without seeing the other's decision, close it and agree."""
    one, two = (camera.logged_in(name, passwords[name]) for name in ("panel-one", "panel-two"))
    camera.open(one, "/panel/")
    camera.take(one, "meetings")
    one.get_by_role("button", name="Open a meeting").first.click()
    camera.take(one, "meeting")
    meeting = one.url
    cases = one.get_by_role("table", name="Cases").get_by_role("link").all()
    paths = [case.get_attribute("href") for case in cases[:2]]
    camera.open(one, paths[0])
    camera.take(one, "case")
    camera.take(one, "decision", one.locator("#decide"))
    for page, reasons in ((one, ("explained", "unmet_need")), (two, ("unmet_need", "unmet_need"))):
        for path, reason in zip(paths, reasons, strict=True):
            camera.open(page, path)
            page.locator(f"input[name=reason][value={reason}]").check()
            page.get_by_role("button", name="Keep my decision").click()
    one.goto(meeting)
    one.get_by_text("Close the meeting", exact=True).click()
    one.get_by_role("button", name="Close it for all of us").click()
    camera.open(two, paths[0])
    camera.take(two, "agree", two.get_by_role("heading", name="What the panel decided"))
    two.goto(f"{meeting}offers/")
    camera.take(two, "offers", height=560)
    one.context.close()
    two.context.close()


def _readers(camera: Camera, passwords: dict[str, str]) -> None:
    """What the other roles read: how fair the lists are, who looked, how old feeds are, what was said to be wrong."""
    page = camera.logged_in("equalities", passwords["equalities"])
    camera.open(page, "/fairness/")
    camera.take(page, "fairness")
    camera.open(page, "/reports/chain.html")
    camera.take(page, "report")
    camera.open(page, "/account/")
    camera.take(page, "account", height=760)
    page.context.close()
    page = camera.logged_in("governance", passwords["governance"])
    camera.open(page, "/governance/log/")
    camera.take(page, "log")
    page.get_by_role("button", name="Check").click()
    camera.take(page, "verified", height=540)
    camera.open(page, "/governance/who-looked/")
    camera.take(page, "who-looked")
    camera.open(page, "/governance/feeds/")
    camera.take(page, "feeds", height=600)
    camera.open(page, "/families/corrections/")
    camera.take(page, "corrections", height=620)
    camera.open(page, "/accounts/")
    camera.take(page, "accounts", height=700)
    page.context.close()

"""The web app behind a socket, for tests that open it in a real Chromium."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, sync_playwright

if TYPE_CHECKING:
    from django.test import Client

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DESKTOP = {"width": 1280, "height": 900}
ZOOMED_FOUR_TIMES = {"width": 320, "height": 256}
"""WCAG 2.2, 1.4.10: 1280 CSS pixels at 400% are 320."""
BREATH = 0.08
"""Seconds before an answer begins, and again in the middle of it."""


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class _Threads(ThreadingMixIn, WSGIServer):
    """Closing it waits for every answer that is being made: later ones would read what the next test writes."""


def _in_pieces(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, with each answer late and in two halves, as over a network.

    A test that does not wait for what it looks for fails by it everywhere, and not on a slow day alone.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        time.sleep(BREATH)
        response = application(environ, start)
        try:
            body = b"".join(response)
        finally:
            response.close()
        yield body[: len(body) // 2]
        time.sleep(BREATH)
        yield body[len(body) // 2 :]

    return answer


@contextmanager
def serving(application: Callable[..., Any]) -> Iterator[str]:
    """The address at which the application answers until the context ends."""
    server = make_server("localhost", 0, _in_pieces(application), server_class=_Threads, handler_class=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A started Chromium. While it runs, the thread that started it must not ask the database."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "make test-browser needs Chromium: install the package chromium"
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        started = playwright.chromium.launch(executable_path=path, args=quiet)
        yield started
        started.close()


def session_of(client: Client) -> str:
    """The session of a test client's browser, to be given to `logged_in`."""
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def logged_in(browser: Browser, address: str, session: str, **more: Any) -> BrowserContext:
    """A window of somebody who has logged in."""
    context = browser.new_context(viewport=DESKTOP, **more)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return context

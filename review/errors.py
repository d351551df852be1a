"""Pages for what went wrong. They say what to do, and nothing of what was asked for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from review.permissions import note_refused
from review.settings import current

_WORDS = {
    400: ("This could not be read", "Go back, and try again."),
    403: ("This page is not for your role", "If it should be, ask the person who looks after accounts."),
    404: (
        "There is nothing here for you to see",
        "Either there is no such page, or it is not one of yours. If you think that it should be, ask your manager.",
    ),
    413: ("This is too much", "A form takes some pages of text, and no files. Go back, and shorten it."),
    500: ("Something went wrong on our side", "Nothing that you did is at fault. Try again in a few minutes."),
}


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return _render(request, status, *_WORDS[status])


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, with the same words for what does not exist and for what is not one's own."""
    return _page(request, 404)


def too_much(request: HttpRequest) -> HttpResponse:
    """413."""
    return _page(request, 413)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came from elsewhere, or from a page that was open for too long. It is logged: no page was asked."""
    note_refused(request, "form refused")
    words = "It was open for too long, or came from another page. Go back, load the page again, and send it again."
    return _render(request, 403, "The form was not taken", words)


def locked(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """Too many failed attempts: the same page whether the name exists or not."""
    minutes = current().config.lockout_minutes
    words = f"Too many attempts failed. Wait {minutes} minutes, or ask the person who looks after accounts."
    return _render(request, 429, "Logging in is locked for a while", words)


def _render(request: HttpRequest, status: int, heading: str, words: str) -> HttpResponse:
    # The same bytes for every page that is refused alike: no menu, no name, no address of the page.
    return render(request, "review/error.html", {"heading": heading, "words": words}, status=status)

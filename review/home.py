"""The first page: where each role's own work is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from review.menu import entries
from review.permissions import page


@page("home")
def home(request: HttpRequest) -> HttpResponse:
    """On to the first page of the menu."""
    return redirect(entries(request)[0].address)

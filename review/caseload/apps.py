"""The app of who works with whom."""

from __future__ import annotations

from django.apps import AppConfig


class CaseloadConfig(AppConfig):
    """Staff, teams and allocations, as the council's own systems have them."""

    name = "review.caseload"

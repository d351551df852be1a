"""Bringing the web app's database up to date with the run: nightly, and before it serves."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from review.databases import prepare_file
from review.settings import ReviewContext

_LOADERS = ("caseload", "families")


def prepare(context: ReviewContext) -> None:
    """Make the database's tables, or bring them to the form that this version needs."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        prepare_file(context.folder)
    call_command("migrate", interactive=False, verbosity=0)


def refresh(context: ReviewContext) -> None:
    """Load families, staff and allocations anew, all or nothing: whoever reads meanwhile sees them as they were."""
    with transaction.atomic():
        for app in _LOADERS:
            if find_spec(f"review.{app}.loading"):
                import_module(f"review.{app}.loading")

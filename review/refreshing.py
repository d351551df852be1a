"""Bringing the web app's database up to date with the run: nightly, and before it serves."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from reports.text import day
from residents.index import INDEX_DOCUMENT
from review.databases import prepare_file
from review.settings import ReviewContext
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder, connect, own_scratch

_STAGES = ("sources", "residents")
"""The stages whose tables are loaded."""

_LOADERS = ("families", "caseload")
"""The parts of this room that load them."""


@dataclass(frozen=True)
class Feed:
    """A run that families and allocations are taken from, and the day its extracts were taken."""

    run: RunFolder
    extract_date: dt.date


def prepare() -> None:
    """See that the app is whole, and make the database's tables or bring them to the form that it needs."""
    wrong = [one for one in run_checks() if one.is_serious()]
    if wrong:
        raise RuntimeError("; ".join(str(one.id) for one in wrong))
    if connection.vendor == "sqlite":
        prepare_file(Path(settings.DATABASES["default"]["NAME"]))
    call_command("migrate", interactive=False, verbosity=0)


def up_to_date(context: ReviewContext) -> bool:
    """Whether what is loaded is of the run as it is now, or of later extracts."""
    from review.people.models import Refresh  # noqa: PLC0415 - models are there only once Django is configured

    newest = Refresh.objects.order_by("-pk").first()
    extracted = _taken_on(context, Feed(context.run, context.council.extract_date))
    if newest is None or newest.extract_date < extracted:
        return False
    return newest.extract_date > extracted or newest.run_mark == run_mark(context.run)


def refresh(context: ReviewContext, feed: Feed | None = None) -> None:
    """Load families, staff and allocations anew, all or nothing: whoever reads meanwhile sees them as they were.

    They are of the run that is served, or where ``feed`` names one of a run with later extracts. Raises UsageError
    where extracts of a later day are loaded already: allocations that ended since would open families again.
    """
    from review.caseload import loading as caseload  # noqa: PLC0415 - as above
    from review.fairness.audits import keep  # noqa: PLC0415
    from review.families import corrections  # noqa: PLC0415
    from review.families import loading as families  # noqa: PLC0415
    from review.families.documents import make_documents  # noqa: PLC0415
    from review.people.models import Refresh  # noqa: PLC0415

    source = feed or Feed(context.run, context.council.extract_date)
    extracted = _taken_on(context, source)
    newest = Refresh.objects.order_by("-pk").first()
    if newest is not None and newest.extract_date > extracted:
        raise UsageError(
            f"Extracts of a later day, {day(newest.extract_date)}, are loaded already.",
            where=f"{source.run.root}: extracts of {day(extracted)}",
            fix="Load extracts of that day or later: by older ones families would be open to those who left them.",
        )
    with own_scratch(source.run, "review") as scratch:
        con = connect(context.machine, scratch)
        try:
            # Working the documents out takes most of the time; nobody waits for that.
            latest = make_documents(con, source.run)
            with transaction.atomic():
                families.put(con, context.keys, latest)
                caseload.load(source.run, extracted)
                corrections.follow()
                keep(context.run)
                Refresh.objects.create(extract_date=extracted, run_mark=run_mark(source.run))
        finally:
            con.close()
    _sweep()


def _taken_on(context: ReviewContext, feed: Feed) -> dt.date:
    """The day on which the extracts were taken that the feed's tables are of, at the latest today.

    The TOML is read as it is now: for the next run its day may have been moved on, and a run that then failed left the
    tables of the one before. By a later day than their own they would count as new for longer than they are.
    """
    path = feed.run.root / INDEX_DOCUMENT
    known = dt.date.fromisoformat(read_json(path)["extract_date"]) if path.is_file() else feed.extract_date
    return min(known, feed.extract_date, context.today())


def _sweep() -> None:
    """Let go of sessions that have ended, and of failed attempts to log in that lock nobody any more."""
    from axes.models import AccessAttempt  # noqa: PLC0415 - as above

    call_command("clearsessions")
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()


def run_mark(run: RunFolder) -> str:
    """A hash of the job's records of what is loaded: another as soon as one of its tables is.

    The code that loads is in it too: pages read documents in the form that the same release of the toolkit wrote.
    """
    records = [run.state / f"{stage}.json" for stage in _STAGES]
    code = [path for room in _LOADERS for path in sorted((Path(__file__).parent / room).glob("*.py"))]
    content = b"".join(path.read_bytes() for path in (*records, *code) if path.is_file())
    return hashlib.sha256(content).hexdigest()

"""Visiting every address of the web app, as anybody: what the walks over all pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from review.fairness.models import KeptAudit
from review.families.models import Family
from review.people.models import Person
from review.roles import Role
from store.run_folder import RunFolder
from tests.review import made_up
from tests.review.panels import copied, opened, references
from tests.review.permission_table import Line

_ENOUGH = {"reason": "The school rang about it"}


def places(client_as: Callable[..., Client], make_person: Callable[..., Person]) -> dict[str, str]:
    """What stands for each name in braces of the table's paths."""
    key = dict(Family.objects.values_list("family_id", "key"))
    ours = client_as(Role.panel_member)
    theirs = client_as(Role.panel_member, make_person(Role.panel_member, "another", panel="Panel B"))
    meeting, others = opened(ours), opened(theirs, "2026-09-22")
    closed = opened(ours, "2026-09-23")
    case, offer = references(ours, meeting)[:2]
    ours.post(f"/panel/{closed}/{offer}/", {"version": 0, "reason": "unmet_need"})
    ours.post(f"/panel/{closed}/close/")
    kept = KeptAudit.objects.create(target="old", sha256="0" * 64, title="Old", verdict="pass", page="<p>Old</p>")
    return {
        **{"own": key[made_up.OWN], "team": key[made_up.COLLEAGUES], "outside": key[made_up.OTHER_TEAMS]},
        **{"none": "0123456789abcdef0123", "meeting": str(meeting), "others": str(others), "closed": str(closed)},
        **{
            "case": case,
            "offer": offer,
            "audit": str(kept.pk),
            "pack": "families_under_the_radar/explanation.html",
        },
    }


def reported(run: RunFolder, folder: Path) -> RunFolder:
    """A copy of a released run that has a report which names nobody."""
    copy = copied(run, folder)
    (copy.root / "reports").mkdir(exist_ok=True)
    (copy.root / "reports" / "index.html").write_text("<p>The run</p>", encoding="utf-8")
    return copy


def visit(browser: Client, line: Line, place: dict[str, str]) -> HttpResponse:
    """Ask for the line's address; what is sent would do for a reason, and for little else."""
    path = line.path.format(**place)
    return browser.get(path) if line.method == "GET" else browser.post(path, _ENOUGH)


def came_of(answer: HttpResponse) -> str:
    """What an answer comes to, in the table's words."""
    if answer.status_code == 302:
        return "login" if answer["Location"].startswith("/login/") else "yes"
    return (
        str(answer.status_code) if answer.status_code in (403, 404) else "yes" if answer.status_code < 500 else "broken"
    )


@contextmanager
def undone() -> Iterator[None]:
    """What happens within leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)

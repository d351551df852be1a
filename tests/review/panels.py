"""A released list for the tests of the panel: a made-up run, audited, and who is behind its references."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from features.tables import CHILD_FEATURES
from residents.tables import PEOPLE, PSEUDONYMS
from review.config import ReviewConfig
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.reports.samples import FAMILY_TARGET, TODAY, make_run, on_day, release
from tests.review.made_up import COUNCIL, HOSTILE
from tests.support import KEYS, put_table

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from review.people.models import Person

Browsers = Callable[..., "Client"]
People = Callable[..., "Person"]

UNITS = 300
SENTENCE = '=HYPERLINK("http://evil.example/","x") <script>alert(\'reason\')</script>'


def make_released(root: Path) -> RunFolder:
    """A run of which families under the radar are released, and young carers not. Not to be written to: copy it."""
    run = make_run(root, units=UNITS, sentence=SENTENCE)
    found = pq.read_table(run.path(CHILD_FEATURES), columns=["person_id", "family_id"])
    people, families = found["person_id"].to_pylist(), found["family_id"].to_pylist()
    rows = [{"kind": "family", "id": f"family-{one}", "pseudonym": one} for one in sorted(set(families))]
    rows += [{"kind": "person", "id": f"person-{one}", "pseudonym": one} for one in sorted(set(people))]
    put_table(run, PSEUDONYMS, rows)
    put_table(run, PEOPLE, [{"person_id": f"person-{one}", "forename": HOSTILE} for one in sorted(people)])
    release(run, FAMILY_TARGET)
    return run


def copied(made: RunFolder, folder: Path) -> RunFolder:
    """A copy of the run, for a test that changes it."""
    return RunFolder(Path(shutil.copytree(made.root, folder / "run")))


@contextmanager
def serving(run: RunFolder, **config: Any) -> Iterator[ReviewContext]:
    """The app on this run, on a day on which its release holds. Whatever pack was held before is forgotten."""
    from django.test import override_settings  # noqa: PLC0415 - Django is configured by the tests' fixtures

    from review.panel import pack  # noqa: PLC0415

    context = ReviewContext(run, KEYS, COUNCIL, ReviewConfig.model_validate(config))
    with override_settings(REVIEW=context), on_day(TODAY):
        yield context
        pack.forget()


def opened(browser: Client, day: str = "2026-09-21", target: str = FAMILY_TARGET) -> int:
    """Open a meeting, and give its number."""
    answer = browser.post("/panel/", {"target": target, "held_on": day})
    assert answer.status_code == 302, answer.content.decode()
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def member(client_as: Browsers, make_person: People, name: str, panel: str = "Panel A") -> Client:
    return client_as(Role.panel_member, make_person(Role.panel_member, name, name=name.title(), panel=panel))


def references(browser: Client, number: int) -> list[str]:
    page = text(browser.get(f"/panel/{number}/"))
    return re.findall(rf'href="/panel/{number}/([0-9a-f-]{{14}})/"', page.partition("<table")[2])


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def decide(browser: Client, number: int, reference: str, reason: str, version: int = 0, **more: Any) -> HttpResponse:
    return browser.post(f"/panel/{number}/{reference}/", {"reason": reason, "version": version, **more})


def lines(action: str) -> list[dict[str, Any]]:
    from review.governance.models import LogLine  # noqa: PLC0415 - Django is configured by the fixtures

    return list(LogLine.objects.filter(action=action).order_by("number").values())

"""What the web app bears: many people at once reading families' pages, on a borough of 40,000 families.

    python -m benchmarks.review --run RUN [--families 40000] [--people 200] [--at-once 50] [--keep]

RUN is a finished run, such as the demo's. Its families, staff and allocations are loaded into a database of its own (a
SQLite file, or the empty PostgreSQL database that ``DATABASE_URL`` names) and copied under other ids until there are as
many as asked. The server is that of `early-help serve`; the people who ask share its processors with it. Each of them
opens the list of own families, a number of families' pages, and searches once: first without a pause, a number of them
at any time, so that the server is never idle; then all of them at once, stopping between pages as people do; then one
alone. Afterwards the access log must hold every request, and be whole.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.asking import Asked, Asking, Pace, ask
from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from early_help.serve_command import bring_up_to_date, opened
from store.files import write_text

RESULTS = PROJECT / "benchmarks" / "results"
"""With a page for each kind of database."""
PAGES_EACH = 12
"""Families' pages that one person opens."""
WORKERS = 2
PAUSE_SECONDS = 4.0
"""How long people stop between two pages, on average."""
_BATCH = 500
_HOST = "127.0.0.1"
_TICKS = os.sysconf("SC_CLK_TCK")
_TOKEN = "a" * 32
"""A form is taken from whoever sends with it what their own cookie says."""


@dataclass(frozen=True)
class Reader:
    """Somebody logged in: the cookies, the families whose pages they open, and the name that they search for."""

    cookie: str
    keys: tuple[str, ...]
    name: str

    def asking(self) -> list[Asking]:
        """All that one person asks, in this order."""
        pages = [("list", "/families/"), *(("family", f"/families/{key}/") for key in self.keys)]
        searched = {"csrfmiddlewaretoken": _TOKEN, "words": self.name}
        return [
            *(Asking.of(page, path, self.cookie) for page, path in pages),
            Asking.of("search", "/families/search/", self.cookie, searched),
        ]


@dataclass(frozen=True)
class Load:
    """What was asked in one go: the answers, how long it took, and what it took of the processors."""

    asked: list[Asked]
    wall: float
    server: float
    asker: float
    others: float
    """Processor seconds of the server, of whoever asked, and of all else on the machine."""


def fill(families: int) -> int:
    """Copy what is loaded, under other ids, until there are at least as many families as asked; how many there are."""
    from review.caseload.models import Allocation, Worker  # noqa: PLC0415 - models are there once Django is configured
    from review.families.models import Family, Named  # noqa: PLC0415

    loaded = Family.objects.count()
    copies = math.ceil(families / loaded)
    for model in (Family, Named, Worker, Allocation):
        rows = list(model.objects.values())
        for copy in range(1, copies):
            _add(model, [_other(row, copy) for row in rows])
    return copies * loaded


def _add(model: Any, rows: list[dict[str, Any]]) -> None:
    model.objects.bulk_create([model(**row) for row in rows], batch_size=_BATCH)


def _other(row: dict[str, Any], copy: int) -> dict[str, Any]:
    """The row of another family, or of another worker, that is like this one but for its ids."""
    other = {name: value for name, value in row.items() if name != "id"}
    other |= {name: f"{other[name]}+{copy}" for name in ("family_id", "worker_key") if name in other}
    if "members" in other:
        other["key"] = hashlib.sha256(f"{other['key']} {copy}".encode()).hexdigest()[: len(other["key"])]
    elif "manager_key" in other:
        other["key"] = f"{other['key']}+{copy}"
    return other


def readers(people: int) -> list[Reader]:
    """People logged in, each on a post of the staff list; those with most families first, again where posts run out."""
    from django.conf import settings  # noqa: PLC0415 - Django is configured by now
    from django.db.models import Count  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django_otp import DEVICE_ID_SESSION_KEY  # noqa: PLC0415

    from review.caseload.access import today, visible_families  # noqa: PLC0415
    from review.caseload.models import Allocation, Worker  # noqa: PLC0415
    from review.people.models import Person  # noqa: PLC0415
    from review.people.second_factor import being_set_up  # noqa: PLC0415

    posts = Worker.objects.on(today()).values("key")
    held = Allocation.objects.on(today()).filter(worker_key__in=posts).values_list("worker_key")
    busiest = held.annotate(families=Count("family_id", distinct=True)).order_by("-families", "worker_key")
    keys = [key for key, _ in busiest[:people]]
    found = []
    for number in range(people):
        key = keys[number % len(keys)]
        person = Person.objects.create(username=f"reader{number}", role="support_worker", worker_key=key, name="Reader")
        device = being_set_up(person)
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        browser = Client()
        browser.force_login(person, backend="review.people.backend.PasswordBackend")
        session = browser.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
        browser.cookies[settings.CSRF_COOKIE_NAME] = _TOKEN
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        own = list(visible_families(person, today()).order_by("key").values_list("key", "name"))
        keys_of_own = tuple(own[place % len(own)][0] for place in range(PAGES_EACH))
        found.append(Reader(cookie, keys_of_own, own[0][1]))
    return found


@contextmanager
def serving(run: Path) -> Iterator[tuple[int, int]]:
    """The server of `early-help serve` in a process of its own: the port where it listens, and the process's id."""
    with closing(socket.socket()) as free:
        free.bind((_HOST, 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-P", "-m", "review.serving", _HOST, str(port), str(WORKERS)]
    server = subprocess.Popen(command, env={**os.environ, "EARLY_HELP_RUN": str(run)})
    try:
        while not _answers(port):
            if server.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection(_HOST, port, timeout=60)) as connection:
        try:
            connection.request("GET", "/login/", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except OSError:
            return False


def load(port: int, server: int, people: list[Reader], at_once: int, pace: Pace | None = None) -> Load:
    """All that the people ask, ``at_once`` of them at any time."""
    asking = [reader.asking() for reader in people]
    spent = _processes_seconds(server), time.process_time(), _machine_seconds()
    begun = time.perf_counter()
    asked = ask((_HOST, port), asking, at_once, pace)
    wall = time.perf_counter() - begun
    of_server, own = _processes_seconds(server) - spent[0], time.process_time() - spent[1]
    return Load(asked, wall, of_server, own, max(0.0, _machine_seconds() - spent[2] - of_server - own))


def _processes_seconds(parent: int) -> float:
    """Processor seconds of a process and its children so far, from Linux's /proc."""
    fields = [_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
    return sum(int(one[12]) + int(one[13]) for one in fields if parent in (int(one[0]), int(one[2]))) / _TICKS


def _stat(path: Path) -> list[str]:
    """What Linux tells of a process: its id, then the fields behind its name."""
    try:
        told = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ["0"] * 14
    return [told.split(" ", 1)[0], *told.rsplit(") ", 1)[1].split()]


def _machine_seconds() -> float:
    """Processor seconds that the whole machine was busy so far."""
    user, nice, system, _, _, irq, soft = (int(one) for one in Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / _TICKS


def told(done: Load, heading: str) -> list[str]:
    """The figures as lines of Markdown."""
    rows = []
    for page in ("list", "family", "search"):
        times = sorted(one.seconds for one in done.asked if one.page == page)
        shares = [f"{1000 * times[min(int(len(times) * share), len(times) - 1)]:.0f}" for share in (0.5, 0.95, 0.99)]
        rows.append([page, f"{len(times):,}", *shares])
    failed = sum(one.status != 200 for one in done.asked)
    number = len(done.asked)
    return [
        f"## {heading}",
        "",
        table(["page", "requests", "half within ms", "95% within ms", "99% within ms"], rows),
        f"{number / done.wall:.0f} requests a second; {failed} failed. A request took "
        f"{1000 * done.server / number:.1f} ms of a processor at the server and {1000 * done.asker / number:.2f} ms at "
        f"whoever asked; all else on the machine took {done.others / done.wall:.2f} processors meanwhile.",
        "",
    ]


def measured(run: Path, families: int, people: int, at_once: int) -> list[str]:
    """Load, fill, serve and ask; the figures. Raises SystemExit where the log lacks a request or is not whole."""
    from django.db import connection, connections  # noqa: PLC0415 - Django is there once the run was opened

    context = opened(str(run))
    from review.access_log import verify  # noqa: PLC0415 - as above

    begun = time.process_time(), time.perf_counter()
    bring_up_to_date(context)
    spent = time.process_time() - begun[0], time.perf_counter() - begun[1]
    from review.families.models import Family  # noqa: PLC0415 - as above

    loaded = Family.objects.count()
    held = fill(families)
    asking = readers(people)
    before = verify().lines
    connections.close_all()
    with serving(run) as (port, server):
        load(port, server, asking[:at_once], at_once)
        warmed = verify().lines
        connections.close_all()
        pressed = load(port, server, asking, at_once)
        paused = load(port, server, asking, people, Pace(PAUSE_SECONDS))
        alone = load(port, server, asking[:4], 1)
    standing = verify()
    asked = [one for done in (pressed, paused, alone) for one in done.asked]
    # A search has a line that the page was visited, and one that was searched.
    due = len(asked) + sum(one.page == "search" for one in asked)
    if not standing.whole or standing.lines - warmed != due or warmed == before:
        raise SystemExit(f"The access log has {standing.lines - warmed} lines, and should have {due}.")
    lines = [
        f"{connection.vendor}: {held:,} families, loading {loaded:,} of them took {spent[0]:.1f} CPU s "
        f"({spent[1]:.1f} s). {WORKERS} server processes; whoever asks shares {os.cpu_count()} processors with them.",
        "",
    ]
    lines += told(pressed, f"{people} people, {at_once} at any time, without a pause")
    lines += told(paused, f"{people} people at once, {PAUSE_SECONDS:.0f} seconds between pages")
    lines += told(alone, "One person at a time")
    return [*lines, f"The access log holds every one of the {len(asked):,} requests, and is whole.", ""]


def main() -> None:
    """Measure, print, and keep when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--families", type=int, default=40_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--keep", action="store_true", help="Keep the figures in benchmarks/results.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{scratch}/review.sqlite3")
        lines = measured(given.run.resolve(), given.families, given.people, given.at_once)
    from django.db import connection  # noqa: PLC0415 - Django is there once the run was opened

    page = "\n".join(
        [f"# What the web app bears on {connection.vendor}", "", "Made by `python -m benchmarks.review`.", "", *lines]
    )
    print(page)
    if given.keep:
        write_text(RESULTS / f"review-{connection.vendor}.md", page)


if __name__ == "__main__":
    main()

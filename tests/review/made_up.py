"""A made-up council of two teams and a few families, as a run folder, for the tests of the web app.

Its time is the clock's: the extracts were taken today, so that no feed is stale.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from residents.tables import FAMILIES, PEOPLE, PSEUDONYMS, RECORD_PERSON
from review.config import ReviewConfig
from review.settings import ReviewContext
from sources.tables import ALLOCATIONS, PERSON_RECORDS, WORKERS
from store.council import Council
from store.files import write_json, write_text
from store.run_folder import RunFolder
from tests.support import KEYS, put_table

TODAY = dt.date.today()
LONG_AGO = dt.date(2022, 1, 3)
COUNCIL = Council(
    name="Testborough", extract_date=TODAY, covers_from=dt.date(2021, 9, 1), covers_to=TODAY - dt.timedelta(days=1)
)

HOSTILE = '=HYPERLINK("x") <script>alert(1)</script>'
SYSTEM = "support"

WORKER, OTHER_WORKER, MANAGER, SOUTH_WORKER, SOUTH_MANAGER, LEFT = "W1", "W2", "M1", "W3", "M2", "W4"
"""Keys of the staff: W1 and W2 in North under M1, W3 in South under M2; W4 left."""

_STAFF = (
    (WORKER, "Wanda Ward", "North", MANAGER),
    (OTHER_WORKER, "Will Wood", "North", MANAGER),
    (MANAGER, "Mo Marsh", "North", None),
    (SOUTH_WORKER, "Sam South", "South", SOUTH_MANAGER),
    (SOUTH_MANAGER, "May Moor", "South", None),
)

OWN, COLLEAGUES, OTHER_TEAMS, NOBODYS, ENDED = "F1", "F2", "F3", "F4", "F5"
"""Ids of families: W1's own, W2's, W3's, of nobody, and one that was W1's until yesterday."""

_FAMILIES: dict[str, tuple[tuple[str, str, str, dt.date], ...]] = {
    OWN: (("P1", "Fatma", "Hassan", dt.date(1985, 6, 7)), ("P2", "Amina", "Hassan", dt.date(2012, 3, 4))),
    COLLEAGUES: (("P3", HOSTILE, "Drop", dt.date(1990, 9, 9)), ("P4", "Jo", "Drop", dt.date(2015, 1, 2))),
    OTHER_TEAMS: (("P5", "Mary-Jane", "O'Neill", dt.date(1988, 1, 2)), ("P6", "Zofia", "O'Neill", dt.date(2016, 5, 6))),
    NOBODYS: (("P7", "Ann", "Other", dt.date(1979, 2, 3)), ("P8", "Bo", "Other", dt.date(2011, 8, 9))),
    ENDED: (("P9", "Eve", "Ended", dt.date(1992, 4, 5)), ("P10", "Ed", "Ended", dt.date(2014, 7, 8))),
}
"""Each family's adult and child: person_id, forename, surname, date of birth."""


def make_run(root: Path) -> RunFolder:
    """The run folder, as far as the web app reads it without models or audits."""
    run = RunFolder(root)
    members = [
        (family, role, *one) for family, pair in _FAMILIES.items() for role, one in zip(("adult", "child"), pair)
    ]
    put_table(
        run, FAMILIES, _sorted(FAMILIES, [_membership(family, role, person) for family, role, person, *_ in members])
    )
    put_table(run, PEOPLE, _sorted(PEOPLE, [_person(*one) for _, _, *one in members]))
    put_table(run, PERSON_RECORDS, _sorted(PERSON_RECORDS, [_record(*one) for _, _, *one in members]))
    put_table(run, RECORD_PERSON, _sorted(RECORD_PERSON, [_link(person) for _, _, person, *_ in members]))
    put_table(run, PSEUDONYMS, _sorted(PSEUDONYMS, _pseudonyms([person for _, _, person, *_ in members])))
    put_table(run, WORKERS, _sorted(WORKERS, _workers()))
    put_table(run, ALLOCATIONS, _sorted(ALLOCATIONS, _allocations()))
    put_council(run, root.parent / f"{root.name}-council")
    return run


def put_council(run: RunFolder, folder: Path, more: str = "") -> Path:
    """A council's TOML in ``folder``, on record in the run. ``more`` is added to it."""
    path = folder / "council.toml"
    write_text(path, _TOML.format(council=COUNCIL) + more)
    write_json(run.root / "state" / "council.json", {"name": COUNCIL.name, "council": str(path)})
    return path


_TOML = """
[council]
name = "{council.name}"
extract_date = {council.extract_date}
covers_from = {council.covers_from}
covers_to = {council.covers_to}

[sources]
folder = "extracts"

[[extracts]]
name = "people"
source = "support"
files = ["people.csv"]

[[extracts.tables]]
table = "person_records"
key = ["id"]

[extracts.tables.columns]
forename = "forename"
recorded_on = "entered"
"""


def worker_key(worker_id: str) -> str:
    """A worker's key as accounts have it."""
    return f"{SYSTEM}|{worker_id}"


def _sorted(table: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [str(row.get(name)) for name in table.sort])


def _membership(family: str, role: str, person: str) -> dict[str, Any]:
    return {
        "family_id": family,
        "person_id": person,
        "role": role,
        "from_date": LONG_AGO,
        "recorded_on": LONG_AGO,
        "confidence": 0.99,
        "basis": "case_family",
    }


def _person(person: str, forename: str, surname: str, dob: dt.date) -> dict[str, Any]:
    return {"person_id": person, "forename": forename, "surname": surname, "dob": dob, "sex": "F"}


def _record(person: str, forename: str, surname: str, dob: dt.date) -> dict[str, Any]:
    return {
        **{"source": SYSTEM, "file": "people.csv", "record_id": f"R{person}", "subject_id": f"R{person}"},
        **{"forename": forename, "surname": surname, "dob": dob, "sex": "F", "recorded_on": LONG_AGO},
        **{"address": "1 Elm Road, Testborough", "postcode": "AB1 2CD"},
    }


def _link(person: str) -> dict[str, Any]:
    return {
        **{"source": SYSTEM, "file": "people.csv", "record_id": f"R{person}", "person_id": person},
        "match_probability": 0.99,
    }


def _pseudonyms(people: list[str]) -> list[dict[str, Any]]:
    rows = [{"kind": "family", "id": family, "pseudonym": f"pseudonym-{family}"} for family in _FAMILIES]
    return rows + [{"kind": "person", "id": person, "pseudonym": f"pseudonym-{person}"} for person in people]


def _workers() -> list[dict[str, Any]]:
    known = {"source": SYSTEM, "file": "staff.csv", "from_date": LONG_AGO, "recorded_on": LONG_AGO}
    rows = [
        {**known, "worker_id": worker, "name": name, "team": team, "role": "Worker", "manager_id": manager}
        for worker, name, team, manager in _STAFF
    ]
    gone = {"worker_id": LEFT, "name": "Lou Left", "team": "North", "role": "Worker", "manager_id": MANAGER}
    return [*rows, {**known, **gone, "to_date": TODAY - dt.timedelta(days=30)}]


def _allocations() -> list[dict[str, Any]]:
    held = ((OWN, WORKER, None), (COLLEAGUES, OTHER_WORKER, None), (OTHER_TEAMS, SOUTH_WORKER, None), (OWN, LEFT, None))
    yesterday = TODAY - dt.timedelta(days=1)
    return [_held(*one) for one in (*held, (ENDED, WORKER, yesterday))]


def _held(family: str, worker: str, until: dt.date | None) -> dict[str, Any]:
    """A worker's allocation of the family's child; its team is the worker's."""
    child = _FAMILIES[family][1][0]
    team = {key: team for key, _, team, _ in _STAFF}.get(worker, "North")
    return {
        **{"source": SYSTEM, "file": "cases.csv", "record_id": f"R{child}", "worker_id": worker, "team": team},
        **{"event_date": LONG_AGO, "recorded_on": LONG_AGO, "to_date": until, "end_recorded_on": until},
    }


def context_like(**config: Any) -> ReviewContext:
    """What the web app would serve of a run that is nowhere, with these keys of ``[review]``."""
    return ReviewContext(RunFolder(Path("nowhere")), KEYS, COUNCIL, ReviewConfig.model_validate(config))


def key_of(family_id: str) -> str:
    """What the address of a family's page names it by."""
    from review.families.models import Family  # noqa: PLC0415 - Django is configured by the tests' fixtures

    return str(Family.objects.get(pk=family_id).key)

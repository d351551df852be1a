"""A made-up borough of few people, indexed, for the tests of looking up. Its run folder is made once."""

from __future__ import annotations

from pathlib import Path

from sources.tables import ADULT_CARE_SERVICES, ALLOCATIONS, SERVICE_EPISODES, WORKERS
from store.files import write_json
from store.keys import Keys
from store.run_folder import RunFolder
from tests.residents.rooms import DAY, Index, Row, index, member, record
from tests.support import COUNCIL, KEYS, put_table

HOSTILE = '=HYPERLINK("x") <script>\x1b[2J\u202e'
ELM, OAK, HOSTEL, EMPTY = "100000000001", "100000000002", "100000000003", "100000000004"
_PLACES = {
    ELM: ("1 Elm Road, Testborough", "AB1 2CD", "dwelling"),
    OAK: ("Flat 2, 14 Oak Street, Testborough", "AB1 3EF", "dwelling"),
    HOSTEL: ("Hope Hostel, Long Lane, Testborough", "AB1 4GH", "hmo"),
    EMPTY: ("9 Far Close, Testborough", "AB1 5JK", "dwelling"),
}


def at(uprn: str) -> Row:
    address, postcode, _ = _PLACES[uprn]
    return {"uprn": uprn, "address": address, "postcode": postcode}


def _home(uprn: str, since: DAY, until: DAY | None = None) -> Row:
    return {**at(uprn), "address_from": since, "address_to": until}


_LODGERS = (
    *("Abe", "Bob", "Cai", "Dov", "Eve", "Flo", "Gus", "Hal", "Ira"),
    *("Jo", "Kim", "Lee", "Max", "Ned", "Ole", "Pam", "Quy", "Ray"),
)
_PEOPLE = [
    record("schools", "S1", "Amina", "Hassan", dob=DAY(2012, 3, 4), sex="F", upn="A123456789012", **at(ELM)),
    record("housing", "H1", "Aaminah", "Hassan", dob=DAY(2012, 3, 4), sex="F", **_home(ELM, DAY(2020, 1, 1))),
    record("housing", "H2", "Fatma", "Hassan", dob=DAY(1985, 6, 7), sex="F", **_home(ELM, DAY(2020, 1, 1))),
    record("benefits", "B2", "Fatma", "Omar", dob=DAY(1985, 6, 7), sex="F", nino="QQ123456A", phone="07700900123",
           **_home(ELM, DAY(2020, 1, 1))),
    record("housing", "H3", "Fatma", "Omar", dob=DAY(1985, 6, 7), sex="F", phone="07700900123",
           **_home(OAK, DAY(2015, 1, 1), DAY(2019, 12, 31))),
    record("housing", "H4", "Mary-Jane", "O'Neill", dob=DAY(1950, 1, 2), sex="F", **_home(OAK, DAY(2020, 2, 1))),
    record("adults", "A4", "Mary Jane", "ONeill", dob=DAY(1950, 1, 2), sex="F", **_home(OAK, DAY(2020, 2, 1))),
    record("housing", "H5", HOSTILE, "Drop", dob=DAY(1990, 9, 9), sex="M", **_home(OAK, DAY(2021, 2, 1))),
    record("schools", "S6", "John", "Smith", dob=DAY(2010, 5, 5), sex="M"),
    record("schools", "S7", "Jon", "Smith", dob=DAY(2011, 11, 12), sex="M"),
    record("schools", "S8", "Smith", "John", dob=DAY(2013, 2, 3), sex="M"),
    record("library", "L9", "Żofia", None),
    *(
        record("housing", f"X{number}", name, "Lodger", dob=DAY(1970, 1, 10 + number), **_home(HOSTEL, DAY(2022, 1, 1)))
        for number, name in enumerate(_LODGERS)
    ),
]  # fmt: skip
_GROUPS = [
    member("housing", "tenancy", "T1", "H2", "tenant"),
    member("housing", "tenancy", "T1", "H1", "daughter"),
    member("support", "case_family", "C1", "K1", "child"),
]


def make_borough(folder: Path, keys: Keys = KEYS, previous: RunFolder | None = None) -> Index:
    """The borough's run folder, until residents, with what its services do."""
    found = index(
        folder,
        [*_PEOPLE, record("support", "K1", "Amina", "Hassan", dob=DAY(2012, 3, 4), sex="F", **at(ELM))],
        addresses=[
            {"file": "g.csv", "uprn": uprn, "address": address, "postcode": postcode, "kind": kind}
            for uprn, (address, postcode, kind) in _PLACES.items()
        ],
        groups=_GROUPS,
        keys=keys,
        previous=previous,
    )
    _put_services(found.run)
    write_json(found.run.state / "council.json", {"name": COUNCIL.name})
    return found


def _put_services(run: RunFolder) -> None:
    dates = {"event_date": DAY(2023, 5, 1), "recorded_on": DAY(2023, 5, 2)}
    case = {"source": "support", "file": "c.csv", "group_type": "case_family", "service": "early_help"}
    put_table(
        run,
        SERVICE_EPISODES,
        [
            {**case, **dates, "group_id": "C1", "team": "North", "worker_id": "W1"},
            {
                **dates,
                "source": "housing",
                "file": "e.csv",
                "record_id": "H2",
                "service": "cin",
                "to_date": DAY(2023, 6, 1),
            },
        ],
    )
    put_table(run, ALLOCATIONS, [{**dates, "source": "schools", "file": "a.csv", "record_id": "S1", "worker_id": "W9"}])
    put_table(
        run,
        ADULT_CARE_SERVICES,
        [{**dates, "source": "adults", "file": "p.csv", "record_id": "A4", "kind": "Home care"}],
    )
    put_table(
        run,
        WORKERS,
        [
            {
                "source": "support",
                "file": "w.csv",
                "worker_id": "W1",
                "name": "Old Name",
                "recorded_on": DAY(2020, 1, 1),
            },
            {
                "source": "support",
                "file": "w.csv",
                "worker_id": "W1",
                "name": "Sam Help",
                "recorded_on": DAY(2022, 1, 1),
            },
        ],
    )

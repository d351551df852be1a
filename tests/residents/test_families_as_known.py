"""What the index of today says was known on an earlier day is what an index of that day said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from residents.stage import STAGE
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.run_folder import RunFolder
from tests.residents.rooms import DAY, Index, Row, member, record, relation
from tests.support import COUNCIL, put_table, run_stage

LONG_AGO, PARTED, LEFT, BORN = DAY(2016, 5, 1), DAY(2024, 3, 1), DAY(2024, 5, 1), DAY(2024, 8, 1)
TODAY = DAY(2026, 9, 7)
A, B, C = ({"address": f"{number} Kiln Road", "postcode": f"ZZ{number} 2AB"} for number in (1, 2, 3))
CHILD = DAY(2014, 11, 2)


def stay(
    key: str, name: tuple[str, str], born: dt.date, place: dict[str, str], first: dt.date, last: dt.date | None = None
) -> Row:
    return record(
        "tax",
        f"{key}|{first}",
        *name,
        subject_id=key,
        dob=born,
        **place,
        address_from=first,
        address_to=last,
        recorded_on=max(first, born) + dt.timedelta(12),
    )


PEOPLE = [
    stay("m", ("Ngozi", "Eze"), DAY(1985, 4, 9), A, LONG_AGO),
    stay("f", ("Chidi", "Obi"), DAY(1983, 8, 30), A, LONG_AGO, PARTED),
    stay("f", ("Chidi", "Obi"), DAY(1983, 8, 30), B, PARTED),
    stay("c", ("Amara", "Obi"), CHILD, A, LONG_AGO),
    stay("b", ("Emeka", "Eze"), BORN, A, BORN),
    stay("w", ("Wendy", "Poole"), DAY(1980, 7, 7), C, LONG_AGO, LEFT),
    stay("e", ("Ella", "Poole"), DAY(2012, 2, 2), C, LONG_AGO, LEFT),
]
GROUPS = [
    member("tax", "council_tax_account", "T1", f"{key}|{LONG_AGO}", "Liable", from_date=LONG_AGO, recorded_on=LONG_AGO)
    for key in "mf"
]
RELATIONS = [relation("tax", f"m|{LONG_AGO}", f"c|{LONG_AGO}", "mother")]


def as_recorded(rows: list[Row], as_of: dt.date) -> list[Row]:
    """What the systems held before that day: later rows, and ends that were not yet reached, are not there."""
    ends = ("address_to", "to_date")
    return [
        {name: None if name in ends and value and value >= as_of else value for name, value in row.items()}
        for row in rows
        if row["recorded_on"] < as_of
    ]


def index_on(folder: Path, as_of: dt.date) -> Index:
    run = RunFolder(folder)
    for table, rows in (
        (PERSON_RECORDS, PEOPLE),
        (GROUP_MEMBERS, GROUPS),
        (RELATIONSHIPS, RELATIONS),
        (ADDRESSES, []),
    ):
        put_table(run, table, as_recorded(rows, as_of))
    return Index(run_stage(STAGE, folder, council=COUNCIL.model_copy(update={"extract_date": as_of - dt.timedelta(1)})))


def together(made: Index, as_of: dt.date) -> set[frozenset[str]]:
    """Who was in one family with whom, as known before the day."""
    keys = {row["person_id"]: row["record_id"][0] for row in made.rows("record_person")}
    known: dict[str, set[str]] = {}
    for row in made.rows("families"):
        ended = row["to_date"] is not None and max(row["to_date"], row["end_recorded_on"]) < as_of
        if row["recorded_on"] < as_of and row["from_date"] < as_of and not ended:
            known.setdefault(row["family_id"], set()).add(keys[row["person_id"]])
    return {frozenset(members) for members in known.values()}


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return index_on(tmp_path_factory.mktemp("today"), TODAY)


@pytest.mark.parametrize(
    ("as_of", "families"),
    [
        pytest.param(DAY(2023, 10, 1), ["mfc", "we"], id="before anything happened"),
        pytest.param(DAY(2024, 6, 1), ["mfc", "we"], id="a parting and a leaving not yet told from moves"),
        pytest.param(DAY(2024, 10, 1), ["mcb", "we"], id="parted, and a child born"),
        pytest.param(DAY(2025, 2, 1), ["mcb"], id="gone"),
    ],
)
def test_what_was_known_then(as_of: dt.date, families: list[str], today: Index, tmp_path: Path) -> None:
    expected = {frozenset(members) for members in families}
    assert together(index_on(tmp_path, as_of), as_of) == expected
    assert together(today, as_of) == expected

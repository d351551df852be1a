"""Where people live and which families they make."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.residents.rooms import DAY, Index, index, member, record, relation

MOTHER, FATHER, CHILD = DAY(1985, 4, 9), DAY(1983, 8, 30), DAY(2014, 11, 2)
HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB"}
OTHER = {"address": "40 Mill Lane", "postcode": "ZZ9 8YX"}
SINCE = {"address_from": DAY(2023, 1, 1)}


def families(made: Index, *keys: tuple[str, str]) -> list[set[str]]:
    return [made.families_of(made.person(source, key)) for source, key in keys]


def test_parents_and_children_of_one_home_are_one_family(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("housing", "mother", "Ngozi", "Eze", dob=MOTHER, **HOME, **SINCE),
            record("housing", "father", "Chidi", "Eze", dob=FATHER, **HOME, **SINCE),
            record("school", "one", "Amara", "Eze", dob=CHILD, **HOME),
            record("school", "two", "Emeka", "Eze", dob=DAY(2016, 5, 20), **HOME),
        ],
    )
    found = families(made, ("housing", "mother"), ("housing", "father"), ("school", "one"), ("school", "two"))
    assert len(found[0]) == 1
    assert found == [found[0]] * 4
    roles = {row["person_id"]: row["role"] for row in made.rows("families")}
    assert [roles[made.person("housing", "mother")], roles[made.person("school", "one")]] == ["adult", "child"]


def test_a_child_of_two_homes_belongs_to_both_families(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("care", "mother", "Ngozi", "Eze", dob=MOTHER, **HOME, **SINCE),
            record("care", "father", "Chidi", "Obi", dob=FATHER, **OTHER, **SINCE),
            record("care", "child", "Amara", "Eze", dob=CHILD, **HOME),
        ],
        relations=[relation("care", "mother", "child", "mother"), relation("care", "father", "child", "father")],
    )
    mother, father, child = families(made, ("care", "mother"), ("care", "father"), ("care", "child"))
    assert mother.isdisjoint(father)
    assert child == mother | father


@pytest.mark.parametrize("kind", ["hmo", "hostel", "refuge", "temporary_accommodation", "institution"])
def test_people_of_a_hostel_are_not_a_family(kind: str, tmp_path: Path) -> None:
    place = {"uprn": "77", "address": "1 Harbour Street", "postcode": "ZZ1 9ZZ"}
    made = index(
        tmp_path,
        [
            record("housing", "adult", "Ngozi", "Eze", dob=MOTHER, **place, **SINCE),
            record("school", "child", "Amara", "Eze", dob=CHILD, **place),
        ],
        addresses=[{"file": "g.csv", **place, "kind": kind}],
    )
    adult, child = families(made, ("housing", "adult"), ("school", "child"))
    assert adult == set()
    assert len(child) == 1
    assert {row["kind"] for row in made.rows("residence_spells")} == {kind}


def test_a_crowded_address_is_communal_whatever_the_gazetteer_says(tmp_path: Path) -> None:
    first = ["Anwar", "Bella", "Carlos", "Dmitri", "Efua", "Faisal", "Gwen", "Hiroshi"]
    names = [*first, "Imogen", "Jorge", "Kwame", "Lucy", "Milos", "Nadia", "Osman", "Priya"]
    adults = [
        record("housing", name, name, name[::-1], dob=DAY(1960 + number, 1 + number % 12, 10 + number), **HOME, **SINCE)
        for number, name in enumerate(names)
    ]
    made = index(tmp_path, [*adults, record("school", "child", "Amara", "Eze", dob=CHILD, **HOME)])
    assert len(made.rows("families")) == 1


def test_a_shared_surname_alone_makes_no_family(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("housing", "adult", "Ngozi", "Eze", dob=MOTHER, **HOME, **SINCE),
            record("school", "child", "Amara", "Eze", dob=CHILD, **OTHER),
        ],
    )
    adult, child = families(made, ("housing", "adult"), ("school", "child"))
    assert adult == set()
    assert len(child) == 1


def test_a_claim_makes_a_family_without_an_address_but_not_with_a_lodger(tmp_path: Path) -> None:
    people = [
        record("benefits", "1", "Ngozi", "Eze", dob=MOTHER),
        record("benefits", "2", "Amara", "Obi", dob=CHILD),
        record("benefits", "3", "Piotr", "Nowak", dob=FATHER),
    ]
    groups = [
        member("benefits", "benefit_claim", "C1", "1", "Claimant"),
        member("benefits", "benefit_claim", "C1", "2", "Child"),
        member("benefits", "benefit_claim", "C1", "3", "Non-dependant"),
    ]
    made = index(tmp_path, people, groups=groups)
    claimant, child, lodger = families(made, *[("benefits", key) for key in "123"])
    assert claimant == child
    assert len(child) == 1
    assert lodger == set()
    assert {row["basis"] for row in made.rows("families")} == {"benefit_claim"}


def test_no_child_is_lost_and_a_childless_adult_has_no_family(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("school", "lone", "Amara", "Eze", dob=CHILD),
            record("housing", "adult", "Wendy", "Poole", dob=MOTHER, **HOME),
        ],
    )
    lone, adult = families(made, ("school", "lone"), ("housing", "adult"))
    assert len(lone) == 1
    assert adult == set()


def test_a_child_grows_up_in_the_family(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("housing", "mother", "Ngozi", "Eze", dob=MOTHER, **HOME, **SINCE),
            record("housing", "child", "Amara", "Eze", dob=DAY(2006, 2, 14), **HOME, **SINCE),
        ],
    )
    rows = [row for row in made.rows("families") if row["person_id"] == made.person("housing", "child")]
    assert [(row["role"], row["to_date"]) for row in rows] == [("child", DAY(2024, 2, 13)), ("adult", None)]
    assert rows[1]["from_date"] == DAY(2024, 2, 14)


def spell(address: dict[str, str], first: dt.date | None, last: dt.date | None, seen: dt.date) -> dict:  # type: ignore[type-arg]
    return {**address, "address_from": first, "address_to": last, "recorded_on": seen}


@pytest.mark.parametrize(
    ("gap_days", "spells"),
    [(28, 1), (29, 2)],
)
def test_a_short_gap_does_not_end_a_residence(gap_days: int, spells: int, tmp_path: Path) -> None:
    first_end = DAY(2023, 3, 1)
    second = first_end + dt.timedelta(days=gap_days)
    sightings = [
        spell(HOME, DAY(2023, 1, 1), first_end, DAY(2023, 1, 5)),
        spell(HOME, second, DAY(2023, 9, 1), DAY(2023, 6, 1)),
    ]
    people = [
        record("housing", f"{number}", "Ngozi", "Eze", dob=MOTHER, subject_id="s", **sighting)
        for number, sighting in enumerate(sightings)
    ]
    rows = index(tmp_path, people).rows("residence_spells")
    assert len(rows) == spells
    assert (rows[0]["from_date"], rows[-1]["to_date"]) == (DAY(2023, 1, 1), DAY(2023, 9, 1))
    assert rows[0]["recorded_on"] == DAY(2023, 1, 5)


def test_a_sighting_lasts_until_the_person_is_seen_elsewhere(tmp_path: Path) -> None:
    people = [
        record("school", "a|1", "Amara", "Eze", dob=CHILD, subject_id="1", recorded_on=DAY(2023, 1, 19), **HOME),
        record("school", "b|1", "Amara", "Eze", dob=CHILD, subject_id="1", recorded_on=DAY(2023, 5, 18), **OTHER),
        record("school", "c|2", "Piotr", "Nowak", dob=DAY(2013, 6, 1), subject_id="2", recorded_on=DAY(2023, 10, 5)),
    ]
    rows = index(tmp_path, people).rows("residence_spells")
    assert [(row["from_date"], row["to_date"], row["end_recorded_on"]) for row in rows] == [
        (DAY(2023, 1, 19), DAY(2023, 5, 18), DAY(2023, 5, 18)),
        (DAY(2023, 5, 18), DAY(2024, 6, 21), DAY(2024, 6, 21)),
    ]


def test_a_sighting_does_not_run_out_while_its_system_has_recorded_nothing_since(tmp_path: Path) -> None:
    seen = record("school", "a|1", "Amara", "Eze", dob=CHILD, recorded_on=DAY(2023, 5, 18), **HOME)
    other = record("housing", "1", "Piotr", "Nowak", dob=FATHER, recorded_on=DAY(2026, 6, 1))
    made = index(tmp_path, [seen, other])
    assert [row["to_date"] for row in made.rows("residence_spells")] == [None]
    assert [row["to_date"] for row in made.rows("families")] == [None]


MOVED, REPORTED = DAY(2025, 5, 15), DAY(2026, 5, 21)


def census(key: str, day: dt.date, home: dict[str, str]) -> dict:  # type: ignore[type-arg]
    return record("school", f"{day}|{key}", "Amara", "Eze", dob=CHILD, subject_id=key, recorded_on=day, **home)


def lives(home: dict[str, str], first: dt.date, last: dt.date | None, seen: dt.date) -> dict:  # type: ignore[type-arg]
    return record("tax", f"{first}", "Ngozi", "Eze", dob=MOTHER, subject_id="m", **spell(home, first, last, seen))


def ends(made: Index, key: str) -> list[tuple[dt.date | None, dt.date | None]]:
    child = made.person("school", key)
    return [(row["to_date"], row["end_recorded_on"]) for row in made.rows("families") if row["person_id"] == child]


def test_a_child_seen_elsewhere_stays_in_the_family_until_they_are_known_to_live_apart(tmp_path: Path) -> None:
    """The last census shows a new home, and nothing recorded since could show that the mother went along."""
    key = f"{DAY(2025, 1, 16)}|c"
    staying = lives(HOME, DAY(2023, 1, 1), None, DAY(2023, 1, 5))
    before = census("c", DAY(2025, 1, 16), HOME)
    fresh = index(tmp_path / "fresh", [staying, before, census("c", REPORTED, OTHER)])
    assert ends(fresh, key) == [(None, None)]
    parted = index(tmp_path / "parted", [staying, before, census("c", MOVED, OTHER), census("c", REPORTED, OTHER)])
    assert ends(parted, key)[0] == (MOVED, MOVED + dt.timedelta(days=182))


@pytest.mark.parametrize("late", [0, 150])
def test_a_family_that_moves_stays_one_however_late_a_system_hears_of_it(late: int, tmp_path: Path) -> None:
    gone = MOVED + dt.timedelta(days=late)
    people = [
        lives(HOME, DAY(2023, 1, 1), gone, DAY(2023, 1, 5)),
        lives(OTHER, gone, None, gone),
        census("c", DAY(2025, 1, 16), HOME),
        census("c", MOVED, OTHER),
        census("c", REPORTED, OTHER),
    ]
    assert ends(index(tmp_path, people), f"{MOVED}|c") == [(None, None)]


def test_a_child_who_leaves_school_at_16_stays_in_the_family_until_grown(tmp_path: Path) -> None:
    born = DAY(2007, 6, 1)
    people = [
        record("school", "a|1", "Amara", "Eze", dob=born, subject_id="1", recorded_on=DAY(2023, 5, 18), **HOME),
        record("school", "c|2", "Piotr", "Nowak", dob=CHILD, subject_id="2", recorded_on=DAY(2023, 10, 5)),
        lives(HOME, DAY(2022, 1, 1), None, DAY(2022, 1, 5)),
    ]
    made = index(tmp_path, people)
    rows = [row for row in made.rows("families") if row["person_id"] == made.person("school", "a|1")]
    assert [(row["role"], row["to_date"], row["end_recorded_on"]) for row in rows] == [
        ("child", DAY(2025, 5, 31), DAY(2025, 5, 31))
    ]


def test_a_relationship_that_a_worker_ended_has_ended_and_is_known_to_have(tmp_path: Path) -> None:
    tie = relation("care", "mother", "child", "mother")
    ended = {**tie, "to_date": DAY(2024, 3, 1), "recorded_on": DAY(2024, 6, 1)}
    people = [record("care", "mother", "Ngozi", "Eze", dob=MOTHER), record("care", "child", "Amara", "Eze", dob=CHILD)]
    rows = index(tmp_path, people, relations=[ended]).rows("families")
    assert {(row["to_date"], row["end_recorded_on"]) for row in rows} == {(DAY(2024, 3, 1), DAY(2024, 6, 1))}

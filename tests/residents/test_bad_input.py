"""Bad extracts: the index is made or refused with a clear message, and says what quality was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from residents.config import ResidentsConfig
from residents.quality.losses import systems_gone
from store.errors import InputRejected
from tests.residents.rooms import DAY, Index, Row, index, record

PEOPLE = 60
SYSTEMS = ("housing", "library", "school")
_FIRST = ("Bal", "Cor", "Dun", "Fen", "Gar", "Hol", "Jes", "Kir", "Lan", "Mor")
_LAST = ("ander", "ilton", "ovey", "umley", "ersby", "aston")


def borough(change: Callable[[str, int, Row], Row] = lambda system, number, row: row) -> list[Row]:
    """So many people, each in three systems with all that is known; ``change`` spoils a row."""
    rows = []
    for number in range(PEOPLE):
        forename, surname = _FIRST[number % 10] + _LAST[number // 10], _LAST[number % 6].title() + _FIRST[number // 6]
        known = {
            "dob": DAY(1960 + number, 1 + number % 12, 2 + number % 26),
            "sex": "MF"[number % 2],
            "address": f"{number + 1} Kiln Road",
            "postcode": f"ZZ{number % 9 + 1} 2AB",
        }
        rows += [change(one, number, record(one, str(number), forename, surname, **known)) for one in SYSTEMS]
    return rows


def in_school(**spoilt: Any) -> list[Row]:
    return borough(lambda system, number, row: row | spoilt if system == "school" else row)


def joined(made: Index, one: str = "housing", two: str = "school") -> int:
    """How many people are one person in both systems."""
    return sum(made.person(one, str(number)) == made.person(two, str(number)) for number in range(PEOPLE))


def told(made: Index) -> set[tuple[str, str]]:
    return {(loss["source"], loss["kind"]) for loss in made.quality()["losses"]}


GAZETTEER = [
    {"uprn": str(1000 + n), "address": f"{n + 1} Kiln Road", "postcode": f"ZZ{n % 9 + 1} 2AB", "kind": "dwelling"}
    for n in range(PEOPLE)
]


def test_of_a_sound_borough_nothing_is_told(tmp_path: Path) -> None:
    made = index(tmp_path, borough(), addresses=GAZETTEER)
    assert joined(made) == PEOPLE
    assert made.quality()["losses"] == []


# Why, what is wrong with the school's rows, what is told of it, and how many of its people must still be found.
SPOILT: list[tuple[str, dict[str, Any], str, int]] = [
    ("no birth dates", {"dob": None}, "no_birth_dates", PEOPLE),
    ("one birth date for all", {"dob": DAY(1999, 9, 9)}, "filler_birth_dates", PEOPLE),
    ("birth dates in the future", {"dob": DAY(2031, 1, 5)}, "filler_birth_dates", PEOPLE),
    ("birth dates of 1900", {"dob": DAY(1900, 1, 1)}, "no_birth_dates", PEOPLE),
    ("no sex", {"sex": None}, "no_sex", PEOPLE),
    ("no addresses", {"address": None, "postcode": None}, "no_addresses", PEOPLE),
    (
        "addresses of another town",
        {"address": "9 Elsewhere", "postcode": "YY9 9YY"},
        "addresses_not_in_the_gazetteer",
        0,
    ),
    ("no forenames", {"forename": None}, "no_full_name", 0),
]


@pytest.mark.parametrize(("spoilt", "kind", "found"), [case[1:] for case in SPOILT], ids=[case[0] for case in SPOILT])
def test_a_spoilt_system_goes_on_and_is_told_by_name(
    spoilt: dict[str, Any], kind: str, found: int, tmp_path: Path
) -> None:
    made = index(tmp_path, in_school(**spoilt), addresses=GAZETTEER)
    assert ("school", kind) in told(made)
    assert {source for source, _ in told(made)} == {"school"}
    assert joined(made) >= found
    assert joined(made, "housing", "library") == PEOPLE


def test_what_is_told_holds_counts_and_no_name_or_date(tmp_path: Path) -> None:
    rows = borough(lambda s, n, row: row | {"dob": DAY(1999, 9, 9), "forename": None} if s == "school" else row)
    for loss in index(tmp_path, rows).quality()["losses"]:
        text = f"{loss['what']} {loss['consequence']}"
        assert "1999" not in text
        assert not any(row["surname"] in text for row in rows)


def test_a_system_without_a_single_uprn_is_found_by_its_addresses(tmp_path: Path) -> None:
    def with_uprn(system: str, number: int, row: Row) -> Row:
        return row if system == "school" else row | {"uprn": str(1000 + number)}

    made = index(tmp_path, borough(with_uprn), addresses=GAZETTEER)
    by_source = {row["source"]: row for row in made.quality()["by_source"]}
    assert by_source["school"]["share_with_property"] == 1
    assert told(made) == set()


def test_a_system_of_the_previous_index_that_is_gone_is_told() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE std AS SELECT 'school' AS source")
    con.execute("CREATE TABLE previous_versions AS SELECT unnest(['school', 'library', 'library']) AS source")
    gone = systems_gone(con)
    assert [(loss["source"], loss["kind"], loss["count"]) for loss in gone] == [("library", "system_gone", 2)]
    assert "has no rows now" in gone[0]["what"]


def test_without_a_gazetteer_the_index_is_made_and_told(tmp_path: Path) -> None:
    made = index(tmp_path, borough())
    assert joined(made) == PEOPLE
    assert ("", "no_gazetteer") in told(made)


def test_capitals_lose_nothing(tmp_path: Path) -> None:
    def in_capitals(system: str, number: int, row: Row) -> Row:
        return row | {"surname": row["surname"].upper()} if system == "school" else row

    made = index(tmp_path, borough(in_capitals), addresses=GAZETTEER)
    assert joined(made) == PEOPLE
    assert told(made) == set()


def test_forename_and_surname_mapped_the_wrong_way_round_are_matched_and_told(tmp_path: Path) -> None:
    def swapped(system: str, number: int, row: Row) -> Row:
        return row | {"forename": row["surname"], "surname": row["forename"]} if system == "school" else row

    made = index(tmp_path, borough(swapped), addresses=GAZETTEER)
    assert told(made) == {("school", "names_the_wrong_way_round")}
    assert joined(made) == PEOPLE


def test_sexes_mapped_the_wrong_way_round_are_told(tmp_path: Path) -> None:
    def swapped(system: str, number: int, row: Row) -> Row:
        return row | {"sex": {"M": "F", "F": "M"}[row["sex"]]} if system == "school" else row

    made = index(tmp_path, borough(swapped), addresses=GAZETTEER)
    assert told(made) == {("school", "sex_the_other_way_round")}


def test_a_key_reused_for_another_person_is_two_people_and_told(tmp_path: Path) -> None:
    later = [
        record("housing", f"later|{n}", f"Zed{n}", f"Qu{n}", subject_id=str(n), dob=DAY(2001, 2, 3 + n))
        for n in range(9)
    ]
    made = index(tmp_path, borough() + later, addresses=GAZETTEER)
    told_of = [loss for loss in made.quality()["losses"] if loss["kind"] == "keys_of_two_people"]
    assert [(loss["source"], loss["count"], loss["total"]) for loss in told_of] == [("housing", 9, PEOPLE)]
    assert made.person("housing", "later|3") != made.person("school", "3")


def test_keys_that_read_alike_in_two_systems_stay_apart(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("school", "1|2", "Amy", "One", dob=DAY(2010, 2, 3)),
            record("school|1", "2", "Bob", "Two", dob=DAY(2011, 5, 6)),
        ],
    )
    assert made.person("school", "1|2") != made.person("school|1", "2")


FILLER_NAMES: list[tuple[str, Row]] = [
    ("unknown", {"forename": "Unknown", "surname": "Unknown"}),
    ("a test record", {"forename": "Test", "surname": "Test"}),
    ("nobody", {"full_name": "The Occupier"}),
    ("a company", {"full_name": "ACME LETTINGS LTD"}),
]


def with_fillers(named: Row) -> list[Row]:
    """A council tax system in which one name stands at many homes, several of them in each postcode."""
    return borough() + [
        record("council_tax", str(n), None, None, address=f"{n} Mill Lane", postcode=f"ZZ{n % 9 + 1} 7XY") | named
        for n in range(100)
    ]


@pytest.mark.parametrize("named", [named for _, named in FILLER_NAMES], ids=[why for why, _ in FILLER_NAMES])
def test_a_filler_name_is_told_and_is_nobody_whom_other_systems_know(named: Row, tmp_path: Path) -> None:
    made = index(tmp_path, with_fillers(named), addresses=GAZETTEER)
    assert told(made) & {("council_tax", "one_name_for_many"), ("council_tax", "no_full_name")}
    known = {made.person(system, str(number)) for system in SYSTEMS for number in range(PEOPLE)}
    assert known.isdisjoint(made.person("council_tax", str(n)) for n in range(100))
    assert len(known) == PEOPLE


@pytest.mark.parametrize("named", [named for _, named in FILLER_NAMES], ids=[why for why, _ in FILLER_NAMES])
def test_a_filler_name_in_many_homes_is_not_one_person(named: Row, tmp_path: Path) -> None:
    made = index(tmp_path, with_fillers(named), addresses=GAZETTEER)
    assert len({made.person("council_tax", str(n)) for n in range(100)}) == 100


def test_a_marker_of_death_is_no_part_of_a_name(tmp_path: Path) -> None:
    marked = [
        record("council_tax", "1", None, None, full_name="Ngozi Okafor (Deceased)", address="9 High St"),
        record("council_tax", "2", None, None, full_name="Exors of Wendy Poole", address="8 High St"),
    ]
    made = index(tmp_path, marked)
    assert {(row["forename"], row["surname"]) for row in made.rows("people")} == {
        ("Ngozi", "Okafor"),
        ("Wendy", "Poole"),
    }


def test_a_made_up_record_with_one_birth_date_is_refused_when_it_would_be_a_crowd(tmp_path: Path) -> None:
    crowd = [record("school", f"x{n}", "Donald", "Duck", dob=DAY(2000, 3, 4), address="1 High St") for n in range(12)]
    with pytest.raises(InputRejected, match="12 keys") as caught:
        index(tmp_path, crowd, ResidentsConfig(largest_cluster=10))
    assert "filler" in caught.value.fix


@pytest.mark.parametrize("people", [0, 1, 10])
def test_few_people_make_an_index(people: int, tmp_path: Path) -> None:
    made = index(tmp_path, [row for row in borough() if row["source"] == "school"][:people])
    assert len(made.rows("people")) == people
    expected = {("", "no_people")} if people == 0 else {("", "no_gazetteer"), ("", "one_system")}
    assert expected <= told(made)


def test_rows_said_fifty_times_are_the_same_people_as_said_once(tmp_path: Path) -> None:
    once, often = index(tmp_path / "once", borough()), index(tmp_path / "often", borough() * 50)
    assert often.rows("people") == once.rows("people")
    assert often.rows("record_person") == once.rows("record_person")
    assert often.rows("families") == once.rows("families")


def test_one_key_with_five_thousand_rows_is_one_person(tmp_path: Path) -> None:
    rows = [
        record("housing", f"{n}|7", "Mary", "Contrary", subject_id="7", dob=DAY(1980, 2, 3), address=f"{n % 7} High St")
        for n in range(5_000)
    ]
    made = index(tmp_path, rows)
    assert len(made.rows("people")) == 1


def test_names_of_three_hundred_letters_are_matched(tmp_path: Path) -> None:
    known = {"dob": DAY(2000, 2, 3), "address": "1 High Street", "postcode": "ZZ1 1AB"}
    long = [record(source, "1", "Abc" * 100, "Def" * 100, **known) for source in ("school", "housing")]
    made = index(tmp_path, long)
    assert made.person("school", "1") == made.person("housing", "1")


def test_everyone_at_one_address_is_no_family(tmp_path: Path) -> None:
    def at_one(system: str, number: int, row: Row) -> Row:
        return row | {"address": "1 High Street", "postcode": "ZZ1 1AB"}

    made = index(tmp_path, borough(at_one))
    assert joined(made) == PEOPLE
    sizes = [
        len({r["person_id"] for r in made.rows("families") if r["family_id"] == family})
        for family in {row["family_id"] for row in made.rows("families")}
    ]
    assert max(sizes, default=0) <= 2

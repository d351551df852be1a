"""Who is one person and who is two."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from residents.config import ResidentsConfig
from store.errors import InputRejected
from store.keys import Keys
from tests.residents.rooms import DAY, Index, index, member, record

HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB"}
ELSEWHERE = {"address": "Flat 3, 40 Mill Lane", "postcode": "ZZ9 8YX"}


def same(tmp_path: Path, one: dict, two: dict, **tables) -> bool:  # type: ignore[no-untyped-def, type-arg]
    made = index(tmp_path, [one, two], **tables)
    return made.person(one["source"], one["record_id"]) == made.person(two["source"], two["record_id"])


BORN = DAY(1988, 6, 17)
HERE, THERE = True, False
# Why, then the two records: forename, surname, birth date, and whether at the case's own address.
ONE_PERSON = [
    ("alike in all but spelling", ("José", "O'Brien", BORN, HERE), ("JOSE", "OBRIEN", BORN, HERE)),
    ("swapped names", ("Oliver", "Thomas", BORN, HERE), ("Thomas", "Oliver", BORN, HERE)),
    ("a married name at one home", ("Leanne", "Carter", BORN, HERE), ("Leanne", "Whitfield", BORN, HERE)),
    ("a short name", ("Katherine", "Marlow", BORN, HERE), ("Kate", "Marlow", BORN, HERE)),
    ("Somali and English spelling", ("Cabdiraxmaan", "Warsame", BORN, HERE), ("Abdirahman", "Warsame", BORN, HERE)),
    ("an initial at one home", ("Mirac", "Erdem", BORN, HERE), ("M", "Erdem", None, HERE)),
    ("a slip in the birth date", ("Ngozi", "Okafor", BORN, HERE), ("Ngozi", "Okafor", DAY(1988, 6, 11), HERE)),
    ("day and month swapped", ("Olga", "Petrova", DAY(1988, 6, 7), HERE), ("Olga", "Petrova", DAY(1988, 7, 6), HERE)),
    ("a filler birth date", ("Yaw", "Mensah", BORN, HERE), ("Yaw", "Mensah", DAY(1900, 1, 1), HERE)),
    ("moved, all else the same", ("Shanice", "Grant", BORN, HERE), ("Shanice", "Grant", BORN, THERE)),
    ("double-barrelled", ("Ines", "Lewandowska-Nowak", BORN, HERE), ("Ines", "Nowak", BORN, HERE)),
]
TWO_PEOPLE = [
    ("twins", ("Jayden", "Cole", BORN, HERE), ("Marcus", "Cole", BORN, HERE)),
    ("father and son of one name", ("Ali", "Khan", DAY(1970, 2, 3), HERE), ("Ali", "Khan", DAY(2003, 9, 21), HERE)),
    ("siblings without birth dates", ("Samir", "Haddad", None, HERE), ("Layla", "Haddad", None, HERE)),
    ("one common name in two places", ("John", "Smith", None, HERE), ("John", "Smith", None, THERE)),
    ("neighbours born on one day", ("Wendy", "Poole", BORN, HERE), ("Chidi", "Eze", BORN, HERE)),
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Every case of both lists in one borough, each in a street of its own."""
    people = []
    for number, (_, *pair) in enumerate(ONE_PERSON + TWO_PEOPLE):
        for source, (forename, surname, dob, here) in zip(("housing", "library"), pair):
            home = {"address": f"{number + 1} Kiln Road", "postcode": f"ZZ{number + 1} 2AB"}
            home = home if here else {"address": f"{number + 1} Mill Lane", "postcode": f"YY{number + 1} 8YX"}
            people.append(record(source, str(number), forename, surname, dob=dob, **home))
    return index(tmp_path_factory.mktemp("cases"), people)


@pytest.mark.parametrize("number", range(len(ONE_PERSON)), ids=[case[0] for case in ONE_PERSON])
def test_records_of_one_person_are_joined(number: int, cases: Index) -> None:
    assert cases.person("housing", str(number)) == cases.person("library", str(number))


@pytest.mark.parametrize("number", range(len(TWO_PEOPLE)), ids=[case[0] for case in TWO_PEOPLE])
def test_records_of_two_people_stay_apart(number: int, cases: Index) -> None:
    place = str(len(ONE_PERSON) + number)
    assert cases.person("housing", place) != cases.person("library", place)


def test_a_record_without_a_birth_date_does_not_bridge_father_and_son(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            record("housing", "father", "Ali", "Khan", dob=DAY(1970, 2, 3), **HOME),
            record("housing", "son", "Ali", "Khan", dob=DAY(2003, 9, 21), **HOME),
            record("council_tax", "1", "Ali", "Khan", **HOME),
        ],
    )
    assert made.person("housing", "father") != made.person("housing", "son")


def test_twins_with_names_alike_are_two_where_a_service_lists_both(tmp_path: Path) -> None:
    born = DAY(2014, 5, 6)
    people = [
        record(source, name, name, "Cole", dob=born, **HOME)
        for source in ("housing", "school", "library")
        for name in ("Jaydon", "Jayden")
    ]
    groups = [member("housing", "tenancy", "T1", name, "Household member") for name in ("Jaydon", "Jayden")]
    made = index(tmp_path, people, groups=groups)
    assert made.person("housing", "Jaydon") != made.person("housing", "Jayden")
    assert made.person("school", "Jaydon") == made.person("library", "Jaydon")


def test_a_upn_joins_a_known_as_name_and_two_upns_keep_apart(tmp_path: Path) -> None:
    born = DAY(2013, 3, 8)
    one, two = "A123456789012", "B987654321098"
    made = index(
        tmp_path,
        [
            record("school", "1", "Xiuying", "Wong", dob=born, upn=one, **HOME),
            record("neet", "1", "Jenny", "Wong", dob=born, upn=one, **ELSEWHERE),
            record("school", "2", "Aidan", "Byrne", dob=born, upn=one[:-1] + "3", **HOME),
            record("neet", "2", "Aiden", "Byrne", dob=born, upn=two, **HOME),
        ],
    )
    assert made.person("school", "1") == made.person("neet", "1")
    assert made.person("school", "2") != made.person("neet", "2")


def test_a_temporary_upn_does_not_keep_apart(tmp_path: Path) -> None:
    born = DAY(2013, 3, 8)
    temporary, permanent = "A12345678901B", "A123456789012"
    one = record("school", temporary, "Aidan", "Byrne", dob=born, upn=temporary, **HOME)
    two = record("school", permanent, "Aidan", "Byrne", dob=born, upn=permanent, **HOME)
    assert same(tmp_path, one, two)


def test_a_key_used_for_two_people_is_two_and_points_to_the_better_known(tmp_path: Path) -> None:
    rows = [
        record("housing", f"{term}|7", "Ada", "Lovell", dob=DAY(2010, 4, 2), subject_id="7", **HOME)
        for term in ("autumn", "spring")
    ]
    rows.append(record("housing", "summer|7", "Pawel", "Zielinski", dob=DAY(1964, 11, 30), subject_id="7"))
    made = index(tmp_path, rows)
    assert made.person("housing", "autumn|7") == made.person("housing", "spring|7") == made.person("housing", "7")
    assert made.person("housing", "summer|7") != made.person("housing", "7")


def test_a_system_without_birth_dates_is_linked_by_name_and_home(tmp_path: Path) -> None:
    names = [("Ngozi", "Okafor"), ("Wendy", "Poole"), ("Chidi", "Eze")]
    people = []
    for number, (forename, surname) in enumerate(names):
        home = {"address": f"{number + 1} Kiln Road", "postcode": "ZZ1 2AB"}
        people.append(record("housing", str(number), forename, surname, dob=DAY(1980 + number, 5, 9), **home))
        # As a council tax system holds them: one field, surname first.
        held = record("council_tax", str(number), None, None, full_name=f"{surname.upper()}, {forename}", **home)
        people.append(held)
    made = index(tmp_path, people)
    for number in range(len(names)):
        assert made.person("housing", str(number)) == made.person("council_tax", str(number))
    by_source = {row["source"]: row for row in made.quality()["by_source"]}
    assert by_source["council_tax"]["share_with_dob"] == 0


def test_no_birth_dates_anywhere_is_still_an_index(tmp_path: Path) -> None:
    made = index(tmp_path, [record("a", "1", "Ngozi", "Okafor", **HOME), record("b", "1", "Ngozi", "Okafor", **HOME)])
    assert made.person("a", "1") == made.person("b", "1")


def test_empty_tables_give_empty_tables(tmp_path: Path) -> None:
    made = index(tmp_path)
    for name in ("record_person", "people", "protected", "residence_spells", "families", "pseudonyms"):
        assert made.rows(name) == []
    assert made.quality()["families"]["ever"] == 0


def test_records_with_nothing_in_them_are_each_alone(tmp_path: Path) -> None:
    made = index(tmp_path, [record("a", str(number), None, None) for number in range(5)])
    assert len({row["person_id"] for row in made.rows("record_person")}) == 5


def test_hostile_names_come_through_as_text(tmp_path: Path) -> None:
    names = ["=HYPERLINK(1)", "<script>", "Robert'); DROP TABLE people;--", '"', "''"]
    made = index(tmp_path, [record("a", name, name, name, dob=DAY(1980, 1, 2)) for name in names])
    assert {row["forename"] for row in made.rows("people")} >= set(names[:3])
    assert {row["record_id"] for row in made.rows("record_person")} == set(names)


def test_an_implausible_person_stops_the_stage(tmp_path: Path) -> None:
    people = [record("a", str(number), "Test", "Record", dob=DAY(1980, 3, 2), **HOME) for number in range(12)]
    with pytest.raises(InputRejected, match="12 keys") as caught:
        index(tmp_path, people, ResidentsConfig(largest_cluster=10))
    assert "largest_cluster" in caught.value.where
    assert "Record" not in str(caught.value)


def test_ids_hang_on_keys_and_never_on_names(tmp_path: Path) -> None:
    def ids(folder: str, forename: str, keys: Keys) -> list[str]:
        made = index(tmp_path / folder, [record("a", "1", forename, "Eze", dob=DAY(1980, 3, 2))], keys=keys)
        return [row["person_id"] for row in made.rows("people")] + [row["pseudonym"] for row in made.rows("pseudonyms")]

    master = Keys(bytes(range(32)))
    assert ids("one", "Chidi", master) == ids("two", "Wendy", master)
    assert set(ids("three", "Chidi", Keys(bytes(32)))).isdisjoint(ids("one", "Chidi", master))


def test_a_pseudonym_differs_from_the_id_it_stands_for(tmp_path: Path) -> None:
    made = index(tmp_path, [record("a", "1", "Amy", "Eze", dob=DAY(2015, 3, 2), **HOME)])
    rows = made.rows("pseudonyms")
    assert {row["kind"] for row in rows} == {"person", "family"}
    assert {row["id"] for row in rows} == {made.rows("people")[0]["person_id"], made.rows("families")[0]["family_id"]}
    assert all(row["pseudonym"] not in row["id"] for row in rows)
    assert made.rows("protected")[0]["analysis_id"] == next(r["pseudonym"] for r in rows if r["kind"] == "person")


def test_ethnicity_is_what_most_systems_hold(tmp_path: Path) -> None:
    cases: dict[str, tuple[list[str | None], tuple[str | None, bool]]] = {
        "Chidi": (["BCRB", "BCRB", "WBRI"], ("BCRB", True)),
        "Wendy": (["REFU", "NOBT", "AIND"], ("AIND", False)),
        "Samir": (["REFU", "REFU"], ("REFU", False)),
        "Leanne": ([None], (None, False)),
    }
    people = [
        record(f"system{number}", name, name, name, dob=DAY(1980, 3, 2), ethnicity=code, **HOME)
        for name, (codes, _) in cases.items()
        for number, code in enumerate(codes)
    ]
    made = index(tmp_path, people)
    protected = {row["person_id"]: (row["ethnicity"], row["conflict"]) for row in made.rows("protected")}
    for name, (_, expected) in cases.items():
        assert protected[made.person("system0", name)] == expected


def test_a_tie_in_ethnicity_goes_to_the_newest(tmp_path: Path) -> None:
    people = [
        record(source, "1", "Chidi", "Eze", dob=DAY(1980, 3, 2), ethnicity=code, recorded_on=day, **HOME)
        for source, code, day in (("a", "BAFR", dt.date(2020, 1, 1)), ("b", "MWBA", dt.date(2023, 1, 1)))
    ]
    row = index(tmp_path, people).rows("protected")[0]
    assert (row["ethnicity"], row["provenance"], row["conflict"]) == ("MWBA", "b", True)

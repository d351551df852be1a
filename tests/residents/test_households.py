"""What households say of who is who, in one borough large enough to learn it from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from store.files import read_json
from tests.residents.rooms import DAY, Index, Row, index, record

BEFORE, LEFT = DAY(2020, 1, 1), DAY(2024, 3, 1)
OLD, NEW = "Kiln Road", "Mill Lane"


def home(street: str, number: int) -> Row:
    return {"address": f"{number} {street}", "postcode": f"{street[0]}{street[-1].upper()}{number % 90 + 1} 2AB"}


def stay(source: str, record_id: str, name: str, dob: dt.date | None, where: Row, **known: Any) -> Row:
    forename, surname = name.split()
    return record(source, record_id, forename, surname, dob=dob, **where, **known)


def name_of(number: int) -> str:
    """A name of its own for each number, none like another."""
    letters = "bdfgklmnprstvz"
    vowels = "aeiou"
    first = letters[number % 14] + vowels[number % 5] + letters[number // 14 % 14] + vowels[number // 5 % 5] + "n"
    last = letters[number // 3 % 14] + vowels[number // 7 % 5] + "ck" + letters[number % 11] + "on"
    return f"{first.title()}{letters[number // 196 % 14]}o {last.title()}"


def couple(number: int) -> list[Row]:
    """Two people whom one system knows at the old home and another at the new."""
    rows = []
    for which in (0, 1):
        name, dob = name_of(2 * number + which), DAY(1960 + number % 40, 1 + number % 12, 2 + which + number % 25)
        key, until = f"{number}-{which}", {"address_from": BEFORE, "address_to": LEFT}
        rows += [
            stay("housing", key, name, dob, home(OLD, number), **until),
            stay("library", key, name, dob, home(NEW, number), address_from=LEFT),
        ]
    return rows


def namesakes(count: int) -> list[Row]:
    return [
        stay("parks", str(n), "Johan Smythe", DAY(1930 + 2 * n, 1 + n % 12, 1 + n), home("Station Parade", n),
             address_from=DAY(2019, 1, 1))
        for n in range(count)
    ]  # fmt: skip


def cases() -> list[Row]:
    old, new = (lambda n: home(OLD, 500 + n)), (lambda n: home(NEW, 500 + n))
    mover, partner = DAY(1985, 6, 17), DAY(1983, 2, 9)
    rows = [
        # Maya moved with Liam; another Maya never did.
        stay("council_tax", "maya", "Maya Stonehouse", None, old(1), address_from=BEFORE, address_to=LEFT),
        stay("housing", "liam", "Liam Stonehouse", partner, old(1), address_from=BEFORE, address_to=LEFT),
        stay("library", "liam", "Liam Stonehouse", partner, new(1), address_from=LEFT),
        stay("library", "maya", "Maya Stonehouse", mover, new(1), address_from=LEFT),
        stay(
            "library", "other maya", "Maya Stonehouse", DAY(1949, 11, 3), home(NEW, 600), address_from=DAY(2019, 1, 1)
        ),
        # Two of one name, and nobody moved with either.
        stay("council_tax", "ravi", "Ravi Chandra", None, old(2), address_from=BEFORE),
        stay("library", "ravi", "Ravi Chandra", DAY(1971, 5, 5), new(2), address_from=DAY(2019, 6, 1)),
        stay("library", "other ravi", "Ravi Chandra", DAY(1992, 8, 25), new(3), address_from=DAY(2019, 6, 1)),
        # Father and son of one name both moved with the mother: nobody can say whose the record is.
        stay("council_tax", "ali", "Ali Marwan", None, old(4), address_from=BEFORE, address_to=LEFT),
        stay("housing", "mother", "Nadia Marwan", partner, old(4), address_from=BEFORE, address_to=LEFT),
        stay("library", "mother", "Nadia Marwan", partner, new(4), address_from=LEFT),
        stay("library", "father", "Ali Marwan", DAY(1971, 5, 5), new(4), address_from=LEFT),
        stay("library", "son", "Ali Marwan", DAY(1999, 8, 25), new(4), address_from=LEFT),
    ]
    # Known by another name in the second system; and twins, whom both systems know.
    born = DAY(2014, 5, 6)
    rows += [
        stay("housing", "xiuying", "Xiuying Wong", born, old(6), address_from=BEFORE),
        stay("library", "jenny", "Jenny Wong", born, old(6), address_from=BEFORE),
    ]
    for source in ("housing", "library"):
        for twin in ("Marcus", "Jayden"):
            rows.append(stay(source, twin, f"{twin} Colebrook", born, old(7), address_from=BEFORE))
    # Brothers and sisters, whom both systems know.
    for n in range(40):
        surname, where = name_of(900 + n).split()[1], home("Chapel Street", n)
        for source in ("housing", "library"):
            for which, forename in enumerate(("Peregrine", "Octavia")):
                dob = DAY(2010 + which, 1 + n % 12, 3 + n % 20)
                rows.append(stay(source, f"{forename}{n}", f"{forename} {surname}", dob, where, address_from=BEFORE))
    return rows


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Index:
    people = [row for number in range(130) for row in couple(number)]
    return index(tmp_path_factory.mktemp("households"), people + namesakes(26) + cases())


def test_the_evidence_is_learnt_from_pairs_whose_answer_is_known(borough: Index) -> None:
    evidence = read_json(borough.run.root / "residents" / "index.json")["evidence"]
    weights = {(row["shared"], row["moved"]): row["weight"] for row in evidence}
    assert weights["people", "beside"] > 3
    assert min(weights.values()) < -1
    assert sum(row["matches"] for row in evidence) >= 200


def test_who_moved_with_the_same_people_is_one(borough: Index) -> None:
    assert borough.person("council_tax", "maya") == borough.person("library", "maya")
    assert borough.person("council_tax", "maya") != borough.person("library", "other maya")


def test_a_name_alone_joins_neither_of_two_who_bear_it(borough: Index) -> None:
    ravi = borough.person("council_tax", "ravi")
    assert ravi not in (borough.person("library", "ravi"), borough.person("library", "other ravi"))


def test_a_record_that_could_be_either_of_two_is_neither(borough: Index) -> None:
    ali = borough.person("council_tax", "ali")
    assert ali not in (borough.person("library", "father"), borough.person("library", "son"))


def test_a_known_as_name_is_one_person_and_twins_are_two(borough: Index) -> None:
    assert borough.person("housing", "xiuying") == borough.person("library", "jenny")
    assert borough.person("housing", "Marcus") == borough.person("library", "Marcus")
    assert borough.person("housing", "Marcus") != borough.person("library", "Jayden")
    assert borough.person("housing", "Jayden") != borough.person("housing", "Marcus")

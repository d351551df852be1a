"""At which level two records agree, and what blocking brings together."""

from __future__ import annotations

from functools import cache

import pytest

from residents.matching.blocking import blocking_recall
from residents.matching.model import COMPARISONS
from tests.residents.matching import LARGEST, levels, versioned
from tests.residents.rooms import DAY, Row, record

HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB"}
BORN = DAY(1988, 6, 17)


def name(forename: str | None, surname: str | None) -> Row:
    return {"forename": forename, "surname": surname}


def born(year: int, month: int, day: int) -> Row:
    return {"dob": DAY(year, month, day)}


def home(address: str | None, postcode: str | None) -> Row:
    return {"address": address, "postcode": postcode}


# The comparison, the one record and the other, and the level they agree at.
CASES = [
    ("forename", name("Ngozi", "Okafor"), name("NGOZI", "Okafor"), "same"),
    ("forename", name("Ngozi Ada", "Okafor"), name("Ngozi Zita", "Okafor"), "same, other middle name"),
    ("forename", name("Mary Ann", "Okafor"), name("Maryann", "Okafor"), "same written as one"),
    ("forename", name("Oliver", "Thomas"), name("Thomas", "Oliver"), "names swapped"),
    ("forename", name("Oliver", "Thomas"), name("Thomaas", "Olliver"), "names swapped"),
    ("forename", name("Wong Siu", "Ming"), name("Siu Ming", "Wong"), "names swapped"),
    ("forename", name("Oliver", "Thomas"), name("Thomas", "Baker"), "one name in the other's place"),
    ("forename", name("Katherine", "Okafor"), name("Kate", "Okafor"), "spelling of one name"),
    ("forename", name("Chinwe", "Okafor"), name("Chnwe", "Okafor"), "one slip"),
    ("forename", name("Chinwe", "Okafor"), name("Hcinwe", "Okafor"), "one slip"),
    ("forename", name("Ade", "Okafor"), name("Ada", "Okafor"), "like"),
    ("forename", name("Xiuying Jenny", "Okafor"), name("Jenny", "Okafor"), "very like"),
    ("forename", name("N", "Okafor"), name("Ngozi", "Okafor"), "initial"),
    ("forename", name("N", "Okafor"), name("Chidi", "Okafor"), "different"),
    ("forename", name(None, "Okafor"), name("Chidi", "Okafor"), "missing"),
    ("surname", name("Ngozi", "Okafor"), name("Ngozi", "Okaforr"), "one slip"),
    ("surname", name("Ngozi", "Chowdhury"), name("Ngozi", "Choudhry"), "spelling of one name"),
    ("surname", name("Ines", "Lewandowska-Nowak"), name("Ines", "Nowak"), "one word in common"),
    ("surname", name("Ines", "de Souza Lima"), name("Ines", "de Melo Pinto"), "different"),
    ("surname", name("Gurjit", "Gill Kaur"), name("Gurjit", "Sohal Kaur"), "different"),
    ("surname", name("Gurjit", "Kaur"), name("Gurjit", "Sohal"), "a name in a surname's place"),
    ("surname", name("Hodan Warsame", "Jimale"), name("Hodan", "Warsame"), "among the other's forenames"),
    ("surname", name("Oliver", "Thomas"), name("Thomas", "Oliver"), "missing"),
    ("surname", name("Ngozi", "Okafor"), name("Ngozi", "Grant"), "different"),
    ("dob", born(1988, 6, 17), born(1988, 6, 17), "same"),
    ("dob", born(1988, 1, 1), born(1988, 1, 1), "same, 1 January"),
    ("dob", born(1988, 1, 1), born(1988, 6, 17), "1 January of the year"),
    ("dob", born(1988, 1, 1), born(1979, 6, 17), "different"),
    ("dob", born(1988, 6, 7), born(1988, 7, 6), "day and month swapped"),
    ("dob", born(1988, 6, 17), born(1989, 6, 17), "one slip"),
    ("dob", born(1988, 6, 17), born(1988, 6, 71 - 60), "one slip"),
    ("dob", born(1988, 6, 17), born(1973, 6, 17), "two parts of three"),
    ("dob", born(1988, 6, 17), born(1988, 11, 28), "same year"),
    ("dob", born(1988, 6, 17), {}, "missing"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), home("12 Kiln Rd", "zz12ab"), "same address"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), home("12 Kilm Raod", "ZZ9 8YX"), "address much the same"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), home("99 Mill Lane", "ZZ1 2AB"), "same postcode"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), home("47 Kiln Road", "ZZ9 8YX"), "street much the same"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), home("99 Mill Lane", "ZZ9 8YX"), "different"),
    ("home", home("12 Kiln Road", "ZZ1 2AB"), {}, "missing"),
    ("upn", {"upn": "A123456789012"}, {"upn": "A123456789012"}, "same"),
    ("upn", {"upn": "A123456789012"}, {"upn": "A123456798012"}, "one slip"),
    ("upn", {"upn": "A123456789012"}, {"upn": "B987654321098"}, "different"),
    ("upn", {"upn": "A123456789012"}, {"upn": "B98765432109C"}, "missing"),
    ("nino", {"nino": "AB123456C"}, {"nino": "AB123465"}, "one slip"),
    ("nino", {"nino": "AB123456C"}, {"nino": "AB654321"}, "different"),
    ("email", {"email": "ada@example.org"}, {"email": "adaa@example.org"}, "one slip"),
    ("phone", {"phone": "02079460018"}, {"phone": "02079460081"}, "one slip"),
    ("phone", {"phone": "02079460018"}, {"phone": "02079461234"}, "different"),
]


@cache
def found() -> dict[str, dict[str, str]]:
    """The levels of every case, both ways round. Each has systems of its own, as what is usual is told by system."""
    rows: list[Row] = []
    for number, (_, one, two, _) in enumerate(CASES):
        for way, (left, right) in (("", (one, two)), ("r", (two, one))):
            for side, known in (("a", left), ("b", right)):
                full = {**name("Ngozi", "Okafor"), **known}
                forename, surname = full.pop("forename"), full.pop("surname")
                rows.append(record(f"{side}{number}{way}", "1", forename, surname, **full))
    return levels(versioned(rows))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case[0]}: {case[3]}" for case in CASES])
def test_two_records_agree_at_the_level_that_is_meant(number: int) -> None:
    comparison, _, _, expected = CASES[number]
    assert found()[f"{number}"][comparison] == expected
    assert found()[f"{number}r"][comparison] == expected


def test_the_stated_chances_of_each_comparison_come_to_one() -> None:
    for comparison in COMPARISONS:
        for kind in ("m", "u"):
            total = sum(getattr(level, kind) for level in comparison.levels)
            assert total == pytest.approx(1), (comparison.name, kind)
            assert all(0 < getattr(level, kind) < 1 for level in comparison.levels)


KNOWN = {**name("Chinwe", "Okafor"), "dob": BORN, **HOME}
MOVED = {"address": "99 Mill Lane", "postcode": "ZZ9 8YX"}
BROUGHT = [
    ("another spelling, moved", {**MOVED, "forename": "Chinwee", "surname": "Okaffor"}),
    ("swapped names, moved", {**MOVED, "forename": "Okafor", "surname": "Chinwe"}),
    ("married and moved", {**MOVED, "surname": "Grant"}),
    ("day and month swapped", {**MOVED, "dob": DAY(1988, 6, 7)}),
    ("a slip in the year, moved", {**MOVED, "dob": DAY(1989, 6, 17)}),
    ("no birth date, a slip", {"dob": None, "surname": "Okaforr"}),
    ("no forename", {"forename": None}),
    ("another name and a slip in the birth date", {"forename": "Jenny", "dob": DAY(1988, 6, 11)}),
]


@cache
def brought() -> set[str]:
    """The numbers of the cases whose two records blocking brings together."""
    rows = []
    for number, (_, changed) in enumerate(BROUGHT):
        for side, known in (("a", {}), ("b", changed)):
            full = {**KNOWN, **known}
            forename, surname = full.pop("forename"), full.pop("surname")
            rows.append(record(f"{side}{number}", "1", forename, surname, **full))
    together = """
        SELECT l.source[2:] FROM pairs JOIN versions AS l ON join_key_l = l.version
        JOIN versions AS r ON join_key_r = r.version AND l.source[2:] = r.source[2:]
    """
    return {number for (number,) in versioned(rows).execute(together).fetchall()}


@pytest.mark.parametrize("number", range(len(BROUGHT)), ids=[case[0] for case in BROUGHT])
def test_blocking_brings_a_person_s_records_together(number: int) -> None:
    assert str(number) in brought()


def test_blocking_keeps_strangers_apart() -> None:
    rows = [
        record("a", "1", "Chinwe", "Okafor", dob=BORN, **HOME),
        record("b", "1", "Wendy", "Poole", dob=DAY(1990, 2, 3), **MOVED),
        record("b", "2", "Samir", "Haddad", dob=DAY(1951, 10, 30), **HOME),
    ]
    assert versioned(rows).execute("SELECT count(*) FROM pairs").fetchall() == [(0,)]


def test_recall_of_blocking_counts_proven_pairs_found_without_the_identifier() -> None:
    rows: list[Row] = []
    for number in range(40):
        upn = f"A{number:012}"
        born_on = DAY(2010, 1 + number % 12, 2 + number % 26)
        rows.append(record("a", str(number), f"Ada{chr(97 + number % 20)}", "Eze", dob=born_on, upn=upn, **HOME))
        # Of ten of them, the other record says nothing but the forename: no other key brings the two together.
        bare = number < 10
        known: Row = {"upn": upn} if bare else {"upn": upn, "dob": born_on, **HOME}
        rows.append(record("b", str(number), f"Ada{chr(97 + number % 20)}", None if bare else "Eze", **known))
    # A UPN typed on someone else proves nothing.
    rows.append(record("c", "1", "Wendy", "Poole", dob=DAY(1951, 10, 30), upn=f"A{20:012}"))
    found = blocking_recall(versioned(rows), LARGEST)
    assert found is not None
    assert found["proven_by"] == [{"identifier": "UPN", "pairs": 40, "found": 30}]
    assert found["value"] == 0.75
    assert found["low"] < 0.75 < found["high"]


def test_recall_of_blocking_is_not_told_from_a_handful() -> None:
    rows = [record(source, "1", "Ada", "Eze", dob=BORN, upn="A123456789012") for source in ("a", "b")]
    assert blocking_recall(versioned(rows), LARGEST) is None

"""What the stage says of its own linkage: weights, thresholds, who is found elsewhere, who would be found with less."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from residents.quality.weights import bits
from store.files import read_json
from tests.residents.rooms import DAY, Index, index, member, record

Row = dict[str, Any]
PUPILS = 120
LINKED = 90
"""From this pupil on no other system has heard of them."""


def name_of(number: int) -> tuple[str, str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return (
        f"{letters[number % 26]}{letters[number // 26]}{letters[number % 7]}ora",
        f"{letters[number % 11]}{letters[number % 13]}{letters[number // 5 % 26]}son",
    )


def borough() -> tuple[list[Row], list[Row]]:
    """Pupils of a school; the first ones also known, with a parent, to a housing system that asks no ethnicity."""
    people: list[Row] = []
    groups: list[Row] = []
    for number in range(PUPILS):
        forename, surname = name_of(number)
        home = {"address": f"{number + 1} Kiln Road", "postcode": f"ZZ{number % 9 + 1} {number % 7 + 1}AB"}
        born = DAY(2012 + number % 8, 1 + number % 12, 2 + number % 26)
        about = {"dob": born, "sex": "FM"[number % 2], **home}
        upn = f"A{number:012d}"
        ethnicity = "BAFR" if number % 3 == 0 else "WBRI"
        people.append(record("school", upn, forename, surname, upn=upn, ethnicity=ethnicity, **about))
        if number < LINKED:
            people.append(record("housing", f"child{number}", forename, surname, **about))
            people.append(record("housing", f"adult{number}", f"{surname}a", surname, dob=DAY(1985, 4, 9), **home))
            groups += [
                member("housing", "tenancy", f"T{number}", f"child{number}", "Household member"),
                member("housing", "tenancy", f"T{number}", f"adult{number}", "Tenant"),
            ]
    return people, groups


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Index:
    people, groups = borough()
    return index(tmp_path_factory.mktemp("linkage"), people, groups=groups)


@pytest.fixture(scope="module")
def document(made: Index) -> Row:
    found: Row = read_json(made.run.root / "residents" / "linkage.json")
    return found


def asked(document: Row, name: str) -> Row:
    return next(one for one in (*document["completeness"], *document["held_out"]) if one["name"] == name)


def test_pupils_no_other_system_knows_are_counted_by_the_schools_own_groups(document: Row) -> None:
    found = asked(document, "pupils_elsewhere")
    assert (found["everyone"]["n"], found["everyone"]["apart"]) == (PUPILS, PUPILS - LINKED)
    assert found["everyone"]["share"]["value"] == 0.75
    groups = {row["group"]: (row["n"], row["apart"]) for row in found["groupings"]["detailed"]}
    assert groups == {"BAFR": (40, 10), "WBRI": (80, 20)}
    assert {row["group"]: row["apart"] for row in found["groupings"]["broad"]} == {"Black": 10, "White": 20}


def test_who_is_linked_to_nothing_is_not_thereby_of_unknown_ethnicity(document: Row) -> None:
    """The joined-up person's ethnicity would put the tenants, whose system does not ask, among the unknown."""
    tenants = asked(document, "tenants_elsewhere")
    assert tenants["everyone"]["n"] == LINKED
    assert "detailed" not in tenants["groupings"] and set(tenants["groupings"]) == {"sex", "age"}


def test_a_pupils_adult_must_be_one_another_system_knows(document: Row) -> None:
    found = asked(document, "pupils_with_adult")
    assert (found["everyone"]["n"], found["everyone"]["apart"]) == (PUPILS, PUPILS - LINKED)


def test_pairs_proven_by_home_and_birth_date_are_found_by_their_names(document: Row) -> None:
    for name in ("dob", "home"):
        assert asked(document, name)["everyone"]["n"] == LINKED
        assert asked(document, name)["everyone"]["apart"] == 0
    assert asked(document, "nino")["everyone"]["n"] == 0


def test_names_held_too_differently_show_as_missed_without_the_birth_date(tmp_path: Path) -> None:
    """Of one sex, home and birth date, yet of no name in common: as when a system holds another name altogether."""
    people, groups = borough()
    for row in people:
        if row["record_id"].startswith("child") and int(row["record_id"][5:]) % 3 == 0:
            row |= {"forename": "Xyzzy", "surname": "Quuxington"}
    made = index(tmp_path, people, groups=groups)
    found = asked(read_json(made.run.root / "residents" / "linkage.json"), "dob")
    assert (found["everyone"]["n"], found["everyone"]["apart"]) == (LINKED, LINKED // 3)


def test_twins_listed_by_a_system_are_no_proof(tmp_path: Path) -> None:
    born, home = DAY(2014, 5, 6), {"address": "1 Kiln Road", "postcode": "ZZ1 2AB"}
    people = [
        record(source, name, name, "Cole", dob=born, sex="M", **home)
        for source in ("school", "housing")
        for name in ("Jayden", "Marcus")
    ]
    made = index(tmp_path, people)
    assert asked(read_json(made.run.root / "residents" / "linkage.json"), "home")["everyone"]["n"] == 0


def test_every_compared_pair_is_in_the_histogram(made: Index, document: Row) -> None:
    shown = [value for one in document["weights"] for value in (one["joined"], one["apart"])]
    known = sum(value for value in shown if isinstance(value, int))
    hidden = sum(isinstance(value, str) for value in shown)
    compared = made.quality()["pairs_compared"]
    assert known - 2 * len(shown) <= compared <= known + 2 * len(shown) + 9 * hidden
    assert sum(one["joined"] for one in document["weights"] if isinstance(one["joined"], int)) >= LINKED - 10


def test_a_stricter_threshold_links_fewer_and_makes_more_people(document: Row) -> None:
    rows = document["thresholds"]
    assert [row["probability"] for row in rows] == sorted(row["probability"] for row in rows)
    assert rows[0]["probability"] == document["threshold"]["probability"] == 0.5
    for one, two in itertools.pairwise(rows):
        assert two["links"] <= one["links"] and two["linked"] <= one["linked"] and two["people"] >= one["people"]
    assert rows[0]["keys"] == PUPILS + 2 * LINKED


def test_a_record_that_says_next_to_nothing_cannot_be_linked(tmp_path: Path) -> None:
    people, groups = borough()
    people += [record("parking", str(number), None, None, sex="M") for number in range(30)]
    made = index(tmp_path, people, groups=groups)
    document = read_json(made.run.root / "residents" / "linkage.json")
    linkable = {row["source"]: (row["n"], row["apart"]) for row in document["linkable"]}
    assert linkable["parking"] == (30, 30)
    assert linkable["school"] == (PUPILS, 0)
    names = {row["source"]: row["more_than_a_name"] for row in document["systems"]}
    assert (names["parking"]["n"], names["parking"]["apart"]) == (30, 30)


def test_the_sample_for_review_has_every_kind_with_its_size(made: Index, document: Row) -> None:
    rows = made.rows("review_pairs")
    assert [row["pair"] for row in rows] == list(range(1, len(rows) + 1))
    sizes = {row["stratum"]: row["stratum_pairs"] for row in rows}
    assert sum(size for stratum, size in sizes.items() if stratum.startswith("joined")) >= LINKED
    for row in rows:
        low = {"joined_20": 20, "joined_15": 15, "joined_10": 10, "apart_10": 10}.get(row["stratum"])
        assert row["joined"] == row["stratum"].startswith("joined")
        assert low is None or row["weight"] >= low
        one, two = (made.person(row[f"source_{side}"], row[f"record_id_{side}"]) for side in (1, 2))
        assert (one == two) == row["joined"]
    assert len(document["review"]["sample"]) == 16


def test_nobody_at_all_still_has_a_document(tmp_path: Path) -> None:
    document = read_json(index(tmp_path).run.root / "residents" / "linkage.json")
    assert document["weights"] == [] and all(one["everyone"]["n"] == 0 for one in document["completeness"])


def test_a_probability_as_bits() -> None:
    assert [round(bits(probability), 3) for probability in (0.5, 2 / 3, 0.8)] == [0, 1, 2]

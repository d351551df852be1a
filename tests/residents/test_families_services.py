"""Each service's own groups, kept beside the families, and what the families look like in counts."""

from __future__ import annotations

from pathlib import Path

from residents.config import ResidentsConfig
from tests.residents.rooms import DAY, index, member, record

MOTHER, FATHER, CHILD = DAY(1985, 4, 9), DAY(1983, 8, 30), DAY(2014, 11, 2)
HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB", "address_from": DAY(2023, 1, 1)}
OTHER = {"address": "40 Mill Lane", "postcode": "ZZ9 8YX", "address_from": DAY(2023, 1, 1)}


def test_each_services_group_is_kept_in_persons_and_compared_with_the_families(tmp_path: Path) -> None:
    """The claim has mother and child; the case has the father as well, who lives elsewhere and is in no family."""
    people = [
        record("benefits", "1", "Ngozi", "Eze", dob=MOTHER, **HOME),
        record("benefits", "2", "Amara", "Eze", dob=CHILD, **HOME),
        record("care", "m", "Ngozi", "Eze", dob=MOTHER, **HOME),
        record("care", "f", "Piotr", "Nowak", dob=FATHER, **OTHER),
    ]
    groups = [
        member("benefits", "benefit_claim", "C1", "1", "Claimant"),
        member("benefits", "benefit_claim", "C1", "2", "Child"),
        member("care", "case_family", "K1", "m", "Mother"),
        member("care", "case_family", "K1", "f", "=HYPERLINK(1)"),
        member("care", "case_family", "K1", "unheard of", "Aunt"),
    ]
    made = index(tmp_path, people, groups=groups)
    mother, child, father = made.person("care", "m"), made.person("benefits", "2"), made.person("care", "f")
    assert {(row["group_type"], row["person_id"], row["role"]) for row in made.rows("service_groups")} == {
        ("benefit_claim", mother, "Claimant"),
        ("benefit_claim", child, "Child"),
        ("case_family", mother, "Mother"),
        ("case_family", father, "=HYPERLINK(1)"),
    }
    claim, case = made.quality()["families"]["service_groups"]
    pairs = ("pairs_in_one_group_now", "of_them_in_one_family", "pairs_of_one_family_it_knows_now")
    assert [claim[name] for name in (*pairs, "of_them_in_one_group")] == [1, 1, 1, 1]
    assert [case[name] for name in (*pairs, "of_them_in_one_group")] == [1, 0, 0, 0]


def test_a_group_of_too_many_ties_nobody_and_is_counted(tmp_path: Path) -> None:
    names = ["Anwar", "Bella", "Carlos", "Dmitri", "Efua", "Faisal"]
    people = [record("care", name, name, name[::-1], dob=DAY(1960 + place, 3, 4)) for place, name in enumerate(names)]
    child = record("care", "child", "Amara", "Eze", dob=CHILD)
    groups = [member("care", "case_family", "UNKNOWN", key, "Member") for key in (*names, "child")]
    made = index(tmp_path, [*people, child], ResidentsConfig(largest_family=6), groups=groups)
    assert {row["person_id"] for row in made.rows("families")} == {made.person("care", "child")}
    assert {row["too_large"] for row in made.rows("service_groups")} == {True}
    assert made.quality()["families"]["service_groups"][0]["groups_too_large"] == 1


def test_families_are_counted_by_type(tmp_path: Path) -> None:
    """A couple with two children and a grandmother; a lone mother whose elder has grown up."""
    people = [
        record("tax", "1", "Ngozi", "Eze", dob=MOTHER, **HOME),
        record("tax", "2", "Chidi", "Eze", dob=FATHER, **HOME),
        record("tax", "3", "Adaeze", "Eze", dob=DAY(1951, 2, 3), **HOME),
        record("tax", "4", "Amara", "Eze", dob=CHILD, **HOME),
        record("tax", "5", "Emeka", "Eze", dob=DAY(2016, 5, 20), **HOME),
        record("tax", "6", "Wendy", "Poole", dob=DAY(1980, 7, 7), **OTHER),
        record("tax", "7", "Robin", "Poole", dob=DAY(2006, 2, 2), **OTHER),
        record("tax", "8", "Ella", "Poole", dob=DAY(2012, 2, 2), **OTHER),
    ]
    found = index(tmp_path, people).quality()["families"]
    counts = ("type", "children", "families", "with_a_grandparent", "with_a_grown_child")
    assert [tuple(row[name] for name in counts) for row in found["types_now"]] == [
        ("one carer", 1, 1, 0, 1),
        ("two carers", 2, 1, 1, 0),
    ]
    assert (found["largest_family"], found["families_too_large"]) == (5, 0)

"""How families begin, part, join and live with grandparents."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.residents.rooms import DAY, Index, Row, index, member, record

MOTHER, FATHER, CHILD = DAY(1985, 4, 9), DAY(1983, 8, 30), DAY(2014, 11, 2)
HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB"}
OTHER = {"address": "40 Mill Lane", "postcode": "ZZ9 8YX"}
THIRD = {"address": "7 Orchard Close", "postcode": "ZZ4 5CD"}
LONG_AGO, PARTED = DAY(2016, 5, 1), DAY(2024, 3, 1)
Place = dict[str, str]


def lives(
    key: str, forename: str, surname: str, born: dt.date, *stays: tuple[Place, dt.date, dt.date | None]
) -> list[Row]:
    """Council tax rows: where one person lived, from when to when."""
    return [
        record(
            "tax",
            f"{key}|{number}",
            forename,
            surname,
            subject_id=key,
            dob=born,
            **place,
            address_from=first,
            address_to=last,
            recorded_on=first,
        )
        for number, (place, first, last) in enumerate(stays)
    ]


def system(*days: dt.date) -> list[Row]:
    """Someone else, by whom the tax system is seen to have covered these days."""
    return [
        record("tax", f"z{day}", "Wendy", "Poole", dob=DAY(1950, 1, 2), subject_id="z", recorded_on=day) for day in days
    ]


def spells(made: Index, key: str) -> list[tuple[str, str, dt.date, dt.date | None]]:
    """Memberships of a person of the tax system: family, role, from, to; the family as the letter of its order."""
    rows = [row for row in made.rows("families") if row["person_id"] == made.person("tax", key)]
    return sorted((row["family_id"], row["role"], row["from_date"], row["to_date"]) for row in rows)


def test_a_family_is_not_here_before_any_of_it_is(tmp_path: Path) -> None:
    """The child is nine, and nothing knew of any of them before they moved in."""
    came = DAY(2023, 11, 3)
    made = index(
        tmp_path,
        [
            *system(LONG_AGO),
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, came, None)),
            *lives("c", "Amara", "Eze", CHILD, (HOME, came + dt.timedelta(30), None)),
        ],
    )
    assert {row["from_date"] for row in made.rows("families")} == {came}


def test_a_child_met_late_was_of_the_family_since_birth(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            *system(DAY(2001, 1, 1)),
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO - dt.timedelta(900), None)),
            *lives("c", "Amara", "Eze", CHILD, (HOME, DAY(2020, 9, 1), None)),
        ],
    )
    assert spells(made, "c|0")[0][2] == CHILD
    assert spells(made, "m|0")[0][2] == LONG_AGO - dt.timedelta(900)


def test_no_child_is_of_a_family_before_birth_though_the_tenancy_is_older(tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, DAY(2010, 1, 1), None)),
            record("tax", "c", "Amara", "Eze", dob=CHILD),
        ],
        groups=[
            member("tax", "tenancy", "T1", "m|0", "Tenant", from_date=DAY(2010, 1, 1)),
            member("tax", "tenancy", "T1", "c", "Household member", from_date=DAY(2010, 1, 1)),
        ],
    )
    assert [row[2] for row in spells(made, "c")] == [CHILD]


def parted(tmp_path: Path, **known: Any) -> Index:
    return index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO, None)),
            *lives("f", "Chidi", "Obi", FATHER, (HOME, LONG_AGO, PARTED), (OTHER, PARTED, None)),
            *lives("c", "Amara", "Obi", CHILD, (HOME, LONG_AGO, None)),
            *known.pop("people", []),
        ],
        **known,
    )


@pytest.mark.parametrize("tenancy", [False, True])
def test_a_father_who_moves_out_leaves_though_the_tenancy_still_names_him(tenancy: bool, tmp_path: Path) -> None:
    groups = [
        member("tax", "tenancy", "T1", key, role, from_date=LONG_AGO, recorded_on=LONG_AGO)
        for key, role in (("m|0", "Tenant"), ("f|0", "Joint tenant"), ("c|0", "Child"))
    ]
    made = parted(tmp_path, groups=groups if tenancy else [])
    mother, father, child = spells(made, "m|0"), spells(made, "f|0"), spells(made, "c|0")
    assert [row[0] for row in father] == [row[0] for row in mother] == [row[0] for row in child]
    assert [row[3] for row in father] == [PARTED]
    assert [row[3] for row in mother + child] == [None, None]


def test_a_child_of_parted_parents_belongs_to_both_from_then_on(tmp_path: Path) -> None:
    """A claim at the father's new home names the child, who is still at the mother's."""
    claim = [
        member("tax", "benefit_claim", "B1", key, role, from_date=PARTED, recorded_on=PARTED + dt.timedelta(20))
        for key, role in (("f|1", "Claimant"), ("c|0", "Child"))
    ]
    made = parted(tmp_path, groups=claim)
    mother, father, child = spells(made, "m|0"), spells(made, "f|0"), spells(made, "c|0")
    first, second = mother[0][0], next(row[0] for row in father if row[0] != mother[0][0])
    assert {(row[0], row[3]) for row in father} == {(first, PARTED), (second, None)}
    assert {(row[0], row[3]) for row in child} == {(first, None), (second, None)}
    assert next(row[2] for row in child if row[0] == second) == PARTED + dt.timedelta(1)


def test_two_lone_parents_who_move_in_together_were_two_families_before(tmp_path: Path) -> None:
    joined = DAY(2024, 6, 1)
    made = index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO, None)),
            *lives("c1", "Amara", "Eze", CHILD, (HOME, LONG_AGO, None)),
            *lives("c2", "Emeka", "Eze", DAY(2016, 1, 5), (HOME, LONG_AGO, None)),
            *lives("s", "Piotr", "Nowak", FATHER, (OTHER, LONG_AGO, joined), (HOME, joined, None)),
            *lives("c3", "Zofia", "Nowak", DAY(2012, 7, 7), (OTHER, LONG_AGO, joined), (HOME, joined, None)),
        ],
    )
    home = spells(made, "m|0")[0][0]
    for key in ("s|0", "c3|0"):
        before, after = sorted(spells(made, key), key=lambda row: row[2])
        assert before[0] != home == after[0]
        assert (before[3], after[2:]) == (joined - dt.timedelta(1), (joined, None))


@pytest.mark.parametrize(("surname", "lives_in"), [("Eze", True), ("Kowalska", False)])
def test_a_grandparent_of_the_name_who_lives_in_is_of_the_family(surname: str, lives_in: bool, tmp_path: Path) -> None:
    made = index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO, None)),
            *lives("c", "Amara", "Eze", CHILD, (HOME, LONG_AGO, None)),
            *lives("g", "Adaeze", surname, DAY(1951, 2, 3), (HOME, LONG_AGO, None)),
        ],
    )
    assert [row[0] for row in spells(made, "g|0")] == ([spells(made, "c|0")[0][0]] if lives_in else [])


def test_a_family_whose_home_has_ended_is_gone_though_a_form_once_named_them_there(tmp_path: Path) -> None:
    """The form's system never says that anyone left; the account at the home, which has ended, does."""
    left = DAY(2024, 5, 1)
    seen = {"subject_id": "m", "dob": MOTHER, **HOME, "recorded_on": DAY(2023, 9, 1)}
    made = index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO, left)),
            *lives("z", "Wendy", "Poole", DAY(1950, 1, 2), (THIRD, LONG_AGO, None)),
            record("web", "1", "Ngozi", "Eze", **seen, address_from=DAY(2023, 9, 1)),
            record("web", "2", "Wendy", "Poole", dob=DAY(1950, 1, 2), recorded_on=DAY(2026, 8, 1)),
            record("school", "1", "Amara", "Eze", dob=CHILD, recorded_on=DAY(2024, 3, 1), **HOME),
            record("school", "2", "Piotr", "Nowak", dob=CHILD, recorded_on=DAY(2026, 5, 1), **OTHER),
        ],
        groups=[member("tax", "council_tax_account", "A1", "m|0", "Liable", from_date=LONG_AGO, to_date=left)],
    )
    child = made.person("school", "1")
    rows = [row for row in made.rows("families") if row["person_id"] in (child, made.person("tax", "m|0"))]
    assert [row["to_date"] for row in rows] == [left, left]


def test_a_child_too_young_for_any_system_stays_while_the_carer_is_there(tmp_path: Path) -> None:
    born = DAY(2023, 2, 1)
    made = index(
        tmp_path,
        [
            *lives("m", "Ngozi", "Eze", MOTHER, (HOME, LONG_AGO, None)),
            record("early", "1", "Amara", "Eze", dob=born, recorded_on=DAY(2023, 6, 1), **HOME),
            record("early", "2", "Piotr", "Nowak", dob=CHILD, recorded_on=DAY(2026, 5, 1), **OTHER),
        ],
    )
    rows = [row for row in made.rows("families") if row["person_id"] == made.person("early", "1")]
    assert [(row["from_date"], row["to_date"]) for row in rows] == [(born, None)]

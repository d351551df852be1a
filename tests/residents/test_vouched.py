"""Refused links are followed in a register of single people, and nowhere else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.residents.rooms import DAY, Row, index, member, record
from tests.residents.test_households import name_of

TWINS = 40


def people(born: int, **known: Any) -> list[Row]:
    """Many on record twice, and as many pairs of one birth date, home and surname under two forenames."""
    rows = []
    for number in range(520):
        forename, surname = name_of(number).split()
        dob: dt.date = DAY(born + number % 31, 1 + number % 12, 1 + number % 27)
        home = {"address": f"{number + 1} Kiln Road", "postcode": f"ZZ{number % 60 + 1} {number // 60 + 1}AB"}
        home = {key: home[key] for key in home if key not in known.get("without", ())}
        second = name_of(900 + 3 * number).split()[0] if number < TWINS else forename
        for key, first in (("a", forename), ("b", second)):
            rows.append(record("register", f"{number}{key}", first, surname, dob=dob, sex="F", **home))
    return rows


def joined(folder: Path, rows: list[Row], **tables: Any) -> int:
    """How many of the pairs with two forenames are one person."""
    made = index(folder, rows, **tables)
    return sum(made.person("register", f"{n}a") == made.person("register", f"{n}b") for n in range(TWINS))


def test_in_a_register_of_single_people_they_are_slips(tmp_path: Path) -> None:
    assert joined(tmp_path, people(1950)) == TWINS


GROUP = [member("register", "benefit_claim", "C1", key, "Claimant") for key in ("100a", "101a")]


@pytest.mark.parametrize(
    ("why", "rows", "tables"),
    [
        ("a cohort of children", people(1990), {}),
        ("postcodes alone", people(1950, without=("address",)), {}),
        ("a system that states groups", people(1950), {"groups": GROUP}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_elsewhere_they_are_twins(why: str, rows: list[Row], tables: dict[str, Any], tmp_path: Path) -> None:
    assert joined(tmp_path, rows, **tables) == 0

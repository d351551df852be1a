"""Birth dates that stand in for days nobody knows, and identifiers in one form."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.residents.matching import standardised
from tests.residents.rooms import DAY, Row, record


def born(dates: list[dt.date], source: str = "housing") -> list[Row]:
    return [record(source, f"{number:05}", "Ada", "Eze", dob=day) for number, day in enumerate(dates)]


def spread(size: int) -> list[dt.date]:
    """Birth dates of which no two are one."""
    return [DAY(1950, 1, 1) + dt.timedelta(days=1 + 9 * number) for number in range(size)]


def dates(rows: list[Row], source: str = "housing") -> dict[dt.date, bool]:
    """The birth dates that are kept, and whether each is weak."""
    con = standardised(rows)
    found = con.execute("SELECT DISTINCT dob, dob_weak FROM std WHERE dob IS NOT NULL AND source = $1", [source])
    return dict(found.fetchall())


def test_the_first_of_january_is_kept_but_weak_however_common() -> None:
    years = range(1970, 2000)
    rows = born(spread(600) + [DAY(year, 1, 1) for year in years for _ in range(12)])
    kept = dates(rows)
    assert all(kept[DAY(year, 1, 1)] for year in years)
    assert not kept[DAY(1950, 1, 2)]


@pytest.mark.parametrize("filler", [DAY(1970, 1, 1), DAY(1980, 1, 1), DAY(1999, 9, 9)])
def test_a_date_far_commoner_than_others_of_its_kind_is_a_filler(filler: dt.date) -> None:
    kept = dates(born(spread(600) + [DAY(year, 1, 1) for year in range(1971, 1979)] * 3 + [filler] * 200))
    assert filler not in kept
    assert kept[DAY(1975, 1, 1)]


@pytest.mark.parametrize("filler", [DAY(1900, 1, 1), DAY(1901, 1, 1), DAY(2999, 12, 31), DAY(1753, 1, 1)])
def test_a_date_out_of_range_is_missing(filler: dt.date) -> None:
    assert dates(born([filler])) == {}


def test_a_day_of_the_year_that_stands_in_for_others_is_weak_in_its_system_only() -> None:
    stand_ins = [DAY(year, 7, 1) for year in range(1960, 2000)]
    rows = born(spread(600) + stand_ins) + born(spread(600) + stand_ins[:2], "library")
    assert dates(rows)[DAY(1980, 7, 1)] is True
    assert dates(rows, "library")[DAY(1960, 7, 1)] is False


@pytest.mark.parametrize(
    ("column", "written", "form"),
    [
        ("nino", "ab 12 34 56 c", "AB123456"),
        ("nino", "AB123456", "AB123456"),
        ("nino", "1234567", None),
        ("upn", "a-123456789012", "A123456789012"),
        ("upn", "123", None),
        ("email", " Ada@Example.ORG ", "ada@example.org"),
        ("email", "none", None),
        ("phone", "+44 (0)20 7946 0018", "2079460018"),
        ("phone", "020 7946", None),
    ],
)
def test_identifiers_have_one_form(column: str, written: str, form: str | None) -> None:
    con = standardised([record("a", "1", "Ada", "Eze", **{column: written})])
    assert con.table("std").select(column).fetchall() == [(form,)]

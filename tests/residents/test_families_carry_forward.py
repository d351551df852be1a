"""Family ids carried from one index to the next."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residents.families.carry_forward import CarriedForward, carry_forward

DAY = dt.date
UNTIL = DAY(2025, 12, 31)
Spell = tuple[str, str, dt.date, dt.date | None]


def table(spells: list[Spell]) -> pa.Table:
    names = ("family_id", "person_id", "from_date", "to_date")
    types = (pa.string(), pa.string(), pa.date32(), pa.date32())
    return pa.table({name: pa.array([row[place] for row in spells], types[place]) for place, name in enumerate(names)})


def families(**members: str) -> list[Spell]:
    """``families(F1="ab")``: two people in F1, since 2020."""
    return [(family, person, DAY(2020, 1, 1), None) for family, people in members.items() for person in people]


def carried(previous: list[Spell], new: list[Spell]) -> CarriedForward:
    with duckdb.connect() as con:
        return carry_forward(
            con, table(previous), table(new), UNTIL, lambda number: [f"new{place}" for place in range(number)]
        )


def ids(result: CarriedForward) -> dict[str, str]:
    return dict(zip(result.ids["made_id"].to_pylist(), result.ids["family_id"].to_pylist(), strict=True))


def changes(result: CarriedForward) -> list[tuple[str, str, str, int]]:
    return [tuple(row.values()) for row in result.changes.to_pylist()]


@pytest.mark.parametrize(
    ("previous", "new", "expected_ids", "expected_changes"),
    [
        pytest.param(families(F1="abc"), families(N="abcd"), {"N": "F1"}, [], id="a birth"),
        pytest.param({}, families(N="ab"), {"N": "new0"}, [], id="a first index"),
        pytest.param(families(F1="ab"), [], {}, [], id="a family that left"),
        pytest.param(
            families(F1="abcd"),
            families(N1="a", N2="bcd"),
            {"N1": "new0", "N2": "F1"},
            [("split", "F1", "new0", 1)],
            id="a split: the greater part keeps the id",
        ),
        pytest.param(
            families(F1="ab", F2="cde"),
            families(N="abcde"),
            {"N": "F2"},
            [("merge", "F1", "F2", 2)],
            id="a merge: the greater part gives the id",
        ),
        pytest.param(
            families(F1="ac", F2="bc"),
            families(N1="bc", N2="ac"),
            {"N1": "F2", "N2": "F1"},
            [],
            id="a child of two homes",
        ),
        pytest.param(
            families(F1="abc", F2="de"),
            families(N1="ab", N2="cde"),
            {"N1": "F1", "N2": "F2"},
            [],
            id="a child who went over to another family",
        ),
        pytest.param(
            families(F1="abc"),
            families(N1="bc", F1="ad"),
            {"N1": "F1", "F1": "new0"},
            [("split", "F1", "new0", 1)],
            id="what the new index calls a family is no id",
        ),
    ],
)
def test_ids_follow_the_members(
    previous: list[Spell],
    new: list[Spell],
    expected_ids: dict[str, str],
    expected_changes: list[tuple[str, str, str, int]],
) -> None:
    result = carried(list(previous), new)
    assert ids(result) == expected_ids
    assert changes(result) == expected_changes


def test_days_together_decide_between_parts_of_equal_size() -> None:
    previous = families(F1="ab")
    new: list[Spell] = [("N1", "a", DAY(2025, 1, 1), None), ("N2", "b", DAY(2020, 1, 1), None)]
    assert ids(carried(previous, new)) == {"N1": "new0", "N2": "F1"}


def naive(previous: list[Spell], new: list[Spell]) -> dict[str, str]:
    """One pair after the other, in the order of what they share."""
    shared: dict[tuple[str, str], tuple[set[str], int]] = {}
    for family, person, start, end in previous:
        for other, same, first, last in new:
            if person == same:
                people, days = shared.setdefault((family, other), (set(), 0))
                both = (min(end or UNTIL, last or UNTIL, UNTIL) - max(start, first)).days + 1
                shared[family, other] = (people | {person}, days + max(both, 0))
    kept: dict[str, str] = {}
    order = sorted(shared, key=lambda pair: (-len(shared[pair][0]), -shared[pair][1], pair))
    for family, other in order:
        if family not in kept.values() and other not in kept:
            kept[other] = family
    unnamed = sorted({family for family, *_ in new} - set(kept))
    return kept | {other: f"new{place}" for place, other in enumerate(unnamed)}


def spells() -> st.SearchStrategy[list[Spell]]:
    days = st.integers(0, 900).map(lambda day: DAY(2024, 1, 1) + dt.timedelta(day))
    dates = st.one_of(st.tuples(days, days).map(sorted), st.tuples(days, st.none()))
    row = st.tuples(st.integers(0, 6), st.sampled_from("abcdefgh"), dates)
    return st.lists(row, max_size=14).map(lambda rows: [(f"F{family}", person, *pair) for family, person, pair in rows])


@settings(max_examples=150, deadline=None)
@given(spells(), spells())
def test_agrees_with_taking_one_pair_after_the_other(previous: list[Spell], new: list[Spell]) -> None:
    result = carried(previous, new)
    found = ids(result)
    assert found == naive(previous, new)
    assert len(set(found.values())) == len(found)
    for kind, one, two, shared in changes(result):
        assert (kind == "merge") == (one not in found.values())
        assert shared == len({p for f, p, *_ in previous if f == one} & {p for f, p, *_ in new if found[f] == two})
        assert shared > 0

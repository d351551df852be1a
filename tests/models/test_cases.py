"""Features beside a cohort: one row a unit and date, the one of which most is known, and nothing held twice."""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cases import Cases, load_cases
from models.groups import FamilyGroups
from models.target import Unit
from tests.models.test_candidates import feature
from tests.models.test_membership import borough

DAYS = (dt.date(2024, 3, 31), dt.date(2024, 6, 30))
FEATURES = (feature(0, 1), feature(1, 0))
GROUPS = FamilyGroups({f"f{place}": place for place in range(3)}, np.zeros(3, dtype=np.int64))
CELL = st.one_of(st.none(), st.integers(0, 3).map(float))
HOMES = st.dictionaries(
    st.tuples(st.sampled_from(DAYS), st.sampled_from("ab"), st.sampled_from(("f0", "f1", "f2"))),
    st.one_of(st.none(), st.tuples(CELL, CELL)),
    max_size=10,
)
Homes = dict[tuple[dt.date, str, str], tuple[float | None, float | None] | None]


def loaded(homes: Homes, known: tuple[str, ...] = ()) -> Cases:
    """Children at homes: each in the cohort, with two features where they have a row."""
    keys = sorted(homes)
    day = pa.array([key[0] for key in keys], pa.date32())
    cohort = pa.table(
        {
            **{"as_of": day, "unit_id": [key[1] for key in keys], "family_id": [key[2] for key in keys]},
            **{
                "outcome_known_on": pa.nulls(len(keys), pa.date32()),
                "tie_place": pa.array(range(len(keys)), pa.int64()),
            },
        },
        schema=pa.schema(
            [
                *(("as_of", pa.date32()), ("unit_id", pa.string()), ("family_id", pa.string())),
                *(("outcome_known_on", pa.date32()), ("tie_place", pa.int64())),
            ]
        ),
    )
    rows = [
        {"as_of": key[0], "person_id": key[1], "family_id": key[2], "x0": cells[0], "x1": cells[1]}
        for key, cells in homes.items()
        if cells is not None
    ]
    names = ("as_of", "person_id", "family_id", "x0", "x1")
    kinds = (pa.date32(), pa.string(), pa.string(), pa.float64(), pa.float64())
    with duckdb.connect() as connection:
        table = pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, kinds))))
        return load_cases(connection, cohort, Unit.CHILD, FEATURES, connection.from_arrow(table), GROUPS, known)


def by_hand(homes: Homes, known: tuple[str, ...]) -> list[tuple[dt.date, str, str]]:
    best: dict[tuple[dt.date, str], tuple[int, str]] = {}
    for (day, child, family), cells in homes.items():
        if cells is None or any(cells[("x0", "x1").index(name)] is None for name in known):
            continue
        one = (sum(cell is None for cell in cells), family)
        best[day, child] = min(best.get((day, child), one), one)
    return [(day, child, family) for (day, child), (_, family) in sorted(best.items())]


@settings(max_examples=60, deadline=None)
@given(homes=HOMES, known=st.sampled_from(((), ("x1",))))
def test_each_child_keeps_the_home_of_which_most_is_known(homes: Homes, known: tuple[str, ...]) -> None:
    cases = loaded(homes, known)
    expected = by_hand(homes, known)
    assert list(zip(cases.as_of.tolist(), cases.unit_id, cases.family_id)) == expected
    assert cases.without_features == sum(cells is None for cells in homes.values())
    np.testing.assert_array_equal(cases.values, np.array([homes[key] for key in expected], dtype=float).reshape(-1, 2))


def test_a_feature_asked_for_that_is_not_made_here_leaves_nobody() -> None:
    assert len(loaded({(DAYS[0], "a", "f0"): (1.0, 1.0)}, ("x9",))) == 0


def test_rows_that_follow_one_another_are_not_held_twice_and_cannot_be_written_to() -> None:
    cases = borough(20, 2, 0.3)
    together, apart = np.arange(5, 25), np.array([1, 3, 4])
    for rows in (together, apart, np.array([], dtype=np.int64), np.array([3, 3, 4])):
        np.testing.assert_array_equal(cases.features_of(rows), cases.values[rows])
    assert np.shares_memory(cases.features_of(together), cases.values)
    with pytest.raises(ValueError, match="read-only"):
        cases.features_of(together)[0, 0] = 1.0

"""Whose ethnicity a case has."""

import csv
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairness_audits.ethnicity import BROAD_GROUPS, ETHNIC_CODES, GYPSY_ROMA_TRAVELLER, broad_group, label
from fairness_audits.grouping import ethnic_groups, units_are_families
from features.tables import MEMBERS
from models.tables import SCORES
from residents.tables import PROTECTED
from store.run_folder import RunFolder
from tests.conftest import EXTRACTS
from tests.fairness_audits.borough import put_people

AS_OF = dt.date(2026, 3, 31)
CODES = ["WBRI", "WROM", "CHNE", "BAFR", "REFU", "NOBT", "", None, "XXXX"]
Member = tuple[str, str, int | None, str | None]
"""Person, role, age, code."""


def groups_of(root: Path, members: list[Member], units: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(detailed, broad) of each (unit, family); everyone is in family F."""
    run = RunFolder(root)
    put_people(
        run,
        {person: code for person, _, _, code in members},
        [
            {"as_of": AS_OF, "family_id": "F", "person_id": person, "role": role, "age_years": age}
            for person, role, age, _ in members
        ],
    )
    scores = pa.Table.from_pylist(
        [{"unit_id": unit, "family_id": family, "as_of": AS_OF} for unit, family in units],
        schema=SCORES.arrow_schema(),
    )
    with duckdb.connect() as connection:
        found = ethnic_groups(connection, scores, run.path(MEMBERS), run.path(PROTECTED))
    return list(zip(found["detailed"].tolist(), found["broad"].tolist()))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([], "Unknown", id="nobody"),
        pytest.param([("a", "adult", 40, "WBRI"), ("b", "child", 9, "BAFR")], "BAFR", id="children before adults"),
        pytest.param(
            [("b", "child", 9, "BAFR"), ("c", "child", 7, "AIND"), ("d", "child", 5, "AIND")], "AIND", id="commonest"
        ),
        pytest.param([("b", "child", 9, "MWBC"), ("c", "child", 12, "BCRB")], "BCRB", id="a tie goes to the eldest"),
        pytest.param([("b", "child", 9, "BAFR"), ("c", "child", 9, "ABAN")], "ABAN", id="twins by code"),
        pytest.param([("b", "child", None, "BAFR"), ("c", "child", 1, "ABAN")], "ABAN", id="an unknown age is least"),
        pytest.param([("b", "child", 9, "REFU"), ("a", "adult", 40, "OOTH")], "OOTH", id="refused is not known"),
        pytest.param([("b", "child", 9, ""), ("a", "adult", 40, "NOBT")], "Unknown", id="none known"),
        pytest.param([("b", "child", 18, "WIRT"), ("c", "child", 17, "WBRI")], "WBRI", id="18 is an adult"),
        pytest.param([("b", "adult", 17, "WIRT"), ("a", "adult", 40, "WBRI")], "WIRT", id="17 is a child"),
        pytest.param([("b", "child", 9, "AAAA"), ("a", "adult", 40, "CHNE")], "CHNE", id="a code nobody knows"),
    ],
)
def test_a_familys_group(tmp_path: Path, members: list[Member], expected: str) -> None:
    assert groups_of(tmp_path, members, [("F", "F")]) == [(expected, broad_group(expected))]


def test_a_child_has_its_own_code_whatever_its_family(tmp_path: Path) -> None:
    members: list[Member] = [("a", "child", 9, "WROM"), ("b", "child", 8, "REFU"), ("c", "child", 7, "CHNE")]
    units = [("c", "F"), ("a", "F"), ("b", "F"), ("stranger", "F")]
    assert groups_of(tmp_path, members, units) == [
        ("CHNE", "Asian"),
        ("WROM", GYPSY_ROMA_TRAVELLER),
        ("Unknown", "Unknown"),
        ("Unknown", "Unknown"),
    ]


people = st.lists(
    st.tuples(st.sampled_from(["adult", "child"]), st.none() | st.integers(0, 60), st.sampled_from(CODES)), max_size=7
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people)
def test_a_familys_group_is_the_rule_read_aloud(
    tmp_path: Path, drawn: list[tuple[str, int | None, str | None]]
) -> None:
    members: list[Member] = [(f"p{n}", *person) for n, person in enumerate(drawn)]
    assert groups_of(tmp_path, members, [("F", "F")])[0][0] == _naive(members)


def _naive(members: list[Member]) -> str:
    known = {entry.code for entry in ETHNIC_CODES}
    for children in (True, False):
        chosen = [
            (code, -1 if age is None else age)
            for _, role, age, code in members
            if code in known and (age < 18 if age is not None else role == "child") is children
        ]
        if chosen:
            count = Counter(code for code, _ in chosen)
            eldest = {code: max(age for c, age in chosen if c == code) for code in count}
            return min(count, key=lambda code: (-count[code], -eldest[code], code))
    return "Unknown"


def test_units_are_families_when_every_unit_is_its_family() -> None:
    def table(rows: list[dict[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist(rows, schema=pa.schema([("unit_id", pa.string()), ("family_id", pa.string())]))

    assert units_are_families(table([{"unit_id": "a", "family_id": "a"}]))
    assert not units_are_families(table([{"unit_id": "a", "family_id": "a"}, {"unit_id": "c", "family_id": "a"}]))


def test_no_traveller_is_folded_into_white_and_every_code_has_a_broad_group() -> None:
    assert len(ETHNIC_CODES) == 18
    assert {entry.broad for entry in ETHNIC_CODES} | {"Unknown"} == set(BROAD_GROUPS)
    assert broad_group("WIRT") == broad_group("WROM") == GYPSY_ROMA_TRAVELLER
    assert broad_group("CHNE") == "Asian"
    assert label("WROM") == "Gypsy/Roma"


def test_the_table_is_the_published_one() -> None:
    """All but the two Traveller codes, which are kept apart on purpose."""
    path = EXTRACTS.parent / "reference" / "ethnicity_map.csv"
    if not path.exists():
        pytest.skip("the reference facts are not beside the project on this machine")
    with path.open(encoding="utf-8") as file:
        published = {row["dfe_code"]: row["broad5_census"] for row in csv.DictReader(file)}
    for entry in ETHNIC_CODES:
        expected = GYPSY_ROMA_TRAVELLER if entry.code in {"WIRT", "WROM"} else published[entry.code]
        assert entry.broad == expected
    assert set(published) - {entry.code for entry in ETHNIC_CODES} == {"REFU", "NOBT"}

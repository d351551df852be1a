"""What cases are grouped by beside ethnicity, as known at the as-of date; and groupings taken together."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness_audits.attribute_stage import STAGE
from fairness_audits.attributes import ATTRIBUTE_GROUPS, HOMES, PERSON_SEX, attribute_groups
from fairness_audits.audit import GROUPS
from fairness_audits.policy import DESCRIBED
from fairness_audits.together import beside, order_together, sums_of, taken_together
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS
from models.tables import SCORES
from residents.tables import PEOPLE, PSEUDONYMS, RESIDENCE_SPELLS
from sources.tables import ADDRESSES
from store.run_folder import RunFolder
from store.table import Zone
from tests.fairness_audits.borough import FAMILIES, audit_run, draw_families
from tests.fairness_audits.test_stage import read_audit
from tests.support import put_table, run_stage

AS_OF, BEFORE, EARLIER = dt.date(2026, 3, 31), dt.date(2026, 3, 30), dt.date(2025, 1, 1)
Member = tuple[str, str, int | None]
"""Person, role, age."""
Home = tuple[str, dt.date, dt.date | None, dt.date, dt.date | None, int]
"""Person, from, to, recorded, end recorded, decile."""


def grouped(
    root: Path,
    unit: str,
    *,
    members: list[Member] = [],  # noqa: B006 - never changed
    sexes: dict[str, str | None] | None = None,
    homes: list[Home] | None = None,
    marks: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The groups of one case at `AS_OF`: the child ``unit`` of family F, or F itself. All members are of F."""
    run = RunFolder(root)
    rows = [
        {"as_of": AS_OF, "family_id": "F", "person_id": person, "role": role, "age_years": age}
        for person, role, age in sorted(members)
    ]
    put_table(run, MEMBERS, rows)
    if sexes is not None:
        put_table(run, PERSON_SEX, [{"analysis_id": who, "sex": sex} for who, sex in sexes.items()])
    if homes is not None:
        names = HOMES.column_names
        put_table(run, HOMES, [dict(zip(names, home)) for home in homes])
    if marks is not None:
        table = FAMILY_FEATURES if unit == "F" else CHILD_FEATURES
        keys = {"family_id": "F", "as_of": AS_OF} | ({} if unit == "F" else {"person_id": unit})
        put_table(run, table, [keys | marks])
    scores = pa.Table.from_pylist([{"unit_id": unit, "family_id": "F", "as_of": AS_OF}], schema=SCORES.arrow_schema())
    paths = {table.name: run.path(table) for table in (MEMBERS, PERSON_SEX, HOMES, FAMILY_FEATURES, CHILD_FEATURES)}
    with duckdb.connect() as connection:
        found = attribute_groups(connection, scores, paths)
    assert all(set(groups) <= set(ATTRIBUTE_GROUPS[name]) for name, groups in found.items())
    return {name: groups[0] for name, groups in found.items()}


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "0 to 4"),
        (4, "0 to 4"),
        (5, "5 to 10"),
        (11, "11 to 15"),
        (16, "16 to 17"),
        (18, "18 and over"),
        (None, "Unknown"),
    ],
)
def test_a_childs_age_band(tmp_path: Path, age: int | None, band: str) -> None:
    assert grouped(tmp_path, "c", members=[("c", "child", age)])["age_band"] == band


@pytest.mark.parametrize(
    ("members", "band"),
    [
        ([("a", "adult", 30), ("b", "child", 12), ("c", "child", 3)], "0 to 4"),
        ([("a", "adult", 30), ("b", "child", None), ("c", "child", 12)], "11 to 15"),
        ([("a", "adult", 17), ("b", "adult", 40)], "16 to 17"),
        ([("a", "adult", 30)], "Unknown"),
        ([], "Unknown"),
    ],
)
def test_a_family_has_the_age_band_of_its_youngest_child(tmp_path: Path, members: list[Member], band: str) -> None:
    assert grouped(tmp_path, "F", members=members)["age_band"] == band


@pytest.mark.parametrize(
    ("sexes", "expected"),
    [
        ({"a": "F", "b": "M"}, "women and men"),
        ({"a": "F", "b": "F"}, "women alone"),
        ({"a": "M", "b": "M"}, "men alone"),
        ({"a": "F"}, "Unknown"),
        ({"a": "F", "b": None}, "Unknown"),
        ({}, "Unknown"),
    ],
)
def test_the_sexes_of_a_familys_adults(tmp_path: Path, sexes: dict[str, str | None], expected: str) -> None:
    members: list[Member] = [("a", "adult", 30), ("b", "adult", None), ("c", "child", 5)]
    assert grouped(tmp_path, "F", members=members, sexes={"c": "M", **sexes})["sex"] == expected


def test_a_childs_own_sex_and_disability(tmp_path: Path) -> None:
    found = grouped(tmp_path, "c", sexes={"c": "F"}, marks={"own_disability_markers": 2.0})
    assert (found["sex"], found["disability"]) == ("female", "recorded")
    assert grouped(tmp_path, "d", sexes={"c": "F"}, marks={"own_disability_markers": None})["sex"] == "Unknown"


@pytest.mark.parametrize(("marks", "expected"), [(1.0, "recorded"), (0.0, "none recorded"), (None, "Unknown")])
def test_a_familys_disability_is_a_childs(tmp_path: Path, marks: float | None, expected: str) -> None:
    marked = {"disabled_child_markers": marks, "disabled_adult_markers": 3.0}
    assert grouped(tmp_path, "F", marks=marked)["disability"] == expected


@pytest.mark.parametrize(
    ("homes", "fifth"),
    [
        pytest.param([("c", EARLIER, None, EARLIER, None, 1)], "1 most deprived", id="first decile"),
        pytest.param([("c", EARLIER, None, EARLIER, None, 4)], "2", id="fourth"),
        pytest.param([("c", EARLIER, None, EARLIER, None, 10)], "5 least deprived", id="tenth"),
        pytest.param([("c", AS_OF, None, EARLIER, None, 1)], "Unknown", id="moves in on the day"),
        pytest.param([("c", EARLIER, None, AS_OF, None, 1)], "Unknown", id="recorded on the day"),
        pytest.param([("c", EARLIER, BEFORE, EARLIER, BEFORE, 1)], "Unknown", id="left"),
        pytest.param([("c", EARLIER, BEFORE, EARLIER, AS_OF, 1)], "1 most deprived", id="left, not yet known"),
        pytest.param(
            [("c", EARLIER, None, EARLIER, None, 1), ("c", BEFORE, None, BEFORE, None, 9)],
            "5 least deprived",
            id="moved",
        ),
        pytest.param([("x", EARLIER, None, EARLIER, None, 1)], "Unknown", id="somebody else's"),
    ],
)
def test_the_home_that_was_known_at_the_date(tmp_path: Path, homes: list[Home], fifth: str) -> None:
    assert grouped(tmp_path, "c", homes=sorted(homes))["deprivation"] == fifth


def test_a_family_lives_where_most_of_its_children_do(tmp_path: Path) -> None:
    members: list[Member] = [
        ("a", "adult", 30),
        ("b", "adult", 31),
        ("c", "child", 5),
        ("d", "child", 6),
        ("e", "child", 7),
    ]
    lived = {"a": 1, "b": 1, "c": 9, "d": 5, "e": 9}
    homes: list[Home] = [(who, EARLIER, None, EARLIER, None, decile) for who, decile in lived.items()]
    assert grouped(tmp_path / "1", "F", members=members, homes=homes)["deprivation"] == "5 least deprived"
    assert grouped(tmp_path / "2", "F", members=members, homes=homes[:2])["deprivation"] == "1 most deprived"


def test_what_the_run_does_not_tell_is_left_out(tmp_path: Path) -> None:
    assert set(grouped(tmp_path, "c", members=[("c", "child", 4)])) == {"age_band"}


def test_the_stage_hands_on_sex_and_homes_without_a_name(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    put_table(
        run, PEOPLE, [{"person_id": "p1", "forename": "<script>", "surname": "=A1", "sex": "F"}, {"person_id": "p2"}]
    )
    put_table(run, PSEUDONYMS, [{"kind": "person", "id": f"p{n}", "pseudonym": f"x{n}"} for n in (1, 2)])
    spell = {"address_key": "k", "from_date": EARLIER, "recorded_on": BEFORE, "kind": "flat"}
    put_table(run, RESIDENCE_SPELLS, [{"person_id": "p1", "uprn": uprn, **spell} for uprn in ("u1", "u2", None)])
    put_table(run, ADDRESSES, [{"uprn": "u1", "imd_decile": 3}, {"uprn": "u2"}])
    run_stage(STAGE, tmp_path)
    with duckdb.connect() as connection:
        sexes, homes = (connection.read_parquet(str(run.path(table))).fetchall() for table in (PERSON_SEX, HOMES))
    assert sexes == [("x1", "F"), ("x2", None)]
    assert homes == [("x1", EARLIER, None, BEFORE, None, 3)]
    assert {table.zone for table in STAGE.writes} == {Zone.PROTECTED}
    assert not STAGE.unseals and not STAGE.purposes


def test_a_run_is_described_by_what_it_tells_and_by_ethnicity_with_it(tmp_path: Path) -> None:
    cases, codes, members = draw_families(300)
    run = RunFolder(tmp_path)
    put_table(run, PERSON_SEX, [{"analysis_id": child, "sex": "F"} for child in sorted(codes)])
    groupings = read_audit(audit_run(tmp_path, {FAMILIES: cases}, codes, members))["groupings"]
    assert set(groupings) == {"broad", "detailed", "sex", "age_band", "broad | sex", "broad | age_band"}
    white = next(entry for entry in groupings["broad"] if entry["group"] == "White")
    (with_age,) = [entry for entry in groupings["broad | age_band"] if entry["group"] == "White | 5 to 10"]
    assert white["n"] == with_age["n"] and white["fnr"] == with_age["fnr"]
    assert [entry["group"] for entry in groupings["sex"]] == ["Unknown"]


def test_a_rule_of_a_grouping_that_the_run_does_not_tell_never_passes(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    rule = '[[rules]]\nname = "{0}"\nmetric = "fpr"\ngrouping = "{1}"\nmargin = 0.9\nminimum = 10\n'
    policy.write_text('name = "two"\n' + rule.format("one", "broad") + rule.format("other", "sex"), encoding="utf-8")
    cases, codes, members = draw_families(400, shares={"WBRI": 1, "BAFR": 1})
    audit = read_audit(audit_run(tmp_path / "run", {FAMILIES: cases}, codes, members, policy=str(policy)))
    assert [rule["verdict"] for rule in audit["rules"]] == ["pass"]
    assert audit["verdict"] == "cannot_tell" and "Not asked for want of what they need: other." in audit["why"]
    assert audit["not_asked"][0]["rule"] == "other"


names = st.lists(st.sampled_from(["a", "a|b", "|", " | ", "b", "<script>"]), min_size=1, max_size=30)


@given(names, st.randoms(use_true_random=False))
def test_groups_taken_together_are_told_apart(one: list[str], random: Any) -> None:
    other = random.choices(["a", "a|b", "|", "b | a", ""], k=len(one))
    groups = {"x": np.array(one, dtype=object), "y": np.array(other, dtype=object)}
    together = taken_together(groups, ("x", "y")).tolist()
    assert together == [beside(pair) for pair in zip(one, other)]
    assert len(set(together)) == len(set(zip(one, other)))


def test_a_group_is_the_sum_of_what_it_makes_with_each_other_grouping() -> None:
    orders = {"e": ("W", "B"), "s": ("F", "M"), "a": ("0",)}
    found = sums_of(orders, [("e",), ("s",), ("e", "s"), ("e", "s", "a")])
    assert found["e", "W"] == [
        [("e | s", "W | F"), ("e | s", "W | M")],
        [("e | s | a", "W | F | 0"), ("e | s | a", "W | M | 0")],
    ]
    assert found["e | s", "B | M"] == [[("e | s | a", "B | M | 0")]]
    assert set(orders["s"]) == {group for name, group in found if name == "s"}


def test_every_described_grouping_has_an_order_of_its_groups() -> None:
    for one in DESCRIBED:
        order = order_together(GROUPS, one.names)
        assert len(set(order)) == len(order) > 2

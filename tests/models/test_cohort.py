"""Cohorts and outcomes as tables: one row a situation, what was known when, and what must follow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import MEMBERS, MILESTONES
from models.cohort import build_cohort, closed_as_ofs
from models.target import Ages, Cohort, NoneKnown, NoOpenSpell, Outcome, Unit
from models.targets import TARGETS

AS_OF = dt.date(2025, 3, 31)
FAMILY = TARGETS["under_the_radar"]
CHILD = TARGETS["hidden_young_carers"]


def day(offset: int | None) -> dt.date | None:
    return None if offset is None else AS_OF + dt.timedelta(offset)


def member(person: str = "kid", role: str = "child", age: int | None = 9, family: str = "fam") -> dict[str, Any]:
    return {"as_of": AS_OF, "family_id": family, "person_id": person, "role": role, "age_years": age}


def step(
    kind: str, event: int, recorded: int, to: int | None = None, end_known: int | None = None, person: str = "kid"
) -> dict[str, Any]:
    """A milestone with days counted from the as-of date."""
    return {
        "person_id": person,
        "kind": kind,
        "event_date": day(event),
        "recorded_on": day(recorded),
        "to_date": day(to),
        "end_recorded_on": day(end_known),
    }


def rows_of(
    cohort: Cohort, outcome: Outcome, members: list[dict[str, Any]], milestones: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.register("members", pa.Table.from_pylist(members, schema=MEMBERS.arrow_schema()))
        connection.register("milestones", pa.Table.from_pylist(milestones, schema=MILESTONES.arrow_schema()))
        return build_cohort(connection, cohort, outcome, [AS_OF], "salt").to_pylist()


IN_COHORT = [
    ("nothing known", [], True),
    ("open plan, known", [step("cin", -100, -99)], False),
    ("plan known only on the day itself", [step("cin", -100, 0)], True),
    ("plan known the day before", [step("cin", -100, -1)], False),
    ("plan that starts on the day itself", [step("cin", 0, 0)], True),
    ("plan ended, end known", [step("cp", -400, -399, -10, -5)], True),
    ("plan ended, end recorded only on the day", [step("cp", -400, -399, -10, 0)], False),
    ("plan ended, no date of recording the end", [step("lac", -400, -399, -10)], True),
    ("plan recorded after it ended, too late to know", [step("lac", -40, 3, -10)], True),
    ("planned end on the day itself", [step("early_help", -400, -399, 0, -20)], False),
    ("planned end after the day", [step("early_help", -400, -399, 30, -20)], False),
    ("referral 365 days before", [step("referral", -365, -364)], False),
    ("referral 366 days before", [step("referral", -366, -364)], True),
    ("referral not yet recorded", [step("referral", -20, 4)], True),
    ("contact only", [step("contact", -20, -20)], True),
    ("plan of a parent", [step("cin", -100, -99, person="mum")], False),
    ("plan of somebody else", [step("cin", -100, -99, person="neighbour")], True),
]


@pytest.mark.parametrize(("situation", "milestones", "expected"), IN_COHORT, ids=[row[0] for row in IN_COHORT])
def test_family_cohort(situation: str, milestones: list[dict[str, Any]], expected: bool) -> None:
    found = rows_of(FAMILY.cohort, FAMILY.outcome, [member(), member("mum", "adult", 34)], milestones)
    assert (len(found) == 1) is expected


AGES = [
    ("child of 17", member(age=17), True),
    ("aged 18, role still child", member(age=18), False),
    ("child of unknown age", member(age=None), True),
    ("mother of 17", member(role="adult", age=17), True),
    ("adult of unknown age", member(role="adult", age=None), False),
    ("adults only", member(role="adult", age=40), False),
]


@pytest.mark.parametrize(("situation", "person", "expected"), AGES, ids=[row[0] for row in AGES])
def test_family_needs_a_child(situation: str, person: dict[str, Any], expected: bool) -> None:
    assert bool(rows_of(FAMILY.cohort, FAMILY.outcome, [person], [])) is expected


@pytest.mark.parametrize(("age", "expected"), [(4, False), (5, True), (17, True), (18, False), (None, False)], ids=str)
def test_child_cohort_ages(age: int | None, expected: bool) -> None:
    assert bool(rows_of(CHILD.cohort, CHILD.outcome, [member(age=age)], [])) is expected


def test_child_known_as_a_carer_is_not_hidden_and_a_sibling_still_is() -> None:
    members = [member("known"), member("sibling"), member("late")]
    milestones = [
        step("young_carer_identified", -500, -490, person="known"),
        step("young_carer_identified", -5, 2, person="late"),
    ]
    found = rows_of(CHILD.cohort, CHILD.outcome, members, milestones)
    assert [row["unit_id"] for row in found] == ["late", "sibling"]
    assert [row["outcome_date"] for row in found] == [None, None]


def test_child_of_two_families_has_a_row_for_each() -> None:
    found = rows_of(CHILD.cohort, CHILD.outcome, [member(), member(family="other")], [])
    assert [(row["unit_id"], row["family_id"]) for row in found] == [("kid", "fam"), ("kid", "other")]


OUTCOMES = [
    ("on the as-of date", step("cp", 0, 3), 0),
    ("on the last day of the horizon", step("cp", 364, 380), 364),
    ("the day after the horizon", step("cp", 365, 366), None),
    ("the day before the as-of date, recorded after it", step("cp", -1, 5), None),
    ("of a kind that is not an outcome", step("early_help", 20, 21), None),
    ("of a parent", step("domestic_high_risk", 20, 21, person="mum"), 20),
    ("of someone who was not a member", step("eviction_action", 20, 21, person="later"), None),
]


@pytest.mark.parametrize(("situation", "milestone", "expected"), OUTCOMES, ids=[row[0] for row in OUTCOMES])
def test_outcome_within_the_horizon(situation: str, milestone: dict[str, Any], expected: int | None) -> None:
    (found,) = rows_of(FAMILY.cohort, FAMILY.outcome, [member(), member("mum", "adult", 34)], [milestone])
    assert found["outcome_date"] == day(expected)


def test_first_outcome_and_first_day_one_was_known() -> None:
    milestones = [step("cin", 40, 300), step("cp", 60, 70), step("assessment_need", 500, 501)]
    (found,) = rows_of(FAMILY.cohort, FAMILY.outcome, [member()], milestones)
    assert (found["outcome_date"], found["outcome_known_on"]) == (day(40), day(70))


def test_outcomes_close_after_horizon_and_delay() -> None:
    outcome = Outcome(("cp",), horizon_days=365, reporting_delay_days=42)
    covers_to = AS_OF + dt.timedelta(407)
    assert closed_as_ofs(outcome, [AS_OF, AS_OF + dt.timedelta(1)], covers_to) == [AS_OF]


def test_hostile_ids_are_only_ids() -> None:
    hostile = ["=HYPERLINK(1)", "<script>", "Robert'); DROP TABLE members;--", 'a"b|c']
    members = [member("p" + name, family=name) for name in hostile]
    found = rows_of(FAMILY.cohort, FAMILY.outcome, members, [])
    assert sorted(row["unit_id"] for row in found) == sorted(hostile)
    assert sorted(row["tie_place"] for row in found) == [1, 2, 3, 4]


OFFSETS = st.integers(-400, 400)
STEPS = st.builds(
    lambda kind, event, delay, length, end_delay: step(
        kind, event, event + delay, None if length is None else event + length, end_delay and event + end_delay
    ),
    st.sampled_from(("cin", "referral", "cp")),
    OFFSETS,
    st.integers(0, 60),
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 400),
)


@settings(max_examples=60, deadline=None)
@given(milestones=st.lists(STEPS, max_size=4), within=st.none() | st.integers(1, 400))
def test_agrees_with_a_plain_reading_of_the_rules(milestones: list[dict[str, Any]], within: int | None) -> None:
    cohort = Cohort(Unit.CHILD, Ages(0, 17), (NoOpenSpell(("cin",)), NoneKnown(("referral",), within)))
    outcome = Outcome(("cp",), horizon_days=100)
    found = rows_of(cohort, outcome, [member()], milestones)
    assert bool(found) is not any(_bars(one, within) for one in milestones)
    expected = [m for m in milestones if m["kind"] == "cp" and AS_OF <= m["event_date"] < day(100)]
    if found:
        assert found[0]["outcome_date"] == min((m["event_date"] for m in expected), default=None)
        assert found[0]["outcome_known_on"] == min((m["recorded_on"] for m in expected), default=None)


def _bars(one: dict[str, Any], within: int | None) -> bool:
    if one["event_date"] >= AS_OF or one["recorded_on"] >= AS_OF:
        return False
    if one["kind"] == "referral":
        return within is None or (AS_OF - one["event_date"]).days <= within
    if one["kind"] != "cin":
        return False
    if one["to_date"] is None or one["to_date"] >= AS_OF:
        return True
    end_known = one["end_recorded_on"] or max(one["to_date"], one["recorded_on"])
    return bool(end_known >= AS_OF)

"""Splits by time and by family: nothing learns from its own future or its own family."""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import MEMBERS
from models.cases import Cases
from models.cohort import whole_from
from models.groups import family_groups, kept_in_bag
from models.splits import CannotModel, Limits, Plan, plan
from models.target import Ages, Cohort, NoneKnown, NoOpenSpell, Outcome, Unit
from tests.models.made_up import QUARTERS

OUTCOME = Outcome(("cp",))
LIMITS = Limits(test_as_ofs=4, folds=2, capacity=10, train_positives=10, test_positives=5)


def made_cases(as_ofs: tuple[dt.date, ...], families: int = 60, share: float = 0.5, recorded_after: int = 30) -> Cases:
    """The same families at each date; the first share of them have the outcome, recorded so many days later."""
    count = families * len(as_ofs)
    as_of = np.repeat(np.array(as_ofs, dtype="datetime64[D]"), families)
    group = np.tile(np.arange(families), len(as_ofs))
    known = np.where(group < share * families, as_of + np.timedelta64(recorded_after, "D"), np.datetime64("NaT", "D"))
    ids = np.array([f"f{number}" for number in group], dtype=object)
    return Cases((), as_of, ids, ids, group, group % 2, group + 1, known, np.empty((count, 0)), 0)


def planned(closed: tuple[dt.date, ...], current: dt.date, cases: Cases, limits: Limits = LIMITS) -> Plan:
    return plan(cases, OUTCOME, closed, current, limits)


def test_newest_closed_dates_are_tested_on_and_learn_only_from_closed_outcomes() -> None:
    closed = QUARTERS[:10]
    found = planned(closed, QUARTERS[-1], made_cases((*closed, QUARTERS[-1])))
    assert [origin.as_of for origin in found.tests] == list(closed[-4:])
    for origin in (*found.tests, found.current):
        assert origin.learns_from
        assert all(day + dt.timedelta(365 + 42) <= origin.as_of for day in origin.learns_from)


def test_choice_never_sees_a_test_date() -> None:
    closed = QUARTERS[:10]
    found = planned(closed, QUARTERS[-1], made_cases((*closed, QUARTERS[-1])), Limits(9, 2, 10, 10, 5))
    assert not set(found.choice_as_ofs) & {origin.as_of for origin in found.tests}
    assert len(found.tests) == 5, "a sixth would be a year and a quarter older than the newest"


def test_every_date_has_at_most_one_part() -> None:
    closed = QUARTERS[:10]
    found = planned(closed, QUARTERS[-1], made_cases((*closed, QUARTERS[-1])))
    parts = [found.part(as_of) for as_of in QUARTERS]
    assert parts == ["train"] * 6 + ["test"] * 4 + [None] * 3 + ["current"]


@pytest.mark.parametrize(
    ("limits", "share", "words"),
    [
        (Limits(4, 2, 60, 10, 5), 0.5, "capacity of 60"),
        (Limits(4, 2, 10, 10, 31), 0.5, "only 30 families have the outcome"),
        (Limits(4, 2, 10, 31, 5), 0.5, "only 30 families to learn from"),
        (Limits(4, 2, 10, 10, 31), 0.1, "fewer than 10 families have the outcome; 31 are needed"),
        (Limits(4, 2, 10, 31, 5), 0.1, "fewer than 10 families to learn from"),
        (LIMITS, 0.0, "no families have the outcome"),
    ],
)
def test_too_little_evidence_says_why(limits: Limits, share: float, words: str) -> None:
    closed = QUARTERS[:10]
    with pytest.raises(CannotModel, match=words):
        planned(closed, QUARTERS[-1], made_cases((*closed, QUARTERS[-1]), share=share), limits)


def test_dates_with_too_little_before_them_are_neither_learnt_from_nor_tested_on() -> None:
    closed = QUARTERS[:10]
    cases = made_cases((*closed, QUARTERS[-1]))
    found = plan(cases, OUTCOME, closed, QUARTERS[-1], LIMITS, QUARTERS, whole_from=closed[2])
    assert found.current.learns_from == closed[2:9]
    assert [origin.as_of for origin in found.tests] == list(closed[7:]), "the one before has nothing to learn from"
    assert all(set(origin.learns_from) <= set(closed[2:]) for origin in found.tests)
    assert [found.part(day) for day in closed[:2]] == [None, None]
    early = [one for one in found.skipped if one.as_of in closed[:2]]
    assert [one.as_of for one in early] == list(closed[:2])
    assert all("too late" in one.why for one in early)


@pytest.mark.parametrize(("place", "left_out"), [(3, True), (4, False), (10, False)])
def test_dates_with_little_before_them_serve_where_two_could_not_be_tested_on_else(place: int, left_out: bool) -> None:
    closed = QUARTERS[:10]
    cases = made_cases((*closed, QUARTERS[-1]))
    whole = closed[place] if place < len(closed) else QUARTERS[-1]
    found = plan(cases, OUTCOME, closed, QUARTERS[-1], LIMITS, QUARTERS, whole_from=whole)
    assert len(found.tests) == (2 if left_out else 4)
    assert (closed[0] in found.tests[-1].learns_from) is not left_out
    assert any("too late" in one.why for one in found.skipped) is left_out


def test_a_cohort_looks_back_as_far_as_its_longest_condition() -> None:
    begins = dt.date(2022, 9, 1)
    conditions = (NoOpenSpell(("cp",)), NoneKnown(("contact",), 90), NoneKnown(("referral",), 365))
    assert whole_from(Cohort(Unit.FAMILY, Ages(0, 17), conditions), begins) == dt.date(2023, 9, 1)
    ever = (NoneKnown(("young_carer_identified",)),)
    assert whole_from(Cohort(Unit.CHILD, Ages(5, 17), ever), begins) == begins


def test_no_closed_horizon_says_why() -> None:
    with pytest.raises(CannotModel, match="no as-of date has an outcome that has closed"):
        planned((), QUARTERS[0], made_cases(QUARTERS[:1]))
    with pytest.raises(CannotModel, match="no earlier as-of date"):
        planned(QUARTERS[:2], QUARTERS[-1], made_cases(QUARTERS[:2]))


def test_an_outcome_recorded_after_the_origin_is_not_learnt_from() -> None:
    closed = QUARTERS[:10]
    cases = made_cases((*closed, QUARTERS[-1]), recorded_after=500)
    rows = cases.during(QUARTERS[:1])
    assert cases.outcome(rows).sum() == 30
    assert cases.outcome(rows, known_by=QUARTERS[0] + dt.timedelta(500)).sum() == 0
    assert cases.outcome(rows, known_by=QUARTERS[0] + dt.timedelta(501)).sum() == 30


LINKS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(("child", "adult"))), min_size=1)


@settings(max_examples=60, deadline=None)
@given(links=LINKS, seed=st.integers(0, 5))
def test_families_that_share_a_child_are_one_group_and_no_others(links: list[tuple[int, int, str]], seed: int) -> None:
    rows = [
        {"as_of": QUARTERS[0], "family_id": f"f{f:02d}", "person_id": f"{role}{p}", "role": role, "age_years": None}
        for f, p, role in links
    ]
    with duckdb.connect() as connection:
        connection.register("members", pa.Table.from_pylist(rows, schema=MEMBERS.arrow_schema()))
        found = family_groups(connection, folds=3, seed=seed)
    reachable = {f"f{f:02d}": {f"f{f:02d}"} for f, _, _ in links}
    for _ in links:
        for f, p, role in links:
            for g, q, other in links:
                if role == other == "child" and p == q:
                    joined = reachable[f"f{f:02d}"] | reachable[f"f{g:02d}"]
                    reachable[f"f{f:02d}"] = reachable[f"f{g:02d}"] = joined
    for one, near in reachable.items():
        for other in reachable:
            assert (found.group[one] == found.group[other]) is (other in near)
    assert set(found.fold.tolist()) <= {0, 1, 2}
    assert len(found.fold) == len(set(found.group.values()))


def test_a_bag_holds_groups_whole() -> None:
    groups = np.repeat(np.arange(200), 3)
    kept = kept_in_bag(groups, 0.8, seed=7).reshape(200, 3)
    assert (kept.all(axis=1) | ~kept.any(axis=1)).all()
    assert 130 < kept.any(axis=1).sum() < 190

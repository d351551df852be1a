"""Stability: overlaps known by hand, a lottery and a settled ranking told apart, and what the rule makes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.candidates import ByValue, Candidate, Chance, Fitted, NeedsCount, Training
from models.cases import Cases, Floats
from models.evaluation import Setting
from models.rehearsal import Rehearsal, rehearse
from models.splits import Origin
from models.stability import Bench, Kept, Listed, Overlap, Steadiness, drawn, list_overlap, reasons_overlap, stability
from models.stability import summary as stability_summary
from models.target import CandidateName, ChoiceRule
from tests.models.test_candidates import nothing
from tests.models.test_choice import DAYS, FOLDS, borough

SETTING = Setting(capacity=20, folds=FOLDS, bags=1, replicates=100, seed=5, covers_to=dt.date(2026, 8, 31))
NO = -1


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ([1, 2, 3, 4], [4, 3, 2, 1], 1.0),
        ([1, 2, 3, 4], [1, 2, 5, 6], 0.5),
        ([1, 2], [3, 4], 0.0),
        ([1, 2, 3, 4], [1], 0.25),
    ],
)
def test_lists_overlap_by_the_share_of_the_longer_one(one: list[int], other: list[int], share: float) -> None:
    assert list_overlap(np.array(one), np.array(other)) == share


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        pytest.param({1: (5, 6, 7)}, {1: (7, 5, 6)}, 1.0, id="order does not count"),
        pytest.param({1: (5, 6, 7)}, {1: (5, 8, 9)}, 1 / 3, id="one of three"),
        pytest.param({1: (5, NO, NO)}, {1: (5, 6, 7)}, 1 / 3, id="of the longer"),
        pytest.param({1: (NO, NO, NO)}, {1: (NO, NO, NO)}, 1.0, id="none and none"),
        pytest.param({1: (NO, NO, NO)}, {1: (5, NO, NO)}, 0.0, id="none and one"),
        pytest.param({1: (5, 6, 7), 2: (1, 2, 3)}, {2: (1, 2, 9), 3: (5, 6, 7)}, 2 / 3, id="only those on both"),
        pytest.param({1: (5, 6, 7), 2: (1, 2, 3)}, {2: (1, 2, 3), 1: (8, 9, 4)}, 0.5, id="a mean over cases"),
        pytest.param({1: (5, 6, 7)}, {2: (5, 6, 7)}, None, id="nobody on both"),
    ],
)
def test_reasons_overlap_case_by_case(
    one: dict[int, tuple[int, ...]], other: dict[int, tuple[int, ...]], share: float | None
) -> None:
    found = reasons_overlap(listed(one), listed(other))
    assert found == (None if share is None else pytest.approx(share))


def listed(reasons: dict[int, tuple[int, ...]]) -> Listed:
    return Listed(np.array(list(reasons)), np.array(list(reasons.values())))


@given(seed=st.integers(0, 10_000))
def test_families_are_drawn_whole_and_as_many_as_there_are(seed: int) -> None:
    cases = borough(np.zeros((60, 2)), np.full(60, 0.3))
    rows = cases.during(DAYS[:2])
    again = drawn(cases, rows, cases.outcome(rows), FOLDS, seed)
    times = np.array([(again == row).sum() for row in rows])
    assert (np.sort(again) == again).all()
    assert set(again) <= set(rows)
    by_family = times.reshape(2, 60)
    assert (by_family[0] == by_family[1]).all(), "a family has all its dates, as often"
    assert by_family[0].sum() == 60


def test_a_draw_leaves_every_fold_somebody_with_the_outcome_to_learn_from() -> None:
    cases = borough(np.zeros((60, 2)), np.zeros(60))
    rows = cases.during(DAYS[:2])
    outcome = np.isin(cases.group[rows], [0, 1]).astype(float)
    for seed in range(30):
        again = drawn(cases, rows, outcome, FOLDS, seed)
        there = np.isin(cases.group[again], [0, 1])
        assert all(there[cases.fold[again] != fold].any() for fold in range(FOLDS))


@dataclass(frozen=True)
class Lottery:
    """Ranks by a feature drawn by lot from the families it was given: a model that has learnt nothing that lasts."""

    name: CandidateName = CandidateName.BOOSTED

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        place = int(training.group.sum()) % training.values.shape[1]
        advance()
        return [ByValue(place, training.values.shape[1], f"x{place}", 1, 1.0, -9.0)] * training.folds


@dataclass(frozen=True)
class Half:
    """Half of its list is always the same and half is drawn by lot."""

    name: CandidateName = CandidateName.LOGISTIC

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        own = int(training.group.sum()) % (training.values.shape[1] - 1) + 1
        return [_Sum(own, training.values.shape[1])] * training.folds


@dataclass(frozen=True)
class _Sum:
    place: int
    width: int
    base: float = 0.0

    def contributions(self, values: Floats) -> Floats:
        moved = np.zeros(values.shape)
        moved[:, 0] = np.where(values[:, 0] > 90, 8.0, 0.0)
        moved[:, self.place] += values[:, self.place]
        return moved

    def margin(self, values: Floats) -> Floats:
        return np.asarray(self.contributions(values).sum(axis=1))

    def described(self) -> dict[str, object]:
        return {}


def rehearsed_dates(cases: Cases, candidates: tuple[Candidate, ...]) -> list[Rehearsal]:
    origins = (Origin(DAYS[1], DAYS[:1]), Origin(DAYS[2], DAYS[:2]))
    return [rehearse(cases, origin, candidates, folds=FOLDS, seed=1, threads=1, advance=nothing) for origin in origins]


@pytest.fixture(scope="module")
def made() -> tuple[Cases, list[Rehearsal], tuple[Candidate, ...]]:
    """Forty features that have nothing to do with each other; ten families stand out in the first of them."""
    values = np.random.default_rng(3).normal(size=(400, 41))
    values[:10, 0] = 100
    cases = borough(values, np.full(400, 0.2))
    # Outcomes at the second date are known at the third, those of the first at the second.
    known = np.where(np.isnat(cases.outcome_known_on), cases.outcome_known_on, cases.as_of + 20)
    cases = replace(cases, outcome_known_on=known)
    candidates = (Chance(), NeedsCount(0), Lottery(), Half())
    return cases, rehearsed_dates(cases, candidates), candidates


def test_a_settled_ranking_keeps_its_list_and_a_lottery_does_not(
    made: tuple[Cases, list[Rehearsal], tuple[Candidate, ...]],
) -> None:
    cases, tests, candidates = made
    told: list[int] = []
    found = stability(Bench.of(cases, SETTING, 1), tests, candidates, 4, lambda: told.append(1))
    assert set(found.steadiness) == {one.name for one in candidates} - {CandidateName.CHANCE}
    settled = found.steadiness[CandidateName.NEEDS_COUNT].refits
    assert (settled.list.value, settled.list.low, settled.list.pairs) == (1.0, 1.0, 6)
    assert settled.reasons is not None
    assert settled.reasons.value == 1.0
    lottery = found.steadiness[CandidateName.BOOSTED].refits
    assert lottery.list.value < 0.3
    half = found.steadiness[CandidateName.LOGISTIC].refits
    assert 0.5 <= half.list.value < 0.65, "ten of the twenty are the same, and hardly any of the rest"
    assert half.reasons is not None
    # Half of the cases have a second reason, not the same one in another fit: a quarter of pairs agree that there is
    # none, and in the others one reason of two is the same.
    assert half.reasons.value == pytest.approx(0.25 + 0.75 / 2, abs=0.06)
    rule = ChoiceRule()
    assert set(found.unstable(rule)) == {CandidateName.BOOSTED, CandidateName.LOGISTIC}
    assert len(told) == 4 + (4 + 1) * FOLDS, "the lottery tells of one fold, the single booster of all"


def test_only_those_in_the_cohort_on_both_dates_count_between_quarters(
    made: tuple[Cases, list[Rehearsal], tuple[Candidate, ...]],
) -> None:
    cases, _, candidates = made
    # The five highest by need leave before the second date: they are no change of mind.
    gone = (cases.as_of == np.datetime64(DAYS[2])) & np.isin(cases.group, np.arange(5))
    kept = np.flatnonzero(~gone)
    fewer = replace(
        cases,
        **{
            name: getattr(cases, name)[kept]
            for name in ("as_of", "unit_id", "family_id", "group", "fold", "tie_place", "outcome_known_on", "values")
        },
    )
    found = stability(Bench.of(fewer, SETTING, 1), rehearsed_dates(fewer, candidates), candidates, 2, nothing)
    steady = found.steadiness[CandidateName.NEEDS_COUNT]
    assert steady.quarters is not None
    assert steady.quarters.list.value == pytest.approx(15 / 20), "fifteen stayed, and five others came up"
    assert steady.quarters == steady.quarters_by_one_model, "there is only one model"
    assert steady.retrained is not None
    assert steady.retrained.list.value == 1.0


def test_one_test_date_has_no_quarters_to_compare(
    made: tuple[Cases, list[Rehearsal], tuple[Candidate, ...]],
) -> None:
    cases, tests, candidates = made
    found = stability(Bench.of(cases, SETTING, 1), tests[1:], candidates, 2, nothing)
    steady = found.steadiness[CandidateName.NEEDS_COUNT]
    assert (steady.retrained, steady.quarters, steady.quarters_by_one_model) == (None, None, None)
    said = stability_summary(found, ChoiceRule(), tests[-1], SETTING.capacity, 2)
    assert said["candidates"]["needs_count"]["quarters_list"] is None
    assert said["candidates"]["needs_count"]["stable"] is True
    assert said["any_stable"] is True


def test_what_stability_costs_is_the_single_boosters_precision_less_the_candidates(
    made: tuple[Cases, list[Rehearsal], tuple[Candidate, ...]],
) -> None:
    cases, tests, candidates = made
    found = stability(Bench.of(cases, SETTING, 1), tests, candidates, 2, nothing)
    value, low, high = found.given_up[CandidateName.NEEDS_COUNT]
    assert low <= value <= high
    rows = tests[-1].training_rows
    hits = [
        cases.outcome(rows)[
            np.lexsort((cases.tie_place[rows], -cases.values[rows, 0], cases.as_of[rows] != np.datetime64(day)))[:20]
        ].sum()
        for day in DAYS[:2]
    ]
    assert found.single_precision[0] - value == pytest.approx(sum(hits) / 40, abs=1e-6)


def steadiness(lists: float, reasons: float | None, retrained: tuple[float, float] | None = None) -> Steadiness:
    def kept(of_list: float, of_reasons: float | None) -> Kept:
        said = None if of_reasons is None else Overlap(of_reasons, 0.0, 1.0, 10)
        return Kept(Overlap(of_list, 0.0, 1.0, 10), said)

    return Steadiness(kept(lists, reasons), kept(*retrained) if retrained else None, kept(0.1, 0.1), None)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (steadiness(0.75, 0.85), ""),
        (steadiness(0.75, 0.85, (0.75, 0.85)), ""),
        (steadiness(0.749, 0.9), "where families are drawn anew 75% of the list stay the same, and 75% is asked for"),
        (steadiness(0.9, 0.6), "where families are drawn anew 60% of the reasons stay the same, and 85% is asked for"),
        (steadiness(0.0, None), "list|reasons"),
        (steadiness(0.9, 0.9, (0.5, 0.9)), "where a quarter is added 50% of the list"),
    ],
)
def test_what_falls_short_is_said(one: Steadiness, why: str) -> None:
    said = one.why_not_stable(ChoiceRule())
    assert bool(said) == bool(why)
    assert all(part in said for part in why.split("|"))


def test_bytes_are_the_same_whatever_the_threads(
    made: tuple[Cases, list[Rehearsal], tuple[Candidate, ...]],
) -> None:
    cases, tests, candidates = made
    one, two = (stability(Bench.of(cases, SETTING, threads), tests, candidates, 2, nothing) for threads in (1, 2))
    assert one == two

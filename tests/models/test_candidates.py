"""Candidates: held-out folds, monotone directions, exact contributions, and shap's own word for them."""

from __future__ import annotations

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from models.boosted import SHAPE, Bag, Boosted, left_out, margins
from models.candidates import ByValue, Candidate, Chance, NeedsCount, SingleIndicator, Training
from models.catalogue import Feature, Sentences
from models.logistic import Logistic
from models.metrics import average_precision
from models.rehearsal import by_fold, centred, positions
from models.target import CandidateName

DIRECTIONS = (1, 1, -1, 0, 0, 1)
CANDIDATES: tuple[Candidate, ...] = (
    Chance(),
    NeedsCount(1),
    SingleIndicator((0, 1, 2)),
    Logistic(),
    Boosted(2, 20, 0.1, CandidateName.ADDITIVE, by_subject=True),
    Boosted(bags=2, rounds=20, learning_rate=0.1),
)


def feature(place: int, direction: int) -> Feature:
    return Feature(f"x{place}", f"x{place}", "family", "rent", "X", direction, "number", Sentences("", "", ""), "")


def training(rows: int = 1200, seed: int = 5) -> Training:
    generator = np.random.default_rng(seed)
    values = np.round(generator.normal(size=(rows, len(DIRECTIONS))), 3)
    log_odds = 1.2 * values[:, 0] + 0.8 * values[:, 1] - values[:, 2] + np.sin(3 * values[:, 3]) - 1.5
    outcome = (generator.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    values[generator.random(values.shape) < 0.1] = np.nan
    group = np.arange(rows) // 2
    return Training(
        features=tuple(feature(place, direction) for place, direction in enumerate(DIRECTIONS)),
        values=values,
        outcome=outcome,
        group=group,
        fold=group % 3,
        folds=3,
        seed=11,
        threads=2,
    )


@pytest.fixture(scope="module")
def data() -> Training:
    return training()


def nothing() -> None:
    """No progress to show."""


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda one: one.name.value)
def test_contributions_add_up_to_the_margin(candidate: Candidate, data: Training) -> None:
    for fitted in candidate.fit(data, nothing):
        total = fitted.base + fitted.contributions(data.values).sum(axis=1)
        np.testing.assert_allclose(total, fitted.margin(data.values), atol=1e-6)


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda one: one.name.value)
def test_margins_by_every_model_at_once_are_each_ones_own(candidate: Candidate, data: Training) -> None:
    fitted = candidate.fit(data, nothing)
    np.testing.assert_array_equal(
        margins(fitted, data.values), np.column_stack([one.margin(data.values) for one in fitted])
    )


@pytest.mark.parametrize("candidate", [Logistic(), CANDIDATES[-1]], ids=lambda one: one.name.value)
def test_outcomes_of_a_fold_never_reach_its_own_model(candidate: Candidate, data: Training) -> None:
    inside = data.fold == 1
    turned = replace(data, outcome=np.where(inside, 1 - data.outcome, data.outcome))
    before, after = candidate.fit(data, nothing), candidate.fit(turned, nothing)
    np.testing.assert_allclose(before[1].margin(data.values), after[1].margin(data.values), atol=1e-6)
    assert np.abs(before[0].margin(data.values) - after[0].margin(data.values)).max() > 0.05


def test_memorised_families_would_flatter_and_held_out_ones_do_not() -> None:
    generator = np.random.default_rng(8)
    noise = replace(training(), outcome=(generator.random(1200) < 0.2).astype(float))
    deep = {**SHAPE, "num_leaves": 15, "feature_fraction": 1.0, "lambda_l2": 0.0, "min_sum_hessian_in_leaf": 0.0}
    fitted = Boosted(bags=2, rounds=100, learning_rate=0.3, shape=deep).fit(noise, nothing)
    seen = fitted[0].margin(noise.values[noise.fold != 0])
    assert average_precision(seen, noise.outcome[noise.fold != 0]) > 0.5
    assert average_precision(by_fold(fitted, noise.values, noise.fold), noise.outcome) < 0.3


def test_bag_contributions_equal_shap(data: Training) -> None:
    bag = CANDIDATES[-1].fit(data, nothing)[0]
    assert isinstance(bag, Bag)
    sample = data.values[:60]
    by_shap = np.mean([shap.TreeExplainer(booster).shap_values(sample) for booster in bag.boosters], axis=0)
    np.testing.assert_allclose(bag.contributions(sample), by_shap, atol=1e-9)


@pytest.mark.parametrize("place", [place for place, direction in enumerate(DIRECTIONS) if direction])
def test_boosted_predictions_follow_the_expected_direction(place: int, data: Training) -> None:
    steps = np.linspace(-3, 3, 25)
    for fitted in CANDIDATES[-1].fit(data, nothing):
        moved = np.repeat(data.values[:40], len(steps), axis=0)
        moved[:, place] = np.tile(steps, 40)
        margin = fitted.margin(moved).reshape(40, len(steps))
        assert (DIRECTIONS[place] * np.diff(margin, axis=1) >= -1e-9).all()


def test_directions_are_what_keeps_it_monotone(data: Training) -> None:
    against = replace(data, features=(feature(0, -1), *data.features[1:]))
    free = CANDIDATES[-1].fit(data, nothing)[0].margin(data.values)
    held = CANDIDATES[-1].fit(against, nothing)[0].margin(data.values)
    assert average_precision(free, data.outcome) > average_precision(held, data.outcome)


@pytest.mark.parametrize("candidate", [Logistic(), CANDIDATES[-1]], ids=lambda one: one.name.value)
def test_threads_change_nothing(candidate: Candidate, data: Training) -> None:
    one, two = candidate.fit(replace(data, threads=1), nothing), candidate.fit(data, nothing)
    for left, right in zip(one, two):
        assert left.described() == right.described()
        np.testing.assert_array_equal(left.margin(data.values), right.margin(data.values))


def test_boosters_are_the_same_text_twice_and_read_back(data: Training) -> None:
    first, second = (CANDIDATES[-1].fit(data, nothing)[0] for _ in range(2))
    assert isinstance(first, Bag)
    assert isinstance(second, Bag)
    texts = [booster.model_to_string() for booster in first.boosters]
    assert texts == [booster.model_to_string() for booster in second.boosters]
    assert len(set(texts)) == 2
    again = Bag(tuple(lgb.Booster(model_str=text) for text in texts), first.base)
    np.testing.assert_allclose(again.margin(data.values), first.margin(data.values), atol=1e-12)


def test_single_indicator_is_the_strongest_in_its_own_direction(data: Training) -> None:
    strongest = replace(data, outcome=(np.nan_to_num(data.values[:, 2]) < -1).astype(float))
    fitted = SingleIndicator((0, 1, 2)).fit(strongest, nothing)[0]
    assert isinstance(fitted, ByValue)
    assert (fitted.name, fitted.direction) == ("x2", -1)


def test_ranking_by_value_keeps_its_order_and_puts_the_unknown_last() -> None:
    values = np.array([[0.0], [5.0], [4.999], [1e9], [np.nan], [-3.0]])
    margin = ByValue(0, 1, "x", 1, 2.0, float(np.arcsinh(-1.5))).margin(values)
    assert np.argsort(-margin, kind="stable").tolist() == [3, 1, 2, 0, 4, 5]


def test_logistic_survives_constant_and_wholly_unknown_features(data: Training) -> None:
    values = data.values.copy()
    values[:, 3], values[:, 4] = 7.0, np.nan
    fitted = Logistic().fit(replace(data, values=values), nothing)[0]
    assert np.isfinite(fitted.margin(values)).all()
    assert not fitted.contributions(values)[:, 3:5].any()


def test_centring_takes_off_each_dates_own_level_and_nothing_else() -> None:
    days = np.array(["2024-03-31"] * 3 + ["2024-06-30"] * 2, dtype="datetime64[D]")
    found = centred(np.array([1.0, 2.0, 3.0, 10.0, 14.0]), days)
    np.testing.assert_allclose(found, [-1, 0, 1, -2, 2])


def test_ties_follow_the_settled_order() -> None:
    score = np.array([0.5, 0.9, 0.5, 0.5])
    assert positions(score, np.array([3, 1, 1, 2])).tolist() == [4, 1, 2, 3]


@pytest.mark.parametrize(("folds", "bags"), [(2, 1), (2, 3), (3, 2), (5, 8), (5, 1), (5, 3), (10, 10), (7, 4)])
def test_every_fold_is_left_out_by_as_many_boosters_and_none_by_more_than_half(folds: int, bags: int) -> None:
    listed = left_out(folds, bags, seed=4)
    assert [sum(fold in without for without in listed) for fold in range(folds)] == [bags] * folds
    assert all(1 <= len(set(without)) == len(without) <= max(1, folds // 2) for without in listed)
    assert len(listed) < folds * bags or folds < 4 or bags == 1
    assert listed == left_out(folds, bags, seed=4)
    assert len({tuple(left_out(folds, bags, seed)) for seed in range(20)}) > 1


def test_progress_is_told_once_for_every_fold(data: Training) -> None:
    told: list[int] = []
    for bags in (1, 2, 5):
        Boosted(bags, 10, 0.1).fit(data, lambda: told.append(1))
    assert len(told) == 3 * data.folds


def by_subject(data: Training, subjects: tuple[str, ...]) -> Training:
    """The same cases, the features of these subjects."""
    return replace(data, features=tuple(replace(f, subject=s) for f, s in zip(data.features, subjects)))


SUBJECTS = ("rent", "school", "rent", "school", "home", "rent")
WILD = {**SHAPE, "feature_fraction": 1.0, "lambda_l2": 0.0, "num_leaves": 8, "min_sum_hessian_in_leaf": 0.0}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 100), own=st.sampled_from(("rent", "school", "home")))
def test_a_subject_moves_the_margin_by_as_much_whatever_the_other_subjects_are(seed: int, own: str) -> None:
    data = by_subject(training(seed=seed), SUBJECTS)
    fitted = Boosted(2, 40, 0.2, CandidateName.ADDITIVE, shape=WILD, by_subject=True).fit(data, nothing)[0]
    places = [place for place, subject in enumerate(SUBJECTS) if subject == own]
    generator = np.random.default_rng(seed)
    others = data.values[generator.permutation(len(data.values))[:40]]
    before, after = others.copy(), others.copy()
    before[:, places], after[:, places] = data.values[0, places], data.values[1, places]
    change = fitted.margin(after) - fitted.margin(before)
    np.testing.assert_allclose(change, change[0], atol=1e-9)
    contributed = (fitted.contributions(after) - fitted.contributions(before))[:, places].sum(axis=1)
    np.testing.assert_allclose(contributed, change[0], atol=1e-6)


def test_without_that_bond_subjects_do_work_upon_each_other(data: Training) -> None:
    together = replace(data, outcome=((np.nan_to_num(data.values[:, 3]) > 0) == (data.values[:, 4] > 0)).astype(float))
    free = Boosted(2, 40, 0.2, shape=WILD).fit(together, nothing)
    bound = Boosted(2, 40, 0.2, shape=WILD, by_subject=True).fit(by_subject(together, SUBJECTS), nothing)
    power = [average_precision(by_fold(one, data.values, data.fold), together.outcome) for one in (free, bound)]
    assert power[0] > 0.8 > 0.6 > power[1]

"""Metrics against scikit-learn and against brute force; ties; the bootstrap's weights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from models.calibration import fit_platt, logit, sigmoid
from models.evaluation import interval
from models.metrics import (
    Ranked,
    Slope,
    area_under_curve,
    average_precision,
    caught_at_capacity,
    evaluate,
    family_weights,
    ranked,
    sums,
    ties_at_capacity,
)

SCORES = st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=3, max_size=40).filter(
    lambda rows: 0 < sum(hit for _, hit in rows) < len(rows)
)


def made(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score / 10 for score, _ in rows]), np.array([float(hit) for _, hit in rows])


def as_ranked(score: np.ndarray, outcome: np.ndarray) -> Ranked:
    return ranked(score, score, outcome, np.arange(len(score)), np.arange(len(score)))


@settings(max_examples=100, deadline=None)
@given(rows=SCORES, data=st.data())
def test_equal_to_scikit_learn_under_any_weights(rows: list[tuple[int, bool]], data: st.DataObject) -> None:
    score, outcome = made(rows)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))), dtype=float)
    assume(weights[outcome > 0].any() and weights[outcome == 0].any())
    one = as_ranked(score, outcome)
    found = sums(one, weights[one.cluster][None, :], capacity=5)
    assert found.average_precision[0] == pytest.approx(average_precision_score(outcome, score, sample_weight=weights))
    assert found.auc[0] == pytest.approx(roc_auc_score(outcome, score, sample_weight=weights))
    brier = brier_score_loss(outcome, score, sample_weight=weights)
    assert found.squared_error[0] / found.cases[0] == pytest.approx(brier)


@settings(max_examples=60, deadline=None)
@given(rows=SCORES, capacity=st.integers(1, 10), data=st.data())
def test_weights_are_the_same_as_repeated_rows(
    rows: list[tuple[int, bool]], capacity: int, data: st.DataObject
) -> None:
    score, outcome = made(rows)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    assume(times[outcome > 0].any() and times[outcome == 0].any())
    one = as_ranked(score, outcome)
    weighted = sums(one, times[one.cluster][None, :].astype(float), capacity)
    repeated = as_ranked(np.repeat(score, times), np.repeat(outcome, times))
    plain = sums(repeated, np.ones((1, len(repeated.score))), capacity)
    for name in ("flagged", "caught", "positives", "cases", "average_precision", "auc", "expected"):
        assert getattr(weighted, name)[0] == pytest.approx(getattr(plain, name)[0]), name
    head = caught_at_capacity(one, times[None, :].astype(np.uint16), capacity)
    assert head[0] == pytest.approx(weighted.caught[0])


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=3, max_size=6).filter(
        lambda rows: 0 < sum(hit for _, hit in rows) < len(rows)
    ),
    capacity=st.integers(1, 6),
)
def test_ties_are_what_every_order_of_them_gives(rows: list[tuple[int, bool]], capacity: int) -> None:
    score, outcome = made(rows)
    capacity = min(capacity, len(rows))
    precisions = []
    for tie_order in itertools.permutations(range(len(rows))):
        one = ranked(score, score, outcome, np.arange(len(rows)), np.array(tie_order))
        precisions.append(one.outcome[:capacity].mean())
    one = as_ranked(score, outcome)
    ties = ties_at_capacity(one, capacity)
    assert ties.best == pytest.approx(max(precisions))
    assert ties.worst == pytest.approx(min(precisions))
    assert ties.expected == pytest.approx(np.mean(precisions))
    assert sums(one, np.ones((1, len(rows))), capacity).caught[0] / capacity == pytest.approx(np.mean(precisions))


def test_a_missing_label_or_a_single_class_is_an_error_not_a_metric() -> None:
    score = np.array([0.2, 0.4, 0.6])
    for outcome in (np.zeros(3), np.ones(3), np.array([0.0, 1.0, np.nan])):
        with pytest.raises(ValueError, match=r"missing|needs cases"):
            as_ranked(score, outcome)
    with pytest.raises(ValueError, match="calibration needs"):
        fit_platt(score, np.zeros(3))


def test_calibration_slope_and_its_one_step_bootstrap() -> None:
    generator = np.random.default_rng(4)
    log_odds = generator.normal(-2, 1, 4000)
    outcome = (generator.random(4000) < sigmoid(0.5 * log_odds)).astype(float)
    slope = Slope(sigmoid(log_odds), outcome)
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], outcome)
    assert slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    weights = generator.poisson(1.0, (1, 4000)).astype(float)
    stepped = slope.step(weights @ slope.parts())[0]
    refit = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], outcome, sample_weight=weights[0])
    assert stepped == pytest.approx(refit.coef_[0, 0], abs=0.01)


def test_bootstrap_resamples_families_whole() -> None:
    weights = family_weights(clusters=50, replicates=200, seed=3)
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean() == 1
    assert (weights != family_weights(50, 200, seed=4)).any()


def test_families_seen_four_times_give_the_interval_of_families_seen_once() -> None:
    generator = np.random.default_rng(0)
    score, outcome = generator.random(400), (generator.random(400) < 0.3).astype(float)
    once = ranked(score, score, outcome, np.arange(400), np.arange(400))
    weights = family_weights(400, 300, seed=1)
    single = evaluate({"a": once}, weights, 40)["pooled"]
    repeated = evaluate(dict.fromkeys("abcd", once), weights, 40)["pooled"]
    np.testing.assert_allclose(repeated.replicates["precision"], single.replicates["precision"])


def test_platt_recovers_a_known_map_and_keeps_order() -> None:
    generator = np.random.default_rng(1)
    margin = generator.normal(0, 3, 20000)
    outcome = (generator.random(20000) < sigmoid(0.4 * margin - 2)).astype(float)
    platt = fit_platt(margin, outcome)
    assert platt.slope == pytest.approx(0.4, abs=0.03)
    assert platt.intercept == pytest.approx(-2, abs=0.1)
    probability = platt.probability(np.sort(margin))
    assert (np.diff(probability) >= 0).all()
    assert probability.mean() == pytest.approx(outcome.mean(), abs=0.005)


def test_platt_gives_the_base_rate_when_the_ranking_says_nothing_or_runs_backwards() -> None:
    outcome = np.array([1.0, 0, 0, 0] * 50)
    for margin in (np.zeros(200), -outcome * 5 + np.linspace(0, 0.1, 200)):
        np.testing.assert_allclose(fit_platt(margin, outcome).probability(margin), 0.25, atol=1e-6)


def test_simple_figures() -> None:
    score, outcome = np.array([0.9, 0.8, 0.7, 0.1]), np.array([1.0, 0, 1, 0])
    assert average_precision(score, outcome) == pytest.approx((1 + 2 / 3) / 2)
    assert area_under_curve(score, outcome) == pytest.approx(0.75)
    np.testing.assert_allclose(sigmoid(logit(score)), score)


@settings(max_examples=60, deadline=None)
@given(rows=SCORES)
def test_plain_figures_equal_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    score, outcome = made(rows)
    assert average_precision(score, outcome) == pytest.approx(average_precision_score(outcome, score))
    assert area_under_curve(score, outcome) == pytest.approx(roc_auc_score(outcome, score))


def test_a_score_that_tells_only_dates_apart_has_no_slope() -> None:
    outcome = np.array([1.0, 0, 0, 0])
    days = {name: as_ranked(np.full(4, level), outcome) for name, level in (("a", 0.2), ("b", 0.3))}
    found = evaluate(days, family_weights(4, 100, seed=1), 2)
    assert all("calibration_slope" not in draws.estimate for draws in found.values())


def test_an_endless_interval_says_why() -> None:
    found = interval(np.inf, np.array([10.0, np.inf, np.inf]))
    assert found["value"] is None
    assert found["low"] == 10.0
    assert "no true case" in str(found["why"])

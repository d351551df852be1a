"""Metrics of order within a group: against scikit-learn, and how often their intervals hold the truth."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from fairness_audits.cases import Cases
from fairness_audits.ordering import FEWEST, Grouped, Ordered, OrderMetric, auc_interval, measure_order


def drawn(seed: int, families: int, times: int = 1) -> Cases:
    draw = np.random.default_rng(seed)
    risk = draw.normal(-1.5, 1, families)
    outcome = draw.random(families) < 1 / (1 + np.exp(-risk))
    score = np.round(1 / (1 + np.exp(-(0.7 * risk + draw.normal(0, 0.3, families)))), 2)
    return Cases(
        np.repeat(outcome, times),
        np.zeros(families * times, dtype=bool),
        np.repeat(np.clip(score, 0.01, 0.99), times),
        np.repeat(np.arange(families), times),
    )


def one_group(cases: Cases, effective: tuple[float, float], seed: int = 1) -> dict[OrderMetric, Ordered]:
    """The figures of all cases as one group."""
    divided = {"all": Grouped(np.zeros(len(cases), dtype=np.int64), np.array([effective]))}
    (found,) = measure_order(cases, divided, 0.95, seed)["all"]
    return {metric: one.own for metric, one in found.items()}


def test_values_are_those_of_scikit_learn() -> None:
    cases = drawn(1, 600)
    rows = np.arange(600) % 3 > 0
    divided = {"by": Grouped(rows.astype(np.int64), np.array([[40.0, 160.0], [80.0, 320.0]]))}
    beside = measure_order(cases, divided, 0.95, 1)["by"][1]
    found = {metric: one.own for metric, one in beside.items()}
    auc = [roc_auc_score(cases.outcome[part], cases.score[part]) for part in (rows, ~rows)]
    assert (beside[OrderMetric.AUC].rest, found[OrderMetric.MEAN_SCORE].value) == pytest.approx(
        (auc[1], cases.score[rows].mean())
    )
    apart = beside[OrderMetric.AUC].difference
    assert apart is not None and apart.low is not None and apart.high is not None
    assert apart.value == pytest.approx(auc[0] - auc[1])
    assert apart.low < auc[0] - auc[1] < apart.high
    outcome, score = cases.outcome[rows], cases.score[rows]
    assert found[OrderMetric.AUC].value == pytest.approx(roc_auc_score(outcome, score))
    assert found[OrderMetric.AVERAGE_PRECISION].value == pytest.approx(average_precision_score(outcome, score))
    log_odds = np.log(score / (1 - score)).reshape(-1, 1)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=500).fit(log_odds, outcome)
    assert found[OrderMetric.SLOPE].value == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    for metric in found.values():
        assert metric.low is not None and metric.high is not None and metric.value is not None
        assert metric.low < metric.value < metric.high


@pytest.mark.parametrize(("positives", "negatives", "truth"), [(8, 60, 0.7), (15, 200, 0.85), (60, 60, 0.6)])
def test_the_interval_of_the_area_holds_the_truth_as_often_as_it_says(
    positives: int, negatives: int, truth: float
) -> None:
    draw = np.random.default_rng(positives)
    apart = np.sqrt(2) * norm.ppf(truth)
    held = []
    for _ in range(1500):
        high, low = draw.normal(apart, 1, positives), draw.normal(0, 1, negatives)
        area = float((high[:, None] > low[None, :]).mean())
        ends = auc_interval(area, positives, negatives, 0.95)
        held.append(ends[0] <= truth <= ends[1])
    assert 0.92 < np.mean(held) < 0.99


def test_families_that_recur_widen_the_bootstrap() -> None:
    once, often = drawn(2, 400), drawn(2, 400, times=5)
    widths = [one_group(cases, (60, 340), 3)[OrderMetric.AVERAGE_PRECISION] for cases in (once, often)]
    spans = [one.high - one.low for one in widths if one.high is not None and one.low is not None]
    assert spans[1] == pytest.approx(spans[0], rel=0.1)


@pytest.mark.parametrize("outcome", [True, False])
def test_without_both_kinds_of_cases_nothing_is_told(outcome: bool) -> None:
    cases = Cases(np.full(9, outcome), np.zeros(9, dtype=bool), np.full(9, 0.5), np.arange(9))
    found = one_group(cases, (9, 9))
    assert found.pop(OrderMetric.MEAN_SCORE).value == 0.5
    for metric in found.values():
        assert (metric.value, metric.low, metric.high) == (None, None, None)
        assert metric.why_empty


def test_few_families_get_no_bootstrap_and_equal_scores_no_slope() -> None:
    few = drawn(3, 40)
    assert few.outcome.sum() < FEWEST
    found = one_group(few, (5, 35))
    assert found[OrderMetric.AVERAGE_PRECISION].low is None
    assert str(FEWEST) in found[OrderMetric.AVERAGE_PRECISION].why_empty
    assert found[OrderMetric.AUC].low is not None
    same = Cases(np.arange(200) % 3 == 0, np.zeros(200, dtype=bool), np.full(200, 0.3), np.arange(200))
    found = one_group(same, (67, 133))
    assert found[OrderMetric.AUC].value == 0.5
    assert found[OrderMetric.SLOPE].value is None and "same score" in found[OrderMetric.SLOPE].why_empty

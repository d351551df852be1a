"""Counts and rates against naive Python and against fairlearn's own metrics."""

from collections.abc import Callable
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from fairness_audits.cases import Cases
from fairness_audits.measure import measure, measure_everyone
from fairness_audits.metrics import Metric, Scale

GROUPS = ("A", "B", "Unknown")
Row = tuple[str, bool, bool, float]

cases_drawn = st.lists(
    st.tuples(st.sampled_from(GROUPS), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9])),
    min_size=1,
    max_size=40,
)

NAIVE = {
    Metric.SELECTION_RATE: (lambda o, f: f, lambda o, f: True),
    Metric.BASE_RATE: (lambda o, f: o, lambda o, f: True),
    Metric.MISS_RATE: (lambda o, f: not f, lambda o, f: o),
    Metric.FOUND_RATE: (lambda o, f: f, lambda o, f: o),
    Metric.FALSE_POSITIVE_RATE: (lambda o, f: f, lambda o, f: not o),
    Metric.PRECISION: (lambda o, f: o, lambda o, f: f),
    Metric.FALSE_DISCOVERY_RATE: (lambda o, f: not o, lambda o, f: f),
    Metric.FALSE_OMISSION_RATE: (lambda o, f: o, lambda o, f: not f),
}


def as_cases(drawn: list[Row]) -> tuple[Cases, np.ndarray]:
    group = np.array([row[0] for row in drawn], dtype=object)
    return (
        Cases(
            np.array([row[1] for row in drawn], dtype=bool),
            np.array([row[2] for row in drawn], dtype=bool),
            np.array([row[3] for row in drawn], dtype=float),
            np.arange(len(drawn)),
        ),
        group,
    )


@settings(max_examples=25, deadline=None)
@given(cases_drawn)
def test_counts_and_rates_are_those_of_naive_python(drawn: list[Row]) -> None:
    found = measure(*as_cases(drawn), GROUPS)
    assert found.groups == tuple(g for g in GROUPS if any(row[0] == g for row in drawn))
    for group in found.groups:
        mine = [(o, f, s) for g, o, f, s in drawn if g == group]
        rest = [(o, f, s) for g, o, f, s in drawn if g != group]
        counts = found.counts[group]
        assert counts.n == len(mine)
        assert (counts.tp, counts.fp, counts.fn, counts.tn) == tuple(
            sum((o, f) == cell for o, f, _ in mine)
            for cell in ((True, True), (False, True), (True, False), (False, False))
        )
        assert counts.expected == pytest.approx(sum(s for _, _, s in mine))
        for metric, (counted, among) in NAIVE.items():
            evidence = found.evidence[metric, group]
            for rows, value in ((mine, evidence.value), (rest, evidence.rest_value)):
                below = [(o, f) for o, f, _ in rows if among(o, f)]
                assert value == (sum(counted(o, f) for o, f in below) / len(below) if below else None)


def share(counted: Callable[[Any, Any], Any], among: Callable[[Any, Any], Any]) -> Callable[[Any, Any], float]:
    """A rate that neither fairlearn nor scikit-learn has, for MetricFrame to compute."""
    return lambda y_true, y_pred: float(np.mean(counted(y_true, y_pred)[among(y_true, y_pred) == 1]))


THEIRS = {
    Metric.SELECTION_RATE: fl.selection_rate,
    Metric.BASE_RATE: lambda y_true, y_pred: fl.mean_prediction(y_pred, y_true),
    Metric.MISS_RATE: fl.false_negative_rate,
    Metric.FOUND_RATE: fl.true_positive_rate,
    Metric.FALSE_POSITIVE_RATE: fl.false_positive_rate,
    Metric.PRECISION: lambda y_true, y_pred: precision_score(y_true, y_pred, zero_division=np.nan),
    Metric.FALSE_DISCOVERY_RATE: share(lambda y, p: 1 - y, lambda y, p: p),
    Metric.FALSE_OMISSION_RATE: share(lambda y, p: y, lambda y, p: 1 - p),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@settings(max_examples=25, deadline=None)
@given(cases_drawn)
def test_every_rate_and_comparison_is_that_of_fairlearns_metric_frame(drawn: list[Row]) -> None:
    """Where both compute it: MetricFrame gives nought, or a warning, where nobody is in the denominator."""
    cases, group = as_cases(drawn)
    found = measure(cases, group, GROUPS)
    outcome, flagged = cases.outcome.astype(int), cases.flagged.astype(int)
    frame = MetricFrame(
        metrics={metric.value: theirs for metric, theirs in THEIRS.items()} | {"count": fl.count},
        y_true=outcome,
        y_pred=flagged,
        sensitive_features=pd.Series(group, name="group"),
    )
    assert set(frame.by_group.index) == set(found.groups)
    for name in found.groups:
        assert frame.by_group.loc[name, "count"] == found.counts[name].n
        one_and_rest = MetricFrame(
            metrics={metric.value: theirs for metric, theirs in THEIRS.items()},
            y_true=outcome,
            y_pred=flagged,
            sensitive_features=pd.Series(group == name, name="own"),
        ).by_group
        for metric in THEIRS:
            evidence = found.evidence[metric, name]
            if evidence.value is not None:
                assert frame.by_group.loc[name, metric.value] == pytest.approx(evidence.value)
            apart = evidence.comparison(Scale.DIFFERENCE)
            if apart is not None:
                own, rest = (one_and_rest.loc[side, metric.value] for side in (True, False))
                assert own - rest == pytest.approx(apart)
                assert rest == 0 or own / rest == pytest.approx(evidence.comparison(Scale.RATIO))


def test_an_empty_denominator_is_no_rate_and_never_nought() -> None:
    cases, group = as_cases([("A", False, False, 0.1), ("A", False, False, 0.2), ("B", True, True, 0.9)])
    found = measure(cases, group, GROUPS)
    assert found.evidence[Metric.MISS_RATE, "A"].value is None
    assert found.evidence[Metric.MISS_RATE, "A"].interval(0.95) is None
    assert found.evidence[Metric.MISS_RATE, "A"].comparison(Scale.DIFFERENCE) is None
    assert found.evidence[Metric.PRECISION, "A"].p_value(Scale.DIFFERENCE, 0.0) is None
    assert found.evidence[Metric.FALSE_POSITIVE_RATE, "B"].value is None


def test_one_group_alone_has_rates_and_nothing_to_compare_with() -> None:
    cases, group = as_cases([("A", True, False, 0.1), ("A", False, True, 0.2)])
    evidence = measure(cases, group, GROUPS).evidence[Metric.MISS_RATE, "A"]
    assert evidence.value == 1
    for scale in Scale:
        assert evidence.comparison(scale) is None and evidence.comparison_interval(scale, 0.95) is None
    assert measure_everyone(cases).counts["everyone"].n == 2


def test_calibration_compares_observed_over_expected_with_the_rests() -> None:
    drawn: list[Row] = [("A", True, False, 0.5)] * 3 + [("A", False, False, 0.5)] * 3
    drawn += [("B", True, False, 0.5)] * 2 + [("B", False, False, 0.5)] * 6
    evidence = measure(*as_cases(drawn), GROUPS).evidence[Metric.CALIBRATION, "A"]
    assert evidence.value == pytest.approx(1.0)
    assert evidence.rest_value == pytest.approx(0.5)
    assert evidence.comparison(Scale.RATIO) == pytest.approx(2.0)
    assert measure(*as_cases(drawn[:6]), GROUPS).evidence[Metric.CALIBRATION, "A"].comparison(Scale.RATIO) is None

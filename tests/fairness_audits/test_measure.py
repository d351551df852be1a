"""Counts and rates against naive Python and against fairlearn's own metrics."""

import fairlearn.metrics as fl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness_audits.cases import Cases
from fairness_audits.measure import measure, measure_everyone
from fairness_audits.metrics import Metric, Scale

GROUPS = ("A", "B", "Unknown")
Row = tuple[str, bool, bool, float]

cases_drawn = st.lists(
    st.tuples(st.sampled_from(GROUPS), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9])),
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


@settings(max_examples=25, deadline=None)
@given(cases_drawn)
def test_rates_are_fairlearns_wherever_fairlearn_has_a_denominator(drawn: list[Row]) -> None:
    cases, group = as_cases(drawn)
    found = measure(cases, group, GROUPS)
    theirs = {
        Metric.SELECTION_RATE: fl.selection_rate,
        Metric.MISS_RATE: fl.false_negative_rate,
        Metric.FOUND_RATE: fl.true_positive_rate,
        Metric.FALSE_POSITIVE_RATE: fl.false_positive_rate,
    }
    for name in found.groups:
        mine = group == name
        for metric, function in theirs.items():
            value = found.evidence[metric, name].value
            if value is not None:
                y_true, y_pred = cases.outcome[mine].astype(int), cases.flagged[mine].astype(int)
                keywords = {"pos_label": 1}
                assert value == pytest.approx(function(y_true, y_pred, **keywords))


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

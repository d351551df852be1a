"""Verdicts: rule by rule on made-up evidence, and how often the gate errs when the truth is known."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fairness_audits.cases import Cases
from fairness_audits.ethnicity import BROAD_GROUPS
from fairness_audits.measure import Evidence, Measures, measure
from fairness_audits.metrics import Metric, Scale
from fairness_audits.policy import Grouping, Rule, load_policy
from fairness_audits.verdict import Finding, Ground, Question, Verdict, all_findings, combine, judge, questions
from fairness_audits.wording import OF_A_RUN, evidence_needed, what_would_settle_it, why, why_published

MISSED = Rule(name="missed", metric=Metric.MISS_RATE, grouping=Grouping.BROAD, margin=0.10, minimum=30)
WORTH = Rule(name="worth", metric=Metric.PRECISION, grouping=Grouping.BROAD, margin=0.10, minimum=30)
SAME = Rule(name="same", metric=Metric.CALIBRATION, grouping=Grouping.BROAD, scale=Scale.RATIO, margin=1.25, minimum=30)
FOUND = Rule(name="found", metric=Metric.FOUND_RATE, scale=Scale.RATIO, margin=1.25, minimum=30)
FALSELY = Rule(name="falsely", metric=Metric.FALSE_POSITIVE_RATE, scale=Scale.RATIO, margin=1.5, minimum=30)


def evidence(metric: Metric, share: float, size: float, rest: float = 0.5, rest_size: float = 5000) -> Evidence:
    return Evidence(metric, share * size, size, size, int(size), rest * rest_size, rest_size, rest_size)


def find(rule: Rule, *found: Evidence) -> list[Finding]:
    """Judge one rule; the groups are the broad ones, as many as there is evidence for."""
    groups = BROAD_GROUPS[: len(found)]
    measures = Measures(groups, np.arange(len(groups)), {}, {(rule.metric, g): e for g, e in zip(groups, found)}, {})
    return all_findings(judge([Question(rule, "broad")], {"broad": measures}, {"broad": groups}))


@pytest.mark.parametrize(
    ("rule", "share", "size", "verdict"),
    [
        pytest.param(MISSED, 0.50, 2000, Verdict.PASS, id="alike"),
        pytest.param(MISSED, 0.20, 2000, Verdict.PASS, id="missed far less is no harm"),
        pytest.param(MISSED, 0.80, 2000, Verdict.FAIL, id="missed far more"),
        pytest.param(MISSED, 0.55, 100, Verdict.CANNOT_TELL, id="straddles"),
        pytest.param(MISSED, 1.00, 29, Verdict.CANNOT_TELL, id="all missed but too few to judge"),
        pytest.param(WORTH, 0.80, 2000, Verdict.PASS, id="worth more is no harm"),
        pytest.param(WORTH, 0.20, 2000, Verdict.FAIL, id="worth far less"),
        pytest.param(FOUND, 0.50, 2000, Verdict.PASS, id="found alike"),
        pytest.param(FOUND, 0.90, 2000, Verdict.PASS, id="found more often is no harm"),
        pytest.param(FOUND, 0.30, 2000, Verdict.FAIL, id="found far less often"),
        pytest.param(FOUND, 0.00, 2000, Verdict.FAIL, id="never found"),
        pytest.param(FALSELY, 0.10, 2000, Verdict.PASS, id="flagged wrongly less often is no harm"),
        pytest.param(FALSELY, 0.90, 2000, Verdict.FAIL, id="flagged wrongly far more often"),
        pytest.param(SAME, 0.50, 2000, Verdict.PASS, id="scores alike"),
        pytest.param(SAME, 1.00, 2000, Verdict.FAIL, id="risk understated"),
        pytest.param(SAME, 0.25, 2000, Verdict.FAIL, id="risk overstated"),
    ],
)
def test_one_rule_and_one_group(rule: Rule, share: float, size: float, verdict: Verdict) -> None:
    (finding,) = find(rule, evidence(rule.metric, share, size))
    assert finding.verdict is verdict
    assert bool(what_would_settle_it(finding, OF_A_RUN)) is (verdict is Verdict.CANNOT_TELL)
    assert why(finding, OF_A_RUN).startswith("White: ")


def test_with_a_short_list_a_group_that_is_never_found_fails_by_ratio_where_a_difference_would_pass() -> None:
    """A tenth of the rest is found and nobody of the group: its miss rate is only ten points higher."""
    never = evidence(Metric.FOUND_RATE, 0.0, 300, rest=0.08)
    missed = evidence(Metric.MISS_RATE, 1.0, 300, rest=0.92)
    assert find(FOUND, never)[0].verdict is Verdict.FAIL
    assert find(MISSED, missed)[0].verdict is not Verdict.FAIL
    assert Metric.FOUND_RATE in {rule.metric for rule in load_policy(None).rules}


def test_being_better_off_is_reported() -> None:
    assert find(MISSED, evidence(Metric.MISS_RATE, 0.20, 2000))[0].better_off
    assert find(WORTH, evidence(Metric.PRECISION, 0.80, 2000))[0].better_off
    assert find(FALSELY, evidence(Metric.FALSE_POSITIVE_RATE, 0.20, 2000))[0].better_off
    assert not find(SAME, evidence(Metric.CALIBRATION, 0.45, 2000))[0].better_off
    assert not find(MISSED, evidence(Metric.MISS_RATE, 0.50, 500))[0].better_off
    assert "better off" in why(find(MISSED, evidence(Metric.MISS_RATE, 0.20, 2000))[0], OF_A_RUN)


def test_a_group_without_a_case_or_a_rest_cannot_be_told() -> None:
    groups = ("White", "Other")
    alone = replace(evidence(Metric.MISS_RATE, 0.5, 100), rest_numerator=0, rest_denominator=0, rest_effective=0)
    measures = Measures(("White",), np.arange(1), {}, {(Metric.MISS_RATE, "White"): alone}, {})
    findings = all_findings(judge([Question(MISSED, "broad")], {"broad": measures}, {"broad": groups}))
    assert [finding.ground for finding in findings] == [Ground.NO_COMPARISON, Ground.TOO_LITTLE]
    assert {finding.verdict for finding in findings} == {Verdict.CANNOT_TELL}
    assert all(why(finding, OF_A_RUN) and what_would_settle_it(finding, OF_A_RUN) for finding in findings)


def test_holm_keeps_one_slight_excess_among_many_groups_from_failing() -> None:
    """Its own interval lies beyond the margin, but with seven questions asked that may be chance."""
    slight = evidence(Metric.MISS_RATE, 0.655, 400, rest_size=1e9)
    assert find(MISSED, slight)[0].verdict is Verdict.FAIL
    straddling = evidence(Metric.MISS_RATE, 0.55, 100)
    found = find(MISSED, slight, *[straddling] * 6)[0]
    assert found.low is not None and found.low > 0.10
    assert found.verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([], Verdict.CANNOT_TELL),
        ([Verdict.PASS], Verdict.PASS),
        ([Verdict.PASS, Verdict.CANNOT_TELL], Verdict.CANNOT_TELL),
        ([Verdict.PASS, Verdict.CANNOT_TELL, Verdict.FAIL], Verdict.FAIL),
    ],
)
def test_one_failure_fails_and_only_all_passes_pass(verdicts: list[Verdict], overall: Verdict) -> None:
    assert combine(verdicts) is overall


def test_what_would_settle_it_would_settle_it() -> None:
    (finding,) = find(MISSED, evidence(Metric.MISS_RATE, 0.52, 100))
    times = evidence_needed(finding)
    assert (
        find(MISSED, evidence(Metric.MISS_RATE, 0.52, 100 * times, rest_size=5000 * times))[0].verdict is Verdict.PASS
    )
    half = times / 2
    assert (
        find(MISSED, evidence(Metric.MISS_RATE, 0.52, 100 * half, rest_size=5000 * half))[0].verdict
        is Verdict.CANNOT_TELL
    )


def test_published_words_hold_no_figure_of_the_group() -> None:
    for share, size in ((0.5, 2000), (0.8, 2000), (0.55, 100), (0.5, 12)):
        (finding,) = find(MISSED, evidence(Metric.MISS_RATE, share, size))
        words = why_published(finding, shown=False)
        assert not {"0.5", "50", "80", "55", "12", "2000"} & set(words.replace(".", " ").split())


# --- how often it errs ---------------------------------------------------------------------------------

SHARES = dict(zip(BROAD_GROUPS, (0.545, 0.003, 0.09, 0.16, 0.14, 0.042, 0.02)))


def simulate(
    draw: np.random.Generator, families: int, times: int, miss: dict[str, float], base: float = 0.08
) -> list[Finding]:
    """One borough: families by census-like shares, each ``times`` over with the same outcome and flag."""
    group = draw.choice(np.array(BROAD_GROUPS, dtype=object), size=families, p=list(SHARES.values()))
    outcome = draw.random(families) < base
    missed = np.array([miss.get(name, 0.5) for name in group])
    flagged = draw.random(families) < np.where(outcome, 1 - missed, 0.03)
    cases = Cases(
        np.repeat(outcome, times),
        np.repeat(flagged, times),
        np.full(families * times, base),
        np.repeat(np.arange(families), times),
    )
    found = {"broad": measure(cases, np.repeat(group, times), BROAD_GROUPS)}
    return all_findings(judge(questions(load_policy(None)), found, {"broad": found["broad"].groups}))


@pytest.mark.parametrize("times", [1, 4])
def test_with_equal_true_rates_the_default_policy_hardly_ever_fails(times: int) -> None:
    """50 boroughs of 4,000 families whose groups are truly alike; under 5% may fail."""
    draw = np.random.default_rng(21 + times)
    overall = Counter(combine([finding.verdict for finding in simulate(draw, 4000, times, {})]) for _ in range(50))
    assert overall[Verdict.FAIL] / 50 < 0.05


def test_a_gap_of_twenty_points_among_a_hundred_positives_is_not_passed() -> None:
    """Over 95% of 500 draws say fail or cannot tell, at margin .10 with one question asked of each of 7 groups."""
    draw = np.random.default_rng(23)
    verdicts: Counter[Verdict] = Counter()
    for missed, rest in zip(draw.binomial(100, 0.70, 500), draw.binomial(700, 0.50, 500)):
        gap = Evidence(Metric.MISS_RATE, missed, 100, 100, 100, rest, 700, 700)
        alike = evidence(Metric.MISS_RATE, 0.5, 110, rest_size=700)
        verdicts[find(MISSED, gap, *[alike] * 6)[0].verdict] += 1
    assert verdicts[Verdict.PASS] / 500 < 0.05
    assert verdicts[Verdict.FAIL] > 0


def test_a_plain_harm_to_a_large_group_is_found() -> None:
    draw = np.random.default_rng(24)
    found = Counter(
        combine([finding.verdict for finding in simulate(draw, 20_000, 1, {"Black": 0.85})]) for _ in range(25)
    )
    assert found[Verdict.FAIL] >= 24

"""Intervals: against published figures and other libraries, and by simulation of their coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from fairness_audits.intervals import (
    holm,
    newcombe_p,
    observed_over_expected,
    ratio_of_rates,
    ratio_of_rates_p,
    ratio_of_ratios,
    ratio_of_ratios_p,
)
from store.intervals import newcombe, wilson, z_of

Z95 = z_of(0.95)
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_scipys(count: tuple[int, int]) -> None:
    k, n = count
    expected = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert np.allclose([float(end) for end in wilson(k, n, Z95)], [expected.low, expected.high], atol=1e-9)


def test_wilson_has_no_interval_without_trials() -> None:
    low, high = wilson([0, 0], [0, 5], Z95)
    assert np.isnan(low[0]) and np.isnan(high[0])
    assert low[1] == 0 and 0 < high[1] < 1


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_figures_of_his_table_ii(
    k1: int, n1: int, k2: int, n2: int, low: float, high: float
) -> None:
    found = newcombe(k1, n1, k2, n2, Z95)
    assert [round(float(end), 4) for end in found] == [low, high]


@given(counts, counts, st.sampled_from([-0.1, 0.0, 0.03, 0.1]), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_p_value_and_the_interval_of_a_difference_never_disagree(
    first: tuple[int, int], second: tuple[int, int], value: float, confidence: float
) -> None:
    low, high = (float(end) for end in newcombe(*first, *second, z_of(confidence)))
    p_value = float(newcombe_p(*first, *second, value))
    assert 0 <= p_value <= 1
    if p_value < 1 - confidence - 1e-9:
        assert not low <= value <= high
    if p_value > 1 - confidence + 1e-9:
        assert low <= value <= high


@given(counts, counts, st.sampled_from([0.67, 0.8, 1.0, 1.5]), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_p_value_and_the_interval_of_a_ratio_of_rates_never_disagree(
    first: tuple[int, int], second: tuple[int, int], value: float, confidence: float
) -> None:
    low, high = (float(end) for end in ratio_of_rates(*first, *second, z_of(confidence)))
    p_value = float(ratio_of_rates_p(*first, *second, value))
    if first[0] == second[0] == 0:
        assert np.isnan(low) and np.isnan(high) and np.isnan(p_value)
        return
    assert 0 <= low <= high
    if p_value < 1 - confidence - 1e-9:
        assert not low <= value <= high
    if p_value > 1 - confidence + 1e-9:
        assert low <= value <= high


@given(counts, counts)
def test_the_interval_of_a_ratio_of_rates_holds_it_and_turns_with_it(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    """The interval of the inverse is the inverse of the interval."""
    if first[0] == 0 or second[0] == 0:
        return
    low, high = (float(end) for end in ratio_of_rates(*first, *second, Z95))
    ratio = first[0] / first[1] / (second[0] / second[1])
    assert low <= ratio * (1 + 1e-9) and ratio <= high * (1 + 1e-9)
    turned_low, turned_high = (float(end) for end in ratio_of_rates(*second, *first, Z95))
    assert turned_low == pytest.approx(1 / high, rel=1e-6)
    assert turned_high == pytest.approx(1 / low, rel=1e-6)


@given(st.integers(0, 200), st.floats(0.5, 200))
def test_garwoods_interval_is_the_exact_poisson_one(observed: int, expected: float) -> None:
    low, high = (float(end) for end in observed_over_expected(observed, expected, 0.95))
    assert high == pytest.approx(chi2.ppf(0.975, 2 * observed + 2) / 2 / expected)
    assert (low == 0) == (observed == 0)
    assert low <= observed / expected <= high


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([0.8, 1.0, 1.25]), st.sampled_from([0.8, 0.95]))
def test_the_p_value_and_the_interval_of_a_ratio_never_disagree(
    o1: int, o2: int, value: float, confidence: float
) -> None:
    sides = (float(o1), 50.0, float(o2), 80.0)
    low, high = (float(end) for end in ratio_of_ratios(*sides, z_of(confidence)))
    p_value = float(ratio_of_ratios_p(*sides, value))
    if p_value < 1 - confidence - 1e-9:
        assert not low <= value <= high
    if p_value > 1 - confidence + 1e-9:
        assert low <= value <= high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_holms_definition(p_values: list[float]) -> None:
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    running, expected = 0.0, [0.0] * len(p_values)
    for place, index in enumerate(order):
        running = max(running, (len(p_values) - place) * p_values[index])
        expected[index] = min(running, 1.0)
    assert np.allclose(holm(p_values), expected)


@pytest.mark.parametrize("rate", [0.03, 0.2, 0.5])
@pytest.mark.parametrize("size", [10, 60, 400])
def test_wilson_and_newcombe_cover_what_they_claim(rate: float, size: int) -> None:
    """Over 20,000 draws the intervals hold the truth at least 93% of the time (nominal 95%; Wilson dips by design)."""
    draw = np.random.default_rng(11)
    k1, k2 = draw.binomial(size, rate, 20_000), draw.binomial(5 * size, rate, 20_000)
    low, high = newcombe(k1, size, k2, 5 * size, Z95)
    assert ((low <= 0) & (high >= 0)).mean() > 0.93
    low, high = ratio_of_rates(k1, size, k2, 5 * size, Z95)
    assert (~((low > 1) | (high < 1))).mean() > 0.93
    low, high = wilson(k2, 5 * size, Z95)
    assert ((low <= rate) & (rate <= high)).mean() > 0.92


@pytest.mark.parametrize("expected", [12.0, 40.0])
def test_calibration_intervals_cover_what_they_claim(expected: float) -> None:
    draw = np.random.default_rng(12)
    o1, o2 = draw.poisson(1.1 * expected, 20_000), draw.poisson(1.1 * 6 * expected, 20_000)
    low, high = observed_over_expected(o1, expected, 0.95)
    assert ((low <= 1.1) & (high >= 1.1)).mean() >= 0.95
    low, high = ratio_of_ratios(o1, expected, o2, 6 * expected, Z95)
    assert ((low <= 1) & (high >= 1)).mean() > 0.935

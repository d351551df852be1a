"""What is said of small groups: rates drawn towards the others', and the smallest difference that would have shown."""

import numpy as np
import pytest
from scipy.stats import betabinom, norm

from fairness_audits.pooling import FEWEST_GROUPS, partially_pooled
from fairness_audits.power import POWER, smallest_detectable


def test_groups_that_are_alike_are_drawn_together_and_those_that_are_not_stand_apart() -> None:
    trials = np.array([4.0, 400.0, 500.0, 600.0, 700.0])
    alike = partially_pooled(np.round(0.2 * trials) + np.array([1, 0, 0, 0, 0]), trials, 0.95)
    unlike = partially_pooled(trials * np.array([0.5, 0.1, 0.4, 0.7, 0.9]), trials, 0.95)
    assert alike is not None and unlike is not None
    assert alike.value[0] == pytest.approx(0.2, abs=0.03)
    assert unlike.value[1:] == pytest.approx([0.1, 0.4, 0.7, 0.9], abs=0.02)


def test_it_is_the_posterior_that_drawing_at_random_gives() -> None:
    """Against importance sampling: draw means and shrinkages from the priors, weigh by scipy's own beta-binomial."""
    k, n = np.array([2.0, 30.0, 55.0, 9.0]), np.array([5.0, 100.0, 140.0, 60.0])
    found = partially_pooled(k, n, 0.9)
    assert found is not None
    draw = np.random.default_rng(2)
    mean, shrinkage = draw.random(20_000), draw.random(20_000)
    weight = len(n) / (1 / n).sum() * shrinkage / (1 - shrinkage)
    a, b = mean * weight, (1 - mean) * weight
    likely = np.exp(sum(betabinom.logpmf(x, size, a, b) for x, size in zip(k, n)))
    picked = draw.choice(len(likely), 20_000, p=likely / likely.sum())
    for place, (x, size) in enumerate(zip(k, n)):
        rates = draw.beta(a[picked] + x, b[picked] + size - x)
        assert found.value[place] == pytest.approx(rates.mean(), abs=0.01)
        assert found.low[place] == pytest.approx(np.quantile(rates, 0.05), abs=0.02)
        assert found.high[place] == pytest.approx(np.quantile(rates, 0.95), abs=0.02)


def test_a_group_without_cases_is_told_nothing_and_few_groups_are_not_pooled() -> None:
    found = partially_pooled(np.array([0.0, 3.0, 9.0, 5.0]), np.array([0.0, 10.0, 30.0, 20.0]), 0.95)
    assert found is not None
    assert np.isnan(found.value[0]) and not np.isnan(found.value[1:]).any()
    few = FEWEST_GROUPS - 1
    assert partially_pooled(np.ones(few), np.full(few, 5.0), 0.95) is None


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_nobody_or_everybody_counts_nothing_breaks(share: float) -> None:
    trials = np.array([3.0, 50.0, 200.0])
    found = partially_pooled(share * trials, trials, 0.95)
    assert found is not None
    assert ((found.low >= 0) & (found.low <= found.value) & (found.value <= found.high) & (found.high <= 1)).all()
    assert found.value == pytest.approx(share, abs=0.05)


def test_intervals_drawn_towards_others_hold_the_truth_over_all_groups() -> None:
    draw, sizes = np.random.default_rng(5), np.array([5] * 4 + [50] * 4 + [500] * 2)
    held = []
    for _ in range(60):
        truth = draw.beta(6, 14, len(sizes))
        found = partially_pooled(draw.binomial(sizes, truth).astype(float), sizes.astype(float), 0.95)
        assert found is not None
        held.append((found.low <= truth) & (truth <= found.high))
    # Of 600 a true share of .93 falls under .90 once in five hundred times.
    assert np.mean(held) > 0.90


def test_over_many_boroughs_small_groups_are_nearer_the_truth_when_pooled() -> None:
    draw = np.random.default_rng(4)
    raw, pooled, covered = [], [], []
    for _ in range(60):
        truth = draw.beta(20, 80, size=8)
        trials = np.array([8, 12, 15, 40, 80, 200, 400, 900], dtype=float)
        k = draw.binomial(trials.astype(int), truth).astype(float)
        found = partially_pooled(k, trials, 0.95)
        assert found is not None
        raw.append((k / trials - truth)[:3])
        pooled.append((found.value - truth)[:3])
        covered.append((found.low <= truth) & (truth <= found.high))
    assert np.square(pooled).mean() < 0.4 * np.square(raw).mean()
    assert np.mean(covered) > 0.93


@pytest.mark.parametrize(("trials", "rest", "rate"), [(60, 3000, 0.4), (200, 2000, 0.1), (30, 30, 0.5)])
def test_the_smallest_detectable_difference_is_found_as_often_as_it_says(trials: int, rest: int, rate: float) -> None:
    excess = float(smallest_detectable(trials, rate, rest, 0.95))
    assert np.isfinite(excess)
    draw = np.random.default_rng(1)
    mine, theirs = draw.binomial(trials, rate + excess, 4000), draw.binomial(rest, rate, 4000)
    together = (mine + theirs) / (trials + rest)
    z = (mine / trials - theirs / rest) / np.sqrt(together * (1 - together) * (1 / trials + 1 / rest))
    assert np.mean(z > norm.ppf(0.975)) == pytest.approx(POWER, abs=0.04)


def test_the_larger_the_group_the_smaller_the_difference_it_shows_and_too_few_show_none() -> None:
    found = smallest_detectable(np.array([20, 100, 1000]), 0.6, 5000, 0.95)
    assert found[0] > found[1] > found[2] > 0
    assert np.isnan(smallest_detectable([3, 0], 0.6, 5000, 0.95)).all()
    assert np.isnan(smallest_detectable(50, 1.0, 5000, 0.95))

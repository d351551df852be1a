"""The reliability curve: what it says of a calibrated and of a wrong score, and that no count in it is small."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cases import Floats
from models.metrics import Ranked, family_weights, ranked
from models.reliability import BINS, reliability


def listed(score: Floats, outcome: Floats, cluster: np.ndarray | None = None) -> Ranked:
    places = np.arange(len(score))
    return ranked(score, score, outcome, places if cluster is None else cluster, places)


def drawn(outcome_share: Floats, seed: int = 1) -> Floats:
    return (np.random.default_rng(seed).random(len(outcome_share)) < outcome_share).astype(float)


def test_a_calibrated_score_lies_on_the_diagonal_and_a_doubled_one_off_it() -> None:
    score = np.random.default_rng(0).uniform(0.01, 0.3, 8000)
    outcome = drawn(score)
    weights = family_weights(8000, 200, seed=2)
    honest = reliability({"a": listed(score, outcome)}, weights)
    assert len(honest) == BINS
    within = [
        np.quantile(one.replicates, 0.005) <= one.predicted <= np.quantile(one.replicates, 0.995) for one in honest
    ]
    assert sum(within) >= BINS - 1
    doubled = reliability({"a": listed(2 * score, outcome)}, weights)
    assert all(np.quantile(one.replicates, 0.995) < one.predicted for one in doubled)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=20, max_size=200).filter(
        lambda rows: 0 < sum(hit for _, hit in rows) < len(rows)
    )
)
def test_no_bin_is_small_none_is_lost_and_equal_scores_stay_together(rows: list[tuple[int, bool]]) -> None:
    score = np.array([score / 20 for score, _ in rows])
    outcome = np.array([float(hit) for _, hit in rows])
    found = reliability({"a": listed(score, outcome)}, family_weights(len(rows), 100, seed=1))
    if min(outcome.sum(), (1 - outcome).sum()) < 10:
        assert found == ()
        return
    assert sum(one.cases for one in found) == len(rows)
    for one in found:
        inside = (score >= one.lowest) & (score <= one.highest)
        assert one.cases == inside.sum()
        assert outcome[inside].sum() >= 10
        assert (1 - outcome[inside]).sum() >= 10
        assert one.observed == pytest.approx(outcome[inside].mean())
        assert one.predicted == pytest.approx(score[inside].mean())
    assert all(upper.lowest > lower.highest for upper, lower in pairwise(found))


def test_the_interval_is_of_families_not_of_cases() -> None:
    score = np.random.default_rng(3).uniform(0.05, 0.4, 1500)
    outcome = drawn(score)
    once = {"a": listed(score, outcome)}
    weights = family_weights(1500, 200, seed=1)
    four = dict.fromkeys("abcd", once["a"])
    for single, repeated in zip(reliability(once, weights), reliability(four, weights)):
        assert repeated.cases == 4 * single.cases
        np.testing.assert_allclose(repeated.replicates, single.replicates)


def test_everybody_at_the_base_rate_is_one_bin() -> None:
    outcome = drawn(np.full(400, 0.1))
    found = reliability({"a": listed(np.full(400, 0.1), outcome)}, family_weights(400, 100, seed=1))
    assert [(one.cases, one.observed) for one in found] == [(400, outcome.mean())]

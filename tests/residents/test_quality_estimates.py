"""Precision and recall from a sample by strata: right on the whole, and honest about what was not answered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from residents.quality.estimates import Answers, Estimate, Review, estimate

# Pairs, of which so many are one person.
JOINED = ((6_000, 5_500), (30_000, 29_900))
APART = ((5_000, 1_000), (80_000, 200))
PRECISION = 35_400 / 36_000
RECALL = 35_400 / 36_600


def sampled(generator: np.random.Generator, each: int) -> list[Answers]:
    strata = []
    for joined, kinds in ((True, JOINED), (False, APART)):
        for place, (pairs, true) in enumerate(kinds):
            yes = int(generator.hypergeometric(true, pairs - true, each))
            strata.append(Answers(f"{joined}{place}", joined, pairs, yes, each - yes))
    return strata


@pytest.mark.parametrize(
    ("truth", "chosen"), [(PRECISION, lambda review: review.precision), (RECALL, lambda review: review.recall)]
)
def test_intervals_hold_the_truth_about_as_often_as_they_claim(
    truth: float, chosen: Callable[[Review], Estimate]
) -> None:
    generator = np.random.default_rng(11)
    found = [chosen(estimate(sampled(generator, 60))) for _ in range(100)]
    held = np.mean([one.low <= truth <= one.high for one in found])
    assert held >= 0.9
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.01)
    assert np.mean([one.high - one.low for one in found]) < 0.15


def test_a_stratum_counts_for_as_many_pairs_as_it_has() -> None:
    found = estimate([Answers("few", True, 100, 0, 50), Answers("many", True, 9_900, 50, 0)])
    assert found.precision is not None and found.precision.value == pytest.approx(0.99)


def test_answered_for_whole_is_certain() -> None:
    found = estimate([Answers("a", True, 40, 30, 10), Answers("b", False, 20, 5, 15)])
    assert found.precision == Estimate(0.75, 0.75, 0.75, 0.75, 0.75)
    assert found.recall is not None
    assert (found.recall.low, found.recall.value, found.recall.high) == (0.8571, 0.8571, 0.8571)


def test_the_unsure_are_left_out_and_bounded() -> None:
    found = estimate([Answers("a", True, 1_000, 40, 10, unsure=50), Answers("b", False, 1_000, 0, 50, unsure=50)])
    assert found.precision is not None and found.recall is not None
    assert found.precision.value == 0.8
    assert (found.precision.if_unsure_against, found.precision.if_unsure_for) == (0.4, 0.9)
    # Of 1,000 and 1,000 pairs 800 and none are one person; at worst 400 and 500, at best 900 and none.
    assert found.recall.value == 1.0
    assert (found.recall.if_unsure_against, found.recall.if_unsure_for) == (0.4444, 1.0)


@pytest.mark.parametrize(
    ("strata", "precision", "recall"),
    [
        ([], False, False),
        ([Answers("a", True, 10, 0, 0)], False, False),
        ([Answers("a", True, 10, 0, 0, unsure=10)], False, False),
        ([Answers("a", True, 10, 5, 0), Answers("b", False, 10, 0, 0)], True, False),
        ([Answers("a", True, 10, 5, 0), Answers("b", False, 0, 0, 0)], True, True),
        ([Answers("a", True, 10, 5, 0), Answers("b", True, 10, 0, 0)], False, False),
        ([Answers("b", False, 10, 5, 0)], False, False),
    ],
)
def test_what_rests_on_unanswered_pairs_is_not_told(strata: list[Answers], precision: bool, recall: bool) -> None:
    found = estimate(strata)
    assert ((found.precision is not None), (found.recall is not None)) == (precision, recall)
    assert set(found.unjudged) == {one.name for one in strata if one.pairs and not one.judged}


def test_the_same_answers_give_the_same_figures() -> None:
    strata = sampled(np.random.default_rng(3), 30)
    assert estimate(strata) == estimate(strata)

"""Candidates taught what somebody found: weights, what they may see, what they read back as, and absent sources."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from models.assessed import BOUNDS, AmongAssessed, weights
from models.candidates import Candidate, Fitted, Training
from models.cases import Floats
from models.catalogue import Feature, Sentences
from models.labels import Learnt
from models.logistic import Logistic
from models.of_need import evidenced_needs, is_contact_history
from models.persistence import KINDS
from models.target import CandidateName
from models.targets import TARGETS
from models.taught import Taught, sampled
from models.weighted_needs import Sum, WeightedNeeds

FOLDS = 3


def feature(name: str, direction: int = 1, sources: tuple[str, ...] = ()) -> Feature:
    said = Sentences("{value}", "{value}", "{value}")
    return Feature(name, name, "family", "needs", name, direction, "number", said, "made up", sources)


def nothing() -> None:
    """Nobody watches the progress."""


def made_up(size: int = 1500) -> tuple[Training, np.ndarray]:
    """Two signs of need, a mark of being watched, and noise; need is found only where somebody looked.

    Who is watched is looked at far more often, at equal need.
    """
    generator = np.random.default_rng(1)
    need = generator.normal(size=size)
    watched = (generator.random(size) < 0.3).astype(float)
    signs = need[:, None] + generator.normal(size=(size, 2))
    values = np.column_stack([signs, watched, generator.normal(size=size)])
    values[generator.random(size) < 0.1, 1] = np.nan
    looked = generator.random(size) < np.where(watched > 0, 0.6, 0.1)
    found = need + 0.5 * generator.normal(size=size) > 0.5
    training = Training(
        features=(feature("a"), feature("b"), feature("watched", 1, ("contacts",)), feature("noise")),
        values=values,
        outcome=(generator.random(size) < 0.1).astype(float),
        group=np.arange(size),
        fold=np.arange(size) % FOLDS,
        folds=FOLDS,
        seed=7,
        threads=1,
        labels={"need_found": Learnt(found.astype(float), looked.astype(float))},
    )
    return training, need


def signs_of(fitted: list[Sum]) -> set[int]:
    return {place for one in fitted for place, weight in one.weights.items() if weight > 0}


def test_weighted_needs_never_count_against_and_agree_with_their_parts() -> None:
    training, need = made_up()
    fitted = WeightedNeeds((), (0, 1, 3), "need_found").fit(training, nothing)
    assert len(fitted) == FOLDS
    assert signs_of(fitted) <= {0, 1, 3}
    for one in fitted:
        assert min(one.weights.values()) >= 0
        assert np.allclose(one.margin(training.values), one.base + one.contributions(training.values).sum(axis=1))
        assert np.corrcoef(one.margin(training.values), need)[0, 1] > 0.6


@settings(max_examples=40, deadline=None)
@given(
    case=st.lists(st.none() | st.floats(-50, 50), min_size=4, max_size=4),
    place=st.sampled_from((0, 1, 3)),
    more=st.floats(0, 50),
)
def test_more_of_a_sign_never_moves_a_family_down(case: list[float | None], place: int, more: float) -> None:
    values = np.array([[np.nan if cell is None else cell for cell in case]])
    raised = values.copy()
    raised[0, place] = more if np.isnan(values[0, place]) else values[0, place] + more
    for one in fitted_once():
        assert one.margin(raised)[0] >= one.margin(values)[0] - 1e-9


_KEPT: list[list[Sum]] = []


def fitted_once() -> list[Sum]:
    if not _KEPT:
        _KEPT.append(WeightedNeeds((), (0, 1, 3), "need_found").fit(made_up()[0], nothing))
    return _KEPT[0]


def test_weighted_needs_are_read_back_as_they_were_written() -> None:
    training, _ = made_up()
    names = [one.name for one in training.features]
    for one in fitted_once():
        entry = json.loads(json.dumps(one.described()))
        back = KINDS[entry["kind"]].read(entry, names)
        assert (back.margin(training.values) == one.margin(training.values)).all()


def made_up_needs(size: int) -> tuple[Training, Floats]:
    """Four needs, of which two tell nothing of what is found, a sign that does, and noise; and the count of needs."""
    generator = np.random.default_rng(3)
    needs = (generator.random((size, 4)) < 0.3).astype(float)
    sign = generator.normal(size=size)
    found = generator.random(size) < 1 / (1 + np.exp(4 - needs[:, :2].sum(axis=1) - 0.8 * sign))
    training = Training(
        features=tuple(feature(name) for name in ("n1", "n2", "n3", "n4", "sign", "noise")),
        values=np.column_stack([needs, sign, generator.normal(size=size)]),
        outcome=found.astype(float),
        group=np.arange(size),
        fold=np.arange(size) % FOLDS,
        folds=FOLDS,
        seed=7,
        threads=1,
    )
    return training, needs.sum(axis=1)


def weights_of(fitted: list[Fitted]) -> Floats:
    """Shape (folds, features)."""
    kept = [one for one in fitted if isinstance(one, Sum)]
    return np.array([[one.weights.get(place, 0.0) for place in range(6)] for one in kept])


def test_few_cases_leave_it_at_the_count_and_many_show_which_needs_tell() -> None:
    few, count = made_up_needs(600)
    at_first = WeightedNeeds((0, 1, 2, 3), (4, 5)).fit(few, nothing)
    weights = weights_of(at_first)
    assert np.ptp(weights[:, :4], axis=1).max() < 0.1 * weights[:, :4].mean()
    assert weights[:, 4:].max() < 0.1 * weights[:, :4].mean()
    for one in at_first:
        margin = one.margin(few.values)
        assert all(margin[count == n].max() < margin[count == n + 1].min() for n in range(3)), "signs break ties"
    many, _ = made_up_needs(200_000)
    weights = weights_of(WeightedNeeds((0, 1, 2, 3), (4, 5)).fit(many, nothing))
    telling, not_telling = weights[:, :2], weights[:, 2:4]
    assert telling.min() > 1.5 * not_telling.max()


def test_needs_together_weigh_what_their_number_alone_does() -> None:
    training, count = made_up_needs(4_000)
    drawn = weights_of(WeightedNeeds((0, 1, 2, 3), ()).fit(training, nothing))[:, :4].mean()
    plain = LogisticRegression(C=np.inf).fit(count[:, None], training.outcome)
    assert drawn == pytest.approx(plain.coef_[0, 0], rel=0.1)


def test_a_case_that_counts_three_times_is_one_that_is_there_three_times() -> None:
    training, _ = made_up_needs(900)
    often = np.where(np.arange(900) % 4 == 0, 3, 1)
    rows = np.repeat(np.arange(900), often)
    there = replace(training, values=training.values[rows], outcome=training.outcome[rows], fold=training.fold[rows])
    counting = replace(training, weight=often.astype(float))
    candidate = WeightedNeeds((0, 1, 2, 3), ())
    one, other = (weights_of(candidate.fit(which, nothing))[:, :4] for which in (there, counting))
    # What is common is told from the cases as they lie, so that they differ by a little.
    assert one == pytest.approx(other, rel=0.05)
    alike = replace(training, weight=np.ones(900))
    assert (weights_of(candidate.fit(alike, nothing)) == weights_of(candidate.fit(training, nothing))).all()


def test_what_many_have_weighs_less_to_begin_with() -> None:
    training, _ = made_up_needs(600)
    generator = np.random.default_rng(9)
    shares = np.array([0.8, 0.4, 0.1, 1.0])
    values = training.values.copy()
    values[:, :4] = generator.random((600, 4)) < shares
    found = generator.random(600) < 1 / (1 + np.exp(3 - values[:, :3].sum(axis=1)))
    common = replace(training, values=values, outcome=found.astype(float))
    weights = weights_of(WeightedNeeds((0, 1, 2, 3), ()).fit(common, nothing)).mean(axis=0)[:4]
    expected = np.maximum(1 - values[:, :4].mean(axis=0), 0.05)
    assert weights / weights[2] == pytest.approx(expected / expected[2], rel=0.1)


@pytest.mark.parametrize("candidate", [WeightedNeeds((0, 1, 2, 3), (4, 5)), Logistic()], ids=["needs", "logistic"])
def test_a_fold_in_which_much_was_found_is_not_moved_down_the_list_as_a_whole(candidate: Candidate) -> None:
    training, _ = made_up_needs(3_000)
    # By its own model's intercept, a fold that has most of those found would come last.
    generator = np.random.default_rng(5)
    inside = generator.random(3_000) < np.where(training.outcome > 0, 0.8, 1 / FOLDS)
    uneven = replace(training, fold=np.where(inside, 0, 1 + np.arange(3_000) % 2))
    fitted = candidate.fit(uneven, nothing)
    means = [one.margin(training.values).mean() for one in fitted]
    assert np.ptp(means) < 0.05


def test_the_needs_are_what_the_count_is_a_count_of() -> None:
    target = TARGETS["under_the_radar"]
    count = replace(feature("needs_count"), made_of=("need_b", "need_a"))
    features = (feature("need_a"), feature("other"), feature("need_b"), count)
    assert evidenced_needs(features, target) == (0, 2)
    assert evidenced_needs((features[1], feature("needs_count")), target) == (1,)


def test_signs_that_never_differ_or_are_never_known_count_for_nothing() -> None:
    training, _ = made_up()
    values = training.values.copy()
    values[:, 0], values[:, 3] = 2.0, np.nan
    fitted = WeightedNeeds((), (0, 1, 3), "need_found").fit(replace(training, values=values), nothing)
    assert signs_of(fitted) == {1}


def test_the_label_is_what_is_learnt_and_not_the_outcome() -> None:
    training, need = made_up()
    turned = replace(training, outcome=1 - training.outcome)
    of_need = Taught(CandidateName.NEED_FOUND, Logistic(), "need_found")
    of_outcome = Taught(CandidateName.UNWATCHED, Logistic())
    before, after = (of_need.fit(one, nothing)[0].margin(one.values) for one in (training, turned))
    assert (before == after).all()
    assert np.corrcoef(before, need)[0, 1] > 0.4
    before, after = (of_outcome.fit(one, nothing)[0].margin(one.values) for one in (training, turned))
    assert np.corrcoef(before, after)[0, 1] < -0.99


def test_a_candidate_that_may_not_see_contact_history_is_not_moved_by_it() -> None:
    training, _ = made_up(6_000)
    seeing = Taught(CandidateName.NEED_FOUND, Logistic(), "need_found").fit(training, nothing)[0]
    blind = Taught(CandidateName.NEED_FOUND_UNWATCHED, Logistic(), "need_found", (2,)).fit(training, nothing)[0]
    known = training.values.copy()
    known[:, 2] = 1 - known[:, 2]
    assert (blind.margin(known) == blind.margin(training.values)).all()
    assert not blind.contributions(training.values)[:, 2].any()
    assert np.abs(seeing.margin(known) - seeing.margin(training.values)).min() > 0.05


def test_a_sample_keeps_everybody_with_the_outcome_and_stands_for_the_others() -> None:
    training, _ = made_up(12_000)
    few = sampled(training, 5_000)
    assert few.outcome.sum() == training.outcome.sum()
    assert len(few.outcome) == pytest.approx(5_000, rel=0.1)
    assert few.weight is not None
    assert few.weight.sum() == pytest.approx(len(training.outcome), rel=0.1)
    assert sampled(training, 20_000) is training
    assert len(few.outcome) == len(few.values) == len(few.fold) == len(few.group)


def test_who_is_seldom_looked_at_counts_for_more_within_bounds() -> None:
    training, _ = made_up(12_000)
    counted = weights(training, training.labels["need_found"], 0, (2,))
    outside, watched = training.fold != 0, training.values[:, 2] > 0
    assert (counted[~outside] == 1).all()
    assert BOUNDS[0] <= counted.min() <= counted.max() <= BOUNDS[1]
    # The shares looked at are 60%, 10% and, of everybody, 25%.
    assert counted[outside & watched].mean() == pytest.approx(0.25 / 0.6, rel=0.15)
    assert counted[outside & ~watched].mean() == pytest.approx(0.25 / 0.1, rel=0.15)


def test_no_weight_rests_on_the_fold_left_out_nor_on_the_case_itself() -> None:
    training, _ = made_up()
    learnt = training.labels["need_found"]
    before = weights(training, learnt, 1, (0, 2))
    inside = training.fold == 1
    turned = np.where(inside, 1 - learnt.weight, learnt.weight)
    assert (weights(training, Learnt(learnt.outcome, turned), 1, (0, 2)) == before).all()
    own = np.flatnonzero(~inside)[0]
    alone = learnt.weight.copy()
    alone[own] = 1 - alone[own]
    after = weights(training, Learnt(learnt.outcome, alone), 1, (0, 2))
    # The share observed is over everybody's, so that it moves by one in a thousand; the propensity does not.
    assert after[own] == pytest.approx(before[own], rel=0.01)


def test_need_among_the_assessed_does_not_learn_from_the_others() -> None:
    training, need = made_up()
    candidate = AmongAssessed(CandidateName.NEED_AMONG_ASSESSED, Logistic(), "need_found", (2,), (2,))
    learnt = training.labels["need_found"]
    fitted = candidate.fit(training, nothing)
    assert len(fitted) == FOLDS
    margin = fitted[0].margin(training.values)
    assert np.corrcoef(margin, need)[0, 1] > 0.6
    others = np.where(learnt.weight > 0, learnt.outcome, 1 - learnt.outcome)
    again = candidate.fit(replace(training, labels={"need_found": Learnt(others, learnt.weight)}), nothing)
    assert (again[0].margin(training.values) == margin).all()


def test_contact_history_is_what_rests_on_rows_of_those_who_looked() -> None:
    target = TARGETS["under_the_radar"]
    assert is_contact_history(feature("x", sources=("attendance", "contacts")), target)
    assert is_contact_history(feature("x", sources=("outcome_scores",)), target)
    assert not is_contact_history(feature("x", sources=("attendance", "domestic_incidents")), target)
    assert not is_contact_history(feature("x"), target)

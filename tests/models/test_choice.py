"""The rule on table-shaped margins: what beats chance, what does not, and a lucky pick among many."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from models.candidates import ByValue, Chance, NeedsCount, SingleIndicator
from models.cases import Cases, Floats
from models.choice import Choice, decide, summary, tried_out
from models.evaluation import Setting, modelled
from models.rehearsal import Rehearsal, rehearse, training_for
from models.splits import CannotModel, Origin, Plan
from models.target import CandidateName, ChoiceRule
from models.targets import TARGETS
from tests.models.test_candidates import feature, nothing

DAYS = (dt.date(2023, 6, 30), dt.date(2023, 9, 30), dt.date(2025, 6, 30))
RULE = ChoiceRule((CandidateName.NEEDS_COUNT, CandidateName.SINGLE_INDICATOR))
FOLDS = 4


def borough(values: Floats, chance: Floats, seed: int = 3) -> Cases:
    """Each of ``len(values)`` families at two dates to learn from and one to test on; outcomes by their chance."""
    count, dates = len(values), len(DAYS)
    generator = np.random.default_rng(seed)
    happened = generator.random((dates, count)) < chance
    known = np.array([np.datetime64(day, "D") + 90 for day in DAYS])
    families = np.array([f"f{place:04d}" for place in range(count)], dtype=object)
    return Cases(
        features=tuple(feature(place, 1) for place in range(values.shape[1])),
        as_of=np.repeat(np.array(DAYS, dtype="datetime64[D]"), count),
        unit_id=np.tile(families, dates),
        family_id=np.tile(families, dates),
        group=np.tile(np.arange(count), dates),
        fold=np.tile(np.arange(count) % FOLDS, dates),
        tie_place=np.concatenate([generator.permutation(count) for _ in DAYS]),
        outcome_known_on=np.where(happened, known[:, None], np.datetime64("NaT", "D")).ravel(),
        values=np.tile(values, (dates, 1)),
        without_features=0,
    )


def rehearsed(cases: Cases) -> tuple[Rehearsal, SingleIndicator]:
    single = SingleIndicator(tuple(range(1, cases.values.shape[1])))
    origin = Origin(DAYS[2], DAYS[:2])
    candidates = (Chance(), single, NeedsCount(0))
    return rehearse(cases, origin, candidates, folds=FOLDS, seed=1, threads=1, advance=nothing), single


def chosen(cases: Cases) -> Choice:
    rehearsal, single = rehearsed(cases)
    training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
    tried = tried_out(cases, rehearsal, training, single)
    return decide(cases, rehearsal, tried, RULE, capacity=30, replicates=200, seed=5)


def test_a_signal_beats_chance_and_is_chosen() -> None:
    values = np.random.default_rng(1).normal(size=(600, 3))
    found = chosen(borough(values, 1 / (1 + np.exp(3 - 2.5 * values[:, 1]))))
    assert found.chosen is CandidateName.SINGLE_INDICATOR
    assert not found.no_better_than_chance
    assert not found.judged[CandidateName.NEEDS_COUNT].beats_chance
    assert summary(found, RULE)["no_better_than_chance"] is False


def test_the_luckiest_of_many_indicators_that_know_nothing_is_no_better_than_chance() -> None:
    honest, flattered = [], []
    for seed in range(5):
        values = np.random.default_rng(seed).normal(size=(400, 60))
        cases = borough(values, np.full(400, 0.03), seed)
        rehearsal, single = rehearsed(cases)
        training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
        as_picked = {name: one.held_out for name, one in rehearsal.performed.items()}
        for found, tried in ((honest, tried_out(cases, rehearsal, training, single)), (flattered, as_picked)):
            one = decide(cases, rehearsal, tried, RULE, capacity=30, replicates=200, seed=5)
            found.append((one.judged[CandidateName.SINGLE_INDICATOR], one.chance))
    assert not any(judged.beats_chance for judged, _ in honest)
    lift_as_picked = np.mean([judged.precision / chance for judged, chance in flattered])
    assert np.mean([judged.precision / chance for judged, chance in honest]) < 0.6 * lift_as_picked


def test_where_none_beats_chance_the_choice_says_so() -> None:
    found = chosen(borough(np.random.default_rng(2).normal(size=(400, 3)), np.full(400, 0.04)))
    assert found.no_better_than_chance
    said = summary(found, RULE)
    assert said["no_better_than_chance"] is True
    assert "No way of choosing was shown to do better than a list drawn by lot" in str(said["why"])


def test_chance_is_what_a_list_drawn_by_lot_would_catch() -> None:
    cases = borough(np.random.default_rng(2).normal(size=(400, 3)), np.full(400, 0.1))
    outcome = cases.outcome(cases.during(DAYS[:2]))
    assert chosen(cases).chance == pytest.approx(outcome.mean(), abs=1e-6)


def test_picked_anew_is_the_best_on_the_families_outside_each_fold() -> None:
    values = np.random.default_rng(4).normal(size=(400, 4))
    cases = borough(values, np.full(400, 0.1))
    training = training_for(cases, Origin(DAYS[2], DAYS[:2]), folds=FOLDS, seed=1, threads=1)
    in_fold_2 = training.fold == 2
    known = replace(training, outcome=np.where(in_fold_2, values[training.group, 3] > 1, training.outcome))
    turned = replace(training, outcome=np.where(in_fold_2, values[training.group, 1] > 1, training.outcome))
    one, other = (SingleIndicator((1, 2, 3)).picked_anew(data) for data in (known, turned))
    assert one[2] == other[2]
    assert all(isinstance(picked, ByValue) for picked in one)


def test_an_order_that_runs_the_wrong_way_is_measured_as_it_is_and_gives_everybody_the_base_rate() -> None:
    """The needs count goes against the outcome here: worse than chance, not equal to it."""
    needs = np.random.default_rng(6).integers(0, 5, size=400).astype(float)
    values = np.column_stack([needs, needs, needs])
    cases = borough(values, 0.04 + 0.08 * (4 - needs))
    rehearsal, single = rehearsed(cases)
    performed = rehearsal.performed[CandidateName.NEEDS_COUNT]
    assert performed.platt.slope == 0
    assert len(set(performed.predicted)) == 1
    assert performed.predicted[0] == pytest.approx(rehearsal.training_outcome.mean(), abs=0.01)
    np.testing.assert_array_equal(np.argsort(performed.margin, kind="stable"), np.argsort(needs, kind="stable"))
    setting = Setting(capacity=30, folds=FOLDS, bags=1, replicates=100, seed=5, covers_to=DAYS[2])
    training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
    choice = decide(cases, rehearsal, tried_out(cases, rehearsal, training, single), RULE, 30, 100, 5)
    target = TARGETS["under_the_radar"]
    plan = Plan((rehearsal.origin,), rehearsal.origin, ())
    found = modelled(target, setting, cases, plan, [rehearsal], rehearsal, choice)["candidates"]
    needs_count, chance = found["needs_count"], found["chance"]["pooled"]
    assert needs_count["pooled"]["auc"]["value"] < 0.45
    assert needs_count["pooled"]["precision"]["value"] < chance["precision"]["value"]
    assert needs_count["calibration"]["base_rate_for_everybody"] == [DAYS[2].isoformat()]
    assert "not been shown to know anything" in needs_count["calibration"]["why"]


def test_one_that_is_not_eligible_is_judged_and_never_chosen() -> None:
    values = np.random.default_rng(1).normal(size=(600, 3))
    cases = borough(values, 1 / (1 + np.exp(3 - 2.5 * values[:, 1])))
    rehearsal, single = rehearsed(cases)
    training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
    tried = tried_out(cases, rehearsal, training, single)
    barred = {CandidateName.SINGLE_INDICATOR: "it tells who was in training", CandidateName.NEEDS_COUNT: ""}
    found = decide(cases, rehearsal, tried, RULE, 30, 200, 5, eligible=barred)
    assert found.chosen is CandidateName.NEEDS_COUNT
    assert found.no_better_than_chance, "the only one left was not shown to beat chance, and the choice says so"
    said = summary(found, RULE)["candidates"]
    assert isinstance(said, dict)
    assert said["best_single_indicator"]["why_not_eligible"] == "it tells who was in training"
    assert [said[name]["eligible"] for name in ("needs_count", "best_single_indicator")] == [True, False]
    assert said["best_single_indicator"]["precision"] > said["needs_count"]["precision"]
    with pytest.raises(CannotModel, match="needs_count: second; best_single_indicator: first"):
        decide(
            *(cases, rehearsal, tried, RULE, 30, 200, 5),
            eligible={CandidateName.SINGLE_INDICATOR: "first", CandidateName.NEEDS_COUNT: "second"},
        )


SIGNALS = (CandidateName.NEEDS_COUNT, CandidateName.SINGLE_INDICATOR)


@pytest.mark.parametrize(
    ("unstable", "expected", "not_stable"),
    [
        pytest.param((), CandidateName.SINGLE_INDICATOR, False, id="the best where both are stable"),
        pytest.param(SIGNALS[1:], CandidateName.NEEDS_COUNT, False, id="the stable one before a better one"),
        pytest.param(SIGNALS, CandidateName.SINGLE_INDICATOR, True, id="the best where none is, and it says so"),
    ],
)
def test_stable_candidates_come_before_those_that_are_not(
    unstable: tuple[CandidateName, ...], expected: CandidateName, not_stable: bool
) -> None:
    values = np.random.default_rng(1).normal(size=(600, 3))
    cases = borough(values, 1 / (1 + np.exp(3 - 2.5 * values[:, 1] - 1.2 * values[:, 0])))
    rehearsal, single = rehearsed(cases)
    training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
    tried = tried_out(cases, rehearsal, training, single)
    found = decide(cases, rehearsal, tried, RULE, 30, 200, 5, unstable=dict.fromkeys(unstable, "it is a lottery"))
    assert all(found.judged[name].beats_chance for name in SIGNALS)
    assert (found.chosen, found.not_stable) == (expected, not_stable)
    said = summary(found, RULE)
    assert said["not_stable"] is not_stable
    assert ("It is not stable" in str(said["why"])) is not_stable
    assert {name: one["why_not_stable"] for name, one in said["candidates"].items()} == {
        name.value: "it is a lottery" if name in unstable else "" for name in SIGNALS
    }


def test_a_stable_list_that_finds_nobody_does_not_come_before_one_that_does() -> None:
    values = np.random.default_rng(1).normal(size=(600, 3))
    cases = borough(values, 1 / (1 + np.exp(3 - 2.5 * values[:, 1])))
    rehearsal, single = rehearsed(cases)
    training = training_for(cases, rehearsal.origin, folds=FOLDS, seed=1, threads=1)
    tried = tried_out(cases, rehearsal, training, single)
    why = {CandidateName.SINGLE_INDICATOR: "it is a lottery"}
    found = decide(cases, rehearsal, tried, RULE, 30, 200, 5, unstable=why)
    assert not found.judged[CandidateName.NEEDS_COUNT].beats_chance
    assert found.chosen is CandidateName.SINGLE_INDICATOR
    assert found.not_stable

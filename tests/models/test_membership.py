"""Membership inference: a model that learns by heart is caught, one that learnt nothing gets one half exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from models.boosted import Bag
from models.candidates import Candidate, Chance, Fitted, NeedsCount, SingleIndicator, Training
from models.cases import Cases, Floats
from models.labels import LabelDays
from models.logistic import Logistic
from models.membership import Attack, Exposed, membership, not_eligible, summary
from models.rehearsal import Rehearsal, rehearse
from models.splits import Origin
from models.target import CandidateName
from tests.models.test_candidates import feature, nothing

DAYS = (dt.date(2022, 12, 31), dt.date(2023, 3, 31), dt.date(2025, 6, 30))
FOLDS = 4
LIMIT = 0.65


@dataclass(frozen=True)
class Memorising:
    """Deep trees with leaves of one: it knows every family by heart."""

    name: CandidateName = CandidateName.BOOSTED

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        settings = {
            **{"objective": "binary", "num_leaves": 63, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0},
            **{"learning_rate": 0.3, "verbosity": -1, "num_threads": 1, "seed": 1, "deterministic": True},
        }
        fitted: list[Fitted] = []
        for fold in range(training.folds):
            outside = training.outside(fold)
            data = lgb.Dataset(training.values[outside], training.outcome[outside])
            fitted.append(Bag((lgb.train(settings, data, 40),), 0.0))
        return fitted


@dataclass(frozen=True)
class Told:
    """A fitted model whose margins are given, one for each case by its first feature."""

    margins: Floats
    base: float = 0.0

    def margin(self, values: Floats) -> Floats:
        return np.asarray(self.margins[values[:, 0].astype(int)], dtype=np.float64)

    def contributions(self, values: Floats) -> Floats:
        return np.zeros_like(values)

    def described(self) -> dict[str, Any]:
        return {}


def borough(families: int, width: int, rate: float, seed: int = 1) -> Cases:
    """Families at two dates to learn from and one to test on; two features tell something, the others nothing."""
    generator = np.random.default_rng(seed)
    dates = len(DAYS)
    usual = generator.normal(size=(families, width))
    values = np.concatenate([usual + 0.3 * generator.normal(size=usual.shape) for _ in DAYS])
    log_odds = np.log(rate / (1 - rate)) + usual[:, :2] @ np.array([0.8, 0.5])[:width]
    happened = generator.random((dates, families)) < 1 / (1 + np.exp(-log_odds))
    known = np.array([np.datetime64(day, "D") + 90 for day in DAYS])
    names = np.array([f"f{place:04d}" for place in range(families)], dtype=object)
    return Cases(
        features=tuple(feature(place, 0) for place in range(width)),
        as_of=np.repeat(np.array(DAYS, dtype="datetime64[D]"), families),
        unit_id=np.tile(names, dates),
        family_id=np.tile(names, dates),
        group=np.tile(np.arange(families), dates),
        fold=np.tile(np.arange(families) % FOLDS, dates),
        tie_place=np.concatenate([generator.permutation(families) for _ in DAYS]),
        outcome_known_on=np.where(happened, known[:, None], np.datetime64("NaT", "D")).ravel(),
        values=values,
        without_features=0,
    )


def rehearsed(cases: Cases, *candidates: Candidate) -> Rehearsal:
    return rehearse(cases, Origin(DAYS[2], DAYS[:2]), candidates, folds=FOLDS, seed=1, threads=1, advance=nothing)


def positives(found: dict[CandidateName, Exposed], name: CandidateName) -> Attack:
    attack = found[name].positives
    assert attack is not None
    return attack


def test_a_model_that_learns_by_heart_is_caught_and_barred() -> None:
    cases = borough(800, 20, 0.06)
    found = membership(cases, rehearsed(cases, Memorising()))
    attack = positives(found, CandidateName.BOOSTED)
    assert attack.low > 0.9
    assert CandidateName.BOOSTED in not_eligible(found, LIMIT)
    assert "over the limit of 0.65" in not_eligible(found, LIMIT)[CandidateName.BOOSTED]
    said = summary(found, LIMIT, DAYS[2])["candidates"]["boosted_trees"]
    assert said["over_limit"]
    assert said["by_score"]["positives"]["value"] > said["by_score"]["overall"]["value"], "the rare class is worst off"


def test_a_few_weights_learnt_from_many_families_pass() -> None:
    cases = borough(3000, 4, 0.1)
    found = membership(cases, rehearsed(cases, Logistic()))
    attack = positives(found, CandidateName.LOGISTIC)
    assert 0.5 <= attack.auc < 0.53
    assert not_eligible(found, LIMIT) == {}


def test_what_learnt_nothing_of_single_families_gives_one_half_exactly() -> None:
    cases = borough(300, 4, 0.1)
    found = membership(cases, rehearsed(cases, Chance(), NeedsCount(0), SingleIndicator((0, 1))))
    for name, exposed in found.items():
        for attack in (exposed.positives, exposed.others, exposed.positives_by_difference):
            assert attack is not None
            assert (attack.auc, attack.low, attack.high) == pytest.approx((0.5, 0.5, 0.5)), name


def test_the_area_is_that_of_every_pair_counted_one_by_one() -> None:
    cases, margins = told(seed=3, lift=0.7)
    attack = positives(membership(cases, given(cases, margins)), CandidateName.LOGISTIC)
    assert attack.auc == pytest.approx(by_hand(cases, margins))


def test_the_second_attack_takes_off_what_the_other_folds_say() -> None:
    """Scores that differ between cases far more than by membership: only the difference tells."""
    cases, margins = told(seed=5, lift=0.7)
    margins = margins + 20 * np.arange(len(margins))[:, None] % 173
    exposed = membership(cases, given(cases, margins))[CandidateName.LOGISTIC]
    plain, apart = exposed.positives, exposed.positives_by_difference
    assert plain is not None
    assert apart is not None
    assert plain.auc < 0.55
    assert apart.auc > 0.7
    mean = margins.mean(axis=1, keepdims=True)
    assert apart.auc == pytest.approx(by_hand(cases, (margins - mean) * FOLDS / (FOLDS - 1)))


def test_the_interval_is_as_wide_as_estimates_scatter() -> None:
    estimates, widths = [], []
    for seed in range(60):
        cases, margins = told(seed, lift=0.5, families=60)
        attack = positives(membership(cases, given(cases, margins)), CandidateName.LOGISTIC)
        estimates.append(attack.auc)
        widths.append((attack.high - attack.low) / 2 / 1.96)
    assert np.mean(widths) == pytest.approx(np.std(estimates), rel=0.35)


def test_a_family_at_two_dates_says_no_more_than_once() -> None:
    cases, margins = told(seed=2, lift=0.5)
    once = positives(membership(cases, given(cases, margins)), CandidateName.LOGISTIC)
    count = len(cases) // len(DAYS)
    # The first date's margins stand at both dates: as many families, twice as many cases.
    twice = margins.copy()
    twice[count : 2 * count] = twice[:count]
    kept = np.arange(len(cases)) < count
    single = given(cases, margins, kept)
    alone = positives(membership(cases, single), CandidateName.LOGISTIC)
    doubled = positives(membership(cases, given(cases, twice)), CandidateName.LOGISTIC)
    assert doubled.auc == pytest.approx(alone.auc)
    assert doubled.high - doubled.low == pytest.approx(alone.high - alone.low)
    assert once.high - once.low < alone.high - alone.low


def test_what_was_learnt_of_a_further_label_counts_as_much() -> None:
    """Scores that tell members among those with the label, who are not those with the outcome."""
    cases, margins = told(seed=4, lift=0.0)
    labelled = cases.group % 2 == 0
    margins = margins + 2.0 * (labelled[:, None] & (cases.fold[:, None] != np.arange(FOLDS)))
    recorded = np.where(labelled, cases.as_of + np.timedelta64(90, "D"), np.datetime64("NaT", "D"))
    rehearsal = given(replace(cases, labels={"need": LabelDays(recorded, recorded)}), margins)
    rehearsal = replace(rehearsal, training_outcome=(~labelled[rehearsal.training_rows]).astype(float))
    found = membership(replace(cases, labels={"need": LabelDays(recorded, recorded)}), rehearsal)
    exposed = found[CandidateName.LOGISTIC]
    by_label = exposed.by_label["need"]
    assert positives(found, CandidateName.LOGISTIC).auc < 0.6
    assert by_label is not None
    assert by_label.auc > 0.85
    assert exposed.worst == (by_label.auc, "need")
    assert "apart from others with need (" in not_eligible(found, LIMIT)[CandidateName.LOGISTIC]
    # What was recorded after the origin was not learnt.
    later = replace(cases, labels={"need": LabelDays(recorded + np.timedelta64(1500, "D"), recorded)})
    assert membership(later, rehearsal)[CandidateName.LOGISTIC].by_label["need"] is None


def test_what_cannot_be_measured_bars_a_learnt_candidate_and_no_baseline() -> None:
    cases = borough(40, 2, 0.2)
    rehearsal = rehearsed(cases, NeedsCount(0), Logistic())
    one_fold = replace(rehearsal, training_outcome=(cases.fold[rehearsal.training_rows] == 0).astype(float))
    found = membership(cases, one_fold)
    assert found[CandidateName.LOGISTIC].positives is None
    assert list(not_eligible(found, LIMIT)) == [CandidateName.LOGISTIC]
    said = summary(found, LIMIT, DAYS[2])["candidates"]["logistic_regression"]
    assert said["by_score"]["positives"] == {
        **dict.fromkeys(("value", "low", "high")),
        "why": "no two cases could be compared",
    }


def told(seed: int, lift: float, families: int = 120) -> tuple[Cases, Floats]:
    """Cases that all have the outcome at the dates to learn from, and margins: members' are higher by ``lift``.

    A family's membership shows about as much at both dates.
    """
    cases = borough(families, 1, 0.5)
    generator = np.random.default_rng(seed)
    margins = np.tile(generator.normal(size=(families, FOLDS)), (len(DAYS), 1))
    margins += 0.3 * generator.normal(size=margins.shape)
    margins += lift * (cases.fold[:, None] != np.arange(FOLDS))
    return replace(cases, values=np.arange(len(cases), dtype=float)[:, None]), margins


def given(cases: Cases, margins: Floats, kept: np.ndarray | None = None) -> Rehearsal:
    """A rehearsal of one learnt candidate whose models give these margins."""
    rehearsal = rehearsed(cases, NeedsCount(0))
    performed = rehearsal.performed[CandidateName.NEEDS_COUNT]
    fitted: list[Fitted] = [Told(margins[:, fold]) for fold in range(FOLDS)]
    rows = rehearsal.training_rows if kept is None else rehearsal.training_rows[kept[rehearsal.training_rows]]
    return replace(
        rehearsal,
        training_rows=rows,
        training_outcome=np.ones(len(rows)),
        performed={CandidateName.LOGISTIC: replace(performed, fitted=fitted)},
    )


def by_hand(cases: Cases, margins: Floats) -> float:
    before = pairs = 0.0
    rows = [row for row in range(len(cases)) if cases.as_of[row].item() in DAYS[:2]]
    for one in rows:
        for other in rows:
            if cases.as_of[one] == cases.as_of[other] and cases.fold[one] != cases.fold[other]:
                fold = cases.fold[other]
                difference = round(margins[one, fold], 9) - round(margins[other, fold], 9)
                before += 0.5 + 0.5 * np.sign(difference)
                pairs += 1
    return before / pairs

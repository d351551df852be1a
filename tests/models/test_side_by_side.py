"""Fits side by side: in their order, with the same figures on any number of threads, and none begun after an error."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.boosted import Boosted
from models.candidates import Candidate, SingleIndicator
from models.evaluation import Setting
from models.logistic import Logistic
from models.rehearsal import rehearse, rehearse_all
from models.side_by_side import side_by_side
from models.splits import Origin
from models.stability import Bench, stability
from models.target import CandidateName
from models.yardstick import MOST, SingleBooster, boosters
from tests.models.test_candidates import nothing, training
from tests.models.test_choice import DAYS, FOLDS, borough

CANDIDATES: tuple[Candidate, ...] = (
    SingleIndicator((0, 1)),
    Logistic(),
    Boosted(2, 8, 0.2, CandidateName.ADDITIVE, by_subject=True),
    Boosted(2, 8, 0.2),
)


@given(waits=st.lists(st.integers(0, 3), max_size=8), threads=st.integers(1, 4))
def test_what_jobs_make_comes_in_their_order_whichever_is_done_first(waits: list[int], threads: int) -> None:
    def job(place: int, wait: int) -> int:
        time.sleep(wait / 2000)
        return place

    jobs = [partial(job, place, wait) for place, wait in enumerate(waits)]
    assert side_by_side(jobs, threads) == list(range(len(waits)))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_is_raised_and_what_is_not_begun_is_left(threads: int) -> None:
    begun: list[int] = []

    def job(place: int) -> None:
        begun.append(place)
        if place == 1:
            raise ValueError("the second")
        time.sleep(0.005)

    with pytest.raises(ValueError, match="the second"):
        side_by_side([partial(job, place) for place in range(200)], threads)
    assert len(begun) < 150


def test_figures_are_the_same_on_any_number_of_threads_and_one_origin_at_a_time() -> None:
    values = np.random.default_rng(3).normal(size=(240, 5))
    cases = borough(values, 1 / (1 + np.exp(1 - values[:, 0])))
    # Outcomes at the second date are known at the third, those of the first at the second.
    known = np.where(np.isnat(cases.outcome_known_on), cases.outcome_known_on, cases.as_of + 20)
    cases = replace(cases, outcome_known_on=known)
    asked = [(Origin(DAYS[1], DAYS[:1]), CANDIDATES), (Origin(DAYS[2], DAYS[:2]), CANDIDATES[1:])]
    setting = Setting(capacity=20, folds=FOLDS, bags=2, replicates=100, seed=5, covers_to=dt.date(2026, 8, 31))
    told: list[int] = []
    apart = [
        rehearse(cases, origin, some, folds=FOLDS, seed=1, threads=1, advance=lambda: told.append(1))
        for origin, some in asked
    ]
    assert len(told) == 6 * FOLDS, "the single indicator has nothing to tell"
    steady = stability(Bench.of(cases, setting, 1), apart, CANDIDATES[1:], 2, nothing)
    for threads in (1, 2, 4):
        together = rehearse_all(cases, asked, folds=FOLDS, seed=1, threads=threads, advance=nothing)
        for one, same in zip(apart, together, strict=True):
            assert list(one.performed) == list(same.performed)
            for name, found in one.performed.items():
                again = same.performed[name]
                assert found.margin.tobytes() == again.margin.tobytes()
                assert found.held_out.tobytes() == again.held_out.tobytes()
                assert (found.platt, found.centre) == (again.platt, again.centre)
                assert [fit.described() for fit in found.fitted] == [fit.described() for fit in again.fitted]
        assert stability(Bench.of(cases, setting, threads), together, CANDIDATES[1:], 2, nothing) == steady


@pytest.mark.parametrize(("folds", "expected"), [(2, 2), (5, 5), (6, 3), (7, 4), (10, 5), (20, 5)])
def test_single_boosters_are_one_a_fold_or_a_few_folds_share_one(folds: int, expected: int) -> None:
    data = training(400)
    data = replace(data, fold=data.group % folds, folds=folds)
    told: list[int] = []
    fitted = SingleBooster().fit(data, lambda: told.append(1))
    assert boosters(folds) == len(told) == len({id(one) for one in fitted}) == expected <= MOST
    turned = replace(data, outcome=np.where(data.fold == 0, 1 - data.outcome, data.outcome))
    again = SingleBooster().fit(turned, nothing)
    np.testing.assert_array_equal(fitted[0].margin(data.values), again[0].margin(data.values))
    assert np.abs(fitted[-1].margin(data.values) - again[-1].margin(data.values)).max() > 0.01

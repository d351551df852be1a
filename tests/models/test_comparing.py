"""Champion against challenger: paired, on families neither saw, and on a date neither learnt from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.calibration import Platt
from models.cases import Cases
from models.comparing import Scored, as_kept, by_challenger_without, compared, turnover
from models.logistic import Logistic
from models.rehearsal import by_fold
from models.splits import Origin
from tests.models.test_candidates import feature

DAYS = [dt.date(2024, 3, 31), dt.date(2024, 6, 30), dt.date(2024, 9, 30)]
CURRENT = dt.date(2025, 12, 31)
FAMILIES = 300
CAPACITY = 30


@pytest.fixture(scope="module")
def cases() -> Cases:
    draw = np.random.default_rng(4)
    dates = [*DAYS, CURRENT]
    size = FAMILIES * len(dates)
    values = draw.normal(size=(size, 3))
    happened = draw.random(size) < 1 / (1 + np.exp(-(2 * values[:, 0] - 1.5)))
    as_of = np.repeat(np.array(dates, dtype="datetime64[D]"), FAMILIES)
    family = np.tile(np.array([f"f{n}" for n in range(FAMILIES)], dtype=object), len(dates))
    group = np.tile(np.arange(FAMILIES), len(dates))
    return Cases(
        features=tuple(feature(place, 1) for place in range(3)),
        as_of=as_of,
        unit_id=family,
        family_id=family,
        group=group,
        fold=group % 3,
        tie_place=np.tile(draw.permutation(FAMILIES), len(dates)),
        outcome_known_on=np.where(happened, as_of + np.timedelta64(100, "D"), np.datetime64("NaT")),
        values=values,
        without_features=0,
    )


def scored(margin: np.ndarray) -> Scored:
    return Scored(margin, 1 / (1 + np.exp(-margin)))


def test_a_model_against_itself_differs_in_nothing(cases: Cases) -> None:
    rows = cases.at(DAYS[-1])
    one = scored(cases.values[rows, 0])
    for figures in compared(cases, rows, one, one, CAPACITY, 100, 1).values():
        assert figures["champion"] == figures["challenger"]
        assert figures["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_the_better_one_is_better_with_an_interval_of_the_paired_difference(cases: Cases) -> None:
    rows = cases.at(DAYS[-1])
    good, bad = scored(cases.values[rows, 0]), scored(cases.values[rows, 1])
    up = compared(cases, rows, bad, good, CAPACITY, 400, 1)["precision"]
    down = compared(cases, rows, good, bad, CAPACITY, 400, 1)["precision"]
    assert up["difference"]["low"] > 0 > down["difference"]["high"]
    assert up["difference"]["value"] == pytest.approx(up["challenger"]["value"] - up["champion"]["value"], abs=1e-6)
    listed = np.argsort(-cases.values[rows, 0])[:CAPACITY]
    assert up["challenger"]["value"] == pytest.approx(cases.outcome(rows)[listed].mean())
    # Nearly the same list is known to be nearly as good, though either precision is not known well.
    near = scored(cases.values[rows, 0] + 0.02 * cases.values[rows, 2])
    close = compared(cases, rows, good, near, CAPACITY, 400, 1)["precision"]
    width = close["difference"]["high"] - close["difference"]["low"]
    assert width < 0.5 * (close["champion"]["high"] - close["champion"]["low"])


def test_turnover_is_the_share_that_is_new(cases: Cases) -> None:
    rows = cases.at(DAYS[-1])
    before = np.arange(len(rows), dtype=float)
    after = before.copy()
    after[-4:] = -1
    assert turnover(cases, rows, before, before, 10) == 0
    assert turnover(cases, rows, before, after, 10) == pytest.approx(0.4)
    assert turnover(cases, rows, before, -before, 10) == 1


def trained_without(cases: Cases, left_out: dt.date) -> Scored:
    origin = Origin(CURRENT, tuple(DAYS))
    return by_challenger_without(cases, Logistic(), origin, left_out, folds=3, seed=1, threads=1, advance=lambda: None)


def test_outcomes_of_the_date_left_out_and_of_a_familys_own_fold_never_reach_its_margin(cases: Cases) -> None:
    before = trained_without(cases, DAYS[-1])
    turned = cases.outcome_known_on.copy()
    turned[cases.at(DAYS[-1])] = np.datetime64("NaT")
    np.testing.assert_array_equal(
        trained_without(replace(cases, outcome_known_on=turned), DAYS[-1]).margin, before.margin
    )
    fold = cases.fold[cases.at(DAYS[-1])]
    earlier = cases.outcome_known_on.copy()
    earlier[cases.fold == 1] = np.datetime64("NaT")
    after = trained_without(replace(cases, outcome_known_on=earlier), DAYS[-1]).margin
    np.testing.assert_allclose(after[fold == 1], before.margin[fold == 1], atol=1e-7)
    assert np.abs(after[fold == 0] - before.margin[fold == 0]).max() > 0.05


def test_the_champion_is_asked_by_its_own_folds_and_centred_on_the_date(cases: Cases) -> None:
    class Constant:
        def __init__(self, say: float) -> None:
            self.say = say

        def margin(self, values: np.ndarray) -> np.ndarray:
            return np.full(len(values), self.say)

    fitted: Any = [Constant(1.0), Constant(2.0), Constant(6.0)]
    model: Any = SimpleNamespace(
        chosen="c",
        candidates={"c": SimpleNamespace(platt=Platt(1.0, 0.0))},
        values=lambda cases, rows: cases.values[rows],
        margin=lambda values, fold: by_fold(fitted, values, fold),
    )
    rows = cases.at(DAYS[0])
    fold = (cases.fold[rows] + 1) % 3
    found = as_kept(model, cases, rows, fold)
    np.testing.assert_array_equal(found.margin, np.array([1.0, 2.0, 6.0])[fold])
    np.testing.assert_allclose(found.predicted, 1 / (1 + np.exp(-(found.margin - found.margin.mean()))), atol=1e-5)

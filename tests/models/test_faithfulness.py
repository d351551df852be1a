"""Faithfulness: taking the reasons away moves the score by what they were worth, and random features by less."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from models.calibration import Platt
from models.cases import Cases, Floats
from models.faithfulness import faithfulness, typical_values
from models.rehearsal import Performed, Rehearsal
from models.splits import Origin
from models.target import CandidateName
from tests.models.test_themes import cases_of, linear

DAY = dt.date(2026, 6, 30)
NAN = float("nan")


@dataclass(frozen=True)
class Liar:
    """Ranks by one feature and says that it went by another."""

    truth: int
    said: int
    base: float = 0.0

    def margin(self, values: Floats) -> Floats:
        return np.asarray(values[:, self.truth], dtype=np.float64)

    def contributions(self, values: Floats) -> Floats:
        told = np.zeros(values.shape)
        told[:, self.said] = values[:, self.truth]
        return told

    def described(self) -> dict[str, Any]:
        return {}


def rehearsal_of(cases: Cases, fitted: Any, slope: float = 1.0) -> Rehearsal:
    margin = fitted.margin(cases.values)
    performed = Performed([fitted], Platt(slope, 0.0), 0.0, margin, margin, margin)
    rows = np.arange(len(cases))
    return Rehearsal(Origin(DAY, ()), rows, np.zeros(len(rows)), rows, {CandidateName.LOGISTIC: performed})


def unlike(width: int, count: int = 400) -> Cases:
    values = np.round(np.random.default_rng(2).normal(size=(count, width)), 3)
    return cases_of(values, [f"s{place}" for place in range(width)])


def test_a_linear_models_reasons_move_the_score_by_what_they_contributed() -> None:
    """By hand: the fall is slope x the three largest positive weight x (value - median)."""
    weights = np.array([1.0, 0.8, 0.6, 0.4, 0.2, 0.1])
    cases = unlike(6)
    rehearsal = rehearsal_of(cases, linear(weights.tolist()), slope=0.5)
    found = faithfulness(cases, rehearsal, 20, 200, 1)["logistic_regression"]
    listed = np.argsort(-rehearsal.performed[CandidateName.LOGISTIC].margin, kind="stable")[:20]
    above = 0.5 * weights * (cases.values[listed] - np.median(cases.values, axis=0))
    expected = np.sort(above, axis=1)[:, -3:].clip(min=0).sum(axis=1).mean()
    assert found["moved_by_reasons"]["value"] == pytest.approx(expected, abs=0.01)
    assert found["moved_by_random"]["value"] < found["moved_by_reasons"]["low"]
    assert found["faithful"] is True and found["cases"] == 20
    assert found["difference"]["value"] == pytest.approx(
        found["moved_by_reasons"]["value"] - found["moved_by_random"]["value"], abs=2e-6
    )


def test_reasons_that_only_sound_right_are_found_out() -> None:
    cases = unlike(6)
    found = faithfulness(cases, rehearsal_of(cases, Liar(0, 1)), 40, 200, 1)["logistic_regression"]
    assert found["moved_by_reasons"]["value"] == 0.0
    assert found["faithful"] is False


def test_as_many_random_features_as_reasons_and_only_untypical_ones() -> None:
    """Two features differ from the typical, and both are reasons: at random there is nothing else to take."""
    cases = cases_of(np.zeros((50, 8)), [f"s{place}" for place in range(8)])
    cases.values[:5, :2] = 3.0
    found = faithfulness(cases, rehearsal_of(cases, linear([1.0] * 8)), 5, 200, 1)["logistic_regression"]
    assert found["features_changed"] == 2.0
    assert found["moved_by_random"]["value"] == found["moved_by_reasons"]["value"] == pytest.approx(6.0)
    assert found["faithful"] is False


def test_a_list_without_reasons_says_so() -> None:
    cases = cases_of(np.zeros((50, 2)), ["a", "b"])
    found = faithfulness(cases, rehearsal_of(cases, linear([1.0, 1.0])), 5, 200, 1)["logistic_regression"]
    assert found["cases"] == 0 and "much like the typical one" in found["why"]


def test_baselines_are_left_out_and_the_same_seed_gives_the_same_figures() -> None:
    cases = unlike(4)
    rehearsal = rehearsal_of(cases, linear([1.0, 1.0, 0.5, 0.1]))
    performed = rehearsal.performed[CandidateName.LOGISTIC]
    rehearsal = replace(rehearsal, performed={**rehearsal.performed, CandidateName.NEEDS_COUNT: performed})
    assert set(faithfulness(cases, rehearsal, 20, 200, 1)) == {"logistic_regression"}
    assert faithfulness(cases, rehearsal, 20, 200, 1) == faithfulness(cases, rehearsal, 20, 200, 1)


def test_the_typical_value_is_the_median_or_unknown_where_most_have_none() -> None:
    values = np.array([[1.0, NAN], [2.0, NAN], [9.0, 5.0]])
    np.testing.assert_array_equal(typical_values(values), [2.0, NAN])

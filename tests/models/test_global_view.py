"""The view of a whole model: importance and dependence by hand, direction, interactions, and small numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from models.boosted import Boosted
from models.cases import Cases, Floats
from models.global_view import global_view
from models.interactions import interactions
from models.not_known import by_subject
from models.target import CandidateName
from tests.models.test_candidates import nothing, training
from tests.models.test_faithfulness import rehearsal_of, unlike
from tests.models.test_themes import cases_of, linear

NAN = float("nan")


@dataclass(frozen=True)
class Product:
    """The first two features count only together; the third by itself, downwards."""

    base: float = 0.0

    def margin(self, values: Floats) -> Floats:
        return np.asarray(2.0 * values[:, 0] * values[:, 1] - values[:, 2], dtype=np.float64)

    def contributions(self, values: Floats) -> Floats:
        both = values[:, 0] * values[:, 1]
        return np.column_stack([both, both, -values[:, 2]])

    def described(self) -> dict[str, Any]:
        return {}


def viewed(cases: Cases, fitted: Any, slope: float = 1.0) -> dict[str, Any]:
    return global_view(cases, rehearsal_of(cases, fitted, slope), CandidateName.LOGISTIC)


def test_importance_by_hand() -> None:
    cases = unlike(3)
    cases = replace(cases, features=tuple(replace(f, subject=s) for f, s in zip(cases.features, ("a", "b", "a"))))
    view = viewed(cases, linear([1.0, -0.5, 0.0]), slope=2.0)
    size = np.abs(cases.values).mean(axis=0)
    assert [one["feature"] for one in view["features"]] == ["x0", "x1"] and view["unused"] == 1
    assert view["features"][0]["importance"]["value"] == pytest.approx(2 * size[0], abs=1e-6)
    assert [(one["subject"], one["importance"]["value"]) for one in view["subjects"]] == [
        ("a", pytest.approx(2 * size[0], abs=1e-6)),
        ("b", pytest.approx(size[1], abs=1e-6)),
    ]
    assert view["cases"] == 400


def test_the_range_is_that_of_the_folds_models() -> None:
    cases = unlike(1)
    cases = replace(cases, fold=np.arange(400) % 2)
    rehearsal = rehearsal_of(cases, linear([1.0]))
    performed = rehearsal.performed[CandidateName.LOGISTIC]
    two = replace(performed, fitted=[linear([1.0]), linear([3.0])])
    view = global_view(cases, replace(rehearsal, performed={CandidateName.LOGISTIC: two}), CandidateName.LOGISTIC)
    size = np.abs(cases.values[:, 0])
    (one,) = view["features"]
    assert one["importance"]["low"] == pytest.approx(size[::2].mean(), abs=1e-6)
    assert one["importance"]["high"] == pytest.approx(3 * size[1::2].mean(), abs=1e-6)


def test_subjects_sum_before_they_are_sized() -> None:
    """Two features of one subject that take each other back leave the subject with nothing."""
    values = np.repeat(np.random.default_rng(1).normal(size=(200, 1)), 2, axis=1)
    view = viewed(cases_of(values, ["a", "a"]), linear([1.0, -1.0]))
    assert view["subjects"] == [{"subject": "a", "importance": {"value": 0.0, "low": 0.0, "high": 0.0}}]


def test_dependence_is_the_mean_contribution_by_value() -> None:
    values = np.concatenate([np.zeros(60), np.ones(25), np.full(12, 2.0), [9.0], np.full(40, NAN)])[:, None]
    (one,) = viewed(cases_of(values, ["a"]), linear([2.0]))["features"]
    assert one["dependence"] == [
        {"from": 0.0, "to": 0.0, "cases": 60, "contribution": 0.0},
        {"from": 1.0, "to": 1.0, "cases": 25, "contribution": 2.0},
        # The one case of 9 is told with the twelve of 2, and not by its value.
        {"from": 2.0, "to": None, "cases": 15, "contribution": pytest.approx((12 * 4 + 2 * 5) / 13)},
    ]
    assert one["unknown"] == {"cases": 40, "contribution": 0.0}


@pytest.mark.parametrize("count", [12, 37, 400])
def test_no_cell_is_of_fewer_than_ten(count: int) -> None:
    generator = np.random.default_rng(count)
    values = np.round(generator.exponential(size=(count, 1)) * 3)
    values[: count // 50] = NAN
    (one,) = viewed(cases_of(values, ["a"]), linear([1.0]))["features"]
    known = np.sort(values[~np.isnan(values)])
    covered = 0
    for cell in one["dependence"]:
        low = known[0] if cell["from"] is None else cell["from"]
        high = known[-1] if cell["to"] is None else cell["to"]
        inside = int(((known >= low) & (known <= high)).sum())
        covered += inside
        assert inside >= 10 and abs(cell["cases"] - inside) <= 2
    assert covered == len(known)
    assert one["unknown"]["contribution"] is None


def test_fewer_than_ten_cases_are_not_told_of() -> None:
    view = viewed(cases_of(np.ones((9, 1)), ["a"]), linear([1.0]))
    assert view == {"candidate": "logistic_regression", "why": "The current date has fewer than ten cases."}
    few = np.concatenate([np.ones(9), np.full(50, NAN)])[:, None]
    assert viewed(cases_of(few, ["a"]), linear([1.0]))["features"][0]["dependence"] == []


@pytest.mark.parametrize(
    ("weight", "expected", "found", "against"),
    [(1.0, 1, "up", 0.0), (-1.0, 1, "down", 1.0), (-1.0, -1, "down", 0.0), (1.0, 0, "up", None)],
)
def test_the_direction_found_is_set_beside_the_one_expected(
    weight: float, expected: int, found: str, against: float | None
) -> None:
    cases = unlike(1)
    cases = replace(cases, features=(replace(cases.features[0], direction=expected),))
    (one,) = viewed(cases, linear([weight]))["features"]
    words = {1: "up", -1: "down", 0: None}
    assert one["direction"] == {"expected": words[expected], "found": found, "against": against}


def test_a_thing_that_hardly_anybody_has_has_a_direction_too() -> None:
    values = np.zeros((400, 1))
    values[:15] = 1.0
    (one,) = viewed(cases_of(values, ["a"]), linear([1.0]))["features"]
    assert one["direction"]["found"] == "up"


def test_what_counts_only_together_is_an_interaction_of_its_two_subjects() -> None:
    cases = unlike(3)
    view = viewed(cases, Product(), slope=0.5)
    assert view["interactions"]["additive"] is False
    ((pair, strength),) = [(one["subjects"], one["strength"]) for one in view["interactions"]["pairs"]]
    assert set(pair) == {"s0", "s1"}
    some = cases.values[:30]
    joint = np.outer(some[:, 0] - some[:, 0].mean(), np.ones(30))
    # By hand, of a product: (x - mean x)(y - mean y), less its own mean, times 2 x the slope.
    left = joint[:, 0] * (some[:, 1] - some[:, 1].mean())
    assert strength == pytest.approx(np.sqrt(np.mean((left - left.mean()) ** 2)), rel=1e-4)


def test_a_model_that_adds_its_subjects_up_has_none() -> None:
    assert viewed(unlike(4), linear([1.0, 2.0, -1.0, 0.5]))["interactions"] == {"additive": True, "pairs": []}
    cases = unlike(2, count=9)
    told = interactions(cases, [linear([1.0, 1.0])], np.arange(9), by_subject(cases), 1.0)
    assert told["additive"] is None and told["pairs"] == []


def test_monotone_trees_go_nowhere_against_what_is_expected() -> None:
    data = training()
    (fitted, *_) = Boosted(2, 20, 0.1).fit(data, nothing)
    cases = replace(cases_of(data.values, ["rent"] * len(data.features)), features=data.features)
    view = viewed(cases, fitted)
    shown = {one["feature"]: one["direction"] for one in view["features"]}
    directions = {feature.name: feature.direction for feature in data.features}
    assert any(directions[name] for name in shown)
    assert all(one["against"] == 0.0 for name, one in shown.items() if directions[name])
    assert view["interactions"]["why"] == "too few cases, or subjects, to tell"

"""Themes: features that say much the same are one reason."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.calibration import Platt
from models.candidates import ByValue
from models.cases import Cases
from models.catalogue import Feature, Sentences
from models.logistic import LinearModel
from models.reasons import TOP, top
from models.rehearsal import Performed
from models.themes import Themes, themes

DAY = dt.date(2025, 6, 30)
SAID = Sentences("{value}.", "None.", "{value}.")


def feature(name: str, subject: str) -> Feature:
    return Feature(name, name, "family", subject, name, 1, "number", SAID, "made up")


def cases_of(values: np.ndarray, subjects: list[str]) -> Cases:
    """A date's cases of one fold; values of shape (cases, features)."""
    count = len(values)
    names = np.array([f"u{place:04d}" for place in range(count)], dtype=object)
    return Cases(
        features=tuple(feature(f"x{place}", subject) for place, subject in enumerate(subjects)),
        as_of=np.repeat(np.datetime64(DAY, "D"), count),
        unit_id=names,
        family_id=names,
        group=np.arange(count),
        fold=np.zeros(count, dtype=np.int64),
        tie_place=np.arange(count),
        outcome_known_on=np.full(count, np.datetime64("NaT", "D")),
        values=values,
        without_features=0,
    )


def linear(weights: list[float]) -> LinearModel:
    width = len(weights)
    nought, one = np.zeros(width), np.ones(width)
    return LinearModel(
        tuple(f"x{j}" for j in range(width)), nought, nought, one, np.array(weights), nought, nought, 0.0
    )


def performed_of(weights: list[float], cases: Cases, slope: float = 1.0) -> Performed:
    margin = np.zeros(len(cases))
    return Performed([linear(weights)], Platt(slope, 0.0), 0.0, margin, margin, margin)


def spoilt(column: np.ndarray, correlation: float, generator: np.random.Generator) -> np.ndarray:
    """A column that correlates with another about so much."""
    noise = generator.normal(size=len(column))
    return np.asarray(correlation * column + np.sqrt(1 - correlation**2) * noise)


def test_twins_of_one_subject_are_joined_sooner_than_those_of_two() -> None:
    generator = np.random.default_rng(3)
    one = generator.normal(size=2000)
    values = np.column_stack(
        [one, spoilt(one, 0.65, generator), spoilt(one, 0.65, generator), -spoilt(one, 0.95, generator)]
    )
    assert themes(cases_of(values, ["a", "a", "b", "b"])).number.tolist() == [0, 1, 2, 0]
    assert themes(cases_of(values[:, :3], ["a", "a", "b"])).number.tolist() == [0, 0, 1]


def test_any_two_of_a_theme_are_alike() -> None:
    """A chain of likenesses is no theme: its ends say different things."""
    generator = np.random.default_rng(4)
    steps = [generator.normal(size=2000)]
    for _ in range(5):
        steps.append(spoilt(steps[-1], 0.7, generator))
    number = themes(cases_of(np.column_stack(steps), ["a"] * 6)).number
    assert 1 < number.max() + 1 < 6
    for theme in range(int(number.max()) + 1):
        members = np.flatnonzero(number == theme)
        assert np.abs(np.corrcoef(np.array(steps)[members])).min() > 0.45


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.zeros((500, 3)), id="all constant"),
        pytest.param(np.full((500, 3), np.nan), id="nothing known"),
        pytest.param(np.arange(150.0).reshape(50, 3), id="a tiny cohort"),
        pytest.param(np.empty((0, 3)), id="nobody"),
    ],
)
def test_without_enough_to_go_by_each_feature_is_alone(values: np.ndarray) -> None:
    assert themes(cases_of(values, ["a"] * 3)).number.tolist() == [0, 1, 2]


def test_one_feature_and_none_have_themes_too() -> None:
    assert themes(cases_of(np.ones((200, 1)), ["a"])).number.tolist() == [0]
    assert themes(cases_of(np.ones((200, 0)), [])).totals(np.ones((200, 0))).shape == (200, 0)


def test_totals_add_up_a_themes_contributions() -> None:
    moved = np.array([[1.0, 2.0, 4.0], [0.5, -0.5, 0.25]])
    np.testing.assert_array_equal(Themes(np.array([0, 1, 0])).totals(moved), [[5.0, 2.0], [0.75, -0.5]])


def test_the_three_strongest_reasons_for_are_of_themes_known_and_upwards() -> None:
    values = np.zeros((5, 5))
    values[0] = [1, 1, 3, 1, -9]
    values[1] = [0, 0, np.nan, 0, 1]
    cases = cases_of(values, ["a"] * 5)
    told = Themes(np.array([0, 0, 1, 2, 3]))
    performed = performed_of([2.0, 2.0, 1.0, 0.5, 1.0], cases)
    # By hand: the case's contributions are 2 and 2 (one theme: 4), 3, 0.5 and -5 (clipped), the typical case's all 0.
    assert top(cases, told, performed, np.array([0, 1])).tolist() == [[0, 1, 2], [3, -1, -1]]
    assert TOP == 3


def test_how_twins_share_a_contribution_does_not_show() -> None:
    generator = np.random.default_rng(5)
    one, two = generator.normal(size=400), generator.normal(size=400)
    cases = cases_of(np.column_stack([one, one, two]), ["a", "a", "b"])
    told, rows = themes(cases), np.arange(50)
    first = top(cases, told, performed_of([1.0, 0.0, 0.6], cases), rows)
    second = top(cases, told, performed_of([0.3, 0.7, 0.6], cases), rows)
    np.testing.assert_array_equal(first, second)


def test_fewer_features_than_reasons() -> None:
    cases = cases_of(np.array([[1.0], [0.0], [0.0]]), ["a"])
    fitted = ByValue(0, 1, "x0", 1, 1.0, 0.0)
    margin = fitted.margin(cases.values)
    found = top(cases, themes(cases), Performed([fitted], Platt(1.0, 0.0), 0.0, margin, margin, margin), np.arange(2))
    assert found.tolist() == [[0, -1, -1], [-1, -1, -1]]

"""Splines and the logistic regression made of them, against scikit-learn and scipy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from models import newton
from models.calibration import sigmoid
from models.logistic import LinearModel, Logistic
from models.newton import fit_folds
from models.splines import bends, choose_knots
from tests.models.test_candidates import nothing, training

KNOTS = np.array([-1.0, -0.2, 0.5, 2.0])
EVERYWHERE = np.linspace(-4, 6, 401)


def test_every_curve_is_one_of_scikit_learns_own_with_straight_tails() -> None:
    transformer = SplineTransformer(degree=3, knots=KNOTS[:, None], extrapolation="linear")
    basis = transformer.fit(KNOTS[:, None]).transform(EVERYWHERE[:, None])
    for column in (*bends(EVERYWHERE, KNOTS).T, EVERYWHERE):
        found, *_ = np.linalg.lstsq(basis, column, rcond=None)
        np.testing.assert_allclose(basis @ found, column, atol=1e-9)


def test_a_line_and_bends_make_every_natural_spline() -> None:
    heights = np.array([0.3, -1.0, 2.0, 0.7])
    natural = CubicSpline(KNOTS, heights, bc_type="natural")
    inside = np.linspace(KNOTS[0], KNOTS[-1], 200)
    columns = np.column_stack([np.ones_like(inside), inside, bends(inside, KNOTS)])
    found, *_ = np.linalg.lstsq(columns, natural(inside), rcond=None)
    np.testing.assert_allclose(columns @ found, natural(inside), atol=1e-9)
    far = np.array([-50.0, -49.0, -48.0, 50.0, 51.0, 52.0])
    tails = np.column_stack([np.ones_like(far), far, bends(far, KNOTS)]) @ found
    np.testing.assert_allclose([tails[2] - tails[1], tails[5] - tails[4]], [tails[1] - tails[0], tails[4] - tails[3]])
    assert tails[1] - tails[0] == pytest.approx(float(natural(KNOTS[0], 1)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(np.arange(19.0), [], id="too few to bend"),
        pytest.param(np.repeat(np.arange(20.0), 5), [0.0, 6.0, 12.0, 18.0], id="distinct values count once"),
        pytest.param(np.concatenate([np.zeros(900), np.arange(1.0, 20.0)]), [0.0, 6.0, 12.0, 18.0], id="a heap at 0"),
        pytest.param(np.concatenate([np.arange(20) * 1e-6, [1e6]]), [1e-6, 7e-6, 1.3e-5, 1.9e-5], id="one far away"),
        pytest.param(np.append(np.arange(19) * 1e-6, [1e3, 1e6]), [], id="all but one of the knots fall together"),
        pytest.param(np.empty(0), [], id="nothing known"),
    ],
)
def test_knots_are_quantiles_of_distinct_values(values: np.ndarray, expected: list[float]) -> None:
    np.testing.assert_allclose(choose_knots(values), expected, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    penalty=st.sampled_from((0.5, 5.0, 50.0)),
    share=st.floats(0.03, 0.5),
    folds=st.integers(1, 3),
    looked_at=st.sampled_from((60, 100, 1000)),
)
def test_each_fold_is_what_scikit_learn_finds_on_the_cases_outside_it(
    seed: int, penalty: float, share: float, folds: int, looked_at: int
) -> None:
    """Whatever the number of cases that show the way; those of the third part are in no fold where there are two."""
    generator = np.random.default_rng(seed)
    design = generator.normal(size=(240, 4)) * np.array([1.0, 5.0, 0.1, 1.0])
    log_odds = np.log(share / (1 - share)) + design @ np.array([1.0, -0.3, 2.0, 0.0])
    outcome = (generator.random(240) < sigmoid(log_odds)).astype(float)
    outcome[:6] = [0, 1, 0, 1, 0, 1]
    weight = generator.integers(1, 4, 240).astype(float)
    fold = np.arange(240) % 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newton, "_LOOKED_AT", looked_at)
        found = fit_folds(design, outcome, weight, fold, folds, penalty)
    for one in range(folds):
        outside = fold != one
        theirs = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-10, max_iter=500)
        theirs.fit(design[outside], outcome[outside], sample_weight=weight[outside])
        np.testing.assert_allclose(found[one], [*theirs.coef_[0], theirs.intercept_[0]], atol=1e-6)


def test_a_penalty_of_its_own_for_a_column_is_that_columns_scale() -> None:
    """Penalising a column nine times as much is fitting it at a third of its size."""
    generator = np.random.default_rng(2)
    design, outcome = generator.normal(size=(300, 2)), (generator.random(300) < 0.3).astype(float)
    fold, weight = np.arange(300) % 2, np.ones(300)
    apart = fit_folds(design, outcome, weight, fold, 2, np.array([4.0, 36.0]))
    smaller = fit_folds(design / np.array([1.0, 3.0]), outcome, weight, fold, 2, 4.0)
    np.testing.assert_allclose(apart * np.array([1.0, 3.0, 1.0]), smaller, atol=1e-7)


def test_a_curved_signal_is_found_that_a_line_would_miss() -> None:
    data = training(3000)
    curved = replace(data, outcome=(np.abs(np.nan_to_num(data.values[:, 3])) > 1.2).astype(float))
    fitted = Logistic(penalty=20, bending=20).fit(curved, nothing)[0]
    assert isinstance(fitted, LinearModel)
    ends = np.zeros((3, 6))
    ends[:, 3] = [-2, 0, 2]
    low, middle, high = fitted.margin(ends)
    assert min(low, high) > middle + 1.5


def test_a_feature_adds_the_same_whatever_the_others_are() -> None:
    data = training()
    fitted = Logistic().fit(data, nothing)[0]
    one, other = data.values[:50].copy(), data.values[50:100].copy()
    for place in range(6):
        moved, also = one.copy(), other.copy()
        one[:, place], other[:, place], moved[:, place], also[:, place] = 0.3, 0.3, 1.7, 1.7
        change = fitted.margin(moved) - fitted.margin(one)
        np.testing.assert_allclose(change, change[0], atol=1e-9)
        np.testing.assert_allclose(fitted.margin(also) - fitted.margin(other), change[0], atol=1e-9)


def test_cases_that_weigh_nothing_teach_nothing_and_heavier_ones_teach_more() -> None:
    data = training()
    some = data.group % 4 == 0
    left_out = replace(data, weight=np.where(some, 0.0, 1.0))
    turned = replace(left_out, outcome=np.where(some, 1 - data.outcome, data.outcome))
    heavier = replace(turned, weight=np.where(some, 5.0, 1.0))
    one, same, other = (Logistic().fit(which, nothing)[0].margin(data.values) for which in (left_out, turned, heavier))
    np.testing.assert_allclose(one, same, atol=1e-6)
    assert np.corrcoef(one, other)[0, 1] < 0.5


def test_read_back_it_is_the_model_it_was() -> None:
    data = training()
    fitted = Logistic().fit(data, nothing)[0]
    assert isinstance(fitted, LinearModel)
    assert fitted.curves
    again = LinearModel.read(fitted.described(), fitted.names)
    np.testing.assert_array_equal(again.margin(data.values), fitted.margin(data.values))
    assert again.described() == fitted.described()

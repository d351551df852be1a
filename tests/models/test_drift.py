"""Drift: the index against its definition, chance told from change, and blanks, labels and vanished features."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.drift import feature_drift, label_drift, profile
from models.thresholds import RetrainingConfig

SIZE = 800


def drawn() -> np.random.Generator:
    return np.random.default_rng(3)


def cases(values: np.ndarray, names: tuple[str, ...] = ("x",)) -> Any:
    """Cases with these columns, each of a family of its own, without an outcome."""
    return SimpleNamespace(
        features=tuple(SimpleNamespace(name=name) for name in names),
        values=values.reshape(len(values), -1),
        group=np.arange(len(values)),
    )


def rows(one: Any) -> np.ndarray:
    return np.arange(len(one.values))


def kept(values: np.ndarray, names: tuple[str, ...] = ("x",)) -> dict[str, Any]:
    one = cases(values, names)
    return profile(one, rows(one), np.zeros(len(one.values)))


def drifted(before: np.ndarray, now: np.ndarray) -> dict[str, Any]:
    one = cases(now)
    found: dict[str, Any] = feature_drift(kept(before), one, rows(one))["features"][0]
    return found


def test_bins_hold_ten_cases_each_and_all_of_them_together() -> None:
    for values in (
        drawn().normal(size=SIZE),
        drawn().poisson(0.3, SIZE).astype(float),
        np.repeat([0.0, 1.0], [795, 5]),
    ):
        spread = kept(values)["features"]["x"]
        assert sum(spread["shares"]) == pytest.approx(1, abs=1e-4)
        assert min(spread["shares"]) * SIZE >= 9.99
        assert len(spread["shares"]) == len(spread["ends"]) + 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1, 1), st.floats(0, 0.5))
def test_the_index_is_its_definition(seed: int, shift: float, blank: float) -> None:
    draw = np.random.default_rng(seed)
    before, now = draw.normal(size=300), draw.normal(shift, 1, 200)
    now[draw.random(200) < blank] = np.nan
    ends = kept(before)["features"]["x"]["ends"]
    edges = [-np.inf, *ends, np.inf]
    index = 0.0
    known = now[~np.isnan(now)]
    for low, high in pairwise(edges):
        old = (((before > low) & (before <= high)).sum() + 0.5) / (len(before) + 0.5 * (len(edges) - 1))
        new = (((known > low) & (known <= high)).sum() + 0.5) / (len(known) + 0.5 * (len(edges) - 1))
        index += (new - old) * np.log(new / old)
    found = drifted(before, now)
    assert found["psi"] == pytest.approx(index, rel=1e-3, abs=1e-5)
    assert found["unknown_now"] == pytest.approx(np.isnan(now).mean(), abs=1e-6)


def test_chance_is_not_taken_for_change_however_few_there_are() -> None:
    draw = drawn()
    large = [drifted(draw.normal(size=60), draw.normal(size=40)) for _ in range(200)]
    # Many an index of so few is over the customary .25; what chance gives is what they are held against.
    assert sum(one["psi"] >= 0.25 for one in large) > 20
    assert sum(one["large"] for one in large) <= 2


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (drawn().normal(size=SIZE), drawn().normal(1, 1, SIZE)),
        (drawn().poisson(0.3, SIZE).astype(float), drawn().poisson(2, SIZE).astype(float)),
        (np.repeat([0.0, 1.0], [SIZE - 40, 40]), np.repeat([0.0, 1.0], [SIZE // 2, SIZE // 2])),
    ],
    ids=["moved", "counts", "flag"],
)
def test_what_moved_is_large_and_what_did_not_is_nothing(before: np.ndarray, now: np.ndarray) -> None:
    assert drifted(before, now)["large"]
    same = drifted(before, before)
    assert same["psi"] == pytest.approx(0, abs=1e-4)
    assert not same["large"]


@pytest.mark.parametrize(("blank", "large"), [(0.05, False), (0.15, True), (1.0, True)])
def test_a_rise_in_blanks_counts_by_itself(blank: float, large: bool) -> None:
    before = drawn().normal(size=SIZE)
    now = before.copy()
    now[: int(blank * SIZE)] = np.nan
    drawn().shuffle(now)
    found = drifted(before, now)
    assert (found["unknown_change"], found["large"]) == (pytest.approx(blank), large)


def test_what_is_large_is_what_the_council_says() -> None:
    before = drawn().normal(size=SIZE)
    now = before + 0.25
    some_blank = before.copy()
    some_blank[: SIZE // 20] = np.nan
    for changed, thresholds in ((now, {"psi_large": 0.02}), (some_blank, {"blanks_changed": 0.04})):
        one = cases(changed)
        by_default = feature_drift(kept(before), one, rows(one))
        assert by_default["large"] == []
        assert feature_drift(kept(before), one, rows(one), RetrainingConfig(**thresholds))["large"] == ["x"]


@pytest.mark.parametrize("before", [np.full(SIZE, np.nan), np.full(SIZE, 7.0), np.array([1.0] * 5)])
def test_unknown_constant_and_scarce_features_have_one_bin_and_no_index(before: np.ndarray) -> None:
    found = drifted(before, before)
    assert (found["psi"], found["large"]) == (0.0, False)


def test_vanished_and_new_features_are_named() -> None:
    one = cases(drawn().normal(size=(50, 2)), ("x", "fresh"))
    found = feature_drift(kept(drawn().normal(size=(50, 2)), ("gone", "x")), one, rows(one))
    assert (found["vanished"], found["new"]) == (["gone"], ["fresh"])
    assert [entry["feature"] for entry in found["features"]] == ["x"]


def test_the_base_rate_of_each_date_stands_with_its_interval_beside_what_was_learnt_from() -> None:
    days = [dt.date(2024, 3, 31), dt.date(2024, 6, 30)]
    outcomes = {days[0]: np.repeat([1.0, 0.0], [10, 190]), days[1]: np.repeat([1.0, 0.0], [60, 140])}
    one: Any = SimpleNamespace(
        at=lambda day: np.array([days.index(day)] * 200), outcome=lambda at: outcomes[days[at[0]]]
    )
    found = label_drift({"base_rate": 0.05, "families": 400}, one, days)
    assert [(entry["base_rate"]) for entry in found["by_as_of"]] == [0.05, 0.3]
    for entry in found["by_as_of"]:
        assert entry["low"] < entry["base_rate"] < entry["high"]
    assert found["difference"]["value"] == pytest.approx(0.25)
    assert found["difference"]["low"] > 0.15

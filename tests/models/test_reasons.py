"""Reasons: how many, in which order, from the case's own fold, and adding up to the score."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.boosted import Boosted
from models.calibration import Platt, logit
from models.candidates import ByValue
from models.cases import Cases, Integers
from models.logistic import Logistic
from models.reasons import EACH_WAY, contributions, reasons, strongest
from models.rehearsal import Performed, Rehearsal, rehearse
from models.splits import Origin
from models.target import CandidateName
from tests.models.test_candidates import feature, nothing, training

EARLY, LATE = dt.date(2024, 3, 31), dt.date(2025, 6, 30)


@pytest.fixture(scope="module")
def made() -> tuple[Cases, Rehearsal]:
    """Two dates of the same families; outcomes known by the second."""
    data = training()
    count = len(data.outcome)
    ids = np.array([f"f{number // 2:04d}-{number % 2}" for number in range(count)] * 2, dtype=object)
    families = np.array([name.split("-")[0] for name in ids], dtype=object)
    known = np.where(data.outcome > 0, np.datetime64("2024-08-01", "D"), np.datetime64("NaT", "D"))
    cases = Cases(
        features=data.features,
        as_of=np.repeat(np.array([EARLY, LATE], dtype="datetime64[D]"), count),
        unit_id=ids,
        family_id=families,
        group=np.tile(data.group, 2),
        fold=np.tile(data.fold, 2),
        tie_place=np.tile(np.arange(count), 2),
        outcome_known_on=np.concatenate([known, np.full(count, np.datetime64("NaT", "D"))]),
        values=np.vstack([data.values, data.values + 0.1]),
        without_features=0,
    )
    candidates = (Logistic(), Boosted(2, 20, 0.1))
    return cases, rehearse(cases, Origin(LATE, (EARLY,)), candidates, folds=3, seed=1, threads=1, advance=nothing)


@pytest.mark.parametrize("name", [CandidateName.LOGISTIC, CandidateName.BOOSTED])
def test_contributions_add_up_to_the_scores_log_odds(made: tuple[Cases, Rehearsal], name: CandidateName) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[name]
    rows = rehearsal.rows
    total = contributions(cases, performed, rows, rows).sum(axis=1)
    typical = [
        one.base + np.median(one.contributions(cases.values[rows[cases.fold[rows] == fold]]), axis=0).sum()
        for fold, one in enumerate(performed.fitted)
    ]
    base = np.array(typical)[cases.fold[rows]]
    fixed = performed.platt.slope * (base - performed.centre) + performed.platt.intercept
    np.testing.assert_allclose(total + fixed, logit(performed.predicted), atol=1e-3)


def test_each_listed_case_has_its_strongest_reasons_with_values_and_medians(made: tuple[Cases, Rehearsal]) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[CandidateName.BOOSTED]
    listed: Integers = rehearsal.rows[np.argsort(-performed.predicted)[:10]]
    found = reasons(cases, rehearsal.rows, performed, listed).to_pandas()
    assert set(found["unit_id"]) == set(cases.unit_id[listed])
    assert found["as_of"].unique().tolist() == [LATE]
    keys = list(zip(found["unit_id"], found["position"]))
    assert keys == sorted(keys)
    row = found.iloc[0]
    case = int(next(i for i in listed if cases.unit_id[i] == row["unit_id"]))
    column = cases.column(row["feature"])
    assert row["value"] == pytest.approx(cases.values[case, column], nan_ok=True)
    assert row["median"] == pytest.approx(np.nanmedian(cases.values[rehearsal.rows, column]), abs=1e-6)


def test_five_each_way_at_most_strongest_first_and_no_empty_ones() -> None:
    moved = np.array([0.1, -0.9, 0.5, 0.0, 0.4, 0.3, 0.2, 0.6, -0.05, 1e-9])
    assert strongest(moved).tolist() == [1, 7, 2, 4, 5, 6, 8]
    assert (moved[strongest(moved)] > 0).sum() == EACH_WAY


def made_of(values: np.ndarray, direction: int) -> tuple[Cases, Integers]:
    """A date's cases of one fold with one feature, and all their rows."""
    count = len(values)
    names = np.array([f"u{place:03d}" for place in range(count)], dtype=object)
    cases = Cases(
        features=(feature(0, direction),),
        as_of=np.repeat(np.datetime64(LATE, "D"), count),
        unit_id=names,
        family_id=names,
        group=np.arange(count),
        fold=np.zeros(count, dtype=np.int64),
        tie_place=np.arange(count),
        outcome_known_on=np.full(count, np.datetime64("NaT", "D")),
        values=values[:, None],
        without_features=0,
    )
    return cases, np.arange(count)


NAN = float("nan")


@pytest.mark.parametrize(
    ("direction", "values", "up", "down"),
    [
        pytest.param(-1, [22.0, 440.0, 600.0, 440.0, 800.0], [0], [2, 4], id="days since, less is nearer the top"),
        pytest.param(-1, [22.0, NAN, NAN, NAN, 900.0], [0], [], id="most have none, whose place is the last"),
        pytest.param(1, [3.0, 0.0, 0.0, 0.0, 1.0], [0, 4], [], id="a count that nearly nobody has"),
        pytest.param(1, [-2.0, 4.0, 1.0, 1.0, NAN], [1], [0, 4], id="in credit, in arrears, not known"),
        pytest.param(1, [2.0, 2.0, 2.0, 2.0, 2.0], [], [], id="everybody alike"),
    ],
)
@pytest.mark.parametrize("slope", [0.7, 0.0], ids=["calibrated", "no slope"])
def test_a_reason_for_is_what_moved_the_case_up_the_list(
    direction: int, values: list[float], up: list[int], down: list[int], slope: float
) -> None:
    cases, rows = made_of(np.array(values), direction)
    known = np.array([value for value in values if value == value])
    fitted = ByValue(0, 1, "x0", direction, 1.0, float(np.arcsinh(direction * known).min()))
    margin = fitted.margin(cases.values)
    performed = Performed([fitted], Platt(slope, -1.0), 0.0, margin, margin, margin)
    moved = contributions(cases, performed, rows, rows)[:, 0]
    assert np.flatnonzero(moved > 0).tolist() == up
    assert np.flatnonzero(moved < 0).tolist() == down
    typical = np.median(margin)
    np.testing.assert_array_equal(np.sign(moved), np.sign(margin - typical))
    found = reasons(cases, rows, performed, rows).to_pylist()
    assert {row["unit_id"] for row in found} == {f"u{place:03d}" for place in [*up, *down]}


def test_the_typical_case_is_the_dates_own_not_that_of_training(made: tuple[Cases, Rehearsal]) -> None:
    cases, rehearsal = made
    performed = rehearsal.performed[CandidateName.LOGISTIC]
    moved = contributions(cases, performed, rehearsal.rows, rehearsal.rows)
    for fold in range(3):
        inside = cases.fold[rehearsal.rows] == fold
        np.testing.assert_allclose(np.median(moved[inside], axis=0), 0, atol=1e-6)

"""Reasons: how many, in which order, from the case's own fold, and adding up to the score."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.boosted import Boosted
from models.calibration import logit
from models.cases import Cases, Integers
from models.logistic import Logistic
from models.reasons import EACH_WAY, contributions, reasons, strongest
from models.rehearsal import Rehearsal, rehearse
from models.splits import Origin
from models.target import CandidateName
from tests.models.test_candidates import nothing, training

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
    total = contributions(cases, performed, rehearsal.rows).sum(axis=1)
    base = np.array([one.base for one in performed.fitted])[cases.fold[rehearsal.rows]]
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

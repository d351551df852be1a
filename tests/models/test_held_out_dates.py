"""Calibration on as-of dates held out of training: when, on which cases, and what it leaves alone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.calibration import Platt, sigmoid
from models.cases import Cases, Floats
from models.rehearsal import Performed, Rehearsal, calibrated_on_dates
from models.splits import Origin
from models.target import CandidateName
from tests.models.test_choice import DAYS, borough

NEEDS = CandidateName.NEEDS_COUNT
FAMILIES = 3000


def rehearsal(cases: Cases, day: dt.date, learns_from: tuple[dt.date, ...], margin: Floats) -> Rehearsal:
    rows = cases.at(day)
    centre = round(float(margin.mean()), 9)
    platt = Platt(1.0, -3.0)
    one = Performed([], platt, centre, np.empty(0), margin, platt.probability(margin - centre))
    return Rehearsal(Origin(day, learns_from), cases.during(learns_from), np.empty(0), rows, {NEEDS: one})


def made(share: float = 0.1, slope: float = 0.5) -> tuple[Cases, list[Rehearsal], Rehearsal]:
    """Margins of standard spread that are worth ``slope`` in log-odds; dates differ in their level."""
    values = np.random.default_rng(1).normal(size=(FAMILIES, 1))
    cases = borough(values, sigmoid(np.log(share / (1 - share)) + slope * values[:, 0]))
    tests = [rehearsal(cases, day, (), np.round(values[:, 0], 9) + level) for level, day in enumerate(DAYS[:2])]
    return cases, tests, rehearsal(cases, DAYS[2], DAYS[:2], np.round(values[:, 0], 9) + 7)


def test_the_slope_is_what_the_held_out_dates_show_whatever_their_level() -> None:
    cases, tests, current = made()
    found = calibrated_on_dates(cases, current, tests).performed[NEEDS]
    assert found.calibrated_on == DAYS[:2]
    assert found.platt.slope == pytest.approx(0.5, abs=0.12)
    assert found.predicted.mean() == pytest.approx(cases.outcome(cases.during(DAYS[:2])).mean(), abs=0.005)
    np.testing.assert_array_equal(found.margin, current.performed[NEEDS].margin)
    np.testing.assert_array_equal(found.predicted, found.platt.probability(found.margin - found.centre))


@pytest.mark.parametrize(
    ("dates", "share"),
    [
        pytest.param(DAYS[:1], 0.1, id="one date only has closed"),
        pytest.param((), 0.1, id="none has closed"),
        pytest.param(DAYS[:2], 0.0005, id="too few outcomes"),
    ],
)
def test_where_dates_show_too_little_it_stays_as_it_was(dates: tuple[dt.date, ...], share: float) -> None:
    cases, tests, current = made(share)
    current = Rehearsal(
        Origin(DAYS[2], dates), current.training_rows, current.training_outcome, current.rows, current.performed
    )
    assert calibrated_on_dates(cases, current, tests) is current
    assert calibrated_on_dates(cases, current, []) is current


def test_an_outcome_not_yet_known_at_the_current_date_teaches_nothing() -> None:
    cases, tests, current = made()
    late = np.datetime64(DAYS[2], "D")
    unknown = Cases(**{**vars(cases), "outcome_known_on": np.full(len(cases), late)})
    assert calibrated_on_dates(unknown, current, tests) is current

"""Rolling-origin validation: which as-of dates are tested on, and which each of them may learn from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.cases import Cases, Floats, Integers
from models.target import Outcome
from store.small_numbers import THRESHOLD

_ENOUGH_TESTS = 2
"""Test dates without which dates of little history are used after all: calibration on test dates takes as many."""


class CannotModel(Exception):
    """The data does not hold enough to model a target. The run goes on; the reason is reported."""


@dataclass(frozen=True)
class Origin:
    """A date to predict at, and the earlier dates whose outcomes had closed by then."""

    as_of: dt.date
    learns_from: tuple[dt.date, ...]


@dataclass(frozen=True)
class Skipped:
    """A closed as-of date that is not tested on, and why."""

    as_of: dt.date
    why: str


@dataclass(frozen=True)
class Plan:
    """Every model fit of a target: tests, oldest first, and the current list."""

    tests: tuple[Origin, ...]
    current: Origin
    skipped: tuple[Skipped, ...]

    @property
    def choice_as_ofs(self) -> tuple[dt.date, ...]:
        """What the choice of a candidate is decided on: what the newest test learns from."""
        return self.tests[-1].learns_from

    def part(self, as_of: dt.date) -> str | None:
        """Whether an as-of date is for training, a test, current, or not used."""
        if as_of == self.current.as_of:
            return "current"
        if any(as_of == test.as_of for test in self.tests):
            return "test"
        learnt = {day for origin in (*self.tests, self.current) for day in origin.learns_from}
        return "train" if as_of in learnt else None


def plan(
    cases: Cases,
    outcome: Outcome,
    closed: Sequence[dt.date],
    current: dt.date,
    limits: Limits,
    as_ofs: Sequence[dt.date] = (),
    whole_from: dt.date = dt.date.min,
) -> Plan:
    """Choose the newest closed as-of dates to test on.

    ``as_ofs`` are all there are: of those that have not closed it is said why they are not tested on.

    ``whole_from`` is the first date before which the extracts cover all the time that the cohort looks back over
    (`models.cohort.whole_from`). At an earlier one nobody can know of all its cases whether they belong to it, and
    steps that began before the extracts look like first ones. Such dates are neither tested on nor learnt from,
    unless fewer than two dates could be tested on without them.

    A test learns only from dates whose horizon and reporting delay were over by then, so no two tests may lie so
    far apart that one would learn from another's outcomes: the choice of a candidate never sees a test.
    Raises CannotModel when no closed date can be tested on.
    """
    wait = dt.timedelta(outcome.closing_days)
    used = [day for day in sorted(closed) if day >= whole_from]
    tests, skipped = _tested(cases, outcome, used, current, limits)
    if len(tests) < _ENOUGH_TESTS and len(used) < len(closed):
        used = sorted(closed)
        tests, skipped = _tested(cases, outcome, used, current, limits)
    if not tests:
        raise CannotModel(_why_none(outcome, skipped))
    too_early = [
        Skipped(day, f"the extracts begin too late for what the cohort looks back over, which takes until {whole_from}")
        for day in sorted(set(closed) - set(used))
    ]
    still_open = [
        Skipped(day, f"its outcomes have not closed: that takes until {day + wait}, and the extracts do not cover it")
        for day in sorted(set(as_ofs) - {*closed, current})
    ]
    learns_from = tuple(day for day in used if day + wait <= current)
    return Plan(tuple(reversed(tests)), Origin(current, learns_from), (*too_early, *reversed(skipped), *still_open))


def _tested(
    cases: Cases, outcome: Outcome, closed: Sequence[dt.date], current: dt.date, limits: Limits
) -> tuple[list[Origin], list[Skipped]]:
    """The dates to test on and those that are not, newest first."""
    wait = dt.timedelta(outcome.closing_days)
    tests: list[Origin] = []
    skipped: list[Skipped] = []
    for as_of in sorted(closed, reverse=True):
        if as_of == current:
            continue
        origin = Origin(as_of, tuple(day for day in sorted(closed) if day + wait <= as_of))
        reason = _unfit(cases, origin, limits)
        if reason:
            skipped.append(Skipped(as_of, reason))
        elif len(tests) == limits.test_as_ofs or (tests and as_of + wait <= tests[0].as_of):
            skipped.append(Skipped(as_of, "enough newer as-of dates are tested on"))
        else:
            tests.append(origin)
    return tests, skipped


@dataclass(frozen=True)
class Limits:
    """What testing on an as-of date needs."""

    test_as_ofs: int
    folds: int
    capacity: int
    train_positives: int
    """Families with the outcome to learn from."""
    test_positives: int
    """Families with the outcome to be found."""


def _few(number: int) -> str:
    """How few there are, for a reason that pages and published documents tell on."""
    if 0 < number < THRESHOLD:
        return f"fewer than {THRESHOLD}"
    return f"only {number}" if number else "no"


def _unfit(cases: Cases, origin: Origin, limits: Limits) -> str:
    """Why an as-of date cannot be tested on, or nothing."""
    if not origin.learns_from:
        return "no earlier as-of date has outcomes that had closed by then"
    rows = cases.at(origin.as_of)
    if len(rows) <= limits.capacity:
        return f"the cohort has {len(rows)} cases, no more than the panel's capacity of {limits.capacity}"
    positives = _families(cases, rows, cases.outcome(rows))
    if positives < limits.test_positives:
        return f"{_few(positives)} families have the outcome; {limits.test_positives} are needed"
    earlier = cases.during(origin.learns_from)
    outcome = cases.outcome(earlier, known_by=origin.as_of)
    positives = _families(cases, earlier, outcome)
    if positives < limits.train_positives:
        return f"{_few(positives)} families to learn from have the outcome; {limits.train_positives} are needed"
    for fold in range(limits.folds):
        outside = cases.fold[earlier] != fold
        if len(np.unique(outcome[outside])) < 2 or outside.all():
            return "a fold of the families would leave nothing to learn from, or nobody to predict for"
    return ""


def refuse_single_class(outcome: Floats, fold: Integers, folds: int) -> None:
    """Raise ValueError where the cases outside a fold all have the outcome, or none has, or a label is missing.

    A plan never leads there (`plan` says why a date cannot be tested on instead): nothing is fitted to such cases, and
    no figure is made up for them.
    """
    if np.isnan(outcome).any():
        raise ValueError("an outcome to learn from is missing")
    for number in range(folds):
        if len(np.unique(outcome[fold != number])) < 2:
            raise ValueError(f"outside fold {number} all cases are of one class: there is nothing to learn from")


def _families(cases: Cases, rows: Integers, outcome: Floats) -> int:
    return len(np.unique(cases.group[rows][outcome > 0]))


def _why_none(outcome: Outcome, skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return (
            f"no as-of date has an outcome that has closed: it takes {outcome.horizon_days} days and a reporting "
            f"delay of {outcome.reporting_delay_days} more within what the extracts cover"
        )
    newest = skipped[0]
    return f"no as-of date can be tested on; the newest closed one, {newest.as_of.isoformat()}: {newest.why}"

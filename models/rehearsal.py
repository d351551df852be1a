"""Fitting every candidate at every origin, and what each says about families it never saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from models.calibration import Platt, fit_platt
from models.candidates import Candidate, Fitted, Training
from models.cases import Cases, Days, Floats, Integers
from models.groups import derived_seed
from models.side_by_side import side_by_side
from models.splits import Origin, refuse_single_class
from models.target import CandidateName

_ENOUGH_DATES = 2
_ENOUGH_OUTCOMES = 20


@dataclass(frozen=True)
class Performed:
    """One candidate at one origin."""

    fitted: list[Fitted]
    """One for each fold, which learnt nothing from the families in it."""
    platt: Platt
    centre: float
    """Mean margin of the origin's cohort, taken off before calibration."""
    held_out: Floats
    """Margin of each training case, by the model of its family's fold."""
    margin: Floats
    """Margin of each case of the origin's as-of date, likewise: the order of the list."""
    predicted: Floats
    """Probability of each case of the origin's as-of date."""
    calibrated_on: tuple[dt.date, ...] = ()
    """The as-of dates held out of training that calibration is from; none where it is from families held out."""


@dataclass(frozen=True)
class Rehearsal:
    """Every candidate at one origin."""

    origin: Origin
    training_rows: Integers
    training_outcome: Floats
    rows: Integers
    performed: dict[CandidateName, Performed]


def rehearse(
    cases: Cases,
    origin: Origin,
    candidates: Sequence[Candidate],
    *,
    folds: int,
    seed: int,
    threads: int,
    advance: Callable[[], None],
) -> Rehearsal:
    """Train on the origin's earlier dates with outcomes as known by then, and predict for its own date.

    Every prediction is by a model whose training held no row of the case's family group. The list is in the order
    of the margins. Calibration is one two-parameter map for the whole origin, fitted on the held-out predictions
    of the training cases: it gives probabilities, and has no say in the order.

    Margins are first centred on the cohort of their own date. The longer the extracts go back the more is on
    record, so features drift upwards from one date to the next while outcomes do not; a map fitted across dates
    would take that drift for evidence. What the probabilities cannot show is need rising in the whole borough.
    """
    return rehearse_all(cases, [(origin, candidates)], folds=folds, seed=seed, threads=threads, advance=advance)[0]


def rehearse_all(
    cases: Cases,
    asked: Sequence[tuple[Origin, Sequence[Candidate]]],
    *,
    folds: int,
    seed: int,
    threads: int,
    advance: Callable[[], None],
) -> list[Rehearsal]:
    """As `rehearse`, at several origins, each with its candidates: all of them side by side."""
    fits = sum(len(candidates) for _, candidates in asked)
    inside = max(1, threads // max(1, fits))
    trainings = [training_for(cases, origin, folds=folds, seed=seed, threads=inside) for origin, _ in asked]
    for training in trainings:
        refuse_single_class(training.outcome, training.fold, folds)
    jobs = [
        partial(_perform, cases, origin, training, candidate, advance)
        for (origin, candidates), training in zip(asked, trainings)
        for candidate in candidates
    ]
    # The last origin has the most to learn from, and the last candidates are the least simple: begun first, they leave
    # no thread by itself at the end.
    performed = iter(side_by_side(jobs[::-1], threads)[::-1])
    return [
        Rehearsal(
            origin,
            cases.during(origin.learns_from),
            training.outcome,
            cases.at(origin.as_of),
            {candidate.name: next(performed) for candidate in candidates},
        )
        for (origin, candidates), training in zip(asked, trainings)
    ]


def _perform(
    cases: Cases, origin: Origin, training: Training, candidate: Candidate, advance: Callable[[], None]
) -> Performed:
    rows = cases.at(origin.as_of)
    fitted = candidate.fit(training, advance)
    inner = by_fold(fitted, training.values, training.fold)
    platt = fit_platt(centred(inner, cases.as_of[cases.during(origin.learns_from)]), training.outcome)
    outer = by_fold(fitted, cases.features_of(rows), cases.fold[rows])
    centre = round(float(outer.mean()), 9)
    return Performed(fitted, platt, centre, inner, outer, platt.probability(outer - centre))


def calibrated_on_dates(cases: Cases, current: Rehearsal, tests: Sequence[Rehearsal]) -> Rehearsal:
    """The current list with probabilities calibrated on whole as-of dates that were held out of training.

    Each test's models ranked its own date's cohort before an outcome of that date was known. Where two or more of those
    dates have closed by the current one, with enough outcomes between them, they show better than families held out
    of the training dates how far a ranking holds at a later date. Where they have not, the list is left as it is.
    """
    closed = [test for test in tests if test.origin.as_of in current.origin.learns_from]
    rows = np.concatenate([test.rows for test in closed]) if closed else np.empty(0, dtype=np.int64)
    outcome = cases.outcome(rows, known_by=current.origin.as_of)
    if len(closed) < _ENOUGH_DATES or not _ENOUGH_OUTCOMES <= outcome.sum() < len(outcome):
        return current
    dates = tuple(test.origin.as_of for test in closed)
    performed = {}
    for name, one in current.performed.items():
        margin = np.concatenate([test.performed[name].margin for test in closed])
        platt = fit_platt(centred(margin, cases.as_of[rows]), outcome)
        predicted = platt.probability(one.margin - one.centre)
        performed[name] = replace(one, platt=platt, predicted=predicted, calibrated_on=dates)
    return replace(current, performed=performed)


def training_for(
    cases: Cases, origin: Origin, *, folds: int, seed: int, threads: int, rows: Integers | None = None
) -> Training:
    """What may be learnt from at an origin: all its earlier cases, or these ``rows`` of them, some of them repeated."""
    earlier = cases.during(origin.learns_from) if rows is None else rows
    return Training(
        features=cases.features,
        values=cases.features_of(earlier),
        outcome=cases.outcome(earlier, known_by=origin.as_of),
        group=cases.group[earlier],
        fold=cases.fold[earlier],
        folds=folds,
        seed=derived_seed(seed, origin.as_of.isoformat()),
        threads=threads,
        labels={name: days.learnt(earlier, known_by=origin.as_of) for name, days in cases.labels.items()},
        identification=cases.identification.of(earlier) if cases.identification else None,
    )


def by_fold(fitted: Sequence[Fitted], values: Floats, fold: Integers) -> Floats:
    """Each case's margin by the model that left its fold out, rounded so that no last digit orders a list."""
    margin = np.zeros(len(values))
    for number, one in enumerate(fitted):
        inside = np.flatnonzero(fold == number)
        if len(inside):
            margin[inside] = one.margin(values[inside])
    return np.round(margin, 9)


def centred(margin: Floats, as_of: Days) -> Floats:
    """Margins less the mean of their own as-of date."""
    _, number = np.unique(as_of, return_inverse=True)
    means = np.bincount(number, weights=margin) / np.bincount(number)
    return np.asarray(margin - means[number], dtype=np.float64)


def positions(margin: Floats, tie_place: Integers) -> Integers:
    """Place of each case in the list, 1 the highest margin; equal margins in the settled random order."""
    order = np.lexsort((tie_place, -margin))
    place = np.empty(len(margin), dtype=np.int64)
    place[order] = np.arange(1, len(margin) + 1)
    return place


def as_dates(days: Sequence[dt.date]) -> list[str]:
    return [day.isoformat() for day in days]

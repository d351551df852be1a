"""Fits at one test date: the model as it is, and the ways that change what it learns from.

Temporal, and by family: a model learns from earlier as-of dates with outcomes as known by the test date, and scores
no family that it learnt from (`models.rehearsal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairness_audits.mitigation.cases import PastCases
from models.candidates import Candidate, Training
from models.cases import Cases, Days, Floats, Integers
from models.groups import derived_seed, kept_in_bag
from models.rehearsal import by_fold, training_for
from models.splits import Origin

MOST_ROWS = 6_000
"""About as many training cases as one fit takes. Every case with the outcome is among them, and as many without."""
LEAST_OUTCOMES = 20
"""Groups with fewer training cases with the outcome are taken together wherever a model learns by group."""


@dataclass(frozen=True)
class Learner:
    """How every model of one comparison is fitted."""

    candidate: Candidate
    folds: int
    seed: int
    threads: int


@dataclass(frozen=True)
class Learnt:
    """The model as it is, at one test date."""

    cases: Cases
    learner: Learner
    origin: Origin
    training: Training
    training_as_of: Days
    group: Integers
    """Code of the group of each training case; small groups are taken together."""
    rows: Integers
    """The cases of the test date."""
    rows_group: Integers
    """Code of each of those, by the same taking together."""
    held_out: Floats
    """Margin of each training case, by a model that did not learn from its family."""
    margin: Floats
    """Margin of each case of the test date, likewise."""


def learn(past: PastCases, learner: Learner, origin: Origin) -> Learnt:
    """Fit the model at one test date."""
    cases = past.cases
    training_rows, training = _training(cases, learner, origin)
    rows = cases.at(origin.as_of)
    fitted = learner.candidate.fit(training, no_news)
    found, code = np.unique(past.group[np.concatenate([training_rows, rows])], return_inverse=True)
    code = code.astype(np.int64)
    together = taken_together(code[: len(training_rows)], training.outcome, len(found))
    return Learnt(
        cases,
        learner,
        origin,
        training,
        cases.as_of[training_rows],
        together[code[: len(training_rows)]],
        rows,
        together[code[len(training_rows) :]],
        by_fold(fitted, training.values, training.fold),
        by_fold(fitted, cases.features_of(rows), cases.fold[rows]),
    )


def reweighed(learnt: Learnt, strength: float) -> Floats:
    """Margins at the test date by a model trained with `reweighing` to some power; at 1 in full."""
    given = each_counts(learnt.training)
    weight = given * reweighing(learnt.group, learnt.training.outcome, given) ** strength
    training = replace(learnt.training, weight=np.round(weight, 9))
    fitted = learnt.learner.candidate.fit(training, no_news)
    return by_fold(fitted, learnt.cases.features_of(learnt.rows), learnt.cases.fold[learnt.rows])


def reweighing(group: Integers, outcome: Floats, weight: Floats) -> Floats:
    """Weights with which the outcome has nothing to do with the group, each case by its group and outcome.

    ``P(group) P(outcome) / P(group, outcome)``, after Kamiran and Calders 2012 (Knowledge and Information Systems 33:
    1-33, section 5.2).
    """
    happened = (outcome > 0).astype(np.int64)
    cell = 2 * group + happened
    total = weight.sum()
    of_group = np.bincount(group, weights=weight)
    of_outcome = np.bincount(happened, weights=weight)
    of_cell = np.bincount(cell, weights=weight)
    return np.asarray(of_group[group] * of_outcome[happened] / (total * of_cell[cell]), dtype=np.float64)


def without_features(learnt: Learnt, names: Sequence[str]) -> Floats:
    """Margins at the test date by a model trained without some features."""
    kept = [place for place, feature in enumerate(learnt.training.features) if feature.name not in names]
    training = replace(
        learnt.training,
        features=tuple(learnt.training.features[place] for place in kept),
        values=learnt.training.values[:, kept],
    )
    fitted = learnt.learner.candidate.fit(training, no_news)
    return by_fold(fitted, learnt.cases.features_of(learnt.rows)[:, kept], learnt.cases.fold[learnt.rows])


def taken_together(code: Integers, outcome: Floats, groups: int) -> Integers:
    """For each group code its code among the groups that may be learnt from, small ones sharing one.

    What is still small together goes with the largest group: there is nothing that could be learnt of it.
    """
    having = np.bincount(code, weights=outcome, minlength=groups)
    lacking = np.bincount(code, weights=1 - outcome, minlength=groups)
    large = np.flatnonzero((having >= LEAST_OUTCOMES) & (lacking > 0))
    small = np.flatnonzero((having < LEAST_OUTCOMES) | (lacking == 0))
    together = np.zeros(groups, dtype=np.int64)
    together[large] = np.arange(len(large))
    if not len(large):
        return together
    enough = having[small].sum() >= LEAST_OUTCOMES and lacking[small].sum() > 0
    together[small] = len(large) if enough else together[large[np.argmax(having[large] + lacking[large])]]
    return together


def _training(cases: Cases, learner: Learner, origin: Origin) -> tuple[Integers, Training]:
    """The training cases of a date; of many, all with the outcome and the others of some families, weighted up."""
    rows = cases.during(origin.learns_from)
    having = cases.outcome(rows, known_by=origin.as_of) > 0
    wanted = max(MOST_ROWS - int(having.sum()), int(having.sum()))
    share = wanted / max(1, int((~having).sum()))
    weight = None
    if share < 1:
        kept = having | kept_in_bag(cases.group[rows], share, derived_seed(learner.seed, "mitigation"))
        rows, weight = rows[kept], np.where(having[kept], 1.0, round(1 / share, 9))
    training = training_for(cases, origin, folds=learner.folds, seed=learner.seed, threads=learner.threads, rows=rows)
    return rows, replace(training, weight=weight)


def each_counts(training: Training) -> Floats:
    """How much each training case counts."""
    return np.ones(len(training.outcome)) if training.weight is None else training.weight


def no_news() -> None:
    """Fits of the workbench are told of as a whole."""

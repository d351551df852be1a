"""Exponentiated gradient by fairlearn, over our own ways of learning.

Agarwal, Beygelzimer, Dudik, Langford and Wallach 2018, 'A reductions approach to fair classification' (PMLR 80: 60-69).
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from fairlearn.reductions import ErrorRate, ExponentiatedGradient, TruePositiveRateParity
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from fairness_audits.mitigation.learning import Learnt, each_counts, no_news
from models.calibration import sigmoid
from models.candidates import Candidate, Training
from models.cases import Flags, Floats

_ROUNDS = 4
_SURELY = 10.0
"""Log-odds that stand for a model that flags everybody, or nobody."""


def exponentiated_gradient(learnt: Learnt, within: float) -> Floats:
    """Margins at the test date: how near its mixture of models is to flagging each case.

    The constraint is that no group's share found (true-positive rate) differs from everyone's by more than
    ``within``. Errors cost as much as makes flagging worth while where the outcome is likelier than on average:
    without that nobody would be flagged of a rare outcome, and every constraint would hold.
    """
    values, fold = learnt.cases.features_of(learnt.rows), learnt.cases.fold[learnt.rows]
    margin = np.zeros(len(values))
    for number in range(learnt.learner.folds):
        inside = np.flatnonzero(fold == number)
        if len(inside):
            mixture = _mixture(learnt, learnt.training.outside(number), within)
            margin[inside] = _flagging(mixture, values[inside])
    return np.round(margin, 9)


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """One of our ways of learning, as fairlearn calls it."""

    def __init__(self, candidate: Candidate, template: Training) -> None:
        self.candidate = candidate
        self.template = template

    def fit(self, values: Floats, outcome: Any, sample_weight: Any) -> _Estimator:
        weight = np.asarray(np.round(np.asarray(sample_weight, dtype=np.float64), 9), dtype=np.float64)
        training = replace(self.template, outcome=np.asarray(outcome, dtype=np.float64), weight=weight)
        (self.fitted_,) = self.candidate.fit(training, no_news)
        return self

    def margin(self, values: Floats) -> Floats:
        return self.fitted_.margin(values)

    def predict(self, values: Floats) -> NDArray[np.int64]:
        return (self.margin(values) > 0).astype(np.int64)


def _mixture(learnt: Learnt, kept: Flags, within: float) -> ExponentiatedGradient:
    """Fit the mixture on the training cases outside one fold, as one model that leaves none of them out."""
    whole = learnt.training
    counts = each_counts(whole)
    frequent = float((counts * whole.outcome).sum() / counts.sum())
    template = replace(
        whole,
        values=whole.values[kept],
        outcome=whole.outcome[kept],
        group=whole.group[kept],
        fold=np.ones(int(kept.sum()), dtype=np.int64),
        folds=1,
        labels={},
        identification=None,
        weight=None,
    )
    mixture = ExponentiatedGradient(
        _Estimator(learnt.learner.candidate, template),
        TruePositiveRateParity(difference_bound=within),
        objective=ErrorRate(costs={"fp": frequent * float(counts.max()), "fn": 1 - frequent}),
        eps=within,
        max_iter=_ROUNDS,
        # The linear programme at each round costs several further fits and moved no list worth the name.
        run_linprog_step=False,
    )
    with warnings.catch_warnings():
        # How fairlearn sets values in pandas will be an error in a later pandas; both are pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        mixture.fit(template.values, template.outcome.astype(np.int64), sensitive_features=learnt.group[kept])
    return mixture


def _flagging(mixture: ExponentiatedGradient, values: Floats) -> Floats:
    """The mixture's mean of how near each of its models is to flagging a case."""
    total = np.zeros(len(values))
    for place, weight in mixture.weights_.items():
        if weight > 0:
            total += weight * _near(mixture.predictors_[place], values)
    return total


def _near(model: Any, values: Floats) -> Floats:
    """0 to 1; a model that flags everybody or nobody is fairlearn's own, and tells no two cases apart."""
    if isinstance(model, _Estimator):
        return sigmoid(model.margin(values))
    return sigmoid(np.where(np.asarray(model.predict(values)) > 0, _SURELY, -_SURELY))

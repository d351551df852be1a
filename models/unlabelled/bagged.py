"""Bagged learning from labelled and unlabelled cases: each bag takes a small draw of the unlabelled for negatives.

Mordelet and Vert (2014), 'A bagging SVM to learn from positive and unlabeled examples', with logistic regression in
the place of the support vector machine. It allows for carers among the unlabelled, not for who is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.candidates import Fitted, Training
from models.groups import derived_seed
from models.logistic import of_lines, scale, standardised
from models.newton import fit_folds
from models.target import CandidateName

_FOR_EACH = 5
"""Unlabelled cases drawn for each labelled one."""
_PENALTY = 20.0


@dataclass(frozen=True)
class BaggedUnlabelled:
    """The mean of several logistic regressions of the labelled against small draws of the unlabelled."""

    bags: int = 20
    name: CandidateName = CandidateName.BAGGED_UNLABELLED

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        scaling = scale(training.values)
        labelled, unlabelled = np.flatnonzero(training.outcome > 0), np.flatnonzero(training.outcome == 0)
        found = np.zeros((training.folds, training.values.shape[1] + 1))
        for bag in range(self.bags):
            generator = np.random.default_rng(derived_seed(training.seed, "unlabelled bag", bag))
            drawn = generator.permutation(unlabelled)[: max(1, _FOR_EACH * len(labelled))]
            rows = np.sort(np.concatenate([labelled, drawn]))
            standard, _ = standardised(training.values[rows], scaling.median, scaling.centre, scaling.spread)
            even = np.ones(len(rows))
            found += fit_folds(standard, training.outcome[rows], even, training.fold[rows], training.folds, _PENALTY)
        models: list[Fitted] = []
        width = training.values.shape[1]
        for coefficients in np.round(found / self.bags, 9):
            # As in `models.logistic.LinearModel`: how many were labelled outside a fold orders nobody in it.
            models.append(of_lines(training, scaling, coefficients[:width], 0.0))
            advance()
        return models

"""Logistic regression on straight lines: light enough to be fitted some hundred times in one comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.candidates import Fitted, Training
from models.logistic import of_lines, scale, standardised
from models.newton import fit_folds
from models.target import CandidateName

_PENALTY = 2000.0


@dataclass(frozen=True)
class Straight:
    """L2-penalised, medians for the unknown; as `models.logistic.Logistic` without curves and indicators."""

    name: CandidateName = CandidateName.LOGISTIC

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        scaling = scale(training.values)
        columns, _ = standardised(training.values, scaling.median, scaling.centre, scaling.spread)
        weight = np.ones(len(training.outcome)) if training.weight is None else training.weight
        found = fit_folds(columns, training.outcome, weight, training.fold, training.folds, _PENALTY)
        width = columns.shape[1]
        fitted: list[Fitted] = []
        for coefficients in np.round(found, 9):
            # With its intercept, unlike a run's own: exponentiated gradient asks on which side of even a case is.
            fitted.append(of_lines(training, scaling, coefficients[:width], float(coefficients[width])))
            advance()
        return fitted

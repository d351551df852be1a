"""Penalised logistic regression for every fold at once, solved by Newton's method.

There is no random start, and nothing depends on the number of threads. The loss is convex, so that where the solver
starts does not show in where it ends, only in how soon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.calibration import sigmoid
from models.cases import Floats, Integers

_STEPS = 100
_SETTLED = 1e-9
_NEAR = 1e-2
_NOISE = 1e-12
_RIDGE = 1e-9


def fit_folds(
    design: Floats, outcome: Floats, weight: Floats, fold: Integers, folds: int, penalty: float | Floats
) -> Floats:
    """Coefficients of shape (folds, columns + 1), the intercept last: each fitted on the cases outside its fold.

    Minimises ``sum(weight * logloss) + sum(penalty * coefficients ** 2) / 2``, the intercept free; ``penalty`` is one
    for all columns or one for each. The expensive part is the matrix of second derivatives. It is made where all cases
    together are nearly fitted, in a part for each fold, and the parts outside a fold stand for that fold's own
    throughout; only the gradients are made anew. Leaving a fold out changes the matrix little, so few steps are
    needed, and they end where the fold's gradient is nought.
    """
    columns = np.column_stack([design, np.ones(len(design))])
    penalties = np.append(np.broadcast_to(penalty, design.shape[1]), _RIDGE)
    everyone = _Problem(columns, outcome, weight[:, None], penalties)
    start = _start(everyone)
    curvature = everyone.curvature(start)[:, 0]
    parts = [_gram(columns[fold == one], curvature[fold == one]) for one in range(folds)]
    whole = np.sum(parts, axis=0) + np.diag(penalties)
    outside = np.column_stack([np.where(fold == one, 0.0, weight) for one in range(folds)])
    problem = _Problem(columns, outcome, outside, penalties)
    matrices = [whole - part for part in parts]
    return _solved(problem, np.repeat(start, folds, axis=1), matrices).T


@dataclass(frozen=True)
class _Problem:
    """Several regressions on the same columns that differ in which cases count: one for each column of ``weights``."""

    columns: Floats
    outcome: Floats
    weights: Floats
    penalties: Floats

    def losses(self, found: Floats) -> Floats:
        log_odds = self.columns @ found
        each = np.logaddexp(0.0, log_odds) - self.outcome[:, None] * log_odds
        ridge = (self.penalties[:, None] * found**2).sum(axis=0) / 2
        return np.asarray((self.weights * each).sum(axis=0) + ridge, dtype=np.float64)

    def gradients(self, found: Floats) -> Floats:
        error = self.weights * (sigmoid(self.columns @ found) - self.outcome[:, None])
        return np.asarray(self.columns.T @ error + self.penalties[:, None] * found, dtype=np.float64)

    def curvature(self, found: Floats) -> Floats:
        fitted = sigmoid(self.columns @ found)
        return np.asarray(self.weights * fitted * (1 - fitted), dtype=np.float64)


def _start(everyone: _Problem) -> Floats:
    """Nearly fitted on all cases: near enough for every fold to settle from."""
    total = everyone.weights.sum()
    share = np.clip(everyone.weights[:, 0] @ everyone.outcome / total, 1e-6, 1 - 1e-6)
    found = np.zeros((everyone.columns.shape[1], 1))
    found[-1] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        matrix = _gram(everyone.columns, everyone.curvature(found)[:, 0]) + np.diag(everyone.penalties)
        step: Floats = np.linalg.solve(matrix, everyone.gradients(found)).astype(np.float64)
        found, moved = _stepped(everyone, found, step)
        if moved < _NEAR:
            break
    return found


def _solved(problem: _Problem, found: Floats, matrices: list[Floats]) -> Floats:
    for _ in range(_STEPS):
        gradients = problem.gradients(found)
        step = np.empty_like(found)
        for place, matrix in enumerate(matrices):
            step[:, place] = np.linalg.solve(matrix, gradients[:, place])
        found, moved = _stepped(problem, found, step)
        if moved < _SETTLED:
            break
    return found


def _stepped(problem: _Problem, found: Floats, step: Floats) -> tuple[Floats, float]:
    """The coefficients after a step, halved for each regression while its loss would rise, and how far they moved."""
    most = problem.losses(found) * (1 + _NOISE)
    while ((risen := problem.losses(found - step) > most) & (np.abs(step).max(axis=0) > _SETTLED)).any():
        step = np.where(risen, step / 2, step)
    return found - step, float(np.abs(step).max())


def _gram(columns: Floats, weight: Floats) -> Floats:
    scaled = columns * np.sqrt(weight)[:, None]
    return np.asarray(scaled.T @ scaled, dtype=np.float64)

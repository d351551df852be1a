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
_SETTLED = 1e-8
_NEAR = 1e-2
_NOISE = 1e-12
_RIDGE = 1e-9
_PART = 20_000
_LOOKED_AT = 20_000
"""At most so many cases give the curvature on the way to the start: it is how far a step goes, not where they end."""


def fit_folds(
    design: Floats, outcome: Floats, weight: Floats, fold: Integers, folds: int, penalty: float | Floats
) -> Floats:
    """Coefficients of shape (folds, columns + 1), the intercept last: each fitted on the cases outside its fold.

    Minimises ``sum(weight * logloss) + sum(penalty * coefficients ** 2) / 2``, the intercept free; ``penalty`` is one
    for all columns or one for each. A case whose ``fold`` is none of ``range(folds)`` is outside every fold.

    The expensive part is the matrix of second derivatives. It is made where all cases together are nearly fitted, in a
    part for each fold, and the parts outside a fold stand for that fold's own throughout, inverted once; only the
    gradients are made anew. Leaving a fold out changes the matrix little, so few steps are needed, and they end where
    the fold's gradient is nought.
    """
    columns = np.column_stack([design, np.ones(len(design))])
    penalties = np.append(np.broadcast_to(penalty, design.shape[1]), _RIDGE)
    everyone = _Problem(columns, outcome, weight[:, None], penalties)
    start = _start(everyone)
    curvature = everyone.curvature(start)[:, 0]
    parts = [_gram(columns, curvature, np.flatnonzero(fold == one)) for one in range(folds)]
    in_none = _gram(columns, curvature, np.flatnonzero(~np.isin(fold, np.arange(folds))))
    whole = np.sum(parts, axis=0) + in_none + np.diag(penalties)
    outside = np.column_stack([np.where(fold == one, 0.0, weight) for one in range(folds)])
    problem = _Problem(columns, outcome, outside, penalties)
    return _solved(problem, np.repeat(start.found, folds, axis=1), [np.linalg.inv(whole - part) for part in parts]).T


@dataclass(frozen=True)
class _At:
    """Coefficients of shape (columns, regressions), and the log-odds that they give each case."""

    found: Floats
    log_odds: Floats


@dataclass(frozen=True)
class _Problem:
    """Several regressions on the same columns that differ in which cases count: one for each column of ``weights``."""

    columns: Floats
    outcome: Floats
    weights: Floats
    penalties: Floats

    def at(self, found: Floats) -> _At:
        return _At(found, self.columns @ found)

    def losses(self, at: _At) -> Floats:
        each = np.logaddexp(0.0, at.log_odds) - self.outcome[:, None] * at.log_odds
        ridge = (self.penalties[:, None] * at.found**2).sum(axis=0) / 2
        return np.asarray((self.weights * each).sum(axis=0) + ridge, dtype=np.float64)

    def gradients(self, at: _At) -> Floats:
        error = self.weights * (sigmoid(at.log_odds) - self.outcome[:, None])
        return np.asarray(self.columns.T @ error + self.penalties[:, None] * at.found, dtype=np.float64)

    def curvature(self, at: _At) -> Floats:
        fitted = sigmoid(at.log_odds)
        return np.asarray(self.weights * fitted * (1 - fitted), dtype=np.float64)

    def stepped(self, at: _At, step: Floats) -> tuple[_At, float]:
        """After a step, halved for each regression while its loss would rise, and how far that moved anything.

        Log-odds are straight in the coefficients, so that a halved step needs no further pass over the cases.
        """
        most = self.losses(at) * (1 + _NOISE)
        change = self.columns @ step
        taken = np.ones(step.shape[1])
        while True:
            there = _At(at.found - step * taken, at.log_odds - change * taken)
            moved = np.abs(step).max(axis=0) * taken
            risen = (self.losses(there) > most) & (moved > _SETTLED)
            if not risen.any():
                return there, float(moved.max())
            taken = np.where(risen, taken / 2, taken)


def _start(everyone: _Problem) -> _At:
    """Nearly fitted on all cases: near enough for every fold to settle from."""
    total = everyone.weights.sum()
    share = np.clip(everyone.weights[:, 0] @ everyone.outcome / total, 1e-6, 1 - 1e-6)
    found = np.zeros((everyone.columns.shape[1], 1))
    found[-1] = np.log(share / (1 - share))
    at, size = everyone.at(found), len(everyone.outcome)
    some = np.arange(0, size, -(-size // _LOOKED_AT))
    for _ in range(_STEPS):
        curvature = everyone.curvature(at)[:, 0] * (size / len(some))
        matrix = _gram(everyone.columns, curvature, some) + np.diag(everyone.penalties)
        step: Floats = np.linalg.solve(matrix, everyone.gradients(at)).astype(np.float64)
        at, moved = everyone.stepped(at, step)
        if moved < _NEAR:
            break
    return at


def _solved(problem: _Problem, found: Floats, inverses: list[Floats]) -> Floats:
    at = problem.at(found)
    for _ in range(_STEPS):
        gradients = problem.gradients(at)
        step = np.column_stack([inverse @ gradients[:, place] for place, inverse in enumerate(inverses)])
        at, moved = problem.stepped(at, step)
        if moved < _SETTLED:
            break
    return at.found


def _gram(columns: Floats, weight: Floats, rows: Integers) -> Floats:
    """Weighted products of all pairs of columns over these rows, a part at a time to spare memory."""
    total = np.zeros((columns.shape[1], columns.shape[1]))
    for start in range(0, len(rows), _PART):
        part = rows[start : start + _PART]
        scaled = columns[part] * np.sqrt(weight[part])[:, None]
        total += scaled.T @ scaled
    return total

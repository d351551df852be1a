"""Turning a candidate's ranking into probabilities: Platt scaling on predictions for families held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.cases import Floats

_STEPS = 50
_TOLERANCE = 1e-10
_LIMIT = 1e-6


@dataclass(frozen=True)
class Platt:
    """``probability = 1 / (1 + exp(-(slope * margin + intercept)))``. The slope is never negative."""

    slope: float
    intercept: float

    def log_odds(self, margin: Floats) -> Floats:
        return self.slope * margin + self.intercept

    def probability(self, margin: Floats) -> Floats:
        """Probabilities between 0.000001 and 0.999999, rounded to 6 places, one for each margin."""
        return np.asarray(np.round(np.clip(sigmoid(self.log_odds(margin)), _LIMIT, 1 - _LIMIT), 6), dtype=np.float64)


def fit_platt(margin: Floats, outcome: Floats) -> Platt:
    """Fit by maximum likelihood with Platt's smoothed outcomes (Platt 1999, 'Probabilistic outputs for SVMs').

    A ranking that runs the wrong way on families it never saw, or that is the same for every case, gets slope 0:
    it has not been shown to know anything, and every case has the base rate. Its order stands, for it is not made
    of probabilities; turned round it would be one more thing learnt from the same few cases. Raises ValueError when
    there is only one class.
    """
    positives = float(outcome.sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        raise ValueError("calibration needs cases with the outcome and cases without it")
    smoothed = np.where(outcome > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    base = float(np.log(positives / negatives))
    centre, scale = float(margin.mean()), float(margin.std())
    if scale < 1e-12:
        return Platt(0.0, round(base, 9))
    standard = (margin - centre) / scale
    intercept, slope = _newton(standard, smoothed, base)
    if slope <= 0:
        return Platt(0.0, round(base, 9))
    return Platt(round(slope / scale, 9), round(intercept - slope * centre / scale, 9))


def sigmoid(log_odds: Floats) -> Floats:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(log_odds / 2)), dtype=np.float64)


def logit(probability: Floats) -> Floats:
    """Log-odds of probabilities strictly between 0 and 1."""
    return np.asarray(np.log(probability) - np.log1p(-probability), dtype=np.float64)


def _newton(x: Floats, target: Floats, start: float) -> tuple[float, float]:
    """Intercept and slope of a logistic regression on one variable; steps are halved while they do not help."""
    weights = np.array([start, 0.0])
    loss = _loss(x, target, weights)
    for _ in range(_STEPS):
        fitted = sigmoid(weights[0] + weights[1] * x)
        error, spread = fitted - target, fitted * (1 - fitted)
        gradient = np.array([error.sum(), (error * x).sum()])
        cross = (spread * x).sum()
        hessian = np.array([[spread.sum(), cross], [cross, (spread * x * x).sum()]]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while (new_loss := _loss(x, target, weights - step)) > loss and np.abs(step).max() > _TOLERANCE:
            step = step / 2
        weights, improvement, loss = weights - step, loss - new_loss, new_loss
        if improvement < _TOLERANCE * max(1.0, abs(loss)):
            break
    return float(weights[0]), float(weights[1])


def _loss(x: Floats, target: Floats, weights: Floats) -> float:
    log_odds = weights[0] + weights[1] * x
    return float((np.logaddexp(0.0, log_odds) - target * log_odds).sum())

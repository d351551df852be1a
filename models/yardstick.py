"""The single booster that stability is measured beside: what a list is like that nobody took care to keep steady."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from models.boosted import SHAPE, Boosted
from models.candidates import Fitted, Training
from models.target import CandidateName

MOST = 5
"""Boosters at most: with more folds several share one, which leaves a fifth of the families out and no less."""
_SINGLE = Boosted(
    bags=1,
    rounds=100,
    learning_rate=0.06,
    shape={**SHAPE, "num_leaves": 7, "feature_fraction": 0.4, "lambda_l2": 1.0, "min_sum_hessian_in_leaf": 1.0},
)


@dataclass(frozen=True)
class SingleBooster:
    """One booster for each fold, or for a few of them, hardly held back."""

    name: CandidateName = CandidateName.BOOSTED

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        together = _together(training.folds)
        joined = replace(training, fold=training.fold // together, folds=boosters(training.folds))
        fitted = _SINGLE.fit(joined, advance)
        return [fitted[fold // together] for fold in range(training.folds)]


def boosters(folds: int) -> int:
    """How many it takes, and so how often ``advance`` is told."""
    return -(-folds // _together(folds))


def _together(folds: int) -> int:
    return -(-folds // MOST)

"""Need among those whose need somebody assessed, each counted by how unlikely it was that anybody would look.

Who is assessed is not drawn by lot. If, given what is on record, being assessed and being in need had nothing more to
do with each other, then weighting each assessed case by the inverse of its probability of being assessed would make
the assessed stand for everybody (inverse propensity weighting; Horvitz and Thompson 1952, Robins, Rotnitzky and Zhao
1994). That is a strong assumption, and few are assessed, so the weights are kept within bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.calibration import sigmoid
from models.candidates import Candidate, Fitted, Training
from models.cases import Floats, Integers
from models.groups import derived_seed, kept_in_bag
from models.labels import Learnt
from models.logistic import scale, standardised
from models.newton import fit_folds
from models.target import CandidateName
from models.taught import MOST, blinded

BOUNDS = (1 / 3, 3.0)
"""No case counts for less or more than this, where a case as likely to be assessed as most counts 1."""
_HALVES = 2
_PENALTY = 50.0


@dataclass(frozen=True)
class AmongAssessed:
    """A label learnt among those observed, weighted by the inverse of the estimated propensity of being observed."""

    name: CandidateName
    by: Candidate
    label: str
    noticing: tuple[int, ...]
    """Places of the features by which the propensity is estimated."""
    blind_to: tuple[int, ...] = ()
    """Places of the features that the model itself may not learn from."""

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        learnt = training.labels[self.label]
        seen = blinded(training, self.blind_to)
        fitted: list[Fitted] = []
        for fold in range(training.folds):
            rows = np.flatnonzero(training.outside(fold) & (learnt.weight > 0))
            weight = weights(training, learnt, fold, self.noticing)[rows]
            alone = _alone(seen, learnt, rows, weight)
            fitted.extend(self.by.fit(alone, advance))
        return fitted


def _alone(training: Training, learnt: Learnt, rows: Integers, weight: Floats) -> Training:
    """These cases by themselves, as training for one model that leaves none of them out."""
    return replace(
        training,
        values=training.values[rows],
        outcome=learnt.outcome[rows],
        group=training.group[rows],
        fold=np.ones(len(rows), dtype=np.int64),
        folds=1,
        labels={},
        weight=weight,
    )


def weights(training: Training, learnt: Learnt, fold: int, noticing: tuple[int, ...]) -> Floats:
    """What each case outside a fold counts: the share observed over its own propensity, within `BOUNDS`.

    The families outside the fold are halved, and each half's propensity is by a model of the other half, so that
    none has seen the case, nor anything of the fold. Cases of the fold itself have the weight 1.
    """
    outside = training.outside(fold)
    half = np.asarray(training.group % _HALVES, dtype=np.int64)
    values = training.values[:, list(noticing)]
    scaling = scale(values)
    # Of what was noticed of a family the blanks say no more than the noughts do.
    design, _ = standardised(values, scaling.median, scaling.centre, scaling.spread)
    drawn = kept_in_bag(training.group, min(1.0, MOST / len(outside)), derived_seed(training.seed, "looked at", fold))
    rows = np.flatnonzero(outside & drawn)
    found = fit_folds(design[rows], learnt.weight[rows], np.ones(len(rows)), half[rows], _HALVES, _PENALTY)
    columns = np.column_stack([design, np.ones(len(design))])
    propensity = sigmoid(np.einsum("ij,ij->i", columns, found[half]))
    share = learnt.weight[outside].mean()
    counted = np.clip(share / np.maximum(propensity, 1e-9), *BOUNDS)
    return np.asarray(np.where(outside, np.round(counted, 9), 1.0), dtype=np.float64)

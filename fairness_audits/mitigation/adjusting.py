"""Ways that leave the model as it is and decide by group. They need everybody's ethnicity, and are never released."""

from __future__ import annotations

import numpy as np
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator

from fairness_audits.mitigation.learning import Learnt, each_counts
from models.calibration import fit_platt
from models.cases import Floats, Integers
from models.rehearsal import centred, positions

_MOST_COPIES = 50
_LOWEST, _HIGHEST = 0.02, 0.5


def list_threshold(learnt: Learnt, capacity: int) -> float:
    """The probability at the end of a list of the capacity, on average over the training dates, within bounds."""
    margin = centred(learnt.held_out, learnt.training_as_of)
    probability = fit_platt(margin, learnt.training.outcome).probability(margin)
    ends = []
    for day in np.unique(learnt.training_as_of):
        ordered = np.sort(probability[learnt.training_as_of == day])
        ends.append(ordered[-min(capacity, len(ordered))])
    return float(np.clip(np.mean(ends), _LOWEST, _HIGHEST))


class _Margin(BaseEstimator):  # type: ignore[misc]
    """Hands on margins that are there already. It has nothing to fit, and is always fitted."""

    def fit(self, values: Floats, outcome: Integers) -> _Margin:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def decision_function(self, values: Floats) -> Floats:
        return np.asarray(values, dtype=np.float64)[:, 0]


def group_thresholds(learnt: Learnt, threshold: float) -> Floats:
    """A margin for each group code from which a case is flagged, so that the same share is found in each.

    By fairlearn's ThresholdOptimizer (Hardt, Price and Srebro 2016, NeurIPS 29) on margins of training cases held out,
    each less the mean of its date. Accuracy over copies of the cases with the outcome stands for a flag being worth
    while from the probability ``threshold`` on. Where it would draw lots between two thresholds, theirs is the mean.
    """
    margin = centred(learnt.held_out, learnt.training_as_of)
    outcome = learnt.training.outcome.astype(np.int64)
    ratio = (1 - threshold) / threshold / float(each_counts(learnt.training).max())
    copies = np.where(outcome > 0, int(np.clip(round(ratio), 1, _MOST_COPIES)), 1)
    each = np.repeat(np.arange(len(margin)), copies)
    found = ThresholdOptimizer(
        estimator=_Margin(),
        constraints="true_positive_rate_parity",
        objective="accuracy_score",
        prefit=True,
        predict_method="decision_function",
    ).fit(margin[each, None], outcome[each], sensitive_features=learnt.group[each])
    ends = float(margin.min()), float(margin.max())
    of_group = np.zeros(int(max(learnt.group.max(), learnt.rows_group.max())) + 1)
    for code, one in found.interpolated_thresholder_.interpolation_dict.items():
        first, second = (float(np.clip(op.threshold, *ends)) for op in (one.operation0, one.operation1))
        of_group[int(code)] = one.p0 * first + one.p1 * second
    return of_group


def by_threshold(learnt: Learnt, thresholds: Floats, strength: float) -> Floats:
    """Margins at the test date above each group's own threshold; at a strength under 1 only part of the way."""
    sizes = np.bincount(learnt.group, minlength=len(thresholds))
    common = float((thresholds * sizes).sum() / sizes.sum())
    return np.asarray(
        np.round(learnt.margin - strength * (thresholds[learnt.rows_group] - common), 9), dtype=np.float64
    )


def with_places(margin: Floats, tie_place: Integers, group: Integers, capacity: int, strength: float) -> Integers:
    """The rows of a list on which each group has places of its own, between what it has now and its share of all.

    ``strength`` 0 is the list as it is, 1 shares in proportion to the group's cases.
    """
    place = positions(margin, tie_place)
    now = np.bincount(group, weights=place <= capacity, minlength=int(group.max()) + 1)
    everyone = np.bincount(group, minlength=len(now))
    wanted = (1 - strength) * now + strength * everyone * min(capacity, len(group)) / len(group)
    places = _whole(wanted)
    order = np.lexsort((place, group))
    within = np.arange(len(group)) - np.searchsorted(group[order], group[order])
    return np.sort(order[within < places[group[order]]])


def _whole(wanted: Floats) -> Integers:
    """Whole numbers of the same sum, by largest remainder."""
    floor = np.floor(np.round(wanted, 9)).astype(np.int64)
    left = round(float(wanted.sum())) - int(floor.sum())
    most = np.lexsort((np.arange(len(wanted)), -(np.round(wanted, 9) - floor)))
    floor[most[:left]] += 1
    return floor

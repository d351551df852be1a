"""Membership inference: how well somebody who sees a model's scores could tell whom it was trained on.

Every family is known to all folds' models but its own fold's. So under each fold's model the training cases of the
other folds are *members* and those of the fold are not, and a model that has learnt people by heart scores a member
with the outcome higher than one it never saw. The attack is a threshold on the loss: among cases of one as-of date and
one outcome that is the order of the scores (Yeom et al. 2018, 'Privacy risk in machine learning'). A second attack
first takes off what the other folds' models say of the same case (difficulty calibration, Watson et al. 2022, 'On the
importance of difficulty calibration in membership inference attacks'); only somebody who holds all folds' models and
the case's features can make it, and it is reported beside the first.

The figure is the attack's area under the curve: the chance that a member comes before a non-member of the same date
and outcome, over all pairs and folds. Every pair counts twice, once under the model of either's fold, so that a model
that learnt nothing of single families gets one half exactly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.boosted import margins
from models.candidates import Fitted
from models.cases import Cases, Floats, Integers
from models.rehearsal import Rehearsal
from models.target import BASELINES, CandidateName

MOST = 5000
"""Cases with the outcome, and cases without, that are looked at: the first of each date in its settled order."""
_NORMAL = 1.96


@dataclass(frozen=True)
class Attack:
    """Area under the curve of one attack on one class of cases."""

    auc: float
    low: float
    high: float
    """95% interval, from the sums over families of each pair's part (Obuchowski 1997, clustered areas)."""
    of: int
    """Training cases of the class, of which no more than `MOST` were looked at."""
    parts: Floats
    """What each group of families adds to the error of ``auc``, by group number."""


@dataclass(frozen=True)
class Exposed:
    """What one candidate gives away. An attack is None where no two cases could be compared."""

    positives: Attack | None
    others: Attack | None
    positives_by_difference: Attack | None
    others_by_difference: Attack | None
    by_label: Mapping[str, Attack | None] = field(default_factory=dict)
    """The attack by score on cases with each further label of the target, which a candidate may have been taught."""

    @property
    def worst(self) -> tuple[float, str] | None:
        """The highest area by score of the outcome and of each label, with whose it is; None where the outcome's is."""
        if self.positives is None:
            return None
        by_label = [(one.auc, label) for label, one in self.by_label.items() if one]
        return max([(self.positives.auc, "the outcome"), *by_label], key=lambda pair: pair[0])


def membership(cases: Cases, newest_test: Rehearsal) -> dict[CandidateName, Exposed]:
    """Attack every candidate, with the models of the newest test's origin and the cases they were trained on."""
    found = {}
    for name, performed in newest_test.performed.items():
        training, outcome = newest_test.training_rows, newest_test.training_outcome
        with_it, without = training[outcome == 1], training[outcome == 0]
        positives, positives_apart = _attacks(cases, performed.fitted, with_it, 1)
        # Without the outcome a member is told by a lower score, not a higher one.
        others, others_apart = _attacks(cases, performed.fitted, without, -1)
        by_label = {
            label: _attacks(cases, performed.fitted, _with_label(cases, newest_test, label), 1)[0]
            for label in cases.labels
        }
        found[name] = Exposed(positives, others, positives_apart, others_apart, by_label)
    return found


def not_eligible(found: Mapping[CandidateName, Exposed], limit: float) -> dict[CandidateName, str]:
    """Why a learnt candidate may not make the list: its estimate on true cases is over the limit.

    True cases are those with the outcome and, where the target has further labels, those with each of them: the worst
    counts. The estimate decides, not the lower end of its interval: with few true cases an interval is wide, and that
    so few are known is a reason for more care with them, not less. What cannot be measured is over the limit too. A
    baseline learns no more than a scale, or which feature to go by, and is never barred.
    """
    reasons = {}
    for name, exposed in found.items():
        if name in BASELINES:
            continue
        worst = exposed.worst
        if worst is None:
            reasons[name] = "how much it gives away about the families it learnt from could not be measured"
        elif worst[0] > limit:
            reasons[name] = (
                f"it tells the families it learnt from apart from others with {worst[1].replace('_', ' ')} (attack AUC "
                f"{worst[0]:.2f}, over the limit of {limit:g})"
            )
    return reasons


def summary(found: Mapping[CandidateName, Exposed], limit: float, as_of: dt.date) -> dict[str, Any]:
    """For the evaluation document."""
    barred = not_eligible(found, limit)
    return {
        "limit_on_positives": limit,
        "as_of": as_of.isoformat(),
        "what": (
            "The chance that a training case scores more like one that was learnt by heart than a case of the same "
            "date and outcome that the model never saw; 0.5 gives nothing away. 'by_score' is open to whoever sees "
            "a model's scores and is what the limit is held against; 'by_difference' needs the models of all folds. "
            "'by_label' is the attack by score on the cases with each further label, and counts towards the limit."
        ),
        "candidates": {
            name.value: {
                "by_score": _said(one.positives, one.others),
                "by_difference": _said(one.positives_by_difference, one.others_by_difference),
                "by_label": {label: _figures(attack) for label, attack in one.by_label.items()},
                "over_limit": name in barred,
            }
            for name, one in found.items()
        },
    }


def _with_label(cases: Cases, rehearsal: Rehearsal, label: str) -> Integers:
    """Training cases of which the label was known at the origin."""
    learnt = cases.labels[label].learnt(rehearsal.training_rows, known_by=rehearsal.origin.as_of)
    return np.asarray(rehearsal.training_rows[(learnt.outcome > 0) & (learnt.weight > 0)], dtype=np.int64)


def _attacks(cases: Cases, fitted: Sequence[Fitted], rows: Integers, sign: int) -> tuple[Attack | None, Attack | None]:
    """Both attacks on the cases of one class; ``sign`` is 1 where a higher score makes a member."""
    first = np.sort(rows[np.argsort(cases.tie_place[rows], kind="stable")[:MOST]])
    if not len(first):
        return None, None
    told = _margins(fitted, cases, first) * sign
    return _attack(cases, first, told, len(rows)), _attack(cases, first, _difference(told), len(rows))


def _margins(fitted: Sequence[Fitted], cases: Cases, rows: Integers) -> Floats:
    """Shape (cases, folds): each case's margin by every fold's model."""
    return np.asarray(np.round(margins(fitted, cases.values[rows]), 9), dtype=np.float64)


def _difference(margins: Floats) -> Floats:
    """Each model's margin less the mean of the other folds' models."""
    others = (margins.sum(axis=1, keepdims=True) - margins) / (margins.shape[1] - 1)
    return np.asarray(np.round(margins - others, 9), dtype=np.float64)


def _attack(cases: Cases, rows: Integers, told: Floats, of: int) -> Attack | None:
    """``told`` has shape (cases, folds): the higher, the more a case looks like a member of that fold's model."""
    fold, cluster = cases.fold[rows], cases.group[rows]
    size = int(cases.group.max()) + 1
    before, pairs = np.zeros(size), np.zeros(size)
    for day in np.unique(cases.as_of[rows]):
        here = np.flatnonzero(cases.as_of[rows] == day)
        for number in range(told.shape[1]):
            seen, unseen = here[fold[here] != number], here[fold[here] == number]
            if len(seen) and len(unseen):
                by_seen, by_unseen = _compared(told[seen, number], told[unseen, number])
                before += np.bincount(cluster[seen], by_seen, size) + np.bincount(cluster[unseen], by_unseen, size)
                pairs += np.bincount(cluster[seen], minlength=size) * len(unseen)
                pairs += np.bincount(cluster[unseen], minlength=size) * len(seen)
    # Each pair was counted for both of its families.
    total = pairs.sum() / 2
    if not total:
        return None
    auc = float(before.sum() / 2 / total)
    parts = (before - auc * pairs) / total
    return Attack(auc, *_interval(auc, parts, int((pairs > 0).sum())), of, parts)


def _compared(seen: Floats, unseen: Floats) -> tuple[Floats, Floats]:
    """For each seen case how many unseen ones it comes before, and for each unseen how many seen come before it."""
    order_seen, order_unseen = np.sort(seen), np.sort(unseen)
    by_seen = (np.searchsorted(order_unseen, seen, "left") + np.searchsorted(order_unseen, seen, "right")) / 2
    after = (np.searchsorted(order_seen, unseen, "left") + np.searchsorted(order_seen, unseen, "right")) / 2
    return np.asarray(by_seen, dtype=np.float64), np.asarray(len(seen) - after, dtype=np.float64)


def _interval(auc: float, parts: Floats, families: int) -> tuple[float, float]:
    error = float(np.sqrt((parts**2).sum() * families / max(families - 1, 1)))
    return max(0.0, auc - _NORMAL * error), min(1.0, auc + _NORMAL * error)


def _said(positives: Attack | None, others: Attack | None) -> dict[str, Any]:
    figures = {"positives": _figures(positives), "others": _figures(others)}
    return {**figures, "overall": _figures(_overall(positives, others))}


def _overall(positives: Attack | None, others: Attack | None) -> Attack | None:
    """Over all cases: each class's chance by its number of cases."""
    if positives is None or others is None:
        return None
    share = positives.of / (positives.of + others.of)
    auc = share * positives.auc + (1 - share) * others.auc
    parts = share * positives.parts + (1 - share) * others.parts
    families = int(((positives.parts != 0) | (others.parts != 0)).sum())
    return Attack(auc, *_interval(auc, parts, families), positives.of + others.of, parts)


def _figures(attack: Attack | None) -> dict[str, Any]:
    if attack is None:
        return {"value": None, "low": None, "high": None, "why": "no two cases could be compared"}
    return {key: round(getattr(attack, name), 6) for key, name in (("value", "auc"), ("low", "low"), ("high", "high"))}

"""What is known of a target's further labels: which candidates they can teach, and how each candidate does on them.

Under ``labels`` of the evaluation. A label is known only of those who were observed; a list's precision on it counts
those who were not observed as not having it, so that it is the least share of the list of whom it is so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.candidates import Training
from models.cases import Cases, Floats, Integers
from models.labels import Learnt
from models.metrics import Counts, caught_at_capacity, family_weights, order
from models.of_need import is_contact_history
from models.rehearsal import Rehearsal
from models.splits import Origin
from models.target import CandidateName, Label, Target

NEEDS_LABEL = (
    CandidateName.WEIGHTED_NEEDS,
    CandidateName.NEED_FOUND,
    CandidateName.NEED_FOUND_UNWATCHED,
    CandidateName.NEED_AMONG_ASSESSED,
)
"""Candidates that are taught the first further label of their target."""
WITHOUT_CONTACT_HISTORY = (CandidateName.UNWATCHED, CandidateName.NEED_FOUND_UNWATCHED)
_LOW, _HIGH = 2.5, 97.5


def left_out(
    cases: Cases, target: Target, origins: Sequence[Origin], folds: int, least: int
) -> dict[CandidateName, str]:
    """The candidates of the target that there is no sense in here, and why.

    Those that are taught its first label, where that is too little known at one of the origins; and those that do
    without contact history, where no feature is any.
    """
    lacking: dict[CandidateName, str] = {}
    if not any(is_contact_history(feature, target) for feature in cases.features):
        same = "No feature rests on contact history, so that it would be the candidate that sees everything."
        lacking |= dict.fromkeys(WITHOUT_CONTACT_HISTORY, same)
    if any(name in NEEDS_LABEL for name in target.compared):
        if not target.labels:
            raise ValueError(f"{target.name} compares candidates that are taught a further label, and has none")
        reasons = (_too_little(cases, target.labels[0], origin, folds, least) for origin in origins)
        why = next((reason for reason in reasons if reason), "")
        lacking |= dict.fromkeys(NEEDS_LABEL, why) if why else {}
    return {name: lacking[name] for name in target.compared if name in lacking}


def _too_little(cases: Cases, label: Label, origin: Origin, folds: int, least: int) -> str:
    rows = cases.during(origin.learns_from)
    learnt = cases.labels[label.name].learnt(rows, known_by=origin.as_of)
    seen, found = learnt.weight > 0, learnt.weight * learnt.outcome > 0
    group, fold = cases.group[rows], cases.fold[rows]
    day = origin.as_of.isoformat()
    if not seen.any():
        return f"{label.title}: the extracts say of nobody, as known by {day}, that anybody looked"
    for kept, what in ((found, "found"), (seen & ~found, "looked for and not found")):
        if len(np.unique(group[kept])) < least:
            return f"{label.title}: {what} in fewer than {least} families, as known by {day}"
    for one in range(folds):
        outside = fold != one
        if not (found & outside).any() or not (seen & ~found & outside).any():
            return f"{label.title}: all who are known to have it, or not to, are in one fold, as known by {day}"
    return ""


def judged_by(training: Training, target: Target, lacking: Mapping[CandidateName, str]) -> Floats | None:
    """What the target's rule judges by, of each training case: nothing where the outcome has to do."""
    label = target.choice.label
    if not label or CandidateName.NEED_FOUND in lacking:
        return None
    return everybody(training.labels[label])


def everybody(learnt: Learnt) -> Floats:
    """A label of everybody: those not observed count as not having it."""
    return learnt.outcome * learnt.weight


def label_facts(
    cases: Cases,
    target: Target,
    tests: Sequence[Rehearsal],
    lacking: Mapping[CandidateName, str],
    capacity: int,
    replicates: int,
    seed: int,
) -> dict[str, Any]:
    """Each label at the test dates: how many were observed, and each candidate's precision at capacity, pooled."""
    rows = np.concatenate([test.rows for test in tests])
    clusters = np.unique(cases.group[rows])
    drawn = family_weights(len(clusters), replicates, seed)
    weights = np.vstack([np.ones((1, len(clusters)), dtype=drawn.dtype), drawn])
    return {
        "left_out": {name.value: why for name, why in lacking.items()},
        "known_of": {label.name: _known_of(cases, label, rows) for label in target.labels},
        "candidates": {
            name.value: {
                label.name: _precision(cases, label, tests, name, clusters, weights, capacity)
                for label in target.labels
            }
            for name in tests[0].performed
        },
    }


def _known_of(cases: Cases, label: Label, rows: Integers) -> dict[str, Any]:
    learnt = cases.labels[label.name].learnt(rows)
    observed = float(learnt.weight.sum())
    return {
        "title": label.title,
        "kinds": list(label.kinds),
        "observed_kinds": list(label.observed_kinds),
        "share_observed": round(observed / len(rows), 6),
        "share_found_of_observed": round(float(everybody(learnt).sum()) / observed, 6) if observed else None,
        "share_found": round(float(everybody(learnt).mean()), 6),
    }


def _precision(
    cases: Cases,
    label: Label,
    tests: Sequence[Rehearsal],
    name: CandidateName,
    clusters: Integers,
    weights: Counts,
    capacity: int,
) -> dict[str, float]:
    caught, places = np.zeros(len(weights)), 0
    for test in tests:
        found = everybody(cases.labels[label.name].learnt(test.rows))
        cluster = np.searchsorted(clusters, cases.group[test.rows])
        one = order(test.performed[name].margin, found, cluster, cases.tie_place[test.rows])
        caught += caught_at_capacity(one, weights, capacity)
        places += min(capacity, len(test.rows))
    share = caught / places
    low, high = np.percentile(share[1:], [_LOW, _HIGH], method="inverted_cdf")
    return {"value": round(float(share[0]), 6), "low": round(float(low), 6), "high": round(float(high), 6)}

"""Whether reasons are what moves the score: taking them away is compared with taking away as much at random.

The features behind each listed case's three strongest reasons are set to the date's typical value and the case is
judged again, by the same model; then the same is done with as many features drawn at random from those in which the
case is not typical. Reasons that only sounded right would move the score no further than any others (the deletion
test of Samek and others 2017, 'Evaluating the visualization of what a deep neural network has learned').
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.candidates import Fitted
from models.cases import Cases, Flags, Floats, Integers
from models.evaluation import interval
from models.groups import derived_seed
from models.metrics import family_weights
from models.reasons import TOP, top
from models.rehearsal import Performed, Rehearsal, by_fold, positions
from models.target import BASELINES
from models.themes import Themes, themes

_DRAWS = 20
_NO_REASONS = "No listed case has a reason: every case is much like the typical one, as far as this candidate sees."


def faithfulness(cases: Cases, rehearsal: Rehearsal, capacity: int, replicates: int, seed: int) -> dict[str, Any]:
    """How far reasons move the score, for each learnt candidate of a rehearsal, on its own list.

    ``moved_by_reasons`` and ``moved_by_random`` are the mean fall in log-odds, each with its 95% interval from a
    bootstrap of the listed families; ``share`` is that of the cases whose reasons moved them further than random
    features did. ``faithful`` says whether the interval of the difference lies above 0.
    """
    told = themes(cases)
    return {
        name.value: _of(
            cases, told, rehearsal, performed, capacity, replicates, derived_seed(seed, "faith", name.value)
        )
        for name, performed in rehearsal.performed.items()
        if name not in BASELINES
    }


def _of(
    cases: Cases, told: Themes, rehearsal: Rehearsal, performed: Performed, capacity: int, replicates: int, seed: int
) -> dict[str, Any]:
    place = positions(performed.margin, cases.tie_place[rehearsal.rows])
    listed = rehearsal.rows[place <= capacity]
    changes = _behind_reasons(told, top(cases, told, performed, listed))
    values, typical = cases.values[listed], typical_values(cases.values[rehearsal.rows])
    differs = ~((values == typical) | (np.isnan(values) & np.isnan(typical)))
    changes &= differs
    kept = np.flatnonzero(changes.any(axis=1))
    if not len(kept):
        return {"cases": 0, "why": _NO_REASONS}
    fold, values, changes, differs = cases.fold[listed[kept]], values[kept], changes[kept], differs[kept]
    scale = performed.platt.slope or 1.0
    before = by_fold(performed.fitted, values, fold)
    by_reasons = (before - _without(performed.fitted, values, typical, changes, fold)) * scale
    generator = np.random.default_rng(seed)
    at_random = np.zeros(len(kept))
    for _ in range(_DRAWS):
        drawn = _as_many(changes.sum(axis=1), differs, generator)
        at_random += (before - _without(performed.fitted, values, typical, drawn, fold)) * scale / _DRAWS
    clusters, cluster = np.unique(cases.group[listed[kept]], return_inverse=True)
    weights = family_weights(len(clusters), replicates, seed)[:, cluster].astype(np.float64)
    difference = _mean(by_reasons - at_random, weights)
    low = difference["low"]
    return {
        "cases": len(kept),
        "reasons": TOP,
        "features_changed": round(float(changes.sum(axis=1).mean()), 6),
        "moved_by_reasons": _mean(by_reasons, weights),
        "moved_by_random": _mean(at_random, weights),
        "difference": difference,
        "share": _mean((by_reasons > at_random).astype(np.float64), weights),
        "faithful": isinstance(low, float) and low > 0,
    }


def typical_values(values: Floats) -> Floats:
    """What is typical of each column: the median of the known values, or unknown where most cases have none."""
    known = ~np.isnan(values)
    return np.array(
        [
            np.median(values[known[:, place], place]) if known[:, place].mean() > 0.5 else np.nan
            for place in range(values.shape[1])
        ]
    )


def _behind_reasons(told: Themes, strongest: Integers) -> Flags:
    """Shape (cases, features): whether a feature is of one of the case's strongest themes."""
    return np.asarray((told.number[None, :, None] == strongest[:, None, :]).any(axis=2), dtype=np.bool_)


def _as_many(number: Integers, among: Flags, generator: np.random.Generator) -> Flags:
    """Shape (cases, features): so many features of each case, drawn from those that ``among`` marks."""
    key = np.where(among, generator.random(among.shape), 2.0)
    order = np.argsort(np.argsort(key, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(order < number[:, None], dtype=np.bool_)


def _without(fitted: Sequence[Fitted], values: Floats, typical: Floats, changes: Flags, fold: Integers) -> Floats:
    return by_fold(fitted, np.where(changes, typical, values), fold)


def _mean(values: Floats, weights: Floats) -> dict[str, float | str | None]:
    return interval(float(values.mean()), (weights @ values) / weights.sum(axis=1))

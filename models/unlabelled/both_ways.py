"""What it changes that ethnicity informs who would be noticed: the same model with the audits' weights and without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from models.cases import Cases, Floats, Integers
from models.evaluation import Setting
from models.rehearsal import Rehearsal, by_fold, positions, training_for
from models.target import CandidateName, Target, Unlabelled
from models.unlabelled.caring import Caring, design, expected_carers
from models.unlabelled.two_parts import fit_two_parts


def both_ways(
    cases: Cases,
    newest: Rehearsal,
    current: Rehearsal,
    target: Target,
    unlabelled: Unlabelled,
    setting: Setting,
    hidden: float,
) -> dict[str, Any]:
    """Hidden carers, list and precision with weights and without; where there are none, that there are none.

    ``newest`` is the newest test and ``hidden`` the estimate that was made with the weights, if there are any.
    """
    beside = cases.identification
    if beside is None or not beside.weighted:
        return {"on": False, "why": "Policy does not let ethnicity inform who would be noticed."}
    blind = replace(cases, identification=replace(beside, offset=np.zeros_like(beside.offset), weighted=False))
    plain = design(training_for(blind, current.origin, folds=setting.folds, seed=setting.seed, threads=1), unlabelled)
    without = expected_carers(plain, fit_two_parts(plain.seen, plain.priors), cases.values[current.rows])
    margins = {
        "with": newest.performed[CandidateName.CARING].margin,
        "without": _margin(blind, newest, unlabelled, setting),
    }
    listed = _listed(cases, current.rows, current.performed[CandidateName.CARING].margin, setting.capacity)
    else_listed = _listed(cases, current.rows, _margin(blind, current, unlabelled, setting), setting.capacity)
    return {
        "on": True,
        # Others that rank by signs have no such part, so that nothing about who is noticed can reach their lists.
        "of": CandidateName.CARING.value,
        "hidden": {"with": round(hidden, 6), "without": round(without, 6)},
        "share_of_current_list_the_same": round(len(np.intersect1d(listed, else_listed)) / len(listed), 6),
        "precision_at_newest_test": {
            name: round(float(cases.outcome(_listed(cases, newest.rows, margin, setting.capacity)).mean()), 6)
            for name, margin in margins.items()
        },
    }


def _margin(cases: Cases, rehearsal: Rehearsal, unlabelled: Unlabelled, setting: Setting) -> Floats:
    training = training_for(cases, rehearsal.origin, folds=setting.folds, seed=setting.seed, threads=1)
    fitted = Caring(unlabelled).fit(training, lambda: None)
    return by_fold(fitted, cases.values[rehearsal.rows], cases.fold[rehearsal.rows])


def _listed(cases: Cases, rows: Integers, margin: Floats, capacity: int) -> Integers:
    return rows[positions(margin, cases.tie_place[rows]) <= capacity]

"""A feature that all but is the outcome is a leak, not a finding: training stops."""

from __future__ import annotations

import numpy as np

from models.cases import Cases, Floats, Integers
from models.metrics import area_under_curve
from models.splits import Origin, Plan
from store.errors import InputRejected

LEAK = 0.99
"""Area under the curve of one feature alone, either way round, above which it is taken for the outcome."""
MOST = 20_000
"""Training cases of each class that are looked at, the first of each date in settled order: a leak shows in fewer."""


def refuse_leaks(cases: Cases, planned: Plan) -> None:
    """Raise InputRejected when one feature by itself separates the outcome in training almost without error.

    Whether a value is unknown is tried as well: a blank may give the outcome away as surely as a number.
    """
    newest = planned.tests[-1]
    rows = _looked_at(cases, newest)
    outcome = cases.outcome(rows, known_by=newest.as_of)
    for place, feature in enumerate(cases.features):
        if _tells(cases.values[rows, place], outcome) > LEAK:
            raise InputRejected(
                f"The feature {feature.name} tells the outcome almost without error: it must hold what "
                "happened after the as-of date.",
                where=f"features/catalogue.json: {feature.name}",
                fix="Correct the feature's dates, or leave it out in the target's file.",
            )


def _looked_at(cases: Cases, origin: Origin) -> Integers:
    rows = cases.during(origin.learns_from)
    outcome = cases.outcome(rows, known_by=origin.as_of)
    in_order = np.argsort(cases.tie_place[rows], kind="stable")
    first = [in_order[outcome[in_order] == happened][:MOST] for happened in (0.0, 1.0)]
    return np.asarray(rows[np.concatenate(first)], dtype=np.int64)


def _tells(column: Floats, outcome: Floats) -> float:
    """The best area under the curve of a value, its opposite, or its being unknown, either way round."""
    unknown = np.isnan(column)
    areas = [area_under_curve(np.where(unknown, -np.inf, sign * column), outcome) for sign in (1, -1)]
    by_blank = 0.5 + (unknown[outcome > 0].mean() - unknown[outcome == 0].mean()) / 2
    return float(max(*areas, by_blank, 1 - by_blank))

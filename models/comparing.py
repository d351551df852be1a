"""Champion against challenger, on the newest quarter whose outcomes have closed and on the current list.

Both are compared as they would serve: each case of the newest closed date is scored from the champion's kept files and
by the challenger, each time by a model that never saw the case's family. Nor may one know the date and the other not:
where the challenger as kept learnt from it, and the champion was made before it closed, the challenger is trained
once more on every other date, as known today. The one that would be promoted then knows a date more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.calibration import Platt
from models.candidates import Candidate
from models.cases import Cases, Floats, Integers
from models.evaluation import interval
from models.metrics import Draws, evaluate, family_weights, ranked
from models.persistence import LoadedModel
from models.rehearsal import positions, rehearse
from models.splits import Origin

COMPARED = ("precision", "recall", "average_precision", "auc", "brier", "observed_over_expected")
"""What is compared; precision and recall are at the panel's capacity."""


@dataclass(frozen=True)
class Scored:
    """One model's say of each case of a date: what the list is ordered by, and the probability."""

    margin: Floats
    predicted: Floats


def as_kept(model: LoadedModel, cases: Cases, rows: Integers, fold: Integers) -> Scored:
    """A kept model's say of these rows of one date. ``fold`` is each row's fold by the model's own seed."""
    margin = model.margin(model.values(cases, rows), fold)
    return _scored(margin, model.candidates[model.chosen].platt)


def by_challenger_without(
    cases: Cases,
    candidate: Candidate,
    origin: Origin,
    left_out: dt.date,
    *,
    folds: int,
    seed: int,
    threads: int,
    advance: Callable[[], None],
) -> Scored:
    """What the challenger says of ``left_out``, trained as for ``origin`` but without that date."""
    others = tuple(day for day in origin.learns_from if day != left_out)
    done = rehearse(
        cases, Origin(origin.as_of, others), [candidate], folds=folds, seed=seed, threads=threads, advance=advance
    )
    performed = done.performed[candidate.name]
    rows = cases.at(left_out)
    margin = np.zeros(len(rows))
    for number, one in enumerate(performed.fitted):
        inside = np.flatnonzero(cases.fold[rows] == number)
        margin[inside] = one.margin(cases.values[rows[inside]])
    return _scored(np.round(margin, 9), performed.platt)


def compared(
    cases: Cases, rows: Integers, champion: Scored, challenger: Scored, capacity: int, replicates: int, seed: int
) -> dict[str, Any]:
    """Each figure of both, and the challenger's less the champion's, with 95% intervals.

    The families drawn in a replicate are the same for both, so that the interval is that of the paired difference.
    """
    clusters, cluster = np.unique(cases.group[rows], return_inverse=True)
    weights = family_weights(len(clusters), replicates, seed)
    outcome = cases.outcome(rows)
    both = {
        name: evaluate(
            {"date": ranked(one.margin, one.predicted, outcome, cluster, cases.tie_place[rows])}, weights, capacity
        )["date"]
        for name, one in (("champion", champion), ("challenger", challenger))
    }
    return {metric: _beside(both["champion"], both["challenger"], metric) for metric in COMPARED}


def turnover(cases: Cases, rows: Integers, champion: Floats, challenger: Floats, capacity: int) -> float:
    """The share of the challenger's list of a date that is not on the champion's, both ordered by these margins."""
    tie = cases.tie_place[rows]
    before, after = (positions(margin, tie) <= capacity for margin in (champion, challenger))
    return round(1 - float((before & after).sum()) / int(after.sum()), 6) + 0.0


def _scored(margin: Floats, platt: Platt) -> Scored:
    # Centred on its own date, as in training: what all of a date share says nothing of one of them.
    return Scored(margin, platt.probability(margin - round(float(margin.mean()), 9)))


def _beside(champion: Draws, challenger: Draws, metric: str) -> dict[str, Any]:
    return {
        "champion": interval(champion.estimate[metric], champion.replicates[metric]),
        "challenger": interval(challenger.estimate[metric], challenger.replicates[metric]),
        "difference": interval(
            challenger.estimate[metric] - champion.estimate[metric],
            challenger.replicates[metric] - champion.replicates[metric],
        ),
    }

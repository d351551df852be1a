"""Which candidate makes the list: the target's rule, applied to training data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.cases import Cases, Floats
from models.metrics import caught_at_capacity, family_weights, order
from models.rehearsal import Rehearsal, as_dates
from models.target import CandidateName, ChoiceRule


@dataclass(frozen=True)
class Judged:
    """A candidate before the rule."""

    precision: float
    behind_best: float
    standard_error: float
    within: bool


@dataclass(frozen=True)
class Choice:
    """The rule's outcome, with what it was decided on."""

    chosen: CandidateName
    as_ofs: tuple[str, ...]
    judged: dict[CandidateName, Judged]


def decide(cases: Cases, newest_test: Rehearsal, rule: ChoiceRule, capacity: int, replicates: int, seed: int) -> Choice:
    """Apply the rule to held-out predictions at the as-of dates that the newest test learnt from.

    The lists compared are of the panel's capacity at each of those dates, pooled.
    """
    precision = {name: _precision(cases, newest_test, name, capacity, replicates, seed) for name in rule.simplest_first}
    best = max(rule.simplest_first, key=lambda name: round(precision[name][0], 6))
    judged = {name: _judge(precision[name], precision[best], rule) for name in rule.simplest_first}
    chosen = next(name for name in rule.simplest_first if judged[name].within)
    return Choice(chosen, tuple(as_dates(newest_test.origin.learns_from)), judged)


def _judge(one: Floats, best: Floats, rule: ChoiceRule) -> Judged:
    # Rounded before it is compared, so that the last digit of a sum cannot turn the choice.
    behind = round(float(best[0] - one[0]), 6)
    error = round(float(np.std(best[1:] - one[1:])), 6)
    return Judged(round(float(one[0]), 6), behind, error, behind <= round(rule.within_standard_errors * error, 6))


def _precision(
    cases: Cases, rehearsal: Rehearsal, name: CandidateName, capacity: int, replicates: int, seed: int
) -> Floats:
    """Pooled precision at capacity: the estimate, then each replicate."""
    rows = rehearsal.training_rows
    clusters, cluster = np.unique(cases.group[rows], return_inverse=True)
    drawn = family_weights(len(clusters), replicates, seed)
    weights = np.vstack([np.ones((1, len(clusters)), dtype=drawn.dtype), drawn])
    score, outcome = rehearsal.performed[name].held_out, rehearsal.training_outcome
    caught, places = np.zeros(len(weights)), 0
    for day in np.unique(cases.as_of[rows]):
        here = np.flatnonzero(cases.as_of[rows] == day)
        one = order(score[here], outcome[here], cluster[here], cases.tie_place[rows][here])
        caught += caught_at_capacity(one, weights, capacity)
        places += min(capacity, len(here))
    return caught / places


def summary(choice: Choice, rule: ChoiceRule) -> Mapping[str, object]:
    """For the evaluation document."""
    return {
        "rule": rule.in_words(),
        "chosen": choice.chosen.value,
        "decided_on": list(choice.as_ofs),
        "candidates": {
            name.value: {
                "precision": judged.precision,
                "behind_best": judged.behind_best,
                "standard_error_of_difference": judged.standard_error,
                "within": judged.within,
            }
            for name, judged in choice.judged.items()
        },
    }

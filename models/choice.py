"""Which candidate makes the list: the target's rule, applied to training data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.cases import Cases, Floats
from models.metrics import Draws, Ranked, evaluate, family_weights, ranked
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
    draws = {name: _draws(cases, newest_test, name, capacity, replicates, seed) for name in rule.simplest_first}
    best = max(rule.simplest_first, key=lambda name: draws[name].estimate["precision"])
    judged = {name: _judge(draws[name], draws[best], rule) for name in rule.simplest_first}
    chosen = next(name for name in rule.simplest_first if judged[name].within)
    return Choice(chosen, tuple(as_dates(newest_test.origin.learns_from)), judged)


def _judge(one: Draws, best: Draws, rule: ChoiceRule) -> Judged:
    behind = best.estimate["precision"] - one.estimate["precision"]
    error = float(np.std(best.replicates["precision"] - one.replicates["precision"]))
    # Rounded before it is compared, so that the last digit of a sum cannot turn the choice.
    behind, error = round(behind, 6), round(error, 6)
    within = behind <= round(rule.within_standard_errors * error, 6)
    return Judged(round(one.estimate["precision"], 6), behind, error, within)


def _draws(cases: Cases, rehearsal: Rehearsal, name: CandidateName, capacity: int, replicates: int, seed: int) -> Draws:
    rows = rehearsal.training_rows
    clusters, cluster = np.unique(cases.group[rows], return_inverse=True)
    weights = family_weights(len(clusters), replicates, seed)
    score, outcome = rehearsal.performed[name].held_out, rehearsal.training_outcome
    by_as_of: dict[str, Ranked] = {}
    for day in np.unique(cases.as_of[rows]):
        here = np.flatnonzero(cases.as_of[rows] == day)
        if _both(outcome[here]):
            by_as_of[str(day)] = ranked(score[here], outcome[here], cluster[here], cases.tie_place[rows][here])
    return evaluate(by_as_of, weights, capacity)["pooled"]


def _both(outcome: Floats) -> bool:
    """Whether a training date has both classes; the pooled training always has, or it would not be a test."""
    return bool(0 < outcome.sum() < len(outcome))


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

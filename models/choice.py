"""Which candidate makes the list: the target's rule, applied to training data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from models.candidates import SingleIndicator, Training
from models.cases import Cases, Floats, Integers
from models.metrics import Counts, caught_at_capacity, family_weights, order
from models.rehearsal import Rehearsal, as_dates, by_fold
from models.splits import CannotModel
from models.target import CandidateName, ChoiceRule

_LOW, _HIGH = 2.5, 97.5
_NOBODY: Mapping[CandidateName, str] = MappingProxyType({})


@dataclass(frozen=True)
class Judged:
    """A candidate before the rule. ``low`` and ``high`` are the 95% interval of its precision."""

    precision: float
    low: float
    high: float
    behind_best: float
    standard_error: float
    within: bool
    beats_chance: bool
    """Whether the 95% interval of what its precision is above that of a list drawn by lot lies above 0."""
    outcome: tuple[float, float, float]
    """Precision on the target's outcome with its interval, whatever the rule judges by."""
    keeps_up: bool
    """Whether it was not shown to find fewer outcomes than the candidate that the rule names for that."""
    why_not_eligible: str = ""
    """Why it may not be chosen however well it does; empty when it may."""
    why_not_stable: str = ""
    """Why it comes after those that are stable; empty when it is."""


@dataclass(frozen=True)
class Choice:
    """The rule's outcome, with what it was decided on."""

    chosen: CandidateName
    as_ofs: tuple[str, ...]
    judged: dict[CandidateName, Judged]
    chance: float
    """Precision to be expected of a list drawn by lot."""
    judged_on: str = ""
    """The further label that precision is of; empty for the target's outcome."""

    @property
    def no_better_than_chance(self) -> bool:
        """Whether the chosen candidate has not been shown to beat a list drawn by lot."""
        return not self.judged[self.chosen].beats_chance

    @property
    def not_stable(self) -> bool:
        """Whether the chosen candidate's list or reasons would be too different had other families been drawn."""
        return bool(self.judged[self.chosen].why_not_stable)


def decide(
    cases: Cases,
    newest_test: Rehearsal,
    tried: Mapping[CandidateName, Floats],
    rule: ChoiceRule,
    capacity: int,
    replicates: int,
    seed: int,
    eligible: Mapping[CandidateName, str] = _NOBODY,
    found: Floats | None = None,
    unstable: Mapping[CandidateName, str] = _NOBODY,
) -> Choice:
    """Apply the rule at the as-of dates that the newest test learnt from.

    ``found`` is the label that the rule judges by, of each training case as known then; the target's outcome is what
    it judges by without one. Candidates of the rule that were not tried are passed over.

    ``tried`` are the margins there by which each candidate is judged (`tried_out`). The lists compared are of the
    panel's capacity at each of those dates, pooled. ``eligible`` says of a candidate why it is not eligible: one
    without an entry, or with an empty one, is. It is judged all the same, and never chosen, nor is it the best one
    that others are measured against. Candidates shown to beat chance come before those that are not; where none
    is, the rule still names one, and the choice says so. Among those, the stable ones come before those of which
    ``unstable`` says why they are not; where none is stable, the rule still names one, and the choice says so.

    Raises CannotModel when no candidate of the rule is eligible.
    """
    compared = [name for name in rule.simplest_first if name in tried]
    may_be = [name for name in compared if not eligible.get(name)]
    if not may_be:
        reasons = "; ".join(f"{name.value}: {eligible[name]}" for name in compared)
        raise CannotModel(f"no candidate may be chosen ({reasons})")
    lists = Lists.of(cases, newest_test, capacity, replicates, seed)
    outcome = {name: lists.precision(tried[name], newest_test.training_outcome) for name in compared}
    precision = outcome if found is None else {name: lists.precision(tried[name], found) for name in compared}
    chance = lists.precision(
        np.zeros(len(newest_test.training_rows)), newest_test.training_outcome if found is None else found
    )
    floor = outcome.get(rule.no_worse_than) if rule.no_worse_than else None
    keeping = [name for name in may_be if floor is None or not _beats(floor, outcome[name])] or may_be
    shown = [name for name in keeping if _beats(precision[name], chance)] or keeping
    first = [name for name in shown if not unstable.get(name)] or shown
    best = max(first, key=lambda name: round(precision[name][0], 6))
    judged = {
        name: replace(
            _judge(precision[name], precision[best], chance, rule),
            why_not_eligible=eligible.get(name, ""),
            why_not_stable=unstable.get(name, ""),
            outcome=with_interval(outcome[name]),
            keeps_up=floor is None or not _beats(floor, outcome[name]),
        )
        for name in compared
    }
    chosen = next(name for name in first if judged[name].within)
    return Choice(
        chosen,
        tuple(as_dates(newest_test.origin.learns_from)),
        judged,
        round(float(chance[0]), 6),
        "" if found is None else rule.label,
    )


def tried_out(
    cases: Cases, rehearsal: Rehearsal, training: Training, single: SingleIndicator
) -> dict[CandidateName, Floats]:
    """Margins of the training cases by candidates that learnt nothing whatever of their families.

    They are the held-out ones, but for the best single indicator: it is picked among many on all families, and the
    best of a hundred looks good on the families it was picked on though none of them tells anything. It is
    judged by picking it again for each fold on the families outside. Where the picks differ their values cannot
    be compared, and a case counts by its place among those of its fold and date.
    """
    margins = {name: performed.held_out for name, performed in rehearsal.performed.items()}
    picked = single.picked_anew(training)
    anew = by_fold(picked, training.values, training.fold)
    if len({one.name for one in picked}) > 1:
        anew = _places_within(anew, cases.as_of[rehearsal.training_rows], training.fold)
    return {**margins, single.name: anew}


def _places_within(margin: Floats, *parts: np.ndarray[tuple[int], np.dtype[np.generic]]) -> Floats:
    """The share of a part's cases below each case, equal ones counted half. Parts are runs of equal ``parts``."""
    number: Integers = np.zeros(len(margin), dtype=np.int64)
    for part in parts:
        _, code = np.unique(part, return_inverse=True)
        number = number * (int(code.max()) + 1) + code
    share = np.empty(len(margin))
    for one in np.unique(number):
        inside = np.flatnonzero(number == one)
        _, place, count = np.unique(margin[inside], return_inverse=True, return_counts=True)
        share[inside] = ((np.cumsum(count) - count / 2) / len(inside))[place]
    return np.round(share, 9)


def _judge(one: Floats, best: Floats, chance: Floats, rule: ChoiceRule) -> Judged:
    # Rounded before it is compared, so that the last digit of a sum cannot turn the choice.
    behind = round(float(best[0] - one[0]), 6)
    error = round(float(np.std(best[1:] - one[1:])), 6)
    precision, low, high = with_interval(one)
    return Judged(
        precision=precision,
        low=low,
        high=high,
        behind_best=behind,
        standard_error=error,
        within=behind <= round(rule.within_standard_errors * error, 6),
        beats_chance=_beats(one, chance),
        outcome=(precision, low, high),
        keeps_up=True,
    )


def with_interval(one: Floats) -> tuple[float, float, float]:
    """The estimate and its 95% interval."""
    low, high = np.percentile(one[1:], [_LOW, _HIGH], method="inverted_cdf")
    return round(float(one[0]), 6), round(float(low), 6), round(float(high), 6)


def _beats(one: Floats, chance: Floats) -> bool:
    """Whether the 95% interval of the paired difference is above 0."""
    return round(float(np.percentile(one[1:] - chance[1:], _LOW, method="inverted_cdf")), 6) > 0


@dataclass(frozen=True)
class Lists:
    """The lists of the panel's capacity at the dates that a rehearsal learnt from."""

    cases: Cases
    rehearsal: Rehearsal
    cluster: Integers
    weights: Counts
    """How often each family group is drawn, once in the first row for the estimate."""
    capacity: int

    @classmethod
    def of(cls, cases: Cases, rehearsal: Rehearsal, capacity: int, replicates: int, seed: int) -> Lists:
        clusters, cluster = np.unique(cases.group[rehearsal.training_rows], return_inverse=True)
        drawn = family_weights(len(clusters), replicates, seed)
        weights = np.vstack([np.ones((1, len(clusters)), dtype=drawn.dtype), drawn])
        return cls(cases, rehearsal, cluster, weights, capacity)

    def precision(self, margin: Floats, outcome: Floats) -> Floats:
        """Pooled precision at capacity: the estimate, then each replicate."""
        rows = self.rehearsal.training_rows
        caught, places = np.zeros(len(self.weights)), 0
        for day in np.unique(self.cases.as_of[rows]):
            here = np.flatnonzero(self.cases.as_of[rows] == day)
            one = order(margin[here], outcome[here], self.cluster[here], self.cases.tie_place[rows][here])
            caught += caught_at_capacity(one, self.weights, self.capacity)
            places += min(self.capacity, len(here))
        return caught / places


def summary(choice: Choice, rule: ChoiceRule) -> dict[str, object]:
    """For the evaluation document."""
    return {
        "rule": rule.in_words(),
        "chosen": choice.chosen.value,
        "why": _why(choice),
        "no_better_than_chance": choice.no_better_than_chance,
        "not_stable": choice.not_stable,
        "decided_on": list(choice.as_ofs),
        "judged_on": choice.judged_on or "outcome",
        "precision_by_chance": choice.chance,
        "candidates": {
            name.value: {
                "precision": judged.precision,
                "low": judged.low,
                "high": judged.high,
                "behind_best": judged.behind_best,
                "standard_error_of_difference": judged.standard_error,
                "within": judged.within,
                "beats_chance": judged.beats_chance,
                "outcome_precision": dict(zip(("value", "low", "high"), judged.outcome)),
                "keeps_up_on_outcome": judged.keeps_up,
                "eligible": not judged.why_not_eligible,
                "why_not_eligible": judged.why_not_eligible,
                "stable": not judged.why_not_stable,
                "why_not_stable": judged.why_not_stable,
            }
            for name, judged in choice.judged.items()
        },
    }


def _why(choice: Choice) -> str:
    """What was found, in words for every reader. Rates only: a count might be too small to tell."""
    if choice.no_better_than_chance:
        return (
            "No way of choosing was shown to do better than a list drawn by lot, judged on dates before any test. "
            "This list should not be relied on to find anyone."
        )
    found = (
        "The simplest way of choosing that did about as well as the best one, and better than a list drawn by lot, "
        "judged on dates before any test."
    )
    if choice.not_stable:
        return (
            f"{found} It is not stable: had other families been drawn to learn from, too much of the list, or of the "
            "reasons given, would be different, and nothing stable was shown to be better than a list drawn by lot."
        )
    return found

"""What each list is worth and how unevenly it misses, from protected counts, with intervals by families drawn anew.

A list is held as it is while families (those that share a child together) are drawn with replacement. Estimates by
group are of counts of at least ten, each rounded to 5 by itself, and so are their intervals (Wilson's, Newcombe's, and
Donner and Zou's for a ratio), on evidence shrunk by as much as families drawn anew vary more than single cases would.
What of a change can be told from chance is read from the exact figures, and only said in a word. Precision is that of
the whole list, of ten true cases or more, as a run's evaluation tells it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.stats import norm

from fairness_audits.intervals import holm, ratio_of_rates
from models.cases import Flags, Floats, Integers
from models.metrics import family_weights
from store.intervals import newcombe, wilson, z_of
from store.small_numbers import THRESHOLD, rounded

CONFIDENCE = 0.95
LEAST_FAMILIES = 20
"""A group with fewer families with the outcome is not judged."""
_PLACES = 2
_HALF = 0.5


class Change(StrEnum):
    """What may be said of a change against the list as it is."""

    LESS = "less"
    MORE = "more"
    CANNOT_TELL = "cannot_tell"
    SAME = "same"
    """The list as it is."""


@dataclass(frozen=True)
class Figure:
    """A figure and its interval, rounded; ``value`` is None where it is not shown."""

    value: float | None
    low: float | None = None
    high: float | None = None
    below: float | None = None
    """What a figure that is not shown is known to be under."""


@dataclass(frozen=True)
class OfGroup:
    """One group under one list."""

    group: str
    missed: Figure
    """Share of those with the outcome that is not on the list."""
    missed_more: Figure
    """The same less that of everyone else."""
    selected: Figure
    """How many times as often as everyone else a case of the group is on the list."""


@dataclass(frozen=True)
class Measured:
    """One list."""

    precision: Figure
    groups: tuple[OfGroup, ...]
    gap: Figure
    """The largest of the groups' ``missed_more``."""
    gap_group: str
    selection: Figure
    """The groups' ``selected`` that is farthest from once."""
    selection_group: str
    precision_change: Change
    gap_change: Change


@dataclass(frozen=True)
class AllTested:
    """The cases of all test dates; arrays of one length."""

    outcome: Flags
    group: np.ndarray[Any, np.dtype[np.object_]]
    cluster: Integers
    """Number of the family group of each case."""


def judged_groups(tested: AllTested) -> tuple[str, ...]:
    """The groups with enough families with the outcome, largest first."""
    found = []
    for group in sorted(set(tested.group.tolist())):
        mine = tested.group == group
        having, others = (len(np.unique(tested.cluster[side & tested.outcome])) for side in (mine, ~mine))
        if min(having, others) >= LEAST_FAMILIES:
            found.append((-int(mine.sum()), group))
    return tuple(group for _, group in sorted(found))


def measure_lists(
    tested: AllTested, lists: Mapping[str, Flags], baseline: str, replicates: int, seed: int
) -> dict[str, Measured]:
    """Measure every list; ``baseline`` is the one that the others are compared with."""
    groups = judged_groups(tested)
    sums = _Sums.made(tested, groups, lists, replicates, seed)
    precision = {name: sums.precision(name) for name in lists}
    gaps = {name: [sums.missed_more(name, group) for group in groups] for name in lists}
    largest = {name: np.max(gaps[name], axis=0) if groups else None for name in lists}
    changed = _changes({name: precision[name] for name in lists}, baseline)
    widened = _changes({name: one for name, one in largest.items() if one is not None}, baseline)
    return {name: _measured(sums, name, groups, changed[name], widened.get(name, Change.CANNOT_TELL)) for name in lists}


def _measured(sums: _Sums, name: str, groups: Sequence[str], precision: Change, gap: Change) -> Measured:
    found = tuple(_of_group(sums, name, group, len(groups)) for group in groups)
    worst = _first(groups, lambda group: float(sums.missed_more(name, group)[0]))
    farthest = _first(groups, lambda group: abs(float(np.log(sums.selected(name, group)[0]))))
    return Measured(
        precision=_precision(sums, name),
        groups=found,
        gap=found[worst].missed_more if found else Figure(None),
        gap_group=groups[worst] if found else "",
        selection=found[farthest].selected if found else Figure(None),
        selection_group=groups[farthest] if found else "",
        precision_change=precision,
        gap_change=gap,
    )


@dataclass(frozen=True)
class _Sums:
    """Weighted counts, each an array: the estimate, then every replicate."""

    column: Mapping[tuple[str, str, str], int]
    values: Floats
    groups: tuple[str, ...]

    @classmethod
    def made(
        cls, tested: AllTested, groups: tuple[str, ...], lists: Mapping[str, Flags], replicates: int, seed: int
    ) -> _Sums:
        """Columns are (list or nothing, group or nothing for everyone, what is counted)."""
        clusters, cluster = np.unique(tested.cluster, return_inverse=True)
        mine = {"": np.ones(len(cluster), dtype=np.bool_), **{group: tested.group == group for group in groups}}
        masks: dict[tuple[str, str, str], Flags] = {}
        for group, inside in mine.items():
            masks["", group, "cases"] = inside
            masks["", group, "outcomes"] = inside & tested.outcome
            for name, flagged in lists.items():
                masks[name, group, "flagged"] = inside & flagged
                masks[name, group, "found"] = inside & flagged & tested.outcome
        counted = np.column_stack([np.bincount(cluster[mask], minlength=len(clusters)) for mask in masks.values()])
        drawn = family_weights(len(clusters), replicates, seed).astype(np.float64) @ counted
        values = np.vstack([counted.sum(axis=0), drawn])
        return cls({key: place for place, key in enumerate(masks)}, values, groups)

    def count(self, name: str, group: str, what: str) -> Floats:
        kept = "" if what in ("cases", "outcomes") else name
        return np.asarray(self.values[:, self.column[kept, group, what]], dtype=np.float64)

    def rest(self, name: str, group: str, what: str) -> Floats:
        return self.count(name, "", what) - self.count(name, group, what)

    def of(self, name: str, group: str, what: str, rest: bool) -> Floats:
        """A count of the group, or of everyone else."""
        return self.rest(name, group, what) if rest else self.count(name, group, what)

    def precision(self, name: str) -> Floats:
        return _over(self.count(name, "", "found"), self.count(name, "", "flagged"))

    def missed_more(self, name: str, group: str) -> Floats:
        return self.missed(name, group) - _missed(self.rest(name, group, "found"), self.rest(name, group, "outcomes"))

    def missed(self, name: str, group: str) -> Floats:
        return _missed(self.count(name, group, "found"), self.count(name, group, "outcomes"))

    def selected(self, name: str, group: str) -> Floats:
        """The ratio of two shares, half a case added to each count on the list so that it is always there."""
        mine = _over(self.count(name, group, "flagged") + _HALF, self.count(name, group, "cases"))
        return _over(mine, _over(self.rest(name, group, "flagged") + _HALF, self.rest(name, group, "cases")))


def _precision(sums: _Sums, name: str) -> Figure:
    found, flagged = (_exact(sums.count(name, "", what)) for what in ("found", "flagged"))
    if found < THRESHOLD or flagged < THRESHOLD:
        return Figure(None, below=round(THRESHOLD / flagged, _PLACES) if flagged >= THRESHOLD else None)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(sums.precision(name)[1:], [tail, 100 - tail], method="inverted_cdf")
    return _as_figure(found / flagged, (low, high))


def _of_group(sums: _Sums, name: str, group: str, looked_at: int) -> OfGroup:
    """A group's figures, all from rounded counts and from how far families count for less than their cases."""
    each, all_of_them = z_of(CONFIDENCE), z_of(1 - (1 - CONFIDENCE) / looked_at)
    mine, rest = _missed_of(sums, name, group), _missed_of(sums, name, group, rest=True)
    missed = more = Figure(None)
    if mine:
        missed = _as_figure(mine.rate, wilson(mine.above, mine.below, each))
    if mine and rest:
        ends = newcombe(mine.above, mine.below, rest.above, rest.below, all_of_them)
        more = _as_figure(mine.rate - rest.rate, ends)
    return OfGroup(group, missed, more, _selected(sums, name, group, all_of_them))


@dataclass(frozen=True)
class _Counted:
    """A rate of two counts, each of ten or more and rounded by itself, as so much independent evidence."""

    above: float
    below: float

    @property
    def rate(self) -> float:
        return self.above / self.below


def _missed_of(sums: _Sums, name: str, group: str, *, rest: bool = False) -> _Counted | None:
    outcomes, found = (sums.of(name, group, what, rest) for what in ("outcomes", "found"))
    everyone = sums.count(name, "", "outcomes")
    return _counted(outcomes - found, outcomes, _effect(everyone - sums.count(name, "", "found"), everyone))


def _selected(sums: _Sums, name: str, group: str, z: float) -> Figure:
    effect = _effect(sums.count(name, "", "flagged"), sums.count(name, "", "cases"))
    mine, rest = (
        _counted(sums.of(name, group, "flagged", others), sums.of(name, group, "cases", others), effect)
        for others in (False, True)
    )
    if rest is None:
        return Figure(None)
    cases = _exact(sums.count(name, group, "cases"))
    if mine is None:
        return Figure(
            None, below=round(THRESHOLD / rounded(cases) / rest.rate, _PLACES) if cases >= THRESHOLD else None
        )
    return _as_figure(mine.rate / rest.rate, ratio_of_rates(mine.above, mine.below, rest.above, rest.below, z))


def _effect(above: Floats, below: Floats) -> float:
    """Design effect of families on a rate: its variance with families drawn anew over that of independent cases.

    Taken of everyone and to one decimal, it tells nothing of a group's counts.
    """
    rate = _over(above, below)
    alone = float(rate[0] * (1 - rate[0]) / below[0]) if below[0] else 0.0
    return max(round(float(np.var(rate[1:])) / alone, 1), 1.0) if alone > 0 else 1.0


def _counted(above: Floats, below: Floats, effect: float) -> _Counted | None:
    """A rate from rounded counts as so much evidence; None where one of them is small."""
    k, n = _exact(above), _exact(below)
    if k < THRESHOLD or n < THRESHOLD:
        return None
    effective = rounded(n) / effect
    return _Counted(min(rounded(k) / rounded(n), 1.0) * effective, effective)


def _as_figure(value: float, ends: tuple[Floats, Floats]) -> Figure:
    low, high = (float(end) for end in ends)
    return Figure(round(value, _PLACES) + 0.0, round(low, _PLACES) + 0.0, round(high, _PLACES) + 0.0)


def _changes(figures: Mapping[str, Floats], baseline: str) -> dict[str, Change]:
    """Whether each differs from the baseline on the same draws, by Holm's adjustment over all that are compared."""
    others = [name for name in figures if name != baseline]
    if baseline not in figures or not others:
        return dict.fromkeys(figures, Change.SAME)
    differences = [figures[name] - figures[baseline] for name in others]
    errors = [float(np.std(one[1:])) for one in differences]
    z = [float(one[0]) / error if error > 0 else 0.0 for one, error in zip(differences, errors)]
    adjusted = holm([2 * float(norm.sf(abs(one))) for one in z])
    found = {baseline: Change.SAME}
    for name, one, p in zip(others, z, adjusted):
        told = p <= 1 - CONFIDENCE
        found[name] = Change.CANNOT_TELL if not told else (Change.LESS if one < 0 else Change.MORE)
    return found


def _first(groups: Sequence[str], of: Callable[[str], float]) -> int:
    """The place of the group of which it is most."""
    return int(np.argmax([of(group) for group in groups])) if groups else 0


def _exact(count: Floats) -> int:
    return round(float(count[0]))


def _missed(found: Floats, outcomes: Floats) -> Floats:
    return 1 - _over(found, outcomes)


def _over(above: Floats, below: Floats) -> Floats:
    """A share; nought where there is nobody to share among."""
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below > 0), dtype=np.float64)

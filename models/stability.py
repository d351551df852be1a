"""How far a list and its reasons would be the same had other families been drawn, and from one quarter to the next.

A model that fits well can still be a lottery: train it again on as many families drawn from the same borough and half
of its list is other families, each for other reasons. A panel that is asked to look at a family deserves better. So
every candidate is trained again on families drawn with replacement, at the newest test's origin, and what its lists of
that date have in common is measured over all pairs; likewise what the lists of consecutive dates have in common among
the cases that were in the cohort on both. No outcome of a test date is looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from models.calibration import Platt
from models.candidates import Candidate, Fitted
from models.cases import Cases, Floats, Integers
from models.choice import Lists, with_interval
from models.contributions import Explains
from models.evaluation import Setting
from models.groups import derived_seed
from models.reasons import TOP, top
from models.rehearsal import Rehearsal, by_fold, positions, training_for
from models.side_by_side import side_by_side
from models.target import CandidateName, ChoiceRule
from models.themes import Themes, themes
from models.yardstick import SingleBooster

SINGLE = SingleBooster()
_AS_IT_IS = Platt(1.0, 0.0)
_MOST_DRAWS = 100


@dataclass(frozen=True)
class Overlap:
    """Share in common: the mean over pairs of lists, and the lowest and highest pair."""

    value: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True)
class Kept:
    """What pairs of lists have in common."""

    list: Overlap
    reasons: Overlap | None
    """Of the cases on both lists of a pair; None where no pair has such a case."""


@dataclass(frozen=True)
class Steadiness:
    """One candidate's. The last three are of consecutive test dates, and None where there is only one."""

    refits: Kept
    """Lists of one date by models trained on families drawn anew."""
    retrained: Kept | None
    """Lists of one date, by its own model and by that of the date before, which had a quarter less to learn from."""
    quarters: Kept | None
    """Lists of consecutive dates, each by its own model, among the cases that were in the cohort on both."""
    quarters_by_one_model: Kept | None
    """The same, both by the later date's model: what is left is the change in the families themselves."""

    def why_not_stable(self, rule: ChoiceRule) -> str:
        """In words, what falls short of the rule's thresholds; empty where nothing does.

        Asked of what is the model's doing, families drawn anew and training again a quarter later. That families
        change from one quarter to the next is what the list is there to show, and no model is held to hide it.
        """
        missed = []
        for kept, when in ((self.refits, "families are drawn anew"), (self.retrained, "a quarter is added")):
            if kept is None:
                continue
            reasons = kept.reasons.value if kept.reasons else 0.0
            for of, found, least in (
                ("list", kept.list.value, rule.least_list_overlap),
                ("reasons", reasons, rule.least_reasons_overlap),
            ):
                if found < least:
                    missed.append(f"where {when} {found:.0%} of the {of} stay the same, and {least:.0%} is asked for")
        return "; ".join(missed)


@dataclass(frozen=True)
class Listed:
    """A list of one as-of date, with the themes of each case's strongest reasons (`models.reasons.top`)."""

    units: Integers
    """Number of each unit on the list, the same at every date."""
    reasons: Integers
    """Shape (units, 3), -1 where there are fewer."""


@dataclass(frozen=True)
class Refit:
    """A candidate trained again: what `models.reasons.top` reads of it.

    Only the size of reasons hangs on the calibration, not their order: it is not made anew.
    """

    fitted: list[Fitted]
    platt: Platt


@dataclass(frozen=True)
class Bench:
    """What every measurement of a target needs."""

    cases: Cases
    told: Themes
    unit: Integers
    """Number of the unit of each case."""
    setting: Setting
    threads: int

    @classmethod
    def of(cls, cases: Cases, setting: Setting, threads: int) -> Bench:
        _, unit = np.unique(cases.unit_id.astype(str), return_inverse=True)
        return cls(cases, themes(cases), unit, setting, threads)

    def listed(self, explains: Explains, rows: Integers, margin: Floats | None = None) -> Listed:
        """The list that a candidate makes of a date's cases, whose margins may be known."""
        if margin is None:
            margin = by_fold(explains.fitted, self.cases.values[rows], self.cases.fold[rows])
        inside = rows[positions(margin, self.cases.tie_place[rows]) <= self.setting.capacity]
        return Listed(self.unit[inside], top(self.cases, self.told, explains, inside))


@dataclass(frozen=True)
class Stability:
    """What was measured of a target's candidates."""

    steadiness: Mapping[CandidateName, Steadiness]
    single: Kept
    """The single booster's lists, on families drawn anew."""
    single_precision: tuple[float, float, float]
    """With its interval, where candidates are chosen: on families held out, at the newest test's training dates."""
    given_up: Mapping[CandidateName, tuple[float, float, float]]
    """What the single booster's precision there is above the candidate's, with the interval of the difference."""

    def unstable(self, rule: ChoiceRule) -> dict[CandidateName, str]:
        """Why a candidate is not stable by the rule; those that are have no entry."""
        found = {name: one.why_not_stable(rule) for name, one in self.steadiness.items()}
        return {name: why for name, why in found.items() if why}


def stability(
    bench: Bench,
    tests: Sequence[Rehearsal],
    candidates: Sequence[Candidate],
    refits: int,
    advance: Callable[[], None],
) -> Stability:
    """Measure every candidate but chance, whose list is drawn by lot and has no reasons.

    ``tests`` are the rehearsals of the test dates, oldest first. ``refits`` is how often candidates are trained again;
    ``advance`` is told of each fold of each.
    """
    learning = [one for one in candidates if one.name is not CandidateName.CHANCE]
    newest = tests[-1]
    jobs = _refits(bench, newest, [SINGLE, *learning], refits, advance)
    jobs.insert(0, partial(_fitted, bench, newest, SINGLE, advance, bench.setting.seed))
    single, *fits = side_by_side(jobs, bench.threads)
    again = [fits[place :: 1 + len(learning)] for place in range(1 + len(learning))]
    measured = [partial(_steadiness, bench, tests, one.name, found) for one, found in zip(learning, again[1:])]
    steadiness = side_by_side(measured[::-1], bench.threads)[::-1]
    lists = Lists.of(bench.cases, newest, bench.setting.capacity, bench.setting.replicates, bench.setting.seed)
    rows, outcome = newest.training_rows, newest.training_outcome
    own = lists.precision(by_fold(single, bench.cases.features_of(rows), bench.cases.fold[rows]), outcome)
    given_up = {
        one.name: with_interval(own - lists.precision(newest.performed[one.name].held_out, outcome)) for one in learning
    }
    of_single = _of_refits(bench, newest, [Refit(one, _AS_IT_IS) for one in again[0]])
    return Stability(dict(zip([one.name for one in learning], steadiness)), of_single, with_interval(own), given_up)


def _refits(
    bench: Bench, newest: Rehearsal, candidates: Sequence[Candidate], times: int, advance: Callable[[], None]
) -> list[Callable[[], list[Fitted]]]:
    """Jobs: so often each candidate trained on as many family groups as there are, drawn with replacement."""
    jobs: list[Callable[[], list[Fitted]]] = []
    for time in range(times):
        seed = derived_seed(bench.setting.seed, "refit", time)
        rows = drawn(bench.cases, newest.training_rows, newest.training_outcome, bench.setting.folds, seed)
        jobs += [partial(_fitted, bench, newest, one, advance, seed, rows) for one in candidates]
    return jobs


def _fitted(
    bench: Bench,
    newest: Rehearsal,
    candidate: Candidate,
    advance: Callable[[], None],
    seed: int,
    rows: Integers | None = None,
) -> list[Fitted]:
    # What is learnt from is taken together in the job itself, so that no more of it is held than there are threads.
    folds = bench.setting.folds
    return candidate.fit(
        training_for(bench.cases, newest.origin, folds=folds, seed=seed, threads=1, rows=rows), advance
    )


def drawn(cases: Cases, rows: Integers, outcome: Floats, folds: int, seed: int) -> Integers:
    """The rows of family groups drawn with replacement: those of a group drawn twice are there twice.

    Drawn again where a fold would leave nobody with the outcome, or nobody without it, to learn from.
    """
    groups, group = np.unique(cases.group[rows], return_inverse=True)
    for attempt in range(_MOST_DRAWS):
        generator = np.random.default_rng(derived_seed(seed, "draw", attempt))
        times = np.bincount(generator.integers(0, len(groups), len(groups)), minlength=len(groups))[group]
        again = np.repeat(np.arange(len(rows)), times)
        fold = cases.fold[rows][again]
        if all(len(np.unique(outcome[again][fold != one])) == len(np.unique(outcome)) for one in range(folds)):
            break
    return np.asarray(rows[again], dtype=np.int64)


def list_overlap(one: Integers, other: Integers) -> float:
    """The share of the longer of two lists that is on both."""
    return len(np.intersect1d(one, other)) / max(len(one), len(other))


def reasons_overlap(one: Listed, other: Listed) -> float | None:
    """Mean share of the strongest reasons in common over the cases on both lists; None where there are none.

    The share is of the longer of a case's two sets of reasons, and is 1 where neither list gives any.
    """
    _, here, there = np.intersect1d(one.units, other.units, return_indices=True)
    if not len(here):
        return None
    first, second = one.reasons[here], other.reasons[there]
    same = ((first[:, :, None] == second[:, None, :]) & (first[:, :, None] >= 0)).sum(axis=(1, 2))
    most = np.maximum((first >= 0).sum(axis=1), (second >= 0).sum(axis=1))
    return float(np.where(most > 0, same / np.maximum(most, 1), 1.0).mean())


def _steadiness(
    bench: Bench, tests: Sequence[Rehearsal], name: CandidateName, again: Sequence[list[Fitted]]
) -> Steadiness:
    own = [test.performed[name] for test in tests]
    # Each date's model makes the list of its own date, of the one before and of the one after.
    made = {
        (model, date): bench.listed(own[model], tests[date].rows, own[date].margin if model == date else None)
        for model, date in itertools.product(range(len(tests)), repeat=2)
        if abs(model - date) <= 1
    }
    retrained: list[tuple[Listed, Listed]] = []
    quarters: list[tuple[Listed, Listed]] = []
    by_one: list[tuple[Listed, Listed]] = []
    for after in range(1, len(tests)):
        before, later = after - 1, made[after, after]
        retrained.append((made[before, after], later))
        stayed = np.intersect1d(bench.unit[tests[before].rows], bench.unit[tests[after].rows])
        for pairs, model in ((quarters, before), (by_one, after)):
            pairs.append((_among(made[model, before], stayed), _among(later, stayed)))
    refits = _of_refits(bench, tests[-1], [Refit(one, own[-1].platt) for one in again])
    return Steadiness(refits, _kept(retrained), _kept(quarters), _kept(by_one))


def _of_refits(bench: Bench, newest: Rehearsal, again: Sequence[Refit]) -> Kept:
    kept = _kept(list(itertools.combinations([bench.listed(one, newest.rows) for one in again], 2)))
    if kept is None:
        raise ValueError("it takes two models trained again to compare them")
    return kept


def _kept(pairs: Sequence[tuple[Listed, Listed]]) -> Kept | None:
    """What pairs have in common, of those whose lists have any case at all."""
    some = [(one, other) for one, other in pairs if len(one.units) and len(other.units)]
    lists = _over([list_overlap(one.units, other.units) for one, other in some])
    reasons = [reasons_overlap(one, other) for one, other in some]
    return Kept(lists, _over([one for one in reasons if one is not None])) if lists else None


def _among(one: Listed, units: Integers) -> Listed:
    kept = np.isin(one.units, units)
    return Listed(one.units[kept], one.reasons[kept])


def _over(pairs: Sequence[float]) -> Overlap | None:
    if not pairs:
        return None
    mean, low, high = float(np.mean(pairs)), min(pairs), max(pairs)
    return Overlap(round(mean, 6), round(low, 6), round(high, 6), len(pairs))


def summary(found: Stability, rule: ChoiceRule, newest: Rehearsal, capacity: int, refits: int) -> dict[str, Any]:
    """For the evaluation document."""
    unstable = found.unstable(rule)
    return {
        "as_of": newest.origin.as_of.isoformat(),
        "capacity": capacity,
        "refits": refits,
        "strongest_reasons": TOP,
        "asked_for": {"list": rule.least_list_overlap, "reasons": rule.least_reasons_overlap},
        "any_stable": len(unstable) < len(found.steadiness),
        "candidates": {
            name.value: {
                **_flat(vars(one)),
                "stable": name not in unstable,
                "why_not": unstable.get(name, ""),
                "precision_given_up": _figure(found.given_up[name]),
            }
            for name, one in found.steadiness.items()
        },
        "single_booster": {**_flat({"refits": found.single}), "precision": _figure(found.single_precision)},
    }


def _flat(kept: Mapping[str, Kept | None]) -> dict[str, Any]:
    """Each kind of pair with its lists and its reasons, None where there is no such pair."""
    return {
        f"{kind}_{of}": asdict(overlap) if (overlap := getattr(one, of, None)) else None
        for kind, one in kept.items()
        for of in ("list", "reasons")
    }


def _figure(found: tuple[float, float, float]) -> dict[str, float]:
    value, low, high = found
    return {"value": value, "low": low, "high": high}

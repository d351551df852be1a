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
from typing import Any

import numpy as np

from models.boosted import SHAPE, Boosted
from models.calibration import Platt
from models.candidates import Candidate, Fitted
from models.cases import Cases, Floats, Integers
from models.choice import Lists, with_interval
from models.evaluation import Setting
from models.groups import derived_seed
from models.reasons import TOP, top
from models.rehearsal import Rehearsal, by_fold, positions, training_for
from models.target import CandidateName, ChoiceRule
from models.themes import Themes, themes

SINGLE = Boosted(
    bags=1,
    rounds=100,
    learning_rate=0.06,
    shape={**SHAPE, "num_leaves": 7, "feature_fraction": 0.4, "lambda_l2": 1.0, "min_sum_hessian_in_leaf": 1.0},
)
"""One booster for each fold, hardly held back."""
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
    """A candidate trained again: what `models.reasons.top` reads of it."""

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

    def listed(self, explains: Refit, rows: Integers) -> Listed:
        """The list that a candidate makes of a date's cases."""
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
    again = refitted(bench, newest, learning, refits, advance)
    steadiness = {one.name: _steadiness(bench, tests, one.name, again[one.name]) for one in learning}
    single = _of_refits(bench, newest, refitted(bench, newest, [SINGLE], refits, advance)[SINGLE.name])
    training = training_for(
        bench.cases, newest.origin, folds=bench.setting.folds, seed=bench.setting.seed, threads=bench.threads
    )
    held_out = by_fold(SINGLE.fit(training, advance), training.values, training.fold)
    lists = Lists.of(bench.cases, newest, bench.setting.capacity, bench.setting.replicates, bench.setting.seed)
    own = lists.precision(held_out, newest.training_outcome)
    given_up = {
        one.name: with_interval(own - lists.precision(newest.performed[one.name].held_out, newest.training_outcome))
        for one in learning
    }
    return Stability(steadiness, single, with_interval(own), given_up)


def refitted(
    bench: Bench, newest: Rehearsal, candidates: Sequence[Candidate], times: int, advance: Callable[[], None]
) -> dict[CandidateName, list[Refit]]:
    """Each candidate trained so often on as many family groups as there are, drawn with replacement."""
    cases, origin = bench.cases, newest.origin
    found: dict[CandidateName, list[Refit]] = {one.name: [] for one in candidates}
    for time in range(times):
        seed = derived_seed(bench.setting.seed, "refit", time)
        rows = drawn(cases, newest.training_rows, newest.training_outcome, bench.setting.folds, seed)
        training = training_for(cases, origin, folds=bench.setting.folds, seed=seed, threads=bench.threads, rows=rows)
        for one in candidates:
            # Only the size of reasons hangs on the calibration, not their order: it is not made anew.
            found[one.name].append(Refit(one.fit(training, advance), newest.performed[one.name].platt))
    return found


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


def _steadiness(bench: Bench, tests: Sequence[Rehearsal], name: CandidateName, again: Sequence[Refit]) -> Steadiness:
    own = [Refit(test.performed[name].fitted, test.performed[name].platt) for test in tests]
    retrained: list[tuple[Listed, Listed]] = []
    quarters: list[tuple[Listed, Listed]] = []
    by_one: list[tuple[Listed, Listed]] = []
    for place in range(1, len(tests)):
        before, after = tests[place - 1].rows, tests[place].rows
        later = bench.listed(own[place], after)
        retrained.append((bench.listed(own[place - 1], after), later))
        stayed = np.intersect1d(bench.unit[before], bench.unit[after])
        for pairs, model in ((quarters, own[place - 1]), (by_one, own[place])):
            pairs.append((_among(bench.listed(model, before), stayed), _among(later, stayed)))
    return Steadiness(_of_refits(bench, tests[-1], again), _kept(retrained), _kept(quarters), _kept(by_one))


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

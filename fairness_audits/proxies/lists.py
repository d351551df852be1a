"""What a target's list would be without the features that stand in most for ethnicity, and what that costs.

The chosen way of ranking is trained at the newest test date again and again on the same families: with all its
features, and without its strongest stand-ins. A count is not trained: it is counted without the parts that stand in
most. Lists are of the panel's capacity. Precision is on the outcome that the audit measures; the difference has an
interval by a bootstrap of family groups, the same draws for both lists.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cases import Cases, Floats, Integers
from models.catalogue import Feature
from models.config import ModelsConfig
from models.groups import derived_seed, kept_in_bag
from models.metrics import caught_at_capacity, family_weights, order
from models.rehearsal import by_fold, positions, training_for
from models.roster import candidate
from models.splits import Origin
from models.target import CandidateName, Target

COUNTS = (CandidateName.NEEDS_COUNT, CandidateName.SIGNS_COUNT)
"""Ways of ranking that are a count of parts, and learn nothing."""
MOST_TRAINING_CASES = 60_000
MOST_BAGS = 4
"""Boosters averaged for a case, where the council has more: both lists are made alike, and time is short."""
_REPLICATES = 500
_FLAG = "flag"
_NAMED = re.compile(r"`([a-z0-9_]+)`")


@dataclass(frozen=True)
class Ranking:
    """A list at the newest test date."""

    margin: Floats
    flagged: NDArray[np.bool_]
    used: tuple[str, ...]
    """Features that moved any case of the list."""


@dataclass(frozen=True)
class Difference:
    """One list beside another."""

    overlap: float
    """Share of places that both give to the same cases."""
    caught: int
    """True cases on the list."""
    places: int
    precision: float
    change: float
    """Its precision less that of the list with all features."""
    low: float
    high: float


@dataclass(frozen=True)
class Bench:
    """A target's cases with what ranks them."""

    cases: Cases
    origin: Origin
    target: Target
    config: ModelsConfig
    seed: int
    threads: int

    @property
    def capacity(self) -> int:
        return self.config.targets[self.target.name].capacity

    @property
    def rows(self) -> Integers:
        """The cases of the newest test date."""
        return self.cases.at(self.origin.as_of)

    @property
    def flags(self) -> frozenset[str]:
        """Features that are 1 or 0: parts that can be taken out of a count."""
        return frozenset(feature.name for feature in self.cases.features if feature.unit == _FLAG)

    def ranking(self, chosen: CandidateName, without: Sequence[str] = ()) -> Ranking:
        """The chosen way of ranking, trained without some features."""
        cases, target = _left_out(self.cases, self.target, frozenset(without))
        config = self.config.model_copy(update={"bags": min(self.config.bags, MOST_BAGS)})
        earlier = self._drawn(cases.during(self.origin.learns_from))
        training = training_for(
            *(cases, self.origin),
            folds=config.folds,
            seed=self.seed,
            threads=self.threads,
            rows=earlier,
        )
        fitted = candidate(chosen, target, config, cases).fit(training, _nothing)
        values, fold = cases.features_of(self.rows), cases.fold[self.rows]
        margin = by_fold(fitted, values, fold)
        flagged = self._flagged(margin)
        moved = np.zeros(values.shape[1], dtype=bool)
        for number, one in enumerate(fitted):
            listed = np.flatnonzero(flagged & (fold == number))
            if len(listed):
                moved |= np.abs(one.contributions(values[listed])).max(axis=0) > 0
        names = tuple(feature.name for feature, has in zip(cases.features, moved) if has)
        return Ranking(margin, flagged, names)

    def counted(self, count: str, parts: Sequence[str], without: Sequence[str] = ()) -> Ranking:
        """The count less those of its parts that are left out."""
        values = self.cases.values[self.rows]
        margin = np.nan_to_num(values[:, self.cases.column(count)])
        for part in without:
            margin = margin - (np.nan_to_num(values[:, self.cases.column(part)]) > 0)
        return Ranking(margin, self._flagged(margin), tuple(part for part in parts if part not in without))

    def beside(self, one: Ranking, whole: Ranking) -> Difference:
        """A list beside the one with all features."""
        outcome = self.cases.outcome(self.rows)
        _, cluster = np.unique(self.cases.group[self.rows], return_inverse=True)
        drawn = family_weights(int(cluster.max()) + 1, _REPLICATES, derived_seed(self.seed, "without proxies"))
        places = min(self.capacity, len(outcome))
        tie_place = self.cases.tie_place[self.rows]
        caught = [
            caught_at_capacity(order(ranking.margin, outcome, cluster, tie_place), drawn, self.capacity)
            for ranking in (one, whole)
        ]
        spread = (caught[0] - caught[1]) / places
        low, high = np.percentile(spread, (2.5, 97.5), method="inverted_cdf")
        found, before = int(outcome[one.flagged].sum()), int(outcome[whole.flagged].sum())
        both = int((one.flagged & whole.flagged).sum())
        change = (found - before) / places
        return Difference(both / places, found, places, found / places, change, float(low), float(high))

    def _flagged(self, margin: Floats) -> NDArray[np.bool_]:
        return np.asarray(positions(margin, self.cases.tie_place[self.rows]) <= self.capacity)

    def _drawn(self, rows: Integers) -> Integers:
        share = min(1.0, MOST_TRAINING_CASES / max(1, len(rows)))
        if share >= 1:
            return rows
        kept = kept_in_bag(self.cases.group[rows], share, derived_seed(self.seed, "without proxies", "cases"))
        return rows[kept]


def parts_of(count: str, catalogue: Sequence[Mapping[str, Any]], features: Sequence[Feature]) -> tuple[str, ...]:
    """The features of the target that a count is made of, by the names in the catalogue's formula of it."""
    formula = next((str(entry["formula"]) for entry in catalogue if entry["name"] == count), "")
    named = set(_NAMED.findall(formula))
    return tuple(feature.name for feature in features if named & {feature.name, feature.column})


def newest_test(splits: Sequence[dict[str, object]]) -> Origin:
    """The newest test of an evaluation's ``splits``, and the dates that it learnt from."""
    newest = max(splits, key=lambda split: str(split["as_of"]))
    learns_from = newest["learns_from"]
    assert isinstance(learns_from, list)
    return Origin(dt.date.fromisoformat(str(newest["as_of"])), tuple(dt.date.fromisoformat(day) for day in learns_from))


def _left_out(cases: Cases, target: Target, without: frozenset[str]) -> tuple[Cases, Target]:
    if not without:
        return cases, target
    kept = [place for place, feature in enumerate(cases.features) if feature.name not in without]
    fewer = replace(cases, features=tuple(cases.features[place] for place in kept), values=cases.values[:, kept])
    named = tuple(name for name in target.single_indicators if name not in without)
    return fewer, replace(target, single_indicators=named)


def _nothing() -> None:
    """Nobody waits for a bar."""

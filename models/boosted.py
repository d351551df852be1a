"""Gradient-boosted trees: shallow, monotone in the direction the catalogue expects, averaged over a bag."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np

from models.candidates import Fitted, Training
from models.cases import Floats
from models.catalogue import Feature
from models.groups import derived_seed, kept_in_bag
from models.side_by_side import side_by_side
from models.target import CandidateName

BAG_SHARE = 0.8
ROWS = 50_000
"""About as many cases as one booster learns from at most; a bag sees them all between its boosters."""
SHAPE: dict[str, float | int] = {
    "num_leaves": 4,
    "max_bin": 63,
    # Few features for each tree: those that say much the same all get their turn, whichever cases were drawn.
    "feature_fraction": 0.15,
    # Leaves are drawn towards nought: a list that other draws of families would have made too is worth more to a
    # panel than the last bit of fit to this one (models.stability).
    "lambda_l2": 50.0,
    "min_data_in_leaf": 20,
    # With a rare outcome twenty cases say little: a leaf also needs this much p(1-p).
    "min_sum_hessian_in_leaf": 5.0,
}
_ALWAYS: dict[str, Any] = {
    "objective": "binary",
    "feature_pre_filter": False,
    "deterministic": True,
    # With few features drawn for each tree, going by columns is three times as fast and gives the same trees.
    "force_col_wise": True,
    # Bundled, a feature that was not drawn for a tree is gone through all the same where its bundle has one that was.
    # Left as they are the trees are the same, in two thirds of the time or less.
    "enable_bundle": False,
    "verbosity": -1,
    # One thread for each booster and several boosters at once: two threads inside one booster wait on each other,
    # and where the processor is shared that made training twenty times slower.
    "num_threads": 1,
}


class BoosterText(str):
    """A booster in LightGBM's own text, which is kept in a file of its own. Reading it runs no code."""


@dataclass(frozen=True)
class Bag:
    """Boosters whose log-odds are averaged."""

    boosters: tuple[lgb.Booster, ...]
    base: float

    def margin(self, values: Floats) -> Floats:
        return np.asarray(
            np.mean([b.predict(values, raw_score=True, num_threads=1) for b in self.boosters], axis=0), dtype=np.float64
        )

    def contributions(self, values: Floats) -> Floats:
        """SHAP values of the mean of the bag, in log-odds (exact: the mean of each booster's own)."""
        return np.asarray(shap_with_base(self.boosters, values)[:, :-1], dtype=np.float64)

    def described(self) -> dict[str, Any]:
        boosters = [BoosterText(booster.model_to_string()) for booster in self.boosters]
        return {"kind": "bag", "base": self.base, "boosters": boosters}

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Sequence[str]) -> Bag:
        """Raises LightGBMError for a text that is no booster's, ValueError for one of other features."""
        boosters = tuple(lgb.Booster(model_str=text) for text in entry["boosters"])
        if any(booster.feature_name() != list(names) for booster in boosters):
            raise ValueError("a booster is of other features")
        return cls(boosters, float(entry["base"]))


def shap_with_base(boosters: Sequence[lgb.Booster], values: Floats) -> Floats:
    """Mean SHAP values, shape (cases, features + 1): the last column is the base."""
    return np.asarray(
        np.mean([b.predict(values, pred_contrib=True, num_threads=1) for b in boosters], axis=0), dtype=np.float64
    )


def margins(fitted: Sequence[Fitted], values: Floats) -> Floats:
    """Each case's margin by every model, shape (cases, models). A booster that is in several bags is asked once."""
    asked: dict[int, Floats] = {}

    def of(booster: lgb.Booster) -> Floats:
        if id(booster) not in asked:
            asked[id(booster)] = booster.predict(values, raw_score=True, num_threads=1)
        return asked[id(booster)]

    return np.column_stack(
        [
            np.mean([of(booster) for booster in one.boosters], axis=0) if isinstance(one, Bag) else one.margin(values)
            for one in fitted
        ]
    )


@dataclass(frozen=True)
class Boosted:
    """LightGBM, bagged over families and seeds.

    Each booster leaves out up to half of the folds and serves all of them, so that a case is scored by ``bags``
    boosters, none of which saw its family, for a fraction of the boosters that folds times bags would be.
    """

    bags: int
    rounds: int
    learning_rate: float
    name: CandidateName = CandidateName.BOOSTED
    shape: Mapping[str, float | int] = field(default_factory=lambda: SHAPE)
    by_subject: bool = False
    """Whether only features of one subject may stand in one tree: then the subjects only add up."""

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        settings = {
            **_ALWAYS,
            **self.shape,
            "learning_rate": self.learning_rate,
            "monotone_constraints": training.directions,
        }
        if self.by_subject:
            settings["interaction_constraints"] = subjects(training.features)
        # Binned once; the bins are made from feature values alone, never from outcomes.
        data = lgb.Dataset(
            training.values,
            training.outcome,
            weight=training.weight,
            params=settings,
            feature_name=[feature.name for feature in training.features],
            free_raw_data=False,
        ).construct()
        without = left_out(training.folds, self.bags, training.seed)
        done = itertools.count(1)

        def made(place: int, folds: tuple[int, ...]) -> lgb.Booster:
            booster = self._booster(data, training, settings, folds, place)
            if next(done) * training.folds % len(without) < training.folds:
                advance()
            return booster

        boosters = side_by_side([partial(made, *one) for one in enumerate(without)], training.threads)
        return [
            _bag([booster for booster, folds in zip(boosters, without) if fold in folds], training.values.shape[1])
            for fold in range(training.folds)
        ]

    def _booster(
        self, data: lgb.Dataset, training: Training, settings: dict[str, Any], without: tuple[int, ...], place: int
    ) -> lgb.Booster:
        seed = derived_seed(training.seed, "bag", place)
        outside = ~np.isin(training.fold, without)
        share = min(BAG_SHARE, ROWS / max(1, int(outside.sum())))
        kept = outside & kept_in_bag(training.group, share, seed)
        if len(np.unique(training.outcome[kept])) < 2:
            kept = outside
        part = data.subset(np.flatnonzero(kept).tolist(), params=settings)
        return lgb.train({**settings, "seed": seed}, part, self.rounds)


def left_out(folds: int, bags: int, seed: int) -> list[tuple[int, ...]]:
    """The folds that each booster leaves out: every fold is left out by ``bags`` of them, and never more than half.

    The folds are set round a circle in an order drawn anew for each turn, and each booster of a turn leaves out a run.
    """
    half = max(1, folds // 2)
    turns = [half] * (bags // half) + ([bags % half] if bags % half else [])
    listed = []
    for turn, run in enumerate(turns):
        circle = np.random.default_rng(derived_seed(seed, "left out", turn)).permutation(folds)
        listed += [tuple(sorted(int(f) for f in np.roll(circle, -place)[:run])) for place in range(folds)]
    return listed


def subjects(features: Sequence[Feature]) -> list[list[int]]:
    """The places of the features of each subject."""
    by_subject: dict[str, list[int]] = {}
    for place, feature in enumerate(features):
        by_subject.setdefault(feature.subject, []).append(place)
    return [by_subject[subject] for subject in sorted(by_subject)]


def _bag(boosters: Sequence[lgb.Booster], width: int) -> Bag:
    # The mean log-odds from which contributions are counted: the same for every case.
    return Bag(tuple(boosters), float(shap_with_base(boosters, np.full((1, width), np.nan))[0, -1]))

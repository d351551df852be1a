"""Gradient-boosted trees: shallow, monotone in the direction the catalogue expects, averaged over a bag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from models.candidates import Fitted, Training
from models.cases import Floats
from models.groups import derived_seed, kept_in_bag
from models.target import CandidateName

BAG_SHARE = 0.8
_SHAPE: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 7,
    "max_bin": 63,
    "feature_fraction": 0.4,
    "lambda_l2": 1.0,
    "min_data_in_leaf": 20,
    # With a rare outcome twenty cases say little: a leaf also needs this much p(1-p).
    "min_sum_hessian_in_leaf": 1.0,
    "feature_pre_filter": False,
    "deterministic": True,
    # With four features in ten drawn for each tree, going by columns is three times as fast and gives the same trees.
    "force_col_wise": True,
    "verbosity": -1,
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
        boosters = tuple(lgb.Booster(model_str=text, params={"verbosity": -1}) for text in entry["boosters"])
        if any(booster.feature_name() != list(names) for booster in boosters):
            raise ValueError("a booster is of other features")
        return cls(boosters, float(entry["base"]))


def shap_with_base(boosters: Sequence[lgb.Booster], values: Floats) -> Floats:
    """Mean SHAP values, shape (cases, features + 1): the last column is the base."""
    return np.asarray(
        np.mean([b.predict(values, pred_contrib=True, num_threads=1) for b in boosters], axis=0), dtype=np.float64
    )


@dataclass(frozen=True)
class Boosted:
    """LightGBM, bagged over families and seeds."""

    bags: int
    rounds: int
    learning_rate: float
    name: CandidateName = CandidateName.BOOSTED

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        settings = {
            **_SHAPE,
            "learning_rate": self.learning_rate,
            # One thread for each booster and several boosters at once: two threads inside one booster wait on
            # each other, and where the processor is shared that made training twenty times slower.
            "num_threads": 1,
            "monotone_constraints": training.directions,
        }
        # Binned once; the bins are made from feature values alone, never from outcomes.
        data = lgb.Dataset(
            training.values,
            training.outcome,
            weight=training.weight,
            params=settings,
            feature_name=[feature.name for feature in training.features],
            free_raw_data=False,
        ).construct()
        fitted: list[Fitted] = []
        with ThreadPoolExecutor(training.threads) as pool:
            waiting = [
                [pool.submit(self._booster, data, training, settings, fold, bag) for bag in range(self.bags)]
                for fold in range(training.folds)
            ]
            for bags in waiting:
                boosters = tuple(booster.result() for booster in bags)
                fitted.append(Bag(boosters, _base(boosters, training.values.shape[1])))
                advance()
        return fitted

    def _booster(
        self, data: lgb.Dataset, training: Training, settings: dict[str, Any], fold: int, bag: int
    ) -> lgb.Booster:
        seed = derived_seed(training.seed, "bag", fold, bag)
        kept = training.outside(fold) & kept_in_bag(training.group, BAG_SHARE, seed)
        if len(np.unique(training.outcome[kept])) < 2:
            kept = training.outside(fold)
        part = data.subset(np.flatnonzero(kept).tolist(), params=settings)
        return lgb.train({**settings, "seed": seed}, part, self.rounds)


def _base(boosters: Sequence[lgb.Booster], width: int) -> float:
    """The mean log-odds from which contributions are counted: the same for every case."""
    return float(shap_with_base(boosters, np.full((1, width), np.nan))[0, -1])

"""How well features tell ethnicity: all of them together, and each by itself.

Together: shallow boosted trees learn the broad groups from a target's features, and say of families that they did not
learn from how likely each group is. For each group the area under the curve says how often one of the group is put
above one of the others: half the time where the features tell nothing. 'Unknown' is learnt in a question of its own,
known or not. By itself a feature is judged as in `fairness_audits.stand_ins`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ethnicity import BROAD_GROUPS, UNKNOWN
from fairness_audits.ordering import auc_interval
from fairness_audits.stand_ins import LEAST_GROUP, Association, association, categories
from models.groups import derived_seed, kept_in_bag
from models.metrics import area_under_curve

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS = 5
MOST_CASES = 12_000
"""About as many cases as the trees look at: families are drawn by lot where there are more."""
_ROUNDS = 60
_EVEN = 0.5
_FOLDS_ALIKE = 1 + FOLDS / (FOLDS - 1)
"""By how much less the folds tell than as many samples would: the trees of each learnt mostly the same families (Nadeau
and Bengio 2003, Machine Learning 52: 239-281)."""
_TREES: dict[str, Any] = {
    "objective": "multiclass",
    "num_leaves": 4,
    "learning_rate": 0.1,
    "max_bin": 63,
    "feature_fraction": 0.3,
    "min_data_in_leaf": 20,
    "lambda_l2": 10.0,
    "feature_pre_filter": False,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
    "num_threads": 1,
}


@dataclass(frozen=True)
class Told:
    """How well one group is told from the others."""

    group: str
    cases: int
    others: int
    auc: float
    low: float
    high: float
    told_from: tuple[str, ...]
    """The groups of the others."""
    worth: tuple[float, float]
    """How much a case of the group, and of the others, counts as evidence: brothers and sisters count once, and of
    very many cases some are drawn."""


def together(values: Floats, group: NDArray[Any], family: Codes, seed: int) -> list[Told]:
    """How well all features together tell each group of `LEAST_GROUP` cases and more, in the settled order of groups.

    ``values`` has a row for each case and a column for each feature, NaN where it is not known. Groups are told from
    the other known ones; 'Unknown' from all who are known. Empty where there are not two groups to tell apart.
    """
    if not len(group):
        return []
    kept = kept_in_bag(family, min(1.0, MOST_CASES / max(1, len(group))), derived_seed(seed, "proxies", "cases"))
    drawn = float(kept.mean())
    values, group, family = values[kept], group[kept], family[kept]
    known = group != UNKNOWN
    judged = [name for name in BROAD_GROUPS if int((group == name).sum()) >= LEAST_GROUP]
    found = _of(values[known], group[known], family[known], [name for name in judged if name != UNKNOWN], seed)
    if UNKNOWN in judged and int(known.sum()) >= LEAST_GROUP:
        either = np.where(known, "known", UNKNOWN).astype(object)
        all_known = tuple(name for name in BROAD_GROUPS if name != UNKNOWN and (group == name).any())
        apart = _of(values, either, family, ["known", UNKNOWN], seed)
        found += [replace(one, told_from=all_known) for one in apart if one.group == UNKNOWN]
    return [replace(one, worth=(one.worth[0] * drawn, one.worth[1] * drawn)) for one in found]


def _of(values: Floats, group: NDArray[Any], family: Codes, judged: Sequence[str], seed: int) -> list[Told]:
    if len(judged) <= 1:
        return []
    place = {name: number for number, name in enumerate(judged)}
    inside = np.isin(group, judged)
    code = np.array([place[name] for name in group[inside].tolist()], dtype=np.int64)
    draw = np.random.default_rng(derived_seed(seed, "proxies", "folds"))
    fold = draw.integers(0, FOLDS, int(family.max()) + 1)[family[inside]]
    likely = _predicted(values[inside], code, fold, len(judged), seed)
    return [
        _told(
            likely[:, number], code == number, fold, family[inside], name, tuple(one for one in judged if one != name)
        )
        for name, number in place.items()
    ]


def _predicted(values: Floats, code: Codes, fold: Codes, groups: int, seed: int) -> Floats:
    """Each case's share of each group, by trees that learnt from the families of other folds."""
    likely = np.full((len(code), groups), 1 / groups)
    settings = {**_TREES, "num_class": groups, "seed": derived_seed(seed, "proxies", "trees")}
    data = lgb.Dataset(values, code, params=settings, free_raw_data=False).construct()
    for one in range(FOLDS):
        learnt, asked = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        if len(asked) and len(learnt):
            booster = lgb.train(settings, data.subset(learnt.tolist(), params=settings), _ROUNDS)
            likely[asked] = booster.predict(values[asked], num_threads=1)
    return np.round(likely, 9)


def _told(
    likely: Floats, mine: NDArray[np.bool_], fold: Codes, family: Codes, name: str, others: tuple[str, ...]
) -> Told:
    """How well a group is told. Brothers and sisters count once: the interval is by families.

    Cases are compared with those of their own fold. Where a fold happens to hold more of the group its trees learnt
    from fewer, and put all of it lower: over all folds together, features that tell nothing would seem to tell the
    reverse.
    """
    pairs, put_above = 0, 0.0
    for one in range(FOLDS):
        ours, theirs = mine & (fold == one), ~mine & (fold == one)
        held = int(ours.sum()) * int(theirs.sum())
        if held:
            inside = fold == one
            put_above += held * area_under_curve(likely[inside], mine[inside].astype(np.float64))
            pairs += held
    auc = put_above / pairs if pairs else _EVEN
    ours, theirs = (len(np.unique(family[side])) / _FOLDS_ALIKE for side in (mine, ~mine))
    low, high = auc_interval(auc, ours, theirs, REPORTED_CONFIDENCE)
    size = int(mine.sum()), int((~mine).sum())
    return Told(name, *size, auc, low, high, others, (ours / size[0], theirs / size[1]))


def by_itself(values: Floats, group: NDArray[Any], family: Codes) -> list[Association | None]:
    """How strongly each column stands in for the known broad groups of `LEAST_GROUP` cases and more."""
    judged = [name for name in BROAD_GROUPS if name != UNKNOWN and int((group == name).sum()) >= LEAST_GROUP]
    inside = np.isin(group, judged)
    place = {name: number for number, name in enumerate(judged)}
    code = np.array([place[name] for name in group[inside].tolist()], dtype=np.int64)
    if not judged:
        return [None] * values.shape[1]
    return [association(categories(column[inside]), code, family[inside]) for column in values.T]

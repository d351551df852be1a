"""How far two subjects together say more, or less, than each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from models.candidates import Fitted
from models.cases import Cases, Floats, Integers
from models.contributions import sample
from store.small_numbers import THRESHOLD

_CASES = 30
_SUBJECTS = 8
_NOUGHT = 1e-6


def interactions(
    cases: Cases, fitted: Sequence[Fitted], rows: Integers, subjects: Mapping[str, Integers], scale: float
) -> dict[str, Any]:
    """The strength of each pair of the first eight ``subjects`` (their features' places), in log-odds.

    It is the root mean square of what is left of the pair's joint partial dependence once each one's own is taken off
    (the numerator of the H statistic of Friedman and Popescu 2008, 'Predictive learning via rule ensembles'), over
    thirty cases of one fold's own families. A model that adds its subjects up has none: ``additive``.
    """
    fold = int(np.bincount(cases.fold[rows]).argmax())
    some = sample(cases, rows[cases.fold[rows] == fold], _CASES)
    named = list(subjects)[:_SUBJECTS]
    if len(some) < THRESHOLD or len(named) < 2:
        return {"additive": None, "pairs": [], "why": "too few cases, or subjects, to tell"}
    values, model = cases.values[some], fitted[fold]
    alone = {name: _dependence(model, values, subjects[name]) for name in named}
    found: list[tuple[float, str, str]] = []
    for one, other in combinations(named, 2):
        both = _dependence(model, values, np.concatenate([subjects[one], subjects[other]]))
        left = both - alone[one] - alone[other]
        strength = round(float(np.sqrt(np.mean(np.square(left)))) * scale, 6)
        if strength > _NOUGHT:
            found.append((strength, one, other))
    found.sort(key=lambda pair: -pair[0])
    pairs = [{"subjects": [one, other], "strength": strength} for strength, one, other in found]
    return {"additive": not pairs, "pairs": pairs}


def _dependence(model: Fitted, values: Floats, places: Integers) -> Floats:
    """Each case's margin with its own values in these places and everyone's elsewhere, on average; centred."""
    count = len(values)
    mixed = np.tile(values, (count, 1))
    mixed[:, places] = np.repeat(values[:, places], count, axis=0)
    found = model.margin(mixed).reshape(count, count).mean(axis=1)
    return np.asarray(found - found.mean(), dtype=np.float64)

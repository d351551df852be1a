"""Groupings taken together, such as ethnicity by sex: their names, whose group each case is of, what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairness_audits.published import Nesting, Row

By = tuple[str, ...]
"""The groupings that one is made of, one or more."""


def beside(names: Sequence[str]) -> str:
    """Several names as one, which no other names give; one name alone stands as it is."""
    return names[0] if len(names) == 1 else " | ".join(name.replace("|", "||") for name in names)


def taken_together(groups: Mapping[str, NDArray[Any]], by: By) -> NDArray[Any]:
    """The group of each case under the groupings of ``by`` together."""
    if len(by) == 1:
        return groups[by[0]]
    found = [pd.factorize(groups[name]) for name in by]
    places = np.ravel_multi_index([codes for codes, _ in found], [max(len(names), 1) for _, names in found])
    there, place = np.unique(places, return_inverse=True)
    names = np.unravel_index(there, [max(len(names), 1) for _, names in found])
    own = [beside([str(known[at]) for at, (_, known) in zip(parts, found)]) for parts in zip(*names)]
    return np.array(own, dtype=object)[place] if own else np.array([], dtype=object)


def order_together(orders: Mapping[str, Sequence[str]], by: By) -> tuple[str, ...]:
    """The groups that ``by`` may have together, in their settled order."""
    return tuple(beside(names) for names in product(*(orders[name] for name in by)))


def sums_of(orders: Mapping[str, Sequence[str]], all_by: Iterable[By]) -> dict[Row, list[list[Row]]]:
    """What each group is the sum of: for every grouping that is part of another, that other's groups.

    ``orders`` are the groups of each single grouping, ``all_by`` the groupings there are, single ones among them.
    """
    known = list(all_by)
    sums: dict[Row, list[list[Row]]] = {}
    for whole, parts in product(known, known):
        if len(parts) <= len(whole) or not set(whole) <= set(parts):
            continue
        members: dict[Row, list[Row]] = {}
        for names in product(*(orders[name] for name in parts)):
            of = dict(zip(parts, names))
            row = (beside(whole), beside([of[name] for name in whole]))
            members.setdefault(row, []).append((beside(parts), beside(names)))
        for row, found in members.items():
            sums.setdefault(row, []).append(found)
    return sums


def merged(*nestings: Nesting) -> dict[Row, list[list[Row]]]:
    """What each row is the sum of, by any of these."""
    rows = dict.fromkeys(row for nesting in nestings for row in nesting)
    return {row: [list(parts) for nesting in nestings for parts in nesting.get(row, ())] for row in rows}

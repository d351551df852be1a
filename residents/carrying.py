"""Ids from one index to the next: which of the new groups bears which of the earlier ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def pair_off(earlier: npt.NDArray[Any], later: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Places of the pairs that are taken, when pairs in this order are taken while both of their sides are free.

    The first pair of both its sides is always taken; what it rules out is dropped, and the rest looked at again.
    """
    left = np.arange(len(earlier))
    _, one = np.unique(earlier, return_inverse=True)
    _, two = np.unique(later, return_inverse=True)
    taken: list[npt.NDArray[np.int64]] = [np.array([], dtype=np.int64)]
    while len(left):
        chosen = left[_is_first(one[left]) & _is_first(two[left])]
        taken.append(chosen)
        left = left[~(np.isin(one[left], one[chosen]) | np.isin(two[left], two[chosen]))]
    return np.concatenate(taken)


def _is_first(values: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first

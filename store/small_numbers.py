"""Small-number protection: what may be shown of counts in a report.

Counts under 10 are suppressed, all others rounded to 5. Where published sums would give a suppressed cell away
(a total, or a broad group and its detailed ones), a second cell of that sum is withheld too. Rates are taken
from the rounded counts, never from the exact ones, and only where every count they rest on is shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

THRESHOLD = 10
ROUND_TO = 5
_POSSIBLE = 3
"""A hidden count must be able to be at least so many numbers."""

Cell = TypeVar("Cell", bound=Hashable)


class Hidden(StrEnum):
    """What stands in a cell that is not shown."""

    SMALL = "<10"
    SECOND = "withheld"


def rounded(count: int) -> int:
    """The nearest multiple of 5."""
    return (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def protect(counts: Mapping[Cell, int], sums: Sequence[Sequence[Cell]]) -> dict[Cell, int | Hidden]:
    """Suppress and round ``counts``.

    Each of ``sums`` lists the cells of one relation 'these add up to that' (whole and parts alike). After
    suppression no relation has exactly one hidden cell: the smallest cell shown is withheld beside it. Cells in
    ``sums`` that are not in ``counts`` are taken as not published.
    """
    hidden: dict[Cell, Hidden] = {cell: Hidden.SMALL for cell, count in counts.items() if count < THRESHOLD}
    place = {cell: index for index, cell in enumerate(counts)}
    changed = True
    while changed:
        changed = False
        for relation in sums:
            cells = [cell for cell in relation if cell in counts]
            shown = [cell for cell in cells if cell not in hidden]
            if len(cells) - len(shown) == 1 and shown and len(cells) == len(relation):
                hidden[min(shown, key=lambda cell: (counts[cell], place[cell]))] = Hidden.SECOND
                changed = True
    return {cell: hidden.get(cell, rounded(count)) for cell, count in counts.items()}


@dataclass(frozen=True)
class Shown:
    """Counts that add up to ``total``, as they may be shown."""

    total: int | Hidden
    parts: dict[str, int | Hidden]


def protect_parts(parts: Mapping[str, int]) -> Shown:
    """Protect counts that add up to a total, so that not even the exact total gives a small one away.

    As in `protect`, but nought tells of nobody and is shown. The smallest parts shown are withheld one after the
    other until every small count could be several numbers. Where that is not enough, all parts are withheld.
    """
    total = sum(parts.values())
    hidden: dict[str, Hidden] = {name: Hidden.SMALL for name, count in parts.items() if 0 < count < THRESHOLD}
    if total < THRESHOLD:
        return Shown(shown_count(total), {name: hidden.get(name, 0) for name in parts})
    place = {name: index for index, name in enumerate(parts)}
    while not _uncertain(parts, hidden):
        left = [name for name, count in parts.items() if count and name not in hidden]
        if not left:
            withheld: dict[str, int | Hidden] = {name: Hidden.SECOND if parts[name] else 0 for name in parts}
            return Shown(rounded(total), withheld)
        hidden[min(left, key=lambda name: (parts[name], place[name]))] = Hidden.SECOND
    return Shown(rounded(total), {name: hidden.get(name, rounded(count)) for name, count in parts.items()})


def shown_count(count: int) -> int | Hidden:
    """One count by itself: nought, hidden or rounded."""
    return Hidden.SMALL if 0 < count < THRESHOLD else rounded(count)


def share_of(part: int | Hidden, whole: int | Hidden) -> float | None:
    """The rate of two counts as shown, to three decimals; None where one of them is hidden or the whole is nought."""
    if isinstance(part, Hidden) or isinstance(whole, Hidden) or not whole:
        return None
    return round(min(part / whole, 1.0), 3)


def _uncertain(parts: Mapping[str, int], hidden: Mapping[str, Hidden]) -> bool:
    """Whether every small count could be several numbers, for one who knows the total and all that is shown."""
    total = sum(parts.values())
    half = ROUND_TO // 2
    shown = [rounded(count) for name, count in parts.items() if count and name not in hidden]
    # What the hidden parts may add up to: each shown one is known to within the rounding.
    least = total - sum(shown) - half * len(shown)
    most = total - sum(max(count - half, THRESHOLD) for count in shown)
    lows = {name: 1 if kind is Hidden.SMALL else THRESHOLD for name, kind in hidden.items()}
    highs = {name: THRESHOLD - 1 if kind is Hidden.SMALL else total for name, kind in hidden.items()}
    for name, kind in hidden.items():
        if kind is Hidden.SMALL:
            low = max(1, least - (sum(highs.values()) - highs[name]))
            high = min(THRESHOLD - 1, most - (sum(lows.values()) - lows[name]))
            if high - low + 1 < _POSSIBLE:
                return False
    return True

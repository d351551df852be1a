"""Small-number protection: what may be shown of counts in a report.

Counts under 10 are suppressed, all others rounded to 5. Where published sums would give a suppressed cell away
(a total, or a broad group and its detailed ones), a second cell of that sum is withheld too. Rates are taken
from the rounded counts, never from the exact ones, and only where every count they rest on is shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

THRESHOLD = 10
ROUND_TO = 5

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

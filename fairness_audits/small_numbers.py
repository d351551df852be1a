"""What may be shown of many counts that add up in many ways, such as by ethnicity, by sex and by both together.

Counts under a threshold are suppressed, all others rounded. Then what an attacker could still work out is worked out
here, by linear programming: from every count as shown (its rounding told), from what is marked small or withheld, and
from every way in which counts add up. While a suppressed count could be fewer numbers than one that is shown, another
count beside it is withheld as well (complementary suppression with an audit of ranges: Hundepool and others 2012,
Statistical Disclosure Control, section 4.3). What nobody publishes but anyone may subtract, such as the cases
without the outcome, is protected like a count that is published and suppressed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from fairness_audits.policy import SmallNumbers
from store.small_numbers import Hidden

Cell = tuple[tuple[str, str], str]
"""A row (a grouping and one of its groups) and one of its counts."""
Floats = NDArray[np.float64]

_SLACK, _EXACT = 1e-6, 1e-13
_CHANGES = 3
_FEW, _WORTH_IT = 4, 2
_SEED = 1


@dataclass(frozen=True)
class Tables:
    """Counts and how they add up: in each of ``sums`` the first cell is the sum of the others.

    Cells of ``implied`` are never shown; they are those that anyone may work out by subtracting. Those of ``between``
    are implied too, as what one table has more than another: rounding alone is to hide them. Those of ``known`` are
    told elsewhere to the last case where they are not small, such as how long a list is. What another document shows of
    a cell is in ``told``, and stays as it is.
    """

    counts: Mapping[Cell, int]
    sums: Sequence[Sequence[Cell]]
    implied: frozenset[Cell]
    between: frozenset[Cell] = frozenset()
    known: frozenset[Cell] = frozenset()
    told: Mapping[Cell, int | Hidden] = field(default_factory=dict)

    @property
    def never_shown(self) -> frozenset[Cell]:
        return self.implied | self.between


def rounded_to(count: float, base: int) -> int:
    """The nearest multiple of ``base``."""
    return int((count + base // 2) // base) * base


def protect_tables(tables: Tables, rules: SmallNumbers) -> dict[Cell, int | Hidden]:
    """What is shown of each count but the implied ones: a rounded count, or what stands in its place.

    No suppressed count, and no implied one that is as small, can be told more finely than to ``round_to`` numbers; and
    none follows from the sums, however well the counts that are shown are known.
    """
    attack = _Attack(tables, rules)
    hidden = {
        cell: Hidden.SMALL
        for cell, count in tables.counts.items()
        if cell not in tables.never_shown and count < rules.suppress_below
    }
    hidden |= {cell: mark for cell, mark in tables.told.items() if isinstance(mark, Hidden)}
    while True:
        _withhold_beside_lone_ones(tables, hidden, rules.suppress_below)
        told = attack.told_too_finely(hidden) or attack.solved(hidden)
        more = {neighbour for cell in told if (neighbour := attack.to_withhold(cell, hidden)) is not None}
        if not more:
            break
        hidden.update(dict.fromkeys(sorted(more), Hidden.SECOND))
    return {
        cell: hidden.get(cell, rounded_to(count, rules.round_to))
        for cell, count in tables.counts.items()
        if cell not in tables.never_shown
    }


def _withhold_beside_lone_ones(tables: Tables, hidden: dict[Cell, Hidden], threshold: int) -> None:
    """Withhold the smallest count shown of each sum in which one alone is hidden.

    Rounding would often do. But who knew the counts that are shown to the last one, as from elsewhere, could subtract.
    """
    never_shown = tables.never_shown
    changed = True
    while changed:
        changed = False
        for cells in tables.sums:
            unknown = [cell for cell in cells if cell in hidden or cell in never_shown]
            if len(unknown) != 1 or unknown[0] in tables.between:
                continue
            if unknown[0] in tables.implied and tables.counts[unknown[0]] >= threshold:
                continue
            shown = [cell for cell in cells if cell != unknown[0] and cell not in tables.told]
            if shown:
                hidden[min(shown, key=lambda cell: (tables.counts[cell], cell))] = Hidden.SECOND
                changed = True


class _Attack:
    """What one could work out who knows all that is shown, and how it adds up."""

    def __init__(self, tables: Tables, rules: SmallNumbers) -> None:
        self._tables, self._rules = tables, rules
        self._cells = list(tables.counts)
        self._place = {cell: place for place, cell in enumerate(self._cells)}
        self._truth = np.array([tables.counts[cell] for cell in self._cells], dtype=np.float64)
        self._small = self._truth < rules.suppress_below
        self._never_shown = tables.never_shown
        self._fixed = tables.never_shown | set(tables.told)
        self._least, self._most = self._truth.copy(), self._truth.copy()
        self._draw = np.random.default_rng(_SEED)
        rows, columns, signs = [], [], []
        self._sums_of: dict[Cell, list[Sequence[Cell]]] = {}
        for row, cells in enumerate(tables.sums):
            for place, cell in enumerate(cells):
                rows.append(row)
                columns.append(self._place[cell])
                signs.append(-1.0 if place == 0 else 1.0)
                self._sums_of.setdefault(cell, []).append(cells)
        shape = (len(tables.sums), len(self._cells))
        self._adds_up = csr_array((signs, (rows, columns)), shape=shape)

    def told_too_finely(self, hidden: Mapping[Cell, Hidden]) -> list[Cell]:
        """Some of the small counts that could be fewer numbers than a rounded one; none when there is none.

        Counts that fit what is shown still fit when more is hidden, so that what was found before need not be again.
        """
        bounds = self._bounds(hidden)
        while len(unsettled := self._unsettled()) > _FEW:
            # One way for all of them, then ways at random: most counts are seen to be free without being asked alone.
            signs = self._draw.choice([-1.0, 1.0], len(unsettled))
            self._look(unsettled, signs, bounds)
            self._look(unsettled, -signs, bounds)
            settled = len(unsettled) - len(self._unsettled())
            if settled < _WORTH_IT:
                break
        unsettled = self._unsettled()
        told: list[Cell] = []
        for place in unsettled:
            for sign in (1.0, -1.0):
                if self._width()[place] < self._rules.round_to:
                    self._look(np.array([place]), np.array([sign]), bounds)
            if self._width()[place] < self._rules.round_to:
                told.append(self._cells[place])
            # What is withheld for these mostly settles others too, which then need not be asked about.
            if len(told) > len(unsettled) // 8:
                break
        return told

    def solved(self, hidden: Mapping[Cell, Hidden]) -> list[Cell]:
        """Small counts that follow from the sums alone for one who knows every count that is shown to the last one.

        A count does not follow when the hidden ones can be changed so that every sum stays and it does not. So random
        changes are made, and what of them the sums would show is taken away: where nothing is left, the count follows.
        """
        unknown = [place for place, cell in enumerate(self._cells) if cell in hidden or cell in self._never_shown]
        sums = self._adds_up[:, unknown]
        left = np.zeros(len(unknown))
        for _ in range(_CHANGES):
            change = self._draw.normal(size=len(unknown))
            seen = lsmr(sums, sums @ change, atol=_EXACT, btol=_EXACT, conlim=0, maxiter=20 * len(unknown))[0]
            left = np.maximum(left, np.abs(change - seen))
        found = [place for place in np.array(unknown)[left < _SLACK] if self._small[place]]
        return [cell for place in found if (cell := self._cells[place]) not in self._tables.between]

    def _unsettled(self) -> NDArray[np.int64]:
        return np.flatnonzero(self._small & (self._width() < self._rules.round_to))

    def _width(self) -> Floats:
        """How many whole numbers each count was seen to be able to be."""
        return np.asarray(np.floor(self._most + _SLACK) - np.ceil(self._least - _SLACK) + 1, dtype=np.float64)

    def _look(self, places: NDArray[np.int64], signs: Floats, bounds: tuple[Floats, Floats]) -> None:
        """See how far these counts can go together."""
        weights = np.zeros(len(self._cells))
        weights[places] = signs
        found = self._extreme(weights, *bounds)
        self._least, self._most = np.minimum(self._least, found), np.maximum(self._most, found)

    def to_withhold(self, cell: Cell, hidden: Mapping[Cell, Hidden]) -> Cell | None:
        """The smallest count shown that adds up with this one, or else with one of its neighbours."""
        near, seen = [cell], {cell}
        while near:
            beside = [other for one in near for cells in self._sums_of.get(one, ()) for other in cells]
            shown = [other for other in beside if other not in hidden and other not in self._fixed]
            if shown:
                return min(shown, key=lambda other: (self._tables.counts[other], other))
            near = [other for other in dict.fromkeys(beside) if other not in seen]
            seen.update(near)
        return None

    def _bounds(self, hidden: Mapping[Cell, Hidden]) -> tuple[Floats, Floats]:
        """What each count may be by itself, as shown."""
        base, threshold = self._rules.round_to, self._rules.suppress_below
        low, high = np.zeros(len(self._cells)), np.full(len(self._cells), np.inf)
        for place, cell in enumerate(self._cells):
            if cell in self._never_shown:
                continue
            mark = hidden.get(cell)
            if mark is Hidden.SMALL:
                high[place] = threshold - 1
            elif mark is Hidden.SECOND:
                low[place] = threshold
            elif cell in self._tables.known:
                low[place] = high[place] = self._truth[place]
            else:
                least = rounded_to(self._truth[place], base) - base // 2
                low[place], high[place] = max(least, threshold), least + base - 1
        return low, high

    def _extreme(self, weights: Floats, low: Floats, high: Floats) -> Floats:
        """Counts that fit all that is shown and make the weighted sum as large as it may be."""
        # What is not bounded is held near the truth: further away tells nothing more.
        ceiling = np.where(np.isfinite(high), high, 2 * self._truth.max() + 100)
        found = linprog(
            -weights,
            A_eq=self._adds_up,
            b_eq=np.zeros(self._adds_up.shape[0]),
            bounds=np.column_stack([low, ceiling]),
            method="highs",
        )
        return np.asarray(found.x if found.x is not None else self._truth, dtype=np.float64)

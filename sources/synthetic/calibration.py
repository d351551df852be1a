"""Counting a borough's figures from its own files, and standing them beside their targets.

The interval of a figure is a delete-a-block jackknife over twenty blocks of families (Student's t, 19 degrees of
freedom, 95%), so that it allows for brothers and sisters being alike. See Kott 2001, 'The delete-a-group jackknife'.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from sources.synthetic.built_in import BUILT_IN, QUARTERLY_CONTACTS, BuiltIn
from sources.synthetic.clock import Array
from sources.synthetic.figure import Target
from sources.synthetic.reread import BLOCKS, read_back
from sources.synthetic.targets import TARGETS

_T_95 = 2.093
"""Of Student's t with 19 degrees of freedom."""
_FEWEST_CASES = 5
"""Where fewer cases than this were to be expected, finding none of them says nothing."""


class Standing(Enum):
    """How a figure stands to its target."""

    WITHIN = "within"
    CHANCE = "within chance"
    """Outside, but its interval reaches the tolerance."""
    OFF = "off"
    """Outside, with its whole interval."""
    TOO_FEW = "too few to tell"
    """Half its interval is wider than the whole tolerance, or it is none or all of so few that this says nothing."""
    NONE = "nobody"
    """Nobody to count."""


@dataclass(frozen=True)
class Figure:
    """What was counted: the value, half the width of its 95% interval, and the rows it rests on."""

    value: float
    margin: float
    rows: int

    def standing(self, target: Target | BuiltIn) -> Standing:
        if not self.rows:
            return Standing.NONE
        reaches = self.value - self.margin <= target.high and self.value + self.margin >= target.low
        if self._says_nothing(target) and (reaches or not self.margin):
            return Standing.TOO_FEW
        if target.low <= self.value <= target.high:
            return Standing.WITHIN
        return Standing.CHANCE if reaches else Standing.OFF

    def _says_nothing(self, target: Target | BuiltIn) -> bool:
        if self.margin:
            return self.margin > target.high - target.low
        # No row differs from another, as where none is a case or all are: the interval is no measure of chance then.
        return self.rows * (target.low if self.value < target.low else 1 - target.high) < _FEWEST_CASES


def measure(extracts: Path, truth: Path) -> dict[str, Figure]:
    """The figure of every target and of everything built in, by name, from the extracts and from the truth."""
    with read_back(extracts, truth) as connection:
        figures = {target.name: _figure(connection, target) for target in TARGETS}
        connection.execute(QUARTERLY_CONTACTS)
        return figures | {built.name: _built_in(connection, built) for built in BUILT_IN}


def _figure(connection: duckdb.DuckDBPyConnection, target: Target) -> Figure:
    sums = f"block, sum({target.top})::DOUBLE AS top, sum({target.bottom})::DOUBLE AS bottom, count(*) AS n"
    blocks = connection.table(target.table).filter(target.where).aggregate(sums, "block").order("block")
    return _of_blocks(blocks.fetchall())


def _built_in(connection: duckdb.DuckDBPyConnection, built: BuiltIn) -> Figure:
    values = {"code": built.code} if built.code else None
    return _of_blocks([(*row, row[2]) for row in connection.execute(built.statement, values).fetchall()])


def _of_blocks(rows: list[tuple[Any, ...]]) -> Figure:
    """Block, the two sums and the count of rows, of each block that has any."""
    top, bottom = np.zeros(BLOCKS), np.zeros(BLOCKS)
    for block, above, below, _ in rows:
        top[block], bottom[block] = float(above or 0), float(below or 0)
    return figure_of(top, bottom, int(sum(row[3] or 0 for row in rows)))


def figure_of(top: Array, bottom: Array, rows: int) -> Figure:
    """The ratio of two sums given by block, with its jackknife interval."""
    if not bottom.sum():
        return Figure(0.0, 0.0, 0)
    without = (top.sum() - top) / np.maximum(bottom.sum() - bottom, 1e-12)
    value = top.sum() / bottom.sum()
    variance = (len(top) - 1) / len(top) * ((without - value) ** 2).sum()
    return Figure(float(value), float(_T_95 * np.sqrt(variance)), rows)

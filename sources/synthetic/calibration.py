"""Counting a borough's figures from its own files, and standing them beside their targets.

The interval of a figure is a delete-a-block jackknife over twenty blocks of families (Student's t, 19 degrees of
freedom, 95%), so that it allows for brothers and sisters being alike. See Kott 2001, 'The delete-a-group jackknife'.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import duckdb
import numpy as np

from sources.synthetic.clock import Array
from sources.synthetic.figure import Target
from sources.synthetic.reread import BLOCKS, read_back
from sources.synthetic.targets import TARGETS

_T_95 = 2.093
"""Of Student's t with 19 degrees of freedom."""


class Standing(Enum):
    """How a figure stands to its target."""

    WITHIN = "within"
    CHANCE = "within chance"
    """Outside, but its interval reaches the tolerance: too few families to tell."""
    OFF = "off"
    NONE = "nobody"
    """Nobody to count."""


@dataclass(frozen=True)
class Figure:
    """What was counted: the value, half the width of its 95% interval, and the rows it rests on."""

    value: float
    margin: float
    rows: int

    def standing(self, target: Target) -> Standing:
        if not self.rows:
            return Standing.NONE
        if target.low <= self.value <= target.high:
            return Standing.WITHIN
        touches = self.value - self.margin <= target.high and self.value + self.margin >= target.low
        return Standing.CHANCE if touches else Standing.OFF


def measure(extracts: Path, truth: Path) -> dict[str, Figure]:
    """Every target's figure by name, from the extracts in a folder and the truth in another."""
    with read_back(extracts, truth) as connection:
        return {target.name: _figure(connection, target) for target in TARGETS}


def _figure(connection: duckdb.DuckDBPyConnection, target: Target) -> Figure:
    sums = f"block, sum({target.top})::DOUBLE AS top, sum({target.bottom})::DOUBLE AS bottom, count(*) AS n"
    blocks = connection.table(target.table).filter(target.where).aggregate(sums, "block").order("block").fetchnumpy()
    top, bottom = (np.zeros(BLOCKS) for _ in range(2))
    top[blocks["block"]], bottom[blocks["block"]] = blocks["top"], blocks["bottom"]
    return figure_of(top, bottom, int(blocks["n"].sum()))


def figure_of(top: Array, bottom: Array, rows: int) -> Figure:
    """The ratio of two sums given by block, with its jackknife interval."""
    if not bottom.sum():
        return Figure(0.0, 0.0, 0)
    without = (top.sum() - top) / np.maximum(bottom.sum() - bottom, 1e-12)
    value = top.sum() / bottom.sum()
    variance = (len(top) - 1) / len(top) * ((without - value) ** 2).sum()
    return Figure(float(value), float(_T_95 * np.sqrt(variance)), rows)

"""What the synthetic borough is calibrated to: published figures read in their source, and how each is counted.

Brackwater is an inner London borough between Camden and Hackney. Where both have a figure, anything from the one to the
other is right. Where one alone has it, that one is aimed at; where neither, England. A figure that another stands
against is shown with ``aimed=False``, and says which was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Shown(Enum):
    """How a figure is written: what it is multiplied by, its decimal places and its unit."""

    PERCENT = (100.0, 1, "%")
    PER_1000 = (1_000.0, 1, " per 1,000")
    PER_10000 = (10_000.0, 1, " per 10,000")
    WEEKS = (1.0, 1, " weeks of rent")
    POUNDS = (1.0, 0, " pounds")
    NUMBER = (1.0, 2, "")

    def write(self, value: float) -> str:
        factor, places, unit = self.value
        return f"{value * factor:,.{places}f}{unit}"

    def write_bare(self, value: float) -> str:
        factor, places, _ = self.value
        return f"{value * factor:,.{places}f}"


@dataclass(frozen=True)
class Target:
    """One figure: ``sum(top) / sum(bottom)`` over the rows of a table of ``reread.py``.

    ``low`` and ``high`` bound what is within tolerance, as the fraction itself (not in percent).
    """

    name: str
    published: str
    source: str
    low: float
    high: float
    table: str
    top: str
    bottom: str = "1"
    where: str = "TRUE"
    shown: Shown = Shown.PERCENT
    aimed: bool = True
    note: str = ""

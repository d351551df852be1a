"""The calibration table of a synthetic borough on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from sources.synthetic.calibration import Figure
from sources.synthetic.comparison import lines, told


def print_calibration(console: Console, figures: Mapping[str, Figure]) -> None:
    """Each published figure, what is within tolerance, and what the borough's own files show, with a 95% interval."""
    table = Table(
        title="Calibration: published figures and what this borough's files show (95% interval)",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in ("figure", "published", "tolerance", "got", "standing"):
        table.add_column(heading, overflow="fold")
    for line in lines(figures):
        table.add_row(line.name, line.published, line.tolerance, line.got, line.standing)
    console.print(table)
    console.print(told(figures), markup=False)

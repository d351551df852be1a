"""The calibration table of a synthetic borough on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from sources.synthetic.calibration import Figure
from sources.synthetic.comparison import Line, built_in_lines, lines, told


def print_calibration(console: Console, figures: Mapping[str, Figure]) -> None:
    """Each published figure, what is within tolerance, and what the borough's own files show, with a 95% interval."""
    _print(console, "Calibration: published figures, and what this borough's files show (95% interval)", lines(figures))
    _print(console, "Built in: biases and effects that no published figure gives", built_in_lines(figures))
    console.print(told(figures), markup=False)


def _print(console: Console, title: str, rows: Sequence[Line]) -> None:
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("figure", "aim", "tolerance", "got", "standing"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.published, row.tolerance, row.got, row.standing)
    console.print(table)

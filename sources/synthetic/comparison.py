"""The calibration table: each target, what came out, and whether it is within tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sources.synthetic.calibration import Figure, Standing
from sources.synthetic.figure import Target
from sources.synthetic.targets import TARGETS


@dataclass(frozen=True)
class Line:
    """One target beside what came out of one borough, as text."""

    name: str
    published: str
    tolerance: str
    got: str
    standing: str


def lines(figures: Mapping[str, Figure]) -> list[Line]:
    """A line for each target, in their order."""
    return [_line(target, figures[target.name]) for target in TARGETS]


def _line(target: Target, figure: Figure) -> Line:
    standing = figure.standing(target)
    got = f"{target.shown.write_bare(figure.value)} ± {target.shown.write_bare(figure.margin)}" if figure.rows else ""
    shown = standing.value if target.aimed else f"{standing.value}; not aimed at"
    return Line(target.name, target.published, _tolerance(target), got, shown)


def _tolerance(target: Target) -> str:
    return f"{target.shown.write_bare(target.low)} to {target.shown.write(target.high)}"


def told(figures: Mapping[str, Figure]) -> str:
    """How many of the targets that are aimed at were met, in a sentence."""
    standings = [figures[target.name].standing(target) for target in TARGETS if target.aimed]
    within, chance = standings.count(Standing.WITHIN), standings.count(Standing.CHANCE)
    return (
        f"{within} of the {len(standings)} figures aimed at are within tolerance, {chance} more within chance of it; "
        f"{standings.count(Standing.OFF)} are off."
    )


def page_table(runs: Sequence[Mapping[str, Figure]], targets: Sequence[Target]) -> list[str]:
    """Markdown rows of the mean and range over several boroughs of one size."""
    rows = [
        "| figure | published | source | tolerance | mean | range over seeds | standing |",
        "|---|---|---|---|---|---|---|",
    ]
    for target in targets:
        values = [run[target.name].value for run in runs if run[target.name].rows]
        mean = sum(values) / len(values)
        spread = f"{target.shown.write_bare(min(values))} to {target.shown.write_bare(max(values))}"
        got = (target.shown.write_bare(mean), spread)
        cells = (target.name, target.published, target.source, _tolerance(target), *got)
        rows.append(f"| {' | '.join(cells)} | {_of_mean(target, mean)} |")
    return rows


def _of_mean(target: Target, mean: float) -> str:
    if not target.aimed:
        return f"not aimed at: {target.note}"
    return Standing.WITHIN.value if target.low <= mean <= target.high else Standing.OFF.value

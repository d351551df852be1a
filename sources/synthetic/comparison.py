"""The calibration table: each target, what came out, and whether it is within tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sources.synthetic.built_in import BUILT_IN, BuiltIn
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


def built_in_lines(figures: Mapping[str, Figure]) -> list[Line]:
    """A line for everything built in; what it was made to be stands for the published figure."""
    return [
        Line(built.name, built.made, _tolerance(built), _got(built, figure), figure.standing(built).value)
        for built, figure in ((built, figures[built.name]) for built in BUILT_IN)
    ]


def _got(target: Target | BuiltIn, figure: Figure) -> str:
    return f"{target.shown.write_bare(figure.value)} ± {target.shown.write_bare(figure.margin)}" if figure.rows else ""


def _line(target: Target, figure: Figure) -> Line:
    standing = figure.standing(target)
    shown = standing.value if target.aimed else f"{standing.value}; not aimed at"
    return Line(target.name, target.published, _tolerance(target), _got(target, figure), shown)


def _tolerance(target: Target | BuiltIn) -> str:
    return f"{target.shown.write_bare(target.low)} to {target.shown.write(target.high)}"


def told(figures: Mapping[str, Figure]) -> str:
    """How each of the targets that are aimed at came out, counted in a sentence."""
    standings = [figures[target.name].standing(target) for target in TARGETS if target.aimed]
    count = {standing: standings.count(standing) for standing in Standing}
    return (
        f"Of the {len(standings)} figures aimed at, {count[Standing.WITHIN]} are within tolerance, "
        f"{count[Standing.CHANCE]} within chance of it and {count[Standing.OFF]} off; {count[Standing.TOO_FEW]} rest "
        f"on too few to tell, and {count[Standing.NONE]} on nobody."
    )


def page_table(runs: Sequence[Mapping[str, Figure]], targets: Sequence[Target]) -> list[str]:
    """Markdown rows of the mean and range over several boroughs of one size."""
    rows = [
        "| figure | published | source | tolerance | mean | range over seeds | standing |",
        "|---|---|---|---|---|---|---|",
    ]
    for target in targets:
        mean, written, spread = _over(runs, target)
        standing = _of_mean(target, mean) if target.aimed else f"not aimed at: {target.note}"
        cells = (target.name, target.published, target.source, _tolerance(target), written, spread, standing)
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def built_in_table(runs: Sequence[Mapping[str, Figure]]) -> list[str]:
    """Markdown rows of what was built in, the mean and range over several boroughs of one size."""
    rows = ["| property | made | bounds | mean | range over seeds | standing |", "|---|---|---|---|---|---|"]
    for built in BUILT_IN:
        mean, written, spread = _over(runs, built)
        cells = (built.name, built.made, _tolerance(built), written, spread, _of_mean(built, mean))
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _over(runs: Sequence[Mapping[str, Figure]], target: Target | BuiltIn) -> tuple[float | None, str, str]:
    """Mean, the mean as text, and the least and greatest, over the boroughs that have anyone to count."""
    values = [run[target.name].value for run in runs if run[target.name].rows]
    if not values:
        return None, "", ""
    mean, write = sum(values) / len(values), target.shown.write_bare
    return mean, write(mean), f"{write(min(values))} to {write(max(values))}"


def _of_mean(target: Target | BuiltIn, mean: float | None) -> str:
    if mean is None:
        return Standing.NONE.value
    standing = Standing.WITHIN if target.low <= mean <= target.high else Standing.OFF
    return str(standing.value)

"""Writes the measured tables into ``docs/synthetic-borough.md``:

    python -m sources.synthetic.page docs/synthetic-borough.md

makes boroughs of several seeds, counts their figures and puts the tables between the page's two marks. A few minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sources.synthetic import generate
from sources.synthetic.assumptions import ASSUMED, NOT_VERIFIED
from sources.synthetic.calibration import Figure, measure
from sources.synthetic.care_targets import SOCIAL_CARE
from sources.synthetic.carer_targets import CARERS
from sources.synthetic.comparison import built_in_table, page_table
from sources.synthetic.money_targets import MONEY
from sources.synthetic.school_targets import ATTENDANCE
from sources.synthetic.targets import NOT_SHOWN
from store.files import write_text

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
FAMILIES = 10_000
SEEDS = (1, 2, 3)
_SUBJECTS = (
    ("School attendance and free meals", ATTENDANCE),
    ("Families, benefits and rent", MONEY),
    ("Children's social care", SOCIAL_CARE),
    ("Young carers", CARERS),
)


def tables(runs: Sequence[Mapping[str, Figure]], families: int, seeds: Sequence[int]) -> str:
    """All that the page has between its marks, in Markdown."""
    told = ", ".join(map(str, seeds))
    parts = [f"Boroughs of {families:,} families, seeds {told}: the mean over the seeds, and the range.", ""]
    for subject, targets in _SUBJECTS:
        parts += [f"### {subject}", "", *page_table(runs, targets), ""]
    parts += ["### Built in", "", *built_in_table(runs), ""]
    parts += ["### Read in their source, but not shown", "", "| figure | why |", "|---|---|"]
    parts += [f"| {figure} | {why} |" for figure, why in NOT_SHOWN]
    parts += ["", "### Not verified, so assumed", "", "| what | value | why |", "|---|---|---|"]
    parts += [f"| {what} | {value} | {why} |" for what, value, why in NOT_VERIFIED]
    parts += ["", "### Assumed", "", "| what | value |", "|---|---|"]
    parts += [f"| {what} | {value} |" for what, value in ASSUMED]
    return "\n".join(parts)


def write_page(page: Path, families: int, seeds: Sequence[int]) -> None:
    """Replace what stands between the page's marks."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    runs = [_one(families, seed) for seed in seeds]
    write_text(page, f"{before}{BEGIN}\n\n{tables(runs, families, seeds)}\n\n{END}{after}")


def _one(families: int, seed: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as folder:
        out, truth = Path(folder) / "borough", Path(folder) / "truth"
        generate(families, seed, out, truth)
        return measure(out / "extracts", truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the measured tables of the synthetic borough's page.")
    parser.add_argument("page", type=Path)
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    asked = parser.parse_args()
    write_page(asked.page, asked.families, asked.seeds)

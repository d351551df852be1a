"""Measure the residents index: FEBRL, the synthetic borough, what it costs, and a council's extracts without truth.

    python -m benchmarks.linkage [--only febrl --only borough] [--families 3000] [--borough FOLDER] [--keep]

Tables are printed as they are made. They are kept in ``benchmarks/results/linkage.md`` and ``docs/linkage.md`` when the
whole set was measured on the whole borough, or with ``--keep``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from benchmarks.linkage import borough as boroughs
from benchmarks.linkage import febrl, pages
from benchmarks.linkage.borough import Borough, Quality
from benchmarks.linkage.scores import Score
from early_help.progress import ConsoleProgress
from store.run_folder import RunFolder

FAMILIES = 40_000
TARGETS = {"FEBRL 3": 0.9975, "FEBRL 4, linking a to b": 0.9996}
PEOPLE_TARGET, FAMILY_TARGET = 0.96, 0.92
_WORST_OF = 100
"""Records, or people, that a group needs to be named as the worst."""


@dataclass
class Bench:
    """What was asked for, and what several parts share."""

    folder: Path
    families: int
    seed: int
    ready: Path | None
    progress: ConsoleProgress
    _borough: Borough | None = None
    _matched: dict[str, RunFolder] = field(default_factory=dict)

    def borough(self) -> Borough:
        if self._borough is None:
            if self.ready is not None:
                self._borough = boroughs.open_borough(self.ready)
            else:
                with self.progress.task(f"Making a borough of {self.families:,} families", 1) as task:
                    self._borough = boroughs.make_borough(self.folder / "borough", self.families, self.seed)
                    task.advance()
        return self._borough

    def matched(self, variant: str) -> RunFolder:
        """The borough matched by the stage as it stands (``ours``) or by exact match alone (``exact``)."""
        if variant not in self._matched:
            changed = {"variant": "exact", "largest_block": 10} if variant == "exact" else {}
            self._matched[variant], _ = boroughs.match(self.borough(), self.folder / variant, **changed)
        return self._matched[variant]


def measure_febrl(bench: Bench) -> dict[str, str]:
    if not febrl.FOLDER.is_dir():
        return {"FEBRL": f"Not measured: the files are not beside the project (`../{_beside(febrl.FOLDER)}`)."}
    with bench.progress.task("FEBRL 3 and 4", 1) as task:
        found = febrl.measure(bench.folder)
        task.advance()
    rows = []
    for name, (ours, exact) in found.items():
        target = TARGETS.get(name)
        rows.append([name, *pages.score_cells(ours), f"{target:.4f}" if target else "", pages.share(exact.f1)])
    heads = ["benchmark", "precision", "recall", "F1", "95% interval", "target F1", "F1 of exact match"]
    words = (
        "\nThe toolkit's own stage with its own defaults. `soc_sec_id` stands in the column of the National Insurance "
        "number, its seven digits one to one (the first as a letter); the state has no column and is left out. FEBRL 4 "
        "is scored as is usual, by the links between 4a and 4b; as one file to be deduplicated it stands below. Exact "
        "match is on forename, surname and birth date as held.\n"
    )
    return {"FEBRL": pages.table(heads, rows) + words}


def measure_borough(bench: Bench) -> dict[str, str]:
    borough = bench.borough()
    with bench.progress.task("Matching the borough, and by exact match alone", 2) as task:
        judged = {}
        for variant in ("ours", "exact"):
            judged[variant] = boroughs.judge(borough, bench.matched(variant))
            task.advance()
    return {
        "People in the synthetic borough": _people_section(judged["ours"], judged["exact"]),
        "Families in the synthetic borough": _family_section(judged["ours"], judged["exact"]),
    }


def _people_section(ours: Quality, exact: Quality) -> str:
    heads = ["records", "n", "families", "precision", "recall", "F1", "95% interval", "target", "F1 of exact match"]
    whole = [
        _row("by system key", ours.records, exact.records, f"{PEOPLE_TARGET}"),
        _row("by row", ours.rows, exact.rows, ""),
    ]
    groups = [_row(a.name, a, b, "") for a, b in zip(ours.by_group, exact.by_group)]
    systems = [_row(a.name, a, b, "") for a, b in zip(ours.by_system, exact.by_system)]
    return (
        pages.table(heads, whole)
        + "\nA record is a key of a system: a pupil's termly rows are one. Exact match is on names and birth date as "
        "the toolkit writes them, so after its cleaning; rows of one key of one system count as one person in both.\n\n"
        + f"Worst group of {_WORST_OF} records or more: {_worst(ours.by_group)}. Seen from the records of each group, "
        "so that a pair joined by mistake across two groups counts against both:\n\n"
        + pages.table(["ethnic group", *heads[1:]], groups)
        + "\nBy system, seen from its records:\n\n"
        + pages.table(["system", *heads[1:]], systems)
    )


def _family_section(ours: Quality, exact: Quality) -> str:
    heads = ["families", "n", "families", "precision", "recall", "F1", "95% interval", "target", "F1 of exact match"]
    whole = [
        _row("person-family-days, strict", ours.families, exact.families, f"{FAMILY_TARGET}"),
        _row("the same, lenient", ours.families_lenient, exact.families_lenient, ""),
        _row("days of pairs of members", ours.pair_days, exact.pair_days, ""),
    ]
    groups = [_row(a.name, a, b, "") for a, b in zip(ours.families_by_group, exact.families_by_group)]
    return (
        pages.table(heads, whole)
        + "\nTruth: every day of the covered time on which a person belongs to a true family that has a child then; "
        f"{ours.unnamed:,} of these people are named by no system and count as missed. Made: every day of every "
        "membership. A made family stands for one true family and the other way round, the most person-days in common "
        "taken first. Strict: a made person, too, stands for one true person, so that the days of a person found twice "
        "are wrong once. Lenient: each made person is the one most of whose records it holds. Days of pairs need no "
        "family to stand for another. Exact match: the persons that exact match makes, through the same family rules."
        f"\n\nWorst group of {_WORST_OF} people or more: {_worst(ours.families_by_group)}. By ethnic group, strict; a "
        "person made twice counts in the group of the true one:\n\n" + pages.table(["ethnic group", *heads[1:]], groups)
    )


def _row(name: str, ours: Score, exact: Score, target: str) -> list[str]:
    families = f"{ours.families:,}" if ours.families > 1 else ""
    return [name, f"{ours.rows:,}", families, *pages.score_cells(ours), target, pages.share(exact.f1)]


def _worst(groups: list[Score]) -> str:
    worst = min((group for group in groups if group.rows >= _WORST_OF and group.name != "unknown"), key=lambda g: g.f1)
    return f"{worst.name}, F1 {worst.f1:.4f}"


def _beside(folder: Path) -> str:
    return "/".join(folder.parts[-3:])


PARTS: dict[str, Callable[[Bench], dict[str, str]]] = {"febrl": measure_febrl, "borough": measure_borough}


def main() -> None:
    """Measure what was asked for, print it, and keep it when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Only this part; may be repeated.")
    parser.add_argument("--families", type=int, default=FAMILIES, help="Families of the synthetic borough.")
    parser.add_argument("--seed", type=int, default=1, help="Seed of the synthetic borough.")
    parser.add_argument("--borough", type=Path, help="A ready-made borough: a folder with x, truth and run in it.")
    parser.add_argument("--keep", action="store_true", help="Keep the tables, though they are not the whole set.")
    asked = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), asked.families, asked.seed, asked.borough, ConsoleProgress(console))
        found: dict[str, str] = {}
        for part in asked.only or PARTS:
            made = PARTS[part](bench)
            for name, text in made.items():
                print(f"## {name}\n\n{text}")
            found |= made
    whole = asked.only is None and asked.families == FAMILIES and asked.borough is None
    if whole or asked.keep:
        pages.keep(found)


if __name__ == "__main__":
    main()

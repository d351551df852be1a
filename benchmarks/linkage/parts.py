"""The parts of the benchmark: each measures one thing and gives its sections of the page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.linkage import borough as boroughs
from benchmarks.linkage import errors, febrl, fenmarsh, sections
from benchmarks.linkage.borough import Borough
from benchmarks.linkage.cost import compare, draw, new_quarter
from early_help.progress import ConsoleProgress
from residents.config import ResidentsConfig
from residents.tables import VERSIONS
from store.run_folder import RunFolder

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
SENSITIVITY_KEYS = 50_000
NEW_SHARE = 100
"""One new record to so many known ones: 5,000 to 500,000."""


@dataclass
class Bench:
    """What was asked for, and what several parts share."""

    folder: Path
    families: int
    seed: int
    ready: Path | None
    records: int
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

    def made_of(self) -> str:
        """What the borough is, in words."""
        families = boroughs.count_families(self.borough())
        return f"{families:,} families with children" + ("" if self.ready else f", made with seed {self.seed}")

    def matched(self, variant: str) -> RunFolder:
        """The borough matched by the stage as it stands (``ours``) or by exact match alone (``exact``)."""
        if variant not in self._matched:
            changed = {"largest_block": 10} if variant == "exact" else {}
            self._matched[variant], _ = boroughs.match(
                self.borough(), self.folder / variant, "exact" if variant == "exact" else None, **changed
            )
        return self._matched[variant]


def measure_febrl(bench: Bench) -> dict[str, str]:
    if not febrl.FOLDER.is_dir():
        return {"FEBRL": _absent("the FEBRL files", febrl.FOLDER)}
    with bench.progress.task("FEBRL 3 and 4", 1) as task:
        found = febrl.measure(bench.folder)
        task.advance()
    return {"FEBRL": sections.febrl_section(found)}


def measure_borough(bench: Bench) -> dict[str, str]:
    borough = bench.borough()
    judged = {}
    with bench.progress.task("Matching the borough, and by exact match alone", 2) as task:
        for variant in ("ours", "exact"):
            judged[variant] = boroughs.judge(borough, bench.matched(variant))
            task.advance()
    return {
        "People in the synthetic borough": sections.people_section(bench.made_of(), judged["ours"], judged["exact"]),
        "Families in the synthetic borough": sections.family_section(judged["ours"], judged["exact"]),
    }


def measure_errors(bench: Bench) -> dict[str, str]:
    run = bench.matched("ours")
    with boroughs.open_results(bench.borough(), run) as con:
        con.read_parquet(str(run.path(VERSIONS))).create("versions")
        errors.make_errors(con)
        systems = {kind: errors.by_system(con, kind) for kind in ("missed", "joined")}
        text = sections.error_section(
            errors.missed_classes(con), errors.joined_classes(con), systems, errors.by_moving(con)
        )
    return {"What the errors have in common": text}


def measure_sensitivity(bench: Bench) -> dict[str, str]:
    default = ResidentsConfig().match_probability
    smaller = draw(bench.borough(), bench.folder / "smaller", SENSITIVITY_KEYS)
    cases: list[tuple[str, str | None, float]] = [
        (f"{threshold}, the default" if threshold == default else f"{threshold}", None, threshold)
        for threshold in THRESHOLDS
    ]
    cases.append((f"{default}, without name frequencies", "no frequencies", default))
    rows = []
    keys = 0
    with bench.progress.task("Thresholds and name frequencies", len(cases)) as task:
        for number, (name, variant, threshold) in enumerate(cases):
            folder = bench.folder / f"case{number}"
            run, _ = boroughs.match(smaller, folder / "borough", variant, match_probability=threshold)
            quality = boroughs.judge(smaller, run, intervals=False)
            keys = quality.records.rows
            known = [float("nan")] * 2
            if febrl.FOLDER.is_dir():
                known = febrl.measure_changed(folder, variant, match_probability=threshold)
            people = quality.records
            rows.append((name, [*known, people.precision, people.recall, people.f1, quality.families.f1]))
            shutil.rmtree(folder)
            task.advance()
    return {"Thresholds and name frequencies": sections.sensitivity_section(default, keys, rows)}


def measure_cost(bench: Bench) -> dict[str, str]:
    folder = bench.folder / "cost"
    with bench.progress.task("The stage beside bare Splink", 2) as task:
        drawn = draw(bench.borough(), folder / "drawn", bench.records)
        task.advance()
        found = compare(drawn, folder)
        task.advance()
    return {"Cost": sections.cost_section(found)}


def measure_new_quarter(bench: Bench) -> dict[str, str]:
    with bench.progress.task("A new quarter against the index", 1) as task:
        found = new_quarter(bench.borough(), bench.folder / "quarters", bench.records, bench.records // NEW_SHARE)
        task.advance()
    return {"A new quarter against the index": sections.new_quarter_section(found)}


def measure_fenmarsh(bench: Bench) -> dict[str, str]:
    name = "Fenmarsh, without truth"
    if not fenmarsh.EXTRACTS.is_dir():
        return {name: _absent("its extracts", fenmarsh.EXTRACTS)}
    with bench.progress.task("Fenmarsh", 1) as task:
        quality, linkage = fenmarsh.measure(bench.folder)
        task.advance()
    return {name: fenmarsh.section(quality, linkage)}


def _absent(what: str, folder: Path) -> str:
    """Why a part was not measured, with the place beside the project where its files should be."""
    return f"Not measured: {what} are not beside the project, in `../{'/'.join(folder.parts[-3:])}`.\n"


PARTS: dict[str, Callable[[Bench], dict[str, str]]] = {
    "febrl": measure_febrl,
    "borough": measure_borough,
    "errors": measure_errors,
    "sensitivity": measure_sensitivity,
    "cost": measure_cost,
    "new-quarter": measure_new_quarter,
    "fenmarsh": measure_fenmarsh,
}

"""The parts of the benchmark: each measures one thing and gives its section of the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.features.environment import interpreter
from benchmarks.features.history import AS_OFS
from benchmarks.jobs import Cost, run_process
from benchmarks.linkage.pages import table
from early_help.progress import ConsoleProgress
from features.library import library
from features.stage import STAGE

FAMILIES = 40_000
_JOINED_SHARE = 4
"""The as-of join is measured on a quarter of the families, because it takes many times as long."""
_GROWTH = (4, 2, 1, 0.5)
_SAMPLES = (200, 600)
"""Parts in ten thousand of the pupils and tenancies that featuretools is measured on."""
_EXPRESSED = ("attendance", "rent_transactions")
_WINDOWS = (28, 91, 182, 365)


@dataclass(frozen=True)
class Measured:
    """One run of the stage: its cost, seconds of its steps (wall, processor), and digests of what it wrote."""

    cost: Cost
    steps: dict[str, tuple[float, float]]
    digests: tuple[str, ...]


@dataclass
class Bench:
    """What was asked for, and what several parts share."""

    folder: Path
    histories: Path
    families: int
    seed: int
    environment: Path
    progress: ConsoleProgress
    _measured: dict[int, Measured] = field(default_factory=dict)

    def history(self, families: int) -> Path:
        """The run folder of a borough of so many families; made when it is not there, or lacks a table."""
        run = self.histories / f"{families}_{self.seed}"
        kept = run / "rows.json"
        if not kept.exists() or json.loads(kept.read_text(encoding="utf-8")).keys() != {t.name for t in STAGE.reads}:
            with self.progress.task(f"Making a history of {families:,} families", 1) as task:
                run.mkdir(parents=True, exist_ok=True)
                _worker("make", run=str(run), families=families, seed=self.seed)
                task.advance()
        return run

    def rows(self, families: int) -> dict[str, int]:
        counts: dict[str, int] = json.loads((self.history(families) / "rows.json").read_text(encoding="utf-8"))
        return counts

    def stage(self, families: int, kind: str = "engine", **further: Any) -> Measured:
        """Run the features stage, with its own plan or another."""
        run, answer = self.history(families), self.folder / "answer.json"
        with self.progress.task(f"The stage at {families:,} families ({kind})", 1) as task:
            cost = _worker(kind, run=str(run), answer=str(answer), **further)
            task.advance()
        found = json.loads(answer.read_text(encoding="utf-8"))
        return Measured(cost, {k: (w, c) for k, (w, c) in found["steps"].items()}, tuple(found["digests"]))

    def ours(self, families: int) -> Measured:
        """The stage as it stands at a size, measured once."""
        if families not in self._measured:
            self._measured[families] = self.stage(families)
        return self._measured[families]


def _worker(kind: str, **job: Any) -> Cost:
    return run_process(["-m", "benchmarks.features.worker", json.dumps({"kind": kind, **job})])


def measure_cost(bench: Bench) -> tuple[str, str]:
    rows, ours = bench.rows(bench.families), bench.ours(bench.families)
    run = bench.history(bench.families)
    with bench.progress.task("Reading the columns and no more", 1) as task:
        bare = _worker("scan", run=str(run))
        task.advance()
    largest = ", ".join(f"{count:,} {name}" for name, count in sorted(rows.items(), key=lambda item: -item[1])[:4])
    lines = [
        _line("bare scan of the same columns", bare, bare),
        _line("features stage", ours.cost, bare),
    ]
    steps = [(_WORDS[name], [f"{wall:.1f}", f"{cpu:.1f}"]) for name, (wall, cpu) in ours.steps.items()]
    ratio = ours.cost.wall / bare.wall
    text = (
        f"{bench.families:,} families, {len(library())} features, {len(AS_OFS)} as-of dates, family and child level, "
        f"writing included. Rows: {largest}.\n\n"
        + table(["job", "wall s", "CPU s", "peak MB", "times the scan, wall", "CPU"], lines)
        + "\n"
        + table(["step of the stage", "wall s", "CPU s"], [[name, *cells] for name, cells in steps])
        + "\n"
        + _targets(
            (f"under 45 s: {ours.cost.wall:.1f} s", ours.cost.wall < 45),
            (f"under 3 GB: {ours.cost.peak_mb / 1024:.2f} GB", ours.cost.peak_mb < 3 * 1024),
            (f"at most 25 times the bare scan: {ratio:.1f} times", ratio <= 25),
        )
    )
    return "At borough size", text


def measure_join(bench: Bench) -> tuple[str, str]:
    families = bench.families // _JOINED_SHARE
    ours, joined = bench.ours(families), bench.stage(families, "as_of_join")
    if ours.digests != joined.digests:
        raise SystemExit("the as-of join gives other features than the engine: one of the two is wrong")
    lines = [
        [name, *_figures(measured.cost), f"{measured.steps['compute'][0]:.1f}", f"{measured.steps['compute'][1]:.1f}"]
        for name, measured in (("interval buckets, ours", ours), ("as-of join", joined))
    ]
    ratio = joined.cost.wall / ours.cost.wall
    computing = [joined.steps["compute"][kind] / ours.steps["compute"][kind] for kind in (0, 1)]
    text = (
        f"{families:,} families. In the place of the engine's own reduction of rows, the plan that one would write "
        "down first: every row joined to every as-of date that may see it, grouped by person and date, with one "
        "filtered aggregate for each measure and window. It has the engine's whole numbers for people and works out "
        "what a row brings once, before it is joined, as one would by hand. Reading, looking up people, members, "
        "roll-ups, arithmetic and writing are the same, and both wrote the same bytes.\n\n"
        + table(["plan", "wall s", "CPU s", "peak MB", "computing, wall s", "CPU s"], lines)
        + "\n"
        + _targets(
            (f"at least 3 times faster, the whole stage: {ratio:.1f} times", ratio >= 3),
            (f"computing alone: {computing[0]:.1f} times, {computing[1]:.1f} by the processor", computing[0] >= 3),
        )
    )
    return "Beside an as-of join", text


def measure_featuretools(bench: Bench) -> tuple[str, str]:
    name = "Beside featuretools"
    families = bench.families
    with bench.progress.task("An environment for featuretools", 1) as task:
        python = interpreter(bench.environment)
        task.advance()
    if python is None:
        return name, "Not measured: featuretools could not be installed (no package index in reach?).\n"
    found = [_featuretools(bench, python, families, parts) for parts in _SAMPLES]
    sampled = [families * parts / 10_000 for parts in _SAMPLES]
    wall, cpu = ((found[1][kind] - found[0][kind]) / (sampled[1] - sampled[0]) * families for kind in ("wall", "cpu"))
    alike, columns = _same_counts(bench, families)
    if columns != found[0]["columns"]:
        raise SystemExit(
            f"featuretools makes {found[0]['columns']} columns and our engine {columns}: not the same counts"
        )
    stage = bench.stage(families, sources=_EXPRESSED)
    lines = [
        *(
            [f"featuretools, {n:,.0f} families", f"{f['wall']:.1f}", f"{f['cpu']:.1f}", ""]
            for n, f in zip(sampled, found)
        ),
        [f"featuretools, scaled to {families:,}", f"{wall:.0f}", f"{cpu:.0f}", ""],
        [f"our engine, the same counts, {families:,}", *_figures(alike)[:2], f"{wall / alike.wall:.0f}"],
        [
            f"our stage, every feature of the two tables, {families:,}",
            *_figures(stage.cost)[:2],
            f"{wall / stage.cost.wall:.0f}",
        ],
    ]
    ratio = wall / alike.wall
    text = (
        f"Counts and totals of marks and rent postings by code over {len(_WINDOWS)} windows, at {len(AS_OFS)} as-of "
        f"dates: {columns} columns for each pupil and tenancy, by event date alone, in memory. Scaled by what the "
        "larger sample cost more than the smaller: `featuretools.dfs` and no more. Ours of the same counts is the "
        "whole process, with reading from Parquet and looking up who each pupil is; our stage has recorded dates, "
        "families, children, what is made of counts, and writing besides.\n\n"
        + table(["", "wall s", "CPU s", "times faster, wall"], lines)
        + "\n"
        + _targets((f"at least 20 times faster on the same counts: {ratio:.0f} times", ratio >= 20))
    )
    return name, text


def _same_counts(bench: Bench, families: int) -> tuple[Cost, int]:
    """Our engine on the counts that featuretools is asked for, and how many they are."""
    run, answer = bench.history(families), bench.folder / "counts.json"
    with bench.progress.task("The same counts by our engine", 1) as task:
        cost = _worker("counts", run=str(run), answer=str(answer), windows=_WINDOWS)
        task.advance()
    return cost, json.loads(answer.read_text(encoding="utf-8"))["columns"]


def _featuretools(bench: Bench, python: Path, families: int, parts: int) -> dict[str, float]:
    folder, answer, job = (bench.folder / name for name in ("sample", "found.json", "job.json"))
    _worker("sample", run=str(bench.history(families)), folder=str(folder), parts=parts)
    asked = {
        "folder": str(folder),
        "answer": str(answer),
        "windows": _WINDOWS,
        "as_of": [as_of.isoformat() for as_of in AS_OFS],
    }
    job.write_text(json.dumps(asked), encoding="utf-8")
    with bench.progress.task(f"featuretools on a sample of {parts / 100:.0f}%", 1) as task:
        run_process([str(Path(__file__).with_name("by_featuretools.py")), str(job)], python=python)
        task.advance()
    figures: dict[str, float] = json.loads(answer.read_text(encoding="utf-8"))
    return figures


def measure_growth(bench: Bench) -> tuple[str, str]:
    sizes = [round(bench.families / divisor) for divisor in _GROWTH]
    found = {families: bench.ours(families).cost for families in sizes}
    least = found[sizes[0]]
    lines = [
        [
            f"{families:,}",
            *_figures(cost),
            f"{1000 * cost.cpu / families:.2f}",
            f"{(cost.cpu / families) / (least.cpu / sizes[0]):.2f}",
            f"{(cost.wall / families) / (least.wall / sizes[0]):.2f}",
        ]
        for families, cost in found.items()
    ]
    last = found[sizes[-1]]
    ratio = (last.cpu / sizes[-1]) / (least.cpu / sizes[0])
    heads = ["families", "wall s", "CPU s", "peak MB", "CPU ms a family", "of the first, CPU", "wall"]
    text = (
        table(heads, lines)
        + "\n"
        + _targets(
            (f"linear: a family costs {ratio:.2f} times as much at the largest size as at the least", ratio < 1.15)
        )
    )
    return "Growth", text


_WORDS = {
    "World": "people, families, members",
    "compute": "features",
    "_write": "milestones and writing",
    "_coverage": "coverage",
}


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak_mb:.0f}"]


def _line(name: str, cost: Cost, bare: Cost) -> list[str]:
    return [name, *_figures(cost), f"{cost.wall / bare.wall:.1f}", f"{cost.cpu / bare.cpu:.1f}"]


def _targets(*targets: tuple[str, bool]) -> str:
    return "".join(f"- {words}: {'met' if met else 'NOT met'}\n" for words, met in targets)


PARTS: dict[str, Callable[[Bench], tuple[str, str]]] = {
    "cost": measure_cost,
    "join": measure_join,
    "featuretools": measure_featuretools,
    "growth": measure_growth,
}

"""What the models stage costs at the size of a whole borough, and the current quarter by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.jobs import Cost, run_process
from benchmarks.linkage.pages import table
from benchmarks.models.history import AS_OFS
from features.library import library

if TYPE_CHECKING:
    from benchmarks.models.parts import Bench

FAMILIES = 40_000
FOLDS = 10
MEASURED = ("under_the_radar", "hidden_young_carers")
_MINUTES, _GIGABYTES, _CURRENT_SECONDS = 12, 6, 20
_WORDS = {
    "open_inputs": "opening the tables, groups of families",
    "asked": "cohorts and cases",
    "rehearse_all": "fitting and predicting at every origin, all candidates",
    "membership": "membership inference",
    "stability": "stability",
    "_choice": "the choice",
    "modelled": "metrics with intervals",
    "scores_table": "scores",
    "hidden": "how many carers are hidden",
    "label_facts": "further labels",
    "faithfulness": "faithfulness of reasons",
    "global_view": "what a model goes by on the whole",
    "reasons": "reasons",
    "model_files": "model files",
    "_write": "writing",
    "Tracker.log": "MLflow",
}


def measure(bench: Bench) -> tuple[str, str]:
    """The stage on a made-up history of the size asked for, in a process of its own."""
    run, rows = _history(bench)
    answer = bench.folder / "answer.json"
    config = {"folds": bench.folds}
    job = {"run": str(run), "answer": str(answer), "targets": MEASURED, "config": config, "threads": bench.threads}
    with bench.progress.task(f"The models stage at {bench.families:,} families", 1) as task:
        cost = _worker("stage", **job)
        task.advance()
    found = json.loads(answer.read_text(encoding="utf-8"))
    current = found["current"]
    spent = [sum(figures[f"measuring_{kind}"] for figures in current.values()) for kind in ("wall", "cpu")]
    cost = Cost(cost.wall - spent[0], cost.cpu - spent[1], cost.peak_mb)
    return "Cost", _said(bench, rows, cost, found)


def _history(bench: Bench) -> tuple[Path, dict[str, int]]:
    run = bench.histories / f"models_{bench.families}"
    if not (run / "rows.json").exists():
        with bench.progress.task(f"Making a history of {bench.families:,} families", 1) as task:
            run.mkdir(parents=True, exist_ok=True)
            _worker("make", run=str(run), families=bench.families, seed=1)
            task.advance()
    rows: dict[str, int] = json.loads((run / "rows.json").read_text(encoding="utf-8"))
    return run, rows


def _worker(kind: str, **job: Any) -> Cost:
    return run_process(["-m", "benchmarks.models.worker", json.dumps({"kind": kind, **job})], errors=None)


def _said(bench: Bench, rows: dict[str, int], cost: Cost, found: dict[str, Any]) -> str:
    counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    fits = {name.removeprefix("fit "): cells for name, cells in found["steps"].items() if name.startswith("fit ")}
    steps = [(_WORDS[name], found["steps"][name]) for name in _WORDS if name in found["steps"]]
    minutes, gigabytes = cost.wall / 60, cost.peak_mb / 1024
    slowest = max(figures["scoring"] + _reasons(figures) for figures in found["current"].values())
    return (
        f"{bench.families:,} families, {len(AS_OFS)} as-of dates, the library's {len(library())} features, "
        f"{' and '.join(MEASURED)}, all candidates, {found['folds']} folds, {bench.threads} threads. Made-up tables "
        f"({counted}) through the stage as the job runs it.\n\n"
        + table(["", "wall s", "CPU s", "peak MB"], [["models stage", *_figures(cost), f"{cost.peak_mb:.0f}"]])
        + "\n"
        + table(["step", "wall s", "CPU s"], [[name, *_seconds(cells)] for name, cells in steps])
        + "\nOf fitting, by candidate:\n\n"
        + table(["candidate", "wall s", "CPU s"], [[name, *_seconds(cells)] for name, cells in fits.items()])
        + "\nThe current quarter by itself, CPU seconds: scoring every case by every candidate, the listed cases' "
        "reasons, and one booster's `pred_contrib` over the whole cohort.\n\n"
        + table(
            ["target", "cases", "listed", "scoring", "reasons", "boosted: reasons", "one `pred_contrib`", "times it"],
            [_current(name, figures) for name, figures in found["current"].items()],
        )
        + "\n"
        + _targets(
            (f"under {_MINUTES} minutes: {minutes:.1f}", minutes < _MINUTES),
            (f"under {_GIGABYTES} GB: {gigabytes:.2f} GB", gigabytes < _GIGABYTES),
            (f"scoring and reasons under {_CURRENT_SECONDS} s: {slowest:.1f} CPU s", slowest < _CURRENT_SECONDS),
        )
    )


def _current(name: str, figures: dict[str, float]) -> list[str]:
    one, boosted = figures.get("pred_contrib"), figures.get("reasons_boosted")
    compared = ["-", "-", "-"]
    if one and boosted is not None:
        compared = [f"{boosted:.2f}", f"{one:.2f}", f"{boosted / one:.1f}"]
    counts = [f"{figures['cases']:,.0f}", f"{figures['listed']:,.0f}"]
    return [name, *counts, f"{figures['scoring']:.2f}", f"{figures['reasons']:.2f}", *compared]


def _reasons(figures: dict[str, float]) -> float:
    return max(figures["reasons"], figures.get("reasons_boosted", 0.0))


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.wall:.1f}", f"{cost.cpu:.1f}"]


def _seconds(cells: list[float]) -> list[str]:
    return [f"{seconds:.1f}" for seconds in cells]


def _targets(*targets: tuple[str, bool]) -> str:
    return "".join(f"- {words}: {'met' if met else 'NOT met'}\n" for words, met in targets)

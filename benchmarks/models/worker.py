"""One job of the benchmark in a process of its own, so that the operating system can say what it cost.

``make`` makes the history; ``stage`` is the models stage as it stands, with what each of its steps and candidates took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import models.stage as room
from benchmarks.models.history import COUNCIL, make_history
from early_help.config import load_config
from early_help.progress import ConsoleProgress
from models.boosted import Bag
from models.config import ModelsConfig, TargetSettings
from models.rehearsal import by_fold
from models.target import CandidateName
from store.council import RunSettings
from store.files import write_json
from tests.support import run_stage

_STEPS = (
    *("open_inputs", "asked", "rehearse_all", "membership", "stability", "_choice", "modelled", "scores_table"),
    *("hidden", "label_facts", "faithfulness", "global_view", "reasons", "model_files", "_write"),
)
"""What the stage calls one after the other, where it has a step of that name."""


def main() -> None:
    job = json.loads(sys.argv[1])
    {"make": make, "stage": stage, "council": council}[job["kind"]](job)


def make(job: dict[str, Any]) -> None:
    run = Path(job["run"])
    write_json(run / "rows.json", make_history(run, job["families"], job["seed"]))


def stage(job: dict[str, Any]) -> None:
    """The stage on a made-up history: seconds of its steps and candidates, and the current quarter by itself."""
    run = Path(job["run"])
    steps: dict[str, list[float]] = {}
    current: dict[str, dict[str, float]] = {}
    for name in _STEPS:
        if hasattr(room, name):
            setattr(room, name, _timed(name, getattr(room, name), steps))
    room.Tracker.log = _timed("Tracker.log", room.Tracker.log, steps)  # type: ignore[method-assign]
    room.roster = _with_timed_fits(room.roster, steps)
    room.reasons = _with_the_current_quarter(room.reasons, current)
    config = ModelsConfig(
        **{
            **job["config"],
            "targets": {name: TargetSettings() for name in job["targets"]},
            "mlruns": str(run / "mlruns"),
        }
    )
    threads = RunSettings(threads=job["threads"])
    run_stage(room.STAGE, run, config, council=COUNCIL, settings=threads, progress=_shown())
    write_json(Path(job["answer"]), {"steps": steps, "current": current, "folds": config.folds})


def council(job: dict[str, Any]) -> None:
    """The stage on a council's own features, with its own settings."""
    found = load_config(Path(job["council"]))
    config = found.sections[ModelsConfig].model_copy(update={"mlruns": str(Path(job["run"]) / "mlruns")})
    settings = found.settings.model_copy(update={"threads": job["threads"]})
    run_stage(room.STAGE, Path(job["run"]), config, council=found.council, settings=settings, progress=_shown())


def _shown() -> ConsoleProgress:
    return ConsoleProgress(Console(stderr=True))


def _with_the_current_quarter(reasons: Callable[..., Any], found: dict[str, dict[str, float]]) -> Callable[..., Any]:
    """Beside the reasons of the chosen candidate those of boosted trees, and what scoring takes, by themselves.

    What this adds to the stage's own cost is told under ``measuring``, and taken off.
    """

    def measured(cases: Any, current: Any, chosen: CandidateName, listed: Any, target: Any) -> Any:
        began = time.perf_counter(), time.process_time()
        figures: dict[str, float] = {"cases": len(current.rows), "listed": len(listed)}
        values, fold = cases.values[current.rows], cases.fold[current.rows]
        figures["scoring"] = _cpu(lambda: [by_fold(one.fitted, values, fold) for one in current.performed.values()])
        boosted = current.performed.get(CandidateName.BOOSTED)
        bag = boosted.fitted[0] if boosted else None
        if isinstance(bag, Bag):
            figures["boosters"] = len(bag.boosters)
            called = bag.boosters[0].predict
            figures["pred_contrib"] = _cpu(lambda: called(values, pred_contrib=True, num_threads=1))
            figures["reasons_boosted"] = _cpu(lambda: reasons(cases, current, CandidateName.BOOSTED, listed, target))
        figures["measuring_wall"] = time.perf_counter() - began[0]
        figures["measuring_cpu"] = time.process_time() - began[1]
        made: list[Any] = []
        figures["reasons"] = _cpu(lambda: made.append(reasons(cases, current, chosen, listed, target)))
        found[target.name] = {name: float(np.round(value, 3)) for name, value in figures.items()}
        return made[0]

    return measured


def _with_timed_fits(roster: Callable[..., Any], steps: dict[str, list[float]]) -> Callable[..., Any]:
    """Every candidate's fitting, summed over origins and targets."""
    timed: set[type] = set()

    def made(*given: Any, **named: Any) -> Any:
        candidates = roster(*given, **named)
        for candidate in candidates:
            kind = type(candidate)
            if kind not in timed:
                timed.add(kind)
                kind.fit = _timed_by_name(kind.fit, steps)
        return candidates

    return made


def _timed_by_name(fit: Callable[..., Any], steps: dict[str, list[float]]) -> Callable[..., Any]:
    def timed(self: Any, *given: Any, **named: Any) -> Any:
        return _timed(f"fit {self.name.value}", fit, steps, time.thread_time)(self, *given, **named)

    return timed


def _timed(
    name: str, step: Callable[..., Any], steps: dict[str, list[float]], spent: Callable[[], float] = time.process_time
) -> Callable[..., Any]:
    """Wall and processor seconds of every call, summed. Of fits, that go on side by side, each thread's own count."""

    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), spent()
        made = step(*given, **named)
        so_far = steps.setdefault(name, [0.0, 0.0])
        so_far[0] += time.perf_counter() - wall
        so_far[1] += spent() - cpu
        return made

    return timed


def _cpu(step: Callable[[], Any]) -> float:
    began = time.process_time()
    step()
    return time.process_time() - began


if __name__ == "__main__":
    main()

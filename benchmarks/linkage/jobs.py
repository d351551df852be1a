"""The jobs of the linkage benchmark, each in a process of its own."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.jobs import Cost, run_process
from store.council import Council


def run_job(kind: str, **job: Any) -> Cost:
    """Run a job of ``worker.py``."""
    return run_process(["-m", "benchmarks.linkage.worker", json.dumps({"kind": kind, **job})])


def run_stage_job(
    run: Path, council: Council, variant: str | None = None, previous: Path | None = None, **config: Any
) -> Cost:
    """The residents stage on a run folder; ``config`` are its settings that differ from the defaults.

    ``previous`` is the run folder of the quarter before, whose index this one goes on from.
    """
    before = None if previous is None else str(previous)
    return run_job(
        "stage", run=str(run), council=council.model_dump(mode="json"), variant=variant, previous=before, config=config
    )


def command(arguments: list[str]) -> Cost:
    """The command line, with a master key made for the occasion in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return run_process(
            ["-c", "from early_help.cli import main; main()", *arguments],
            {"EARLY_HELP_KEY_FILE": str(Path(folder) / "benchmark.key")},
        )


FEBRL_COUNCIL = Council(
    name="FEBRL",
    extract_date=dt.date(2026, 9, 7),
    covers_from=dt.date(2022, 9, 1),
    covers_to=dt.date(2026, 8, 31),
)

"""Running a job in a process of its own, and what it cost by the operating system's account."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.council import Council

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, and the most memory held, in MB."""

    wall: float
    cpu: float
    peak_mb: float


def run_process(arguments: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run Python with ``arguments``; the job's own words are shown only when it fails."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(arguments[:3])} failed:\n{said.read().decode(errors='replace')[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


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

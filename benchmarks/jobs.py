"""Running a job in a process of its own, and what it cost by the operating system's account."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, and the most memory held, in MB."""

    wall: float
    cpu: float
    peak_mb: float


def run_process(
    arguments: list[str],
    environment: dict[str, str] | None = None,
    python: Path | None = None,
    errors: int | None = subprocess.STDOUT,
) -> Cost:
    """Run Python with ``arguments``; the job's own words are shown only when it fails.

    ``python`` is the interpreter of another environment, where the job needs one. ``errors`` of None leaves the job's
    standard error where this process has its own, so that its progress is seen.
    """
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(python or sys.executable), *arguments],
            cwd=PROJECT,
            stdout=said,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(arguments[:3])} failed:\n{said.read().decode(errors='replace')[-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

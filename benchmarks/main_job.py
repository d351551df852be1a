"""Time and memory of the whole job, stage by stage, on the demo borough and on a council's extracts.

    python -m benchmarks.main_job

Each job runs in a process of its own, in a fresh folder; the table is printed and kept in
``benchmarks/results/main_job.md``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from early_help.stages import STAGES as JOB

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks" / "results" / "main_job.md"
STAGES = tuple(stage.name for stage in JOB)
COUNCIL = PROJECT / "examples" / "fenmarsh.toml"
EXTRACTS = PROJECT.parent / "shared" / "council_extracts" / "fenmarsh"


@dataclass(frozen=True)
class Measured:
    """One job's cost: wall seconds, most memory held (MB), and seconds by stage."""

    name: str
    wall: float
    peak_mb: float
    stages: dict[str, float]


def measure(name: str, arguments: list[str], run: Path) -> Measured:
    """Run the command line once and read its cost from the operating system."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from early_help.cli import main; main()", *arguments],
        cwd=run.parent,
        stdout=subprocess.DEVNULL,
    )
    _, exit_status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if exit_status:
        raise SystemExit(f"{name}: the job ended with exit code {os.waitstatus_to_exitcode(exit_status)}")
    stages = {
        stage: json.loads((run / "state" / f"{stage}.json").read_text(encoding="utf-8"))["seconds"] for stage in STAGES
    }
    return Measured(name, wall, usage.ru_maxrss / 1024, stages)


def table(results: list[Measured]) -> str:
    """A Markdown table: one row a job, each stage as seconds and share of the stages' total."""
    lines = ["| job | wall s | peak MB | " + " | ".join(STAGES) + " |", "|---|---|---|" + "---|" * len(STAGES)]
    for result in results:
        total = sum(result.stages.values())
        cells = [f"{result.stages[stage]:.1f} s ({result.stages[stage] / total:.0%})" for stage in STAGES]
        lines.append(f"| {result.name} | {result.wall:.1f} | {result.peak_mb:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure the demo, the fenmarsh run where its extracts are beside the project, and a run with nothing to do."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        results.append(measure("demo, 2,000 families", ["demo", "--out", str(demo)], demo))
        if EXTRACTS.is_dir():
            council = Path(folder) / "fenmarsh"
            arguments = ["run", str(COUNCIL), "--out", str(council)]
            results.append(measure("fenmarsh, 6,000 families", arguments, council))
            results.append(measure("fenmarsh again, nothing changed", arguments, council))
    text = table(results)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(f"# The main job\n\n{text}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""A three-stage toy job for the runner's tests; run as a program it does the whole job, slowly enough to kill.

python -m tests.early_help.toy RUN INPUT
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path

import pyarrow as pa

from early_help.config import CouncilConfig
from early_help.runner import StageReport, run_stages
from store.council import Council, RunSettings, Section
from store.run_folder import RunFolder
from store.table import Table, Zone, integer
from store.workspace import Stage, Workspace
from tests.support import KEYS, SilentProgress

NUMBERS = Table("numbers", "sources", Zone.IDENTIFIABLE, "", (integer("n", ""),), ("n",))
EVEN = Table("even", "residents", Zone.IDENTIFIABLE, "", (integer("n", ""),), ("n",))
TOTAL = Table("total", "features", Zone.ANALYSIS, "", (integer("n", ""),), ("n",))
SECRET = Table("secret", "features", Zone.SEALED, "", (integer("n", ""),), ("n",), per_target=True)


class ToyInput(Section):
    """Where the toy's one extract is, and how long each stage dawdles."""

    path: str
    pause: float = 0.0


class ToyFactor(Section):
    """A setting of the last stage alone."""

    factor: int = 1


def read_numbers(work: Workspace) -> None:
    section = work.section(ToyInput)
    time.sleep(section.pause)
    values = sorted(int(line) for line in Path(section.path).read_text().split())
    work.write(NUMBERS, pa.table({"n": values}))
    work.write_document("sources/summary.json", {"rows": len(values)})


def keep_even(work: Workspace) -> None:
    work.write(EVEN, pa.table({"n": [n for n in work.read(NUMBERS)["n"].to_pylist() if n % 2 == 0]}))
    time.sleep(0.05)


def add_up(work: Workspace) -> None:
    total = sum(work.read(EVEN)["n"].to_pylist()) * work.section(ToyFactor).factor
    work.write(TOTAL, pa.table({"n": [total]}))
    for target in ("a", "b"):
        work.write(SECRET, pa.table({"n": [total]}), target)
    time.sleep(0.05)


def external(work: Workspace) -> list[Path]:
    return [Path(work.section(ToyInput).path)]


STAGES = (
    Stage("sources", "sources", (), (NUMBERS,), (ToyInput,), read_numbers, external_files=external),
    Stage("residents", "residents", (NUMBERS,), (EVEN,), (), keep_even),
    Stage("features", "features", (EVEN,), (TOTAL, SECRET), (ToyFactor,), add_up),
)


def config(path: Path, factor: int = 1, pause: float = 0.0) -> CouncilConfig:
    council = Council(
        name="Toy",
        extract_date=dt.date(2026, 9, 7),
        covers_from=dt.date(2022, 9, 1),
        covers_to=dt.date(2026, 8, 31),
    )
    sections: dict[type[Section], Section] = {
        ToyInput: ToyInput(path=str(path), pause=pause),
        ToyFactor: ToyFactor(factor=factor),
    }
    return CouncilConfig(path, "0" * 64, council, RunSettings(), sections)


def run_toy(root: Path, path: Path, factor: int = 1, pause: float = 0.0) -> list[StageReport]:
    return run_stages(RunFolder(root), config(path, factor, pause), STAGES, KEYS, SilentProgress())


if __name__ == "__main__":
    run_toy(Path(sys.argv[1]), Path(sys.argv[2]), pause=0.05)

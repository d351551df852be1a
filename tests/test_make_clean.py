"""`make clean` takes away what a run made, and never what says who promoted which model."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parents[1] / "Makefile"
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")


def cleaned(folder: Path, *, history: bool) -> set[str]:
    """What is left of a project that has run, by path."""
    shutil.copy(MAKEFILE, folder)
    made = [
        "runs/2026-09-30/manifest.json",
        "mlruns/mlflow.db",
        "mlruns/artifacts/target/model.json",
        "mlruns/README.md",
    ]
    for name in [*made, *(["mlruns/history/target.jsonl"] if history else []), ".venv/bin/python", "models/stage.py"]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    subprocess.run(["make", "clean"], cwd=folder, check=True, capture_output=True)
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"Makefile"}


@needs_make
def test_what_runs_made_goes(tmp_path: Path) -> None:
    assert cleaned(tmp_path, history=False) == {"models/stage.py", "mlruns/README.md"}


@needs_make
def test_a_history_stays_with_the_models_that_it_speaks_of(tmp_path: Path) -> None:
    assert cleaned(tmp_path, history=True) == {
        *("models/stage.py", "mlruns/README.md"),
        *("mlruns/history/target.jsonl", "mlruns/mlflow.db", "mlruns/artifacts/target/model.json"),
    }

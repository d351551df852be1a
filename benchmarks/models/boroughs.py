"""Boroughs to compare ways of choosing on: synthetic ones with their truth, and a council's extracts without."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.jobs import PROJECT, SHARED, run_process
from models.targets import TARGETS

FENMARSH = SHARED / "council_extracts" / "fenmarsh"
_FENMARSH_TOML = PROJECT / "examples" / "fenmarsh.toml"
_NOT_TAKEN = {"models", "fairness_audits", "reports", "state", ".staging", "manifest.json", ".lock"}


@dataclass(frozen=True)
class Borough:
    """A run up to its features, and where its truth is. Nothing in it is changed."""

    name: str
    council: Path
    """The council's TOML."""
    run: Path
    truth: Path | None


@dataclass(frozen=True)
class Modelled:
    """A borough after the models stage as it stands, in a run folder of its own."""

    borough: Borough
    run: Path

    @property
    def evaluations(self) -> dict[str, dict[str, Any]]:
        """The evaluation of each target, by name."""
        paths = {name: self.run / "models" / name / "evaluation.json" for name in TARGETS}
        return {name: json.loads(path.read_text("utf-8")) for name, path in paths.items() if path.exists()}


def synthetic(folder: Path, families: int, seed: int) -> Borough:
    """A synthetic borough as a run up to its features; made when it is not in the folder yet.

    A ready one is a folder ``s<seed>`` with ``x/council.toml``, ``truth`` and ``run`` in it.
    """
    home = folder / f"s{seed}"
    council, truth, run = home / "x" / "council.toml", home / "truth", home / "run"
    if not (run / "features" / "catalogue.json").exists():
        asked = ["--families", str(families), "--seed", str(seed), "--out", str(home / "x"), "--truth", str(truth)]
        _command(["synth", *asked])
        _command(["run", str(council), "--out", str(run), "--until", "features"])
    return Borough(f"seed {seed}", council, run, truth)


def fenmarsh(folder: Path) -> Borough | None:
    """The extracts beside the project as a run up to its features; None where they are not there."""
    if not FENMARSH.is_dir():
        return None
    run = folder / "fen" / "run"
    if not (run / "features" / "catalogue.json").exists():
        _command(["run", str(_FENMARSH_TOML), "--out", str(run), "--until", "features"])
    return Borough("fenmarsh", _FENMARSH_TOML, run, None)


def model(borough: Borough, folder: Path, threads: int) -> Modelled:
    """Run the models stage with the council's own settings; what came before is looked at where it lies.

    A run in the folder that was finished is used again, and one that was not is made anew.
    """
    run = folder / borough.name.replace(" ", "_")
    done = Modelled(borough, run)
    if done.evaluations:
        return done
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    for path in borough.run.iterdir():
        if path.name not in _NOT_TAKEN:
            (run / path.name).symlink_to(path.resolve())
    job = {"kind": "council", "run": str(run), "council": str(borough.council), "threads": threads}
    run_process(["-m", "benchmarks.models.worker", json.dumps(job)], errors=None)
    return done


def _command(arguments: list[str]) -> None:
    """The command line, with a master key made for the occasion."""
    with tempfile.TemporaryDirectory() as folder:
        run_process(
            ["-c", "from early_help.cli import main; main()", *arguments],
            {"EARLY_HELP_KEY_FILE": str(Path(folder) / "benchmark.key")},
        )

"""What several files of tests of the gate share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from store.run_folder import RunFolder
from tests.fairness_audits.gated import make_runs


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """A run for each verdict, made once: tests work on copies."""
    return make_runs(tmp_path_factory.mktemp("gated"))


@pytest.fixture
def run(made: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    """A copy of the run that passed, which no job made and nobody has signed for."""
    return RunFolder(Path(shutil.copytree(made["pass"].root, tmp_path / "run")))

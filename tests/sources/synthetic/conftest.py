"""A small borough, written once and read once for all tests of a worker."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from sources.config import SourcesConfig
from sources.stage import STAGE
from sources.synthetic import generate
from store.run_folder import RunFolder
from tests.support import run_stage

FAMILIES, SEED = 240, 14


@dataclass(frozen=True)
class Made:
    """A borough on disk."""

    out: Path
    truth: Path
    rows: dict[str, int]

    def of_truth(self, name: str) -> duckdb.DuckDBPyRelation:
        return duckdb.read_parquet(str(self.truth / f"{name}.parquet"))


def make(folder: Path, families: int, seed: int) -> Made:
    out, truth = folder / "borough", folder / "truth"
    return Made(out, truth, generate(families, seed, out, truth))


def sources_of(made: Made) -> SourcesConfig:
    document = tomllib.loads((made.out / "council.toml").read_text(encoding="utf-8"))
    settings = {**document["sources"], "folder": str(made.out / document["sources"]["folder"])}
    return SourcesConfig.model_validate({**settings, "codes": document["codes"], "extracts": document["extracts"]})


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("synthetic"), FAMILIES, SEED)


@pytest.fixture(scope="session")
def run(made: Made, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The borough as the sources stage read it."""
    return run_stage(STAGE, tmp_path_factory.mktemp("synthetic_run"), sources_of(made))

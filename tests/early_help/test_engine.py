"""The engine is what the command line says, else what the TOML says, and is asked for before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from early_help.config import load_config
from early_help.engine import on_engine
from early_help.stages import STAGES, stages_until
from features.config import FeaturesConfig
from features.stage import STAGE as FEATURES
from residents.config import ResidentsConfig
from store.council import Engine
from store.errors import UsageError
from tests.early_help.test_config import GOOD, written

IN_TOML = GOOD + '\n[residents]\nengine = "spark"\n'
FEATURES_IN_TOML = GOOD + '\n[features]\nengine = "spark"\n'


@pytest.fixture
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.spark.find_spec", lambda name: None)


@pytest.fixture
def with_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("early_help.engine.require_engine", lambda engine: None)


@pytest.mark.parametrize(
    ("toml", "asked", "matching", "features"),
    [
        (GOOD, None, Engine.DUCKDB, Engine.DUCKDB),
        (GOOD, Engine.SPARK, Engine.SPARK, Engine.SPARK),
        (IN_TOML, None, Engine.SPARK, Engine.DUCKDB),
        (IN_TOML, Engine.SPARK, Engine.SPARK, Engine.SPARK),
        (IN_TOML, Engine.DUCKDB, Engine.DUCKDB, Engine.DUCKDB),
        (FEATURES_IN_TOML, None, Engine.DUCKDB, Engine.SPARK),
        (FEATURES_IN_TOML, Engine.DUCKDB, Engine.DUCKDB, Engine.DUCKDB),
    ],
)
def test_the_command_line_goes_before_the_toml_in_both_rooms(
    toml: str, asked: Engine | None, matching: Engine, features: Engine, tmp_path: Path, with_spark: None
) -> None:
    before = load_config(written(tmp_path, toml))
    after = on_engine(before, asked, STAGES)
    found = {kind: after.sections[kind] for kind in (ResidentsConfig, FeaturesConfig)}
    assert {kind: section.engine for kind, section in found.items()} == {  # type: ignore[attr-defined]
        ResidentsConfig: matching,
        FeaturesConfig: features,
    }
    others = {kind: held for kind, held in before.sections.items() if kind not in found}
    assert {kind: held for kind, held in after.sections.items() if kind not in found} == others


@pytest.mark.parametrize(
    ("toml", "asked", "needed_by"),
    [(GOOD, Engine.SPARK, "residents"), (IN_TOML, None, "residents"), (FEATURES_IN_TOML, None, FEATURES.name)],
)
def test_a_missing_engine_is_told_before_any_stage_runs(
    toml: str, asked: Engine | None, needed_by: str, tmp_path: Path, no_spark: None
) -> None:
    config = load_config(written(tmp_path, toml))
    with pytest.raises(UsageError, match="pyspark"):
        on_engine(config, asked, stages_until(needed_by))
    stages = stages_until(needed_by)
    on_engine(config, asked, stages[: stages.index(next(s for s in stages if s.name == needed_by))])

"""The matching engine is what the command line says, else what the TOML says, and is asked for before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from early_help.config import load_config
from early_help.engine import on_engine
from early_help.stages import STAGES, stages_until
from residents.config import Engine, ResidentsConfig
from residents.matching import spark
from store.errors import UsageError
from tests.early_help.test_config import GOOD, written

IN_TOML = GOOD + '\n[residents]\nengine = "spark"\n'


@pytest.fixture
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)


@pytest.fixture
def with_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("early_help.engine.require_engine", lambda engine: None)


@pytest.mark.parametrize(
    ("toml", "asked", "expected"),
    [
        (GOOD, None, Engine.DUCKDB),
        (GOOD, Engine.SPARK, Engine.SPARK),
        (IN_TOML, None, Engine.SPARK),
        (IN_TOML, Engine.DUCKDB, Engine.DUCKDB),
    ],
)
def test_the_command_line_goes_before_the_toml(
    toml: str, asked: Engine | None, expected: Engine, tmp_path: Path, with_spark: None
) -> None:
    before = load_config(written(tmp_path, toml))
    after = on_engine(before, asked, STAGES)
    section = after.sections[ResidentsConfig]
    assert isinstance(section, ResidentsConfig)
    assert section.engine is expected
    others = {kind: held for kind, held in before.sections.items() if kind is not ResidentsConfig}
    assert {kind: held for kind, held in after.sections.items() if kind is not ResidentsConfig} == others


@pytest.mark.parametrize(("toml", "asked"), [(GOOD, Engine.SPARK), (IN_TOML, None)])
def test_a_missing_engine_is_told_before_any_stage_runs(
    toml: str, asked: Engine | None, tmp_path: Path, no_spark: None
) -> None:
    config = load_config(written(tmp_path, toml))
    with pytest.raises(UsageError, match="pyspark"):
        on_engine(config, asked, STAGES)
    on_engine(config, asked, stages_until("sources"))

"""The choice of the matching engine on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from early_help.config import CouncilConfig
from residents.config import Engine, ResidentsConfig
from residents.matching.engines import require_engine
from store.workspace import Stage


def on_engine(config: CouncilConfig, engine: Engine | None, stages: Sequence[Stage]) -> CouncilConfig:
    """The configuration with ``engine`` in the place of the TOML's, if one is given.

    Raises UsageError before any work is done when a stage will need an engine that is not installed.
    """
    residents = config.sections[ResidentsConfig]
    assert isinstance(residents, ResidentsConfig)
    if engine is not None:
        residents = residents.model_copy(update={"engine": engine})
    if any(ResidentsConfig in stage.sections for stage in stages):
        require_engine(residents.engine)
    return replace(config, sections={**config.sections, ResidentsConfig: residents})

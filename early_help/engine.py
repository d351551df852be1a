"""The choice of the engine on the command line, for every stage that offers one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from early_help.config import CouncilConfig
from features.config import FeaturesConfig
from residents.config import ResidentsConfig
from store.council import Engine
from store.spark import require_engine
from store.workspace import Stage


def on_engine(config: CouncilConfig, engine: Engine | None, stages: Sequence[Stage]) -> CouncilConfig:
    """The configuration with ``engine`` in the place of the TOML's, if one is given.

    Raises UsageError before any work is done when a stage will need an engine that is not installed.
    """
    sections = dict(config.sections)
    for kind in (ResidentsConfig, FeaturesConfig):
        section = sections[kind]
        assert isinstance(section, ResidentsConfig | FeaturesConfig)
        if engine is not None:
            section = sections[kind] = section.model_copy(update={"engine": engine})
        if any(kind in stage.sections for stage in stages):
            require_engine(section.engine)
    return replace(config, sections=sections)

"""Where pairs are compared and scored: the one thing that the choice of an engine changes.

Versions, blocking keys, pairs, training and clusters are DuckDB's on either; so is the order of the links.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from residents.matching.scoring import score
from residents.matching.spark import score_on_spark
from residents.matching.training import Model
from store.council import Engine, RunSettings


def score_on(
    engine: Engine,
    con: duckdb.DuckDBPyConnection,
    model: Model,
    least_probability: float,
    settings: RunSettings,
    scratch: Path,
) -> pa.Table:
    """The links among ``pairs`` of ``con``, as ``scoring.score`` describes them. ``scratch`` is the stage's own."""
    if engine is Engine.SPARK:
        return score_on_spark(con, model, least_probability, settings, scratch)
    return score(con, model, least_probability)

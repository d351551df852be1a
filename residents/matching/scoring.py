"""Scoring pairs of versions with a matching model, by Splink on DuckDB."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from residents.matching.training import Model

NO_LINKS = pa.table(
    {
        "version_l": pa.array([], pa.int64()),
        "version_r": pa.array([], pa.int64()),
        "weight": pa.array([], pa.float64()),
        "probability": pa.array([], pa.float64()),
    }
)


def score(con: duckdb.DuckDBPyConnection, model: Model, least_probability: float, pairs: str = "pairs") -> pa.Table:
    """Score the table ``pairs`` (join_key_l, join_key_r, match_key) and return its links, the strongest first.

    Probabilities are rounded to 6 places and ties stand in the order of the versions.
    """
    if not con.table(pairs).limit(1).fetchall():
        return NO_LINKS
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("versions"), model.settings, log_level=None, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    predicted = linker.inference.predict(threshold_match_probability=least_probability, warning_mode="never")
    return links_of(predicted.as_duckdbpyrelation())


def links_of(predicted: duckdb.DuckDBPyRelation) -> pa.Table:
    """Splink's predictions as links, rounded and in their order."""
    scored = predicted.select(
        "version_l, version_r, round(match_weight, 4) AS weight, round(match_probability, 6) AS probability"
    )
    return scored.order("weight DESC, version_l, version_r").to_arrow_table()

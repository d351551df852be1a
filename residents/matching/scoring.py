"""Scoring pairs of versions with a matching model, by Splink on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from residents.matching.training import Model

_FREQUENCIES = {
    "forename": """
CREATE OR REPLACE TEMP TABLE tf_forename AS
SELECT forename, count(*) / sum(count(*)) OVER () AS tf_forename FROM versions
WHERE forename IS NOT NULL GROUP BY forename
""",
    "surname": """
CREATE OR REPLACE TEMP TABLE tf_surname AS
SELECT surname, count(*) / sum(count(*)) OVER () AS tf_surname FROM versions
WHERE surname IS NOT NULL GROUP BY surname
""",
}
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
    with predict(con, model.settings, pairs, least_probability) as predicted:
        return links_of(predicted)


@contextmanager
def predict(
    con: duckdb.DuckDBPyConnection, settings: dict[str, Any], pairs: str, least_probability: float | None = None
) -> Iterator[duckdb.DuckDBPyRelation]:
    """Splink's predictions for the table ``pairs``, which are gone when the block ends.

    Only the versions in pairs are handed over; how frequent a name is goes by all of ``versions``.
    """
    api = DuckDBAPI(connection=con)
    ends = con.table(pairs)
    version = ends.select("join_key_l AS version").union(ends.select("join_key_r AS version")).distinct()
    con.table("versions").join(version, "version", how="semi").create("paired_versions")
    linker = Linker(api.register("paired_versions"), settings, log_level=None, validate_settings=False)
    for column in sorted(_frequencies_of(settings)):
        con.execute(_FREQUENCIES[column])
        linker.table_management.register_term_frequency_lookup(api.register(f"tf_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    predicted = linker.inference.predict(threshold_match_probability=least_probability, warning_mode="never")
    con.execute("DROP TABLE paired_versions")
    try:
        yield predicted.as_duckdbpyrelation()
    finally:
        predicted.drop_table_from_database_and_remove_from_cache()


def _frequencies_of(settings: dict[str, Any]) -> set[str]:
    levels = (level for comparison in settings["comparisons"] for level in comparison["comparison_levels"])
    return {level["tf_adjustment_column"] for level in levels if level.get("tf_adjustment_column")}


def links_of(predicted: duckdb.DuckDBPyRelation) -> pa.Table:
    """Splink's predictions as links, rounded and in their order."""
    scored = predicted.select(
        "version_l, version_r, round(match_weight, 4) AS weight, round(match_probability, 6) AS probability"
    )
    return scored.order("weight DESC, version_l, version_r").to_arrow_table()

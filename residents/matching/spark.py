"""Scoring pairs of versions on Spark, by Splink with the very same model.

Versions and pairs are made by DuckDB and handed over as Parquet in the stage's scratch folder; the links come back
the same way.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink import Linker

from residents.matching.dialect import SPARK_FUNCTIONS, columns_of, spark_settings
from residents.matching.scoring import NO_LINKS, links_of
from residents.matching.training import Model
from store.council import RunSettings
from store.spark import read_parquet, require_spark, spark_session

_PAIRS_A_PART = 250_000


def score_on_spark(
    con: duckdb.DuckDBPyConnection, model: Model, least_probability: float, settings: RunSettings, scratch: Path
) -> pa.Table:
    """What ``scoring.score`` returns for the same tables, found on Spark.

    The last digits of a sum may differ between the engines; weights are rounded to 4 places and probabilities to 6.
    Raises UsageError when Spark or Java is missing.
    """
    pairs = con.sql("SELECT count(*) FROM pairs").fetchall()[0][0]
    if not pairs:
        return NO_LINKS
    folder = scratch / "spark"
    folder.mkdir(parents=True)
    columns = columns_of(model.settings)
    versions = con.table("versions").select(*[duckdb.ColumnExpression(name) for name in ("version", *columns)])
    lists = frozenset(name for name, kind in zip(versions.columns, versions.types) if kind.id == "list")
    versions.write_parquet(str(folder / "versions.parquet"))
    con.table("pairs").write_parquet(str(folder / "pairs.parquet"))
    parts = max(settings.threads, math.ceil(pairs / _PAIRS_A_PART))
    with splink_on_spark(settings, folder / "work", parts) as api:
        _predict(api, spark_settings(model.settings, lists), least_probability, folder)
    links = links_of(con.read_parquet(str(folder / "links" / "*.parquet")))
    shutil.rmtree(folder)
    return links


def _predict(api: Any, settings: dict[str, Any], least_probability: float, folder: Path) -> None:
    versions = api.register(read_parquet(api.spark, folder / "versions.parquet"))
    linker = Linker(versions, settings, log_level=None, validate_settings=False)
    pairs = api.register(read_parquet(api.spark, folder / "pairs.parquet"))
    linker.table_management.register_blocked_pairs_for_predict(pairs)
    predicted = linker.inference.predict(threshold_match_probability=least_probability, warning_mode="never")
    found = predicted.as_spark_dataframe().select("version_l", "version_r", "match_weight", "match_probability")
    found.write.parquet(str(folder / "links"))


@contextmanager
def splink_on_spark(settings: RunSettings, folder: Path, parts: int) -> Iterator[Any]:
    """Splink's interface to a Spark of our own, as ``store.spark.spark_session`` describes it.

    The interface's ``spark`` is the session; it knows the functions of ``dialect``.
    """
    require_spark()
    from splink.backends.spark import SparkAPI, similarity_jar_location  # noqa: PLC0415 - they import pyspark

    with spark_session(settings, folder, parts, similarity_jar_location()) as session:
        api = SparkAPI(spark_session=session)
        for function in SPARK_FUNCTIONS:
            session.sql(function)
        yield api

"""Scoring pairs of versions on Spark, by Splink with the very same model.

Versions and pairs are made by DuckDB and handed over as Parquet in the stage's scratch folder; the links come back
the same way. Spark runs on this machine, without a page of its own, on the loopback address alone, and is ended
when the links are written. It logs nothing: its messages may quote a cell.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink import Linker

from residents.matching.dialect import SPARK_FUNCTIONS, columns_of, spark_settings
from residents.matching.scoring import NO_LINKS, links_of
from residents.matching.training import Model
from store.council import RunSettings
from store.errors import UsageError

_LEAST_JAVA = 17
_LEAST_MEMORY_MB = 1_024
_PAIRS_A_PART = 250_000
_STOPPING_SECONDS = 30


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
    versions = api.register(api.spark.read.parquet(str(folder / "versions.parquet")))
    linker = Linker(versions, settings, log_level=None, validate_settings=False)
    pairs = api.register(api.spark.read.parquet(str(folder / "pairs.parquet")))
    linker.table_management.register_blocked_pairs_for_predict(pairs)
    predicted = linker.inference.predict(threshold_match_probability=least_probability, warning_mode="never")
    found = predicted.as_spark_dataframe().select("version_l", "version_r", "match_weight", "match_probability")
    found.write.parquet(str(folder / "links"))


@contextmanager
def splink_on_spark(settings: RunSettings, folder: Path, parts: int) -> Iterator[Any]:
    """Splink's interface to a Spark of our own, within the run's limits, that ends with the block.

    ``folder`` is made, and everything that Spark writes down is in it; ``parts`` is into how many pieces a large
    table is cut. The interface's ``spark`` is the session; it knows the functions of ``dialect``.
    Raises UsageError when Spark or Java is missing, or when Spark dies.
    """
    require_spark()
    folder.mkdir(parents=True)
    # Spark's Python side logs every failed query, whose message may quote a cell.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - an extra
        from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415
        from pyspark.java_gateway import launch_gateway  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
        from splink.backends.spark import SparkAPI  # noqa: PLC0415

        conf = SparkConf(loadDefaults=False)
        conf.setAll(sorted(_configuration(settings, folder, parts).items()))
        try:
            gateway = launch_gateway(conf, popen_kwargs={"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
        except PySparkRuntimeError:
            raise _ended("Spark could not be started.") from None
        try:
            session = SparkSession(SparkContext(gateway=gateway, conf=conf))
            session.sparkContext.setCheckpointDir(str(folder / "steps"))
            api = SparkAPI(spark_session=session)
            for function in SPARK_FUNCTIONS:
                session.sql(function)
            yield api
            session.stop()
        except Exception as error:
            if gateway.proc.poll() is None and "OutOfMemoryError" not in str(error):
                raise
            raise _ended("Spark ended before it was done.") from None
        finally:
            _end(gateway)
            # The next block of this process starts a Spark of its own.
            SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
            SparkSession._instantiatedSession = None


def _ended(message: str) -> UsageError:
    return UsageError(
        f"{message} Most likely it had too little memory.",
        where="[run] memory_gb",
        fix="Set memory_gb in the TOML to what the machine has to spare, at least 1; or leave --engine out.",
    )


def _configuration(settings: RunSettings, folder: Path, parts: int) -> dict[str, str]:
    from splink.backends.spark import similarity_jar_location  # noqa: PLC0415 - it imports pyspark

    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return {
        "spark.app.name": "early-help",
        "spark.master": f"local[{settings.threads}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": similarity_jar_location(),
        "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={quoted}" -Duser.timezone=UTC -XX:-UsePerfData',
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": f"{max(_LEAST_MEMORY_MB, int(settings.memory_gb * 1024))}m",
        "spark.local.dir": str(folder),
        "spark.log.level": "OFF",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * parts),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _end(gateway: Any) -> None:
    """End the Java process, which also ends by itself should this one be killed."""
    process = gateway.proc
    with suppress(Exception):
        gateway.shutdown()
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def require_spark() -> None:
    """Raise UsageError unless pyspark is installed and Java 17 or later is at hand, where Spark itself looks for it."""
    if find_spec("pyspark") is None:
        raise UsageError(
            "Matching on Spark needs the package pyspark, which is not installed.",
            where="--engine spark",
            fix="Install it: pip install --require-hashes -r requirements-spark.lock; or leave --engine out.",
        )
    program = _java()
    if program is None:
        raise _no_java("There is no Java on this machine.")
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        raise _no_java("Java does not run on this machine.") from None
    found = re.search(r'version "(\d+)', told.stderr)
    if found is None or int(found[1]) < _LEAST_JAVA:
        raise _no_java("The Java on this machine is too old.")


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _no_java(message: str) -> UsageError:
    return UsageError(
        f"{message} Matching on Spark needs Java {_LEAST_JAVA}.",
        where="--engine spark",
        fix=f"Install Java {_LEAST_JAVA} (on Debian and Ubuntu the package openjdk-{_LEAST_JAVA}-jre-headless), "
        "or point JAVA_HOME to it; or leave --engine out.",
    )

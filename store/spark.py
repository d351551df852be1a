"""A Spark of the job's own, on this machine, for the stages that can be asked to use it.

It runs without a page of its own, on the loopback address alone, within the run's limits, and is ended with the
block. It logs nothing: its messages may quote a cell.
"""

from __future__ import annotations

import logging
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

from store.council import Engine, RunSettings
from store.errors import UsageError

_LEAST_JAVA = 17
_LEAST_MEMORY_MB = 1_024
_STOPPING_SECONDS = 30
_GLOB = re.compile(r"([\\*?\[\]{}])")


@contextmanager
def spark_session(settings: RunSettings, folder: Path, parts: int, jar: str | None = None) -> Iterator[Any]:
    """A session that ends with the block, or raises UsageError when Spark or Java is missing or when Spark dies.

    ``folder`` is made, and everything that Spark writes down is in it; ``parts`` is into how many pieces a large
    table is cut; ``jar`` holds further functions.
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

        conf = SparkConf(loadDefaults=False)
        conf.setAll(sorted(_configuration(settings, folder, parts, jar).items()))
        try:
            gateway = launch_gateway(conf, popen_kwargs={"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
        except PySparkRuntimeError:
            raise _ended("Spark could not be started.") from None
        try:
            session = SparkSession(SparkContext(gateway=gateway, conf=conf))
            session.sparkContext.setCheckpointDir(str(folder / "steps"))
            yield session
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


def read_parquet(session: Any, path: Path) -> Any:
    """A Parquet file, or a folder of its parts, as Spark's frame, whatever characters the path has."""
    return session.read.parquet(_GLOB.sub(r"\\\1", str(path)))


def require_engine(engine: Engine) -> None:
    """Raise UsageError when what the engine needs is not installed."""
    if engine is Engine.SPARK:
        require_spark()


def require_spark() -> None:
    """Raise UsageError unless pyspark is installed and Java 17 or later is at hand, where Spark itself looks for it."""
    if find_spec("pyspark") is None:
        raise UsageError(
            "Spark needs the package pyspark, which is not installed.",
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
        f"{message} Spark needs Java {_LEAST_JAVA}.",
        where="--engine spark",
        fix=f"Install Java {_LEAST_JAVA} (on Debian and Ubuntu the package openjdk-{_LEAST_JAVA}-jre-headless), "
        "or point JAVA_HOME to it; or leave --engine out.",
    )


def _ended(message: str) -> UsageError:
    return UsageError(
        f"{message} Most likely it had too little memory.",
        where="[run] memory_gb",
        fix="Set memory_gb in the TOML to what the machine has to spare, at least 1; or leave --engine out.",
    )


def _configuration(settings: RunSettings, folder: Path, parts: int, jar: str | None) -> dict[str, str]:
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    classes = {"spark.driver.extraClassPath": jar} if jar else {}
    return {
        **classes,
        "spark.app.name": "early-help",
        "spark.master": f"local[{settings.threads}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={quoted}" -Duser.timezone=UTC -XX:-UsePerfData',
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": f"{max(_LEAST_MEMORY_MB, int(settings.memory_gb * 1024))}m",
        "spark.local.dir": str(folder),
        "spark.log.level": "OFF",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
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

"""The record of experiments in MLflow: parameters, hashes, metrics and models, never a score or an id."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from models.config import ModelsConfig
from store.errors import UsageError
from store.files import file_hash
from store.workspace import Workspace

_SAFE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
_PATIENCE_SECONDS = 5
_FIX = "Close other programs that use it, or name another folder under models.mlruns in the TOML."


class Tracker:
    """Writes to an SQLite store in a folder, with an explicit place for artifacts."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder).resolve()

    def open(self) -> None:
        """Make or check the store before any training, so that a bad one costs no time.

        Raises UsageError when the store is locked, damaged, or from another version of MLflow.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._errors():
            self._refuse_locked()
            self._client().search_experiments(max_results=1)

    def log(self, work: Workspace, results: Mapping[str, tuple[dict[str, Any], Mapping[str, str]]]) -> None:
        """One MLflow run for each target; one that fails half way is deleted."""
        inputs = {table.name: file_hash(work.path(table)) for table in work.stage.reads}
        with work.task("Recording in MLflow", len(results)) as task, self._errors():
            client = self._client()
            for name, (evaluation, files) in results.items():
                run = client.create_run(self._experiment(client, name), tags={"stage": "models"})
                try:
                    self._fill(client, run.info.run_id, work, inputs, evaluation, files)
                except BaseException:
                    client.delete_run(run.info.run_id)
                    raise
                client.set_terminated(run.info.run_id)
                task.advance()

    def _refuse_locked(self) -> None:
        """Ask for the right to write, and give it back; MLflow itself would wait and retry for much longer."""
        with closing(sqlite3.connect(self._store, timeout=_PATIENCE_SECONDS, isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            store.execute("ROLLBACK")

    @property
    def _store(self) -> Path:
        return self._folder / "mlflow.db"

    def _experiment(self, client: Any, name: str) -> str:
        found = client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = (self._folder / "artifacts" / name).as_uri()
        return str(client.create_experiment(name, artifact_location=location))

    def _fill(
        self,
        client: Any,
        run_id: str,
        work: Workspace,
        inputs: Mapping[str, str],
        evaluation: dict[str, Any],
        files: Mapping[str, str],
    ) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415 - mlflow takes seconds to import

        config = work.section(ModelsConfig)
        parameters = {
            **{key: value for key, value in config.model_dump().items() if key not in ("targets", "mlruns")},
            "capacity": evaluation["capacity"],
            "seed": work.settings.seed,
            "state": evaluation["state"],
            **{f"sha256.{table}": digest for table, digest in inputs.items()},
        }
        if evaluation["state"] == "modelled":
            parameters["chosen"] = evaluation["choice"]["chosen"]
        metrics = [Metric(key, value, 0, step) for key, value, step in _metrics(evaluation)]
        client.log_batch(run_id, metrics=metrics, params=[Param(key, str(value)) for key, value in parameters.items()])
        client.log_dict(run_id, evaluation, "evaluation.json")
        for path, content in files.items():
            client.log_text(run_id, content, f"model/{path}")

    def _client(self) -> Any:
        os.environ.update(_SAFE)
        from mlflow import MlflowClient  # noqa: PLC0415 - mlflow takes seconds to import

        uri = f"sqlite:///{self._store.as_posix()}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn a store that cannot be used into an error a user can act on."""
        os.environ.update(_SAFE)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise UsageError(
                f"The MLflow store cannot be used ({_kind(str(error))}).", where=str(self._folder), fix=_FIX
            ) from error


def _kind(message: str) -> str:
    lowered = message.lower()
    if "locked" in lowered:
        return "it is locked by another program"
    if "schema" in lowered or "revision" in lowered:
        return "it was made by another version of MLflow"
    return "it is damaged or not writable"


def _metrics(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Each candidate's metrics: pooled ones, and those of each as-of date with the date (as 20250331) for step."""
    for candidate, found in evaluation.get("candidates", {}).items():
        scopes = {"pooled": found["pooled"], **found["by_as_of"]}
        for scope, metrics in scopes.items():
            step = 0 if scope == "pooled" else int(scope.replace("-", ""))
            kind = "pooled" if scope == "pooled" else "as_of"
            for name, metric in metrics.items():
                if isinstance(metric, dict) and metric.get("value") is not None:
                    yield f"{candidate}.{kind}.{name}", metric["value"], step

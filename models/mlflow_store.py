"""MLflow's store in a folder of the council's own: SQLite, a settled place for artifacts, no telemetry, no pickle."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from store.errors import UsageError
from store.locking import exclusive

SAFE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
"""What must be in the environment before MLflow is imported."""
_PATIENCE_SECONDS = 5
_FIX = "Close other programs that use it, or name another folder under models.mlruns in the TOML."
IDENTITY = "identity"
"""The tag that says what a run, or a registered version, is of: see `models.tracking.identity`."""

_MOVED = (
    "UPDATE experiments SET artifact_location = :place WHERE artifact_location = :was",
    "UPDATE runs SET artifact_uri = :place || substr(artifact_uri, length(:was) + 1) "
    "WHERE substr(artifact_uri, 1, length(:was) + 1) = :was || '/'",
    "UPDATE model_versions SET source = :place || substr(source, length(:was) + 1) "
    "WHERE substr(source, 1, length(:was) + 1) = :was || '/'",
    "UPDATE model_versions SET storage_location = :place || substr(storage_location, length(:was) + 1) "
    "WHERE substr(storage_location, 1, length(:was) + 1) = :was || '/'",
)


class MlflowStore:
    """One store. Everything it does raises UsageError when the store is locked, damaged or of another version."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).resolve()

    def open(self) -> None:
        """Make or check the store, so that a bad one costs no other work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.errors():
            self._refuse_locked()
            self.client().search_experiments(max_results=1)

    def client(self) -> Any:
        """MLflow's client of this store alone; call it, and what it gives, within `errors`."""
        os.environ.update(SAFE)
        from mlflow import MlflowClient  # noqa: PLC0415 - mlflow takes seconds to import

        uri = f"sqlite:///{self._database.as_posix()}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock: one job at a time records or registers, and what it finds half done is nobody's."""
        with exclusive(self.folder / ".lock"):
            yield

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn a store that cannot be used into an error a user can act on."""
        os.environ.update(SAFE)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise UsageError(
                f"The MLflow store cannot be used ({_kind(str(error))}).", where=str(self.folder), fix=_FIX
            ) from error

    def experiment(self, client: Any, name: str) -> str:
        """The id of the experiment of that name, made with its place for artifacts where it is not there.

        MLflow keeps that place as it was when the experiment was made. In a folder that was moved or copied since it
        is put right first: what is recorded here must lie here.
        """
        place = (self.folder / "artifacts" / name).as_uri()
        found = client.get_experiment_by_name(name)
        if found is None:
            return str(client.create_experiment(name, artifact_location=place))
        if found.artifact_location != place:
            self._put_right(found.artifact_location, place)
        return str(found.experiment_id)

    def finished_run(self, client: Any, name: str, identity: str) -> str | None:
        """The run of an experiment that recorded this, whole; None where there is none."""
        found = client.search_runs(
            [self.experiment(client, name)],
            f"tags.{IDENTITY} = '{identity}' and attributes.status = 'FINISHED'",
            max_results=1,
            order_by=["attributes.start_time ASC"],
        )
        return str(found[0].info.run_id) if found else None

    def artifacts(self, name: str, run_id: str) -> Path:
        """Where a run's artifacts lie, also where the store was moved and says otherwise."""
        return self.folder / "artifacts" / name / run_id / "artifacts"

    def _put_right(self, was: str, place: str) -> None:
        with closing(sqlite3.connect(self._database, timeout=_PATIENCE_SECONDS)) as store, store:
            for statement in _MOVED:
                store.execute(statement, {"was": was, "place": place})

    @property
    def _database(self) -> Path:
        return self.folder / "mlflow.db"

    def _refuse_locked(self) -> None:
        """Ask for the right to write, and give it back; MLflow itself would wait and retry for much longer."""
        with closing(sqlite3.connect(self._database, timeout=_PATIENCE_SECONDS, isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            store.execute("ROLLBACK")


def _kind(message: str) -> str:
    lowered = message.lower()
    if "locked" in lowered:
        return "it is locked by another program"
    if "schema" in lowered or "revision" in lowered:
        return "it was made by another version of MLflow"
    return "it is damaged or not writable"

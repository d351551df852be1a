"""The record of experiments in MLflow: parameters, hashes, metrics and models, never a score or an id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models.card import card_markdown, model_card
from models.config import ModelsConfig
from models.mlflow_store import IDENTITY, MlflowStore
from models.plots import figures
from store.code_version import code_hash
from store.files import canonical, file_hash, text_hash
from store.workspace import Workspace

CARD = "model_card"
"""Name of the model card among a run's artifacts, as JSON and as Markdown."""
MODEL_FOLDER = "model"
"""Where a run's model files lie among its artifacts, under the names they have in the run folder."""


def identity(evaluation: Mapping[str, Any]) -> str:
    """What tells one model from another: the hash of its evaluation, which holds the hash of the model's files.

    Two jobs on the same inputs, by the same code, with the same seed, have the same.
    """
    return text_hash(canonical(evaluation).decode("utf-8"))


class Tracker:
    """Writes to the MLflow store in a folder."""

    def __init__(self, folder: str) -> None:
        self._store = MlflowStore(folder)

    def open(self) -> None:
        """Make or check the store before any training, so that a bad one costs no time.

        Raises UsageError when the store is locked, damaged, or from another version of MLflow.
        """
        self._store.open()

    def log(self, work: Workspace, results: Mapping[str, tuple[dict[str, Any], Mapping[str, str]]]) -> None:
        """One MLflow run for each target, unless the very same one is there. One that fails half way is deleted."""
        inputs = _inputs(work)
        hashes = _hashes(work, inputs)
        with (
            work.task("Recording in MLflow", len(results)) as task,
            self._store.locked(),
            self._store.errors(),
        ):
            client = self._store.client()
            for name, (evaluation, files) in results.items():
                self._record(client, name, work, inputs, hashes, evaluation, files)
                task.advance()

    def _record(
        self,
        client: Any,
        name: str,
        work: Workspace,
        inputs: Mapping[str, str],
        hashes: Mapping[str, str],
        evaluation: dict[str, Any],
        files: Mapping[str, str],
    ) -> None:
        mark = identity(evaluation)
        self._forget_unfinished(client, name)
        if self._store.finished_run(client, name, mark) is not None:
            return
        tags = {"stage": "models", IDENTITY: mark, **hashes}
        run = client.create_run(self._store.experiment(client, name), tags=tags)
        try:
            self._fill(client, run.info.run_id, work, inputs, evaluation, files)
            self._card(client, run.info.run_id, model_card(evaluation, hashes))
        except BaseException:
            client.delete_run(run.info.run_id)
            raise
        client.set_terminated(run.info.run_id)

    def _forget_unfinished(self, client: Any, name: str) -> None:
        """Delete runs that a job left half recorded: whoever holds the lock knows that nobody is at work on them."""
        ours = "attributes.status = 'RUNNING' and tags.stage = 'models'"
        left = client.search_runs([self._store.experiment(client, name)], ours)
        for run in left:
            client.delete_run(run.info.run_id)

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
            **{f"sha256.{Path(name).stem}": digest for name, digest in inputs.items()},
        }
        if evaluation["state"] == "modelled":
            parameters["chosen"] = evaluation["choice"]["chosen"]
            parameters["sha256.model"] = evaluation["model"]["sha256"]
        metrics = [Metric(key, value, 0, step) for key, value, step in _metrics(evaluation)]
        client.log_batch(run_id, metrics=metrics, params=[Param(key, str(value)) for key, value in parameters.items()])
        client.log_dict(run_id, evaluation, "evaluation.json")
        for path, content in files.items():
            client.log_text(run_id, content, f"{MODEL_FOLDER}/{path}")
        for name, picture in figures(evaluation).items():
            client.log_text(run_id, picture, f"plots/{name}.svg")

    def _card(self, client: Any, run_id: str, card: dict[str, Any]) -> None:
        """The model card, for programs and for people."""
        client.log_text(run_id, json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False) + "\n", f"{CARD}.json")
        client.log_text(run_id, card_markdown(card), f"{CARD}.md")


def _inputs(work: Workspace) -> dict[str, str]:
    """SHA-256 of what the stage read, by path within the run."""
    paths = [work.path(table) for table in work.stage.reads]
    paths += [path for pattern in work.stage.documents for path in work.run.root.glob(pattern)]
    found = {path.relative_to(work.run.root).as_posix(): file_hash(path) for path in paths if path.exists()}
    return dict(sorted(found.items()))


def _hashes(work: Workspace, inputs: Mapping[str, str]) -> dict[str, str]:
    """One hash each of data, code and configuration, as the stage saw them.

    That of the data is the ``data_sha256`` of a version that is registered later. Where MLflow's folder lies, how many
    threads there are and how many cases are drawn from below the line changes no model, and is not among the
    configuration.
    """
    config = work.section(ModelsConfig).model_dump(
        mode="json", exclude={"mlruns": True, "targets": {"__all__": {"sample_below_the_line"}}}
    )
    decided = {"council": work.council.model_dump(mode="json"), "seed": work.settings.seed, "models": config}
    return {
        "data_sha256": text_hash(json.dumps(inputs, sort_keys=True)),
        "models_code_sha256": code_hash(work.stage.room),
        "models_config_sha256": text_hash(canonical(decided).decode("utf-8")),
    }


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

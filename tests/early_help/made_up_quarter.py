"""A quarter whose stages have run, made up: enough of a run folder to register and promote models from."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer

from early_help import retraining
from early_help.config import CouncilConfig
from early_help.runner import StageReport
from fairness_audits.policy import load_policy
from fairness_audits.signing import audit_code, audit_code_path, audit_path
from features.config import FeaturesConfig
from models import mlflow_store
from models.config import ModelsConfig, TargetSettings
from models.mlflow_store import IDENTITY, MlflowStore
from models.registry import Registry
from models.tables import COHORT, REASONS, SCORES
from models.thresholds import RetrainingConfig
from models.tracking import identity
from store.council import RunSettings
from store.files import file_hash, text_hash, write_json, write_text
from store.run_folder import RunFolder
from tests.support import COUNCIL, KEYS

os.environ.update(mlflow_store.SAFE)
import mlflow  # noqa: F401 - so that the server of processes has it once for all of them

TARGET = "under_the_radar"
AS_OF = dt.date(2026, 6, 30)
POINTS = (
    "_publish",
    "_register",
    "registry.Registry._registered",
    "registry.History.append",
    "registry.Registry.settle",
)


class Quarter:
    """The run folder of one as-of date under ``folder/runs``, and the council's MLflow store beside it."""

    def __init__(self, folder: Path, as_of: dt.date = AS_OF) -> None:
        self.folder = folder
        self.as_of = as_of
        self.run = RunFolder(folder / "runs" / as_of.isoformat())
        self.mlruns = folder / "mlruns"
        self.thresholds = RetrainingConfig()

    @property
    def registry(self) -> Registry:
        return Registry(self.mlruns, KEYS)

    @property
    def config(self) -> CouncilConfig:
        models = ModelsConfig(targets={TARGET: TargetSettings()}, mlruns=str(self.mlruns))
        return CouncilConfig(
            self.folder / "council.toml",
            "0" * 64,
            COUNCIL,
            RunSettings(),
            {ModelsConfig: models, FeaturesConfig: FeaturesConfig(), RetrainingConfig: self.thresholds},
        )

    def make(self, *, seed: int = 1, verdict: str = "pass", state: str = "first", precision: float = 0.3) -> None:
        """What the stages would have written, and the model's recording in MLflow. ``seed`` makes another model."""
        root, models = self.run.root, self.run.root / "models" / TARGET
        model = json.dumps({"format": 1, "features": [], "candidates": {}, "chosen": "needs_count", "seed": seed})
        evaluation = _evaluation(text_hash(model), precision)
        write_text(models / "model" / "model.json", model)
        write_json(models / "evaluation.json", evaluation)
        write_json(root / "models" / "comparison.json", {"ids": "i", "targets": {TARGET: {"state": state}}})
        for table in (SCORES, REASONS, COHORT):
            write_text(self.run.path(table, TARGET), f"{table.name} of {seed}")
        write_json(root / "sources" / "data_quality.json", {"coverage": {"tables": []}, "extracts": []})
        stages = {"models": {"inputs": {"features/families.parquet": "1" * 64}}}
        write_json(root / "manifest.json", {"stages": stages, "code_sha256": "2" * 64, "config_sha256": "3" * 64})
        council = self.folder / "council.toml"
        write_text(council, "")
        write_json(root / "state" / "council.json", {"council": str(council), "name": COUNCIL.name})
        self.audit(verdict)
        self._record(evaluation, model)

    def audit(self, verdict: str) -> None:
        """Write an audit of what is there that says this."""
        bound = {
            "evaluation_sha256": self.run.root / "models" / TARGET / "evaluation.json",
            "scores_sha256": self.run.path(SCORES, TARGET),
            "reasons_sha256": self.run.path(REASONS, TARGET),
            "cohort_sha256": self.run.path(COHORT, TARGET),
        }
        hashes = {name: file_hash(path) for name, path in bound.items()}
        document = {
            "verdict": verdict,
            "why": "As made up.",
            "bound": {**hashes, "policy_sha256": load_policy(None).sha256},
        }
        content = json.dumps(document)
        write_text(self.run.root / audit_path(TARGET), content)
        write_text(self.run.root / audit_code_path(TARGET), audit_code(KEYS, TARGET, content.encode()) + "\n")

    def retrain(self, despite: str | None = None) -> int:
        """Run the command on what is there, and return its exit code."""
        at = dt.datetime.combine(self.as_of, dt.time())
        with self.stages_done():
            try:
                retraining.retrain(self.folder / "council.toml", at, self.folder / "runs", despite)
            except typer.Exit as done:
                return done.exit_code
        return 0

    @contextmanager
    def stages_done(self) -> Iterator[None]:
        """While this holds, every stage is up to date and the council's TOML is this quarter's."""
        report = StageReport("comparison", False, 0.0, None)
        instead: dict[str, Any] = {
            "load_config": lambda path: self.config,
            "load_or_create_keys": lambda: KEYS,
            "run_job": lambda *_: [],
            "bring_up_to_date": lambda *_: report,
        }
        with ExitStack() as stack:
            for name, value in instead.items():
                stack.enter_context(patch.object(retraining, name, value))
            yield

    def _record(self, evaluation: dict[str, Any], model: str) -> None:
        store = MlflowStore(self.mlruns)
        store.open()
        client, mark = store.client(), identity(evaluation)
        run = client.create_run(store.experiment(client, TARGET), tags={IDENTITY: mark, "stage": "models"})
        client.log_text(run.info.run_id, model, "model/model.json")
        client.set_terminated(run.info.run_id)


def _evaluation(sha256: str, precision: float) -> dict[str, Any]:
    ratio = {"value": 1.0, "low": 0.9, "high": 1.1}
    return {
        "state": "modelled",
        "model": {"sha256": sha256},
        "choice": {"chosen": "needs_count", "no_better_than_chance": False, "why": "As made up."},
        "splits": [{"as_of": "2025-03-31"}],
        "candidates": {"needs_count": {"by_as_of": {"2025-03-31": {"observed_over_expected": ratio}}}},
        "precision": precision,
    }


def _die(*args: object, **kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def retrain_and_die(folder: Path, point: str) -> None:
    """Retrain in a process of one's own, and be killed at a named point of it; at none where it is empty."""
    with ExitStack() as stack:
        if point:
            place = f"early_help.retraining.{point}" if point.startswith("_") else f"models.{point}"
            stack.enter_context(patch(place, _die))
        sys.exit(Quarter(folder).retrain())


def processes() -> ForkServerContext:
    """Makes processes that have MLflow, which takes seconds to import, from the beginning."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context

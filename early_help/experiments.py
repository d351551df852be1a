"""An experiment in a notebook: a run's models trained again with other settings, in a folder of its own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from early_help.config import load_config
from early_help.fingerprint import table_files
from early_help.notebook import Run, open_run
from early_help.progress import ConsoleProgress
from early_help.run_config import ON_RECORD
from early_help.runner import bring_up_to_date
from models.config import ModelsConfig
from models.stage import STAGE
from store.council import Section
from store.errors import UsageError
from store.key_file import load_keys
from store.run_folder import RunFolder
from store.workspace import Stage


def experiment(run: Run, out: Path | str, target: str, **settings: Any) -> Run:
    """Train one target of a run again, with other ``settings`` of ``[models]``, into the folder ``out``.

    Nothing of the run is changed. Only what the models stage reads is copied, which is pseudonymous. The result is
    recorded in the run's own MLflow store, beside the models that are there. Its scores are sealed, and stay so: an
    experiment has no audit, so that nothing of it can be released. What is up to date is not trained again.

    Raises UsageError for a target that the run has not, settings that there are not, and an ``out`` that is something
    else.
    """
    folder = RunFolder(Path(out).expanduser().resolve())
    config = load_config(run.council)
    chosen = _settings(config.sections[ModelsConfig], run, target, settings)
    _refuse_other_folder(folder)
    for path in _read_by(run.folder, STAGE):
        copied = folder.root / path.relative_to(run.root)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    sections: dict[type[Section], Section] = {**config.sections, ModelsConfig: chosen}
    keys, progress = load_keys(), ConsoleProgress(Console())
    bring_up_to_date(folder, replace(config, sections=sections), STAGE, keys, progress)
    return open_run(folder.root)


def _settings(own: Any, run: Run, target: str, settings: dict[str, Any]) -> ModelsConfig:
    assert isinstance(own, ModelsConfig)
    if target not in own.targets:
        raise UsageError(
            "This run has no such target.", where=target, fix="Targets of this run: " + ", ".join(own.targets) + "."
        )
    capacity = {"targets": {target: own.targets[target].model_dump()}}
    try:
        return ModelsConfig.model_validate(own.model_dump() | {"mlruns": str(run.mlruns)} | capacity | settings)
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
    known = ", ".join(ModelsConfig.model_fields)
    raise UsageError(f"[models] has no such setting, or not with this value: {key}.", where=key, fix=f"Known: {known}.")


def _refuse_other_folder(folder: RunFolder) -> None:
    """An experiment is put into a new folder or one that holds an experiment: nothing of a run may be overwritten."""
    done = {path.stem for path in folder.state.glob("*.json")} - {Path(ON_RECORD).stem}
    if (folder.root.exists() and not folder.root.is_dir()) or done - {STAGE.name} or _anything_but_a_run(folder):
        raise UsageError(
            "There is something else in this folder.", where=str(folder.root), fix="Name a new folder for it."
        )


def _anything_but_a_run(folder: RunFolder) -> bool:
    return not folder.state.is_dir() and folder.root.is_dir() and any(folder.root.iterdir())


def _read_by(run: RunFolder, stage: Stage) -> list[Path]:
    """The files that a stage reads, and where the run's TOML is."""
    tables = [path for table in stage.reads for path in table_files(run, table)]
    documents = [path for pattern in stage.documents for path in run.root.glob(pattern)]
    return sorted({*tables, *documents, run.root / ON_RECORD})

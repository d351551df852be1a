"""What a stage's outputs depend on, as one hash: inputs, settings, code and packages.

A stage whose fingerprint has not changed need not run again. Because tables are hashed by content, a stage
runs again only when something it reads really changed: one attendance file alters the features, but not who
lives with whom.
"""

from __future__ import annotations

import functools
import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from store.code_version import code_hash as code_hash  # noqa: PLC0414 - with the other hashes, for those below
from store.files import file_hash
from store.run_folder import RunFolder, relative_path
from store.table import Table
from store.workspace import Workspace


def stage_inputs(work: Workspace) -> dict[str, str]:
    """SHA-256 of everything the stage reads, by name. A declared table that is not there is left out."""
    found: dict[str, str] = {}
    for table in work.stage.reads:
        for path in table_files(work.run, table):
            found[path.relative_to(work.run.root).as_posix()] = file_hash(path)
    for pattern in work.stage.documents:
        for path in sorted(work.run.root.glob(pattern)):
            found[path.relative_to(work.run.root).as_posix()] = file_hash(path)
    if work.stage.external_files is not None:
        for path in work.stage.external_files(work):
            found[_external_name(work, path)] = file_hash(path)
    return dict(sorted(found.items()))


def table_files(run: RunFolder, table: Table) -> list[Path]:
    """The files of a table: one, or one for each target."""
    if not table.per_target:
        path = run.path(table)
        return [path] if path.exists() else []
    pattern = relative_path(table, "target").as_posix().replace("/target/", "/*/")
    return sorted(run.root.glob(pattern))


def fingerprint(work: Workspace, inputs: dict[str, str]) -> str:
    """The stage's fingerprint: equal when, and only when, its outputs must be equal."""
    content = {
        "stage": work.stage.name,
        "inputs": inputs,
        "council": work.council.model_dump(mode="json"),
        "seed": work.settings.seed,
        "key": work.key_identity,
        "sections": {kind.__name__: work.sections[kind].model_dump(mode="json") for kind in work.stage.sections},
        "code": code_hash(work.stage.room),
        "packages": packages(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@functools.cache
def packages() -> dict[str, str]:
    """Name and version of each package the project depends on directly."""
    names: dict[str, Any] = {}
    for requirement in metadata.requires("early-help-analytics") or ():
        if "extra ==" not in requirement:
            name = requirement.split(">")[0].split("=")[0].split("<")[0].strip()
            names[name] = metadata.version(name)
    return dict(sorted(names.items()))


def _external_name(work: Workspace, path: Path) -> str:
    """A name for a file outside the run's tables that does not depend on where the project lies."""
    if path.is_relative_to(work.run.root):
        return path.relative_to(work.run.root).as_posix()
    return "/".join(path.parts[-2:])

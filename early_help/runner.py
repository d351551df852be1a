"""The run: stages in order, each published whole or not at all, and skipped when nothing it reads changed.

A stage writes into a staging folder. When it has finished, its record is removed, its files are moved into
place one by one, and a new record is written. Killed at any moment, the next run finds either a record that
holds (and skips the stage) or none (and runs it again, to the same bytes).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from early_help.config import CouncilConfig
from early_help.fingerprint import fingerprint, stage_inputs
from store.code_version import code_hash
from store.errors import EarlyHelpError
from store.files import file_hash, read_json, write_json
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import Progress, Stage, Workspace


@dataclass(frozen=True)
class StageRecord:
    """What is kept of a finished stage."""

    stage: str
    fingerprint: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    rows: dict[str, int]
    seconds: float
    peak_mb: int | None
    code: str = ""
    """Hash of the code that the stage ran with (`store.code_version`); empty in a record from before it was kept."""


@dataclass(frozen=True)
class StageReport:
    """What happened to a stage in this run."""

    stage: str
    ran: bool
    seconds: float
    peak_mb: int | None


def run_stages(
    run: RunFolder,
    config: CouncilConfig,
    stages: Sequence[Stage],
    keys: Keys,
    progress: Progress,
    announce: Callable[[StageReport], None] = lambda report: None,
    previous: RunFolder | None = None,
) -> list[StageReport]:
    """Bring the stages up to date, in the order given, and return one report for each.

    ``previous`` is the run of the quarter before, whose index this one goes on from.

    Raises a stage's own error, after noting it for `early-help status`.
    """
    reports = []
    for stage in stages:
        report = bring_up_to_date(run, config, stage, keys, progress, previous)
        announce(report)
        reports.append(report)
    return reports


def bring_up_to_date(
    run: RunFolder,
    config: CouncilConfig,
    stage: Stage,
    keys: Keys,
    progress: Progress,
    previous: RunFolder | None = None,
) -> StageReport:
    """Run one stage if anything it depends on has changed since its record was written."""
    work = Workspace(run, stage, config.council, config.settings, config.sections, progress, keys, previous)
    if stage.fetch is not None:
        with _noting_failure(run, work):
            stage.fetch(work)
    inputs = stage_inputs(work)
    mark = fingerprint(work, inputs)
    record = read_record(run, stage.name)
    if record is not None and record.fingerprint == mark and _outputs_hold(run, record):
        _forget_failure(run, stage)
        return StageReport(stage.name, False, record.seconds, record.peak_mb)
    started = time.perf_counter()
    with _noting_failure(run, work):
        stage.run(work)
        outputs = _publish(work, record)
    seconds = round(time.perf_counter() - started, 3)
    rows = dict(sorted(work.rows_written.items()))
    done = StageRecord(stage.name, mark, inputs, outputs, rows, seconds, _peak_mb(), code_hash(stage.room))
    write_json(_record_path(run, stage.name), asdict(done))
    _failure_path(run).unlink(missing_ok=True)
    return StageReport(stage.name, True, seconds, done.peak_mb)


@contextmanager
def _noting_failure(run: RunFolder, work: Workspace) -> Iterator[None]:
    """The time in which a stage has its scratch folder; what stops it is noted for `early-help status`."""
    work.begin()
    try:
        yield
    except EarlyHelpError as error:
        write_json(_failure_path(run), {"stage": work.stage.name, "message": str(error)})
        raise
    finally:
        work.end()


def _forget_failure(run: RunFolder, stage: Stage) -> None:
    """A stage that is up to date has not failed, whatever stopped it before (a database out of reach, say)."""
    failure = read_failure(run)
    if failure is not None and failure.get("stage") == stage.name:
        _failure_path(run).unlink(missing_ok=True)


def read_record(run: RunFolder, stage: str) -> StageRecord | None:
    """The record of a finished stage, or None when it has none that can be read."""
    try:
        return StageRecord(**read_json(_record_path(run, stage)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget_record(run: RunFolder, stage: Stage) -> None:
    """Have a stage run again, though nothing that it reads has changed."""
    _record_path(run, stage.name).unlink(missing_ok=True)


def read_failure(run: RunFolder) -> dict[str, Any] | None:
    """The stage that stopped the last run and its message, if one did."""
    try:
        found: dict[str, Any] = read_json(_failure_path(run))
    except (FileNotFoundError, ValueError):
        return None
    return found


def _outputs_hold(run: RunFolder, record: StageRecord) -> bool:
    """Whether every output is there with the bytes it was published with."""
    return all(
        (run.root / name).is_file() and file_hash(run.root / name) == sha256 for name, sha256 in record.outputs.items()
    )


def _publish(work: Workspace, before: StageRecord | None) -> dict[str, str]:
    """Move a finished stage's files into place and return their hashes by relative path."""
    staged = {
        path.relative_to(work.outputs).as_posix(): path for path in sorted(work.outputs.rglob("*")) if path.is_file()
    }
    hashes = {name: file_hash(path) for name, path in staged.items()}
    _record_path(work.run, work.stage.name).unlink(missing_ok=True)
    for name, path in staged.items():
        final = work.run.root / name
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, final)
    for name in set(before.outputs if before else ()) - set(staged):
        _remove(work.run.root, name)
    return hashes


def _remove(root: Path, name: str) -> None:
    """Remove an output that is no longer made, and its folder if that leaves it empty."""
    path = root / name
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        shutil.rmtree(path.parent)


def _record_path(run: RunFolder, stage: str) -> Path:
    return run.state / f"{stage}.json"


def _failure_path(run: RunFolder) -> Path:
    return run.state / "failure.json"


def _peak_mb() -> int | None:
    """Most memory this process has held so far, in megabytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20) if sys.platform == "darwin" else peak // (1 << 10)

"""What several commands do with a run: bring it up to date, find its configuration again, and say how it went."""

from __future__ import annotations

import datetime as dt
import os
from functools import partial
from pathlib import Path

from rich.console import Console

from early_help.config import CouncilConfig
from early_help.manifest import write_manifest
from early_help.progress import ConsoleProgress
from early_help.run_config import ON_RECORD
from early_help.run_config import config_of as config_of  # noqa: PLC0414 - whoever works with a run needs both
from early_help.run_config import council_of as council_of  # noqa: PLC0414
from early_help.runner import StageReport, bring_up_to_date, run_stages
from early_help.stages import STAGES
from fairness_audits.below_the_line import refuse_more_than_allowed
from fairness_audits.config import AuditConfig
from fairness_audits.policy import load_policy
from models.config import ModelsConfig
from reports.packs import withdraw_packs
from store.errors import UsageError
from store.files import read_json, write_json
from store.key_file import load_keys, load_or_create_keys
from store.run_folder import RunFolder
from store.workspace import Stage


def run_job(
    console: Console,
    folder: RunFolder,
    config: CouncilConfig,
    stages: tuple[Stage, ...],
    previous: RunFolder | None = None,
) -> list[StageReport]:
    """Bring a run's stages up to date, and its manifest; explanation packs that no longer hold are taken away."""
    keys = load_or_create_keys()
    _refuse_anothers(folder, config)
    _refuse_a_sample_that_is_not_allowed(config)
    write_json(folder.root / ON_RECORD, _on_record(config))
    console.print(f"{config.council.name}: run folder {shown(folder.root)}", markup=False)
    try:
        reports = run_stages(
            folder, config, stages, keys, ConsoleProgress(console), partial(announce, console), previous
        )
    finally:
        withdraw_packs(folder, keys, today())
    write_manifest(folder, config)
    return reports


def _on_record(config: CouncilConfig) -> dict[str, str]:
    """Whose run it is, and where the policy in force and the history of its models are found."""
    models = config.sections.get(ModelsConfig)
    mlruns = {"mlruns": str(Path(models.mlruns).resolve())} if isinstance(models, ModelsConfig) else {}
    return {"council": str(config.path), "name": config.council.name, **mlruns}


def _refuse_anothers(folder: RunFolder, config: CouncilConfig) -> None:
    """Raise UsageError where the folder holds the run of a council of another name and another TOML."""
    try:
        before = read_json(folder.root / ON_RECORD)
        path, name = str(before["council"]), str(before["name"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    if name != config.council.name and path != str(config.path):
        raise UsageError(
            f"This run folder is {name}'s, and the TOML is of {config.council.name}.",
            where=str(folder.root),
            fix="Name another --out: two councils' results must not mix in one folder.",
        )


def _refuse_a_sample_that_is_not_allowed(config: CouncilConfig) -> None:
    """Raise UsageError where more cases are to be drawn from below the line than policy allows.

    The gate refuses such a run too, but only once everything was modelled.
    """
    models, audits = config.sections.get(ModelsConfig), config.sections.get(AuditConfig)
    if isinstance(models, ModelsConfig) and isinstance(audits, AuditConfig):
        asked = {name: target.sample_below_the_line for name, target in models.targets.items()}
        if any(asked.values()):
            refuse_more_than_allowed(asked, load_policy(audits.policy))


def announce(console: Console, report: StageReport) -> None:
    """Say that a stage is done, or was up to date."""
    if report.ran:
        memory = f", peak {report.peak_mb} MB" if report.peak_mb else ""
        console.print(f"  {report.stage:<10} done in {report.seconds:6.1f} s{memory}")
    else:
        console.print(f"  {report.stage:<10} up to date")


def refresh_reports(console: Console, folder: RunFolder, config: CouncilConfig) -> None:
    """Bring the reports up to date with the release just given."""
    keys = load_keys()
    try:
        report = bring_up_to_date(folder, config, STAGES[-1], keys, ConsoleProgress(console))
    finally:
        # Somebody may have withdrawn the release while its pack was being written.
        withdraw_packs(folder, keys, today())
    write_manifest(folder, config)
    announce(console, report)


def shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def today() -> dt.date:
    """The day by the world's clock, on which approvals are dated."""
    return dt.datetime.now(dt.UTC).date()

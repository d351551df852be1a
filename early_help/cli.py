"""The `early-help` command.

Exit codes: 0 done (a withheld target is the job working), 2 usage or configuration, 3 input rejected,
4 withheld (of `retrain`: nothing is recommended until somebody has investigated). Anything else is a defect; its
traceback is shown with --debug only, because it may hold data.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from early_help import demo as demo_run
from early_help.audit_command import audit as audit_commands
from early_help.calibration import print_calibration
from early_help.config import load_config
from early_help.engine import on_engine
from early_help.features_command import features as features_commands
from early_help.job import council_of, refresh_reports, run_job, shown, today
from early_help.keys_commands import keys as keys_commands
from early_help.lock import run_lock
from early_help.losses import print_losses
from early_help.new_council import init, suggest
from early_help.progress import ConsoleProgress
from early_help.promotion import history, promote
from early_help.publish_command import publish
from early_help.refusals import with_run
from early_help.release_commands import export, release, verify, withdraw_release
from early_help.release_commands import log as log_commands
from early_help.resident_commands import resident as resident_commands
from early_help.retraining import retrain
from early_help.review_commands import review as review_app_commands
from early_help.review_pairs import review_pairs
from early_help.serve_command import serve
from early_help.stages import STAGES, stages_until
from early_help.status import (
    print_data_quality,
    print_sources,
    print_status,
    print_targets,
    require_run,
    target_lines,
    targets_of,
)
from fairness_audits.release import GateState
from reports.packs import withdraw_packs
from store.council import Engine
from store.errors import EarlyHelpError, UsageError
from store.key_file import load_keys, load_or_create_keys
from store.run_folder import RunFolder

app = typer.Typer(
    help="Early help risk analytics: from a council's extracts to audited, released lists and explanations.",
    epilog="Exit codes: 0 done (a withheld target is the job working), 2 usage or configuration, 3 input rejected, "
    "4 withheld. --debug with any command shows a traceback, which may hold personal data.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

CouncilFile = Annotated[Path, typer.Argument(metavar="COUNCIL.toml", help="The council's configuration.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]
OutFolder = Annotated[Path, typer.Option("--out", help="The run folder; made if it is not there.")]
_SEED_HELP = "The same families and seed make the same borough, byte for byte; another seed, another borough."
TargetName = Annotated[str, typer.Option("--target", help="Such as under_the_radar.")]


def _tell_version(asked: bool) -> None:
    if asked:
        console.print(f"early-help {metadata.version('early-help-analytics')}")
        raise typer.Exit


@app.callback()
def every_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version, and stop.")
    ] = False,
) -> None:
    """Early help risk analytics: from a council's extracts to audited, released lists and explanations."""


def run(
    council: CouncilFile,
    out: OutFolder,
    until: Annotated[
        str | None, typer.Option("--until", metavar="STAGE", help="Stop after: " + " ".join(s.name for s in STAGES))
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option(
            "--previous", metavar="RUN", help="The run of the quarter before: people and families keep its ids."
        ),
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option("--engine", help="Where pairs are compared and features computed; else as the TOML says."),
    ] = None,
) -> None:
    """Run the job; what is up to date is left alone."""
    stages = stages_until(until)
    config = on_engine(load_config(council), engine, stages)
    before = require_run(previous) if previous else None
    folder = RunFolder(out.resolve())
    with run_lock(folder.root):
        reports = run_job(console, folder, config, stages, before)
    if not any(report.ran for report in reports):
        console.print("Nothing has changed since the last run: no work was done.")
    _tell_targets(folder)


def check(council: CouncilFile, out: OutFolder) -> None:
    """Read and validate the extracts only."""
    config = load_config(council)
    folder = RunFolder(out.resolve())
    with run_lock(folder.root):
        run_job(console, folder, config, stages_until("sources"))
    print_sources(console, folder)
    summary = folder.root / "sources" / "summary.json"
    console.print(f"\nThe same by file, with every rule: {shown(summary)}", markup=False)
    print_data_quality(console, folder, config.council)


def status(run_folder: RunArgument) -> None:
    """Show each stage, its time and rows, each target's verdict, and what is withheld and why."""
    folder, keys = require_run(run_folder), load_keys()
    withdraw_packs(folder, keys, today())
    print_status(console, folder, keys, today())


def synth(
    families: Annotated[int, typer.Option("--families", min=20, help="How many families.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the raw extracts and their council.toml.")],
    truth: Annotated[Path, typer.Option("--truth", help="Folder of the truth, apart from the extracts.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help=_SEED_HELP)] = 1,
) -> None:
    """Make the raw extracts of a synthetic borough, its truth in a folder of its own, and show its calibration."""
    from sources.synthetic import generate  # noqa: PLC0415 - only this command and the demo need it
    from sources.synthetic.calibration import measure  # noqa: PLC0415

    if out.resolve() == truth.resolve() or out.resolve() in truth.resolve().parents:
        raise UsageError("The truth would lie with the extracts.", where="--truth", fix="Give a folder outside --out.")
    progress = ConsoleProgress(console)
    generate(families, seed, out, truth, progress)
    with progress.task("Counting its figures", 1) as task:
        figures = measure(out / "extracts", truth)
        task.advance()
    print_calibration(console, figures)
    console.print(f"Extracts and council.toml: {out}\nTruth: {truth}", markup=False)


def demo(
    families: Annotated[int, typer.Option("--families", min=100, help="How many families.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", min=0, help=_SEED_HELP)] = 1,
    out: Annotated[Path, typer.Option("--out", help="The run folder.")] = Path("runs/demo"),
) -> None:
    """Run the whole job on a synthetic borough, and release one target by the proper route."""
    folder = RunFolder(out.resolve())
    folders = demo_run.DemoFolders(folder.root)
    before = council_of(folder)
    # By name, because a run may be moved together with its borough.
    if before is not None and before.parts[-2:] != folders.council.parts[-2:]:
        raise UsageError(
            "This folder holds a run of another council's extracts.",
            where=str(folder.root),
            fix="Give another --out: the demo releases what is in its folder by made-up approvers.",
        )
    keys = load_or_create_keys()
    with run_lock(folder.root):
        demo_run.make_borough(folders, families, seed, ConsoleProgress(console))
        config = load_config(folders.council)
        run_job(console, folder, config, STAGES)
        released = demo_run.release_one(folder, keys, targets_of(folder), today())
        refresh_reports(console, folder, config)
    _tell_demo(folder, released)


_IN_ORDER: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "To begin": {"demo": demo, "synth": synth, "init": init, "suggest": suggest, "check": check, "keys": keys_commands},
    "A run, and what is in it": {
        "run": run,
        "status": status,
        "review-pairs": review_pairs,
        "resident": resident_commands,
        "features": features_commands,
        "audit": audit_commands,
    },
    "Who may see a list": {
        "release": release,
        "withdraw": withdraw_release,
        "export": export,
        "verify": verify,
        "publish": publish,
        "log": log_commands,
    },
    "Panels and family support": {"serve": serve, "review": review_app_commands},
    "The next quarter": {"retrain": retrain, "promote": promote, "history": history},
}
"""Every command, under the heading that help shows it under, in the order of the work."""

for heading, commands in _IN_ORDER.items():
    for word, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=word, rich_help_panel=heading)
        else:
            app.command(word, rich_help_panel=heading)(command)


_DEFECT = (
    "Something went wrong inside the toolkit ({}). This is a defect, not your data's or your fault.\nWhat to do: run "
    "the same command with --debug, and send the traceback to the maintainers after removing anything personal from it."
)


def main() -> None:
    """Entry point: turns expected errors into one clear message and their exit code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(args=arguments, standalone_mode=True)
        return
    except (EarlyHelpError, OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if debug:
            traceback.print_exc()
        told = _told(error)
        message, code = str(told), told.exit_code
    except Exception as error:
        if debug:
            traceback.print_exc()
        message, code = _DEFECT.format(type(error).__name__), 1
    # Outside the handlers the error, and all that it holds on to, is gone before the interpreter shuts down.
    # Lines are not broken here, so that a command in what to do can be copied whole; the terminal breaks them.
    errors.print(message, markup=False, style="bold", soft_wrap=True)
    sys.exit(code)


def _told(error: EarlyHelpError | OSError | duckdb.IOException | duckdb.OutOfMemoryException) -> EarlyHelpError:
    if isinstance(error, EarlyHelpError):
        return error
    if isinstance(error, duckdb.OutOfMemoryException):
        return UsageError(
            "The data engine needs more memory than it may use.",
            where="[run] memory_gb",
            fix="Raise memory_gb in the TOML, as far as the machine has memory to spare.",
        )
    return _file_trouble(error)


def _file_trouble(error: OSError | duckdb.IOException) -> UsageError:
    """What the system said of a file. DuckDB's own words are left out, because they may quote a cell."""
    reason, path = (error.strerror, error.filename) if isinstance(error, OSError) else (None, None)
    return UsageError(
        f"A file could not be read or written: {reason or 'the disk is full or the file is damaged'}.",
        where=str(path or "the run folder, or the file to be written"),
        fix="See that the disk has room and that the file or folder may be read and written; then ask again.",
    )


def _tell_targets(folder: RunFolder) -> None:
    print_losses(console, folder)
    lines = target_lines(folder, load_keys(), today())
    print_targets(console, lines)
    index = folder.root / "reports" / "index.html"
    if index.exists():
        console.print(f"\nReports: {shown(index)}", markup=False)


def _tell_demo(folder: RunFolder, released: str | None) -> None:
    _tell_targets(folder)
    keys = load_keys()
    for line in target_lines(folder, keys, today()):
        if line.state is not GateState.RELEASED:
            target = line.target
            console.print(f"\nAsked for the list of {target}, the toolkit refuses (exit 4):")
            refused = str(demo_run.refusal(folder, keys, target, today()))
            console.print(with_run(refused, shown(folder.root)), markup=False, soft_wrap=True)
    if released is None:
        console.print("\nNo target could be released: see the fairness reports for what the evidence lacked.")
    else:
        console.print(
            f"\nExplanation pack of {released}, released by the demo's two made-up approvers: "
            f"{shown(folder.root / 'reports' / released / 'explanation.html')}",
            markup=False,
        )

"""For notebooks: a run as one object, and the small example that they share where nobody has made a run yet."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from rich.console import Console

from early_help.config import load_config
from early_help.demo import DemoFolders, make_borough
from early_help.job import run_job, today
from early_help.lock import run_lock
from early_help.progress import ConsoleProgress
from early_help.run_config import ON_RECORD, council_of
from early_help.runner import read_record
from early_help.stages import STAGES
from early_help.status import TargetLine, require_run, target_lines, targets_of
from fairness_audits.gate import GateStatus, status
from fairness_audits.reading import PublishedAudit, read_audit
from fairness_audits.release import GateState
from models.target_model import TargetModel, read_model
from store.display import card, folded, paragraph, table
from store.errors import UsageError
from store.files import read_json, write_text
from store.key_file import load_keys
from store.locking import exclusive
from store.run_folder import RunFolder

RUN_VARIABLE = "EARLY_HELP_RUN"
_PROJECT = Path(__file__).resolve().parent.parent
_DEMO = _PROJECT / "runs" / "demo"
EXAMPLE = _PROJECT / "runs" / "notebooks"
"""Where the example's borough, its truth, its run and its MLflow store lie, each in a folder of its own."""

_AS_IT_GOES = (GateState.AWAITING_APPROVAL, GateState.ONE_APPROVAL, GateState.RELEASED)
_FAMILIES, _SEED = 700, 1
_TARGETS = "[targets."
_QUICK = """\
folds = 2
bags = 2
rounds = 20
test_as_ofs = 2
stability_refits = 2
min_positives = 5

[targets.under_the_radar]
capacity = 30

[targets.hidden_young_carers]
capacity = 30

"""
"""Settings by which so small a borough is modelled in seconds; far too light for anything else."""


# Progress bars that some packages would draw in a notebook need another package; without it they are text, and say so
# in red above the first result.
warnings.filterwarnings("ignore", message="IProgress not found")


@dataclass(frozen=True, repr=False)
class Run:
    """One run, as far as a data scientist works from it: pseudonymous tables, documents, models, published audits."""

    folder: RunFolder

    @property
    def root(self) -> Path:
        """The run folder."""
        return self.folder.root

    @property
    def council(self) -> Path:
        """The council's TOML that the run was made from. Raises UsageError where that is not known."""
        found = council_of(self.folder)
        if found is None:
            raise UsageError("It is not on record which TOML this run was made from.", where=str(self.root))
        return found

    @property
    def truth(self) -> Path | None:
        """The folder with the truth of a made-up borough; None where there is none, as in any real run."""
        found = self.council.parent.with_name(self.council.parent.name.removesuffix("-borough") + "-truth")
        return found if found.is_dir() else None

    @property
    def mlruns(self) -> Path:
        """The folder of the MLflow store that the run's models are recorded in."""
        return Path(read_json(self.root / ON_RECORD)["mlruns"])

    @property
    def targets(self) -> list[str]:
        """Every target that the models stage has reported on."""
        return targets_of(self.folder)

    def document(self, path: str) -> Any:
        """A JSON document of the run by its path in it, such as ``sources/data_quality.json``."""
        return read_json(self.root / path)

    def table(self, path: str) -> pd.DataFrame:
        """A table of the analysis zone by its path without the ending, such as ``features/families``."""
        return pd.DataFrame(pq.read_table(self.root / f"{path}.parquet").to_pandas())

    def model(self, target: str) -> TargetModel:
        """What the run says of a target's model."""
        return read_model(self.folder, target)

    def audit(self, target: str) -> PublishedAudit:
        """A target's audit, as published."""
        return read_audit(self.folder, target)

    def gate(self, target: str) -> GateStatus:
        """Where a target stands at the gate today."""
        return status(self.folder, load_keys(), target, today())

    def pages(self) -> list[Path]:
        """The reports that people read, by their path in the run."""
        return sorted(path.relative_to(self.root) for path in (self.root / "reports").glob("**/*.html"))

    def __repr__(self) -> str:
        lines = [f"{line.target}: audit {line.verdict}, {line.state.value}" for line in self._standing()]
        return "\n".join([f"Run of {self._name()}", *lines])

    def _repr_html_(self) -> str:
        rows = [
            (line.target.replace("_", " "), line.verdict, line.state.value.replace("_", " "), _mind(line))
            for line in self._standing()
        ]
        known = [record for stage in STAGES if (record := read_record(self.folder, stage.name))]
        stages = [(record.stage, f"{record.seconds:.0f}", f"{sum(record.rows.values()):,}") for record in known]
        return card(
            f"Run of {self._name()}",
            paragraph(self._dates()),
            table(("Target", "Audit", "Gate", "What to mind"), rows) if rows else "",
            folded(f"{len(known)} of {len(STAGES)} stages done", table(("Stage", "Seconds", "Rows"), stages)),
            paragraph("Names and addresses are in identifiable/, ethnicity in protected/: no model reads them.", True),
            beside=self.root.name,
        )

    def _name(self) -> str:
        path = self.root / ON_RECORD
        return str(read_json(path).get("name", "")) if path.is_file() else "a council"

    def _dates(self) -> str:
        path = self.root / "features" / "coverage.json"
        if not path.is_file():
            return "No features yet."
        dates = read_json(path)["as_of"]
        return f"{len(dates)} as-of dates, {dates[0]} to {dates[-1]}." if dates else "No as-of date."

    def _standing(self) -> list[TargetLine]:
        return target_lines(self.folder, load_keys(), today()) if self.targets else []


def _mind(line: TargetLine) -> str:
    """What the model says of itself, and why a list is shut that is not merely waiting for signatures."""
    return " ".join(filter(None, [line.warning, "" if line.state in _AS_IT_GOES else line.reason]))


def open_run(root: Path | str) -> Run:
    """A run by its folder. Raises UsageError where the folder is no run."""
    return Run(require_run(str(Path(root).expanduser())))


def example_run() -> Run:
    """The run that ``EARLY_HELP_RUN`` names; else the demo's, where `make demo` has made it; else a small example.

    The example is a synthetic borough of 700 families, modelled lightly. It is made once, in one to two minutes,
    and kept in the project's ``runs/notebooks``; later calls only bring it up to date with the code.
    """
    named = os.environ.get(RUN_VARIABLE)
    if named:
        return open_run(named)
    if (_DEMO / "reports" / "index.html").is_file():
        return open_run(_DEMO)
    EXAMPLE.mkdir(parents=True, exist_ok=True)
    with exclusive(EXAMPLE / ".lock"):
        make_example(EXAMPLE)
    return open_run(EXAMPLE / "example")


def make_example(folder: Path) -> None:
    """Make the example in ``folder``, or bring it up to date."""
    folders = DemoFolders(folder / "example")
    if not folders.run.is_dir():
        Console().print("Making a small borough for the notebooks: one to two minutes, this once.")
    silent = Console(quiet=True)
    make_borough(folders, _FAMILIES, _SEED, ConsoleProgress(silent))
    made = folders.council.read_text(encoding="utf-8")
    if _QUICK not in made:
        before, targets = made.split(_TARGETS, 1)
        census = "".join(targets.partition("\n[census]")[1:]).lstrip()
        store = f'[models]\nmlruns = "{(folder / "mlruns").resolve().as_posix()}"\n'
        write_text(folders.council, f"{before}{store}{_QUICK}{census}")
    run = RunFolder(folders.run.resolve())
    with run_lock(run.root):
        run_job(silent, run, load_config(folders.council), STAGES)

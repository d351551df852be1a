"""Hidden young carers against the truth: each way of ranking at capacity, by ethnic group, and the number hidden.

    python -m benchmarks.models.carers --run RUN --truth FOLDER --council COUNCIL.toml [--run ... ]

Lists are those of the run's test dates and its newest date, by models that never saw a case's family; true is a child
of the date who cares and whom nobody has identified. The stage sees no truth: it is read here alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.models.carers_tables import REPLICATES, Ranked, told
from benchmarks.models.carers_truth import truth_of
from early_help.config import CouncilConfig, load_config
from fairness_audits.config import AuditConfig
from fairness_audits.identification import STAGE as WEIGHING
from models.cases import Cases, Floats
from models.cohort import whole_from
from models.config import ModelsConfig
from models.evaluation import Setting
from models.inputs import asked, open_inputs
from models.rehearsal import Rehearsal, by_fold, rehearse, training_for
from models.roster import roster
from models.splits import Limits, Origin, Plan, plan
from models.stage import STAGE
from models.target import CandidateName
from models.targets import TARGETS
from models.unlabelled.caring import Caring
from models.unlabelled.hidden import hidden
from store.council import Section
from store.run_folder import RunFolder
from store.workspace import Workspace
from tests.support import KEYS, SilentProgress, run_stage

if TYPE_CHECKING:
    from benchmarks.models.parts import Bench

TARGET = TARGETS["hidden_young_carers"]
_SHOWN = {
    CandidateName.CHANCE: "chance",
    CandidateName.NEEDS_COUNT: "count of needs",
    CandidateName.SIGNS_COUNT: "count of six signs of caring",
    CandidateName.SIGNS_ALIKE: "all signs, each counting alike",
    CandidateName.LOGISTIC: "naive: logistic regression; and Elkan-Noto, in the same order",
    CandidateName.BOOSTED: "naive: boosted trees",
    CandidateName.BAGGED_UNLABELLED: "bagged, positive and unlabelled",
    CandidateName.CARING: "caring apart from being identified",
}
_BLIND = "caring apart, with nothing known of who would be noticed"
_WEIGHTED = "caring apart, ethnicity informing who is noticed"


@dataclass(frozen=True)
class Borough:
    """One run and its truth."""

    name: str
    run: Path
    truth: Path
    council: Path


def measure(bench: Bench) -> tuple[str, str]:
    """Of each synthetic borough of the benchmark."""
    boroughs = [Borough(one.name, one.run, one.truth, one.council) for one in bench.boroughs() if one.truth is not None]
    return "Hidden young carers against the truth", told([ranked(one) for one in boroughs])


def ranked(borough: Borough) -> Ranked:
    """Fit every way of ranking at each test date and the newest date, with the council's own settings."""
    config = load_config(borough.council)
    models = config.sections[ModelsConfig]
    assert isinstance(models, ModelsConfig)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(limits=1, user_api="blas"):
        run = _beside(borough.run, Path(folder))
        with _cases(run, config, models) as (cases, planned, setting):
            found = [_rehearsed(cases, origin, models, setting) for origin in (*planned.tests, planned.current)]
            document = {"off": hidden(cases, planned, found[-2], found[-1], TARGET, setting)}
        on = AuditConfig(policy=None, ethnicity_informs_identification=True)
        run_stage(WEIGHING, run, on, council=config.council)
        with _cases(run, config, models) as (weighted, _, _):
            document["on"] = hidden(weighted, planned, found[-2], found[-1], TARGET, setting)
    rows = np.concatenate([one.rows for one in found])
    margins = {shown: np.concatenate([one.performed[name].margin for one in found]) for name, shown in _SHOWN.items()}
    for shown, others in ((_BLIND, replace(cases, identification=None)), (_WEIGHTED, weighted)):
        margins[shown] = np.concatenate([_margin(others, one.origin, setting) for one in found])
    truth = truth_of(borough.run, borough.truth)
    return Ranked(
        borough.name,
        setting.capacity,
        np.repeat(np.arange(len(found)), [len(one.rows) for one in found]),
        margins,
        truth.cares(cases, rows),
        truth.groups(cases, rows),
        cases.group[rows],
        cases.tie_place[rows],
        document,
        truth.found(cases, rows),
    )


def _rehearsed(cases: Cases, origin: Origin, models: ModelsConfig, setting: Setting) -> Rehearsal:
    candidates = [one for one in roster(TARGET, models, cases) if one.name in _SHOWN]
    return rehearse(cases, origin, candidates, folds=models.folds, seed=setting.seed, threads=2, advance=lambda: None)


def _beside(run: Path, folder: Path) -> Path:
    """A run folder of its own with the run's tables, so that nothing is written into the run."""
    for name in ("features", "protected"):
        (folder / name).symlink_to((run / name).resolve())
    return folder


@contextmanager
def _cases(run: Path, config: CouncilConfig, models: ModelsConfig) -> Iterator[tuple[Cases, Plan, Setting]]:
    sections: dict[type[Section], Section] = {ModelsConfig: models}
    work = Workspace(RunFolder(run), STAGE, config.council, config.settings, sections, SilentProgress(), KEYS)
    work.begin()
    with work.connect() as connection:
        inputs = open_inputs(work, connection, models.folds)
        made = asked(work, inputs, TARGET)
    work.end()
    capacity = models.targets[TARGET.name].capacity
    limits = Limits(models.test_as_ofs, models.folds, capacity, models.min_positives, models.min_positives // 2)
    whole = whole_from(TARGET.cohort, config.council.covers_from)
    planned = plan(made.cases, TARGET.outcome, made.closed, made.current, limits, inputs.as_ofs, whole)
    covers_to: dt.date = config.council.covers_to
    seed = config.settings.seed
    yield made.cases, planned, Setting(capacity, models.folds, models.bags, REPLICATES, seed, covers_to)


def _margin(cases: Cases, origin: Origin, setting: Setting) -> Floats:
    assert TARGET.unlabelled is not None
    training = training_for(cases, origin, folds=setting.folds, seed=setting.seed, threads=1)
    rows = cases.at(origin.as_of)
    return by_fold(Caring(TARGET.unlabelled).fit(training, lambda: None), cases.values[rows], cases.fold[rows])


def main() -> None:
    """Measure runs that are there already."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, words in (("run", "A run up to its features."), ("truth", "Its truth."), ("council", "Its TOML.")):
        parser.add_argument(f"--{name}", type=Path, action="append", required=True, help=words)
    given = parser.parse_args()
    found = [
        ranked(Borough(str(place), run, truth, council))
        for place, (run, truth, council) in enumerate(zip(given.run, given.truth, given.council), start=1)
    ]
    print(told(found))


if __name__ == "__main__":
    main()

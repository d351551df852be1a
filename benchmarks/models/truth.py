"""Under the radar against the truth: each way of ranking at capacity, by ethnic group at equal need, and the rule.

    python -m benchmarks.models.truth --run RUN --truth FOLDER --council COUNCIL.toml [--run ... ] [--newest] [--keep]

The lists are those of the run's test dates (or the newest of them), by models that never saw a case's family and
learnt from dates whose outcomes had closed. True is a family in significant need with whom nobody works at that date.
The stage sees no truth: it is read here alone.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.jobs import PROJECT
from benchmarks.models.radar_truth import Truth, truth_of
from benchmarks.models.truth_tables import FEWER_SIGNS, NO_ABSENCE, REPLICATES, SHOWN, TAUGHT, List, Ranked, told
from early_help.config import load_config
from models.candidates import Candidate
from models.cases import Cases
from models.choice import decide, tried_out
from models.cohort import whole_from
from models.config import ModelsConfig
from models.inputs import asked, open_inputs
from models.label_facts import everybody, judged_by, left_out
from models.logistic import Logistic
from models.of_need import evidenced_needs, of_need
from models.rehearsal import by_fold, rehearse, training_for
from models.roster import roster, single_indicator
from models.splits import Limits, Origin, Plan, plan
from models.stage import STAGE
from models.target import CandidateName
from models.targets import TARGETS
from models.taught import Taught
from models.weighted_needs import WeightedNeeds
from store.council import Section
from store.run_folder import RunFolder
from store.workspace import Workspace
from tests.support import KEYS, SilentProgress

if TYPE_CHECKING:
    from benchmarks.models.parts import Bench

TARGET = TARGETS["under_the_radar"]
PAGE = PROJECT / "docs" / "models" / "under-the-radar.md"
_BEGIN, _END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


@dataclass(frozen=True)
class Borough:
    """One run and its truth."""

    name: str
    run: Path
    truth: Path
    council: Path


def measure(bench: Bench) -> tuple[str, str]:
    """Of each synthetic borough of the benchmark."""
    found = []
    for one in bench.modelled():
        if one.borough.truth is not None:
            made = ranked(Borough(one.borough.name, one.borough.run, one.borough.truth, one.borough.council))
            chosen = one.evaluations[TARGET.name]["choice"]["chosen"]
            found.append(replace(made, chosen=CandidateName(chosen)))
    return "Under the radar, against the truth", told(found)


def ranked(borough: Borough, newest: bool = False) -> Ranked:
    """Fit every way of ranking at each test date, with the council's own settings."""
    config = load_config(borough.council)
    models = config.sections[ModelsConfig]
    assert isinstance(models, ModelsConfig)
    with threadpool_limits(limits=1, user_api="blas"), _cases(borough.run, config, models) as (cases, planned):
        truth = truth_of(borough.run, borough.truth, cases)
        lacking = left_out(cases, TARGET, planned.tests, models.folds, models.min_positives)
        tests = planned.tests[-1:] if newest else planned.tests
        found = [_rehearsed(cases, truth, origin, models, lacking, config.settings.seed) for origin in tests]
        capacity = models.targets[TARGET.name].capacity
        rows = np.concatenate([cases.at(origin.as_of) for origin in tests])
        label = cases.labels[TARGET.labels[0].name].learnt(rows)
        return Ranked(
            borough.name,
            capacity,
            [lists for lists, _ in found],
            float(truth.mapped[rows].mean()),
            float(label.weight.mean()),
            found[-1][1],
        )


@contextmanager
def _cases(run: Path, config: Any, models: ModelsConfig) -> Iterator[tuple[Cases, Plan]]:
    """The target's cases, and when it is tested; nothing is written into the run."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "features").symlink_to((run / "features").resolve())
        sections: dict[type[Section], Section] = {ModelsConfig: models}
        work = Workspace(
            RunFolder(Path(folder)), STAGE, config.council, config.settings, sections, SilentProgress(), KEYS
        )
        work.begin()
        with work.connect() as connection:
            inputs = open_inputs(work, connection, models.folds)
            made = asked(work, inputs, TARGET)
        work.end()
        capacity = models.targets[TARGET.name].capacity
        limits = Limits(models.test_as_ofs, models.folds, capacity, models.min_positives, models.min_positives // 2)
        whole = whole_from(TARGET.cohort, config.council.covers_from)
        yield made.cases, plan(made.cases, TARGET.outcome, made.closed, made.current, limits, inputs.as_ofs, whole)


def _rehearsed(
    cases: Cases,
    truth: Truth,
    origin: Origin,
    models: ModelsConfig,
    lacking: Mapping[CandidateName, str],
    seed: int,
) -> tuple[List, CandidateName]:
    """The list of a test date, and what the rule chooses by the dates before it, stability and membership apart."""
    candidates = [one for one in roster(TARGET, models, cases) if one.name in SHOWN and one.name not in lacking]
    found = rehearse(cases, origin, candidates, folds=models.folds, seed=seed, threads=2, advance=lambda: None)
    training = training_for(cases, origin, folds=models.folds, seed=seed, threads=2)
    rows, capacity = found.rows, models.targets[TARGET.name].capacity
    told_truth = replace(training, outcome=truth.under_the_radar[found.training_rows].astype(np.float64))
    fewer = {way: one.fit(training, lambda: None) for way, one in _without_attendance(cases).items()}
    fewer[TAUGHT] = Logistic().fit(told_truth, lambda: None)
    tried = tried_out(cases, found, training, single_indicator(TARGET, cases))
    judge = judged_by(training, TARGET, lacking)
    choice = decide(cases, found, tried, TARGET.choice, capacity, REPLICATES, seed, found=judge)
    lists = List(
        {
            **{SHOWN[name]: one.margin for name, one in found.performed.items()},
            **{way: by_fold(one, cases.values[rows], cases.fold[rows]) for way, one in fewer.items()},
        },
        truth.under_the_radar[rows],
        truth.in_need[rows],
        cases.outcome(rows),
        everybody(cases.labels[TARGET.labels[0].name].learnt(rows)),
        truth.group[rows],
        cases.group[rows],
        cases.tie_place[rows],
    )
    return lists, choice.chosen


def _without_attendance(cases: Cases) -> dict[str, Candidate]:
    """Two candidates of need again, to whom attendance is known only where an evidenced need rests on it."""
    places = range(len(cases.features))
    needs = set(evidenced_needs(cases.features, TARGET))
    resting = {place for place in places if "attendance" in cases.features[place].sources} - needs
    logistic = of_need(CandidateName.NEED_FOUND_UNWATCHED, TARGET, cases)
    weighted = of_need(CandidateName.WEIGHTED_NEEDS, TARGET, cases)
    assert isinstance(logistic, Taught)
    assert isinstance(weighted, WeightedNeeds)
    blind = tuple(sorted({*logistic.blind_to, *resting}))
    return {
        FEWER_SIGNS: replace(weighted, signs=tuple(place for place in weighted.signs if place not in resting)),
        NO_ABSENCE: replace(logistic, blind_to=blind),
    }


def keep(text: str, page: Path = PAGE) -> None:
    """Put the tables into the page, between its marks; the rest of it is a person's."""
    before, rest = page.read_text(encoding="utf-8").split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    page.write_text(f"{before}{_BEGIN}\n{text.strip()}\n\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Measure runs that are there already."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, words in (("run", "A run up to its features."), ("truth", "Its truth."), ("council", "Its TOML.")):
        parser.add_argument(f"--{name}", type=Path, action="append", required=True, help=words)
    parser.add_argument("--name", action="append", help="What a run is called.")
    parser.add_argument("--newest", action="store_true", help="Only the newest test date.")
    parser.add_argument("--keep", action="store_true", help="Put the tables into docs/models/under-the-radar.md.")
    given = parser.parse_args()
    names = given.name or [str(place) for place in range(1, len(given.run) + 1)]
    found = [
        ranked(Borough(*each), given.newest) for each in zip(names, given.run, given.truth, given.council, strict=True)
    ]
    print(told(found))
    if given.keep:
        keep(told(found))


if __name__ == "__main__":
    main()

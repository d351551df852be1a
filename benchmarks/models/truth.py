"""Under the radar against the truth: each way of ranking at capacity, by ethnic group at equal need, and the rule.

    python -m benchmarks.models.truth --run RUN --truth FOLDER --council COUNCIL.toml [--run ... ] [--newest] [--keep]

The lists are those of the run's test dates (or the newest of them), by models that never saw a case's family and
learnt from dates whose outcomes had closed. True is a family in significant need with whom nobody works at that date.
The stage sees no truth: it is read here alone.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks.jobs import PROJECT
from benchmarks.linkage.pages import table
from benchmarks.models.radar_truth import Truth, truth_of
from early_help.config import load_config
from models.cases import Cases, Flags, Floats
from models.choice import decide, tried_out
from models.cohort import whole_from
from models.config import ModelsConfig
from models.inputs import asked, open_inputs
from models.label_facts import everybody, judged_by, left_out
from models.logistic import Logistic
from models.metrics import area_under_curve, family_weights
from models.rehearsal import by_fold, positions, rehearse, training_for
from models.roster import roster, single_indicator
from models.splits import Limits, Origin, Plan, plan
from models.stage import STAGE
from models.target import CandidateName
from models.targets import TARGETS
from store.run_folder import RunFolder
from store.workspace import Workspace
from tests.support import KEYS, SilentProgress

if TYPE_CHECKING:
    from benchmarks.models.parts import Bench

TARGET = TARGETS["under_the_radar"]
PAGE = PROJECT / "docs" / "models" / "under-the-radar.md"
_BEGIN, _END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
REPLICATES = 500
_LISTED = 200
"""Places of a longer list, by which rates of groups are told: at the panel's capacity they rest on too few."""
_GROUPS = ("White", "Mixed", "Asian", "Black", "Other")
_TAUGHT = "taught the truth itself: the most that these features tell"
_SHOWN = {
    CandidateName.CHANCE: "chance",
    CandidateName.SINGLE_INDICATOR: "best single indicator",
    CandidateName.NEEDS_COUNT: "count of needs",
    CandidateName.WEIGHTED_NEEDS: "need found: weighted needs",
    CandidateName.NEED_FOUND_UNWATCHED: "need found: logistic, without contact history",
    CandidateName.NEED_FOUND: "need found: logistic",
    CandidateName.NEED_AMONG_ASSESSED: "need among the assessed, weighted",
    CandidateName.UNWATCHED: "step-up: logistic, without contact history",
    CandidateName.LOGISTIC: "step-up: logistic",
    CandidateName.ADDITIVE: "step-up: additive trees",
    CandidateName.BOOSTED: "step-up: boosted trees",
}


@dataclass(frozen=True)
class Borough:
    """One run and its truth."""

    name: str
    run: Path
    truth: Path
    council: Path


@dataclass(frozen=True)
class List:
    """One test date: what each way ranks by, and what came of the cases."""

    margins: Mapping[str, Floats]
    under_the_radar: Flags
    in_need: Flags
    stepped_up: Floats
    need_found: Floats
    group: npt.NDArray[np.object_]
    cluster: npt.NDArray[np.int64]
    tie_place: npt.NDArray[np.int64]

    def listed(self, way: str, places: int) -> Flags:
        return np.asarray(positions(self.margins[way], self.tie_place) <= places)


@dataclass(frozen=True)
class Ranked:
    """One borough."""

    name: str
    capacity: int
    lists: list[List]
    mapped: float
    """Share of cases that are some true family."""
    observed: float
    chosen: CandidateName


def measure(bench: Bench) -> tuple[str, str]:
    """Of each synthetic borough of the benchmark."""
    found = [
        ranked(Borough(one.name, one.run, one.truth, one.council)) for one in bench.boroughs() if one.truth is not None
    ]
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
        sections = {ModelsConfig: models}
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
    candidates = [one for one in roster(TARGET, models, cases) if one.name in _SHOWN and one.name not in lacking]
    found = rehearse(cases, origin, candidates, folds=models.folds, seed=seed, threads=2, advance=lambda: None)
    training = training_for(cases, origin, folds=models.folds, seed=seed, threads=2)
    rows, capacity = found.rows, models.targets[TARGET.name].capacity
    told_truth = replace(training, outcome=truth.under_the_radar[found.training_rows].astype(np.float64))
    best = by_fold(Logistic().fit(told_truth, lambda: None), cases.values[rows], cases.fold[rows])
    tried = tried_out(cases, found, training, single_indicator(TARGET, cases))
    judge = judged_by(training, TARGET, lacking)
    choice = decide(cases, found, tried, TARGET.choice, capacity, REPLICATES, seed, found=judge)
    lists = List(
        {**{_SHOWN[name]: one.margin for name, one in found.performed.items()}, _TAUGHT: best},
        truth.under_the_radar[rows],
        truth.in_need[rows],
        cases.outcome(rows),
        everybody(cases.labels[TARGET.labels[0].name].learnt(rows)),
        truth.group[rows],
        cases.group[rows],
        cases.tie_place[rows],
    )
    return lists, choice.chosen


What = Callable[[List], npt.NDArray[Any]]
"""Of each case of a list whether it counts as right."""


def told(boroughs: Sequence[Ranked]) -> str:
    """Tables as Markdown."""
    ways = [way for way in (*_SHOWN.values(), _TAUGHT) if way in boroughs[0].lists[0].margins]
    capacity = boroughs[0].capacity
    parts = [
        "True is a family in significant need with whom nobody works. Lists are those of the test dates, by models "
        "that never saw a case's family; 95% intervals are from a bootstrap of families.\n",
        _facts(boroughs),
    ]
    for words, what, places in (
        (f"Share of the {capacity} places that are truly under the radar", _true, capacity),
        (f"Share of {_LISTED} places that are truly under the radar", _true, _LISTED),
        (f"Share of the {capacity} places that were stepped up within 12 months", _stepped, capacity),
        (f"Share of the {capacity} places in whom somebody who looked found need", _found, capacity),
    ):
        parts.append(f"**{words}**\n\n{_by_borough(boroughs, ways, places, what)}")
    parts.append(f"**Over all boroughs**\n\n{_overall(boroughs, ways, capacity)}")
    parts.append(
        f"**Of the truly under the radar, the share on a list of {_LISTED} in each ethnic group over that in the "
        f"others, all boroughs together**\n\n{_by_group(boroughs, ways)}"
    )
    return "\n".join(parts)


def _true(one: List) -> npt.NDArray[Any]:
    return one.under_the_radar


def _stepped(one: List) -> npt.NDArray[Any]:
    return one.stepped_up


def _found(one: List) -> npt.NDArray[Any]:
    return one.need_found


def _facts(boroughs: Sequence[Ranked]) -> str:
    heads = ["borough", "dates", "families a date", "mapped", "truly under the radar", "stepped up", "somebody looked"]
    heads += ["need found", "chosen by the rule"]
    rows = []
    for one in boroughs:
        shares = [np.mean([what(date).mean() for date in one.lists]) for what in (_true, _stepped, _found)]
        size = np.mean([len(date.cluster) for date in one.lists])
        rows.append(
            [
                *(one.name, str(len(one.lists)), f"{size:,.0f}", f"{one.mapped:.1%}"),
                *(f"{shares[0]:.1%}", f"{shares[1]:.1%}", f"{one.observed:.1%}", f"{shares[2]:.1%}"),
                _SHOWN[one.chosen],
            ]
        )
    return table(heads, rows)


def _weights(one: Ranked) -> list[Floats]:
    """For each date, shape (replicates + 1, cases): the estimate, then each draw of families."""
    clusters = np.unique(np.concatenate([date.cluster for date in one.lists]))
    drawn = family_weights(len(clusters), REPLICATES, 1).astype(np.float64)
    whole = np.vstack([np.ones((1, len(clusters))), drawn])
    return [whole[:, np.searchsorted(clusters, date.cluster)] for date in one.lists]


def _precision(one: Ranked, weights: Sequence[Floats], way: str, places: int, what: What) -> Floats:
    """Pooled over the dates: the estimate, then each replicate."""
    right, total = np.zeros(REPLICATES + 1), np.zeros(REPLICATES + 1)
    for date, weight in zip(one.lists, weights):
        listed = date.listed(way, places).astype(np.float64)
        right += weight @ (listed * what(date))
        total += weight @ listed
    return right / np.maximum(total, 1e-9)


def _interval(rates: Floats) -> str:
    low, high = np.percentile(rates[1:], [2.5, 97.5])
    return f"{rates[0]:.3f} ({low:.3f} to {high:.3f})"


def _by_borough(boroughs: Sequence[Ranked], ways: Sequence[str], places: int, what: What) -> str:
    weights = [_weights(one) for one in boroughs]
    rows = []
    for way in ways:
        rates = [_precision(one, weight, way, places, what) for one, weight in zip(boroughs, weights)]
        rows.append([way, *(_interval(rate) for rate in rates), f"{np.mean([rate[0] for rate in rates]):.3f}"])
    return table(["way of ranking", *(one.name for one in boroughs), "mean"], rows)


def _overall(boroughs: Sequence[Ranked], ways: Sequence[str], capacity: int) -> str:
    """Difference to the count of needs, recall, true need whoever works with them, and the whole order."""
    weights = [_weights(one) for one in boroughs]
    count = _SHOWN[CandidateName.NEEDS_COUNT]
    rows = []
    for way in ways:
        more = np.mean(
            [
                _precision(one, weight, way, capacity, _true) - _precision(one, weight, count, capacity, _true)
                for one, weight in zip(boroughs, weights)
            ],
            axis=0,
        )
        dates = [date for one in boroughs for date in one.lists]
        recall = np.mean([date.under_the_radar[date.listed(way, capacity)].sum() / _true(date).sum() for date in dates])
        need = np.mean([date.in_need[date.listed(way, capacity)].mean() for date in dates])
        area = np.mean([area_under_curve(date.margins[way], date.under_the_radar.astype(float)) for date in dates])
        rows.append([way, "-" if way == count else _interval(more), f"{recall:.3f}", f"{need:.3f}", f"{area:.3f}"])
    heads = ["way of ranking", "more of the places right than by the count of needs", "recall at capacity"]
    return table([*heads, "in need, with or without help", "area under the curve"], rows)


def _by_group(boroughs: Sequence[Ranked], ways: Sequence[str]) -> str:
    weights = [_weights(one) for one in boroughs]
    dates = [(date, weight) for one, each in zip(boroughs, weights) for date, weight in zip(one.lists, each)]
    families = {
        name: sum(len(np.unique(date.cluster[(date.group == name) & _true(date)])) for date, _ in dates)
        for name in _GROUPS
    }
    rows = []
    for way in ways:
        cells = []
        for name in _GROUPS:
            own, others = (_rate(dates, way, name, inside) for inside in (True, False))
            cells.append(_interval(own / np.maximum(others, 1e-9)))
        rows.append([way, *cells])
    return table(["way of ranking", *(f"{name} ({families[name]} families and dates)" for name in _GROUPS)], rows)


def _rate(dates: Sequence[tuple[List, Floats]], way: str, name: str, inside: bool) -> Floats:
    """Of the truly under the radar in, or outside, a group the share that is listed; with replicates."""
    caught, total = np.zeros(REPLICATES + 1), np.zeros(REPLICATES + 1)
    for date, weight in dates:
        true = (date.under_the_radar & ((date.group == name) == inside)).astype(np.float64)
        caught += weight @ (true * date.listed(way, _LISTED))
        total += weight @ true
    return caught / np.maximum(total, 1e-9)


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
    parser.add_argument("--newest", action="store_true", help="Only the newest test date: a quarter of the time.")
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

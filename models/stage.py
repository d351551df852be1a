"""The models stage: for each target, who is asked about, how well each candidate ranks them, and the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from models.below_the_line import drawn_by_lot, with_drawn
from models.candidates import Candidate, SingleIndicator
from models.cases import Cases, Integers
from models.catalogue import CATALOGUE
from models.choice import Choice, decide, tried_out
from models.cohort import whole_from
from models.config import ModelsConfig
from models.evaluation import Setting, cannot_model, cohort_sizes, modelled
from models.faithfulness import faithfulness
from models.global_view import global_view
from models.handed_on import cohort_table, scores_table, target_document
from models.inputs import TABLES, Inputs, asked, open_inputs
from models.label_facts import judged_by, label_facts, left_out
from models.leaks import refuse_leaks
from models.membership import membership, not_eligible
from models.membership import summary as membership_summary
from models.persistence import model_files, model_hash
from models.reasons import reasons
from models.rehearsal import Rehearsal, calibrated_on_dates, rehearse_all, training_for
from models.roster import roster, single_indicator
from models.splits import CannotModel, Limits, Plan, plan
from models.stability import Bench, Stability, stability
from models.stability import summary as stability_summary
from models.tables import COHORT, REASONS, SCORES
from models.target import BASELINES, CandidateName, Target
from models.targets import TARGETS
from models.tracking import Tracker
from models.unlabelled.hidden import hidden
from models.yardstick import boosters
from store.errors import InputRejected
from store.keys import Purpose
from store.workspace import Stage, Workspace

_MEASURED = 7
"""Steps of measuring that are told of."""


@dataclass(frozen=True)
class _Result:
    """What was made of one target."""

    evaluation: dict[str, Any]
    cohort: pa.Table
    scores: pa.Table
    reasons: pa.Table
    files: dict[str, str]
    overview: dict[str, Any]


def run(work: Workspace) -> None:
    """Model every target of the configuration.

    A target that the data cannot support is reported as such and the others go on; when none can be modelled the
    stage raises InputRejected with the reason of each.
    """
    config = work.section(ModelsConfig)
    tracker = Tracker(config.mlruns)
    tracker.open()
    # One thread for linear algebra: the order of a sum must not depend on the machine.
    with threadpool_limits(limits=1, user_api="blas"), work.connect() as connection:
        inputs = open_inputs(work, connection, config.folds)
        results = {name: _target(work, inputs, TARGETS[name], config) for name in config.targets}
    unsupported = {n: r.evaluation["why"] for n, r in results.items() if r.evaluation["state"] == "cannot_model"}
    if len(unsupported) == len(results):
        raise InputRejected(
            "No target can be modelled. " + " ".join(f"{name}: {why}." for name, why in unsupported.items()),
            where="targets",
            fix="Map the extracts that the outcomes come from (features/coverage.json lists what is absent), give "
            "extracts that cover a longer time, or lower the capacity where the cohort is small.",
        )
    for name, result in results.items():
        _write(work, TARGETS[name], result)
    tracker.log(work, {name: (result.evaluation, result.files) for name, result in results.items()})


def _target(work: Workspace, inputs: Inputs, target: Target, config: ModelsConfig) -> _Result:
    setting = Setting(
        capacity=config.targets[target.name].capacity,
        folds=config.folds,
        bags=config.bags,
        replicates=config.bootstrap_replicates,
        seed=work.settings.seed,
        covers_to=work.council.covers_to,
    )
    found = asked(work, inputs, target)
    cases, closed, current = found.cases, found.closed, found.current
    try:
        limits = Limits(
            config.test_as_ofs, config.folds, setting.capacity, config.min_positives, config.min_positives // 2
        )
        whole = whole_from(target.cohort, work.council.covers_from)
        planned = plan(cases, target.outcome, closed, current, limits, inputs.as_ofs, whole)
        _check_current(cases, planned, setting.capacity)
        return _model(work, target, config, setting, cases, planned, closed)
    except CannotModel as reason:
        why = str(reason)
        evaluation = cannot_model(target, setting, cohort_sizes(cases, found.used, closed, None), why)
        return _Result(
            evaluation,
            cohort_table(cases, closed, None, current),
            SCORES.arrow_schema().empty_table(),
            REASONS.arrow_schema().empty_table(),
            {},
            {},
        )


def _model(
    work: Workspace,
    target: Target,
    config: ModelsConfig,
    setting: Setting,
    cases: Cases,
    planned: Plan,
    closed: Sequence[dt.date],
) -> _Result:
    refuse_leaks(cases, planned)
    threads = work.settings.threads
    lacking = left_out(cases, target, (*planned.tests, planned.current), config.folds, config.min_positives)
    candidates = [one for one in roster(target, config, cases) if one.name not in lacking]
    *tests, current = _rehearsed(work, target, config, cases, planned, candidates)
    steady = _steadied(work, target, config, setting, cases, tests, candidates)
    with work.task(f"Measuring the lists of {target.title.lower()}", _MEASURED) as task:
        exposed = membership(cases, tests[-1])
        task.advance()
        barred, unstable = not_eligible(exposed, config.membership_limit), steady.unstable(target.choice)
        single = single_indicator(target, cases)
        choice = _choice(cases, tests[-1], target, single, setting, threads, barred, lacking, unstable)
        task.advance()
        evaluation = modelled(target, setting, cases, planned, tests, current, choice, threads)
        task.advance()
        evaluation["cohorts"] = cohort_sizes(cases, sorted({*closed, planned.current.as_of}), closed, planned)
        evaluation["without_features"] = cases.without_features
        if target.unlabelled:
            evaluation["hidden"] = hidden(cases, planned, tests[-1], current, target, setting)
        evaluation["labels"] = label_facts(
            cases, target, tests, lacking, setting.capacity, setting.replicates, setting.seed
        )
        task.advance()
        evaluation["stability"] = stability_summary(
            steady, target.choice, tests[-1], setting.capacity, config.stability_refits
        )
        evaluation["membership"] = membership_summary(exposed, config.membership_limit, tests[-1].origin.as_of)
        evaluation["faithfulness"] = faithfulness(cases, current, setting.capacity, setting.replicates, setting.seed)
        task.advance()
        files = model_files(cases, current, choice.chosen.value, config.folds, setting.seed)
        evaluation["model"] = {"sha256": model_hash(files)}
        scores, listed = scores_table(cases, [*tests, current], choice, planned, closed, setting.capacity)
        task.advance()
        result = _Result(
            evaluation,
            cohort_table(cases, closed, planned, planned.current.as_of),
            scores,
            _reasons(work, target, config, cases, current, choice.chosen, listed),
            files,
            global_view(cases, current, choice.chosen),
        )
        task.advance()
    return result


def _reasons(
    work: Workspace,
    target: Target,
    config: ModelsConfig,
    cases: Cases,
    current: Rehearsal,
    chosen: CandidateName,
    listed: Integers,
) -> pa.Table:
    """Those of the listed cases and, where the council asks for it, of some drawn by lot from below the line."""
    key = work.keys(Purpose.SAMPLE).derive(Purpose.SAMPLE, context=f"{target.name}/{current.origin.as_of.isoformat()}")
    size = config.targets[target.name].sample_below_the_line
    drawn = drawn_by_lot(cases, current.rows, listed, size, key)
    told = reasons(cases, current, chosen, np.concatenate([listed, drawn]), target)
    return with_drawn(told, cases, drawn, len(current.rows) - len(listed))


def _rehearsed(
    work: Workspace,
    target: Target,
    config: ModelsConfig,
    cases: Cases,
    planned: Plan,
    candidates: Sequence[Candidate],
) -> list[Rehearsal]:
    """Of the tests, oldest first, and last of the current list."""
    fitted = [*((origin, candidates) for origin in planned.tests), (planned.current, _for_the_list(target, candidates))]
    steps = sum(len(_learnt(some)) for _, some in fitted) * config.folds
    with work.task(f"Training for {target.title.lower()}", steps) as task:
        found = rehearse_all(
            cases,
            fitted,
            folds=config.folds,
            seed=work.settings.seed,
            threads=work.settings.threads,
            advance=task.advance,
        )
    return [*found[:-1], calibrated_on_dates(cases, found[-1], found[:-1])]


def _steadied(
    work: Workspace,
    target: Target,
    config: ModelsConfig,
    setting: Setting,
    cases: Cases,
    tests: Sequence[Rehearsal],
    candidates: Sequence[Candidate],
) -> Stability:
    """How steady those are that may be chosen."""
    may_be_chosen = [one for one in candidates if one.name not in target.only_compared]
    times = config.stability_refits
    steps = len(_learnt(may_be_chosen)) * config.folds * times + boosters(config.folds) * (times + 1)
    bench = Bench.of(cases, setting, work.settings.threads)
    with work.task(f"Training again for {target.title.lower()}, on families drawn anew", steps) as task:
        return stability(bench, tests, may_be_chosen, times, task.advance)


def _choice(
    cases: Cases,
    newest: Rehearsal,
    target: Target,
    single: SingleIndicator,
    setting: Setting,
    threads: int,
    barred: Mapping[CandidateName, str],
    lacking: Mapping[CandidateName, str],
    unstable: Mapping[CandidateName, str],
) -> Choice:
    training = training_for(cases, newest.origin, folds=setting.folds, seed=setting.seed, threads=threads)
    tried = tried_out(cases, newest, training, single)
    found = judged_by(training, target, lacking)
    return decide(
        *(cases, newest, tried, target.choice, setting.capacity, setting.replicates, setting.seed),
        eligible=barred,
        found=found,
        unstable=unstable,
    )


def _learnt(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that tell of their progress, fold by fold."""
    return [one for one in candidates if one.name not in BASELINES]


def _for_the_list(target: Target, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Who is fitted for the current list: who may make it.

    The rest have been measured at every test date, and nobody would look at their list. But for the one by whose
    probabilities the number of the hidden is told too (`models.unlabelled.hidden`).
    """
    counted_by = {CandidateName.LOGISTIC} if target.unlabelled else set()
    return [one for one in candidates if one.name not in target.only_compared - counted_by]


def _check_current(cases: Cases, planned: Plan, capacity: int) -> None:
    size = len(cases.at(planned.current.as_of))
    if size <= capacity:
        raise CannotModel(f"the current cohort has {size} cases, no more than the panel's capacity of {capacity}")


def _write(work: Workspace, target: Target, result: _Result) -> None:
    folder = f"models/{target.name}"
    work.write(COHORT, result.cohort, target.name)
    work.write(SCORES, result.scores, target.name)
    work.write(REASONS, result.reasons, target.name)
    for path, content in sorted(result.files.items()):
        work.write_document(f"{folder}/model/{path}", content)
    work.write_document(f"{folder}/evaluation.json", result.evaluation)
    if result.overview:
        work.write_document(f"{folder}/global.json", result.overview)
    work.write_document(f"{folder}/target.json", target_document(target, result.evaluation))


STAGE = Stage(
    name="models",
    room="models",
    reads=TABLES,
    writes=(COHORT, SCORES, REASONS),
    sections=(ModelsConfig,),
    run=run,
    documents=(CATALOGUE,),
    purposes=(Purpose.SAMPLE,),
)

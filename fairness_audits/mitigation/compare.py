"""``compare``: every way of making a target's list fairer, tested on a run's own past cases."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from fairness_audits.mitigation.call_log import log_call
from fairness_audits.mitigation.cases import PastCases, past_cases
from fairness_audits.mitigation.comparison import Comparison, Point
from fairness_audits.mitigation.learning import Learner, learn
from fairness_audits.mitigation.making import AtDate
from fairness_audits.mitigation.measuring import AllTested, measure_lists
from fairness_audits.mitigation.straight import Straight
from fairness_audits.mitigation.ways import AS_IT_IS, Way, asked_lists, chosen_ways
from models.boosted import Boosted
from models.candidates import Candidate
from models.target import CandidateName
from store.errors import UsageError
from store.run_folder import RunFolder
from store.workspace import Progress, Task

_BASES: dict[str, tuple[str, Candidate]] = {
    CandidateName.LOGISTIC.value: ("Logistic regression", Straight()),
    CandidateName.BOOSTED.value: ("Boosted trees", Boosted(bags=3, rounds=60, learning_rate=0.1)),
}


def compare(
    run: RunFolder | Path | str,
    target: str,
    *,
    ways: Iterable[Way | str] | None = None,
    base: str = CandidateName.LOGISTIC.value,
    without_subjects: Iterable[str] = (),
    tests: int = 2,
    folds: int = 3,
    replicates: int = 1000,
    seed: int = 1,
    threads: int = 2,
    progress: Progress | None = None,
) -> Comparison:
    """What each way of making a list fairer gains and costs, on a run's own past cases.

    ``run`` is a run folder that is done as far as models, ``target`` one of its targets. ``ways`` are all by default.
    ``base`` is how models learn: ``logistic_regression`` or ``boosted_trees``. ``without_subjects`` are subjects of the
    feature catalogue (``attendance``) to do without, each one point more. The newest ``tests`` test dates of the run
    are used, each with models trained on earlier dates alone and in ``folds`` parts of the families, and lists are as
    long as the panel's capacity.

    It reads the run's ``protected`` folder, so it is for an account that may, and leaves a line in the run's
    ``fairness_audits/restricted/workbench_log.jsonl`` that says who compared what. What comes back holds figures of
    lists, protected for small numbers, and nothing of a case: no score, no place, no model. Of the current date nothing
    is opened. Nothing of it can be released: a run's models are trained by the models stage, which opens no ethnicity.

    Raises UsageError for no such run, target, way, base or subject, and for tables that the account may not read
    or a log that it may not write; InputRejected for a log that was changed.
    """
    chosen = chosen_ways(ways)
    if base not in _BASES:
        raise UsageError("There is no such base.", where="base", fix="Known: " + ", ".join(_BASES) + ".")
    folder = run if isinstance(run, RunFolder) else RunFolder(Path(run).expanduser().resolve())
    title, candidate = _BASES[base]
    past = past_cases(folder, target, tests, folds, seed)
    lists = asked_lists(chosen, _subjects(past, without_subjects))
    log_call(folder, target, [one.name for one in lists], [origin.as_of for origin in past.origins], base)
    learner = Learner(candidate, folds, seed, threads)
    on_list: dict[str, list[np.ndarray[tuple[int], np.dtype[np.bool_]]]] = {one.name: [] for one in lists}
    strongest: tuple[str, ...] = ()
    # One thread for linear algebra: the order of a sum must not depend on the machine.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        _task(progress, (len(lists) + 1) * len(past.origins)) as task,
    ):
        for origin in past.origins:
            at_date = AtDate(past, learn(past, learner, origin))
            _advance(task)
            for one in lists:
                on_list[one.name].append(at_date.on_list(one))
                _advance(task)
            strongest = at_date.strongest
    together = {name: np.concatenate(parts) for name, parts in on_list.items()}
    measured = measure_lists(_tested(past), together, AS_IT_IS.name, replicates, seed)
    labels = {feature.name: feature.label for feature in past.cases.features}
    return Comparison(
        title=past.target.title,
        unit=past.target.cohort.unit.value,
        base=title,
        chosen=past.chosen,
        capacity=past.capacity,
        as_ofs=tuple(origin.as_of for origin in past.origins),
        caveats=past.caveats,
        strongest=tuple(labels[name] for name in strongest[:_TOLD]),
        points=tuple(Point(one, measured[one.name]) for one in lists),
    )


_TOLD = 15


def _subjects(past: PastCases, asked: Iterable[str]) -> tuple[str, ...]:
    """The subjects asked for, each once. Raises UsageError for one that no feature is of."""
    wanted = tuple(dict.fromkeys([asked] if isinstance(asked, str) else asked))
    known = sorted({feature.subject for feature in past.cases.features})
    if not set(wanted) <= set(known):
        raise UsageError(
            "No feature of this target is of that subject.",
            where="without_subjects",
            fix="Known: " + ", ".join(known) + ".",
        )
    return wanted


def _tested(past: PastCases) -> AllTested:
    rows = past.tested
    return AllTested(past.cases.outcome(rows) > 0, past.group[rows], past.cases.group[rows])


def _task(progress: Progress | None, steps: int) -> AbstractContextManager[Task | None]:
    return progress.task("Comparing ways of making the list fairer", steps) if progress else nullcontext()


def _advance(task: Task | None) -> None:
    if task is not None:
        task.advance()

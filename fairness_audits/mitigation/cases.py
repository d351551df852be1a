"""A run's past cases for the workbench: features, outcomes as known by each test date, and broad ethnic groups.

Past cases alone: of the current date nothing is opened, so that nothing here says who would be on today's list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from fairness_audits.grouping import ethnic_groups
from fairness_audits.policy import Grouping
from features.reading import feature_rows
from features.tables import CHILD_FEATURES, FAMILY_FEATURES, MEMBERS, MILESTONES
from models.cases import Cases, Integers, load_cases
from models.catalogue import CATALOGUE, choose, read_catalogue
from models.cohort import build_cohort, open_tables
from models.documents import load_evaluation
from models.groups import family_groups
from models.splits import Origin
from models.target import Target, Unit
from models.targets import TARGETS
from residents.tables import PROTECTED
from store.council import RunSettings
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder, connect, own_scratch

_RERUN = "Say early-help run COUNCIL.toml --out RUN first."


@dataclass(frozen=True)
class PastCases:
    """What the workbench learns from and tests on."""

    target: Target
    cases: Cases
    group: np.ndarray[Any, np.dtype[np.object_]]
    """Broad ethnic group of each case."""
    origins: tuple[Origin, ...]
    """The newest test dates of the run, oldest first."""
    capacity: int
    chosen: str
    """The run's own way of ranking, by name."""
    caveats: tuple[str, ...]

    @property
    def tested(self) -> Integers:
        """The rows of all test dates, one date after the other."""
        return np.concatenate([self.cases.at(origin.as_of) for origin in self.origins])


def past_cases(run: RunFolder, name: str, tests: int, folds: int, seed: int) -> PastCases:
    """Read a target's past cases from a run that is done as far as models.

    Raises UsageError when it is not, when the target was not modelled, or when this account may not read the tables.
    """
    evaluation = load_evaluation(run.root, name)
    if evaluation["state"] != "modelled" or name not in TARGETS:
        raise UsageError(
            "This run has no model of that target.", where=name, fix=evaluation.get("why") or "Name another target."
        )
    target = TARGETS[name]
    origins = _origins(evaluation, tests)
    used = sorted({day for origin in origins for day in (*origin.learns_from, origin.as_of)})
    _check_readable(run, target)
    settings = RunSettings.model_validate({})
    with own_scratch(run, "mitigation") as spill, connect(settings, spill) as connection:
        cases = _cases(connection, run, target, used, folds, seed)
        group = _groups(connection, run, cases)
    return PastCases(
        target,
        cases,
        group,
        origins,
        int(evaluation["capacity"]),
        str(evaluation["choice"]["chosen"]),
        tuple(evaluation["label_caveats"]),
    )


def _origins(evaluation: Mapping[str, Any], tests: int) -> tuple[Origin, ...]:
    return tuple(
        Origin(dt.date.fromisoformat(split["as_of"]), tuple(map(dt.date.fromisoformat, split["learns_from"])))
        for split in evaluation["splits"][-tests:]
    )


def _check_readable(run: RunFolder, target: Target) -> None:
    unit = CHILD_FEATURES if target.cohort.unit is Unit.CHILD else FAMILY_FEATURES
    for table in (MEMBERS, MILESTONES, FAMILY_FEATURES, unit, PROTECTED):
        _readable(run.path(table))


def _readable(path: Path) -> None:
    try:
        with path.open("rb"):
            return
    except FileNotFoundError:
        raise UsageError("The run lacks a table that this needs.", where=path.name, fix=_RERUN) from None
    except OSError:
        raise UsageError(
            "This account may not read a table that this needs.",
            where=str(path),
            fix="The workbench compares by ethnicity: it is for those who may read the run's protected folder. "
            "Ask one of them to call it, and to hand on what it shows.",
        ) from None


def _cases(
    connection: duckdb.DuckDBPyConnection,
    run: RunFolder,
    target: Target,
    used: Sequence[dt.date],
    folds: int,
    seed: int,
) -> Cases:
    """As `models.inputs.asked`, without the current date."""
    open_tables(connection, run.path(MEMBERS), run.path(MILESTONES))
    groups = family_groups(connection, folds, seed)
    cohort = build_cohort(connection, target.cohort, target.outcome, used, f"{seed}|{target.name}")
    unit = target.cohort.unit
    features = choose(read_catalogue(read_json(run.root / CATALOGUE), unit), target.features)
    rows = feature_rows(connection, CHILD_FEATURES if unit is Unit.CHILD else FAMILY_FEATURES, run.path)
    return load_cases(connection, cohort, unit, features, rows, groups, target.cohort.known)


def _groups(
    connection: duckdb.DuckDBPyConnection, run: RunFolder, cases: Cases
) -> np.ndarray[Any, np.dtype[np.object_]]:
    keys = pa.table(
        {
            "unit_id": pa.array(cases.unit_id.tolist(), pa.string()),
            "family_id": pa.array(cases.family_id.tolist(), pa.string()),
            "as_of": pa.array(cases.as_of),
        }
    )
    found = ethnic_groups(connection, keys, run.path(MEMBERS), run.path(PROTECTED))
    return np.asarray(found[Grouping.BROAD.value], dtype=object)

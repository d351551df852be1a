"""Explaining one past case in a notebook, from the model files as they were kept and the pseudonymous features.

What a model says of the current cohort is sealed until the audit has passed and two people have signed, and this
module does not go round that: it refuses current cases (`fairness_audits.explaining` opens a released list's). A past
case, whose outcome is known, is in the analysis zone with its features already, and looking at such cases is how a
model is understood before anyone signs for it. No sealed table is read, no score or place is told.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from features.reading import feature_rows
from features.tables import CHILD_FEATURES, FAMILY_FEATURES
from models.cases import Cases, load_cases
from models.catalogue import CATALOGUE, Feature, read_catalogue
from models.documents import load_evaluation
from models.explanation import Explanation
from models.groups import FamilyGroups
from models.neighbours import Past
from models.persistence import LoadedModel, load_chosen
from models.reasons import reasons_table
from models.tables import COHORT
from models.target import Target, Unit
from models.targets import TARGETS
from models.themes import themes
from store.errors import InputRejected, UsageError, Withheld
from store.run_folder import RunFolder

Run = RunFolder | Path | str

_ENGINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
}
"""In memory alone: whoever may only read a run can explain its cases."""

_MOST = 4000
"""Cases of a date with which one is compared, the first by pseudonym, which says nothing of them."""

_DATES = "SELECT as_of, part FROM cohort WHERE unit_id = $unit ORDER BY as_of"

_COMPARED = """
    SELECT as_of, unit_id, family_id, family_group, fold, tie_place,
        CASE WHEN outcome THEN as_of END AS outcome_known_on
    FROM (
        SELECT *, row_number() OVER (PARTITION BY as_of ORDER BY unit_id, family_id) AS tie_place
        FROM cohort WHERE as_of IN ($as_of, $past)
    )
    WHERE tie_place <= $most OR (unit_id = $unit AND as_of = $as_of)
    ORDER BY as_of, unit_id, family_id
"""


def explain(run: Run, target: str, unit_id: str, as_of: dt.date | str | None = None) -> Explanation:
    """Why the run's model puts one past case where it does.

    ``run`` is a run folder done at least as far as models, ``unit_id`` the pseudonym of a family or child as in
    ``cohort.parquet``, and ``as_of`` one of its dates there; by default the newest whose outcome is known. The model
    is the one of the current list, and in it the part that learnt nothing of the case's families. The comparison is
    with up to 4,000 cases of the same date.

    Raises UsageError for no such run, target, case or date; Withheld for a case of the current date; InputRejected
    when a model file is not what was recorded.
    """
    opened = _Opened.of(run, target)
    with duckdb.connect(config=_ENGINE) as connection:
        connection.read_parquet(str(opened.run.path(COHORT, target)), hive_partitioning=False).create_view("cohort")
        day = _past_day(connection, unit_id, as_of, target)
        cases = opened.cases(connection, unit_id, day)
    row = np.flatnonzero((cases.unit_id == unit_id) & (cases.as_of == np.datetime64(day, "D")))
    table = reasons_table(
        cases,
        themes(cases),
        opened.model.candidates[opened.model.chosen],
        cases.at(day),
        row,
        _past(cases, opened.model, opened.newest),
        opened.target,
    )
    return Explanation.of_rows(opened.target.title, unit_id, day, table.to_pylist())


@dataclass(frozen=True)
class _Opened:
    """A run's target: its model as recorded, and the features that the model takes, in its order."""

    run: RunFolder
    target: Target
    model: LoadedModel
    features: tuple[Feature, ...]

    @classmethod
    def of(cls, run: Run, name: str) -> _Opened:
        folder = run if isinstance(run, RunFolder) else RunFolder(Path(run).expanduser().resolve())
        evaluation = load_evaluation(folder.root, name)
        if evaluation["state"] != "modelled" or name not in TARGETS:
            raise UsageError(
                "This run has no model of that target.", where=name, fix=evaluation.get("why") or "Name another target."
            )
        model = load_chosen(folder.root / "models" / name / "model", evaluation["model"]["sha256"])
        target = TARGETS[name]
        return cls(folder, target, model, _features(folder, target.cohort.unit, model))

    @property
    def newest(self) -> dt.date:
        """The newest as-of date that the model learnt from."""
        return dt.date.fromisoformat(self.model.document["learns_from"][-1])

    def cases(self, connection: duckdb.DuckDBPyConnection, unit_id: str, day: dt.date) -> Cases:
        """The case, with those of its date and of the newest date learnt from that it is compared with."""
        asked = {"unit": unit_id, "as_of": day, "past": self.newest, "most": _MOST}
        cohort: pa.Table = connection.sql(_COMPARED, params=asked).to_arrow_table()
        unit = self.target.cohort.unit
        table = CHILD_FEATURES if unit is Unit.CHILD else FAMILY_FEATURES
        rows = feature_rows(connection, table, self.run.path)
        dates = [duckdb.ConstantExpression(one) for one in sorted({day, self.newest})]
        rows = rows.filter(duckdb.ColumnExpression("as_of").isin(*dates))
        return load_cases(connection, cohort, unit, self.features, rows, _groups(cohort))


def _past_day(connection: duckdb.DuckDBPyConnection, unit_id: str, as_of: dt.date | str | None, target: str) -> dt.date:
    """The date to explain; raises UsageError for none, and Withheld for the current one."""
    part: dict[dt.date, str] = dict(connection.execute(_DATES, {"unit": unit_id}).fetchall())
    past = [day for day in part if part[day] != "current"]
    wanted = _date(as_of)
    if part and (part.get(wanted) == "current" if wanted else not past):
        raise Withheld(
            "What the model says of the current cases is sealed.",
            where=target,
            fix="Name a past as-of date. A released list's cases are explained by "
            "fairness_audits.explaining.explain_released, which asks the gate.",
        )
    if not part or (wanted and wanted not in part):
        raise UsageError(
            "The target's cohort has no such case.",
            where="unit_id" if not part else "as_of",
            fix="Ids and dates are those of models/<target>/cohort.parquet in the run's analysis zone."
            if not part
            else "This case's past dates: " + (", ".join(day.isoformat() for day in past) or "none") + ".",
        )
    return wanted or past[-1]


def _date(as_of: dt.date | str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        fix = "Give a date, or text such as '2025-03-31'."
        raise UsageError("The as-of date is not a date.", where="as_of", fix=fix) from None


def _features(run: RunFolder, unit: Unit, model: LoadedModel) -> tuple[Feature, ...]:
    document: Any = json.loads((run.root / CATALOGUE).read_text(encoding="utf-8"))
    known = {feature.name: feature for feature in read_catalogue(document, unit)}
    missing = [name for name in model.names if name not in known]
    if missing:
        raise InputRejected(
            "A feature that the model takes is not in the run's catalogue.",
            where=f"{CATALOGUE}: {missing[0]}",
            fix="Run the job again: the features are not those that the model learnt from.",
        )
    return tuple(known[name] for name in model.names)


def _groups(cohort: pa.Table) -> FamilyGroups:
    """Families' groups and the groups' folds, as the cohort has them."""
    numbers = cohort["family_group"].to_numpy()
    fold = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    fold[numbers] = cohort["fold"].to_numpy()
    return FamilyGroups(dict(zip(cohort["family_id"].to_pylist(), numbers.tolist())), fold)


def _past(cases: Cases, model: LoadedModel, newest: dt.date) -> Past:
    rows = cases.at(newest)
    return Past(newest, rows, cases.outcome(rows), model.margin(cases.values[rows], cases.fold[rows]))

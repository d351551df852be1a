"""What the models room hands on of one target: the cohort, the sealed scores, and the target's definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from models.cases import Cases, Integers
from models.choice import Choice
from models.rehearsal import Rehearsal, positions
from models.splits import Plan
from models.tables import COHORT, SCORES
from models.target import Target


def scores_table(
    cases: Cases,
    rehearsals: Sequence[Rehearsal],
    choice: Choice,
    planned: Plan,
    closed: Sequence[dt.date],
    capacity: int,
) -> tuple[pa.Table, Integers]:
    """The sealed scores of the chosen candidate, and the rows of the current list within capacity."""
    parts: list[pa.Table] = []
    for rehearsal in rehearsals:
        rows, performed = rehearsal.rows, rehearsal.performed[choice.chosen]
        place = positions(performed.margin, cases.tie_place[rows])
        order = np.argsort(place)
        part = planned.part(rehearsal.origin.as_of)
        parts.append(
            pa.table(
                {
                    **_keys(cases, rows[order]),
                    "part": [part] * len(rows),
                    "score": performed.predicted[order],
                    "position": place[order],
                    "flagged": place[order] <= capacity,
                    "outcome": _outcomes(cases, rows[order], rehearsal.origin.as_of in closed),
                }
            )
        )
    return pa.concat_tables(parts).cast(SCORES.arrow_schema()), rehearsals[-1].rows[place <= capacity]


def cohort_table(cases: Cases, closed: Sequence[dt.date], planned: Plan | None, current: dt.date) -> pa.Table:
    """Every as-of date that is trained on, tested on or current; without a plan, the closed ones as training."""
    parts: list[pa.Table] = []
    for as_of in sorted({*closed, current}):
        part = planned.part(as_of) if planned else ("current" if as_of == current else "train")
        if part is None:
            continue
        rows = cases.at(as_of)
        parts.append(
            pa.table(
                {
                    **_keys(cases, rows),
                    "part": pa.array([part] * len(rows), pa.string()),
                    "outcome": _outcomes(cases, rows, as_of in closed),
                    "family_group": pa.array(cases.group[rows]),
                    "fold": pa.array(cases.fold[rows]),
                }
            )
        )
    return pa.concat_tables(parts).select(COHORT.column_names).cast(COHORT.arrow_schema())


def _keys(cases: Cases, rows: Integers) -> dict[str, pa.Array]:
    return {
        "unit_id": pa.array(cases.unit_id[rows].tolist(), pa.string()),
        "family_id": pa.array(cases.family_id[rows].tolist(), pa.string()),
        "as_of": pa.array(cases.as_of[rows]),
    }


def _outcomes(cases: Cases, rows: Integers, closed: bool) -> pa.Array:
    if not closed:
        return pa.nulls(len(rows), pa.bool_())
    return pa.array(cases.outcome(rows) > 0)


def target_document(target: Target, evaluation: dict[str, Any]) -> dict[str, Any]:
    """The target's definition and state, for the rooms below."""
    conditions = [{"condition": type(c).__name__, **vars(c)} for c in target.cohort.conditions]
    return {
        "name": target.name,
        "title": target.title,
        "question": target.question,
        "state": evaluation["state"],
        "why": evaluation.get("why"),
        "capacity": evaluation["capacity"],
        "cohort": {
            "unit": target.cohort.unit.value,
            "ages": vars(target.cohort.ages),
            "conditions": conditions,
            "known": list(target.cohort.known),
        },
        "outcome": evaluation["outcome"],
        "features": {"levels": target.features.levels, "without": target.features.without},
        "label_caveats": list(target.label_caveats),
        "retirement": target.retirement,
        "chosen": evaluation["choice"]["chosen"] if evaluation["state"] == "modelled" else None,
        "no_better_than_chance": evaluation["state"] == "modelled" and evaluation["choice"]["no_better_than_chance"],
    }

"""Why a case is on the current list: what moved its log-odds most, for and against, in plain English."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from models.cases import Cases, Floats, Integers
from models.rehearsal import Performed
from models.tables import REASONS
from models.themes import Themes

EACH_WAY = 5
TOP = 3
_LEAST = 1e-6
_ENOUGH = 2000
"""Cases whose median contribution stands for the typical case's."""


def reasons(cases: Cases, current: Integers, performed: Performed, capacity_rows: Integers) -> pa.Table:
    """The strongest contributions of each listed case.

    ``current`` are the rows of the current cohort, whose medians are the comparison; ``capacity_rows`` those of
    them within capacity.
    """
    moved = contributions(cases, performed, current, capacity_rows)
    median = _medians(cases.values[current])
    usual = [bool(share > 0.5) for share in (~np.isnan(cases.values[current])).mean(axis=0)]
    rows: list[dict[str, Any]] = []
    for place in np.lexsort((cases.unit_id[capacity_rows], cases.as_of[capacity_rows])):
        case = int(capacity_rows[place])
        for position, column in enumerate(strongest(moved[place]), start=1):
            rows.append(_reason(cases, case, int(column), position, float(moved[place, column]), median, usual))
    return pa.Table.from_pylist(rows, schema=REASONS.arrow_schema())


def top(cases: Cases, themes: Themes, performed: Performed, rows: Integers) -> Integers:
    """The themes of each case's three strongest reasons for being on the list, strongest first.

    ``rows`` are cases of one as-of date, listed by ``performed``, and the result has shape (rows, 3): numbers of
    `models.themes.Themes`, or -1 where a case has fewer. This is what stability is measured on: equal themes are the
    same reason. What is not known of a case is no reason for it to be listed.
    """
    current = cases.during(cases.as_of[rows[:1]].astype(object).tolist())
    moved = contributions(cases, performed, current, rows)
    totals = themes.totals(np.where(np.isnan(cases.values[rows]), 0.0, moved))
    order = np.argsort(-totals, axis=1, kind="stable")[:, :TOP]
    found = np.full((len(rows), TOP), -1, dtype=np.int64)
    found[:, : order.shape[1]] = np.where(np.take_along_axis(totals, order, axis=1) >= _LEAST, order, -1)
    return found


def contributions(cases: Cases, performed: Performed, current: Integers, rows: Integers) -> Floats:
    """Shape (rows, features): how far each feature moved each case up the list against the typical case of the date.

    Each case's are by the model that left its families out, less the median contribution of the feature among the
    cases of the date: what nearly everyone shares is no reason. So above 0 always means further up the list than
    typical. In log-odds of the calibrated probability, to which they add up but for what is the same for every case
    of a fold; in the candidate's own margin where calibration found no slope.
    """
    moved = np.zeros((len(rows), len(cases.features)))
    for fold, one in enumerate(performed.fitted):
        inside = np.flatnonzero(cases.fold[rows] == fold)
        if len(inside):
            typical = np.median(one.contributions(cases.values[_sample(cases, current, fold)]), axis=0)
            moved[inside] = one.contributions(cases.values[rows[inside]]) - typical
    return np.round(moved * (performed.platt.slope or 1.0), 6)


def _sample(cases: Cases, current: Integers, fold: int) -> Integers:
    """Cases of a fold's own families, enough of them for a median, first in the settled random order."""
    inside = current[cases.fold[current] == fold]
    return np.asarray(inside[np.argsort(cases.tie_place[inside], kind="stable")[:_ENOUGH]], dtype=np.int64)


def strongest(moved: Floats) -> Integers:
    """The columns of up to five contributions for and five against, the strongest first, ties by column."""
    order = np.argsort(-np.abs(moved), kind="stable")
    order = order[np.abs(moved[order]) >= _LEAST]
    chosen = np.concatenate([order[moved[order] > 0][:EACH_WAY], order[moved[order] < 0][:EACH_WAY]])
    return np.asarray(chosen[np.argsort(-np.abs(moved[chosen]), kind="stable")], dtype=np.int64)


def _reason(
    cases: Cases,
    case: int,
    column: int,
    position: int,
    contribution: float,
    median: list[float | None],
    usual: list[bool],
) -> dict[str, Any]:
    feature = cases.features[column]
    value = _known(float(cases.values[case, column]))
    return {
        "unit_id": cases.unit_id[case],
        "family_id": cases.family_id[case],
        "as_of": cases.as_of[case].item(),
        "position": position,
        "feature": feature.name,
        "subject": feature.subject,
        "contribution": contribution,
        "value": value,
        "median": median[column],
        "sentence": feature.say(value, median[column], usual=usual[column]),
    }


def _medians(values: Floats) -> list[float | None]:
    known = ~np.isnan(values)
    return [
        _known(float(np.median(values[known[:, j], j]))) if known[:, j].any() else None for j in range(len(known.T))
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)

"""What a model goes by on the whole: importance, dependence, direction and interactions of its features.

All of it is counted in log-odds, over up to 2,000 cases of the current date, each judged by the model that left its
families out. Nothing is told of fewer than ten cases together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.candidates import Fitted
from models.cases import Cases, Floats, Integers
from models.contributions import raw, sample
from models.interactions import interactions
from models.not_known import by_subject
from models.rehearsal import Rehearsal
from models.target import CandidateName
from store.small_numbers import THRESHOLD, Hidden, rounded, shown_count

_IN_ALL = 2000
_BINS = 8
_STEPS = 6
_MOVED_BY_HAND = 100
"""Cases that are moved along each feature."""
_SHOWN = 40
"""Features, the most important ones, whose direction is tried."""
_NOUGHT = 1e-9
_TOO_FEW = "The current date has fewer than ten cases."


@dataclass(frozen=True)
class _Seen:
    """The cases looked at, and what each feature contributed to each, in log-odds from the model's mean."""

    cases: Cases
    fitted: Sequence[Fitted]
    rows: Integers
    contributed: Floats
    scale: float

    @property
    def fold(self) -> Integers:
        return np.asarray(self.cases.fold[self.rows], dtype=np.int64)


def global_view(cases: Cases, rehearsal: Rehearsal, name: CandidateName) -> dict[str, Any]:
    """The document ``models/<target>/global.json``.

    ``importance`` is the mean size of a contribution, of a subject's that of the sum of its features'; ``low`` and
    ``high`` are the least and the most of the folds' models. ``dependence`` has the mean contribution by value, the
    ends left open, cells joined until they hold ten cases. ``direction`` moves cases along the feature: ``found`` is
    where the score went, and ``against`` the share of the steps that went against what is ``expected``.
    """
    performed = rehearsal.performed[name]
    folds = len(performed.fitted)
    rows = sample(cases, rehearsal.rows, _IN_ALL)
    if len(rows) < THRESHOLD:
        return {"candidate": name.value, "why": _TOO_FEW}
    scale = performed.platt.slope or 1.0
    seen = _Seen(cases, performed.fitted, rows, raw(cases, performed.fitted, rows) * scale, scale)
    subjects = by_subject(cases)
    sums = np.column_stack([seen.contributed[:, places].sum(axis=1) for places in subjects.values()])
    of_subject = _importance(sums, seen.fold, folds)
    of_feature = _importance(seen.contributed, seen.fold, folds)
    order = np.argsort([-one["value"] for one in of_feature], kind="stable")
    used = [int(place) for place in order if of_feature[place]["value"] > 0]
    directions = _directions(seen, used[:_SHOWN])
    ranked = sorted(zip(subjects, of_subject), key=lambda pair: -pair[1]["value"])
    return {
        "candidate": name.value,
        "cases": rounded(len(rows)),
        "subjects": [{"subject": subject, "importance": one} for subject, one in ranked],
        "features": [
            {
                "feature": cases.features[place].name,
                "label": cases.features[place].label,
                "subject": cases.features[place].subject,
                "importance": of_feature[place],
                **directions.get(place, {}),
                **_dependence(cases.values[rows, place], seen.contributed[:, place]),
            }
            for place in used
        ],
        "unused": len(cases.features) - len(used),
        "interactions": interactions(cases, performed.fitted, rows, {s: subjects[s] for s, _ in ranked}, scale),
    }


def _importance(contributed: Floats, fold: Integers, folds: int) -> list[dict[str, float]]:
    """Mean size of each column, with the least and the most of any fold that has ten cases."""
    size = np.abs(contributed)
    by_fold = [size[fold == one].mean(axis=0) for one in range(folds) if (fold == one).sum() >= THRESHOLD]
    each = np.array(by_fold) if by_fold else size.mean(axis=0)[None, :]
    columns = zip(size.mean(axis=0), each.min(axis=0), each.max(axis=0))
    return [{"value": _six(mean), "low": _six(low), "high": _six(high)} for mean, low, high in columns]


def _dependence(values: Floats, contributed: Floats) -> dict[str, Any]:
    """The mean contribution by value; each cell holds ten cases or more, or is not told."""
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    ordered, moved = values[known][order], contributed[known][order]
    cells = []
    for start, end in _cells(ordered):
        only = ordered[start] == ordered[end - 1]
        cells.append(
            {
                "from": _six(ordered[start]) if only or start else None,
                "to": _six(ordered[end - 1]) if only or end < len(ordered) else None,
                "cases": rounded(end - start),
                "contribution": _six(moved[start:end].mean()),
            }
        )
    count = shown_count(int((~known).sum()))
    blank = None if isinstance(count, Hidden) or not count else _six(contributed[~known].mean())
    return {"dependence": cells, "unknown": {"cases": count, "contribution": blank}}


def _cells(ordered: Floats) -> list[tuple[int, int]]:
    """Runs of sorted values, equal ones together, of about an eighth and at least ten each."""
    need = max(THRESHOLD, -(-len(ordered) // _BINS))
    ends = [*np.flatnonzero(np.diff(ordered) > 0) + 1, len(ordered)]
    found: list[tuple[int, int]] = []
    start = 0
    for end in map(int, ends):
        if end - start >= need and (end == len(ordered) or len(ordered) - end >= THRESHOLD):
            found.append((start, end))
            start = end
    if start < len(ordered) and found:
        found[-1] = (found[-1][0], len(ordered))
    elif len(ordered) >= THRESHOLD and not found:
        found = [(0, len(ordered))]
    return found


def _directions(seen: _Seen, places: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Where the score goes as each of these features alone goes up, step by step, the rest staying what it is."""
    found: dict[int, dict[str, Any]] = {}
    moved = sample(seen.cases, seen.rows, _MOVED_BY_HAND)
    for place in places:
        column = seen.cases.values[seen.rows, place]
        grid = _grid(column[~np.isnan(column)])
        steps = np.diff(_along(seen, moved, place, grid), axis=1)
        up, down = ((float(way.mean()) if way.size else 0.0) for way in (steps > _NOUGHT, steps < -_NOUGHT))
        expected = seen.cases.features[place].direction
        went = "both" if up and down else "up" if up else "down" if down else "flat"
        against = {1: down, -1: up}.get(expected)
        found[place] = {
            "direction": {
                "expected": {1: "up", -1: "down"}.get(expected),
                "found": went,
                "against": None if against is None else _six(against),
            }
        }
    return found


def _grid(known: Floats) -> Floats:
    """Up to six values to move along, from within the middle nine tenths, so that none is one person's own extreme."""
    if len(known) < THRESHOLD:
        return np.empty(0)
    grid = np.unique(np.quantile(known, np.linspace(0.05, 0.95, _STEPS), method="inverted_cdf"))
    # A thing that hardly anybody has: as nearly everybody, and as at least ten have it.
    return grid if len(grid) > 1 else np.unique([grid[0], np.sort(known)[-THRESHOLD]])


def _along(seen: _Seen, rows: Integers, place: int, grid: Floats) -> Floats:
    """Shape (cases, grid): each case's log-odds with the feature at each value of the grid."""
    values = np.repeat(seen.cases.values[rows], len(grid), axis=0)
    values[:, place] = np.tile(grid, len(rows))
    fold = np.repeat(seen.cases.fold[rows], len(grid))
    margin = np.zeros(len(values))
    for number in np.unique(fold).tolist():
        inside = np.flatnonzero(fold == number)
        margin[inside] = seen.fitted[number].margin(values[inside])
    return margin.reshape(len(rows), len(grid)) * seen.scale


def _six(value: float) -> float:
    return round(float(value), 6) + 0.0

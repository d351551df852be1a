"""Tables of lists against the truth: how much of each is right, and whom it passes by at equal need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.linkage.pages import table
from models.cases import Flags, Floats
from models.metrics import area_under_curve, family_weights
from models.rehearsal import positions
from models.target import CandidateName

REPLICATES = 500
LISTED = 200
"""Places of a longer list, by which rates of groups are told: at the panel's capacity they rest on too few."""
_GROUPS = ("White", "Mixed", "Asian", "Black", "Other")
NO_ABSENCE = "need found: logistic, without contact history and attendance"
FEWER_SIGNS = "need found: weighted needs, no sign of attendance"
TAUGHT = "taught the truth itself: the most that these features tell"
SHOWN = {
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
    """By the stage as it stands, where that was run; else by the rule, stability and membership apart."""


What = Callable[[List], npt.NDArray[Any]]
"""Of each case of a list whether it counts as right."""


def told(boroughs: Sequence[Ranked]) -> str:
    """Tables as Markdown."""
    ways = [way for way in (*SHOWN.values(), FEWER_SIGNS, NO_ABSENCE, TAUGHT) if way in boroughs[0].lists[0].margins]
    capacity = boroughs[0].capacity
    parts = [
        "True is a family in significant need with whom nobody works. Lists are those of the test dates, by models "
        "that never saw a case's family; 95% intervals are from a bootstrap of families.\n",
        _facts(boroughs),
    ]
    for words, what, places in (
        (f"Share of the {capacity} places that are truly under the radar", _true, capacity),
        (f"Share of {LISTED} places that are truly under the radar", _true, LISTED),
        (f"Share of the {capacity} places that were stepped up within 12 months", _stepped, capacity),
        (f"Share of the {capacity} places in whom somebody who looked found need", _found, capacity),
    ):
        parts.append(f"**{words}**\n\n{_by_borough(boroughs, ways, places, what)}")
    parts.append(f"**Over all boroughs**\n\n{_overall(boroughs, ways, capacity)}")
    parts.append(
        f"**Of the truly under the radar, the share on a list of {LISTED} in each ethnic group over that in the "
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
                SHOWN[one.chosen],
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
    count = SHOWN[CandidateName.NEEDS_COUNT]
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
        caught += weight @ (true * date.listed(way, LISTED))
        total += weight @ true
    return caught / np.maximum(total, 1e-9)

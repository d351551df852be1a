"""The tables of hidden young carers against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.linkage.pages import table
from models.cases import Flags, Floats, Integers
from models.metrics import area_under_curve, family_weights
from models.rehearsal import positions

REPLICATES = 500
_LISTED = 0.02
"""Of the cohort: a second capacity, the same share of every borough."""
_GROUPS = ("White", "Black", "Asian", "Mixed", "Other")

Rate = Callable[[Floats, Floats, Floats], Floats]
"""From weights (replicates, cases), who is listed and who cares, the rate in each replicate."""


@dataclass(frozen=True)
class Ranked:
    """One borough's lists by each way of ranking, with who truly cares: a figure for each case and date."""

    name: str
    capacity: int
    date: Integers
    """Number of the date, the newest last."""
    margins: dict[str, Floats]
    cares: Flags
    group: np.ndarray[Any, Any]
    cluster: Integers
    tie_place: Integers
    document: dict[str, Any]
    """``hidden`` of the evaluation, with weights off and on."""
    found: float

    def listed(self, way: str, capacity: int) -> Flags:
        """Who is on the list of their date."""
        listed = np.zeros(len(self.date), dtype=np.bool_)
        for one in np.unique(self.date):
            here = np.flatnonzero(self.date == one)
            listed[here] = positions(self.margins[way][here], self.tie_place[here]) <= capacity
        return listed

    @property
    def newest(self) -> Flags:
        return np.asarray(self.date == self.date.max(), dtype=np.bool_)


def told(boroughs: Sequence[Ranked]) -> str:
    """Tables as Markdown."""
    ways = list(boroughs[0].margins)
    parts = [
        "Lists of each test date and the newest, taken together; true are children who care and whom nobody has "
        "identified. 95% intervals are from a bootstrap of families.\n",
        _facts(boroughs),
    ]
    for title, places in (
        ("the panel's capacity", lambda one: one.capacity),
        (f"{_LISTED:.0%} of the cohort", lambda one: int(_LISTED * one.newest.sum())),
        ("50 places", lambda one: 50),
    ):
        parts.append(f"**Precision at {title}: share of the list who truly care**\n")
        parts.append(_by_borough(boroughs, ways, places, _precision))
    parts += ["**Recall at the panel's capacity: share of hidden carers on the list**\n"]
    parts += [_by_borough(boroughs, ways, lambda one: one.capacity, _recall)]
    parts += ["**Area under the curve against true caring**\n", _areas(boroughs, ways)]
    parts += ["**Recall at the panel's capacity by ethnic group, all boroughs together**\n", _by_group(boroughs, ways)]
    parts += ["**How many are hidden**\n", _numbers(boroughs)]
    return "\n".join(parts)


def _facts(boroughs: Sequence[Ranked]) -> str:
    heads = [
        "borough",
        "children asked about",
        "true hidden carers",
        "known carers",
        "identified to learn from",
        "places",
    ]
    rows = [
        [
            one.name,
            f"{one.newest.sum():,}",
            str(int(one.cares[one.newest].sum())),
            str(one.document["off"]["known"]),
            str(one.document["off"]["learnt_from"]["children_identified"]),
            str(one.capacity),
        ]
        for one in boroughs
    ]
    return table(heads, rows)


def _precision(weights: Floats, listed: Floats, cares: Floats) -> Floats:
    return np.asarray((weights @ (listed * cares)) / np.maximum(weights @ listed, 1e-9), dtype=np.float64)


def _recall(weights: Floats, listed: Floats, cares: Floats) -> Floats:
    return np.asarray((weights @ (listed * cares)) / np.maximum(weights @ cares, 1e-9), dtype=np.float64)


def _weights(one: Ranked) -> Floats:
    """Shape (replicates + 1, cases): the estimate, then each draw of families."""
    clusters, cluster = np.unique(one.cluster, return_inverse=True)
    drawn = family_weights(len(clusters), REPLICATES, 1)[:, cluster].astype(np.float64)
    return np.vstack([np.ones((1, len(cluster))), drawn])


def _interval(rates: Floats) -> str:
    low, high = np.percentile(rates[1:], [2.5, 97.5])
    return f"{rates[0]:.3f} ({low:.3f} to {high:.3f})"


def _by_borough(boroughs: Sequence[Ranked], ways: Sequence[str], places: Callable[[Ranked], int], rate: Rate) -> str:
    weights = [_weights(one) for one in boroughs]
    rows = []
    for way in ways:
        rates = [
            rate(weight, one.listed(way, places(one)).astype(float), one.cares.astype(float))
            for weight, one in zip(weights, boroughs)
        ]
        rows.append([way, *(_interval(each) for each in rates), f"{np.mean([each[0] for each in rates]):.3f}"])
    return table(["way of ranking", *(one.name for one in boroughs), "mean"], rows)


def _areas(boroughs: Sequence[Ranked], ways: Sequence[str]) -> str:
    rows = []
    for way in ways:
        areas = [_area(one, one.margins[way]) for one in boroughs]
        rows.append([way, *(f"{area:.3f}" for area in areas), f"{np.mean(areas):.3f}"])
    return table(["way of ranking", *(one.name for one in boroughs), "mean"], rows)


def _area(one: Ranked, margin: Floats) -> float:
    """The mean of the dates'."""
    dates = [one.date == date for date in np.unique(one.date)]
    return float(np.mean([area_under_curve(margin[here], one.cares[here].astype(float)) for here in dates]))


def _by_group(boroughs: Sequence[Ranked], ways: Sequence[str]) -> str:
    groups = [
        name for name in ("White", "Black", "Asian", "Mixed", "Other") if any((b.group == name).any() for b in boroughs)
    ]
    weights = [_weights(one) for one in boroughs]
    carers = {
        name: sum(int((one.cares & one.newest & (one.group == name)).sum()) for one in boroughs) for name in groups
    }
    rows = []
    for way in ways:
        cells = []
        for name in groups:
            caught, all_of = np.zeros(REPLICATES + 1), np.zeros(REPLICATES + 1)
            for weight, one in zip(weights, boroughs):
                true = (one.cares & (one.group == name)).astype(float)
                caught += weight @ (true * one.listed(way, one.capacity))
                all_of += weight @ true
            cells.append(_interval(caught / np.maximum(all_of, 1e-9)))
        rows.append([way, *cells])
    return table(["way of ranking", *(f"{name} ({carers[name]} carers)" for name in groups)], rows)


def _numbers(boroughs: Sequence[Ranked]) -> str:
    heads = [
        "borough",
        "true",
        "estimate",
        "95% interval",
        "covers",
        "by the published share alone",
        "Elkan-Noto",
        "ethnicity on",
    ]
    rows = []
    for one in boroughs:
        true, off, on = int(one.cares[one.newest].sum()), one.document["off"], one.document["on"]
        number, alone = off["hidden"], off["by_the_published_share_alone"]
        rows.append(
            [
                one.name,
                str(true),
                f"{number['value']:.0f}",
                f"{number['low']:.0f} to {number['high']:.0f}",
                "yes" if number["low"] <= true <= number["high"] else "no",
                f"{alone['value']:.0f} ({alone['low']:.0f} to {alone['high']:.0f})",
                f"{off['elkan_noto']['hidden']:.0f}",
                f"{on['hidden']['value']:.0f} ({on['hidden']['low']:.0f} to {on['hidden']['high']:.0f})",
            ]
        )
    return table(heads, rows)

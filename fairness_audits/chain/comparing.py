"""A step of the chain compared between groups: rates, ratios at equal standing, and what may be said of them.

Each known group is compared with all others whose ethnicity is known. 'Unknown' is not part of anybody's rest, because
whoever is unknown to the systems that ask is unlike everybody else; it is compared with all who are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairness_audits.chain.standardised import Standardised, standardised
from fairness_audits.clusters import group_totals
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ethnicity import BROAD_GROUPS, DETAILED_GROUPS, UNKNOWN, broad_group
from fairness_audits.intervals import ratio_of_rates
from fairness_audits.policy import Grouping
from store.intervals import wilson, z_of

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST_EXPECTED = 10.0
"""Events (and as many non-events) that either side of a comparison needs, or would need at the other's rate."""
ALIKE = 1.25
"""Shown to lie within this ratio and its inverse, a group is said to be about as the rest."""

_KNOWN = "known"

GROUPS: dict[Grouping, tuple[str, ...]] = {Grouping.BROAD: BROAD_GROUPS, Grouping.DETAILED: DETAILED_GROUPS}


class Reading(StrEnum):
    """What may be said of a group beside the rest. The interval decides, made wider for how many groups are read."""

    HIGHER = "higher"
    LOWER = "lower"
    ALIKE = "alike"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Rows:
    """The cases of a step; all arrays have the same length."""

    happened: Flags
    detailed: NDArray[Any]
    """Each case's detailed ethnic group."""
    family: Codes
    """By which cases are clustered."""
    stratum: Codes | None = None
    """What is held equal; nothing without it."""

    def __len__(self) -> int:
        return len(self.happened)

    def of(self, inside: Flags) -> Rows:
        """Some of the cases."""
        stratum = None if self.stratum is None else self.stratum[inside]
        return Rows(self.happened[inside], self.detailed[inside], self.family[inside], stratum)


@dataclass(frozen=True)
class Range:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """One group at one step."""

    group: str
    n: int
    events: int
    effective: float
    """Cases, after allowing for families that recur."""
    rate: Range
    rest_n: int
    rest_events: int
    ratio: Range | None
    """Of the group's rate to the rest's, at equal standing where the step has strata; None where there is none."""
    expected: float | None
    """The group's events, had it been as the rest at equal standing."""
    reading: Reading
    wide: float
    """How many standard errors the interval of the reading reaches, for as many groups as are read."""

    @property
    def rest_rate(self) -> float | None:
        return self.rest_events / self.rest_n if self.rest_n else None


def compare(rows: Rows) -> dict[Grouping, tuple[Compared, ...]]:
    """Every group with a case, by broad and by detailed group, in the settled order of groups."""
    code, codes = pd.factorize(rows.detailed)
    named = {Grouping.BROAD: [broad_group(one) for one in codes], Grouping.DETAILED: list(codes)}
    return {grouping: _grouping(rows, code, named[grouping], order) for grouping, order in GROUPS.items()}


def _grouping(rows: Rows, code: Codes, names: Sequence[str], order: Sequence[str]) -> tuple[Compared, ...]:
    """``names`` are the groups of the codes."""
    groups = [name for name in order if name in set(names)]
    among = [name for name in groups if name != UNKNOWN]
    found: dict[str, Compared] = {}
    if among:
        number = _numbered(code, names, among)
        known = number >= 0
        found = _compared(rows, number, among) if known.all() else _compared(rows.of(known), number[known], among)
    if UNKNOWN in groups:
        either = [UNKNOWN if name == UNKNOWN else _KNOWN for name in names]
        two = [UNKNOWN, *([_KNOWN] if among else [])]
        found |= _compared(rows, _numbered(code, either, two), two)
    return tuple(found[name] for name in groups)


def _numbered(code: Codes, names: Sequence[str], groups: Sequence[str]) -> Codes:
    """Each case's place among the groups; -1 for one that is in none of them."""
    place = {name: number for number, name in enumerate(groups)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)[code]


def _compared(rows: Rows, number: Codes, groups: Sequence[str]) -> dict[str, Compared]:
    totals = group_totals(rows.happened.astype(np.float64), number, rows.family, len(groups))
    return {name: _one(rows, number == one, name, totals, one, len(groups)) for one, name in enumerate(groups)}


def _one(rows: Rows, mine: Flags, name: str, totals: Any, number: int, compared: int) -> Compared:
    n, events = int(totals.rows[number]), int(totals.total[number])
    rest_n, rest_events = int(totals.rest_rows[number]), int(totals.rest_total[number])
    effective = (n / totals.design_effect[number], rest_n / totals.rest_design_effect[number])
    z, wide = z_of(REPORTED_CONFIDENCE), float(z_of(1 - (1 - REPORTED_CONFIDENCE) / compared))
    low, high = wilson(events / n * effective[0], effective[0], z)
    at_equal = None if rows.stratum is None else standardised(rows.happened, mine, rows.stratum, rows.family)
    ratio, reach = (_ratio(events, n, rest_events, rest_n, effective, at_equal, one) for one in (z, wide))
    expected = _expected(events, n, rest_events, rest_n, at_equal)
    enough = _enough(events, n, rest_events, rest_n, expected)
    return Compared(
        name,
        n,
        events,
        float(effective[0]),
        Range(events / n, float(low), float(high)),
        rest_n,
        rest_events,
        ratio,
        expected,
        reading(reach) if enough else Reading.CANNOT_TELL,
        wide,
    )


def _ratio(
    events: int,
    n: int,
    rest_events: int,
    rest_n: int,
    effective: tuple[float, float],
    at_equal: Standardised | None,
    z: float,
) -> Range | None:
    """The ratio with an interval of ``z`` standard errors: standardised, or of the rates as they are."""
    if at_equal is not None:
        ends = at_equal.interval(z)
        return None if ends is None or at_equal.ratio is None else Range(at_equal.ratio, *ends)
    if not rest_n or not rest_events:
        return None
    rate, rest = events / n, rest_events / rest_n
    low, high = ratio_of_rates(rate * effective[0], effective[0], rest * effective[1], effective[1], z)
    return Range(rate / rest, float(low), float(high))


def _expected(events: int, n: int, rest_events: int, rest_n: int, at_equal: Standardised | None) -> float | None:
    if at_equal is not None:
        return at_equal.expected
    return n * rest_events / rest_n if rest_n else None


def _enough(events: int, n: int, rest_events: int, rest_n: int, expected: float | None) -> bool:
    """Whether each side has, or would have at the other's rate, enough cases with the event and without it.

    Where all of a small group have it, say, its cases do not vary, and the interval would be too narrow.
    """
    if expected is None or not rest_n:
        return False
    rest_expected = events / n * rest_n
    return all(
        max(had, would) >= LEAST_EXPECTED
        for had, would in (
            (events, expected),
            (n - events, n - expected),
            (rest_events, rest_expected),
            (rest_n - rest_events, rest_n - rest_expected),
        )
    )


def reading(ratio: Range | None) -> Reading:
    """Higher or lower where the interval leaves 1 out, alike where it is close about 1."""
    if ratio is None:
        return Reading.CANNOT_TELL
    if ratio.low > 1:
        return Reading.HIGHER
    if ratio.high < 1:
        return Reading.LOWER
    return Reading.ALIKE if ratio.low >= 1 / ALIKE and ratio.high <= ALIKE else Reading.CANNOT_TELL

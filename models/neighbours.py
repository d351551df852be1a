"""What became of the past cases most like a listed one, told in aggregate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from features.wording import period
from models.cases import Cases, Floats, Integers
from models.contributions import Explains, Moved, raw
from models.rehearsal import Rehearsal
from models.target import CandidateName, Unit
from models.themes import Themes
from store.intervals import wilson, z_of
from store.small_numbers import THRESHOLD, Hidden, protect_parts

MOST = 100
LEAST = 2 * THRESHOLD
"""Of fewer past families nothing is told."""
ONE_IN = 4
"""At most one family in so many of those there are: more would not be the most alike."""

_NEAR = 500
_PLURAL = {Unit.FAMILY: "families", Unit.CHILD: "children"}


@dataclass(frozen=True)
class Past:
    """The cases of the newest as-of date whose outcomes had closed, as known then."""

    as_of: dt.date
    rows: Integers
    outcome: Floats
    margin: Floats
    """By the model that left the case's families out."""


@dataclass(frozen=True)
class Alike:
    """How many of the past cases most like one had the outcome; protected as every published count is."""

    as_of: dt.date
    cases: int
    """Each of another group of families."""
    with_outcome: int | Hidden
    few_without: bool
    """Whether the number is hidden because all or nearly all had the outcome."""
    share: float | None
    low: float | None
    high: float | None
    """The share, rounded, and its 95% interval (Wilson); None where it may not be told."""

    def say(self, unit: Unit, horizon_days: int) -> str:
        """The count in a sentence."""
        day = f"{self.as_of.day} {self.as_of:%B %Y}"
        found = f"{self._count()} had the outcome that this model learnt from within {period(horizon_days)}"
        return f"Of the {self.cases} {_PLURAL[unit]} whose records of {day} are most like these, {found}."

    def _count(self) -> str:
        if self.share is None or self.low is None or self.high is None:
            edge = self.cases - THRESHOLD
            return f"more than {edge}" if self.few_without else f"fewer than {THRESHOLD}"
        low, high = round(self.low * self.cases), round(self.high * self.cases)
        said = f"about {self.with_outcome}" if self.with_outcome else "none"
        return f"{said} (allowing for chance: {low} to {high})"


def past_of(cases: Cases, rehearsal: Rehearsal, name: CandidateName) -> Past:
    """The newest date that an origin learnt from, with outcomes as known at the origin."""
    newest = rehearsal.origin.learns_from[-1]
    there = cases.as_of[rehearsal.training_rows] == np.datetime64(newest, "D")
    return Past(
        newest,
        rehearsal.training_rows[there],
        rehearsal.training_outcome[there],
        rehearsal.performed[name].held_out[there],
    )


def alike(cases: Cases, told: Themes, explains: Explains, past: Past, listed: Moved) -> list[Alike | None]:
    """For each of the listed rows what became of the past cases most like it; None where there are too few.

    Alike is near in contributions, in log-odds, added up by theme (Euclidean distance). Each past case is judged by a
    model that had not seen it, so that its outcome has no part in its place. It is looked for among the 500 nearest in
    margin, one case of each group of families, none of the case's own.
    """
    number = min(MOST, len(np.unique(cases.group[past.rows])) // ONE_IN)
    rows = listed.rows
    if number < LEAST or not len(rows):
        return [None] * len(rows)
    scale = explains.platt.slope or 1.0
    base = np.array([one.base for one in explains.fitted])[cases.fold[rows]]
    margin = listed.raw.sum(axis=1) / scale + base
    near = [np.argsort(np.round(np.abs(past.margin - one), 6), kind="stable")[:_NEAR] for one in margin]
    wanted, place = np.unique(np.concatenate(near), return_inverse=True)
    theirs = told.totals(raw(cases, explains.fitted, past.rows[wanted]) * scale)
    own = told.totals(listed.raw)
    found: list[Alike | None] = []
    for position, places in enumerate(np.split(place, np.cumsum([len(one) for one in near])[:-1])):
        distance = np.round(np.square(theirs[places] - own[position]).sum(axis=1), 9)
        chosen = _nearest(cases, past.rows[wanted[places]], distance, int(cases.group[rows[position]]))
        outcomes = past.outcome[wanted[places[chosen[:number]]]]
        found.append(told_of(past.as_of, outcomes) if len(outcomes) >= LEAST else None)
    return found


def told_of(as_of: dt.date, outcomes: Floats) -> Alike:
    """The outcomes of some past cases as they may be shown: counts under 10 are not, others are rounded to 5.

    That none had the outcome tells of nobody; that all had it would tell of each.
    """
    number, had = len(outcomes), int(outcomes.sum())
    shown = protect_parts({"with": had, "without": number - had})
    count = shown.parts["with"]
    few_without = number - had < THRESHOLD
    if isinstance(count, Hidden) or few_without:
        return Alike(
            as_of, number, count if isinstance(count, Hidden) else Hidden.SECOND, few_without, None, None, None
        )
    share = min(count / number, 1.0)
    low, high = wilson(share * number, number, z_of(0.95))
    return Alike(as_of, number, count, False, round(share, 3), round(float(low), 3), round(float(high), 3))


def _nearest(cases: Cases, rows: Integers, distance: Floats, own_group: int) -> Integers:
    """Places by distance: the nearest case of each group of families, and none of the case's own group."""
    order = np.lexsort((cases.tie_place[rows], distance))
    order = order[cases.group[rows[order]] != own_group]
    _, first = np.unique(cases.group[rows[order]], return_index=True)
    return np.asarray(order[np.sort(first)], dtype=np.int64)

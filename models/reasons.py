"""Why a case is on the current list: what moved its log-odds most, for and against, in plain English.

Beside the reasons stands what is not known of the case (`models.not_known`) and what became of the past cases most
like it (`models.neighbours`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from models.cases import Cases, Flags, Floats, Integers
from models.contributions import Explains, Moved, moved
from models.neighbours import Alike, Past, alike, past_of
from models.not_known import Silence, by_subject, known
from models.rehearsal import Rehearsal
from models.tables import REASONS
from models.target import CandidateName, Target
from models.themes import Themes, themes
from store.small_numbers import THRESHOLD

EACH_WAY = 5
TOP = 3
LEAST = 0.01
"""Log-odds from which something is a reason: a hundredth of the odds."""

_AS_STRONG = 0.5
"""The sentence is about the first feature of a theme that is at least so strong beside the theme's strongest."""


def top(cases: Cases, told: Themes, explains: Explains, rows: Integers) -> Integers:
    """The themes of each case's three strongest reasons for being on the list, strongest first.

    ``rows`` are cases of one as-of date, and the result has shape (rows, 3): numbers of `models.themes.Themes`, or -1
    where a case has fewer. This is what stability is measured on: equal themes are the same reason. What is not known
    of a case is no reason for it to be listed.
    """
    current = cases.during(cases.as_of[rows[:1]].astype(object).tolist())
    totals = told.totals(_known_part(cases, moved(cases, explains, current, rows)))
    order = np.argsort(-totals, axis=1, kind="stable")[:, :TOP]
    found = np.full((len(rows), TOP), -1, dtype=np.int64)
    found[:, : order.shape[1]] = np.where(np.take_along_axis(totals, order, axis=1) >= LEAST, order, -1)
    return found


def _known_part(cases: Cases, found: Moved) -> Floats:
    """Shape (rows, features): contributions above the typical case's, 0 where nothing is known of the feature."""
    return np.where(known(cases, found.rows), found.above_typical, 0.0)


def reasons(cases: Cases, rehearsal: Rehearsal, name: CandidateName, listed: Integers, target: Target) -> pa.Table:
    """The sealed table of reasons of the ``listed`` cases of a rehearsal's own date, by one of its candidates."""
    explains = rehearsal.performed[name]
    return reasons_table(
        cases, themes(cases), explains, rehearsal.rows, listed, past_of(cases, rehearsal, name), target
    )


def reasons_table(
    cases: Cases,
    told: Themes,
    explains: Explains,
    current: Integers,
    listed: Integers,
    past: Past,
    target: Target,
) -> pa.Table:
    """As `reasons`, for a candidate fitted elsewhere.

    ``current`` is the cohort of the listed cases' date: it gives the typical case and the medians.
    """
    ordered = listed[np.lexsort((cases.unit_id[listed], cases.as_of[listed]))]
    found = moved(cases, explains, current, ordered)
    say = _Sentences.of(cases, told, current, target)
    # What a case shares with the typical one is no reason, though a tree may have weighed it in passing.
    there = np.where(say.typical(cases.values[ordered]), 0.0, _known_part(cases, found))
    totals = told.totals(there)
    rows: list[dict[str, Any]] = []
    for place, like in enumerate(alike(cases, told, explains, past, found)):
        case = int(ordered[place])
        given = _Given(case, found.above_typical[place], there[place], totals[place], like)
        for position, row in enumerate(say.all(given), start=1):
            rows.append({**_keys(cases, case), "position": position, **row})
    return pa.Table.from_pylist(rows, schema=REASONS.arrow_schema())


def strongest(totals: Floats) -> Integers:
    """The places of up to five totals above nought and five below, the strongest first, ties by place."""
    order = np.argsort(-np.abs(totals), kind="stable")
    order = order[np.abs(totals[order]) >= LEAST]
    chosen = np.concatenate([order[totals[order] > 0][:EACH_WAY], order[totals[order] < 0][:EACH_WAY]])
    return np.asarray(chosen[np.argsort(-np.abs(totals[chosen]), kind="stable")], dtype=np.int64)


def medians(values: Floats) -> list[float | None]:
    """The median of each column's known values, (cases, features); none where fewer than ten have one."""
    known = ~np.isnan(values)
    return [
        _known(float(np.median(values[known[:, place], place]))) if known[:, place].sum() >= THRESHOLD else None
        for place in range(values.shape[1])
    ]


@dataclass(frozen=True)
class _Given:
    """What was found of one case: contributions of all features, of those known, and of those by theme."""

    case: int
    moved: Floats
    known: Floats
    totals: Floats
    like: Alike | None


@dataclass(frozen=True)
class _Sentences:
    """What is said of each case of one date."""

    cases: Cases
    told: Themes
    target: Target
    median: list[float | None]
    usual: Flags
    """Whether most of the date's cases have a value."""
    silence: Silence
    subjects: dict[str, Integers]

    @classmethod
    def of(cls, cases: Cases, told: Themes, current: Integers, target: Target) -> _Sentences:
        values = cases.values[current]
        return cls(
            cases,
            told,
            target,
            medians(values),
            np.asarray((~np.isnan(values)).mean(axis=0) > 0.5, dtype=np.bool_),
            Silence(cases, current, target.cohort.unit),
            by_subject(cases),
        )

    def typical(self, values: Floats) -> Flags:
        """Shape (rows, features): whether a value is the date's median."""
        return np.asarray(values == np.array(self.median, dtype=np.float64), dtype=np.bool_)

    def all(self, given: _Given) -> Iterator[dict[str, Any]]:
        """The rows of one case but for its keys."""
        for theme in strongest(given.totals):
            yield self._reason(given, int(theme))
        for unknown in self.silence.of(given.case, given.moved):
            yield {
                "kind": "unknown",
                "subject": unknown.subject,
                "contribution": unknown.moved,
                "subject_contribution": self._subject(unknown.subject, given.moved),
                "sentence": unknown.sentence,
            }
        like = given.like
        if like is not None:
            yield {
                "kind": "alike",
                "contribution": 0.0,
                "value": like.share,
                "low": like.low,
                "high": like.high,
                "sentence": like.say(self.target.cohort.unit, self.target.outcome.horizon_days),
            }

    def _reason(self, given: _Given, theme: int) -> dict[str, Any]:
        total, mine = float(given.totals[theme]), np.flatnonzero(self.told.number == theme)
        column = _told_by(mine, given.known, total)
        feature = self.cases.features[column]
        value, median = _known(float(self.cases.values[given.case, column])), self.median[column]
        also = [self.cases.features[place].name for place in mine if place != column and given.known[place]]
        return {
            "kind": "for" if total > 0 else "against",
            "feature": feature.name,
            "also": ",".join(also) or None,
            "subject": feature.subject,
            "contribution": round(total, 6),
            "subject_contribution": self._subject(feature.subject, given.moved),
            "value": value,
            "median": median,
            "sentence": feature.say(value, median, usual=bool(self.usual[column])),
        }

    def _subject(self, subject: str, found: Floats) -> float:
        return round(float(found[self.subjects[subject]].sum()), 6) + 0.0


def _told_by(places: Integers, contributed: Floats, total: float) -> int:
    """Which feature of a theme the sentence is about: the first that moved the case its way nearly as far as any.

    Not simply the strongest: which of two twins that is, is an accident of the fit.
    """
    way = contributed[places] * np.sign(total)
    return int(places[np.flatnonzero(way >= _AS_STRONG * way.max())[0]])


def _keys(cases: Cases, case: int) -> dict[str, Any]:
    return {
        "unit_id": cases.unit_id[case],
        "family_id": cases.family_id[case],
        "as_of": cases.as_of[case].item(),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)

"""What is not known about a case: subjects of which nothing is on record, and single facts that nobody has.

Silence is not the same as all being well, and it is not the same for everybody: a family that no service has met is
silent in many subjects. So it is said beside the reasons, with whether most others have such a record, and with how
the silence itself moved the case.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from models.cases import Cases, Flags, Floats, Integers
from models.target import Unit
from store.small_numbers import THRESHOLD

LITTLE = 0.05
"""Log-odds under which not knowing made little difference."""

_NAMED = 3
"""More facts than these in one breath tell a reader nothing."""
_MANY = {Unit.FAMILY: "families", Unit.CHILD: "children"}


@dataclass(frozen=True)
class Unknown:
    """One subject of which something is not known of one case."""

    subject: str
    moved: float
    """How far not knowing moved the case, in log-odds: what is blank, or all of a subject that is silent."""
    sentence: str


def known(cases: Cases, rows: Integers) -> Flags:
    """Shape (rows, features): whether a value is there, and its subject not silent.

    That there was nothing of a kind is no knowledge where all of its subject is silent: that is told as silence.
    """
    values = cases.values[rows]
    there = ~np.isnan(values)
    for places in by_subject(cases).values():
        there[np.ix_(np.flatnonzero(_silent(values[:, places])), places)] = False
    return there


def by_subject(cases: Cases) -> dict[str, Integers]:
    """The places of each subject's features, in catalogue order."""
    subjects = np.array([feature.subject for feature in cases.features], dtype=object)
    return {subject: np.flatnonzero(subjects == subject) for subject in dict.fromkeys(subjects)}


class Silence:
    """What is blank or nothing in each subject, among the cases of a date."""

    def __init__(self, cases: Cases, current: Integers, unit: Unit) -> None:
        """``current`` is the cohort of the date, with which a case is compared."""
        self._cases = cases
        self._many = _MANY[unit]
        self._places = by_subject(cases)
        self._usual = {
            subject: float(_silent(cases.values[current][:, places]).mean()) if len(current) >= THRESHOLD else None
            for subject, places in self._places.items()
        }

    def of(self, case: int, moved: Floats) -> list[Unknown]:
        """What is not known of a case, whose contributions are ``moved``: one entry a subject.

        First where most others have a record, then facts that nobody has, then where most have none either.
        """
        rare: list[Unknown] = []
        facts: list[Unknown] = []
        common: list[Unknown] = []
        for subject, places in self._places.items():
            values = self._cases.values[case, places]
            if bool(_silent(values[None, :])[0]):
                total = round(float(moved[places].sum()), 6)
                said = Unknown(subject, total, f"{self._nothing(subject)} {_effect(total)}")
                (common if (self._usual[subject] or 0) > 0.5 else rare).append(said)
                continue
            blank = [place for place in places.tolist() if self._is_blank(case, place)]
            if blank:
                total = round(float(moved[blank].sum()), 6)
                facts.append(Unknown(subject, total, f"{self._facts(subject, blank)} {_effect(total)}"))
        return [*rare, *facts, *common]

    def _is_blank(self, case: int, place: int) -> bool:
        """Whether a fact is unknown; a blank where the question does not arise is nothing to wonder about."""
        return self._cases.features[place].null_rule == "unknown" and bool(np.isnan(self._cases.values[case, place]))

    def _nothing(self, subject: str) -> str:
        words = f"Nothing is on record about {_spaced(subject)} ({self._source(subject)})."
        usual = self._usual[subject]
        if usual is not None:
            words += f" So it is with most {self._many}." if usual > 0.5 else f" Most {self._many} have such a record."
        return f"{words} There may be nothing to record, or the council may not have been told."

    def _source(self, subject: str) -> str:
        sources = Counter(self._cases.features[place].source for place in self._places[subject])
        sources.pop("", None)
        return f"source: {sources.most_common(1)[0][0]}" if sources else "source not named"

    def _facts(self, subject: str, blank: list[int]) -> str:
        labels = [self._cases.features[place].label for place in blank]
        further = f"; and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        return f"Not known about {_spaced(subject)}: {'; '.join(labels[:_NAMED])}{further}."


def _silent(values: Floats) -> Flags:
    """Shape (cases,): whether every value of the subject is blank or nothing, and one at least is blank."""
    blank = np.isnan(values)
    return np.asarray((blank | (values == 0)).all(axis=1) & blank.any(axis=1), dtype=np.bool_)


def _effect(total: float) -> str:
    if abs(total) < LITTLE:
        return "That made little difference here."
    return f"That counted {'towards' if total > 0 else 'against'} being on this list."


def _spaced(subject: str) -> str:
    return subject.replace("_", " ")

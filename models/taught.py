"""Ways of learning taught something else than the target's outcome, or kept from seeing contact history.

Being stepped up depends on who is watched: the more services already know a family, the likelier that somebody refers
it. A model of it that sees contact history learns whom services look at; one that does not has to go by other signs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.candidates import Candidate, Fitted, Training
from models.cases import Floats
from models.groups import derived_seed, kept_in_bag
from models.target import CandidateName

MOST = 60_000
"""About as many cases as one regression learns from. Of a rare label those who have it say most; all of them stay."""


@dataclass(frozen=True)
class Taught:
    """Another candidate's way of learning, taught a further label, or blind to some features, or of fewer cases.

    The label is taught of everybody: who was not observed counts as not having it. So a model of need that somebody
    found learns from all cases, and what it learns is in part who is looked at.
    """

    name: CandidateName
    by: Candidate
    label: str = ""
    """A further label of the target; the target's outcome without one."""
    blind_to: tuple[int, ...] = ()
    """Places of the features that it may not learn from."""
    most: int = MOST
    """About as many cases as it learns from."""

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        return self.by.fit(blinded(sampled(self._taught(training), self.most), self.blind_to), advance)

    def _taught(self, training: Training) -> Training:
        if not self.label:
            return training
        learnt = training.labels[self.label]
        return replace(training, outcome=learnt.outcome * learnt.weight)


def sampled(training: Training, most: int = MOST) -> Training:
    """Every case with the outcome, and of the others those of some families, each counting for the ones left out."""
    having = training.outcome > 0
    share = (most - int(having.sum())) / max(1, int((~having).sum()))
    if not 0 < share < 1:
        return training
    rows = np.flatnonzero(having | kept_in_bag(training.group, share, derived_seed(training.seed, "sampled")))
    counted: Floats = np.where(having, 1.0, np.round(1 / share, 9))
    return replace(
        training,
        values=training.values[rows],
        outcome=training.outcome[rows],
        group=training.group[rows],
        fold=training.fold[rows],
        labels={},
        weight=(counted if training.weight is None else counted * training.weight)[rows],
    )


def blinded(training: Training, places: tuple[int, ...]) -> Training:
    """The same cases with some features unknown of everybody, from which nothing can be learnt."""
    if not places:
        return training
    values = training.values.copy()
    values[:, list(places)] = np.nan
    return replace(training, values=values)

"""Ways of learning taught something else than the target's outcome, or kept from seeing contact history.

Being stepped up depends on who is watched: the more services already know a family, the likelier that somebody refers
it. A model of it that sees contact history learns whom services look at; one that does not has to go by other signs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.candidates import Candidate, Fitted, Training
from models.target import CandidateName


@dataclass(frozen=True)
class Taught:
    """Another candidate's way of learning, taught a further label, or blind to some features, or both.

    The label is taught of everybody: who was not observed counts as not having it. So a model of need that somebody
    found learns from all cases, and what it learns is in part who is looked at.
    """

    name: CandidateName
    by: Candidate
    label: str = ""
    """A further label of the target; the target's outcome without one."""
    blind_to: tuple[int, ...] = ()
    """Places of the features that it may not learn from."""

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        return self.by.fit(blinded(self._taught(training), self.blind_to), advance)

    def _taught(self, training: Training) -> Training:
        if not self.label:
            return training
        learnt = training.labels[self.label]
        return replace(training, outcome=learnt.outcome * learnt.weight)


def blinded(training: Training, places: tuple[int, ...]) -> Training:
    """The same cases with some features unknown of everybody, from which nothing can be learnt."""
    if not places:
        return training
    values = training.values.copy()
    values[:, list(places)] = np.nan
    return replace(training, values=values)

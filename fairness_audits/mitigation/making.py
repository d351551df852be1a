"""The lists at one test date, each as which of its cases are on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairness_audits.mitigation.adjusting import by_threshold, group_thresholds, list_threshold, with_places
from fairness_audits.mitigation.cases import PastCases
from fairness_audits.mitigation.learning import Learnt, reweighed, without_features
from fairness_audits.mitigation.reducing import exponentiated_gradient
from fairness_audits.mitigation.ways import NEEDS_COUNT, Asked, Way
from fairness_audits.stand_ins import association, categories
from models.cases import Flags, Floats
from models.rehearsal import positions


@dataclass(frozen=True)
class AtDate:
    """One test date with the model as it is, from which every list of the date is made."""

    past: PastCases
    learnt: Learnt

    def on_list(self, asked: Asked) -> Flags:
        """Which cases of the date are on the list."""
        tie_place = self.learnt.cases.tie_place[self.learnt.rows]
        flagged = np.zeros(len(tie_place), dtype=np.bool_)
        if asked.way is Way.CAPACITY_SHARES:
            _, group = np.unique(self.past.group[self.learnt.rows], return_inverse=True)
            capacity = self.past.capacity
            flagged[with_places(self.learnt.margin, tie_place, group, capacity, asked.strength)] = True
        else:
            flagged = positions(self._margin(asked), tie_place) <= self.past.capacity
        return flagged

    def _margin(self, asked: Asked) -> Floats:
        match asked.way:
            case Way.FEATURE_REMOVAL:
                return without_features(self.learnt, self._left_out(asked))
            case Way.REWEIGHING:
                return reweighed(self.learnt, asked.strength)
            case Way.EXPONENTIATED_GRADIENT:
                return exponentiated_gradient(self.learnt, asked.strength)
            case Way.THRESHOLDS:
                return by_threshold(self.learnt, self._thresholds, asked.strength)
        return self._needs if asked is NEEDS_COUNT else self.learnt.margin

    @property
    def _needs(self) -> Floats:
        """The count of needs, the unknown ones last."""
        cases = self.learnt.cases
        count = cases.values[self.learnt.rows, cases.column(self.past.target.needs_count)]
        return np.where(np.isnan(count), -1.0, count)

    @cached_property
    def _thresholds(self) -> Floats:
        return group_thresholds(self.learnt, list_threshold(self.learnt, self.past.capacity))

    @cached_property
    def strongest(self) -> tuple[str, ...]:
        """Features in the order of how much they tell of ethnicity at the newest training date, the strongest first.

        By Cramer's V (`fairness_audits.stand_ins`). A feature that cannot be told of is not among them.
        """
        newest = self.learnt.cases.at(self.learnt.origin.learns_from[-1])
        _, group = np.unique(self.past.group[newest], return_inverse=True)
        family, values = self.learnt.cases.group[newest], self.learnt.cases.values[newest]
        found = []
        for place, feature in enumerate(self.learnt.cases.features):
            one = association(categories(values[:, place]), group, family)
            if one is not None:
                found.append((-one.value, feature.name))
        return tuple(name for _, name in sorted(found))

    def _left_out(self, asked: Asked) -> Sequence[str]:
        if asked.subject:
            return [feature.name for feature in self.learnt.cases.features if feature.subject == asked.subject]
        return self.strongest[: int(asked.strength)]

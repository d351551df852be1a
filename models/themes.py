"""Features that say much the same of a case, put together so that they give one reason and not two.

A count and whether there is any, or one measure over three windows, share between them what a model could have given
to either: how it was shared out is an accident of the fit. Their contributions are added up, and the sum is steady
from one fit to the next where the parts are not. What belongs together is read from feature values alone, never from
outcomes or from a model, so that every fit is told in the same themes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from features.spread import ALIKE, rank_correlations
from models.cases import Cases, Floats, Integers

ALIKE_IN_SUBJECT = 0.5
"""Rank correlation, of either sign, from which two features of one subject are told as one reason.

Within a subject the reader hears of the same thing twice sooner than of two things: 'missed 30% of sessions in the last
6 months' and '... in the last 12 months' correlate at about this."""

_ENOUGH = 2000


@dataclass(frozen=True)
class Themes:
    """Which features are told together."""

    number: Integers
    """The theme of each feature, numbered from 0 in the order of each theme's first feature."""

    @cached_property
    def membership(self) -> Floats:
        """Shape (features, themes): 1 where the feature is of the theme."""
        return np.asarray(self.number[:, None] == np.arange(int(self.number.max(initial=-1)) + 1), dtype=np.float64)

    def totals(self, moved: Floats) -> Floats:
        """Contributions added up by theme: (cases, features) to (cases, themes)."""
        return np.asarray(moved @ self.membership, dtype=np.float64)


def themes(cases: Cases) -> Themes:
    """The themes of a target's features, from up to 2,000 cases of its latest as-of date.

    Any two features of a theme correlate (Spearman, over the cases that have both) at least at `ALIKE_IN_SUBJECT` where
    all are of one subject, and at `features.spread.ALIKE` where they are not. A feature that fewer than a hundred cases
    have is alone.
    """
    width = len(cases.features)
    latest = np.flatnonzero(cases.as_of == cases.as_of.max()) if len(cases) else np.empty(0, dtype=np.int64)
    some = latest[np.argsort(cases.tie_place[latest], kind="stable")[:_ENOUGH]]
    if width < 2 or len(some) < 2:
        return Themes(np.arange(width, dtype=np.int64))
    correlation = np.abs(rank_correlations([cases.values[some, place] for place in range(width)]))
    subjects = np.array([feature.subject for feature in cases.features], dtype=object)
    least = np.where(subjects[:, None] == subjects[None, :], ALIKE_IN_SUBJECT, ALIKE)
    # At most 1 exactly where the pair is alike enough for its own kind.
    apart = np.where(np.isnan(correlation), 9.0, (1 - correlation) / (1 - least))
    np.fill_diagonal(apart, 0.0)
    labels = fcluster(linkage(squareform(apart, checks=False), method="complete"), t=1 + 1e-9, criterion="distance")
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    return Themes(np.argsort(np.argsort(first))[number].astype(np.int64))

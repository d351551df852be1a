"""How far each feature moved each case, in log-odds: from the model's own mean, and from the date's typical case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.calibration import Platt
from models.candidates import Fitted
from models.cases import Cases, Floats, Integers

_ENOUGH = 500
"""Cases of a fold whose median contribution stands for the typical case's."""


class Explains(Protocol):
    """A candidate that was fitted for each fold, just now or read back: what contributions come from."""

    @property
    def fitted(self) -> list[Fitted]: ...

    @property
    def platt(self) -> Platt: ...


@dataclass(frozen=True)
class Moved:
    """Contributions of some cases, each shape (rows, features), in log-odds."""

    rows: Integers
    raw: Floats
    """From the mean of the model that left the case's families out. With its base they add up to its margin."""
    above_typical: Floats
    """Less the median contribution of the feature among the cases of the date."""


def moved(cases: Cases, explains: Explains, current: Integers, rows: Integers) -> Moved:
    """The contributions of ``rows`` against those of ``current``, the cohort of their date.

    What nearly everyone shares is no reason, so that above 0 always means further up the list than typical. In
    log-odds of the calibrated probability, to which they add up but for what is the same for every case of a fold; in
    the candidate's own margin where calibration found no slope. Rounded to six places.
    """
    scale = explains.platt.slope or 1.0
    own = raw(cases, explains.fitted, rows)
    usual = typical(cases, explains.fitted, current, np.unique(cases.fold[rows]))
    less = own - usual[cases.fold[rows]] if len(rows) else own
    return Moved(rows, np.round(own * scale, 6), np.round(less * scale, 6))


def raw(cases: Cases, fitted: Sequence[Fitted], rows: Integers) -> Floats:
    """Shape (rows, features): each case's contributions by the model that left its families out."""
    found = np.zeros((len(rows), len(cases.features)))
    for fold, one in enumerate(fitted):
        inside = np.flatnonzero(cases.fold[rows] == fold)
        if len(inside):
            found[inside] = one.contributions(cases.values[rows[inside]])
    return found


def typical(cases: Cases, fitted: Sequence[Fitted], current: Integers, folds: Integers) -> Floats:
    """Shape (folds, features): the median contribution among a fold's own families, for the ``folds`` named."""
    found = np.zeros((len(fitted), len(cases.features)))
    for fold in folds.tolist():
        some = sample(cases, current[cases.fold[current] == fold], _ENOUGH)
        found[fold] = np.median(fitted[fold].contributions(cases.values[some]), axis=0)
    return found


def sample(cases: Cases, rows: Integers, size: int) -> Integers:
    """At most so many of the rows: the first in the settled random order."""
    return np.asarray(rows[np.argsort(cases.tie_place[rows], kind="stable")[:size]], dtype=np.int64)

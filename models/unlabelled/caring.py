"""The propensity model as a candidate: it ranks by the probability of caring, never by that of being identified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.calibration import logit, sigmoid
from models.candidates import Fitted, Training
from models.cases import Cases, Floats, Integers
from models.groups import derived_seed
from models.logistic import Scaling, scale, standardised
from models.target import CandidateName, Unlabelled
from models.unlabelled.identification import Identification
from models.unlabelled.signs import held_before, places_of, signs_model
from models.unlabelled.two_parts import Priors, Seen, TwoParts, fit_two_parts

MOST_CASES = 20_000
"""Cases of which one fit looks at those without the outcome, each for as many as there are; at all with it."""
_SIGN_SPREAD = 0.15
"""How far a sign's weight may well be from what is held before looking (`models.unlabelled.signs.SIGN`)."""
_NOTICING_SPREAD = 0.5
_TENTH = 1.2815515655446004
"""Standard deviations from the middle of a normal distribution to its tenth part at either end."""


@dataclass(frozen=True)
class Design:
    """The training cases as the two parts see them: standardised, and only those that a fit looks at.

    ``rows`` are their places among the training cases, ``places`` the columns of the signs.
    """

    places: Integers
    rows: Integers
    seen: Seen
    priors: Priors
    scaling: Scaling
    """Of the signs."""

    def part(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]], weight: Floats | None = None) -> Seen:
        """Some of the rows, counted ``weight`` times where that is given."""
        counted = self.seen.weight if weight is None else self.seen.weight * weight
        return Seen(
            self.seen.caring[kept],
            self.seen.identification[kept],
            self.seen.identified[kept],
            counted[kept],
            self.seen.offset[kept],
        )

    def signs(self, values: Floats) -> Floats:
        """Standardised signs of any cases, from all their features."""
        return standardised(values[:, self.places], self.scaling.median, self.scaling.centre, self.scaling.spread)[0]


@dataclass(frozen=True)
class Caring:
    """Caring and being identified kept apart (`models.unlabelled.two_parts`), ranked by caring."""

    unlabelled: Unlabelled
    name: CandidateName = CandidateName.CARING

    def fit(self, training: Training, advance: Callable[[], None]) -> list[Fitted]:
        made = design(training, self.unlabelled)
        fold = training.fold[made.rows]
        fitted: list[Fitted] = []
        for one in range(training.folds):
            parts = fit_two_parts(made.part(fold != one), made.priors)
            fitted.append(signs_model(training.features, made.places, made.scaling, parts.caring))
            advance()
        return fitted


def design(training: Training, unlabelled: Unlabelled) -> Design:
    """Standardise, and draw the cases that are looked at: by the seed alone, whatever became of them."""
    places = places_of(unlabelled.signs, training.features)
    scaling = scale(training.values[:, places])
    signs = standardised(training.values[:, places], scaling.median, scaling.centre, scaling.spread)[0]
    beside = training.identification or nothing_beside(len(training.outcome))
    noticing = _noticing(beside)
    size = len(training.outcome)
    looked_at = np.zeros(size, dtype=np.bool_)
    looked_at[np.random.default_rng(derived_seed(training.seed, "unlabelled")).permutation(size)[:MOST_CASES]] = True
    rows = np.flatnonzero(looked_at | (training.outcome > 0))
    outcome = training.outcome[rows]
    stands_for = max(1.0, size / MOST_CASES)
    low, high = logit(np.array(unlabelled.share))
    middle = 1 / (1 + np.exp(-(low + high) / 2))
    priors = Priors(
        caring=held_before(training.features, places),
        caring_spread=_SIGN_SPREAD,
        identification=np.zeros(noticing.shape[1]),
        identification_spread=_NOTICING_SPREAD,
        share=float(middle),
        share_spread=float(high - low) / (2 * _TENTH),
    )
    weight = np.where(outcome > 0, 1.0, stands_for)
    seen = Seen(signs[rows], noticing[rows], outcome, weight, beside.offset[rows])
    return Design(places, rows, seen, priors, scaling)


def expected_carers(made: Design, parts: TwoParts, values: Floats) -> float:
    """The sum of the probabilities of caring of any cases, from all their features."""
    return float(sigmoid(parts.caring_log_odds(made.signs(values))).sum())


def nothing_beside(rows: int) -> Identification:
    """Where nothing says who would be noticed, everybody is held to be as likely to be."""
    return Identification((), np.empty((rows, 0)), np.zeros(rows))


def signs_known(cases: Cases, unlabelled: Unlabelled) -> tuple[list[str], list[str]]:
    """The signs that this council has, and those that it has not."""
    known = {feature.name for feature in cases.features}
    return [n for n in unlabelled.signs if n in known], [n for n in unlabelled.signs if n not in known]


def _noticing(beside: Identification) -> Floats:
    centre = beside.values.mean(axis=0) if len(beside.values) else np.zeros(beside.values.shape[1])
    spread = beside.values.std(axis=0) if len(beside.values) else np.ones(beside.values.shape[1])
    return np.asarray((beside.values - centre) / np.where(spread > 1e-9, spread, 1.0), dtype=np.float64)

"""The propensity model as a candidate: it ranks by the probability of caring, never by that of being identified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.calibration import logit, sigmoid
from models.candidates import Fitted, Training
from models.cases import Cases, Floats, Integers
from models.catalogue import Feature
from models.groups import derived_seed
from models.logistic import LinearModel, scale, standardised
from models.target import CandidateName, Unlabelled
from models.unlabelled.identification import Identification
from models.unlabelled.two_parts import Priors, Seen, TwoParts, fit_two_parts

MOST_CASES = 20_000
"""Cases of which one fit looks at those without the outcome, each for as many as there are; at all with it."""
_SIGN = 0.2
"""Log-odds by which a sign is held to count before looking, for one standard deviation: every sign a little."""
_SIGN_SPREAD = 0.15
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
    median: Floats
    centre: Floats
    spread: Floats
    unknown_share: Floats

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
        return standardised(values[:, self.places], self.median, self.centre, self.spread)[0]


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
            fitted.append(caring_model(training.features, made, parts))
            advance()
        return fitted


def design(training: Training, unlabelled: Unlabelled) -> Design:
    """Standardise, and draw the cases that are looked at: by the seed alone, whatever became of them."""
    place = {feature.name: column for column, feature in enumerate(training.features)}
    places = np.array([place[name] for name in unlabelled.signs if name in place], dtype=np.int64)
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
        caring=np.array([_SIGN * training.features[column].direction for column in places], dtype=np.float64),
        caring_spread=_SIGN_SPREAD,
        identification=np.zeros(noticing.shape[1]),
        identification_spread=_NOTICING_SPREAD,
        share=float(middle),
        share_spread=float(high - low) / (2 * _TENTH),
    )
    weight = np.where(outcome > 0, 1.0, stands_for)
    seen = Seen(signs[rows], noticing[rows], outcome, weight, beside.offset[rows])
    return Design(places, rows, seen, priors, scaling.median, scaling.centre, scaling.spread, scaling.unknown_share)


def caring_model(features: Sequence[Feature], made: Design, parts: TwoParts) -> LinearModel:
    """The caring part as a linear model of all features: the log-odds of caring, signs alone having a weight."""
    width = len(features)

    def spread_out(of_signs: Floats, elsewhere: float) -> Floats:
        column = np.full(width, elsewhere)
        column[made.places] = np.round(of_signs, 9)
        return column

    return LinearModel(
        names=tuple(feature.name for feature in features),
        median=spread_out(made.median, 0.0),
        centre=spread_out(made.centre, 0.0),
        spread=spread_out(made.spread, 1.0),
        value_weight=spread_out(parts.caring, 0.0),
        unknown_share=spread_out(made.unknown_share, 0.0),
        unknown_weight=np.zeros(width),
        base=round(parts.caring_base, 9),
    )


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

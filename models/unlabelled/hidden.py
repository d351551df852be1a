"""How many carers are hidden, as far as that can be told: ``hidden`` in the target's evaluation.

What is estimated rests on three assumptions, which stand in the document: signs and what makes a carer noticed are
different features; given these, being noticed says nothing more of caring; and the share who care lies, with 80%,
between two published figures. Few identified children tell of the level of caring, so the last of these decides much of
the number: what it says by itself is given beside the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.calibration import logit, sigmoid
from models.candidates import Training
from models.cases import Cases, Floats
from models.evaluation import Setting, interval
from models.groups import derived_seed
from models.metrics import family_weights
from models.rehearsal import Rehearsal, training_for
from models.splits import Plan
from models.target import CandidateName, Target, Unlabelled
from models.unlabelled.both_ways import both_ways
from models.unlabelled.caring import Design, design, expected_carers, signs_known
from models.unlabelled.two_parts import Priors, Seen, TwoParts, fit_two_parts

REPLICATES = 100
"""Refits behind each interval: each with families drawn anew and the published share drawn from its prior."""
FEW = 100
"""Identified children under which no single weight is worth reading."""


@dataclass(frozen=True)
class _Fit:
    """One fit on all families, and what it says of the current cohort."""

    parts: TwoParts
    hidden: float
    """Carers among the cohort, by the sum of their probabilities."""
    identified: float
    """The share of carers whom somebody identifies within the horizon, over the training cases."""


def hidden(
    cases: Cases, planned: Plan, newest: Rehearsal, current: Rehearsal, target: Target, setting: Setting
) -> dict[str, Any]:
    """The document. Raises ValueError for a target that does not say what its signs are."""
    unlabelled, beside = target.unlabelled, cases.identification
    if unlabelled is None or beside is None:
        raise ValueError(f"{target.name} does not say what its signs are")
    training = training_for(cases, planned.current, folds=setting.folds, seed=setting.seed, threads=1)
    cohort = cases.values[current.rows]
    made = design(training, unlabelled)
    estimate = _fit(made, made.seen, made.priors, cohort)
    replicates = _replicates(training, made, estimate.parts, cohort, setting.seed)
    signs, absent = signs_known(cases, unlabelled)
    known = beside.known
    noticing = [one.parts.identification for one in replicates]
    identified = len(np.unique(cases.unit_id[cases.during(planned.current.learns_from)][training.outcome > 0]))
    return {
        "as_of": planned.current.as_of.isoformat(),
        "cohort": len(current.rows),
        "known": known,
        "hidden": interval(estimate.hidden, np.array([one.hidden for one in replicates])),
        "labelled_share": interval(
            known / (known + estimate.hidden), np.array([known / (known + one.hidden) for one in replicates])
        ),
        "identified_within_horizon": interval(estimate.identified, np.array([one.identified for one in replicates])),
        "by_the_published_share_alone": _by_share_alone(made.priors, len(current.rows), known),
        "learnt_from": {"children_identified": identified, "cases": len(training.outcome)},
        "signs": _weights(signs, estimate.parts.caring, [one.parts.caring for one in replicates]),
        "signs_not_known_here": absent,
        "noticing": _weights(beside.names, estimate.parts.identification, noticing),
        "order_and_score": (
            "The list is in the order of signs of caring. The score is how often children placed like this one are "
            "identified within the horizon; it alone can be checked, and is calibrated to that."
        ),
        "assumptions": _assumptions(unlabelled),
        "cannot_be_learned": _cannot(identified),
        "elkan_noto": _elkan_noto(training, current, known),
        "with_ethnicity": both_ways(cases, newest, current, target, unlabelled, setting, estimate.hidden),
    }


def _fit(made: Design, seen: Seen, priors: Priors, cohort: Floats, start: TwoParts | None = None) -> _Fit:
    parts = fit_two_parts(seen, priors, start)
    caring = sigmoid(parts.caring_log_odds(seen.caring)) * seen.weight
    noticed = sigmoid(parts.identification_log_odds(seen.identification, seen.offset))
    return _Fit(parts, expected_carers(made, parts, cohort), float(caring @ noticed / caring.sum()))


def _replicates(training: Training, made: Design, start: TwoParts, cohort: Floats, seed: int) -> list[_Fit]:
    clusters, cluster = np.unique(training.group[made.rows], return_inverse=True)
    drawn = family_weights(len(clusters), REPLICATES, derived_seed(seed, "hidden"))
    shares = np.random.default_rng(derived_seed(seed, "share")).normal(size=REPLICATES)
    found = []
    for times, share in zip(drawn, shares):
        counted = times[cluster].astype(np.float64)
        at = logit(np.array([made.priors.share]))[0] + share * made.priors.share_spread
        priors = replace(made.priors, share=float(sigmoid(np.array([at]))[0]))
        found.append(_fit(made, made.part(counted > 0, counted), priors, cohort, start))
    return found


def _by_share_alone(priors: Priors, cohort: int, known: int) -> dict[str, float]:
    """What the published figures say with 95%, whoever was identified here."""
    middle = float(logit(np.array([priors.share]))[0])
    value, low, high = sigmoid(
        np.array([middle, middle - 1.96 * priors.share_spread, middle + 1.96 * priors.share_spread])
    )
    return {
        name: round(max(0.0, float(share) * (cohort + known) - known), 6)
        for name, share in (("value", value), ("low", low), ("high", high))
    }


def _weights(names: tuple[str, ...] | list[str], value: Floats, replicates: list[Floats]) -> dict[str, Any]:
    """Log-odds for one standard deviation."""
    each = np.array(replicates)
    return {name: interval(float(value[place]), each[:, place]) for place, name in enumerate(names)}


def _elkan_noto(training: Training, current: Rehearsal, known: int) -> dict[str, Any]:
    """Elkan and Noto (2008): one labelled share for all, the mean of the model's probability among the labelled.

    It ranks as the logistic regression does, whose probabilities it divides by that share.
    """
    performed = current.performed[CandidateName.LOGISTIC]
    labelled = performed.platt.probability(performed.held_out - performed.held_out.mean())[training.outcome > 0]
    share = float(labelled.mean())
    number = float(np.minimum(1.0, performed.predicted / share).sum())
    return {
        "labelled_share_within_horizon": round(share, 6),
        "hidden": round(number, 6),
        "labelled_share": round(known / (known + number), 6),
        "why_not_relied_on": "It takes every carer for as likely to be identified as any other, whatever the school.",
    }


def _assumptions(unlabelled: Unlabelled) -> list[str]:
    low, high = unlabelled.share
    return [
        "What shows caring and what makes a carer noticed are different features: a sign makes nobody likelier to be "
        "noticed but by way of caring, and a school's practice says nothing of who cares.",
        "Of two children alike in both, the one who cares is as likely to be noticed as any other such carer.",
        f"The share of children who care lies between {low:.1%} and {high:.1%} with 80%: {unlabelled.share_source}.",
    ]


def _cannot(identified: int) -> list[str]:
    """What so few identified children cannot tell, in words for every reader. A rate or a round figure only."""
    said = [
        "How many carers there are apart from the published share: twice as many, each half as likely to be noticed, "
        "would look the same.",
        "Whether a sign makes a carer more visible or makes caring more likely: that is assumed, not found.",
        "Whether the list finds carers whom nobody identifies: only people who talk to the children can tell.",
    ]
    if identified < FEW:
        said += [
            f"What any one sign is worth: fewer than {FEW} children were identified, and weights rest as much on "
            "every sign counting a little as on them.",
            "Which way of ranking is best: at the panel's capacity too few of those listed are ever identified for a "
            "difference to be told from chance.",
        ]
    return said

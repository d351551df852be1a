"""The rates the audit is about, each with what it counts and among whom.

Every rate is a share of its *own* denominator: a miss rate is a share of those the outcome happened to, a
precision a share of those flagged. Whoever tests a rate on another denominator tests another rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Metric(StrEnum):
    """Names of the metrics, as they stand in a policy and in ``audit.json``."""

    SELECTION_RATE = "selection_rate"
    BASE_RATE = "base_rate"
    MISS_RATE = "fnr"
    FOUND_RATE = "tpr"
    FALSE_POSITIVE_RATE = "fpr"
    PRECISION = "precision"
    FALSE_DISCOVERY_RATE = "fdr"
    FALSE_OMISSION_RATE = "for"
    CALIBRATION = "calibration_oe"


class Scale(StrEnum):
    """How a group is compared with the rest: its rate minus theirs, or divided by theirs."""

    DIFFERENCE = "difference"
    RATIO = "ratio"


class Harm(StrEnum):
    """Which side of the rest of the cohort harms a group."""

    HIGHER = "higher"
    LOWER = "lower"
    EITHER = "either"
    NEITHER = "neither"


@dataclass(frozen=True)
class Rate:
    """A share: how many of ``among`` have ``counts``. Both take (outcome, flagged) as booleans."""

    metric: Metric
    title: str
    evidence: str
    """Plain name of the denominator, for sentences."""
    harm: Harm
    counts: Callable[[Mask, Mask], Mask]
    among: Callable[[Mask, Mask], Mask]


RATES: tuple[Rate, ...] = (
    Rate(
        Metric.SELECTION_RATE,
        "share flagged",
        "cases",
        Harm.EITHER,
        lambda outcome, flagged: flagged,
        lambda outcome, flagged: np.ones_like(flagged),
    ),
    Rate(
        Metric.BASE_RATE,
        "share with the outcome",
        "cases",
        Harm.NEITHER,
        lambda outcome, flagged: outcome,
        lambda outcome, flagged: np.ones_like(flagged),
    ),
    Rate(
        Metric.MISS_RATE,
        "miss rate",
        "cases with the outcome",
        Harm.HIGHER,
        lambda outcome, flagged: ~flagged,
        lambda outcome, flagged: outcome,
    ),
    Rate(
        Metric.FOUND_RATE,
        "share found",
        "cases with the outcome",
        Harm.LOWER,
        lambda outcome, flagged: flagged,
        lambda outcome, flagged: outcome,
    ),
    Rate(
        Metric.FALSE_POSITIVE_RATE,
        "false-positive rate",
        "cases without the outcome",
        Harm.HIGHER,
        lambda outcome, flagged: flagged,
        lambda outcome, flagged: ~outcome,
    ),
    Rate(
        Metric.PRECISION,
        "precision",
        "flagged cases",
        Harm.LOWER,
        lambda outcome, flagged: outcome,
        lambda outcome, flagged: flagged,
    ),
    Rate(
        Metric.FALSE_DISCOVERY_RATE,
        "false discovery rate",
        "flagged cases",
        Harm.HIGHER,
        lambda outcome, flagged: ~outcome,
        lambda outcome, flagged: flagged,
    ),
    Rate(
        Metric.FALSE_OMISSION_RATE,
        "false omission rate",
        "cases not flagged",
        Harm.HIGHER,
        lambda outcome, flagged: outcome,
        lambda outcome, flagged: ~flagged,
    ),
)

RATE_OF: dict[Metric, Rate] = {rate.metric: rate for rate in RATES}

CALIBRATION_TITLE = "observed over expected"
CALIBRATION_EVIDENCE = "expected outcomes"


def title(metric: Metric) -> str:
    """The metric's name for people."""
    return CALIBRATION_TITLE if metric is Metric.CALIBRATION else RATE_OF[metric].title


def evidence_name(metric: Metric) -> str:
    """What the metric's evidence is counted in, for people."""
    return CALIBRATION_EVIDENCE if metric is Metric.CALIBRATION else RATE_OF[metric].evidence


def harm(metric: Metric) -> Harm:
    """Which side of the rest harms."""
    return Harm.EITHER if metric is Metric.CALIBRATION else RATE_OF[metric].harm

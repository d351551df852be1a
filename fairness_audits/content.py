"""What a list lets an audit count: everything where outcomes and probabilities are known, less where they are not."""

from __future__ import annotations

from dataclasses import dataclass

from fairness_audits.metrics import RATES, Metric


@dataclass(frozen=True)
class Content:
    """The counts and metrics that mean something of a list.

    ``sums`` are the counts that add up within one group: the first is the total of the others.
    """

    counts: tuple[str, ...]
    sums: tuple[tuple[str, ...], ...]
    metrics: tuple[Metric, ...]


_OUTCOMES = (("positives", "tp", "fn"), ("flagged", "tp", "fp"))
_COUNTS = ("n", "positives", "flagged", "tp", "fp", "fn")

WITHOUT_OUTCOMES = Content(("n", "flagged"), (), (Metric.SELECTION_RATE,))
"""No outcome is known: who is on the list can be told, and nothing of who should be."""

WITHOUT_PROBABILITIES = Content(_COUNTS, _OUTCOMES, tuple(rate.metric for rate in RATES))
"""Outcomes are known, but scores that rank only, or none."""

WHOLE = Content(_COUNTS, _OUTCOMES, (*WITHOUT_PROBABILITIES.metrics, Metric.CALIBRATION))
"""Outcomes and probabilities are known."""


def content_of(outcomes: bool, probabilities: bool) -> Content:
    """What may be told of a list of which these are known."""
    if not outcomes:
        return WITHOUT_OUTCOMES
    return WHOLE if probabilities else WITHOUT_PROBABILITIES

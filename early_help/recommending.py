"""What the quarterly job recommends of a challenger: promote, keep or investigate, and why, in words.

It never promotes. ``investigate`` means that the figures are not to be trusted, or say something that a person must
look into first; ``keep``, that they are to be trusted and do not speak for the challenger; ``promote``, that they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairness_audits.release import Verdict
from models.thresholds import RetrainingConfig

_CUSTOMARY = RetrainingConfig()


class Advice(StrEnum):
    """What is recommended."""

    PROMOTE = "promote"
    KEEP = "keep"
    INVESTIGATE = "investigate"


@dataclass(frozen=True)
class Reason:
    """One sentence and what it speaks for; None where it is only to be told."""

    points_to: Advice | None
    text: str


@dataclass(frozen=True)
class Recommendation:
    """What is recommended of one target."""

    target: str
    advice: Advice
    reasons: tuple[Reason, ...]

    def document(self) -> dict[str, Any]:
        return {
            "advice": self.advice.value,
            "reasons": [
                {"points_to": reason.points_to.value if reason.points_to else None, "text": reason.text}
                for reason in self.reasons
            ],
        }


def recommend(
    target: str,
    evaluation: Mapping[str, Any],
    comparison: Mapping[str, Any],
    verdict: Verdict,
    why: str,
    feeds_despite: str | None = None,
    thresholds: RetrainingConfig = _CUSTOMARY,
) -> Recommendation:
    """Weigh the new model of a target. ``verdict`` and ``why`` are its fairness audit's.

    ``comparison`` is the target's part of `models.against_champion`; ``feeds_despite`` is why the job was made to go
    on though a feed broke.
    """
    if evaluation["state"] != "modelled":
        text = f"There is no new model: {evaluation['why']}."
        return Recommendation(target, Advice.INVESTIGATE, (Reason(Advice.INVESTIGATE, text),))
    reasons = (
        *_of_feeds(feeds_despite),
        *_of_audit(verdict, why),
        *_of_itself(evaluation, thresholds, first=comparison["state"] == "first"),
        *_of_comparison(comparison, thresholds),
    )
    advice = next(
        (one for one in (Advice.INVESTIGATE, Advice.KEEP) if any(r.points_to is one for r in reasons)), Advice.PROMOTE
    )
    return Recommendation(target, advice, reasons)


def _of_feeds(despite: str | None) -> Iterator[Reason]:
    if despite is not None:
        yield Reason(Advice.INVESTIGATE, f"A feed broke, and the job was told to go on: {despite}")


def _of_audit(verdict: Verdict, why: str) -> Iterator[Reason]:
    if verdict is Verdict.FAIL:
        yield Reason(
            Advice.INVESTIGATE, f"The fairness audit failed. {why} A model whose audit failed is not promoted."
        )
    elif verdict is Verdict.NOT_AUDITED:
        yield Reason(Advice.INVESTIGATE, f"The model has not been audited. {why}")
    elif verdict is Verdict.CANNOT_TELL:
        yield Reason(
            None, f"The fairness audit cannot tell. {why} Whoever promotes the model writes what guards against harm."
        )
    else:
        yield Reason(Advice.PROMOTE, "The fairness audit passed.")


def _of_itself(evaluation: Mapping[str, Any], thresholds: RetrainingConfig, *, first: bool) -> Iterator[Reason]:
    """What the new model's own evaluation says."""
    choice = evaluation["choice"]
    if choice["no_better_than_chance"]:
        yield Reason(Advice.INVESTIGATE if first else Advice.KEEP, choice["why"])
    yield from _of_stability(evaluation, first=first)
    newest = evaluation["splits"][-1]["as_of"]
    ratio = evaluation["candidates"][choice["chosen"]]["by_as_of"][newest]["observed_over_expected"]
    low, high = thresholds.calibrated_from, thresholds.calibrated_to
    if None not in (ratio["low"], ratio["high"]) and (ratio["high"] < low or ratio["low"] > high):
        yield Reason(
            Advice.INVESTIGATE,
            f"Its probabilities do not hold at {newest}: for each outcome expected there were {_span(ratio)}.",
        )


def _of_stability(evaluation: Mapping[str, Any], *, first: bool) -> Iterator[Reason]:
    """Whether the chosen way of choosing gives the same list and reasons again, where that was measured."""
    found = evaluation.get("stability", {}).get("candidates", {}).get(evaluation["choice"]["chosen"], {})
    if found.get("stable") is False:
        text = f"It is not as stable as the target's file asks: {found['why_not']}"
        yield Reason(None if first else Advice.KEEP, text)


def _of_comparison(comparison: Mapping[str, Any], thresholds: RetrainingConfig) -> Iterator[Reason]:
    match comparison["state"]:
        case "first":
            yield Reason(Advice.PROMOTE, "There is no champion yet to compare it with.")
        case "same":
            yield Reason(Advice.KEEP, "The new model is the champion, to the byte.")
        case "cannot_compare":
            yield Reason(Advice.INVESTIGATE, f"It cannot be compared with the champion. {comparison['why']}")
            yield from _of_change(comparison, thresholds)
        case _:
            yield from _of_precision(comparison, thresholds.not_worse_by)
            yield from _of_change(comparison, thresholds)


def _of_precision(comparison: Mapping[str, Any], not_worse_by: float) -> Iterator[Reason]:
    figures = comparison["figures"]["precision"]
    difference = figures["difference"]
    said = (
        f"Of the panel's list at {comparison['as_of']}, {figures['challenger']['value']:.0%} of the challenger's and "
        f"{figures['champion']['value']:.0%} of the champion's had the outcome: a difference of "
        f"{_points(difference['value'])} (from {_points(difference['low'])} to {_points(difference['high'])}). "
        f"{comparison['basis']}"
    )
    if difference["high"] < 0:
        yield Reason(Advice.KEEP, f"{said} The challenger is worse.")
    elif difference["low"] < -not_worse_by:
        yield Reason(Advice.KEEP, f"{said} It is not shown to be about as good.")
    else:
        better = "better" if difference["low"] > 0 else "about as good"
        yield Reason(Advice.PROMOTE, f"{said} The challenger is {better}, and knows newer data.")


def _of_change(comparison: Mapping[str, Any], thresholds: RetrainingConfig) -> Iterator[Reason]:
    """What changed since the champion learnt."""
    drift, labels, turnover = comparison["feature_drift"], comparison["label_drift"], comparison["turnover"]
    if not comparison["families_known"]:
        yield Reason(
            Advice.INVESTIGATE,
            "Families were given new ids since the champion was made, so that it may have learnt from the families it "
            "is scored on; its figures flatter it.",
        )
    if drift["vanished"]:
        yield Reason(
            Advice.INVESTIGATE,
            f"Features that the champion uses are no longer there: {_listed(drift['vanished'])}. It was scored as if "
            "they were unknown of everybody.",
        )
    emptied = [one["feature"] for one in drift["features"] if one["unknown_change"] >= thresholds.blanks_lost]
    if emptied:
        yield Reason(Advice.INVESTIGATE, f"Features became unknown for many more cases: {_listed(emptied)}.")
    changed, known = len(drift["large"]), len(drift["features"])
    if known and changed > thresholds.features_changed * known:
        yield Reason(Advice.INVESTIGATE, f"{changed} of {known} features changed much: {_listed(drift['large'])}.")
    elif changed:
        yield Reason(None, f"{changed} of {known} features changed much: {_listed(drift['large'])}.")
    yield from _of_labels(labels, thresholds.base_rate_factor)
    share = turnover["share"]
    text = f"{share:.0%} of the new list at {turnover['as_of']} is not on the champion's."
    yield Reason(Advice.INVESTIGATE if share > thresholds.turnover else None, text)


def _of_labels(labels: Mapping[str, Any], factor: float) -> Iterator[Reason]:
    newest, then = labels["by_as_of"][-1], labels["learnt_from"]
    beyond = newest["base_rate"] > factor * then or newest["base_rate"] * factor < then
    apart = labels["difference"]["low"] > 0 or labels["difference"]["high"] < 0
    text = (
        f"The outcome befell {newest['base_rate']:.1%} of the cohort of {newest['as_of']} (95% interval "
        f"{newest['low']:.1%} to {newest['high']:.1%}); the champion learnt from {then:.1%}."
    )
    yield Reason(Advice.INVESTIGATE if beyond and apart else None, text)


def _points(difference: float) -> str:
    return f"{100 * difference:+.0f} points"


def _span(figure: Mapping[str, Any]) -> str:
    return f"{figure['value']:.2f} (from {figure['low']:.2f} to {figure['high']:.2f})"


def _listed(names: list[str], most: int = 5) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

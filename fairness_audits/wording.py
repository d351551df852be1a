"""Findings in plain English, for people who read reports and not tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fairness_audits.ethnicity import label
from fairness_audits.metrics import Metric, Scale, evidence_name, title
from fairness_audits.verdict import Finding, Ground, Verdict, harm_limits

_HOPELESS = 20


@dataclass(frozen=True)
class Audience:
    """What cases are called, and where more of them would come from."""

    units: str
    """Who may have several cases."""
    more: str
    """With what more evidence comes."""
    unknown: str
    """Cases that are of no group as yet."""


OF_A_RUN = Audience("families", "more as-of dates whose outcomes have closed", "cases of unknown ethnicity")
OF_A_LIST = Audience(
    "people or families", "a list of more of them, whose outcomes are known", "cases whose group is not known"
)


def why(finding: Finding, of: Audience) -> str:
    """Why the finding is what it is, with its figures. For the restricted audit, not for publication."""
    name = f"{label(finding.group)}: {title(finding.rule.metric)}"
    evidence = finding.evidence
    if finding.ground is Ground.TOO_LITTLE:
        kind = evidence_name(finding.rule.metric)
        need = _number(finding.rule.minimum)
        if evidence is None or not evidence.denominator:
            return f"{name} cannot be judged: there are no {kind}, and the rule needs {need} independent ones."
        return (
            f"{name} cannot be judged: {kind} number {evidence.denominator:.0f}, of {evidence.families} {of.units}, "
            f"and are worth {math.floor(evidence.effective)} independent ones; the rule needs {need}."
        )
    if evidence is None or finding.low is None or finding.high is None:
        return f"{name} cannot be judged: there is nothing in the rest of the cohort to compare it with."
    level = f"{finding.rule.confidence:.0%} interval"
    comparison = evidence.comparison(finding.rule.scale) or 0.0
    if finding.rule.scale is Scale.RATIO:
        against = f"{comparison:.2f} times that ({level} {finding.low:.2f} to {finding.high:.2f})"
    else:
        against = f"{_points(comparison)} points ({level} {_points(finding.low)} to {_points(finding.high)})"
    values = f"is {_value(finding, evidence.value)} against {_value(finding, evidence.rest_value)} in the rest"
    return f"{name} {values} of the cohort, {against}, {_position(finding)}."


def why_published(finding: Finding, shown: bool) -> str:
    """Why, without a figure that could be worked back to a small count. ``shown``: the group's rate is published."""
    if finding.ground is Ground.TOO_LITTLE:
        return (
            f"There is too little evidence to judge this group: the rule needs at least "
            f"{_number(finding.rule.minimum)} independent {evidence_name(finding.rule.metric)}."
        )
    if finding.ground is Ground.NO_COMPARISON:
        return "There is nothing in the rest of the cohort to compare this group with."
    if not shown:
        return f"The difference from the rest of the cohort is {_position(finding)}; its size is withheld."
    return f"The difference from the rest of the cohort is {_position(finding)}."


def what_would_settle_it(finding: Finding, of: Audience) -> str:
    """What evidence would turn 'cannot tell' into an answer; empty for an answer."""
    if finding.verdict is not Verdict.CANNOT_TELL:
        return ""
    kind = evidence_name(finding.rule.metric)
    if finding.ground is Ground.TOO_LITTLE:
        return (
            f"More {kind} in this group, from different {of.units}: at least {_number(finding.rule.minimum)} "
            f"independent ones. They come with {of.more}, and with fewer {of.unknown}."
        )
    if finding.ground is Ground.NO_COMPARISON:
        return f"{kind.capitalize()} in the rest of the cohort."
    times = evidence_needed(finding)
    if times is None:
        return f"More evidence ({kind} in this group), with {of.more}."
    if times > _HOPELESS:
        return (
            f"More evidence alone will hardly settle it: over {_HOPELESS} times as much would be needed. Decide "
            "whether the difference may stand, or change the model."
        )
    return f"About {times} times as much evidence as now ({kind} in this group), if the difference stays as it is."


def evidence_needed(finding: Finding) -> int | None:
    """By how many times the evidence must grow for the interval to clear the nearer margin, at today's estimate.

    None where the figures are not known, as they are not of counts that are hidden.
    """
    comparison = finding.evidence.comparison(finding.rule.scale) if finding.evidence else None
    if comparison is None or finding.low is None or finding.high is None:
        return None
    scale = (lambda x: math.log(max(x, 1e-9))) if finding.rule.scale is Scale.RATIO else float
    widths = []
    for limit in harm_limits(finding.rule):
        if limit is not None:
            end = finding.high if comparison <= limit else finding.low
            gap = abs(scale(limit) - scale(comparison))
            half = abs(scale(end) - scale(comparison))
            widths.append((half / gap) ** 2 if gap > 0 else math.inf)
    return max(2, math.ceil(min(max(widths), 1e6)))


def _position(finding: Finding) -> str:
    margin = _margin(finding)
    if finding.ground is Ground.BEYOND:
        return f"beyond {margin}"
    if finding.ground is Ground.STRADDLES:
        return f"not shown to be within {margin}, nor beyond it"
    return f"within {margin}, and the group is better off than the rest" if finding.better_off else f"within {margin}"


def _margin(finding: Finding) -> str:
    if finding.rule.scale is Scale.DIFFERENCE:
        return f"the margin of {_number(100 * finding.rule.margin)} points"
    least, most = harm_limits(finding.rule)
    if least is None:
        return f"the margin of {most:.2f} times the rest's"
    return f"the margin of {least:.2f} times the rest's" + (f" to {most:.2f} times" if most else "")


def _value(finding: Finding, value: float | None) -> str:
    return f"{value or 0.0:.2f}" if finding.rule.metric is Metric.CALIBRATION else f"{value or 0.0:.1%}"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _number(value: float) -> str:
    return f"{value:g}"

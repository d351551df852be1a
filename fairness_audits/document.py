"""The audit as a document: every count, rate, interval, rule and verdict, rounded and in a settled order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairness_audits.cases import Cases
from fairness_audits.content import WHOLE, Content
from fairness_audits.ethnicity import UNKNOWN, broad_group, label
from fairness_audits.measure import EVERYONE, NOTHING, Counts, Evidence, Measures
from fairness_audits.metrics import Metric, Scale, evidence_name, title
from fairness_audits.ordering import measure_order
from fairness_audits.policy import Grouping
from fairness_audits.pooling import partially_pooled
from fairness_audits.power import smallest_detectable
from fairness_audits.verdict import Answer, Finding, Question, Verdict, combine
from fairness_audits.wording import what_would_settle_it, why
from store.intervals import wilson, z_of

REPORTED_CONFIDENCE = 0.95
_PLACES = 6
_SEED = 1
_OF_EACH_CLASS = (Metric.MISS_RATE, Metric.FALSE_POSITIVE_RATE)
"""The rates whose denominators are the cases with the outcome, and those without."""

_GROUPINGS = {Grouping.BROAD.value: "broad ethnic group", Grouping.DETAILED.value: "detailed ethnic group"}


def group_entry(
    group: str, grouping: str, measures: Measures, whole: Measures, current: int, further: dict[str, Any]
) -> dict[str, Any]:
    """One group's counts and rates; ``current`` is how many of today's cases are in it, ``further`` goes beside."""
    entry: dict[str, Any] = {"group": group, "label": label(group), "current_cases": current}
    if grouping == Grouping.DETAILED.value:
        entry["broad"] = broad_group(group)
    counts = measures.counts.get(group, NOTHING)
    return (
        entry | counts_entry(counts) | rates_entry(group, measures, WHOLE) | {"list_share": list_share(counts, whole)}
    )


def counts_entry(counts: Counts) -> dict[str, Any]:
    return {
        "n": counts.n,
        "positives": counts.positives,
        "flagged": counts.flagged,
        "tp": counts.tp,
        "fp": counts.fp,
        "fn": counts.fn,
        "tn": counts.tn,
        "expected": number(counts.expected),
        "mean_score": number(counts.expected / counts.n) if counts.n else None,
    }


def rates_entry(group: str, measures: Measures, content: Content) -> dict[str, Any]:
    """Every rate of a group that means something."""
    return {metric.value: rate_entry(measures.evidence.get((metric, group)), metric) for metric in content.metrics}


def pooled_rates(measures: Measures, content: Content) -> dict[str, dict[str, Any]]:
    """Each group's rates drawn towards those of the others, by group and metric; rates only, and not calibration."""
    found: dict[str, dict[str, Any]] = {group: {} for group in measures.groups}
    for metric in content.metrics:
        if metric is Metric.CALIBRATION:
            continue
        evidence = [measures.evidence[metric, group] for group in measures.groups]
        trials = np.array([one.effective for one in evidence])
        rates = np.array([one.value or 0.0 for one in evidence])
        pooled = partially_pooled(rates * trials, trials, REPORTED_CONFIDENCE)
        for place, group in enumerate(measures.groups):
            figures = (pooled.value[place], pooled.low[place], pooled.high[place]) if pooled else (None,) * 3
            found[group][metric.value] = dict(zip(("value", "low", "high"), map(number, figures)))
    return found


def rate_entry(evidence: Evidence | None, metric: Metric) -> dict[str, Any]:
    """A rate with its interval and its difference from the rest; nulls and the reason where it is undefined."""
    if evidence is None or evidence.value is None:
        return {
            **dict.fromkeys(("value", "low", "high", "p_value")),
            "why_empty": f"there are no {evidence_name(metric)} in this group",
        }
    low, high = evidence.interval(REPORTED_CONFIDENCE) or (None, None)
    entry: dict[str, Any] = {
        "value": number(evidence.value),
        "low": number(low),
        "high": number(high),
        "numerator": number(evidence.numerator),
        "denominator": number(evidence.denominator),
        "effective_denominator": number(evidence.effective),
        "families": evidence.families,
        "p_value": number(_p_alike(evidence)),
    }
    return entry | {"rest": _against_rest(evidence)}


def order_entries(cases: Cases, group_of: NDArray[Any], measures: Measures) -> dict[str, dict[str, Any]]:
    """How well scores put each group's own cases in order, by group and metric."""
    return {group: _order_entry(cases, np.asarray(group_of == group), group, measures) for group in measures.groups}


def _order_entry(cases: Cases, rows: NDArray[np.bool_], group: str, measures: Measures) -> dict[str, Any]:
    effective = tuple(measures.evidence[metric, group].effective for metric in _OF_EACH_CLASS)
    found = measure_order(cases, rows, (effective[0], effective[1]), REPORTED_CONFIDENCE, _SEED)
    return {
        metric.value: {"value": number(one.value), "low": number(one.low), "high": number(one.high)}
        | ({"why_empty": one.why_empty} if one.why_empty else {})
        for metric, one in found.items()
    }


def rule_entry(answer: Answer) -> dict[str, Any]:
    """One rule, its verdict and what it found in each group."""
    return answer.question.rule.model_dump(mode="json") | {
        "grouping": answer.question.grouping,
        "title": rule_title(answer.question),
        "verdict": answer.verdict.value,
        "groups": [_finding_entry(finding) for finding in answer.findings],
    }


def rule_title(question: Question) -> str:
    """What is compared, and among which groups."""
    return f"{title(question.rule.metric)} by {_GROUPINGS.get(question.grouping, question.grouping)}"


def overall_why(findings: list[Finding]) -> str:
    """The overall verdict in a sentence."""
    verdict = combine([finding.verdict for finding in findings])
    if verdict is Verdict.PASS:
        return "Every group was shown to be within every margin of the policy."
    found = [finding for finding in sorted(findings, key=_known_first) if finding.verdict is verdict]
    groups = ", ".join(dict.fromkeys(_named(finding) for finding in found))
    if verdict is Verdict.FAIL:
        return f"The policy's margin was shown to be exceeded for: {groups}."
    if not findings:
        return "There was no case to judge any rule by."
    return f"No margin was shown to be exceeded, but the evidence does not settle every rule for: {groups}."


def number(value: float | None) -> float | None:
    """A number as it is written: rounded, and null where it is not finite."""
    return None if value is None or not math.isfinite(value) else round(float(value), _PLACES) + 0.0


def list_share(counts: Counts, whole: Measures) -> dict[str, float | None]:
    """The group's share of all flags. A family's group does not change, so a family is one case of evidence."""
    flags = whole.evidence.get((Metric.PRECISION, EVERYONE))
    if flags is None or not flags.denominator:
        return dict.fromkeys(("value", "low", "high"))
    share = counts.flagged / flags.denominator
    low, high = wilson(share * flags.families, flags.families, z_of(REPORTED_CONFIDENCE))
    return {"value": number(share), "low": number(float(low)), "high": number(float(high))}


def _p_alike(evidence: Evidence) -> float | None:
    """p-value of 'the group is as the rest'."""
    by_ratio = evidence.metric is Metric.CALIBRATION
    return evidence.p_value(Scale.RATIO, 1.0) if by_ratio else evidence.p_value(Scale.DIFFERENCE, 0.0)


def _against_rest(evidence: Evidence) -> dict[str, Any]:
    scales = [Scale.RATIO] if evidence.metric is Metric.CALIBRATION else list(Scale)
    entry: dict[str, Any] = {"value": number(evidence.rest_value), "denominator": number(evidence.rest_denominator)}
    if evidence.metric is not Metric.CALIBRATION:
        entry["smallest_detectable"] = number(
            smallest_detectable(
                evidence.effective, evidence.rest_value or 0.0, evidence.rest_effective, REPORTED_CONFIDENCE
            )
        )
    return entry | {scale.value: _comparison(evidence, scale) for scale in scales}


def _comparison(evidence: Evidence, scale: Scale) -> dict[str, Any]:
    low, high = evidence.comparison_interval(scale, REPORTED_CONFIDENCE) or (None, None)
    return {"value": number(evidence.comparison(scale)), "low": number(low), "high": number(high)}


def _finding_entry(finding: Finding) -> dict[str, Any]:
    evidence = finding.evidence
    return {
        "group": finding.group,
        "label": label(finding.group),
        "verdict": finding.verdict.value,
        "ground": finding.ground.value,
        "value": number(evidence.value) if evidence else None,
        "rest": number(evidence.rest_value) if evidence else None,
        "comparison": number(evidence.comparison(finding.rule.scale)) if evidence else None,
        "low": number(finding.low),
        "high": number(finding.high),
        "p_beyond_margin": number(finding.p_value),
        "p_beyond_margin_holm": number(finding.p_holm),
        "evidence": number(evidence.effective) if evidence else 0,
        "better_off": finding.better_off,
        "why": why(finding),
        "what_would_settle_it": what_would_settle_it(finding),
    }


def _known_first(finding: Finding) -> tuple[bool, str]:
    return finding.group == UNKNOWN, label(finding.group)


def _named(finding: Finding) -> str:
    """The group in a sentence: an ethnic group by its name, any other with what it is a group of."""
    grouping = finding.question.grouping
    if grouping not in _GROUPINGS:
        return f"{grouping} {finding.group}"
    return f"ethnicity {UNKNOWN.lower()}" if finding.group == UNKNOWN else label(finding.group)

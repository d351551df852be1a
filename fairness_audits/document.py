"""The audit as a document: every count, rate, interval, rule and verdict, rounded and in a settled order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairness_audits.cases import Cases
from fairness_audits.content import Content
from fairness_audits.ethnicity import UNKNOWN, label
from fairness_audits.intervals import Floats, observed_over_expected
from fairness_audits.measure import EVERYONE, NOTHING, Counts, Measures, comparison_method
from fairness_audits.metrics import Metric, Scale, evidence_name, title
from fairness_audits.ordering import Figures, Grouped, Ordered, measure_order
from fairness_audits.policy import Grouping
from fairness_audits.pooling import partially_pooled
from fairness_audits.power import smallest_detectable
from fairness_audits.verdict import Answer, Finding, Question, Verdict, combine
from fairness_audits.wording import Audience, what_would_settle_it, why
from store.intervals import wilson, z_of

REPORTED_CONFIDENCE = 0.95
_PLACES = 6
_SEED = 1
_OF_EACH_CLASS = (Metric.MISS_RATE, Metric.FALSE_POSITIVE_RATE)
"""The rates whose denominators are the cases with the outcome, and those without."""

_GROUPINGS = {
    Grouping.BROAD.value: "broad ethnic group",
    Grouping.DETAILED.value: "detailed ethnic group",
    Grouping.AGE_BAND.value: "age band",
}
_ETHNIC = (Grouping.BROAD.value, Grouping.DETAILED.value)


def group_entries(
    measures: Measures, whole: Measures, content: Content, figures: Sequence[Figures], reference: str | None = None
) -> list[dict[str, Any]]:
    """One entry for each group that has a case: counts, rates, metrics of order, share of the list.

    ``figures`` are the groups' metrics of order; empty where the list has no scores or outcomes. ``reference`` is the
    group that others are compared with, as well as with the rest of the cohort.
    """
    rates, pooled = rates_entries(measures, content, reference), pooled_rates(measures, content)
    return [
        {"group": group, "label": label(group)}
        | counts_entry(measures.counts[group], content)
        | rates[place]
        | (order_entry(figures[place]) if figures else {})
        | {"list_share": list_share(measures.counts[group], whole), "partially_pooled": pooled[group]}
        for place, group in enumerate(measures.groups)
    ]


def overall_entry(whole: Measures, content: Content, figures: Sequence[Figures]) -> dict[str, Any]:
    """The entry of the cohort undivided."""
    if not whole.groups:
        return empty_entry(EVERYONE, content)
    (entry,) = group_entries(whole, whole, content, figures)
    return {name: value for name, value in entry.items() if name not in ("label", "list_share", "partially_pooled")}


def empty_entry(group: str, content: Content) -> dict[str, Any]:
    """The entry of a group without a case."""
    entry = {"group": group, "label": label(group)} | counts_entry(NOTHING, content)
    return entry | {metric.value: _undefined(metric) for metric in content.metrics}


def counts_entry(counts: Counts, content: Content) -> dict[str, Any]:
    """The counts that mean something; expected outcomes where scores are probabilities."""
    entry: dict[str, Any] = {name: getattr(counts, name) for name in content.counts}
    if "positives" in content.counts:
        entry["tn"] = counts.tn
    return entry | ({"expected": number(counts.expected)} if Metric.CALIBRATION in content.metrics else {})


def rates_entries(measures: Measures, content: Content, reference: str | None = None) -> list[dict[str, Any]]:
    """Every rate of every group, worked out for all groups at once; nulls and the reason where one is undefined."""
    by_metric = {metric: _metric_entries(measures, metric, reference) for metric in content.metrics}
    return [
        {metric.value: entries[place] for metric, entries in by_metric.items()} for place in range(len(measures.groups))
    ]


def _metric_entries(measures: Measures, metric: Metric, reference: str | None) -> list[dict[str, Any]]:
    """One metric of every group: value and interval, and the same beside the rest of the cohort and the reference."""
    evidence = [measures.evidence[metric, group] for group in measures.groups]
    own, rest = (
        _Side(*np.array(sides, dtype=np.float64).reshape(-1, 3).T)
        for sides in (
            [(one.numerator, one.denominator, one.effective) for one in evidence],
            [(one.rest_numerator, one.rest_denominator, one.rest_effective) for one in evidence],
        )
    )
    if metric is Metric.CALIBRATION:
        low, high = observed_over_expected(own.successes, own.effective, REPORTED_CONFIDENCE)
        detectable = None
    else:
        low, high = wilson(own.successes, own.effective, z_of(REPORTED_CONFIDENCE))
        detectable = smallest_detectable(own.effective, rest.rate, rest.effective, REPORTED_CONFIDENCE)
    beside_rest, p_value = _compared(metric, own, rest)
    place_of = {group: place for place, group in enumerate(measures.groups)}
    chosen = place_of.get(reference) if reference is not None else None
    beside_chosen = None if chosen is None else _compared(metric, own, own.at(chosen))[0]
    entries = []
    for place, one in enumerate(evidence):
        if one.value is None:
            entries.append(_undefined(metric))
            continue
        beside: dict[str, Any] = {"value": number(rest.rate[place]), "denominator": number(rest.size[place])}
        if detectable is not None:
            beside["smallest_detectable"] = number(detectable[place])
        entry = {
            **dict(zip(("value", "low", "high"), map(number, (own.rate[place], low[place], high[place])))),
            "numerator": number(one.numerator),
            "denominator": number(one.denominator),
            "effective_denominator": number(one.effective),
            "families": one.families,
            "p_value": number(p_value[place]),
            "rest": beside | beside_rest[place],
        }
        if beside_chosen is not None and place != chosen:
            entry["reference"] = {"group": reference, **beside_chosen[place]}
        entries.append(entry)
    return entries


@dataclass(frozen=True)
class _Side:
    """Numerators, denominators and what these are worth, one entry for each group."""

    total: Floats
    size: Floats
    effective: Floats

    @property
    def rate(self) -> Floats:
        rate: Floats = np.divide(self.total, self.size, out=np.full(self.size.shape, np.nan), where=self.size > 0)
        return rate

    @property
    def successes(self) -> Floats:
        return self.rate * self.effective

    def at(self, place: int) -> _Side:
        """One group's in every place."""
        return _Side(*(np.full(part.shape, part[place]) for part in (self.total, self.size, self.effective)))


def _compared(metric: Metric, own: _Side, other: _Side) -> tuple[list[dict[str, Any]], Floats]:
    """For each group its difference from and ratio to the other side with intervals, and the p-value of 'alike'."""
    scales = [Scale.RATIO] if metric is Metric.CALIBRATION else list(Scale)
    sides = (own.successes, own.effective, other.successes, other.effective)
    compared = {
        Scale.RATIO: np.divide(own.rate, other.rate, out=np.full(own.rate.shape, np.nan), where=other.rate > 0),
        Scale.DIFFERENCE: own.rate - other.rate,
    }
    ends = {scale: comparison_method(metric, scale)[0](*sides, z_of(REPORTED_CONFIDENCE)) for scale in scales}
    p_value = comparison_method(metric, scales[0])[1](*sides, 1.0 if metric is Metric.CALIBRATION else 0.0)
    entries = []
    for place in range(len(own.rate)):
        entry = {}
        for scale, (least, most) in ends.items():
            told = bool(np.isfinite(compared[scale][place]))
            figures = (compared[scale][place], least[place], most[place]) if told else (None,) * 3
            entry[scale.value] = dict(zip(("value", "low", "high"), map(number, figures)))
        entries.append(entry)
    return entries, p_value


def _undefined(metric: Metric) -> dict[str, Any]:
    return {
        **dict.fromkeys(("value", "low", "high", "p_value")),
        "why_empty": f"there are no {evidence_name(metric)} in this group",
    }


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


def order_figures(cases: Cases, all_measures: Mapping[str, Measures], probabilities: bool) -> dict[str, list[Figures]]:
    """How well scores put each group's own cases in order, for every grouping."""
    divisions = {
        name: Grouped(
            found.code,
            np.array(
                [[found.evidence[metric, group].effective for metric in _OF_EACH_CLASS] for group in found.groups]
            ),
        )
        for name, found in all_measures.items()
    }
    return measure_order(cases, divisions, REPORTED_CONFIDENCE, _SEED, probabilities)


def order_entry(figures: Figures) -> dict[str, Any]:
    """A group's metrics of order, each with the rest's and the difference where these mean something."""
    entry: dict[str, Any] = {}
    for metric, one in figures.items():
        entry[metric.value] = _ordered(one.own)
        if one.difference is not None:
            entry[metric.value]["rest"] = {"value": number(one.rest), "difference": _ordered(one.difference)}
    return entry


def _ordered(one: Ordered) -> dict[str, Any]:
    figures = {"value": number(one.value), "low": number(one.low), "high": number(one.high)}
    return figures | ({"why_empty": one.why_empty} if one.why_empty else {})


def rule_entry(answer: Answer, of: Audience) -> dict[str, Any]:
    """One rule, its verdict and what it found in each group."""
    return answer.question.rule.model_dump(mode="json") | {
        "grouping": answer.question.grouping,
        "title": rule_title(answer.question),
        "verdict": answer.verdict.value,
        "groups": [_finding_entry(finding, of) for finding in answer.findings],
    }


def rule_title(question: Question) -> str:
    """What is compared, and among which groups."""
    return f"{title(question.rule.metric)} by {_GROUPINGS.get(question.grouping, question.grouping)}"


def overall_why(findings: Sequence[Finding], not_asked: Sequence[Mapping[str, str]] = ()) -> str:
    """The overall verdict in a sentence, and which rules could not be asked."""
    unasked = ", ".join(dict.fromkeys(entry["rule"] for entry in not_asked))
    further = [f"Not asked for want of what they need: {unasked}."] if unasked else []
    said = [_why(findings)] if findings or not further else []
    return " ".join([*said, *further])


def _why(findings: Sequence[Finding]) -> str:
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


def _finding_entry(finding: Finding, of: Audience) -> dict[str, Any]:
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
        "why": why(finding, of),
        "what_would_settle_it": what_would_settle_it(finding, of),
    }


def _known_first(finding: Finding) -> tuple[bool, str]:
    return finding.group == UNKNOWN, label(finding.group)


def _named(finding: Finding) -> str:
    """The group in a sentence: an ethnic group by its name, any other with what it is a group of."""
    grouping = finding.question.grouping
    if grouping not in _ETHNIC:
        return f"{_GROUPINGS.get(grouping, grouping)} {finding.group}"
    return f"ethnicity {UNKNOWN.lower()}" if finding.group == UNKNOWN else label(finding.group)

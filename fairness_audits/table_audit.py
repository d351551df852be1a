"""The audit of a scored list from elsewhere: one document with exact figures, one that may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairness_audits.audit import FORMAT, METHOD, Documents, policy_entry
from fairness_audits.cases import Cases
from fairness_audits.content import Content, content_of
from fairness_audits.document import (
    counts_entry,
    list_share,
    number,
    order_entries,
    overall_why,
    pooled_rates,
    rates_entry,
    rule_entry,
)
from fairness_audits.ethnicity import label
from fairness_audits.measure import EVERYONE, Measures, measure, measure_everyone
from fairness_audits.metrics import Metric, title
from fairness_audits.ordering import OrderMetric
from fairness_audits.policy import Policy, Rule
from fairness_audits.published import Row, published_block
from fairness_audits.scored_list import Columns, Cut, ScoredList, Texts, in_order
from fairness_audits.verdict import Question, Verdict, all_findings, combine, judge

_NOT_COUNTED = ("positives", "tp", "fp", "fn", "tn", "expected", "mean_score")


@dataclass(frozen=True)
class Listed:
    """A list, and what was asked of it."""

    name: str
    sha256: str
    columns: Columns
    cut: Cut
    cases: ScoredList


def audit_table(listed: Listed, policy: Policy) -> Documents:
    """The audit of a list.

    Every rule of the policy is asked of every group column; columns together (ethnicity by sex) are described and not
    judged, for they would multiply the questions. Rules that need outcomes or probabilities are not asked where there
    are none; without all of its questions an audit never passes.
    """
    given = listed.cases
    content = content_of(given.outcome is not None, given.probabilities)
    blank = np.zeros(len(given))
    cases = Cases(
        given.outcome if given.outcome is not None else blank.astype(bool),
        given.flagged,
        given.score if given.score is not None else blank,
        given.unit,
    )
    whole = measure_everyone(cases)
    groups = {**given.groups, **_together(given.groups)}
    measures = {name: measure(cases, found, in_order(found.tolist())) for name, found in groups.items()}
    asked, not_asked = _questions(policy, listed.columns, content)
    answers = judge(asked, measures, {name: found.groups for name, found in measures.items()})
    findings = all_findings(answers)
    verdict = combine([finding.verdict for finding in findings])
    if not_asked and verdict is Verdict.PASS:
        verdict = Verdict.CANNOT_TELL
    why = " ".join(filter(None, (overall_why(findings) if findings else "", _why_not_all(not_asked))))
    shared = {
        "format": FORMAT,
        "kind": "table",
        "list": _about(listed, content),
        "verdict": verdict.value,
        "why": why,
        "policy": policy_entry(policy),
        "not_asked": not_asked,
        "method": METHOD,
    }
    restricted = {
        **shared,
        "sha256": listed.sha256,
        "cases": len(given),
        "units": len(np.unique(given.unit)),
        "cases_without_unit": given.without_unit,
        "left_out": given.left_out,
        "ties": {"tied": given.ties.tied, "flagged": given.ties.flagged} if given.ties else None,
        "metrics": {metric.value: title(metric) for metric in content.metrics},
        "overall": {"group": EVERYONE}
        | _entry(EVERYONE, whole, whole, content, given)
        | _order(cases, np.full(len(given), EVERYONE), whole, given)[EVERYONE],
        "groupings": {
            name: _grouping(cases, groups[name], found, whole, content, given) for name, found in measures.items()
        },
        "within_unit_correlation": {
            name: {metric.value: number(found.correlation[metric]) for metric in content.metrics}
            for name, found in measures.items()
        },
        "rules": [rule_entry(answer) for answer in answers],
    }
    nesting = _nesting(given.groups)
    return Documents(restricted, {**shared, **published_block(content, measures, whole, answers, nesting)})


def _grouping(
    cases: Cases, group_of: Texts, found: Measures, whole: Measures, content: Content, given: ScoredList
) -> list[dict[str, Any]]:
    pooled, ordered = pooled_rates(found, content), _order(cases, group_of, found, given)
    return [
        {"group": group, "label": label(group), "partially_pooled": pooled[group]}
        | _entry(group, found, whole, content, given)
        | ordered[group]
        for group in found.groups
    ]


def _together(groups: Mapping[str, Texts]) -> dict[str, Texts]:
    """Each two of the group columns taken together."""
    return {
        _beside(one, other): np.array([_beside(a, b) for a, b in zip(groups[one], groups[other])], dtype=object)
        for one, other in combinations(groups, 2)
    }


def _beside(one: str, other: str) -> str:
    """Two names as one, which no other two give."""
    return " | ".join(name.replace("|", "||") for name in (one, other))


def _nesting(groups: Mapping[str, Texts]) -> dict[Row, list[Row]]:
    """A group is the sum of those that it makes with the groups of another column."""
    nesting: dict[Row, list[Row]] = {}
    for one, other in combinations(groups, 2):
        for a, b in sorted(set(zip(groups[one].tolist(), groups[other].tolist()))):
            part = (_beside(one, other), _beside(a, b))
            nesting.setdefault((one, a), []).append(part)
            nesting.setdefault((other, b), []).append(part)
    return nesting


def _order(cases: Cases, group_of: NDArray[Any], measures: Measures, given: ScoredList) -> dict[str, dict[str, Any]]:
    """Metrics of order, where there are scores and outcomes; no calibration slope of scores that only rank."""
    if given.score is None or given.outcome is None:
        return {group: {} for group in measures.groups}
    found = order_entries(cases, group_of, measures)
    if not given.probabilities:
        for entry in found.values():
            del entry[OrderMetric.SLOPE.value]
    return found


def _questions(policy: Policy, columns: Columns, content: Content) -> tuple[list[Question], list[dict[str, str]]]:
    """What is asked, and which rules are not, with the reason.

    Rules that differ only in the ethnic grouping they are for are one question of a table's own groups.
    """
    distinct: dict[tuple[object, ...], Rule] = {}
    for rule in policy.rules:
        distinct.setdefault((rule.metric, rule.scale, rule.margin, rule.confidence, rule.minimum), rule)
    asked = [
        Question(rule, name) for rule in distinct.values() if rule.metric in content.metrics for name in columns.groups
    ]
    not_asked = [
        {"rule": rule.name, "metric": rule.metric.value, "why": _why_not(rule.metric, columns)}
        for rule in distinct.values()
        if rule.metric not in content.metrics
    ]
    return asked, not_asked


def _why_not(metric: Metric, columns: Columns) -> str:
    if columns.label is None:
        return "The list has no outcomes (no --label)."
    if metric is Metric.CALIBRATION and columns.score is None:
        return "The list has no scores (no --score)."
    return "The scores are not probabilities: some are below 0 or above 1."


def _why_not_all(not_asked: list[dict[str, str]]) -> str:
    if not not_asked:
        return ""
    return f"Not asked for want of what they need: {', '.join(entry['rule'] for entry in not_asked)}."


def _about(listed: Listed, content: Content) -> dict[str, Any]:
    columns, cut = listed.columns, listed.cut
    return {
        "file": listed.name,
        "columns": {
            "group": list(columns.groups),
            "label": columns.label,
            "score": columns.score,
            "flag": columns.flag,
            "unit": columns.unit,
        },
        "threshold": cut.threshold,
        "capacity": cut.capacity,
        "told": [metric.value for metric in content.metrics],
    }


def _entry(group: str, found: Measures, whole: Measures, content: Content, given: ScoredList) -> dict[str, Any]:
    counts = counts_entry(found.counts[group])
    if given.outcome is None:
        counts = {name: value for name, value in counts.items() if name not in _NOT_COUNTED}
    elif not given.probabilities:
        counts = {name: value for name, value in counts.items() if name not in ("expected", "mean_score")}
    if given.score is not None:
        counts["mean_score"] = number(found.counts[group].expected / found.counts[group].n)
    return counts | rates_entry(group, found, content) | {"list_share": list_share(found.counts[group], whole)}

"""The audit of a scored list from elsewhere: one document with exact figures, one that may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fairness_audits.audit import FORMAT, METHOD, Documents, policy_entry
from fairness_audits.cases import Cases
from fairness_audits.content import Content, content_of
from fairness_audits.document import (
    group_entries,
    number,
    order_figures,
    overall_entry,
    overall_why,
    rule_entry,
)
from fairness_audits.measure import EVERYONE, Measures, measure, measure_everyone
from fairness_audits.metrics import Metric, title
from fairness_audits.ordering import Figures, OrderMetric
from fairness_audits.policy import Policy, Rule
from fairness_audits.published import published_block
from fairness_audits.scored_list import MOST_GROUPS, Columns, Cut, ScoredList, Texts, in_order
from fairness_audits.together import By, beside, sums_of, taken_together
from fairness_audits.verdict import Question, all_findings, judge, overall_verdict
from fairness_audits.wording import OF_A_LIST


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
    groups, made_of, left_out = _groupings(given.groups)
    measures = {name: measure(cases, found, in_order(set(found))) for name, found in groups.items()}
    asked, not_asked = _questions(policy, listed.columns, content)
    answers = judge(asked, measures, {name: found.groups for name, found in measures.items()})
    shared = {
        "format": FORMAT,
        "kind": "table",
        "list": _about(listed, content),
        "verdict": overall_verdict(answers, not_asked).value,
        "why": overall_why(all_findings(answers), not_asked),
        "policy": policy_entry(policy),
        "not_asked": not_asked,
        "not_described": left_out,
        "method": METHOD.format(pooled="", units=OF_A_LIST.units),
    }
    figures = _figures(cases, {EVERYONE: whole, **measures}, given)
    restricted = {
        **shared,
        "sha256": listed.sha256,
        "cases": len(given),
        "units": len(np.unique(given.unit)),
        "cases_without_unit": given.without_unit,
        "left_out": given.left_out,
        "ties": {"tied": given.ties.tied, "flagged": given.ties.flagged} if given.ties else None,
        "metrics": {metric.value: title(metric) for metric in content.metrics},
        "overall": overall_entry(whole, content, figures.get(EVERYONE, ())),
        "groupings": {
            name: group_entries(found, whole, content, figures.get(name, ()), policy.reference.get(name))
            for name, found in measures.items()
        },
        "within_unit_correlation": {
            name: {metric.value: number(found.correlation[metric]) for metric in content.metrics}
            for name, found in measures.items()
        },
        "rules": [rule_entry(answer, OF_A_LIST) for answer in answers],
    }
    nesting = sums_of({name: measures[name].groups for name in given.groups}, made_of.values())
    block = published_block(content, measures, whole, answers, nesting, policy.small_numbers, OF_A_LIST)
    return Documents(restricted, {**shared, **block})


def _figures(cases: Cases, measures: Mapping[str, Measures], given: ScoredList) -> dict[str, list[Figures]]:
    """Metrics of order, where there are scores; without outcomes, the mean score alone."""
    if given.score is None:
        return {}
    figures = order_figures(cases, measures, given.probabilities)
    if given.outcome is not None:
        return figures
    alone = OrderMetric.MEAN_SCORE
    return {name: [{alone: one[alone]} for one in found] for name, found in figures.items()}


def _groupings(groups: Mapping[str, Texts]) -> tuple[dict[str, Texts], dict[str, By], list[dict[str, Any]]]:
    """Each group column, and each two of them together unless they make too many groups; and those left out."""
    made_of: dict[str, By] = {name: (name,) for name in groups}
    found, left_out = dict(groups), []
    for by in combinations(groups, 2):
        together = taken_together(groups, by)
        number_of = len(set(together))
        if number_of > MOST_GROUPS:
            left_out.append({"by": list(by), "groups": number_of, "why": f"more than {MOST_GROUPS} groups together"})
        else:
            made_of[beside(by)], found[beside(by)] = by, together
    return found, made_of, left_out


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

"""One target's audit: from scores and groups to a document with exact figures and one that may be shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairness_audits.cases import Cases, as_cases, clusters, is_test_case
from fairness_audits.content import WHOLE
from fairness_audits.document import (
    counts_entry,
    group_entry,
    number,
    order_entries,
    overall_why,
    pooled_rates,
    rates_entry,
    rule_entry,
)
from fairness_audits.ethnicity import BROAD_GROUPS, DETAILED_GROUPS, broad_group
from fairness_audits.grouping import units_are_families
from fairness_audits.measure import EVERYONE, NOTHING, Measures, measure, measure_everyone
from fairness_audits.metrics import title
from fairness_audits.policy import Grouping, Policy
from fairness_audits.published import Row, published_block
from fairness_audits.verdict import Verdict, all_findings, combine, judge, questions

FORMAT = 2

GROUPS: dict[str, tuple[str, ...]] = {
    Grouping.BROAD.value: BROAD_GROUPS,
    Grouping.DETAILED.value: DETAILED_GROUPS,
}

ETHNIC_NESTING: dict[Row, list[Row]] = {
    (Grouping.BROAD.value, broad): [
        (Grouping.DETAILED.value, code) for code in DETAILED_GROUPS if broad_group(code) == broad
    ]
    for broad in BROAD_GROUPS
}
"""A broad group is the sum of its detailed ones."""

METHOD = (
    "Rates are shares of their own denominators, over all test as-of dates together. Intervals are Wilson's for one "
    "rate, Newcombe's for the difference of two and Donner and Zou's for their ratio, Garwood's for observed over "
    "expected and the score interval for the ratio of two such, all on evidence reduced for families that recur. "
    "'Partially pooled' rates are drawn towards the other groups' as far as the groups are alike, and judge nothing; "
    "'smallest detectable' is the excess over the rest that would be found in four of five such data sets. "
    "'The rest' is everyone in the cohort outside the group. Fail is after Holm's adjustment over all questions "
    "asked; pass needs every question passed."
)


@dataclass(frozen=True)
class Audited:
    """What is needed to audit one target. ``groups`` has one entry for each row of ``scores``, by grouping."""

    target: str
    scores: pa.Table
    """One row for each unit and as-of date."""
    groups: dict[str, NDArray[Any]]
    bound: dict[str, str]
    """SHA-256 of the files the audit rests on."""
    caveats: list[str]


@dataclass(frozen=True)
class Documents:
    """An audit with exact figures, for the audits' own people, and with small numbers protected, for everybody."""

    restricted: dict[str, Any]
    published: dict[str, Any]


def audit(audited: Audited, policy: Policy) -> Documents:
    """The audit of one target."""
    tested = is_test_case(audited.scores)
    today = np.asarray(audited.scores["part"].to_numpy() == "current", dtype=bool)
    rows = audited.scores.filter(pa.array(tested))
    cases = as_cases(rows, clusters(audited.scores))
    whole = measure_everyone(cases)
    measures = {name: measure(cases, audited.groups[name][tested], order) for name, order in GROUPS.items()}
    current = {name: Counter(audited.groups[name][today].tolist()) for name in GROUPS}
    expected = {name: _expected(measures[name], current[name], order) for name, order in GROUPS.items()}
    further = {name: _further(cases, audited.groups[name][tested], found) for name, found in measures.items()}
    answers = judge(questions(policy), measures, expected)
    findings = all_findings(answers)
    shared = _shared(
        audited.target,
        combine([finding.verdict for finding in findings]),
        overall_why(findings),
        audited.bound,
        policy,
        audited.caveats,
    )
    tested_on = {
        "unit": "family" if units_are_families(audited.scores) else "child",
        "as_ofs": sorted({as_of.isoformat() for as_of in rows["as_of"].unique().to_pylist()}),
    }
    restricted = {
        **shared,
        "test": {**tested_on, "cases": len(cases), "families": len(np.unique(cases.family))},
        "metrics": {metric.value: title(metric) for metric in WHOLE.metrics},
        "overall": {"group": EVERYONE}
        | counts_entry(whole.counts.get(EVERYONE, NOTHING))
        | rates_entry(EVERYONE, whole, WHOLE)
        | order_entries(cases, np.full(len(cases), EVERYONE), whole).get(EVERYONE, {}),
        "groupings": {
            name: [
                group_entry(group, name, measures[name], whole, current[name][group], further[name].get(group, {}))
                for group in expected[name]
            ]
            for name in GROUPS
        },
        "within_family_correlation": {
            name: {metric.value: number(rho) for metric, rho in found.correlation.items()}
            for name, found in measures.items()
        },
        "rules": [rule_entry(answer) for answer in answers],
        "method": METHOD,
    }
    published = {
        **shared,
        "test": tested_on,
        **published_block(WHOLE, measures, whole, answers, ETHNIC_NESTING),
        "method": METHOD,
    }
    return Documents(restricted, published)


def not_audited(target: str, why: str, bound: dict[str, str], policy: Policy, caveats: list[str]) -> Documents:
    """The documents of a target for which there is no model to audit."""
    shared = _shared(target, Verdict.NOT_AUDITED, why, bound, policy, caveats)
    return Documents(shared, shared)


def _shared(
    target: str, verdict: Verdict, why: str, bound: dict[str, str], policy: Policy, caveats: list[str]
) -> dict[str, Any]:
    """What both documents say."""
    return {
        "format": FORMAT,
        "kind": "run",
        "target": target,
        "verdict": verdict.value,
        "why": why,
        "policy": policy_entry(policy),
        "bound": bound | {"policy_sha256": policy.sha256},
        "label_caveats": caveats,
    }


def policy_entry(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "sha256": policy.sha256,
        "rules": [rule.model_dump(mode="json") for rule in policy.rules],
    }


def _further(cases: Cases, group_of: NDArray[Any], measures: Measures) -> dict[str, dict[str, Any]]:
    """What stands beside each group's rates: how well its cases are put in order, and its rates drawn in."""
    pooled, ordered = pooled_rates(measures, WHOLE), order_entries(cases, group_of, measures)
    return {group: {**ordered[group], "partially_pooled": pooled[group]} for group in measures.groups}


def _expected(measures: Measures, current: Counter[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Groups with a test case or a case today, in their settled order."""
    return tuple(group for group in order if group in measures.counts or current[group])

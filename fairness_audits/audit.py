"""One target's audit: from scores and groups to a document with exact figures and one that may be shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fairness_audits import below_the_line
from fairness_audits.attributes import ATTRIBUTE_GROUPS
from fairness_audits.cases import as_cases, clusters, is_test_case
from fairness_audits.content import WHOLE
from fairness_audits.document import (
    empty_entry,
    group_entries,
    number,
    order_figures,
    overall_entry,
    overall_why,
    rule_entry,
)
from fairness_audits.ethnicity import BROAD_GROUPS, DETAILED_GROUPS, broad_group
from fairness_audits.grouping import units_are_families
from fairness_audits.measure import EVERYONE, Measures, measure, measure_everyone
from fairness_audits.metrics import title
from fairness_audits.policy import Grouping, Policy
from fairness_audits.published import Nesting, published_block
from fairness_audits.together import beside, merged, order_together, sums_of, taken_together
from fairness_audits.verdict import Verdict, all_findings, judge, overall_verdict, questions
from fairness_audits.wording import OF_A_RUN

FORMAT = 2

GROUPS: dict[str, tuple[str, ...]] = {
    Grouping.BROAD.value: BROAD_GROUPS,
    Grouping.DETAILED.value: DETAILED_GROUPS,
    **ATTRIBUTE_GROUPS,
}
"""The groups of every grouping, in their settled order."""

ETHNIC_NESTING: Nesting = {
    (Grouping.BROAD.value, broad): [
        [(Grouping.DETAILED.value, code) for code in DETAILED_GROUPS if broad_group(code) == broad]
    ]
    for broad in BROAD_GROUPS
}
"""A broad group is the sum of its detailed ones."""

METHOD = (
    "Rates are shares of their own denominators{pooled}. Intervals are Wilson's for one "
    "rate, Newcombe's for the difference of two and Donner and Zou's for their ratio, Garwood's for observed over "
    "expected and the score interval for the ratio of two such, all on evidence reduced for {units} that recur. An "
    "area under the curve has Newcombe's interval; what else is made of scores has a normal one by a bootstrap of "
    "{units}. "
    "'Partially pooled' rates are drawn towards the other groups' as far as the groups are alike, and judge nothing; "
    "'smallest detectable' is the excess over the rest that would be found in four of five such data sets. "
    "'The rest' is everyone in the cohort outside the group. Fail is after Holm's adjustment over all questions "
    "asked; pass needs every question passed."
)


POOLED = ", over all test as-of dates together"


@dataclass(frozen=True)
class Audited:
    """What is needed to audit one target."""

    target: str
    scores: pa.Table
    """One row for each unit and as-of date."""
    groups: dict[str, NDArray[Any]]
    """For each grouping that the run tells of, the group of each row of ``scores``; ethnicity is always there."""
    bound: dict[str, str]
    """SHA-256 of the files the audit rests on."""
    caveats: list[str]
    drawn: int = 0
    """Cases of the pack that were drawn from below the line."""


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
    made_of, orders = _groupings(audited.groups, policy)
    groups = {name: taken_together(audited.groups, by) for name, by in made_of.items()}
    measures = {name: measure(cases, found[tested], orders[name]) for name, found in groups.items()}
    current = {name: Counter(found[today].tolist()) for name, found in groups.items()}
    expected = {name: _expected(measures[name], current[name], orders[name]) for name in groups}
    asked = [one for one in questions(policy) if one.grouping in measures]
    not_asked = [
        {"rule": rule.name, "metric": rule.metric.value, "why": f"The run does not tell the {rule.grouping.value}."}
        for rule in policy.rules
        if rule.grouping.value not in measures
    ]
    answers = judge(asked, measures, expected)
    shared = _shared(
        audited.target,
        overall_verdict(answers, not_asked),
        overall_why(all_findings(answers), not_asked),
        audited.bound,
        policy,
        audited.caveats,
    )
    shared |= {"not_asked": not_asked, "method": METHOD.format(pooled=POOLED, units=OF_A_RUN.units)}
    shared |= below_the_line.entry(audited.drawn, policy)
    tested_on = {
        "unit": "family" if units_are_families(audited.scores) else "child",
        "as_ofs": sorted({as_of.isoformat() for as_of in rows["as_of"].unique().to_pylist()}),
    }
    figures = order_figures(cases, {EVERYONE: whole, **measures}, probabilities=True)
    restricted = {
        **shared,
        "test": {**tested_on, "cases": len(cases), "families": len(np.unique(cases.family))},
        "metrics": {metric.value: title(metric) for metric in WHOLE.metrics},
        "overall": overall_entry(whole, WHOLE, figures[EVERYONE]),
        "groupings": {
            name: _entries(
                name,
                group_entries(found, whole, WHOLE, figures[name], policy.reference.get(name)),
                expected[name],
                current[name],
            )
            for name, found in measures.items()
        },
        "within_family_correlation": {
            name: {metric.value: number(rho) for metric, rho in found.correlation.items()}
            for name, found in measures.items()
        },
        "rules": [rule_entry(answer, OF_A_RUN) for answer in answers],
    }
    nesting = merged(ETHNIC_NESTING, sums_of(_present(measures, made_of), made_of.values()))
    published = {
        **shared,
        "test": tested_on,
        **published_block(WHOLE, measures, whole, answers, nesting, policy.small_numbers, OF_A_RUN),
    }
    return Documents(restricted, published)


def _groupings(
    groups: dict[str, NDArray[Any]], policy: Policy
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """What each grouping is made of, and its groups in order: ethnicity, what the policy describes, what rules name."""
    wanted = [
        (Grouping.BROAD.value,),
        (Grouping.DETAILED.value,),
        *(one.names for one in policy.groupings),
        *((rule.grouping.value,) for rule in policy.rules),
    ]
    made_of = {beside(by): by for by in wanted if set(by) <= set(groups)}
    return made_of, {name: order_together(GROUPS, by) for name, by in made_of.items()}


def _present(measures: dict[str, Measures], made_of: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The groups that any case is of, for each single grouping."""
    single = {name for by in made_of.values() for name in by}
    return {name: measures[name].groups if name in measures else GROUPS[name] for name in single}


def _entries(
    grouping: str, told: list[dict[str, Any]], expected: tuple[str, ...], current: Counter[str]
) -> list[dict[str, Any]]:
    """The groups' entries, those that have a case today alone among them."""
    counted = {entry["group"]: entry for entry in told}
    entries = []
    for group in expected:
        entry = counted.get(group) or empty_entry(group, WHOLE)
        entry["current_cases"] = current[group]
        if grouping == Grouping.DETAILED.value:
            entry["broad"] = broad_group(group)
        entries.append(entry)
    return entries


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
    """The policy in full, and its hash."""
    return policy.model_dump(mode="json") | {"sha256": policy.sha256}


def _expected(measures: Measures, current: Counter[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Groups with a test case or a case today, in their settled order."""
    return tuple(group for group in order if group in measures.counts or current[group])

"""The part of an audit that a report may show: protected counts, rates taken from them, and verdicts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairness_audits.content import Content
from fairness_audits.document import REPORTED_CONFIDENCE, number, rule_title
from fairness_audits.ethnicity import label
from fairness_audits.measure import EVERYONE, NOTHING, Evidence, Measures
from fairness_audits.metrics import Metric, title
from fairness_audits.verdict import Answer, Finding
from fairness_audits.wording import what_would_settle_it, why_published
from store.intervals import wilson, z_of
from store.small_numbers import ROUND_TO, THRESHOLD, Hidden, protect

_WHOLE = ("whole", "")
_RATE_COLUMNS: dict[Metric, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Metric.SELECTION_RATE: (("flagged",), ("n",)),
    Metric.BASE_RATE: (("positives",), ("n",)),
    Metric.MISS_RATE: (("fn",), ("positives",)),
    Metric.FOUND_RATE: (("tp",), ("positives",)),
    Metric.FALSE_POSITIVE_RATE: (("fp",), ("n", "-positives")),
    Metric.PRECISION: (("tp",), ("flagged",)),
    Metric.FALSE_DISCOVERY_RATE: (("fp",), ("flagged",)),
    Metric.FALSE_OMISSION_RATE: (("fn",), ("n", "-flagged")),
}
"""Numerator and denominator of each rate, as published columns added up (a minus sign takes away)."""

Row = tuple[str, str]
"""A grouping and one of its groups."""

Nesting = Mapping[Row, Sequence[Row]]
"""Rows that are the sum of others: a broad group of its detailed ones."""

Protected = dict[tuple[Row, str], int | Hidden]


def published_block(
    content: Content, measures: dict[str, Measures], whole: Measures, answers: Sequence[Answer], nesting: Nesting
) -> dict[str, Any]:
    """Everything a report may show of the counts, rates and findings. Without a test case, only the findings."""
    cells = _protected(content, measures, whole, nesting)
    return {
        "suppressed_below": THRESHOLD,
        "rounded_to": ROUND_TO,
        "confidence": REPORTED_CONFIDENCE,
        "metrics": {metric.value: title(metric) for metric in content.metrics},
        "overall": {"group": EVERYONE, "label": "Everyone"} | _entry(_WHOLE, EVERYONE, content, cells, whole),
        "groupings": {
            grouping: [
                {"group": group, "label": label(group)} | _entry((grouping, group), group, content, cells, found)
                for group in found.groups
            ]
            for grouping, found in measures.items()
        },
        "rules": [_rule(answer, content, cells) for answer in answers],
    }


def _protected(content: Content, measures: dict[str, Measures], whole: Measures, nesting: Nesting) -> Protected:
    counts: dict[tuple[Row, str], int] = {}
    for column in content.counts:
        counts[_WHOLE, column] = getattr(whole.counts.get(EVERYONE, NOTHING), column)
        for grouping, found in measures.items():
            for group in found.groups:
                counts[(grouping, group), column] = getattr(found.counts[group], column)
    return protect(counts, [*_sums_of_groups(content, measures, nesting), *_sums_within_rows(content, counts)])


def _sums_of_groups(content: Content, measures: dict[str, Measures], nesting: Nesting) -> list[list[tuple[Row, str]]]:
    """Everyone is the sum of each grouping's groups, and some groups are the sum of others."""
    there = {(grouping, group) for grouping, found in measures.items() for group in found.groups}
    sums = [[_WHOLE, *((grouping, group) for group in found.groups)] for grouping, found in measures.items()]
    sums += [[row, *(part for part in parts if part in there)] for row, parts in nesting.items() if row in there]
    return [[(row, column) for row in rows] for column in content.counts for rows in sums if len(rows) > 1]


def _sums_within_rows(content: Content, counts: dict[tuple[Row, str], int]) -> list[list[tuple[Row, str]]]:
    rows = dict.fromkeys(row for row, _ in counts)
    return [[(row, column) for column in columns] for row in rows for columns in content.sums]


def _entry(row: Row, group: str, content: Content, cells: Protected, found: Measures) -> dict[str, Any]:
    shown = {column: cells[row, column] for column in content.counts}
    rates: dict[str, Any] = {}
    for metric in content.metrics:
        evidence = found.evidence.get((metric, group))
        if evidence is None or not evidence.denominator:
            rates[metric.value] = None
        elif metric is Metric.CALIBRATION:
            rates[metric.value] = _calibration(shown, evidence)
        else:
            rates[metric.value] = _rate(metric, shown, evidence)
    return {name: _cell(value) for name, value in shown.items()} | {"rates": rates}


def _rate(metric: Metric, shown: dict[str, int | Hidden], evidence: Evidence) -> dict[str, float] | None:
    """The rate of the rounded counts and its interval, or None where one of them is not shown."""
    above, below = (_total(columns, shown) for columns in _RATE_COLUMNS[metric])
    if above is None or below is None or below < THRESHOLD or above > below:
        return None
    # Effective over actual evidence, coarse enough to tell nothing of the counts behind it.
    trials = below * max(round(evidence.effective / evidence.denominator, 1), 0.1)
    low, high = wilson(above / below * trials, trials, z_of(REPORTED_CONFIDENCE))
    return {"value": round(above / below, 3), "low": round(float(low), 3), "high": round(float(high), 3)}


def _total(columns: tuple[str, ...], shown: dict[str, int | Hidden]) -> int | None:
    total = 0
    for column in columns:
        value = shown[column.removeprefix("-")]
        if isinstance(value, Hidden):
            return None
        total += -value if column.startswith("-") else value
    return total


def _calibration(shown: dict[str, int | Hidden], evidence: Evidence) -> dict[str, float] | None:
    interval = evidence.interval(REPORTED_CONFIDENCE)
    hidden = isinstance(shown["n"], Hidden) or isinstance(shown["positives"], Hidden)
    if hidden or evidence.denominator < THRESHOLD or evidence.value is None or interval is None:
        return None
    return {"value": round(evidence.value, 2), "low": round(interval[0], 2), "high": round(interval[1], 2)}


def _rule(answer: Answer, content: Content, cells: Protected) -> dict[str, Any]:
    rule = answer.question.rule
    return {
        "name": rule.name,
        "title": rule_title(answer.question),
        "metric": rule.metric.value,
        "grouping": answer.question.grouping,
        "scale": rule.scale.value,
        "margin": rule.margin,
        "confidence": rule.confidence,
        "reason": rule.reason,
        "verdict": answer.verdict.value,
        "groups": [_finding(finding, content, cells) for finding in answer.findings],
    }


def _finding(finding: Finding, content: Content, cells: Protected) -> dict[str, Any]:
    row = (finding.question.grouping, finding.group)
    shown = all(not isinstance(cells.get((row, column), Hidden.SMALL), Hidden) for column in content.counts)
    evidence = finding.evidence
    figures = (evidence.comparison(finding.rule.scale) if evidence else None, finding.low, finding.high)
    low_high = [number(round(figure, 2)) if shown and figure is not None else None for figure in figures]
    return {
        "group": finding.group,
        "label": label(finding.group),
        "verdict": finding.verdict.value,
        "better_off": finding.better_off,
        "comparison": low_high[0],
        "low": low_high[1],
        "high": low_high[2],
        "why": why_published(finding, shown),
        "what_would_settle_it": what_would_settle_it(finding),
    }


def _cell(value: int | Hidden) -> int | str:
    return value.value if isinstance(value, Hidden) else value

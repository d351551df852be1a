"""What a report may show of an audit: protected counts, what follows from them alone, and verdicts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fairness_audits.content import Content
from fairness_audits.document import REPORTED_CONFIDENCE, number, rule_title
from fairness_audits.ethnicity import label
from fairness_audits.measure import EVERYONE, NOTHING, Counts, Evidence, Measures
from fairness_audits.metrics import Metric, title
from fairness_audits.policy import SmallNumbers
from fairness_audits.small_numbers import Cell, Tables, protect_tables, rounded_to
from fairness_audits.verdict import Answer, Finding, Ground
from fairness_audits.wording import Audience, what_would_settle_it, why_published
from store.small_numbers import Hidden

_WHOLE = ("whole", "")
_LEFT = "left"
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

Nesting = Mapping[Row, Sequence[Sequence[Row]]]
"""Rows that are the sum of others, each in one way or more: a broad group of its detailed ones, or of its two sexes."""


def published_block(
    content: Content,
    measures: Mapping[str, Measures],
    whole: Measures,
    answers: Sequence[Answer],
    nesting: Nesting,
    rules: SmallNumbers,
    of: Audience,
) -> dict[str, Any]:
    """Everything a report may show of the counts, rates and findings. Without a test case, only the findings.

    All but the verdicts follows from the counts as shown, so that nothing tells more than these do.
    """
    cells = protect_tables(tables_of(content, measures, whole, nesting), rules)
    shown = _Shown(content, cells, measures, whole, rules)
    return {
        "suppressed_below": rules.suppress_below,
        "rounded_to": rules.round_to,
        "confidence": REPORTED_CONFIDENCE,
        "metrics": {metric.value: title(metric) for metric in content.metrics},
        "overall": {"group": EVERYONE, "label": "Everyone"} | shown.entry(_WHOLE, EVERYONE),
        "groupings": {
            grouping: [
                {"group": group, "label": label(group)} | shown.entry((grouping, group), group)
                for group in found.groups
            ]
            for grouping, found in measures.items()
        },
        "rules": [_rule(answer, shown, of) for answer in answers],
    }


def tables_of(content: Content, measures: Mapping[str, Measures], whole: Measures, nesting: Nesting) -> Tables:
    """Every count, and how they add up within rows and across them.

    Within a row all cases are those with the outcome, those wrongly flagged and those left (or, without outcomes, the
    flagged and the others): the last are shown nowhere, and follow from what is.
    """
    rows: dict[Row, Counts] = {_WHOLE: whole.counts.get(EVERYONE, NOTHING)}
    rows |= {(grouping, group): found.counts[group] for grouping, found in measures.items() for group in found.groups}
    outcomes = "positives" in content.counts
    counts: dict[Cell, int] = {}
    for row, found in rows.items():
        counts |= {(row, column): getattr(found, column) for column in content.counts}
        counts[row, _LEFT] = found.tn if outcomes else found.n - found.flagged
    within = (*content.sums, ("n", *(("positives", "fp") if outcomes else ("flagged",)), _LEFT))
    across = [[_WHOLE, *((grouping, group) for group in found.groups)] for grouping, found in measures.items()]
    across += [[row, *parts] for row, all_parts in nesting.items() for parts in all_parts if row in rows]
    there = [[row for row in found if row in rows] for found in across]
    return Tables(
        counts,
        [[(row, column) for column in columns] for row in rows for columns in within]
        + [
            [(row, column) for row in found] for found in there if len(found) > 1 for column in (*content.counts, _LEFT)
        ],
        frozenset((row, _LEFT) for row in rows),
        # Those of the whole cohort are on other pages to the last case, and a list is as long as the panel's capacity.
        known=frozenset((_WHOLE, column) for column in content.counts),
    )


@dataclass(frozen=True)
class _Shown:
    """Counts as shown, and what follows from them."""

    content: Content
    cells: Mapping[Cell, int | Hidden]
    measures: Mapping[str, Measures]
    whole: Measures
    rules: SmallNumbers

    def entry(self, row: Row, group: str) -> dict[str, Any]:
        """One row: its counts and rates as shown."""
        entry: dict[str, Any] = {column: self._cell(row, column) for column in self.content.counts}
        if Metric.CALIBRATION in self.content.metrics:
            evidence = self.evidence(Metric.CALIBRATION, row, group)
            entry["expected"] = int(evidence.denominator) if evidence else None
        return entry | {"rates": {metric.value: self._rate(metric, row, group) for metric in self.content.metrics}}

    def evidence(self, metric: Metric, row: Row, group: str) -> Evidence | None:
        """The evidence that the counts as shown are; None where one of them is not shown, or there are too few."""
        found = self.whole if row == _WHOLE else self.measures[row[0]]
        exact = found.evidence.get((metric, group))
        own = self._fraction(metric, row, exact)
        if exact is None or own is None or own[1] < self.rules.suppress_below:
            return None
        everyone = self._fraction(metric, _WHOLE, self.whole.evidence.get((metric, EVERYONE)))
        rest = (0, 0) if everyone is None or row == _WHOLE else (everyone[0] - own[0], everyone[1] - own[1])
        below = max(rest[1], 0)
        above = max(rest[0], 0) if metric is Metric.CALIBRATION else min(max(rest[0], 0), below)
        worth, rest_worth = (
            _worth(exact.effective, exact.denominator),
            _worth(exact.rest_effective, exact.rest_denominator),
        )
        return Evidence(metric, own[0], own[1], own[1] * worth, 0, above, below, below * rest_worth)

    def _rate(self, metric: Metric, row: Row, group: str) -> dict[str, float] | None:
        """A rate of the counts as shown, and its interval."""
        evidence = self.evidence(metric, row, group)
        interval = evidence.interval(REPORTED_CONFIDENCE) if evidence else None
        if evidence is None or evidence.value is None or interval is None:
            return None
        return {"value": round(evidence.value, 3), "low": round(interval[0], 3), "high": round(interval[1], 3)}

    def _fraction(self, metric: Metric, row: Row, exact: Evidence | None) -> tuple[int, int] | None:
        """Numerator and denominator as shown; None where one of them is not, or rounding has them disagree."""
        if metric is Metric.CALIBRATION:
            above = self._total(("positives",), row)
            return None if above is None or exact is None else (above, self._rounded(exact.denominator))
        above, below = (self._total(columns, row) for columns in _RATE_COLUMNS[metric])
        return None if above is None or below is None or above > below else (above, below)

    def _cell(self, row: Row, column: str) -> int | str:
        value = self.cells[row, column]
        return f"<{self.rules.suppress_below}" if value is Hidden.SMALL else value

    def _rounded(self, expected: float) -> int:
        return rounded_to(round(expected), self.rules.round_to)

    def _total(self, columns: tuple[str, ...], row: Row) -> int | None:
        total = 0
        for column in columns:
            value = self.cells[row, column.removeprefix("-")]
            if isinstance(value, Hidden):
                return None
            total += -value if column.startswith("-") else value
        return total


def _worth(effective: float, actual: float) -> float:
    """Effective over actual evidence, coarse enough to tell nothing of the counts behind it."""
    return max(round(effective / actual, 1), 0.1) if actual else 1.0


def _rule(answer: Answer, shown: _Shown, of: Audience) -> dict[str, Any]:
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
        "groups": [_finding(finding, shown, of) for finding in answer.findings],
    }


def _finding(finding: Finding, shown: _Shown, of: Audience) -> dict[str, Any]:
    """The verdict, which rests on the exact counts, and all else as the shown ones have it.

    On which side of the rest a group lies, or that nobody in the rest counts, would tell of hidden counts what no
    verdict says.
    """
    rule, row = finding.rule, (finding.question.grouping, finding.group)
    evidence = shown.evidence(rule.metric, row, finding.group) if finding.evidence else None
    comparison = evidence.comparison(rule.scale) if evidence and finding.low is not None else None
    interval = (
        evidence.comparison_interval(rule.scale, rule.confidence) if evidence and comparison is not None else None
    )
    low, high = interval or (None, None)
    figures = [number(None if figure is None else round(figure, 2)) for figure in (comparison, low, high)]
    compared = finding.ground is Ground.NO_COMPARISON and len(shown.measures[row[0]].groups) > 1
    ground = Ground.STRADDLES if compared else finding.ground
    as_shown = replace(finding, evidence=evidence, low=low, high=high, ground=ground)
    return {
        "group": finding.group,
        "label": label(finding.group),
        "verdict": finding.verdict.value,
        "better_off": as_shown.better_off,
        "comparison": figures[0],
        "low": figures[1],
        "high": figures[2],
        "why": why_published(as_shown, comparison is not None),
        "what_would_settle_it": what_would_settle_it(as_shown, of),
    }

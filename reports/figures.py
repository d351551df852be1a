"""The charts of a fairness report, from the published figures alone."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports import text, words
from reports.charts import IntervalRow, interval_chart
from reports.facts import Measure, Panel, TargetFacts


@dataclass(frozen=True)
class ChartedRate:
    """A rate that is charted by group: its key in the audit, its name, and how to read it."""

    key: str
    title: str
    note: str


CHARTED = (
    ChartedRate("selection_rate", "Flag rate", "Of all in the group, the share on the list."),
    ChartedRate("fnr", "Miss rate", "Of those with the outcome, the share not on the list. Lower is better."),
    ChartedRate("precision", "Precision", "Of those on the list, the share with the outcome. Higher is better."),
)


@dataclass(frozen=True)
class Chart:
    """A picture, its caption and how to read it."""

    title: str
    note: str
    svg: Markup


def group_charts(panel: Panel) -> list[Chart]:
    """One chart a rate, all groups in the same order; none where no group's rate may be shown, or is told at all."""
    return [
        Chart(rate.title, rate.note, _group_chart(panel, rate))
        for rate in CHARTED
        if any(rate.key in group.rates and group.rates[rate.key].value is not None for group in panel.groups)
    ]


def _group_chart(panel: Panel, rate: ChartedRate) -> Markup:
    everyone = panel.everyone.get(rate.key, Measure(None)).value
    rows = [_row(group.label, group.rates[rate.key], strong=True) for group in panel.groups]
    overall = f" For everyone together it is {text.share(everyone)}." if everyone is not None else ""
    return interval_chart(
        rows,
        name=f"{panel.name}-{rate.key}",
        description=f"{rate.title} by {panel.title.lower()}, with intervals.{overall} The table below has the figures.",
        reference=everyone,
    )


def worth_chart(target: TargetFacts) -> Chart | None:
    """Precision at capacity of each way of choosing, the chosen one in colour."""
    if not target.candidates:
        return None
    rows = [_row(candidate.title, candidate.precision, strong=candidate.chosen) for candidate in target.candidates]
    svg = interval_chart(
        rows,
        name="worth",
        description="Precision at the panel's capacity for each way of choosing. The table below has the figures.",
        reference=target.base_rate.value,
    )
    note = f"Of the {target.unit_many} on the list, the share with the outcome. The dashed line is the share among all."
    return Chart("Precision at the panel's capacity", note, svg)


def _row(label: str, measure: Measure, *, strong: bool) -> IntervalRow:
    if measure.value is not None:
        shown = text.share(measure.value)
    else:
        shown = words.TOO_FEW if measure.below is None else f"under {text.share(measure.below)}"
    return IntervalRow(label, measure.value, measure.low, measure.high, shown, strong)

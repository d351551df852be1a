"""The pictures of the data-quality page, each from the figures of the table beside it."""

from __future__ import annotations

from collections.abc import Sequence

from reports import text
from reports.charts import LEFT, IntervalRow, interval_chart
from reports.data_points import ratio
from reports.data_words import Document, after, system_words, table_words
from reports.facts import Measure
from reports.figures import Chart
from reports.strips import Fill, StripRow, strip_chart
from store.intervals import wilson, z_of

_MOST_SCHOOLS = 40
_CONFIDENCE = 0.95
_THIN = 0.5


def _named(flow: Document) -> str:
    """A table and its system, as a label."""
    return f"{titled(flow)} ({system_words(flow['source'])})"


def tables_chart(coverage: Document) -> Chart | None:
    places = range(len(coverage["months"]))
    rows = [
        StripRow(_named(flow), tuple(_fill(flow, place, coverage) for place in places))
        for flow in in_order(coverage["tables"])
    ]
    if not rows or not coverage["months"]:
        return None
    gaps = sum(bool(flow["gaps"]) for flow in coverage["tables"])
    said = f"Rows by month for {len(rows)} tables; {gaps} of them have gaps. The table below has the figures."
    svg = strip_chart(rows, coverage["months"], name="tables", description=said)
    return Chart("What came in each month", "", svg)


def in_order(flows: Sequence[Document]) -> list[Document]:
    return sorted(flows, key=lambda flow: (not flow["judged"], flow["source"], flow["table"]))


def _fill(flow: Document, place: int, coverage: Document) -> Fill:
    level, name = flow["level"][place], coverage["months"][place]
    if level is None:
        return Fill.FEW
    if level < _THIN and any(gap["from"] <= name <= gap["to"] for gap in flow["gaps"]):
        return Fill.SHORT
    if level < _THIN:
        return Fill.QUIET if int(name[5:]) in flow["quiet"] else Fill.THIN
    return Fill.USUAL


def _shown_schools(coverage: Document) -> list[Document]:
    """The schools worth drawing: those with a gap or a thin month, the widest gaps first."""

    def short(school: Document) -> int:
        return sum(level is not None and level < _THIN for level in school["came"])

    found = [school for school in coverage["schools"] if school["gaps"] or short(school)]
    return sorted(found, key=lambda school: (-short(school), school["school"]))[:_MOST_SCHOOLS]


def schools_chart(coverage: Document) -> Chart | None:
    shown = _shown_schools(coverage)
    if not shown:
        return None
    rows = [StripRow(f"School {school['school']}", _school_fills(school, coverage)) for school in shown]
    said = f"Register marks by month for {len(rows)} schools. The table below has the figures."
    svg = strip_chart(rows, coverage["months"], name="schools", description=said)
    return Chart("Schools with a month that did not come whole", "", svg)


def _school_fills(school: Document, coverage: Document) -> tuple[Fill, ...]:
    fills = []
    for name, level in zip(coverage["months"], school["came"]):
        if level is None:
            fills.append(Fill.QUIET)
        elif level < _THIN:
            gap = any(gap["from"] <= name <= gap["to"] for gap in school["gaps"])
            fills.append(Fill.SHORT if gap else Fill.THIN)
        else:
            fills.append(Fill.USUAL)
    return tuple(fills)


def slowest(flow: Document) -> tuple[bool, int, str, str]:
    return flow["stands_in"], -(flow["p90_days"] or flow["median_days"] or 0), flow["table"], flow["source"]


def freshness_chart(flows: Sequence[Document]) -> Chart | None:
    own = [flow for flow in flows if not flow["stands_in"] and flow["median_days"] is not None]
    rows = [
        IntervalRow(
            _named(flow),
            max(flow["median_days"], 0),
            max(flow["median_days"], 0),
            None if flow["p90_days"] is None else max(flow["p90_days"], 0),
            after(flow["median_days"]),
            strong=True,
        )
        for flow in sorted(own, key=slowest)
    ]
    if not rows:
        return None
    said = "Days from event to recording: the middle row of each table, and how far nine in ten reach."
    said += " The table has the figures."
    svg = interval_chart(rows, name="freshness", description=said, percent=False, layout=LEFT)
    note = (
        "The dot, and the figure at the right, is the middle row: half are on record by then. The bar reaches to where "
        "nine in ten are."
    )
    return Chart("Days from event to recording", note, svg)


def titled(flow: Document) -> str:
    return text.spaced(table_words(flow["table"]))


def stated(people: Document) -> Measure:
    """The share of records with a stated ethnicity, with Wilson's interval, from the counts as shown."""
    answers = people["ethnicity"]
    value = ratio(answers["stated"], answers["all"])
    if value is None:
        return Measure(None)
    low, high = wilson(min(answers["stated"], answers["all"]), answers["all"], z_of(_CONFIDENCE))
    return Measure(value, round(float(low), 4), round(float(high), 4))


def ethnicity_chart(people: Sequence[Document]) -> Chart | None:
    measured = [(one, stated(one)) for one in people if one["asks_ethnicity"]]
    rows = [
        IntervalRow(
            system_words(one["source"]),
            measure.value,
            measure.low,
            measure.high,
            text.share(measure.value) if measure.value is not None else "too few to show",
            strong=True,
        )
        for one, measure in sorted(measured, key=lambda pair: (-(pair[1].value or 0), pair[0]["source"]))
    ]
    if not any(row.value is not None for row in rows):
        return None
    said = "Share of each system's records of people that state an ethnicity, with intervals."
    return Chart(
        "Records with a stated ethnicity",
        "The dot is the share, the bar its 95% interval.",
        interval_chart(rows, name="ethnicity", description=f"{said} The table has the figures."),
    )

"""The pictures of the linkage page, each from the figures of the table beside it."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import vl_convert
from markupsafe import Markup

from reports import text, words
from reports.charts import LEFT, IntervalRow, inline, interval_chart
from reports.data_words import Document, column_words
from reports.facts import Measure
from reports.figures import Chart
from reports.style import palette

_WIDTH, _HEIGHT = 760, 260
_LEVEL_ROW = 22
_LABELS = 250


def missed(entry: Document) -> Measure:
    """The share not linked, with its interval, or what it is known to be under."""
    share = entry["share"]
    if share is not None:
        value, low, high = share["value"], share["low"], share["high"]
        return Measure(round(1 - value, 3), round(1 - high, 3), round(1 - low, 3))
    at_least = entry["at_least"]
    return Measure(None, below=None if at_least is None else round(1 - at_least, 3))


def missed_chart(asked: Document, name: str) -> Chart | None:
    """The share missed of everyone and of each broad ethnic group; None where next to nobody is missed."""
    groups = asked["groupings"].get("broad", [])
    everyone = _row("Everyone", asked["everyone"], strong=False)
    rows = [everyone, *(_row(one["label"], one, strong=True) for one in groups)]
    if not everyone.value:
        return None
    said = f"{asked['title']}, by ethnic group, with intervals. The table below has the figures."
    svg = interval_chart(rows, name=name, description=said, reference=everyone.value)
    return Chart(asked["title"], "", svg)


def _row(label: str, entry: Document, *, strong: bool) -> IntervalRow:
    measure = missed(entry)
    if measure.value is not None:
        shown = text.share(measure.value)
    else:
        shown = words.TOO_FEW if measure.below is None else f"under {text.share(measure.below)}"
    return IntervalRow(label, measure.value, measure.low, measure.high, shown, strong)


def weights_chart(bins: Sequence[Document], threshold: float) -> Chart | None:
    """Pairs by match weight, those of one person and those kept apart."""
    colours = palette()
    values = [bar for one in bins for bar in _bars(one, colours)]
    if not values:
        return None
    axis = _axis("Match weight, in bits")
    drawn = (
        alt.Chart(alt.Data(values=values))
        .mark_rect(stroke=colours["edge"], strokeWidth=0.5)
        .encode(
            x=alt.X("from:Q", axis=axis, scale=alt.Scale(nice=False)),
            x2="to:Q",
            y=alt.Y("bottom:Q", axis=_axis("Pairs"), scale=alt.Scale(zero=True)),
            y2="top:Q",
            fill=alt.Fill("fill:N", scale=None),
        )
    )
    line = alt.Chart(alt.Data(values=[{"from": threshold}])).mark_rule(
        color=colours["ink"], strokeDash=[4, 3], strokeWidth=1.5
    )
    chart = alt.layer(drawn, line.encode(x="from:Q")).properties(width=_WIDTH, height=_HEIGHT)
    said = "Compared pairs by match weight. The table below has the figures."
    return Chart("Compared pairs by match weight", "", _svg(chart, "weights", said))


def _bars(one: Document, colours: dict[str, str]) -> list[dict[str, object]]:
    """The pairs of one bin, the joined below and those kept apart on top; counts that are hidden are not drawn."""
    bars, bottom = [], 0
    for kind, colour in (("joined", "accent"), ("apart", "slate-soft")):
        count = one[kind] if isinstance(one[kind], int) else 0
        if count:
            place = {"from": one["weight"], "to": one["weight"] + 1, "bottom": bottom, "top": bottom + count}
            bars.append({**place, "fill": colours[colour]})
        bottom += count
    return bars


def thresholds_chart(rows: Sequence[Document]) -> Chart | None:
    """The share of keys that keep a link as the threshold rises."""
    shown = [row for row in rows if isinstance(row["linked"], int) and isinstance(row["keys"], int) and row["keys"]]
    if not shown:
        return None
    drawn = [
        IntervalRow(at_least(row["probability"]), share, None, None, text.share(share), strong=place == 0)
        for place, row in enumerate(shown)
        for share in (min(row["linked"] / row["keys"], 1.0),)
    ]
    said = "Share of keys linked to another, by the threshold. The table below has the figures."
    svg = interval_chart(drawn, name="thresholds", description=said, layout=LEFT)
    return Chart("Keys linked to another, by threshold", "In colour the threshold in use.", svg)


def at_least(probability: float) -> str:
    """A threshold as people say it: ``at least 99.9%``."""
    return f"at least {probability * 100:.10g}%"


def levels_chart(comparisons: Sequence[Document]) -> Chart | None:
    """What each level of agreement adds to the match weight or takes from it."""
    rows = [(one["comparison"], level) for one in comparisons for level in one["levels"]]
    if not rows:
        return None
    colours = palette()
    values = [
        {
            "at": place + 0.5,
            "top": place + 0.15,
            "bottom": place + 0.85,
            "zero": 0,
            "weight": level["weight"],
            "label": f"{text.spaced(column_words(comparison))}: {level['level']}",
            "fill": colours["accent"] if level["weight"] >= 0 else colours["plum"],
        }
        for place, (comparison, level) in enumerate(rows)
    ]
    down = alt.Scale(domain=[0, len(rows)], reverse=True)
    data = alt.Data(values=values)
    bars = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X("zero:Q", axis=_axis("Bits: each doubles the odds, or halves them")),
            x2="weight:Q",
            y=alt.Y("top:Q", scale=down, axis=None),
            y2="bottom:Q",
            fill=alt.Fill("fill:N", scale=None),
        )
    )
    labels = (
        alt.Chart(data)
        .mark_text(align="left", baseline="middle", fontSize=13, limit=_LABELS - 10, color=colours["ink"])
        .encode(x=alt.value(-_LABELS), y=alt.Y("at:Q", scale=down, axis=None), text="label:N")
    )
    chart = alt.layer(bars, labels).properties(
        width=_WIDTH - _LABELS, height=_LEVEL_ROW * len(rows), padding={"left": 4, "right": 12, "top": 4, "bottom": 4}
    )
    said = "Match weight of every level of agreement. The table below has the figures."
    return Chart("Agreements by what they are worth", "", _svg(chart, "levels", said))


def _axis(title: str) -> alt.Axis:
    colours = palette()
    return alt.Axis(
        title=title,
        titleColor=colours["muted"],
        titleFontWeight="normal",
        titleFontSize=13,
        gridColor=colours["line"],
        domainColor=colours["edge"],
        tickColor=colours["edge"],
        labelColor=colours["muted"],
        labelFontSize=13,
        format=",~d",
        tickCount=8,
    )


def _svg(chart: alt.LayerChart, name: str, description: str) -> Markup:
    made = chart.configure(aria=False, background=palette()["card"], font="sans-serif").configure_view(stroke=None)
    return inline(vl_convert.vegalite_to_svg(made.to_dict(validate=False)), name, description)

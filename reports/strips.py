"""Strips of months as SVG: one row a table or school, filled where rows came, hollow where they did not.

As every chart, it stands beside a table of the same figures. Shape tells as much as colour: a full bar, a pale one, a
hollow box, a hairline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import altair as alt
import vl_convert
from markupsafe import Markup

from reports.charts import inline
from reports.style import palette

_WIDTH = 560
_LABELS = 300
_LABEL_LIMIT = 290
_ROW = 26
_BAR = 14
_MONTHS_A_YEAR = 12


class Fill(StrEnum):
    """How much came in a month."""

    USUAL = "usual"
    THIN = "thin"
    SHORT = "short"
    QUIET = "quiet"
    """It never comes in that month of the year."""

    FEW = "few"
    """It is too small a table to judge by the month."""


@dataclass(frozen=True)
class StripRow:
    """One row: its label, and how each month was filled."""

    label: str
    months: tuple[Fill, ...]


def strip_chart(rows: Sequence[StripRow], months: Sequence[str], *, name: str, description: str) -> Markup:
    """An SVG of the rows, top to bottom, over ``months`` (such as 2024-05), with a line at each new year.

    ``name`` makes the ids in it unique on the page.
    """
    colours = palette()
    across = alt.Scale(domain=[0, len(months)], nice=False, zero=True)
    down = alt.Scale(domain=[0, len(rows)], reverse=True)
    januaries = [place for place, month in enumerate(months) if month.endswith("-01")]
    axis = alt.Axis(
        orient="top",
        title=None,
        values=januaries,
        labelExpr=f"toString({months[0][:4]} + round((datum.value + {int(months[0][5:]) - 1}) / {_MONTHS_A_YEAR}))",
        labelAlign="left",
        labelPadding=4,
        grid=False,
        domain=False,
        tickColor=colours["edge"],
        labelColor=colours["muted"],
        labelFontSize=13,
    )
    spans = [span for place, row in enumerate(rows) for span in _spans(row, place)]
    labels = [{"at": place + 0.5, "label": row.label} for place, row in enumerate(rows)]
    x = alt.X("from:Q", scale=across, axis=axis)
    y = alt.Y("top:Q", scale=down, axis=None)
    drawn = alt.Chart(alt.Data(values=spans))
    layers = [
        alt.Chart(alt.Data(values=labels))
        .mark_text(align="left", baseline="middle", fontSize=13, limit=_LABEL_LIMIT, color=colours["ink"])
        .encode(x=alt.value(-_LABELS), y=alt.Y("at:Q", scale=down, axis=None), text="label:N"),
        drawn.mark_rect().encode(
            x=x,
            x2="to:Q",
            y=y,
            y2="bottom:Q",
            fill=alt.Fill("fill:N", scale=None),
            stroke=alt.Stroke("stroke:N", scale=None),
            strokeWidth=alt.value(1.5),
        ),
    ]
    if januaries:
        years = alt.Chart(alt.Data(values=[{"from": place} for place in januaries]))
        layers.insert(0, years.mark_rule(color=colours["line"]).encode(x=x))
    chart = alt.layer(*layers).properties(
        width=_WIDTH, height=_ROW * len(rows), padding={"left": 4, "right": 12, "top": 2, "bottom": 4}
    )
    chart = chart.configure(aria=False, background=colours["card"], font="sans-serif").configure_view(stroke=None)
    return inline(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)), name, description)


def _spans(row: StripRow, place: int) -> list[dict[str, object]]:
    """One bar for each run of months alike, so that a picture of many rows stays light."""
    half = _BAR / _ROW / 2
    found: list[dict[str, object]] = []
    start = 0
    for fill, group in groupby(row.months):
        length = len(list(group))
        thickness = 0.03 if fill is Fill.QUIET else half
        colour, edge = _colours(fill)
        found.append(
            {
                "from": start,
                "to": start + length,
                "top": round(place + 0.5 - thickness, 3),
                "bottom": round(place + 0.5 + thickness, 3),
                "fill": colour,
                "stroke": edge,
            }
        )
        start += length
    return found


def _colours(fill: Fill) -> tuple[str, str]:
    """The fill and the edge of a bar."""
    colours = palette()
    return {
        Fill.USUAL: (colours["accent"], colours["accent"]),
        Fill.THIN: (colours["accent-soft"], colours["accent"]),
        Fill.SHORT: (colours["card"], colours["ochre"]),
        Fill.QUIET: (colours["edge"], colours["edge"]),
        Fill.FEW: (colours["slate-soft"], colours["slate-soft"]),
    }[fill]

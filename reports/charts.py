"""Interval charts as SVG: a dot and a bar for each row on one axis, in a small panel or over the page's width.

A chart never stands alone: the page that shows it gives the same figures as a table. Its text alternative is
the figure's caption; inside, the picture carries no roles, so that a screen reader does not read it mark by
mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import vl_convert
from markupsafe import Markup

from reports.style import palette

_TAG = re.compile(r"<[a-z][^<>]*>")
_IDLE = re.compile(
    r' (?:(?:role|aria-[a-z]+|class|pointer-events|font-family)="[^"]*"|opacity="1"|transform="translate\(0,0\)")'
)
"""Attributes for an interactive picture, and those that change nothing: a page's own type is used for words."""
_NOTHING = re.compile(r'<path d="(?:|M0,0h0v0h0Z)"[^<>]*/>')
_GROUP = re.compile(r"<g>((?:<(?:text|line|path)\b[^<>]*(?:/>|>[^<]*</text>))+)</g>")
_MARK = re.compile(r"<(?:text|line|path)\b[^<>]*>")
_INHERITED = re.compile(
    r' (?:fill|stroke(?:-width|-linecap|-linejoin|-dasharray)?|font-size|text-anchor)="[^"]*"(?=[ />])'
)
"""What a mark has from the group around it where it says nothing itself (SVG 2, 6.6)."""
_LONG = re.compile(r"\d+\.\d{2}\d+")
_VIEW_BOX = re.compile(r'viewBox="([^"]*)"')


@dataclass(frozen=True)
class Layout:
    """Where the words of a row stand beside its dot; sizes in pixels, heights as shares of a row."""

    width: int
    row: int
    dot: float
    words: float
    label: int
    """Where labels begin, from the axis; negative is left of it."""
    shown: int
    """Where figures end, from the axis."""
    limit: int
    font: int


ABOVE = Layout(width=300, row=44, dot=0.68, words=0.3, label=0, shown=300, limit=215, font=14)
"""Words above the dot: a small panel, which reads on a phone too."""

LEFT = Layout(width=470, row=28, dot=0.5, words=0.5, label=-300, shown=560, limit=290, font=13)
"""Whole labels at the left, figures at the right: as wide as a strip of months, with its type."""


@dataclass(frozen=True)
class IntervalRow:
    """One row of a chart: a rate (or any number) with its interval, or the words that stand where none is."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    shown: str
    """The figure as words, such as ``12%``, or why there is none."""
    strong: bool = False


def interval_chart(
    rows: Sequence[IntervalRow],
    *,
    name: str,
    description: str,
    reference: float | None = None,
    percent: bool = True,
    layout: Layout = ABOVE,
    end: float | None = None,
) -> Markup:
    """An SVG with a dot and an interval for each row, top to bottom, on one axis from zero.

    ``name`` makes the ids in it unique on the page; ``reference`` draws a dashed line at that value; ``layout``
    is where the words stand; ``end`` is where the axis ends, so that several charts can share it; an interval that goes
    on is drawn up to there.
    """
    colours = palette()
    top = _axis_end(rows, reference) if end is None else end
    scale = alt.Scale(domain=[0, top], nice=False, zero=True)
    axis = alt.Axis(
        format="%" if percent else ",.2~f",
        title=None,
        tickCount=4,
        grid=True,
        gridColor=colours["line"],
        domainColor=colours["edge"],
        tickColor=colours["edge"],
        labelColor=colours["muted"],
        labelFontSize=13,
    )
    down = alt.Scale(domain=[0, len(rows)], reverse=True)
    vertical = alt.Y("at:Q", scale=down, axis=None)
    horizontal = alt.X("value:Q", scale=scale, axis=axis)
    marks = _marks(rows, layout, top)
    layers = []
    if reference is not None:
        line = alt.Chart(alt.Data(values=[{"value": reference}]))
        layers.append(line.mark_rule(strokeDash=[4, 3], color=colours["ink"], strokeWidth=1.5).encode(x=horizontal))
    drawn = alt.Chart(alt.Data(values=[mark for mark in marks if mark["value"] is not None]))
    every = alt.Chart(alt.Data(values=marks))
    colour = alt.Color("colour:N", scale=None)
    layers += [
        drawn.mark_rule(strokeWidth=5, opacity=0.35, strokeCap="round").encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", y=vertical, color=colour
        ),
        drawn.mark_point(filled=True, size=85, opacity=1).encode(x=horizontal, y=vertical, color=colour),
        *_words(every, "label", "left", layout.label, down, layout),
        *_words(every, "shown", "right", layout.shown, down, layout),
    ]
    chart = alt.layer(*layers).properties(
        width=layout.width, height=layout.row * len(rows), padding={"left": 8, "right": 12}
    )
    chart = chart.configure(aria=False, background=colours["card"], font="sans-serif").configure_view(stroke=None)
    svg = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    return inline(svg, name, description)


def _marks(rows: Sequence[IntervalRow], layout: Layout, top: float) -> list[dict[str, object]]:
    colours = palette()
    colour, quiet = colours["accent"], colours["muted"]
    return [
        {
            "at": round(place + layout.dot, 2),
            "label_at": round(place + layout.words, 2),
            "label": row.label,
            "shown": row.shown,
            "value": row.value,
            "low": row.low if row.low is not None else row.value,
            "high": row.value if row.high is None else min(row.high, top),
            "colour": colour if row.strong else quiet,
            "ink": colours["ink"] if row.value is not None else quiet,
        }
        for place, row in enumerate(rows)
    ]


def _words(chart: alt.Chart, field: str, align: str, at: int, down: alt.Scale, layout: Layout) -> list[alt.Chart]:
    """The words of each row, first as a broad outline in the card's colour so that no line runs through them."""
    place = {"x": alt.value(at), "y": alt.Y("label_at:Q", scale=down, axis=None), "text": f"{field}:N"}
    common = {"align": align, "baseline": "middle", "fontSize": layout.font, "limit": layout.limit}
    colours = palette()
    halo = chart.mark_text(**common, color=colours["card"], stroke=colours["card"], strokeWidth=6, strokeJoin="round")
    ink = alt.Color("ink:N", scale=None)
    return [halo.encode(**place), chart.mark_text(**common).encode(**place, color=ink)]


def _axis_end(rows: Sequence[IntervalRow], reference: float | None) -> float:
    ends = [number for row in rows for number in (row.high, row.value) if number is not None]
    return max([*ends, reference or 0.0, 0.01]) * 1.04


def inline(svg: str, name: str, description: str) -> Markup:
    """The picture for use within a page: ids of its own, one role, a title, and no fixed size."""
    end = svg.index(">")
    box = _VIEW_BOX.search(svg, 0, end)
    if box is None:
        raise ValueError("the chart came without a viewBox")
    opening = Markup('<svg role="img" aria-labelledby="{}-title" viewBox="{}"><title id="{}-title">{}</title>').format(
        name, box[1], name, description
    )
    body = _NOTHING.sub("", _TAG.sub(lambda tag: _lean(tag.group()), svg[end + 1 :]))
    body = _GROUP.sub(lambda group: _once(group.group(1)), body)
    return opening + Markup(body)  # noqa: S704 - vl-convert escapes the text it draws


def _lean(tag: str) -> str:
    """A tag without what is idle in it, and with numbers to a hundredth of a pixel."""
    return _LONG.sub(lambda found: f"{float(found.group()):.2f}", _IDLE.sub("", tag))


def _once(marks: str) -> str:
    """A group of marks in which what is the same of all is said once, of the group."""
    of_each = [_INHERITED.findall(mark) for mark in _MARK.findall(marks)]
    shared = [said for said in of_each[0] if all(said in one for one in of_each)]
    return f"<g{''.join(shared)}>" + _MARK.sub(lambda mark: _without(mark.group(), shared), marks) + "</g>"


def _without(mark: str, shared: Sequence[str]) -> str:
    for said in shared:
        mark = mark.replace(said, "", 1)
    return mark

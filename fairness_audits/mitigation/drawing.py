"""The picture of a comparison: for each way a small panel, precision against the largest gap in misses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from fairness_audits.mitigation.ways import AS_IT_IS, NEEDS_COUNT, WAYS
from fairness_audits.needing_ethnicity import WORDS, NeedsEthnicity

if TYPE_CHECKING:
    from fairness_audits.mitigation.comparison import Point

_INK, _QUIET, _LINE = "#1c2a2e", "#7d857f", "#ddd6c9"
_COLOUR = {
    NeedsEthnicity.NEVER: "#0e5a5e",
    NeedsEthnicity.IN_TRAINING: "#4a5a70",
    NeedsEthnicity.AT_DECISION: "#a8531c",
}
_SHAPE = {
    NeedsEthnicity.NEVER: "circle",
    NeedsEthnicity.IN_TRAINING: "square",
    NeedsEthnicity.AT_DECISION: "triangle-up",
}
_PANEL, _COLUMNS = 210, 3


def can_be_drawn(points: Sequence[Point]) -> bool:
    """Whether the list as it is has both figures, and some other has."""
    drawn = {point.asked.name for point in points if _shown(point)}
    return AS_IT_IS.name in drawn and len(drawn) > 1


def chart(points: Sequence[Point]) -> alt.FacetChart:
    """One panel a way. The hollow dot is the list as it is, the grey one the count of needs; lines join strengths."""
    shown = [point for point in points if _shown(point)]
    beside = [point for point in shown if point.asked.way is None]
    rows: list[dict[str, Any]] = []
    for way in dict.fromkeys(point.asked.way for point in shown if point.asked.way is not None):
        own = [point for point in shown if point.asked.way is way]
        panel = f"{WAYS[way].title} ({WORDS[WAYS[way].needs]})"
        rows += [_row(point, panel, place) for place, point in enumerate([*beside, *own])]
    panels = list(dict.fromkeys(row["panel"] for row in rows))
    needs = [one for one in NeedsEthnicity if any(row["needs"] == WORDS[one] for row in rows)]
    colour = alt.Color("colour:N", scale=None)
    x = alt.X("gap:Q", title="Largest gap in misses, points", axis=_axis(), scale=alt.Scale(zero=True, nice=True))
    y = alt.Y("precision:Q", title="Precision", axis=_axis("%"), scale=alt.Scale(zero=True, nice=True))
    base = alt.Chart()
    across = base.mark_rule(strokeWidth=2, opacity=0.22).encode(
        x=alt.X("gap_low:Q"), x2="gap_high:Q", y=y, color=colour
    )
    up = base.mark_rule(strokeWidth=2, opacity=0.22).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour)
    joined = (
        base.transform_filter("datum.joined").mark_line(strokeWidth=1.5).encode(x=x, y=y, order="place:Q", color=colour)
    )
    dots = base.mark_point(size=70, opacity=1, strokeWidth=2).encode(
        x=x,
        y=y,
        color=colour,
        fill=alt.Fill("fill:N", scale=None),
        shape=alt.Shape(
            "needs:N",
            legend=None,
            scale=alt.Scale(domain=[WORDS[one] for one in needs], range=[_SHAPE[one] for one in needs]),
        ),
        tooltip=["list:N", "precision:Q", "gap:Q"],
    )
    layered = alt.layer(across, up, joined, dots, data=alt.Data(values=rows)).properties(width=_PANEL, height=150)
    return (
        layered.facet(
            facet=alt.Facet(
                "panel:N", sort=panels, title=None, header=alt.Header(labelFontSize=12, labelLimit=_PANEL + 40)
            ),
            columns=_COLUMNS,
        )
        .configure(font="sans-serif", background="#ffffff")
        .configure_view(stroke=_LINE)
    )


def _shown(point: Point) -> bool:
    return point.measured.gap.value is not None and point.measured.precision.value is not None


def _row(point: Point, panel: str, place: int) -> dict[str, Any]:
    asked, found = point.asked, point.measured
    colour = _INK if asked is AS_IT_IS else _QUIET if asked is NEEDS_COUNT else _COLOUR[asked.needs]
    return {
        "panel": panel,
        "place": place,
        "list": asked.words,
        "needs": WORDS[asked.needs],
        "joined": asked is AS_IT_IS or (asked.way is not None and not asked.subject),
        "colour": colour,
        "fill": "#ffffff" if asked is AS_IT_IS else colour,
        "precision": found.precision.value,
        "low": found.precision.low,
        "high": found.precision.high,
        "gap": _points(found.gap.value),
        "gap_low": _points(found.gap.low),
        "gap_high": _points(found.gap.high),
    }


def _points(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _axis(form: str = "") -> alt.Axis:
    return alt.Axis(
        **({"format": form} if form else {}),
        tickCount=4,
        gridColor=_LINE,
        domainColor=_QUIET,
        tickColor=_QUIET,
        labelFontSize=11,
        titleFontSize=11,
        titleFontWeight="normal",
    )

"""Pictures of an evaluation, as SVG: the splits, each candidate at each test date, and the reliability curves.

Each is made from the evaluation document alone and is the same bytes for the same document. Nothing in them is a
count below ten. A picture never stands alone: the document holds every figure in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import altair as alt
import vl_convert

from models.target import CandidateName
from store.small_numbers import shown_count

_INK, _QUIET, _LINE = "#1c2a2e", "#7d857f", "#ddd6c9"
_LEARNT, _ASKED = "#0e5a5e", "#a8531c"
_COLUMNS = 4
_PANEL = 150
_FONT = "sans-serif"


def figures(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Each picture's SVG by its name; none for a target that cannot be modelled.

    ``splits``, ``precision``, ``recall``, ``average_precision``, ``observed_over_expected`` (by test date, to show
    drift) and ``reliability``.
    """
    if evaluation["state"] != "modelled":
        return {}
    by_date = {
        "precision": "Precision at capacity",
        "recall": "Recall at capacity",
        "average_precision": "Average precision",
        "observed_over_expected": "Observed over expected",
    }
    return {
        "splits": _svg(_splits(evaluation)),
        **{metric: _svg(_by_date(evaluation, metric, title)) for metric, title in by_date.items()},
        "reliability": _svg(_reliability(evaluation)),
    }


def _splits(evaluation: Mapping[str, Any]) -> alt.LayerChart:
    """One row an origin: the dates it learns from until their outcomes are settled, and the date it is asked about."""
    outcome = evaluation["outcome"]
    horizon, delay = outcome["horizon_days"], outcome["reporting_delay_days"]
    spans, dots, labels = [], [], []
    origins = [*evaluation["splits"], evaluation["current"]]
    for place, origin in enumerate(origins):
        tested = "test_outcomes" in origin
        asked = dt.date.fromisoformat(origin["as_of"])
        learnt = [dt.date.fromisoformat(day) for day in origin["learns_from"]]
        row = {"row": place}
        dots += [{**row, "what": "learnt from", "at": _year(day)} for day in learnt]
        dots.append({**row, "what": "asked about", "at": _year(asked)})
        if learnt:
            settled = learnt[-1] + dt.timedelta(horizon + delay)
            spans.append({**row, "what": "learnt from", "from": _year(learnt[0]), "to": _year(settled)})
        if tested:
            until = asked + dt.timedelta(horizon)
            spans.append({**row, "what": "asked about", "from": _year(asked), "to": _year(until)})
        labels.append({**row, "label": _origin_words(origin, asked, tested)})
    vertical = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.75, len(origins) - 0.5], reverse=True))
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=["learnt from", "asked about"], range=[_LEARNT, _ASKED]),
        legend=alt.Legend(title=None, orient="bottom", labelFontSize=13, symbolType="circle", symbolOpacity=1),
    )
    across = alt.Axis(format="d", title=None, tickMinStep=1, gridColor=_LINE, domainColor=_QUIET, labelFontSize=12)
    scale = alt.Scale(zero=False, nice=False)
    bars = _data(spans).mark_rule(strokeWidth=9, opacity=0.25)
    marks = _data(dots).mark_point(filled=True, size=70, opacity=1)
    words = _data(labels)
    style = {"align": "left", "baseline": "middle", "dy": -19, "fontSize": 13}
    # First as a broad outline in white, so that no line runs through the words.
    halo = words.mark_text(**style, color="#ffffff", stroke="#ffffff", strokeWidth=6, strokeJoin="round")
    placed = {"x": alt.value(4), "y": vertical, "text": "label:N"}
    return alt.layer(
        bars.encode(x=alt.X("from:Q", scale=scale, axis=across), x2="to:Q", y=vertical, color=colour),
        marks.encode(x=alt.X("at:Q", scale=scale, axis=across), y=vertical, color=colour),
        halo.encode(**placed),
        words.mark_text(**style, color=_INK).encode(**placed),
    ).properties(
        width=720,
        height=58 * len(origins),
        title=_title(
            "Which dates each test learnt from, and which it was asked about",
            "Dots are as-of dates; a bar ends where the outcomes of its dates are settled.",
        ),
    )


def _origin_words(origin: Mapping[str, Any], asked: dt.date, tested: bool) -> str:
    learnt = f"{_count(origin['training_cases'])} cases to learn from, {_count(origin['training_outcomes'])} outcomes"
    if tested:
        tail = f"{_count(origin['cases'])} asked about, {_count(origin['test_outcomes'])} outcomes"
        return f"Tested at {_day(asked)}: {learnt}; {tail}"
    return f"The list of {_day(asked)}: {learnt}; {_count(origin['cases'])} on it, outcomes to come"


def _by_date(evaluation: Mapping[str, Any], metric: str, title: str) -> alt.VConcatChart:
    """A panel a candidate: the figure at each test date with its interval, and what chance gives."""
    dates = [split["as_of"] for split in evaluation["splits"]]
    points = {
        name: [{"as_of": _short(day), **_ends(found["by_as_of"][day][metric])} for day in dates]
        for name, found in evaluation["candidates"].items()
    }
    share = metric != "observed_over_expected"
    level = dict.fromkeys(dates, 1.0)
    if share and "chance" in points:
        level = {day: evaluation["candidates"]["chance"]["by_as_of"][day][metric]["value"] for day in dates}
    reference = [{"as_of": _short(day), "value": value} for day, value in level.items()]
    top = _top(points.values(), reference)
    across = alt.X("as_of:N", sort=None, title=None, axis=alt.Axis(labelAngle=-40, labelFontSize=11))

    def panel(name: str) -> alt.LayerChart:
        up = alt.Y(
            "value:Q",
            title=None,
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(format="%" if share else ".1f", tickCount=4, gridColor=_LINE, domainColor=_QUIET),
        )
        colour = _colour(evaluation, name)
        told = _data([point for point in points[name] if point["value"] is not None])
        return alt.layer(
            _data(reference).mark_line(strokeDash=[4, 3], strokeWidth=1.5, color=_INK).encode(x=across, y=up),
            told.mark_rule(strokeWidth=5, opacity=0.35, color=colour).encode(
                x=across, y=alt.Y("low:Q", title=None), y2="high:Q"
            ),
            told.mark_point(filled=True, size=60, opacity=1, color=colour).encode(x=across, y=up),
        )

    line = "what a list drawn by lot gives" if share else "as many as expected"
    said = f"With 95% intervals by families. Dashed: {line}. Dark: the one that makes the list."
    return _panels(evaluation, panel, _title(f"{title}, by test date", said))


def _reliability(evaluation: Mapping[str, Any]) -> alt.VConcatChart:
    """A panel a candidate: what was told beside what happened, over all test dates."""
    curves = {
        name: [{"predicted": one["predicted"], **_ends(one["observed"])} for one in found["reliability"]]
        for name, found in evaluation["candidates"].items()
    }
    told = [point["predicted"] for curve in curves.values() for point in curve]
    top = max(_top(curves.values(), []), *told, 0.0)
    scale = alt.Scale(domain=[0, top], nice=False)
    axis = alt.Axis(format="%", tickCount=4, gridColor=_LINE, domainColor=_QUIET)
    diagonal = _data([{"predicted": end, "value": end} for end in (0.0, top)])

    def panel(name: str) -> alt.LayerChart:
        across = alt.X("predicted:Q", title="probability told", scale=scale, axis=axis)
        up = alt.Y("value:Q", title="had the outcome", scale=scale, axis=axis)
        colour = _colour(evaluation, name)
        bins = _data(curves[name])
        return alt.layer(
            diagonal.mark_line(strokeDash=[4, 3], strokeWidth=1.5, color=_INK).encode(x=across, y=up),
            bins.mark_rule(strokeWidth=4, opacity=0.35, color=colour).encode(
                x=across, y=alt.Y("low:Q", title="had the outcome"), y2="high:Q"
            ),
            bins.mark_point(filled=True, size=50, opacity=1, color=colour).encode(x=across, y=up),
        )

    said = "Each dot is about a tenth of the expected outcomes, with its 95% interval by families; dashed: as told."
    return _panels(evaluation, panel, _title("What was told, and what happened", said))


def _panels(
    evaluation: Mapping[str, Any], panel: Callable[[str], alt.LayerChart], title: alt.TitleParams
) -> alt.VConcatChart:
    """The candidates' panels, a few to a row."""
    made = [
        panel(name).properties(
            width=_PANEL,
            height=_PANEL,
            title=alt.TitleParams(_words(name), fontSize=13, color=_INK, anchor="start"),
        )
        for name in _ordered(evaluation)
    ]
    rows = [alt.hconcat(*made[start : start + _COLUMNS], spacing=22) for start in range(0, len(made), _COLUMNS)]
    return alt.vconcat(*rows, spacing=22).properties(title=title)


def _ordered(evaluation: Mapping[str, Any]) -> list[str]:
    """The candidates, simplest first."""
    order = [name.value for name in CandidateName]
    return sorted(evaluation["candidates"], key=order.index)


def _svg(chart: Any) -> str:
    configured = chart.configure(background="#ffffff", font=_FONT, padding=12).configure_view(stroke=None)
    return str(vl_convert.vegalite_to_svg(configured.to_dict(validate=False)))


def _data(values: Iterable[Mapping[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.Data(values=list(values)))


def _title(text: str, under: str) -> alt.TitleParams:
    return alt.TitleParams(
        text, subtitle=under, anchor="start", fontSize=16, subtitleFontSize=12.5, subtitleColor=_INK, offset=14
    )


def _colour(evaluation: Mapping[str, Any], name: str) -> str:
    return _LEARNT if name == evaluation["choice"]["chosen"] else _QUIET


def _ends(metric: Mapping[str, Any]) -> dict[str, Any]:
    """A figure and its interval; an end that is open is drawn no further than the figure."""
    value = metric["value"]
    return {end: metric[end] if metric[end] is not None else value for end in ("value", "low", "high")}


def _top(series: Iterable[Iterable[Mapping[str, Any]]], reference: Iterable[Mapping[str, Any]]) -> float:
    ends = [point.get("high", point["value"]) for points in (*series, reference) for point in points]
    return float(max([end for end in ends if end is not None], default=1.0)) * 1.05 or 1.0


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _count(number: int) -> str:
    shown = shown_count(number)
    return f"{shown:,}" if isinstance(shown, int) else str(shown)


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _short(as_of: str) -> str:
    return f"{dt.date.fromisoformat(as_of):%b %Y}"


def _year(day: dt.date) -> float:
    """The date as a number of years: no clock or time zone has a say in where it lies."""
    return round(day.year + (day.timetuple().tm_yday - 1) / 366, 5)

"""Small charts as SVG, drawn by the server. Each stands above a table of the same figures.

Nothing in them is styled but by the attributes of the picture itself, which the content security policy lets through.
None of the colours is red, and none says by itself what is good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.style import palette
from review.families.words import MINUS

_FONT = 13
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 24


@dataclass(frozen=True)
class Frame:
    """The size of a picture, in its own units, and the range that its height stands for."""

    width: int
    height: int
    low: float
    high: float

    def x(self, share: float) -> float:
        """How far from the left, for a share of the way from 0 to 1."""
        return round(_LEFT + share * (self.width - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """How far from the top a value lies."""
        span = (self.high - self.low) or 1
        return round(_TOP + (self.high - value) / span * (self.height - _TOP - _BOTTOM), 1)


def attendance_chart(months: Sequence[tuple[int, float]], name: str, title: str) -> SafeString:
    """A line of the share of sessions attended in each month, 0 to 1; a month without school breaks the line."""
    frame = Frame(300, 130, 0.0, 1.0)
    return _months(frame, months, name, title, [(0.0, "0%"), (0.5, "50%"), (1.0, "100%")])


def rent_chart(months: Sequence[tuple[int, float]], name: str, title: str) -> SafeString:
    """A line of the balance at the end of each month in pounds; above the middle line is owed."""
    values = [value for _, value in months]
    frame = Frame(340, 150, min([*values, 0.0]), max([*values, 100.0]))
    marks = sorted({round(frame.low, -1), 0.0, round(frame.high, -1)})
    return _months(frame, months, name, title, [(mark, _pounds(mark)) for mark in marks])


def _months(
    frame: Frame, months: Sequence[tuple[int, float]], name: str, title: str, marks: Sequence[tuple[float, str]]
) -> SafeString:
    colours = palette()
    places = [_month_number(month) for month, _ in months]
    first, last = places[0], max(places[-1], places[0] + 1)
    points = [
        (place, frame.x((place - first) / (last - first)), frame.y(value))
        for place, (_, value) in zip(places, months, strict=True)
    ]
    pieces: list[list[tuple[float, float]]] = []
    for number, (place, x, y) in enumerate(points):
        if number == 0 or place != points[number - 1][0] + 1:
            pieces.append([])
        pieces[-1].append((x, y))
    inside = [
        *(_rule(frame, value, label) for value, label in marks),
        *(_line(piece, colours["accent"]) for piece in pieces if len(piece) > 1),
        format_html_join(
            "", '<circle cx="{}" cy="{}" r="2.6" fill="{}"/>', ((x, y, colours["accent"]) for _, x, y in points)
        ),
        _text(frame.x(0), frame.height - 6, "start", _short_month(months[0][0])),
        *(
            [_text(frame.width - _RIGHT, frame.height - 6, "end", _short_month(months[-1][0]))]
            if len(months) > 1
            else []
        ),
    ]
    return _svg(frame.width, frame.height, name, title, inside)


@dataclass(frozen=True)
class Bar:
    """Something that lasted: which lane it is in, and from when to when."""

    lane: str
    since: dt.date
    until: dt.date


_LANE = 26
_LABELS = 170


def timeline_chart(bars: Sequence[Bar], lanes: Sequence[str], end: dt.date, name: str, title: str) -> SafeString:
    """Lanes from the first thing to ``end``: a bar for what lasted, a dot for what happened on a day."""
    colours = palette()
    width, height = 720, _LANE * len(lanes) + 30
    start = dt.date(min(bar.since for bar in bars).year, 1, 1)
    days = max((end - start).days, 1)

    def x(day: dt.date) -> float:
        return round(_LABELS + (day - start).days / days * (width - _LABELS - _RIGHT), 1)

    inside: list[SafeString] = []
    step = max(1, (end.year - start.year) // 6)
    for year in range(start.year, end.year + 1, step):
        at = x(dt.date(year, 1, 1))
        inside.append(
            format_html('<line x1="{}" y1="0" x2="{}" y2="{}" stroke="{}"/>', at, at, height - 22, colours["line"])
        )
        inside.append(_text(at, height - 6, "start", str(year)))
    for number, lane in enumerate(lanes):
        middle = number * _LANE + _LANE / 2
        inside.append(_text(0, middle + 4, "start", lane, colours["ink"]))
        for bar in (bar for bar in bars if bar.lane == lane):
            if bar.since == bar.until:
                inside.append(
                    format_html('<circle cx="{}" cy="{}" r="5" fill="{}"/>', x(bar.since), middle, colours["accent"])
                )
            else:
                wide = max(x(bar.until) - x(bar.since), 3.0)
                inside.append(
                    format_html(
                        '<rect x="{}" y="{}" width="{}" height="12" rx="3" fill="{}" stroke="{}"/>',
                        *(x(bar.since), middle - 6, round(wide, 1), colours["accent-soft"], colours["accent"]),
                    )
                )
    return _svg(width, height, name, title, inside)


@dataclass(frozen=True)
class Score:
    """One domain of the outcomes framework: the first score and the latest, 0 (no concern) to 10 (severe)."""

    label: str
    first: int
    latest: int | None


def scores_chart(scores: Sequence[Score], name: str, title: str) -> SafeString:
    """A ring where each domain began and a dot where it is now, from 0 to 10."""
    colours = palette()
    row, width = 44, 320
    height = row * len(scores) + 26
    inside: list[SafeString] = []

    def x(score: int) -> float:
        return round(10 + score / 10 * (width - 24), 1)

    for mark in (0, 5, 10):
        inside.append(
            format_html(
                '<line x1="{}" y1="0" x2="{}" y2="{}" stroke="{}"/>', x(mark), x(mark), height - 22, colours["line"]
            )
        )
        inside.append(_text(x(mark), height - 5, {0: "start", 5: "middle", 10: "end"}[mark], str(mark)))
    for number, score in enumerate(scores):
        top = number * row
        at = top + 30
        inside.append(_text(x(0), top + 16, "start", score.label, colours["ink"]))
        if score.latest is not None:
            inside.append(
                format_html(
                    '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="3"/>',
                    *(x(score.first), at, x(score.latest), at, colours["accent-soft"]),
                )
            )
        inside.append(
            format_html(
                '<circle cx="{}" cy="{}" r="6" fill="{}" stroke="{}" stroke-width="2"/>',
                *(x(score.first), at, colours["card"], colours["accent"]),
            )
        )
        if score.latest is not None:
            inside.append(
                format_html('<circle cx="{}" cy="{}" r="5" fill="{}"/>', x(score.latest), at, colours["accent"])
            )
    return _svg(width, height, name, title, inside)


def bars_chart(rows: Sequence[tuple[str, int]], name: str, title: str) -> SafeString:
    """A bar for each row with its figure beside it; what it is of stands above it."""
    colours = palette()
    row, width = 40, 380
    most = max([*(number for _, number in rows), 1])
    inside: list[SafeString] = []
    for place, (label, number) in enumerate(rows):
        top = place * row
        wide = round(number / most * (width - 60), 1)
        inside.append(_text(0, top + 14, "start", label, colours["ink"]))
        inside.append(
            format_html(
                '<rect x="0" y="{}" width="{}" height="12" rx="2" fill="{}"/>', top + 20, wide, colours["accent"]
            )
        )
        inside.append(_text(wide + 6, top + 31, "start", str(number), colours["ink"]))
    return _svg(width, row * len(rows) + 4, name, title, inside)


def _svg(width: int, height: int, name: str, title: str, inside: Sequence[SafeString]) -> SafeString:
    return format_html(
        '<svg role="img" aria-labelledby="{}-title" viewBox="0 0 {} {}" font-family="sans-serif" font-size="{}">'
        '<title id="{}-title">{}</title>{}</svg>',
        *(name, width, height, _FONT, name, title, format_html_join("", "{}", ((one,) for one in inside))),
    )


def _rule(frame: Frame, value: float, label: str) -> SafeString:
    y = frame.y(value)
    line = format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}"/>',
        *(_LEFT, y, frame.width - _RIGHT, y, palette()["line"]),
    )
    return line + _text(_LEFT - 6, y + 4, "end", label)


def _line(points: Sequence[tuple[float, float]], colour: str) -> SafeString:
    path = " ".join(f"{x},{y}" for x, y in points)
    return format_html('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>', path, colour)


def _text(x: float, y: float, anchor: str, words: str, colour: str = "") -> SafeString:
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>', x, y, anchor, colour or palette()["muted"], words
    )


def _month_number(month: int) -> int:
    return month // 100 * 12 + month % 100


def _short_month(month: int) -> str:
    return f"{dt.date(month // 100, month % 100, 1):%b %Y}"


def _pounds(value: float) -> str:
    return f"{MINUS if value < 0 else ''}£{abs(value):,.0f}"

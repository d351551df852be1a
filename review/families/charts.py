"""Small charts as SVG, drawn by the server. Each stands above a table of the same figures.

Nothing in them is styled but by the attributes of the picture itself, which the content security policy lets through.
None of the colours is red, and none says by itself what is good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from markupsafe import escape

from reports.style import palette
from review.families.words import MINUS

_FONT = 13
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 12, 24
_LETTERS = 44
"""Letters across a chart."""
_THOUSANDS, _MILLIONS = 10_000, 999_500


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
        *(_drawn('<circle cx="{}" cy="{}" r="2.6" fill="{}"/>', x, y, colours["accent"]) for _, x, y in points),
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


_LANE = 44
_AXIS = 24
_FROM, _TO = 1.0, 97.0
"""Hundredths of the width between which the time lies: a dot at either end is whole."""
_LAST_YEAR_AT = 86.5
"""From there on a year's figures would not fit into a phone's width."""
_MOST_YEARS = 6
"""Years named below a timeline at the most: more would run into each other on a phone."""


def timeline_chart(bars: Sequence[Bar], lanes: Sequence[str], end: dt.date, name: str, title: str) -> SafeString:
    """Lanes from the first thing to ``end``, each under its name: a bar for what lasted, a dot for a single day.

    Lengths are shares of the width, so that it fills a phone as well as a wide window, with words of one size.
    """
    colours = palette()
    height = _LANE * len(lanes) + _AXIS
    start = dt.date(min(bar.since for bar in bars).year, 1, 1)
    days = max((end - start).days, 1)

    def x(day: dt.date) -> float:
        return round(_FROM + (day - start).days / days * (_TO - _FROM), 2)

    inside: list[SafeString] = []
    step = -(-(end.year - start.year + 1) // _MOST_YEARS)
    for year in range(start.year, end.year + 1, step):
        at = x(dt.date(year, 1, 1))
        inside.append(_upright(at, height - _AXIS, colours["line"]))
        if at <= _LAST_YEAR_AT:
            inside.append(_text(f"{at}%", height - 6, "start", str(year)))
    for number, lane in enumerate(lanes):
        top = number * _LANE
        inside.append(_clear(top + 16, lane, colours))
        inside += [_lasting(bar, x, top + 30, colours) for bar in bars if bar.lane == lane]
    return _drawn(
        '<svg role="img" aria-labelledby="{}-title" width="100%" height="{}" font-family="sans-serif" font-size="{}">'
        '<title id="{}-title">{}</title>{}</svg>',
        *(name, height, _FONT + 1, name, title, SafeString("".join(inside))),
    )


def _clear(y: float, words: str, colours: Mapping[str, str]) -> SafeString:
    """Words at the left edge, with the lines behind them kept off."""
    return _drawn(
        '<text x="0" y="{}" fill="{}" stroke="{}" stroke-width="5" paint-order="stroke">{}</text>',
        *(y, colours["ink"], colours["card"], words),
    )


def _lasting(bar: Bar, x: Callable[[dt.date], float], middle: float, colours: Mapping[str, str]) -> SafeString:
    if bar.since == bar.until:
        return _drawn('<circle cx="{}%" cy="{}" r="5" fill="{}"/>', x(bar.since), middle, colours["accent"])
    wide = round(max(x(bar.until) - x(bar.since), 0.6), 2)
    return _drawn(
        '<rect x="{}%" y="{}" width="{}%" height="12" rx="3" fill="{}" stroke="{}"/>',
        *(x(bar.since), middle - 6, wide, colours["accent-soft"], colours["accent"]),
    )


def _upright(at: float, height: float, colour: str) -> SafeString:
    return _drawn('<line x1="{}%" y1="0" x2="{}%" y2="{}" stroke="{}"/>', at, at, height, colour)


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
            _drawn('<line x1="{}" y1="0" x2="{}" y2="{}" stroke="{}"/>', x(mark), x(mark), height - 22, colours["line"])
        )
        inside.append(_text(x(mark), height - 5, {0: "start", 5: "middle", 10: "end"}[mark], str(mark)))
    for number, score in enumerate(scores):
        top = number * row
        at = top + 30
        inside.append(_text(x(0), top + 16, "start", _fitting(score.label), colours["ink"]))
        if score.latest is not None:
            inside.append(
                _drawn(
                    '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="3"/>',
                    *(x(score.first), at, x(score.latest), at, colours["accent-soft"]),
                )
            )
        inside.append(
            _drawn(
                '<circle cx="{}" cy="{}" r="6" fill="{}" stroke="{}" stroke-width="2"/>',
                *(x(score.first), at, colours["card"], colours["accent"]),
            )
        )
        if score.latest is not None:
            inside.append(_drawn('<circle cx="{}" cy="{}" r="5" fill="{}"/>', x(score.latest), at, colours["accent"]))
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
        inside.append(_text(0, top + 14, "start", _fitting(label), colours["ink"]))
        inside.append(
            _drawn('<rect x="0" y="{}" width="{}" height="12" rx="2" fill="{}"/>', top + 20, wide, colours["accent"])
        )
        inside.append(_text(wide + 6, top + 31, "start", str(number), colours["ink"]))
    return _svg(width, row * len(rows) + 4, name, title, inside)


def _svg(width: int, height: int, name: str, title: str, inside: Sequence[SafeString]) -> SafeString:
    return _drawn(
        '<svg role="img" aria-labelledby="{}-title" viewBox="0 0 {} {}" font-family="sans-serif" font-size="{}">'
        '<title id="{}-title">{}</title>{}</svg>',
        *(name, width, height, _FONT, name, title, SafeString("".join(inside))),
    )


def _drawn(shape: str, *values: object) -> SafeString:
    """The shape with the values in it, escaped unless they are drawings: a page has hundreds of marks."""
    return SafeString(shape.format(*(escape(value) for value in values)))


def _rule(frame: Frame, value: float, label: str) -> SafeString:
    y = frame.y(value)
    line = _drawn(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}"/>',
        *(_LEFT, y, frame.width - _RIGHT, y, palette()["line"]),
    )
    return line + _text(_LEFT - 6, y + 4, "end", label)


def _line(points: Sequence[tuple[float, float]], colour: str) -> SafeString:
    path = " ".join(f"{x},{y}" for x, y in points)
    return _drawn('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>', path, colour)


def _text(x: float | str, y: float, anchor: str, words: str, colour: str = "") -> SafeString:
    return _drawn(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>', x, y, anchor, colour or palette()["muted"], words
    )


def _month_number(month: int) -> int:
    return month // 100 * 12 + month % 100


def _short_month(month: int) -> str:
    return f"{dt.date(month // 100, month % 100, 1):%b %Y}"


def _pounds(value: float) -> str:
    """Short enough for the edge of a chart: thousands from ten thousand on, millions from a million."""
    size = abs(value)
    if size < _THOUSANDS:
        whole = f"{size:,.0f}"
    else:
        whole = f"{size / 1000:.0f}k" if size < _MILLIONS else f"{size / 1_000_000:.1f}m"
    return f"{MINUS if value < 0 else ''}£{whole}"


def _fitting(words: str) -> str:
    """Words that fit into the width of a chart; the table beside it has all of them."""
    return words if len(words) <= _LETTERS else words[: _LETTERS - 1].rstrip() + "…"

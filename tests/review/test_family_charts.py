"""The charts as pictures: where marks stand, and that words cannot break out."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from xml.etree import ElementTree

import pytest

from review.families.charts import (
    Bar,
    Score,
    attendance_chart,
    bars_chart,
    rent_chart,
    scores_chart,
    timeline_chart,
)
from tests.review.family_rows import HOSTILE

_SVG = "{http://www.w3.org/2000/svg}"


def share(length: str) -> float:
    """A length, or a share of the picture's width in hundredths."""
    return float(length.removesuffix("%"))


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def test_a_month_without_school_breaks_the_line() -> None:
    months = [(202511, 0.9), (202512, 0.8), (202601, 0.7), (202603, 0.6), (202604, 1.0), (202606, 0.5)]
    picture = parsed(attendance_chart(months, "a", "Attendance"))
    assert [len(line.attrib["points"].split()) for line in picture.iter("polyline")] == [3, 2]
    assert len(list(picture.iter("circle"))) == 6


def test_more_attendance_is_higher_and_the_whole_is_at_the_top_line() -> None:
    picture = parsed(attendance_chart([(202601, 0.0), (202602, 0.5), (202603, 1.0)], "a", "Attendance"))
    heights = [float(dot.attrib["cy"]) for dot in picture.iter("circle")]
    assert heights == sorted(heights, reverse=True)
    lines = sorted(float(line.attrib["y1"]) for line in picture.iter("line"))
    assert (heights[2], heights[1], heights[0]) == tuple(lines)


def test_what_is_owed_is_above_nothing_owed_and_credit_below() -> None:
    picture = parsed(rent_chart([(202601, 300.0), (202602, 0.0), (202603, -120.0)], "r", "Rent"))
    owed, nothing, credit = (float(dot.attrib["cy"]) for dot in picture.iter("circle"))
    assert owed < nothing < credit
    assert {"\N{MINUS SIGN}£120", "£0", "£300"} <= {one.text for one in picture.iter("text")}


@pytest.mark.parametrize("months", [[(202601, 0.0)], [(202601, 1.0), (202601, 1.0)]])
def test_a_single_month_is_drawn(months: list[tuple[int, float]]) -> None:
    assert len(list(parsed(rent_chart(months, "r", "Rent")).iter("circle"))) == len(months)


def test_a_bar_lies_in_its_lane_and_ends_where_it_ended() -> None:
    end = dt.date(2026, 1, 1)
    bars = [
        Bar("Plan", dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
        Bar("Plan", dt.date(2025, 1, 1), end),
        Bar("Contact", dt.date(2024, 7, 1), dt.date(2024, 7, 1)),
    ]
    picture = parsed(timeline_chart(bars, ["Contact", "Plan"], end, "t", "Time"))
    one, two = (
        {name: share(value) for name, value in bar.attrib.items() if name in "xy width"} for bar in picture.iter("rect")
    )
    assert one["x"] + one["width"] == pytest.approx(two["x"], abs=0.02)
    assert one["y"] == two["y"]
    (dot,) = picture.iter("circle")
    assert float(dot.attrib["cy"]) < one["y"]
    assert one["x"] < share(dot.attrib["cx"]) < two["x"]


def test_a_score_has_a_ring_where_it_began_and_a_dot_where_it_is() -> None:
    picture = parsed(scores_chart([Score("Health", 8, 3), Score("Money", 2, None)], "s", "Scores"))
    ring, dot, only = picture.iter("circle")
    assert float(ring.attrib["cx"]) > float(dot.attrib["cx"]) > float(only.attrib["cx"])
    assert ring.attrib["fill"] == only.attrib["fill"] != dot.attrib["fill"]


def test_the_longest_bar_is_of_the_most() -> None:
    picture = parsed(bars_chart([("A", 10), ("B", 5), ("C", 0)], "b", "Bars"))
    widths = [float(bar.attrib["width"]) for bar in picture.iter("rect")]
    assert widths[0] == 2 * widths[1] > widths[2] == 0


@pytest.mark.parametrize(
    "picture",
    [
        bars_chart([(HOSTILE, 1)], "b", HOSTILE),
        scores_chart([Score(HOSTILE, 1, 2)], "s", HOSTILE),
        attendance_chart([(202601, 0.5)], "a", HOSTILE),
        timeline_chart(
            [Bar(HOSTILE, dt.date(2026, 1, 1), dt.date(2026, 1, 1))], [HOSTILE], dt.date(2026, 2, 2), "t", HOSTILE
        ),
    ],
)
def test_hostile_words_stay_words_and_nothing_needs_a_style(picture: str) -> None:
    assert HOSTILE in {one.text for one in parsed(picture).iter()}
    assert not re.search(r"<script|\sstyle=|\sclass=", picture)


@pytest.mark.parametrize("years", [1, 2, 6, 7, 12, 31])
def test_a_timeline_of_any_length_has_few_years_on_it_and_nothing_beyond_its_edges(years: int) -> None:
    end = dt.date(2026, 9, 7)
    since = dt.date(2026 - years + 1, 2, 28)
    picture = parsed(timeline_chart([Bar("Plan", since, end), Bar("Plan", end, end)], ["Plan"], end, "t", "Time"))
    years_on_it = [one for one in picture.iter("text") if one.text != "Plan"]
    assert 1 <= len(years_on_it) <= 6
    places = [share(one.attrib["x"]) for one in years_on_it]
    assert all(later - sooner >= 12 for sooner, later in itertools.pairwise(places))
    for one in picture.iter("rect"):
        assert 0 <= share(one.attrib["x"]) < share(one.attrib["x"]) + share(one.attrib["width"]) <= 100
    for one in picture.iter("circle"):
        assert 0 < share(one.attrib["cx"]) < 100


@pytest.mark.parametrize(
    ("owed", "said"),
    [
        (300.0, "£300"),
        (9_990.0, "£9,990"),
        (10_000.0, "£10k"),
        (990_000.0, "£990k"),
        (4_012_345.0, "£4.0m"),
        (-25_000.0, "\N{MINUS SIGN}£25k"),
    ],
)
def test_amounts_fit_at_the_edge_of_a_chart(owed: float, said: str) -> None:
    picture = parsed(rent_chart([(202601, 0.0), (202602, owed)], "r", "Rent"))
    assert said in {one.text for one in picture.iter("text")}


def test_a_long_label_ends_in_dots_within_the_picture() -> None:
    for picture in (bars_chart([("x" * 200, 1)], "b", "Bars"), scores_chart([Score("x" * 200, 1, 2)], "s", "Scores")):
        (label,) = [one.text or "" for one in parsed(picture).iter("text") if (one.text or "").startswith("xx")]
        assert len(label) <= 44
        assert label.endswith("…")

"""Numbers, dates and charts in words."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import text
from reports.charts import IntervalRow, interval_chart

RATES = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (None, "not known"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.0004, "under 0.1%"),
        (0.034, "3.4%"),
        (0.05, "5%"),
        (0.0996, "10%"),
        (0.124, "12%"),
        (0.9961, "over 99%"),
    ],
)
def test_share(rate: float | None, words: str) -> None:
    assert text.share(rate) == words


@given(RATES)
def test_a_share_is_none_or_all_only_when_it_is(rate: float) -> None:
    assert (text.share(rate) == "0%") == (rate == 0)
    assert (text.share(rate) == "100%") == (rate == 1)


@given(RATES)
def test_a_share_is_near_the_rate(rate: float) -> None:
    figure = re.fullmatch(r"([\d.]+)%", text.share(rate))
    if figure:
        assert abs(float(figure[1]) / 100 - rate) <= 0.005 + 1e-9


@pytest.mark.parametrize(
    ("rate", "words", "rest"),
    [
        (0.0, "none", "all"),
        (1.0, "all", "none"),
        (0.0007, "fewer than 1 in 500", "more than 9 in 10"),
        (0.07, "about 1 in 15", "about 14 in 15"),
        (0.125, "about 1 in 8", "about 7 in 8"),
        (0.34, "about 1 in 3", "about 2 in 3"),
        (0.41, "about 4 in 10", "about 6 in 10"),
        (0.52, "about half", "about half"),
        (0.97, "more than 9 in 10", "about 1 in 30"),
    ],
)
def test_one_in_and_the_others(rate: float, words: str, rest: str) -> None:
    assert text.one_in(rate) == words
    assert text.others(rate) == rest


@given(RATES)
def test_one_in_is_near_the_rate(rate: float) -> None:
    said = re.fullmatch(r"about (\d+) in (\d+)", text.one_in(rate))
    if said:
        assert abs(int(said[1]) / int(said[2]) - rate) <= 0.09


@pytest.mark.parametrize(
    ("rate", "words"),
    [(10 / 90, "fewer than 1 in 9"), (10 / 95, "fewer than 1 in 9"), (0.66, "fewer than 7 in 10"), (1.2, "not all")],
)
def test_fewer_than(rate: float, words: str) -> None:
    assert text.fewer_than(rate) == words


@given(st.floats(0.001, 0.999))
def test_fewer_than_never_says_less_than_is_known(rate: float) -> None:
    found = re.fullmatch(r"fewer than (\d+) in (\d+)", text.fewer_than(rate))
    assert found and int(found[1]) / int(found[2]) >= rate - 1e-9


def test_between() -> None:
    assert text.between(0.081, 0.149) == "between 8.1% and 15%"
    assert text.between(0.201, 0.204) == "about 20%"
    assert text.between(None, 0.2) == "interval not known"


def test_dates_lists_and_counts() -> None:
    assert text.day(dt.date(2026, 7, 1)) == "1 July 2026"
    assert text.day("2026-07-01") == "1 July 2026"
    assert text.days([dt.date(2025, 1, 1), dt.date(2025, 4, 1)]) == "1 January 2025 and 1 April 2025"
    assert text.listed(["a", "b", "c"], last="or") == "a, b or c"
    assert text.counted(0, "list", "lists") == "no lists"
    assert text.counted(1, "list", "lists") == "one list"
    assert text.counted(12000, "list", "lists") == "12,000 lists"
    assert text.number(2.439) == "2.4" and text.number(14.2) == "14" and text.number(3.0) == "3"
    assert text.sentence("no end") == "No end." and text.sentence("why?") == "Why?" and text.sentence(" ") == ""


def test_a_chart_has_no_ids_but_its_own_and_shows_hostile_labels_as_text() -> None:
    label = "<script>alert(1)</script> & \"quotes\" role='x'"
    rows = [IntervalRow(label, 0.2, 0.1, 0.4, "20%"), IntervalRow("Few", None, None, None, "too few to show")]
    svg = str(interval_chart(rows, name="one", description="a <b> & c", reference=0.3))
    assert "<script" not in svg and "&lt;script&gt;" in svg
    assert set(re.findall(r'id="([^"]*)"', svg)) == {"one-title"}
    assert svg.count("a &lt;b&gt; &amp; c") == 1
    assert svg == str(interval_chart(rows, name="one", description="a <b> & c", reference=0.3))


def test_a_chart_of_suppressed_rows_alone_draws_no_dot() -> None:
    svg = str(interval_chart([IntervalRow("A", None, None, None, "too few")], name="x", description="y"))
    assert "too few" in svg
    assert 'stroke-width="5"' not in svg

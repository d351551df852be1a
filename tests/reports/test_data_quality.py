"""The data-quality page tells the owner of each system what was planted, in words, and stands without data too."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from features.catalogue import entries
from features.library import library
from reports.data_points import good_news, points
from reports.data_quality import data_quality_page, top_points
from reports.data_words import effect, month, span
from reports.facts import FeatureFacts
from reports.reading import feature_facts
from sources.quality.coverage import GAP_SHARE
from tests.reports.data import HOSTILE_SCHOOL, MONTHS, data_quality
from tests.reports.pages import Page
from tests.support import COUNCIL

FEATURES = feature_facts(entries(library()))


@pytest.fixture(scope="module")
def html() -> str:
    return data_quality_page(COUNCIL, data_quality(), FEATURES)


@pytest.fixture(scope="module")
def text(html: str) -> str:
    return Page(html).text


def test_a_school_that_stopped_is_told_with_when_how_many_and_what_would_help(text: str) -> None:
    assert "sent next to no register marks from March 2025 to the end of the extract (December 2025)" in text
    assert "about 85 pupils" in text
    assert "We do not know whether these pupils were in school." in text
    assert "stay unknown where nothing came. Unknown is never read as nothing, or as all well" in text
    assert "Ask the school" in text


def test_a_missing_month_of_rent_is_told(text: str) -> None:
    assert "Next to no rows came of rent accounts in May 2025 (usually about 13,800 a month)." in text
    assert "One of" not in text.split("What can be relied on", maxsplit=1)[0]


def test_ethnicity_late_recording_and_missing_birth_dates_are_told(text: str) -> None:
    assert "25% of the records of people have an ethnicity" in text
    assert "31% of benefit claims were recorded more than 30 days after the event" in text
    assert "of the records of people, 40% have a birth date" in text.lower()
    assert "5% of birth dates are 1 January" in text


def test_set_aside_rows_have_a_sentence_and_what_to_do(text: str) -> None:
    assert "The date could not be read. Row set aside. Choose dates from a calendar." in text
    assert "600 values of kind in rent (3%) have no meaning yet" in text


def test_a_hostile_name_of_a_school_is_text(html: str, text: str) -> None:
    assert " ".join(HOSTILE_SCHOOL.split()) in text
    assert HOSTILE_SCHOOL not in html
    assert "<script" not in html


def test_the_system_that_keeps_no_date_of_recording_is_marked_and_not_drawn(html: str) -> None:
    assert "The system keeps no date of recording" in html
    (drawn,) = re.findall(r'<svg role="img" aria-labelledby="freshness-title".*?</svg>', html, re.DOTALL)
    assert "Benefit claims" in drawn and "Rent accounts" not in drawn


def test_the_freshness_picture_names_every_table_whole_as_the_first_picture_does() -> None:
    document = data_quality()
    long = document["freshness"][1] | {"table": "young_carer_identifications", "source": "schools"}
    document["freshness"].append(long)
    document["freshness"].append(long | {"source": "young_carers"})
    html = data_quality_page(COUNCIL, document, ())
    drawn = {
        name: re.findall(rf'<svg role="img" aria-labelledby="{name}-title".*?</svg>', html, re.DOTALL)[0]
        for name in ("freshness", "tables")
    }
    for label in ("The young carers' register (Schools)", "The young carers' register (Young carers)"):
        assert f">{label}</text>" in drawn["freshness"]
    assert "\u2026" not in drawn["freshness"]
    sizes = {name: set(re.findall(r'font-size="(\d+)px"', svg)) for name, svg in drawn.items()}
    assert sizes["freshness"] == sizes["tables"] == {"13"}
    widths = {name: float(re.findall(r'viewBox="0 0 ([0-9.]+)', svg)[0]) for name, svg in drawn.items()}
    assert abs(widths["freshness"] - widths["tables"]) < 20


def test_a_school_has_one_number_of_pupils_in_words_and_in_the_table() -> None:
    document = data_quality()
    document["coverage"]["schools"][1] |= {"expected": [115 for _ in MONTHS]}
    document["coverage"]["schools"][1]["gaps"][0]["pupils"] = 110
    html = data_quality_page(COUNCIL, document, ())
    assert "about 110 pupils" in Page(html).text
    table = html[html.index("Pupils on roll</th>") :].split("</table>")[0]
    assert re.findall(r'</th><td class="num">(\d+)</td>', table) == ["110", "85"]


def test_the_legend_says_of_a_gap_what_the_words_say(text: str) -> None:
    assert "next to nothing came: under a quarter of the usual number of rows" in text
    assert text.count("next to nothing: under a quarter of usual") == 2
    assert data_quality()["coverage"]["gap_below"] == GAP_SHARE == 0.25


def test_rows_are_said_to_count_once_for_each_table(text: str) -> None:
    assert "20,000 rows, each counted once for every table it feeds, kept every rule" in text


def test_small_counts_stay_words(html: str) -> None:
    cells = [re.sub("<[^>]*>", "", cell) for cell in re.findall(r'<td class="num">(.*?)</td>', html, re.DOTALL)]
    assert "&lt;10" in cells and "fewer than 10" in cells
    assert not {str(number) for number in range(1, 10)} & set(cells)


def emptied(**changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(data_quality())
    document["coverage"] |= {"tables": [], "schools": []}
    return document | {"extracts": [], "freshness": [], "people": []} | changes


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(None, id="no document"),
        pytest.param(emptied(), id="no data"),
        pytest.param(emptied(people=data_quality()["people"]), id="people only"),
        pytest.param(emptied(coverage=data_quality()["coverage"] | {"months": [], "tables": []}), id="no whole month"),
    ],
)
def test_the_page_stands_with_little_or_nothing(document: dict[str, Any] | None) -> None:
    if document and not document["coverage"]["months"]:
        document["coverage"]["schools"] = []
    page = Page(data_quality_page(COUNCIL, document, ()))
    assert page.crossed == [] and page.headings.count(1) == 1
    assert "None" not in page.text


def test_rows_known_only_from_the_day_of_the_extract_are_told() -> None:
    document = copy.deepcopy(data_quality())
    document["freshness"][0]["known_from_the_extract"] = True
    told = " ".join(top_points(document, 9))
    assert "dated as known only from the day of the extract" in told
    assert "dated as known only" not in " ".join(top_points(data_quality(), 9))


def test_a_system_whose_people_nobody_names_is_told() -> None:
    document = data_quality() | {"without_register": [{"source": "schools", "table": "attendance"}]}
    page = Page(data_quality_page(COUNCIL, document, ()))
    assert "No file of this system says who the people are in school registers" in page.text


def test_the_weightiest_come_first_and_fit_a_terminal() -> None:
    lines = top_points(data_quality(), 3)
    assert [line.split(":")[0] for line in lines] == ["Schools", "Housing", "Benefits"]
    assert all("\n" not in line for line in lines)


def test_what_is_good_is_said_and_is_true() -> None:
    good = good_news(data_quality())
    assert "1 of 2 schools sent register marks in every month in which schools were open and any marks came" in good
    assert any(line.startswith("1 of 2 tables that could be judged came without a gap") for line in good)
    whole = data_quality()
    whole["coverage"]["schools"] = whole["coverage"]["schools"][:1]
    whole["coverage"]["tables"] = whole["coverage"]["tables"][1:2]
    assert (
        "The one school sent register marks in every month in which schools were open and any marks came"
        in good_news(whole)
    )
    assert any(line.startswith("The one table that could be judged came without") for line in good_news(whole))
    assert all("Schools" not in point.system for point in points(whole, FEATURES) if "register" in point.saw)


def feature(name: str, null_rule: str) -> FeatureFacts:
    return FeatureFacts(name, "rent", name, ("rent_transactions",), (), null_rule, 0, (), {})


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ((), ""),
        ((feature("a", "unknown"),), "One feature about rent stays unknown where nothing came."),
        (
            (feature("a", "zero"), feature("b", "zero")),
            "Two features about rent count what is on record. Where rows are missing the count is too low",
        ),
    ],
)
def test_what_a_gap_makes_of_features_goes_by_what_a_blank_means(features: tuple[FeatureFacts, ...], said: str) -> None:
    found = effect(["rent_transactions"], features)
    assert found.startswith(said) and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("first", "last", "start", "end", "said"),
    [
        ("2024-05", "2024-05", False, False, "in May 2024"),
        ("2024-05", "2024-07", False, False, "from May to July 2024"),
        ("2024-11", "2025-02", False, False, "from November 2024 to February 2025"),
        ("2025-03", "2025-12", False, True, "from March 2025 to the end of the extract (December 2025)"),
        ("2024-01", "2025-12", True, True, "from January 2024 to December 2025"),
    ],
)
def test_months_are_said_as_people_say_them(first: str, last: str, start: bool, end: bool, said: str) -> None:
    assert span({"from": first, "to": last, "from_the_start": start, "to_the_end": end}) == said
    assert month(MONTHS[0]) == "January 2024"

"""The page of the quarter's retraining: what is recommended stands first, with its reasons and what it rests on."""

from __future__ import annotations

import pytest

from models.thresholds import RetrainingConfig
from reports.provenance import Source
from reports.quarterly import quarterly_page
from tests.reports.pages import Page
from tests.reports.retraining_data import COMPARED, HOSTILE, RECOMMENDED
from tests.support import COUNCIL


@pytest.fixture(scope="module")
def html() -> str:
    titles = {"under_the_radar": "Families under the radar", "hidden_young_carers": "Hidden young carers"}
    labels = {"rent_arrears_weeks": "Rent arrears in weeks"}
    return quarterly_page(COUNCIL, RECOMMENDED, COMPARED, titles, labels, [Source("retraining.json", "0" * 64)])


def test_each_question_has_its_recommendation_and_what_decided_it_first(html: str) -> None:
    said = Page(html).text
    assert said.index("The champion stays") < said.index("For keeping the champion") < said.index("For the challenger")
    assert said.index("For the challenger") < said.index("Also 2 of 40 features")
    assert "Something must be looked into first" in said


def test_both_models_stand_side_by_side_with_intervals(html: str) -> None:
    said = Page(html).text
    assert "34% 24% to 44%" in said and "28% 18% to 38%" in said
    assert "0.71 0.61 to 0.81" in said
    assert html.count("<figure") == 1


def test_what_changed_is_told_by_label_and_by_date(html: str) -> None:
    said = Page(html).text
    assert "Rent arrears in weeks 0.41 60% 20% yes" in said
    assert "Moves 365 0.01 10% 10% no" in said
    assert "44% of the new list is not on the champion" in said
    assert "30 June 2025 3.6% 3.1% to 4.1%" in said


def test_it_is_a_whole_page_and_words_from_outside_stay_words(html: str) -> None:
    page = Page(html)
    assert page.crossed == [] and len(set(page.ids)) == len(page.ids)
    assert HOSTILE in page.text and HOSTILE not in html
    assert page.headings[0] == 1 and all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:]))


def test_each_threshold_is_told_with_what_it_means(html: str) -> None:
    said = Page(html).text
    for name, field in RetrainingConfig.model_fields.items():
        assert str(field.description) in said, name

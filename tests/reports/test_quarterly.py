"""The page of the quarter's retraining: what is recommended stands first, with its reasons and what it rests on."""

from __future__ import annotations

from typing import Any

import pytest

from models.thresholds import RetrainingConfig
from reports.provenance import Source
from reports.quarterly import quarterly_page
from tests.reports.pages import Page
from tests.support import COUNCIL

HOSTILE = "<script>alert(1)</script>"
RECOMMENDED: dict[str, Any] = {
    "as_of": "2026-06-30",
    "feeds": [f"Rent came a week late {HOSTILE}"],
    "despite": None,
    "thresholds": RetrainingConfig().model_dump(),
    "targets": {
        "under_the_radar": {
            "advice": "keep",
            "reasons": [
                {"points_to": "promote", "text": "The fairness audit passed."},
                {"points_to": "keep", "text": "It is not shown to be about as good."},
                {"points_to": None, "text": "2 of 40 features changed much: rent_arrears_weeks."},
            ],
        },
        "hidden_young_carers": {
            "advice": "investigate",
            "reasons": [{"points_to": "investigate", "text": "There is no new model: no outcome has closed."}],
        },
    },
}


def beside(champion: float, challenger: float) -> dict[str, dict[str, float | None]]:
    return {
        "champion": {"value": champion, "low": champion - 0.1, "high": champion + 0.1},
        "challenger": {"value": challenger, "low": challenger - 0.1, "high": challenger + 0.1},
        "difference": {"value": challenger - champion, "low": -0.2, "high": 0.1},
    }


COMPARED: dict[str, Any] = {
    "under_the_radar": {
        "state": "compared",
        "as_of": "2025-06-30",
        "figures": {"precision": beside(0.34, 0.28), "auc": beside(0.71, 0.72)},
        "feature_drift": {
            "features": [
                {"feature": "rent_arrears_weeks", "psi": 0.41, "unknown_then": 0.6, "unknown_now": 0.2, "large": True},
                {"feature": "moves_365", "psi": 0.01, "unknown_then": 0.1, "unknown_now": 0.1, "large": False},
            ]
        },
        "label_drift": {
            "learnt_from": 0.031,
            "by_as_of": [{"as_of": "2025-06-30", "base_rate": 0.036, "low": 0.031, "high": 0.041}],
        },
        "turnover": {"as_of": "2026-06-30", "share": 0.44},
    },
    "hidden_young_carers": {"state": "not_modelled", "why": "no outcome has closed"},
}


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

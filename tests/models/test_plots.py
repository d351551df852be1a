"""The pictures of an evaluation: all there is, the same bytes twice, readable as XML, and no small count."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from models.plots import figures

DATES = ("2024-12-31", "2025-03-31")
NAMES = ("boosted_trees", "chance", "needs_count")
TEXT = "{http://www.w3.org/2000/svg}text"


def metric(value: float | None) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value * 0.8, value * 1.2)
    return {"value": value, "low": low, "high": high}


def evaluation(test_outcomes: int = 57) -> dict[str, Any]:
    scope = {name: metric(0.2) for name in ("precision", "recall", "average_precision", "observed_over_expected")}
    curve = [
        {"lowest": low, "highest": low + 0.1, "cases": 100, "predicted": low + 0.05, "observed": metric(low + 0.04)}
        for low in (0.3, 0.1)
    ]
    origin = {"learns_from": ["2023-03-31", "2023-06-30"], "cases": 1204, "training_cases": 2411}
    return {
        "state": "modelled",
        "outcome": {"horizon_days": 365, "reporting_delay_days": 42},
        "splits": [{**origin, "as_of": day, "training_outcomes": 131, "test_outcomes": test_outcomes} for day in DATES],
        "current": {**origin, "as_of": "2026-06-30", "training_outcomes": 131},
        "choice": {"chosen": "needs_count"},
        "candidates": {name: {"by_as_of": dict.fromkeys(DATES, scope), "reliability": curve} for name in NAMES},
    }


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(TEXT)]


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return figures(evaluation())


def test_every_candidate_has_a_panel_simplest_first(drawn: dict[str, str]) -> None:
    assert set(drawn) == {
        *("splits", "precision", "recall", "average_precision", "observed_over_expected", "reliability")
    }
    for name in set(drawn) - {"splits"}:
        titles = [word for word in words(drawn[name]) if word in ("Chance", "Needs count", "Boosted trees")]
        assert titles == ["Chance", "Needs count", "Boosted trees"], name


def test_splits_say_when_each_origin_learns_and_is_asked(drawn: dict[str, str]) -> None:
    said = words(drawn["splits"])
    tested = "Tested at 31 March 2025: 2,410 cases to learn from, 130 outcomes; 1,205 asked about, 55 outcomes"
    assert tested in said
    assert any(word.startswith("The list of 30 June 2026") and word.endswith("outcomes to come") for word in said)
    # Two dates learnt from and one asked about for each of three origins.
    assert len(re.findall(r'aria-roledescription="point"', drawn["splits"])) == 9


def test_the_same_document_gives_the_same_bytes_wherever_it_is_drawn(
    drawn: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert figures(evaluation()) == drawn


def test_a_small_count_is_not_shown() -> None:
    said = " ".join(words(figures(evaluation(test_outcomes=7))["splits"]))
    assert "1,205 asked about, <10 outcomes" in said
    assert " 7 " not in said


def test_figures_that_are_not_there_are_left_out_and_the_rest_is_drawn() -> None:
    document = evaluation()
    empty = {**document["candidates"]["chance"]["by_as_of"][DATES[0]], "observed_over_expected": metric(None)}
    document["candidates"]["chance"] = {"by_as_of": dict.fromkeys(DATES, empty), "reliability": []}
    drawn = figures(document)
    points = r'aria-roledescription="point"'
    assert len(re.findall(points, drawn["observed_over_expected"])) == 2 * len(DATES)
    assert len(re.findall(points, drawn["reliability"])) == 2 * 2


def test_a_target_that_cannot_be_modelled_has_no_pictures() -> None:
    assert figures({"state": "cannot_model", "why": "no outcome"}) == {}

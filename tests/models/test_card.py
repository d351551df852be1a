"""The model card: whole, the same bytes, and no small count in it or to be worked out from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.card import card_markdown, model_card

DAYS = ("2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30")
HASHES = {"models_code_sha256": "c" * 64, "data_sha256": "d" * 64}
ORDER = ("average_precision", "auc", "brier", "calibration_slope", "observed_over_expected")


def figure(value: float, spread: float = 0.1) -> dict[str, float]:
    return {"value": value, "low": max(0.0, value - spread), "high": value + spread}


def scope(found: int, outcomes: int, places: int) -> dict[str, Any]:
    return {
        "precision": figure(found / places),
        "recall": figure(found / outcomes if outcomes else 0.0),
        **{name: figure(0.612345) for name in ORDER},
        "lift": {"needs_count": {"difference": {"value": 0.1, "low": 0.02, "high": 0.2}}},
    }


def evaluation(
    found: tuple[int, ...] = (20, 25, 12, 31), outcomes: tuple[int, ...] = (60, 70, 55, 80), capacity: int = 50
) -> dict[str, Any]:
    candidate = {
        "pooled": scope(sum(found), sum(outcomes), capacity * len(found)),
        "by_as_of": {day: scope(*counts, capacity) for day, *counts in zip(DAYS, found, outcomes)},
    }
    splits = [
        {"as_of": day, "cases": 900, "test_outcomes": counted, "learns_from": ["2023-06-30"]}
        for day, counted in zip(DAYS, outcomes)
    ]
    current = {"as_of": "2026-06-30", "cases": 912, "learns_from": ["2023-06-30", "2025-03-31"]}
    return {
        "target": "hidden_young_carers",
        "title": "Hidden young carers",
        "question": "Which children may be caring?",
        "unit": "child",
        "capacity": capacity,
        "state": "modelled",
        "outcome": {
            "kinds": ["young_carer_identified"],
            "horizon_days": 365,
            "reporting_delay_days": 42,
            "covers_to": "2026-08-31",
        },
        "label_caveats": ["The label is being identified, not caring."],
        "retirement": "Withdraw when schools find them themselves.",
        "features": ["absence", "ill_adult"],
        "splits": splits,
        "current": {**current, "training_cases": 4321, "training_outcomes": 7},
        "choice": {
            **{"chosen": "signs_alike", "rule": "The simplest.", "why": "It did as well as any."},
            **{"no_better_than_chance": False, "not_stable": False},
        },
        "candidates": {
            "signs_alike": {**candidate, "baseline": False},
            "needs_count": {**candidate, "baseline": True},
        },
        "stability": {
            "candidates": {
                "signs_alike": {
                    **{"stable": True, "why_not": "", "refits_list": {"value": 0.97}},
                    **{"refits_reasons": {"value": 0.98}, "quarters_list": None},
                }
            }
        },
        "membership": {
            "limit_on_positives": 0.65,
            "candidates": {"signs_alike": {"by_score": {"positives": figure(0.5), "others": figure(0.5)}}},
        },
        "hidden": {
            **{"as_of": "2026-06-30", "known": 7, "hidden": {"value": 323.4, "low": 58.2, "high": 814.0}},
            **{"assumptions": ["Signs are no notice."], "cannot_be_learned": ["The level."]},
        },
    }


def test_it_says_what_a_reader_must_know() -> None:
    card = model_card(evaluation(), HASHES)
    for name in ("for", "not_for", "label", "data", "choice", "figures", "above_baselines", "retirement"):
        assert card[name], name
    assert card["label"]["caveats"] == ["The label is being identified, not caring."]
    assert set(card["figures"]["signs_alike"]["by_as_of"]) == set(DAYS)
    precision = card["figures"]["signs_alike"]["pooled"]["precision"]
    assert precision["low"] <= precision["value"] <= precision["high"]
    assert card["above_baselines"] == {"needs_count": "shown to find more"}
    assert card["stability"]["stable"] is True
    assert card["membership"]["by_score_on_positives"]["value"] == 0.5
    assert card["hashes"] == HASHES
    text = card_markdown(card)
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        *("What it is for", "What it is not for", "What it learns and is measured by", "What it learnt from"),
        *("Which way of choosing makes the list", "How well it does", "How stable it is"),
        *("What it tells of those it learnt from", "How many are hidden", "When it is withdrawn for good"),
        *("What protects people in it", "What it was made of"),
    ]
    for words in ("fewer than 10 with the outcome", "about 325 (95% interval 60 to 815)", "97% of the list", "d" * 64):
        assert words in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.count(" | ") for line in rows if "signs alike" in line} == {5}


def test_the_same_run_has_the_same_bytes_whatever_the_order_of_its_hashes() -> None:
    one = model_card(evaluation(), HASHES)
    other = model_card(evaluation(), dict(reversed(HASHES.items())))
    assert json.dumps(one) == json.dumps(other)
    assert card_markdown(one) == card_markdown(other)


def test_a_target_without_a_model_says_why_and_what_it_would_have_been_for() -> None:
    found = evaluation()
    kept = {name: found[name] for name in ("target", "title", "question", "unit", "capacity", "outcome")}
    said = {"label_caveats": found["label_caveats"], "retirement": found["retirement"]}
    card = model_card({**kept, **said, "state": "cannot_model", "why": "too few were identified"}, HASHES)
    assert "figures" not in card
    text = card_markdown(card)
    assert "**There is no model:** too few were identified." in text
    assert "## What it is not for" in text and found["retirement"] in text


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ((0.1, 0.02, 0.2), "shown to find more"),
        ((-0.1, -0.2, -0.02), "shown to find fewer"),
        ((0.1, -0.02, 0.2), "not shown to find more or fewer"),
        ((0.1, 0.0, 0.2), "not shown to find more or fewer"),
    ],
)
def test_more_than_a_baseline_is_said_only_where_the_interval_says_it(
    difference: tuple[float, float, float], said: str
) -> None:
    found = evaluation()
    lift = found["candidates"]["signs_alike"]["pooled"]["lift"]
    lift["needs_count"]["difference"] = dict(zip(("value", "low", "high"), difference))
    assert model_card(found, HASHES)["above_baselines"]["needs_count"] == said


counts = st.tuples(*[st.integers(0, 50)] * 4)


@settings(deadline=None, max_examples=200)
@given(found=counts, more=st.tuples(*[st.integers(0, 60)] * 4))
def test_no_small_count_is_in_it_or_follows_from_it(found: tuple[int, ...], more: tuple[int, ...]) -> None:
    outcomes = tuple(one + other for one, other in zip(found, more))
    card = model_card(evaluation(found, outcomes), HASHES)["figures"]["signs_alike"]
    small = {day for day, count in zip(DAYS, found) if 0 < count < 10}
    shown = {day: card["by_as_of"][day]["precision"] for day in DAYS}
    assert not {day for day in small if shown[day] is not None}
    for day, counted, missed in zip(DAYS, outcomes, more):
        assert shown[day] is None or (shown[day]["value"] * 50) % 5 == pytest.approx(0, abs=1e-6)
        recall = card["by_as_of"][day]["recall"]
        assert recall is None or not (0 < missed < 10 or 0 < counted < 10 or day in small)
    # With the total and all others known, each to within the rounding, a hidden small count could be several numbers.
    total = card["pooled"]["precision"]
    if small and total is not None:
        hidden = [day for day in DAYS if shown[day] is None]
        rest = round(total["value"] * 200) - sum(round(shown[day]["value"] * 50) for day in DAYS if shown[day])
        slack = 2 + 2 * sum(1 for day in DAYS if shown[day] and shown[day]["value"])
        possible = range(max(len(hidden), rest - slack), rest + slack + 1)
        assert len(possible) >= 3


def test_baselines_come_first_in_the_table_and_what_is_chosen_stands_out() -> None:
    text = card_markdown(model_card(evaluation(), HASHES))
    rows = [
        line for line in text.splitlines() if line.startswith(("| **signs alike** |", "| needs count (baseline) |"))
    ]
    assert [row.startswith("| needs count") for row in rows] == [True, False]


def test_what_stability_gave_up_in_precision_is_not_in_it() -> None:
    found = evaluation()
    found["stability"]["candidates"]["signs_alike"]["precision_given_up"] = figure(0.02)
    assert "precision_given_up" not in json.dumps(model_card(found, HASHES))

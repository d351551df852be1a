"""What is recommended of a challenger, one thing wrong at a time."""

from __future__ import annotations

from typing import Any

import pytest

from early_help.recommending import Advice, Recommendation, recommend
from fairness_audits.release import Verdict
from models.thresholds import RetrainingConfig

TARGET = "under_the_radar"


def figure(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def evaluation(**changes: Any) -> dict[str, Any]:
    ratio = changes.pop("ratio", figure(1.0, 0.8, 1.3))
    found = {
        "state": "modelled",
        "choice": {"chosen": "boosted_trees", "no_better_than_chance": False, "why": "It did better than by lot."},
        "splits": [{"as_of": "2025-03-31"}, {"as_of": "2025-06-30"}],
        "candidates": {"boosted_trees": {"by_as_of": {"2025-06-30": {"observed_over_expected": ratio}}}},
    }
    return {**found, **changes}


def comparison(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "state": "compared",
        "as_of": "2025-06-30",
        "basis": "Neither model learnt from this date.",
        "figures": {
            "precision": {
                "champion": figure(0.30, 0.18, 0.42),
                "challenger": figure(0.32, 0.20, 0.44),
                "difference": figure(0.02, -0.06, 0.09),
            }
        },
        "families_known": True,
        "feature_drift": {
            "vanished": [],
            "large": [],
            "features": [{"feature": f"f{n}", "unknown_change": 0.0} for n in range(10)],
        },
        "label_drift": {
            "by_as_of": [{"as_of": "2025-06-30", **figure(0.05, 0.04, 0.06), "base_rate": 0.05}],
            "learnt_from": 0.05,
            "difference": figure(0.0, -0.01, 0.01),
        },
        "turnover": {"as_of": "2026-06-30", "share": 0.3},
    }
    return {**found, **changes}


def precision(low: float, high: float) -> dict[str, Any]:
    figures = comparison()["figures"]["precision"]
    return {"precision": {**figures, "difference": figure((low + high) / 2, low, high)}}


def drift(**changes: Any) -> dict[str, Any]:
    return {**comparison()["feature_drift"], **changes}


def labels(now: float, low: float, high: float) -> dict[str, Any]:
    newest = {"as_of": "2025-06-30", "base_rate": now, "low": now / 2, "high": now * 2}
    return {"by_as_of": [newest], "learnt_from": 0.05, "difference": figure(now - 0.05, low, high)}


EMPTIED = [{"feature": "f0", "unknown_change": 0.6}, {"feature": "f1", "unknown_change": 0.0}]

CASES: list[tuple[str, dict[str, Any], dict[str, Any], Verdict, Advice, str]] = [
    ("as good", {}, {}, Verdict.PASS, Advice.PROMOTE, "about as good"),
    ("better", {}, {"figures": precision(0.02, 0.2)}, Verdict.PASS, Advice.PROMOTE, "is better"),
    ("cannot tell", {}, {}, Verdict.CANNOT_TELL, Advice.PROMOTE, "writes what guards against harm"),
    ("failed", {}, {}, Verdict.FAIL, Advice.INVESTIGATE, "audit failed"),
    ("not audited", {}, {}, Verdict.NOT_AUDITED, Advice.INVESTIGATE, "not been audited"),
    ("worse", {}, {"figures": precision(-0.2, -0.01)}, Verdict.PASS, Advice.KEEP, "is worse"),
    ("not shown", {}, {"figures": precision(-0.2, 0.2)}, Verdict.PASS, Advice.KEEP, "not shown to be about as good"),
    ("failed and worse", {}, {"figures": precision(-0.2, -0.1)}, Verdict.FAIL, Advice.INVESTIGATE, "is worse"),
    (
        *("by lot", {"choice": {"chosen": "boosted_trees", "no_better_than_chance": True, "why": "No way."}}, {}),
        *(Verdict.PASS, Advice.KEEP, "No way."),
    ),
    ("too high", {"ratio": figure(0.4, 0.3, 0.6)}, {}, Verdict.PASS, Advice.INVESTIGATE, "do not hold at 2025-06-30"),
    ("may be high", {"ratio": figure(0.5, 0.3, 0.8)}, {}, Verdict.PASS, Advice.PROMOTE, ""),
    ("first", {}, {"state": "first"}, Verdict.CANNOT_TELL, Advice.PROMOTE, "no champion yet"),
    ("first, failed", {}, {"state": "first"}, Verdict.FAIL, Advice.INVESTIGATE, "audit failed"),
    ("same", {}, {"state": "same"}, Verdict.PASS, Advice.KEEP, "to the byte"),
    (
        "vanished",
        {},
        {"feature_drift": drift(vanished=["gone"])},
        Verdict.PASS,
        Advice.INVESTIGATE,
        "no longer there: gone",
    ),
    (
        "emptied",
        {},
        {"feature_drift": drift(features=EMPTIED)},
        Verdict.PASS,
        Advice.INVESTIGATE,
        "many more cases: f0.",
    ),
    ("some drift", {}, {"feature_drift": drift(large=["f1", "f2"])}, Verdict.PASS, Advice.PROMOTE, "2 of 10 features"),
    (
        *("much drift", {}, {"feature_drift": drift(large=["f1", "f2", "f3"])}, Verdict.PASS),
        *(Advice.INVESTIGATE, "3 of 10 features"),
    ),
    ("rate doubled", {}, {"label_drift": labels(0.1, 0.02, 0.08)}, Verdict.PASS, Advice.INVESTIGATE, "befell 10.0%"),
    ("may have doubled", {}, {"label_drift": labels(0.1, -0.01, 0.2)}, Verdict.PASS, Advice.PROMOTE, "befell 10.0%"),
    (
        *("another list", {}, {"turnover": {"as_of": "2026-06-30", "share": 0.8}}, Verdict.PASS),
        *(Advice.INVESTIGATE, "80% of the new list"),
    ),
    ("new ids", {}, {"families_known": False}, Verdict.PASS, Advice.INVESTIGATE, "flatter it"),
    (
        "unstable",
        {
            "stability": {
                "candidates": {"boosted_trees": {"stable": False, "why_not": "its list changes from refit to refit."}}
            }
        },
        {},
        Verdict.PASS,
        Advice.KEEP,
        "refit",
    ),
    (
        *("no comparison", {}, {"state": "cannot_compare", "why": "Nothing to learn from."}, Verdict.PASS),
        *(Advice.INVESTIGATE, "Nothing to learn from."),
    ),
]


@pytest.mark.parametrize(
    ("changed", "compared", "verdict", "advice", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_thing_that_may_be_wrong(
    changed: dict[str, Any], compared: dict[str, Any], verdict: Verdict, advice: Advice, said: str
) -> None:
    found = recommend(TARGET, evaluation(**changed), comparison(**compared), verdict, "Why.")
    assert found.advice is advice, words(found)
    assert said in words(found)


@pytest.mark.parametrize(
    ("thresholds", "changed", "compared", "advice"),
    [
        ({"not_worse_by": 0.25}, {}, {"figures": precision(-0.2, 0.2)}, Advice.PROMOTE),
        ({"not_worse_by": 0.01}, {}, {}, Advice.KEEP),
        ({"calibrated_from": 0.2}, {"ratio": figure(0.4, 0.3, 0.6)}, {}, Advice.PROMOTE),
        ({"calibrated_to": 1.1}, {"ratio": figure(1.3, 1.2, 1.4)}, {}, Advice.INVESTIGATE),
        ({"blanks_lost": 0.9}, {}, {"feature_drift": drift(features=EMPTIED)}, Advice.PROMOTE),
        ({"features_changed": 0.5}, {}, {"feature_drift": drift(large=["f1", "f2", "f3"])}, Advice.PROMOTE),
        ({"turnover": 0.2}, {}, {}, Advice.INVESTIGATE),
        ({"base_rate_factor": 3}, {}, {"label_drift": labels(0.1, 0.02, 0.08)}, Advice.PROMOTE),
    ],
)
def test_a_council_may_set_other_thresholds(
    thresholds: dict[str, float], changed: dict[str, Any], compared: dict[str, Any], advice: Advice
) -> None:
    asked = RetrainingConfig(**thresholds)
    found = recommend(TARGET, evaluation(**changed), comparison(**compared), Verdict.PASS, "", thresholds=asked)
    by_default = recommend(TARGET, evaluation(**changed), comparison(**compared), Verdict.PASS, "")
    assert found.advice is advice, words(found)
    assert by_default.advice is not advice


def words(found: Recommendation) -> str:
    return "\n".join(reason.text for reason in found.reasons)


def test_a_first_model_no_better_than_chance_is_looked_into() -> None:
    by_lot = evaluation(choice={"chosen": "boosted_trees", "no_better_than_chance": True, "why": "No way."})
    assert recommend(TARGET, by_lot, {"state": "first"}, Verdict.PASS, "").advice is Advice.INVESTIGATE


def test_a_target_without_a_model_and_a_job_made_to_go_on_are_looked_into() -> None:
    nothing = {"state": "cannot_model", "why": "no positives"}
    found = recommend(TARGET, nothing, {"state": "not_modelled"}, Verdict.NOT_AUDITED, "")
    assert (found.advice, words(found)) == (Advice.INVESTIGATE, "There is no new model: no positives.")
    gone_on = recommend(TARGET, evaluation(), comparison(), Verdict.PASS, "", "the rents come by hand until May")
    assert gone_on.advice is Advice.INVESTIGATE
    assert "the rents come by hand" in words(gone_on)

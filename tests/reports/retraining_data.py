"""What the quarterly job recommends and the comparison it rests on, with hostile words."""

from __future__ import annotations

from typing import Any

from models.thresholds import RetrainingConfig

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

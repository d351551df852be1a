"""A linkage document of the shape the residents stage writes, with one group missed more often and hostile names."""

from __future__ import annotations

from typing import Any

from residents.quality.groups import Count, shares, whole

HOSTILE_SYSTEM = "=HYPERLINK(\"http://evil.example/\") <script>alert('system')</script>"
SAMPLE = "0123456789abcdef"
GROUPS = {
    "WBRI": Count(1000, 960),
    "WROM": Count(7, 3),
    "BAFR": Count(400, 330),
    "ABAN": Count(60, 57),
    "Unknown": Count(200, 190),
}


def linkage() -> dict[str, Any]:
    everyone = sum(GROUPS.values(), Count(0, 0))
    asked = {
        "name": "pupils_elsewhere",
        "title": "Pupils of 5 to 15 whom no other system knows",
        "expected": "Why one would expect it.",
        "everyone": whole(everyone),
        "groupings": shares({"detailed": GROUPS, "sex": {"Female": Count(800, 760), "Male": Count(867, 780)}}),
    }
    nobody = {**asked, "name": "tenants_elsewhere", "title": "Adults of council tenancies whom no other system knows"}
    nobody |= {"everyone": whole(Count(0, 0)), "groupings": shares({})}
    held_out = {
        "name": "upn",
        "title": "One pupil number, judged without it",
        "everyone": whole(Count(300, 270)),
        "groupings": shares({"age": {"Under 5": Count(30, 12), "5 to 10": Count(270, 258)}}),
        "systems": [{"source": HOSTILE_SYSTEM, **whole(Count(300, 270))}],
    }
    return {
        "protection": {"suppressed_below": 10, "rounded_to": 5},
        "threshold": {"probability": 0.5, "weight": 0.0},
        "reading": {"margin": 0.02, "least": 30},
        "weights": [
            {"weight": -12, "joined": 0, "apart": 4000},
            {"weight": 3, "joined": "<10", "apart": 25},
            {"weight": 14, "joined": 1800, "apart": 0},
        ],
        "taken_over": False,
        "thresholds": [
            {"probability": 0.5, "links": 1900, "people": 1200, "keys": 3000, "linked": 2700},
            {"probability": 0.999, "links": 1500, "people": 1500, "keys": 3000, "linked": 2100},
        ],
        "links_refused": 45,
        "people_by_keys": [{"keys": "1", "people": 300}, {"keys": "2", "people": 880}, {"keys": "3", "people": "<10"}],
        "linkable": [{"source": HOSTILE_SYSTEM, **whole(Count(900, 860))}],
        "systems": [
            {
                "source": HOSTILE_SYSTEM,
                "people": whole(Count(880, 700)),
                "more_than_a_name": whole(Count(900, 895)),
            }
        ],
        "completeness": [asked, nobody],
        "held_out": [held_out],
        "blocking": {"floor": 0.9, "recall": {"value": 0.981, "low": 0.97, "high": 0.99}},
        "review": {"sample": SAMPLE, "far_below": -10},
        "levels": [
            {
                "comparison": "dob",
                "parameters": "learnt in 3 rounds",
                "levels": [
                    {"level": "same", "m": 0.92, "u": 0.0001, "weight": 13.17},
                    {"level": "different", "m": 0.01, "u": 0.97, "weight": -6.6},
                ],
            }
        ],
    }


def review() -> dict[str, Any]:
    """What people said of pairs of that very index."""
    estimate = {"value": 0.97, "low": 0.93, "high": 0.99, "if_unsure_against": 0.94, "if_unsure_for": 0.98}
    return {
        "sample": SAMPLE,
        "judged": 190,
        "unsure": 10,
        "confidence": 0.95,
        "precision": estimate,
        "recall": {**estimate, "value": 0.88, "low": 0.8, "high": 0.92},
        "recall_of_all": {"value": 0.863, "low": 0.776, "high": 0.911},
        "unjudged": [],
        "strata": [
            {"name": "joined_0", "title": "joined, up to 5 bits above the threshold", "joined": True, "pairs": 120}
            | {"yes": 40, "no": 2, "unsure": 1}
        ],
        "groups": [
            {"group": "Black", "judged": 60, "precision": {"value": 0.9, "low": 0.8, "high": 0.95}, "recall": None},
        ],
    }

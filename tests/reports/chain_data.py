"""The audits' published documents beside each target's: the chain, and what stands in for ethnicity."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairness_audits.chain.census import present
from fairness_audits.chain.comparing import Range, Rows, compare
from fairness_audits.chain.document import Chain, published
from fairness_audits.chain.missed import Estimate
from fairness_audits.chain.missed_shown import protected_entries
from fairness_audits.chain.protecting import Told
from fairness_audits.chain.recording import HELD
from fairness_audits.chain.steps import AT_EQUAL_NEED, FROM_POPULATION, Link, Step, label_step, recorded_step
from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.policy import load_policy

HOSTILE_SYSTEM = "<script>alert('system')</script> =HYPERLINK(\"x\") \u202etxet\u202c \u05d0\u05d1"
NO_DECISIONS = "None yet: no panel has recorded a decision in this run."
CENSUS = "Census 2021 <b>of Testborough</b>"
_SIZES = {"WBRI": 4000, "BAFR": 2000, "APKN": 1500, "WIRT": 12, UNKNOWN: 600}
_RATES = {"WBRI": 0.06, "BAFR": 0.13, "APKN": 0.06, "WIRT": 0.25, UNKNOWN: 0.03}


def chain(targets: dict[str, str]) -> dict[str, Any]:
    """``published/chain.json`` as the audits write it: Black African families are noticed twice as often."""
    told = [
        _told(FROM_POPULATION[0][0], 1),
        _told(AT_EQUAL_NEED[0][0], 2),
        _told(recorded_step(HELD, HOSTILE_SYSTEM), 3, source=HOSTILE_SYSTEM),
        *(
            _told(label_step(name, title, "families", "all_needs", "all evidence"), 4)
            for name, title in targets.items()
        ),
    ]
    children = dict(_SIZES)
    census = {"WBRI": 4100, "BAFR": 2400, "APKN": 1500, "WIRT": 10}
    head = {"format": 1, "kind": "chain", "confidence": 0.95, "census": CENSUS, "windows": [], "method": "In words."}
    found = Chain(told, present(children, census, 0.5), {}, {Link.PANEL: NO_DECISIONS})
    return published(found, head, load_policy(None).small_numbers)


def _told(step: Step, seed: int, source: str = "") -> Told:
    draw = np.random.default_rng(seed)
    detailed = np.repeat(np.array(list(_SIZES), dtype=object), list(_SIZES.values()))
    happened = draw.random(len(detailed)) < np.array([_RATES[group] for group in detailed])
    alike = np.zeros(len(detailed), dtype=np.int64) if step.held_equal else None
    return Told(step, f"{step.name}_cases", compare(Rows(happened, detailed, np.arange(len(detailed)), alike)), source)


def proxies(target: str) -> dict[str, Any]:
    """``published/proxies.json`` of one target, with figures withheld that rest on too few true cases."""
    return {
        "targets": [
            {
                "target": target,
                "chosen": "boosted_trees",
                "as_of": "2025-04-01",
                "features": 3,
                "together": [{"sentence": "Black: the features together tell this group from others somewhat."}],
                "is_count": False,
                "strongest": [
                    {"feature": "rent_arrears_weeks", "value": 0.31, "low": 0.2, "high": 0.4, "reading": "strong"},
                    {"feature": "left_since", "value": None, "low": None, "high": None, "reading": "cannot_tell"},
                ],
                "lists": [
                    _listed([], 1.0, 0.4, None),
                    _listed(["rent_arrears_weeks"], 0.8, 0.35, {"value": -0.05, "low": -0.09, "high": -0.01}),
                    _listed(["rent_arrears_weeks", "left_since"], None, None, None),
                ],
                "why_no_list": None,
                "sentence": "Without the feature that stands in most, 80% of the list stays.",
            }
        ],
        "not_told": {},
    }


def _listed(left_out: list[str], overlap: float | None, precision: float | None, change: Any) -> dict[str, Any]:
    return {
        "left_out": left_out,
        "places": 40,
        "overlap": overlap,
        "precision": precision,
        "change": change,
        "groupings": {"broad": [], "detailed": []},
    }


def with_missed(document: dict[str, Any], targets: dict[str, str]) -> dict[str, Any]:
    """The same with what drawn cases told: of the first target enough to be shown, of the others too little."""
    rules = load_policy(None).small_numbers
    told = {}
    for place, name in enumerate(targets):
        found, black = (50, 20) if place == 0 else (4, 1)
        told[name] = {
            "": Estimate(150, found, 4000, Range(4000 * found / 150, 10, 3000), 4, 150),
            "White": Estimate(150, found - black, 4000, Range(0, 0, 0), 4, 100),
            "Black": Estimate(150, black, 4000, Range(0, 0, 0), 4, 50),
        }
    shown = protected_entries(told, targets, rules)
    *others, panel = document["links"]
    assert panel["link"] == "panel"
    return {**document, "links": [*others, {"link": "panel", "title": panel["title"], **shown}]}

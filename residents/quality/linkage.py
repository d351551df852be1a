"""The document ``residents/linkage.json``: what the linkage page shows. Every count in it is protected."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import duckdb

from residents.config import ResidentsConfig
from residents.quality.completeness import completeness, systems
from residents.quality.document import make_held
from residents.quality.groups import LEAST, MARGIN, Count, whole
from residents.quality.held_out import FACTS, held_out, make_certain_pairs, make_judged
from residents.quality.review import FAR_BELOW, make_review_sample, sample_mark
from residents.quality.weights import bits, histogram, make_weights, thresholds, unlinkable
from store.small_numbers import ROUND_TO, THRESHOLD, protect_parts, shown_count

_SIZES = """
SELECT CASE WHEN keys <= 5 THEN keys::VARCHAR WHEN keys < 10 THEN '6 to 9' WHEN keys < 20 THEN '10 to 19'
        WHEN keys < 50 THEN '20 to 49' ELSE '50 or more' END AS size, sum(people)::BIGINT AS people
FROM (SELECT keys, count(*) AS people FROM held_keys GROUP BY keys)
GROUP BY size ORDER BY min(keys)
"""


_DONE = "DROP TABLE review_kinds"


def make_linkage(
    con: duckdb.DuckDBPyConnection, settings: dict[str, Any], config: ResidentsConfig, seed: int, today: dt.date
) -> None:
    """Make the tables that the document and the review are drawn from."""
    threshold = bits(config.match_probability)
    make_held(con)
    make_certain_pairs(con)
    make_weights(con, settings, threshold, [fact.comparison for fact in FACTS])
    make_judged(con, threshold, config.largest_block, today)
    make_review_sample(con, threshold, seed)
    con.execute(_DONE)


def linkage_document(
    con: duckdb.DuckDBPyConnection,
    model: dict[str, Any],
    config: ResidentsConfig,
    refused: int,
    recall: dict[str, Any] | None,
) -> dict[str, Any]:
    """The whole document. ``model`` is the matching model for people.

    ``recall`` is what is known of how many true pairs blocking brings together. Needs `make_linkage`.
    """
    threshold = bits(config.match_probability)
    taken_over = bool(con.sql("FROM settled LIMIT 1").fetchall())
    return {
        "protection": {"suppressed_below": THRESHOLD, "rounded_to": ROUND_TO},
        "threshold": {"probability": config.match_probability, "weight": round(threshold, 4)},
        "reading": {"margin": MARGIN, "least": LEAST},
        "weights": [_bin(one) for one in histogram(con)],
        # Links of records that were settled before are not weighed anew, so that others cannot be told.
        "taken_over": taken_over,
        "thresholds": [] if taken_over else [_threshold(one) for one in thresholds(con, config.match_probability)],
        "links_refused": shown_count(refused),
        "people_by_keys": _sizes(con),
        "linkable": [
            {"source": one["source"], **whole(Count(one["versions"], one["versions"] - one["unlinkable"]))}
            for one in unlinkable(con, threshold)
        ],
        "systems": systems(con),
        "completeness": completeness(con),
        "held_out": held_out(con),
        "blocking": {"floor": config.blocking_recall_floor, "recall": recall},
        "review": {"sample": sample_mark(con), "far_below": FAR_BELOW},
        "levels": _levels(model),
    }


def _bin(one: dict[str, int]) -> dict[str, Any]:
    return {"weight": one["weight"], "joined": shown_count(one["joined"]), "apart": shown_count(one["apart"])}


def _threshold(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "probability": one["probability"],
        **{name: shown_count(one[name]) for name in ("links", "people", "keys", "linked")},
    }


def _sizes(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    shown = protect_parts(dict(con.sql(_SIZES).fetchall()))
    return [{"keys": size, "people": people} for size, people in shown.parts.items()]


def _levels(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Each comparison's levels with their weight in bits, as the model has them."""
    return [
        {
            "comparison": comparison["name"],
            "parameters": comparison["parameters"],
            "levels": [
                {
                    "level": level["level"],
                    "m": level["m"],
                    "u": level["u"],
                    "weight": round(math.log2(level["m"] / level["u"]), 2),
                }
                for level in comparison["levels"]
            ],
        }
        for comparison in model["comparisons"]
    ]

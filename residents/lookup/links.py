"""The links that hold one person's records together, each with the waterfall that explains its weight.

A link's weight is the sum, in bits, of the prior (any two records are most likely two people), of what each comparison
found, and of how rare a name in common is (Fellegi and Sunter 1969). The weights are worked out again by Splink from
the index and the model that the run kept.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from residents.lookup.words import MISSING, in_words

_PLACES = 2
_PAIRS = """
CREATE OR REPLACE TEMP TABLE person_pairs AS
SELECT a.version AS join_key_l, b.version AS join_key_r, '0' AS match_key
FROM versions AS a JOIN versions AS b ON a.person_id = b.person_id AND a.version < b.version
WHERE a.person_id = $person AND (a.source, a.subject_id) <> (b.source, b.subject_id)
"""
_KEYS = """
SELECT version, source AS system, subject_id AS key,
    dense_rank() OVER (ORDER BY source, subject_id) - 1 AS place
FROM versions WHERE person_id = $person ORDER BY version
"""


@dataclass(frozen=True)
class Part:
    """One step of the waterfall."""

    comparison: str
    level: str
    weight: float
    words: str


@dataclass(frozen=True)
class Link:
    """The strongest pair of two systems' keys: its weight in bits, the probability, and what these are made of."""

    one: tuple[str, str]
    other: tuple[str, str]
    weight: float
    probability: float
    prior: float
    parts: tuple[Part, ...]
    missing: tuple[str, ...]
    """Comparisons that say nothing, because one of the two holds no value."""


def links_of(con: duckdb.DuckDBPyConnection, model: dict[str, Any], person: str) -> list[Link]:
    """The strongest links that connect all of the person's keys, the strongest first: one fewer than there are keys.

    ``model`` is what `residents.matching.stored.stored_settings` gives. Empty for a person with one key.
    """
    keys = con.execute(_KEYS, {"person": person}).fetchall()
    con.execute(_PAIRS, {"person": person})
    if not con.sql("FROM person_pairs LIMIT 1").fetchall():
        return []
    key_of = {version: (system, key) for version, system, key, _ in keys}
    place_of = {version: place for version, _, _, place in keys}
    scored = sorted(_scored(con, model), key=lambda row: (-row["match_weight"], row["version_l"], row["version_r"]))
    links = []
    part_of = list(range(max(place_of.values()) + 1))
    for row in scored:
        one, two = row["version_l"], row["version_r"]
        if part_of[place_of[one]] != part_of[place_of[two]]:
            old, new = part_of[place_of[two]], part_of[place_of[one]]
            part_of = [new if part == old else part for part in part_of]
            links.append(_link(model, row, key_of[one], key_of[two]))
    return links


def _scored(con: duckdb.DuckDBPyConnection, model: dict[str, Any]) -> list[dict[str, Any]]:
    logging.getLogger("splink").setLevel(logging.ERROR)
    shown = {**model, "retain_intermediate_calculation_columns": True, "retain_matching_columns": True}
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("versions"), shown, log_level=None, validate_settings=False)
    linker.table_management.register_blocked_pairs_for_predict(api.register("person_pairs"))
    predicted = linker.inference.predict(warning_mode="never").as_duckdbpyrelation()
    wanted = [name for name in predicted.columns if name.startswith(("match_", "version_", "gamma_", "mw_"))]
    found: list[dict[str, Any]] = predicted.select(*wanted).to_arrow_table().to_pylist()
    return found


def _link(model: dict[str, Any], row: dict[str, Any], one: tuple[str, str], other: tuple[str, str]) -> Link:
    parts, missing = [], []
    for comparison in model["comparisons"]:
        name = comparison["output_column_name"]
        level = _level(comparison, row[f"gamma_{name}"])
        if level == MISSING:
            missing.append(name)
            continue
        rarity = row.get(f"mw_tf_adj_{name}") or 0.0
        weight = round(row[f"mw_{name}"] + rarity, _PLACES)
        parts.append(Part(name, level, weight, in_words(name, level, rarity)))
    prior = model["probability_two_random_records_match"]
    return Link(
        one,
        other,
        round(row["match_weight"], _PLACES),
        round(row["match_probability"], 6),
        round(math.log2(prior / (1 - prior)), _PLACES),
        tuple(parts),
        tuple(missing),
    )


def _level(comparison: dict[str, Any], gamma: int) -> str:
    """The label of the level that Splink numbered ``gamma``: the last is 0, and missing is -1."""
    labels = [one["label_for_charts"] for one in comparison["comparison_levels"] if not one.get("is_null_level")]
    return MISSING if gamma < 0 else str(labels[len(labels) - 1 - gamma])

"""How the match weights lie over all compared pairs, and what other thresholds would make of them.

The weight of a pair is the sum of the weights of its levels of agreement and of the prior, in bits: 10 bits more
are odds 1,024 times as good (Fellegi and Sunter 1969, Journal of the American Statistical Association 64).
Pairs above the threshold are counted one by one; of the many more below it a sample is weighed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from residents.matching.scoring import predict

MOST_WEIGHED = 100_000
"""Pairs of one kind, such as those below the threshold, that are weighed; more would not move a chart."""

_LOWEST, _HIGHEST = -40, 60
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)

_SAMPLED_PAIRS = """
CREATE OR REPLACE TABLE sampled_pairs AS
SELECT p.join_key_l, p.join_key_r FROM pairs AS p
WHERE hash(p.join_key_l, p.join_key_r) % $each::UBIGINT = 0
"""
# Every pair that is weighed for whatever reason, each once: it is weighed once.
_WEIGHED_PAIRS = """
CREATE OR REPLACE TABLE weighed_pairs AS
SELECT join_key_l, join_key_r, '0' AS match_key FROM (
    SELECT join_key_l, join_key_r FROM sampled_pairs
    UNION SELECT version, version FROM versions WHERE hash(version) % $each::UBIGINT = 0
    UNION SELECT join_key_l, join_key_r FROM certain_pairs
)
"""
# What joined two records may be a chain or the household rather than their own link, so the clusters are asked.
_BELOW = """
CREATE OR REPLACE TABLE below AS
SELECT w.version_l, w.version_r, w.weight, a.label = b.label AS joined, $each::BIGINT AS stands_for
FROM weighed AS w JOIN sampled_pairs AS p ON w.version_l = p.join_key_l AND w.version_r = p.join_key_r
JOIN clusters AS a ON w.version_l = a.version JOIN clusters AS b ON w.version_r = b.version
WHERE w.weight < $threshold
"""
_ABOVE = """
CREATE OR REPLACE TABLE above AS
SELECT k.version_l, k.version_r, k.weight, a.label = b.label AS joined, 1::BIGINT AS stands_for
FROM links AS k JOIN clusters AS a ON k.version_l = a.version JOIN clusters AS b ON k.version_r = b.version
"""
_DONE = "DROP TABLE sampled_pairs; DROP TABLE weighed_pairs"
_HISTOGRAM = """
SELECT least(greatest(floor(weight), $lowest), $highest)::INTEGER AS weight,
    sum(stands_for) FILTER (joined)::BIGINT AS joined, sum(stands_for) FILTER (NOT joined)::BIGINT AS apart
FROM (FROM above UNION ALL FROM below) GROUP BY ALL ORDER BY ALL
"""
_UNLINKABLE = """
SELECT v.source, count(*) AS versions, count(*) FILTER (w.weight < $threshold) AS unlinkable
FROM weighed AS w JOIN versions AS v ON w.version_l = v.version WHERE w.version_l = w.version_r
GROUP BY ALL ORDER BY ALL
"""
_KEPT = """
SELECT a.subject AS one, b.subject AS two, max(k.weight) AS weight
FROM above AS k JOIN versions AS a ON k.version_l = a.version JOIN versions AS b ON k.version_r = b.version
WHERE k.joined AND a.subject <> b.subject GROUP BY ALL
"""


def bits(probability: float) -> float:
    """A probability as a weight: the logarithm of its odds to the base 2."""
    return math.log2(probability / (1 - probability))


def one_in(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Of how many rows of a table one is weighed, so that no more than about `MOST_WEIGHED` are."""
    rows: int = con.table(table).count("*").fetchall()[0][0]
    return max(1, math.ceil(rows / MOST_WEIGHED))


def make_weights(
    con: duckdb.DuckDBPyConnection, settings: dict[str, Any], threshold: float, without: Sequence[str]
) -> None:
    """Make ``weighed``, and of it ``above`` and ``below``: compared pairs on either side of the threshold (a weight).

    ``weighed`` (version_l, version_r, weight, without) has the pairs of ``certain_pairs``, a sample of ``pairs`` and
    one of versions against themselves; ``without`` is a list of what the weight would be without each comparison
    named. ``above`` and ``below`` say whether the two were joined; each row of ``below`` stands for ``stands_for``
    pairs. Needs ``links``, ``versions`` and ``clusters`` besides.
    """
    each = one_in(con, "pairs")
    con.execute(_SAMPLED_PAIRS, {"each": each})
    con.execute(_WEIGHED_PAIRS, {"each": one_in(con, "versions")})
    _weigh(con, settings, without)
    con.execute(_BELOW, {"each": each, "threshold": threshold})
    con.execute(_ABOVE)
    con.execute(_DONE)


def _weigh(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], without: Sequence[str]) -> None:
    pairs = con.table("weighed_pairs")
    if settings["comparisons"] and pairs.limit(1).fetchall():
        # The weight is the sum of its comparisons' weights, which are kept beside it.
        with predict(con, {**settings, "retain_intermediate_calculation_columns": True}, "weighed_pairs") as found:
            weight = duckdb.ColumnExpression("match_weight")
            parts = [f"mw_{name}" for name in without]
            others = [weight - duckdb.ColumnExpression(part) if part in found.columns else weight for part in parts]
            ends = [duckdb.ColumnExpression(f"version_{side}") for side in "lr"]
            _keep(found, ends, weight, others)
    else:
        # Where nothing can be compared, two records are as likely one person as any two.
        prior = duckdb.ConstantExpression(bits(settings["probability_two_random_records_match"]))
        ends = [duckdb.ColumnExpression(f"join_key_{side}").alias(f"version_{side}") for side in "lr"]
        _keep(pairs, ends, prior, [prior] * len(without))


def _keep(
    found: duckdb.DuckDBPyRelation,
    ends: list[duckdb.Expression],
    weight: duckdb.Expression,
    others: list[duckdb.Expression],
) -> None:
    places = duckdb.ConstantExpression(4)
    rounded = [duckdb.FunctionExpression("round", one, places) for one in (weight, *others)]
    without = duckdb.FunctionExpression("list_value", *rounded[1:]).alias("without")
    found.select(*ends, rounded[0].alias("weight"), without).create("weighed")


def histogram(con: duckdb.DuckDBPyConnection) -> list[dict[str, int]]:
    """Compared pairs by whole bits of weight: ``weight`` (the lower end of the bin), ``joined`` and ``apart``."""
    rows = con.execute(_HISTOGRAM, {"lowest": _LOWEST, "highest": _HIGHEST}).fetchall()
    return [{"weight": weight, "joined": joined or 0, "apart": apart or 0} for weight, joined, apart in rows]


def unlinkable(con: duckdb.DuckDBPyConnection, threshold: float) -> list[dict[str, Any]]:
    """By system: versions weighed against an exact copy of themselves, and how many stay under the threshold.

    Such a version says too little to be linked to anything by itself.
    """
    found: list[dict[str, Any]] = con.sql(_UNLINKABLE, params={"threshold": threshold}).to_arrow_table().to_pylist()
    return found


def thresholds(con: duckdb.DuckDBPyConnection, in_use: float) -> list[dict[str, Any]]:
    """What is left of the links as the threshold rises from the probability ``in_use``.

    ``links`` are pairs of the systems' ``keys``, ``people`` what they would make, ``linked`` the keys not left alone.
    Only links that clustering did not refuse count.
    """
    keys = con.sql("SELECT coalesce(max(subject), 0) FROM versions").fetchall()[0][0]
    kept = con.sql(_KEPT).to_arrow_table()
    one, two, weight = (kept[name].to_numpy() for name in ("one", "two", "weight"))
    rows = []
    for probability in sorted({in_use, *(least for least in THRESHOLDS if least > in_use)}):
        held = weight >= bits(probability) - 1e-4
        graph = coo_array((np.ones(held.sum(), dtype=np.int8), (one[held] - 1, two[held] - 1)), shape=(keys, keys))
        people, label = connected_components(graph, directed=False) if keys else (0, np.zeros(0, dtype=np.int32))
        alone = int((np.bincount(label) == 1).sum()) if keys else 0
        rows.append(
            {
                "probability": probability,
                "links": int(held.sum()),
                "people": int(people),
                "keys": keys,
                "linked": keys - alone,
            }
        )
    return rows

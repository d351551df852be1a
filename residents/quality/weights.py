"""How the match weights lie over all compared pairs, and what other thresholds would make of them.

The weight of a pair is the sum of the weights of its levels of agreement and of the prior, in bits: 10 bits more
are odds 1,024 times as good (Fellegi and Sunter 1969, Journal of the American Statistical Association 64).
Pairs above the threshold are counted one by one; of the many more below it a sample is weighed.
"""

from __future__ import annotations

import math
from typing import Any

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from residents.matching.scoring import predict

MOST_WEIGHED = 100_000
"""Pairs below the threshold, and versions against themselves, that are weighed; more would not move a chart."""

_LOWEST, _HIGHEST = -40, 60
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)

_SAMPLED_PAIRS = """
CREATE OR REPLACE TABLE sampled_pairs AS
SELECT p.join_key_l, p.join_key_r, '0' AS match_key FROM pairs AS p
WHERE hash(p.join_key_l, p.join_key_r) % $each = 0
"""
_SELF_PAIRS = """
CREATE OR REPLACE TABLE self_pairs AS
SELECT version AS join_key_l, version AS join_key_r, '0' AS match_key FROM versions WHERE hash(version) % $each = 0
"""
# What joined two records may be a chain or the household rather than their own link, so the clusters are asked.
_BELOW = """
CREATE OR REPLACE TABLE below AS
SELECT w.version_l, w.version_r, w.weight, a.label = b.label AS joined, $each::BIGINT AS stands_for
FROM weighed AS w JOIN clusters AS a ON w.version_l = a.version JOIN clusters AS b ON w.version_r = b.version
WHERE w.weight < $threshold
"""
_ABOVE = """
CREATE OR REPLACE TABLE above AS
SELECT k.version_l, k.version_r, k.weight, a.label = b.label AS joined, 1::BIGINT AS stands_for
FROM links AS k JOIN clusters AS a ON k.version_l = a.version JOIN clusters AS b ON k.version_r = b.version
"""
_HISTOGRAM = """
SELECT least(greatest(floor(weight), $lowest), $highest)::INTEGER AS weight,
    sum(stands_for) FILTER (joined)::BIGINT AS joined, sum(stands_for) FILTER (NOT joined)::BIGINT AS apart
FROM (FROM above UNION ALL FROM below) GROUP BY ALL ORDER BY ALL
"""
_UNLINKABLE = """
SELECT v.source, count(*) AS versions, count(*) FILTER (w.weight < $threshold) AS unlinkable
FROM weighed AS w JOIN versions AS v ON w.version_l = v.version GROUP BY ALL ORDER BY ALL
"""
_KEPT = """
SELECT a.subject AS one, b.subject AS two, max(k.weight) AS weight
FROM above AS k JOIN versions AS a ON k.version_l = a.version JOIN versions AS b ON k.version_r = b.version
WHERE k.joined AND a.subject <> b.subject GROUP BY ALL ORDER BY ALL
"""


def bits(probability: float) -> float:
    """A probability as a weight: the logarithm of its odds to the base 2."""
    return math.log2(probability / (1 - probability))


def weigh(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], pairs: str) -> None:
    """Make ``weighed`` (version_l, version_r, weight): the pairs of the table ``pairs``, whatever their weight."""
    if settings["comparisons"] and con.table(pairs).limit(1).fetchall():
        found = predict(con, settings, pairs)
        rows = found.select("version_l, version_r, round(match_weight, 4) AS weight").to_arrow_table()
    else:
        # Where nothing can be compared, two records are as likely one person as any two.
        prior = duckdb.ConstantExpression(round(bits(settings["probability_two_random_records_match"]), 4))
        ends = [duckdb.ColumnExpression(f"join_key_{side}").alias(f"version_{side}") for side in "lr"]
        rows = con.table(pairs).select(*ends, prior.alias("weight")).to_arrow_table()
    con.register("weighed_rows", rows)
    con.execute("CREATE OR REPLACE TABLE weighed AS FROM weighed_rows")
    con.unregister("weighed_rows")


def make_weights(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], threshold: float) -> None:
    """Make ``above`` and ``below``: compared pairs on either side of the threshold (a weight), and whether joined.

    Each row of ``below`` stands for ``stands_for`` pairs. Needs ``pairs``, ``links``, ``versions`` and ``clusters``.
    """
    compared = con.sql("SELECT count(*) FROM pairs").fetchall()[0][0]
    each = max(1, math.ceil(compared / MOST_WEIGHED))
    con.execute(_SAMPLED_PAIRS, {"each": each})
    weigh(con, settings, "sampled_pairs")
    con.execute(_BELOW, {"each": each, "threshold": threshold})
    con.execute(_ABOVE)


def histogram(con: duckdb.DuckDBPyConnection) -> list[dict[str, int]]:
    """Compared pairs by whole bits of weight: ``weight`` (the lower end of the bin), ``joined`` and ``apart``."""
    rows = con.execute(_HISTOGRAM, {"lowest": _LOWEST, "highest": _HIGHEST}).fetchall()
    return [{"weight": weight, "joined": joined or 0, "apart": apart or 0} for weight, joined, apart in rows]


def unlinkable(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], threshold: float) -> list[dict[str, Any]]:
    """By system: versions weighed against an exact copy of themselves, and how many stay under the threshold.

    Such a version says too little to be linked to anything by itself.
    """
    each = max(1, math.ceil(con.sql("SELECT count(*) FROM versions").fetchall()[0][0] / MOST_WEIGHED))
    con.execute(_SELF_PAIRS, {"each": each})
    weigh(con, settings, "self_pairs")
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

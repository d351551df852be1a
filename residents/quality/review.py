"""The pairs a clerical reviewer is asked about: a sample of every kind of pair that matters, drawn by lot.

Pairs are sorted by whether the index joined them and how far their weight lies from the threshold. Pairs far below
it are left out: they are many, and hardly any is one person. Their number is told, and recall is said to be among
the others. Each kind gives the same number of pairs, so that most lie near the threshold, and stands for as many
as it has (Cochran 1977, Sampling Techniques, chapter 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from store.files import text_hash

EACH = 100
"""Most pairs of one kind that are kept for review."""


@dataclass(frozen=True)
class Stratum:
    """Pairs of one kind: joined or not, and where their weight lies from the threshold, in bits."""

    name: str
    joined: bool
    title: str
    low: float | None = None
    high: float | None = None


STRATA = (
    Stratum("joined_chain", True, "joined, though the two records themselves were not linked"),
    Stratum("joined_0", True, "joined, up to 5 bits above the threshold", 0, 5),
    Stratum("joined_5", True, "joined, 5 to 10 bits above", 5, 10),
    Stratum("joined_10", True, "joined, 10 to 15 bits above", 10, 15),
    Stratum("joined_15", True, "joined, 15 to 20 bits above", 15, 20),
    Stratum("joined_20", True, "joined, 20 bits above or more", 20),
    Stratum("apart_10", False, "kept apart, though 10 bits above the threshold or more", 10),
    Stratum("apart_5", False, "kept apart, though 5 to 10 bits above", 5, 10),
    Stratum("apart_0", False, "kept apart, though up to 5 bits above", 0, 5),
    Stratum("apart_under_0", False, "kept apart, up to 5 bits under the threshold", -5, 0),
    Stratum("apart_under_5", False, "kept apart, 5 to 10 bits under", -10, -5),
)
FAR_BELOW = -10
"""Bits from the threshold under which pairs are not reviewed: odds of a thousand to one against and more."""

_KINDS = """
CREATE OR REPLACE TABLE review_kinds AS
WITH
inside AS (
    SELECT a.version AS version_l, b.version AS version_r
    FROM clusters AS a JOIN clusters AS b ON a.label = b.label AND a.version < b.version
    JOIN versions AS v ON a.version = v.version JOIN versions AS w ON b.version = w.version AND v.subject <> w.subject
    LEFT JOIN settled AS s ON a.version = s.version LEFT JOIN settled AS t ON b.version = t.version
    WHERE s.version IS NULL OR t.version IS NULL
)
SELECT s.stratum, p.version_l, p.version_r, p.weight, p.stands_for, s.joined
FROM (FROM above UNION ALL FROM below WHERE NOT joined) AS p JOIN review_strata AS s
    ON p.joined = s.joined AND p.weight - $threshold >= s.low AND p.weight - $threshold < s.high
UNION ALL
SELECT 'joined_chain', i.version_l, i.version_r, NULL, 1, true
FROM inside AS i LEFT JOIN above AS k USING (version_l, version_r) WHERE k.version_l IS NULL
"""
_SAMPLE = """
CREATE OR REPLACE TABLE review_sample AS
WITH
sized AS (SELECT stratum, sum(stands_for)::BIGINT AS pairs FROM review_kinds GROUP BY stratum),
-- The lots of the last that can be drawn, so that all but those few need not stand in order.
last AS (
    SELECT stratum, list_max(min(hash(version_l, version_r, $seed), $each)) AS lot FROM review_kinds GROUP BY stratum
),
drawn AS (
    SELECT k.*, row_number() OVER (PARTITION BY k.stratum
        ORDER BY hash(k.version_l, k.version_r, $seed), k.version_l, k.version_r) AS place
    FROM review_kinds AS k JOIN last AS l ON k.stratum = l.stratum AND hash(k.version_l, k.version_r, $seed) <= l.lot
    QUALIFY place <= $each
)
SELECT row_number() OVER (ORDER BY hash(d.version_r, d.version_l, $seed), d.version_l, d.version_r) AS pair,
    d.stratum, d.place, z.pairs AS stratum_pairs, d.joined, d.weight,
    1 / (1 + pow(2, -d.weight)) AS match_probability, d.version_l, d.version_r
FROM drawn AS d JOIN sized AS z USING (stratum)
"""
_REVIEW_PAIRS = """
SELECT p.pair, p.stratum, p.place, p.stratum_pairs, p.joined, round(p.weight, 4) AS weight,
    round(p.match_probability, 6) AS match_probability,
    a.source AS source_1, a.file AS file_1, a.record_id AS record_id_1,
    b.source AS source_2, b.file AS file_2, b.record_id AS record_id_2
FROM review_sample AS p
JOIN versions AS v ON p.version_l = v.version JOIN std AS a ON v.first_row = a.row
JOIN versions AS w ON p.version_r = w.version JOIN std AS b ON w.first_row = b.row
ORDER BY p.pair
"""


def make_review_sample(con: duckdb.DuckDBPyConnection, threshold: float, seed: int) -> None:
    """Make ``review_sample`` from ``above``, ``below``, ``clusters`` and ``versions``."""
    ends = [one for one in STRATA if one.low is not None]
    rows = {
        "stratum": [one.name for one in ends],
        "joined": [one.joined for one in ends],
        "low": pa.array([one.low for one in ends], pa.float64()),
        "high": pa.array([one.high if one.high is not None else math.inf for one in ends], pa.float64()),
    }
    con.register("review_strata", pa.table(rows))
    con.execute(_KINDS, {"threshold": threshold})
    con.execute(_SAMPLE, {"seed": seed, "each": EACH})


def review_pairs(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """The rows of the table ``review_pairs``."""
    return con.sql(_REVIEW_PAIRS)


def sample_mark(con: duckdb.DuckDBPyConnection) -> str:
    """A mark of the sample, by which answers given to another one are known."""
    rows = con.sql(_REVIEW_PAIRS).project("pair, stratum, stratum_pairs, record_id_1, record_id_2").fetchall()
    return text_hash(repr(rows))[:16]

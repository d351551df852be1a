"""Scores of who is who: precision, recall and F1 of pairs, seen from the records, with intervals.

Every score here is a sum over rows of three counts: ``given`` (what the index says), ``truth`` (what is so) and
``right`` (both). Precision is right / given, recall right / truth, F1 twice right / (given + truth).

For pairs a row is a record and the counts are of its partners: the other records of the person it was given to, the
other records of the person it is of, and those that are both. Over all records that is the pairwise score, each pair
being seen from both its ends. For a group or a system it is the score seen from its records, so that a pair joined by
mistake across two groups counts against both.

A record is a key of a system: a pupil's twelve termly rows are one record. Where the rows of one key are of two
people, or are given to two, each part is a record.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import duckdb
import numpy as np

REPLICATES = 1_000
LEAST_FAMILIES = 20
"""Families below which a resampled interval says too little to be shown."""

# A row that is nobody's in truth is a person of its own.
_RECORDS = """
CREATE OR REPLACE TABLE records AS
SELECT DISTINCT p.source, p.subject_id,
    coalesce(t.person, 'nobody|' || p.source || '|' || p.file || '|' || p.record_id) AS person,
    r.person_id AS made, x.ethnicity, x.family
FROM person_records AS p
JOIN made_record_person AS r USING (source, file, record_id)
LEFT JOIN (SELECT DISTINCT source, file, record_id, person FROM true_record_person) AS t
    USING (source, file, record_id)
LEFT JOIN true_persons AS x ON t.person = x.person
"""
_PARTNERS = """
CREATE OR REPLACE TABLE partners AS
SELECT *, count(*) OVER (PARTITION BY made) - 1 AS given, count(*) OVER (PARTITION BY person) - 1 AS truth,
    count(*) OVER (PARTITION BY made, person) - 1 AS right
FROM records
"""


@dataclass(frozen=True)
class Score:
    """``rows`` are what was summed over, ``families`` what was resampled for the interval of F1."""

    name: str
    rows: int
    families: int
    precision: float
    recall: float
    f1: float
    low: float | None = None
    high: float | None = None


def make_partners(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``records`` and ``partners``.

    Needs ``person_records``, ``made_record_person``, ``true_record_person`` and ``true_persons``.
    """
    con.execute(_RECORDS)
    con.execute(_PARTNERS)


def scores(con: duckdb.DuckDBPyConnection, table: str, by: str | None = None, intervals: bool = True) -> list[Score]:
    """Scores of a table with ``given``, ``truth``, ``right`` and ``family``; one for each value of ``by``.

    The interval is the middle 95% of F1 over resampled families, since errors come by the family; those of unknown
    family are each one of their own. Source: percentile bootstrap over clusters (Davison and Hinkley 1997, ch. 2-3).
    """
    group = duckdb.ConstantExpression("all")
    if by:
        group = duckdb.CoalesceOperator(duckdb.ColumnExpression(by), duckdb.ConstantExpression("unknown"))
    family = duckdb.CoalesceOperator(duckdb.ColumnExpression("family"), duckdb.ColumnExpression("person"))
    rows = con.table(table).select(
        group.alias("name"),
        family.alias("family"),
        *[duckdb.ColumnExpression(name).cast("BIGINT").alias(name) for name in ("given", "truth", "right")],
    )
    held = rows.aggregate(
        'name, family, count(*) AS n, sum(given)::BIGINT AS g, sum(truth)::BIGINT AS t, sum("right")::BIGINT AS r'
    ).order("name, family")
    table_rows = held.fetchnumpy()
    names = np.asarray(table_rows["name"])
    found = []
    for name in sorted(set(names.tolist())):
        here = names == name
        n, g, t, r = (np.asarray(table_rows[column])[here].astype(np.float64) for column in ("n", "g", "t", "r"))
        low, high = _interval(name, g, t, r) if intervals and len(n) >= LEAST_FAMILIES else (None, None)
        found.append(
            Score(
                name,
                int(n.sum()),
                len(n),
                _share(r.sum(), g.sum()),
                _share(r.sum(), t.sum()),
                _share(2 * r.sum(), g.sum() + t.sum()),
                low,
                high,
            )
        )
    return found


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _interval(name: str, given: np.ndarray, truth: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    size = len(given)
    counts = np.stack([given + truth, 2 * right], axis=1)
    found = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        drawn = np.bincount(random.integers(0, size, size), minlength=size) @ counts
        found[replicate] = _share(drawn[1], drawn[0])
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)

"""The cases an audit counts: every scored unit of the test as-ofs, whose outcome is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from store.errors import InputRejected

CASE_KEY = ["unit_id", "family_id", "as_of"]


@dataclass(frozen=True)
class Cases:
    """One entry for each unit and test as-of date; all arrays have the same length.

    ``family`` is an integer code of the family, by which cases are clustered: families that share a unit (a
    child of two homes) have the same code.
    """

    outcome: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    score: NDArray[np.float64]
    family: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.outcome)


def check_scores(scores: pa.Table, cohort: pa.Table, where: str) -> None:
    """Refuse scores of which no audit could be true.

    Raises InputRejected when a score is missing, not a number or outside 0 to 1, when a row is there twice, when
    a test or current case of the cohort has no score, or when an outcome differs from the cohort's: a case left
    out silently would be a miss that nobody sees.
    """
    score = scores["score"]
    good = pc.and_(pc.greater_equal(score, 0.0), pc.less_equal(score, 1.0))
    _refuse(len(score) - _count(good), "scores are missing, not a number, or not between 0 and 1", where)
    keys = scores.select(CASE_KEY)
    _refuse(keys.num_rows - keys.group_by(CASE_KEY).aggregate([]).num_rows, "cases are scored a second time", where)
    _refuse(_disagreeing(scores, cohort), "cases differ between the cohort and the scores", where)


def one_row_a_unit(scores: pa.Table) -> pa.Table:
    """One row for each unit and as-of date, in the order (as_of, position).

    A child of two families has a row for each, and is one child: the row nearer the top of the list stands, so
    that the child counts as flagged when either is.
    """
    ordered = scores.sort_by([("as_of", "ascending"), ("position", "ascending")])
    rows = pa.array(np.arange(ordered.num_rows), pa.int64())
    first = ordered.append_column("row", rows).group_by(["as_of", "unit_id"]).aggregate([("row", "min")])["row_min"]
    return ordered.take(pa.array(np.sort(first.to_numpy())))


def clusters(scores: pa.Table) -> dict[str, int]:
    """Family to cluster: families joined by the units they share, at any as-of date."""
    families = scores["family_id"].combine_chunks().dictionary_encode()
    units = scores["unit_id"].combine_chunks().dictionary_encode()
    size = len(families.dictionary) + len(units.dictionary)
    links = (_codes(families), len(families.dictionary) + _codes(units))
    graph = coo_array((np.ones(scores.num_rows, dtype=np.int8), links), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    return {family: int(component[code]) for code, family in enumerate(families.dictionary.to_pylist())}


def is_test_case(scores: pa.Table) -> NDArray[np.bool_]:
    """Which rows are test cases with a known outcome."""
    chosen = pc.and_(pc.equal(scores["part"], "test"), pc.is_valid(scores["outcome"]))
    return np.asarray(chosen.to_numpy(), dtype=bool)


def as_cases(scores: pa.Table, cluster_of: dict[str, int]) -> Cases:
    """Rows with a known outcome as arrays."""
    families = scores["family_id"].combine_chunks().dictionary_encode()
    cluster = np.array([cluster_of[family] for family in families.dictionary.to_pylist()], dtype=np.int64)
    return Cases(
        np.asarray(scores["outcome"].to_numpy(), dtype=bool),
        np.asarray(scores["flagged"].to_numpy(), dtype=bool),
        np.asarray(scores["score"].to_numpy(), dtype=np.float64),
        cluster[_codes(families)],
    )


def _disagreeing(scores: pa.Table, cohort: pa.Table) -> int:
    """Cases of the cohort without a score, scores without a case, and those whose outcomes differ."""
    columns = [*CASE_KEY, "part", "outcome"]
    wanted = cohort.filter(pc.is_in(cohort["part"], pa.array(["test", "current"]))).select(columns)
    counted = pa.concat_tables([wanted, scores.select(columns)]).group_by(columns).aggregate([([], "count_all")])
    return int(_count(pc.not_equal(counted["count_all"], 2)))


def _codes(encoded: Any) -> NDArray[np.int64]:
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(pc.cast(mask, pa.int64())).as_py() or 0)


def _refuse(bad: int, what: str, where: str) -> None:
    if bad:
        raise InputRejected(f"{bad} {what}.", where=where, fix="Run the models stage again; nothing was audited.")

"""Families that must stay together: the folds that no family, and no child of two families, straddles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_LINKS = """
    SELECT DISTINCT family_id, CASE WHEN role = 'child' OR age_years < 18 THEN person_id END AS child_id
    FROM members
    ORDER BY family_id, child_id
"""


@dataclass(frozen=True)
class FamilyGroups:
    """Families joined by the children they share, at any as-of date, and the fold each group is in."""

    group: dict[str, int]
    """Family to group number, from 0."""
    fold: npt.NDArray[np.int64]
    """Fold of each group number."""


def family_groups(connection: duckdb.DuckDBPyConnection, folds: int, seed: int) -> FamilyGroups:
    """Group the families of the view ``members`` and deal the groups to folds by a hash of their first family.

    The hash depends on the seed and on that id alone, so that a group's fold does not change because families
    elsewhere came or went.
    """
    links: pa.Table = connection.sql(_LINKS).to_arrow_table()
    families: list[str] = links["family_id"].unique().to_pylist()
    number = {family: place for place, family in enumerate(families)}
    rows = np.array([number[family] for family in links["family_id"].to_pylist()], dtype=np.int64)
    children = links["child_id"].combine_chunks().dictionary_encode()
    known = np.flatnonzero(~np.asarray(children.is_null()))
    codes = np.asarray(children.indices.fill_null(0))
    size = len(families) + len(children.dictionary)
    graph = coo_array(
        (np.ones(len(known), dtype=np.int8), (rows[known], len(families) + codes[known])), shape=(size, size)
    )
    _, component = connected_components(graph, directed=False)
    first: dict[int, str] = {}
    for family in families:
        first.setdefault(int(component[number[family]]), family)
    renumbered = {label: place for place, label in enumerate(first)}
    fold = np.array([_hash(seed, "fold", family) % folds for family in first.values()], dtype=np.int64)
    return FamilyGroups({family: renumbered[int(component[number[family]])] for family in families}, fold)


def kept_in_bag(groups: npt.NDArray[np.int64], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which rows are in a bag that holds about ``share`` of the groups, drawn whole without replacement.

    ``groups`` is the group number of each row.
    """
    draw = np.random.default_rng(seed).random(int(groups.max()) + 1)
    return draw[groups] < share


def derived_seed(seed: int, *parts: object) -> int:
    """A 31-bit seed for one step, from the run's seed and the names of the step."""
    return _hash(seed, *parts) % (1 << 31)


def _hash(seed: int, *parts: object) -> int:
    text = "|".join([str(seed), *(str(part) for part in parts)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")

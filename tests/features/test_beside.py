"""Columns of the same rows, computed at different times and in any order, stay with the rows that they are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.world import Backend, Frame
from store.run_folder import RunFolder
from tests.features.engines import BACKENDS, backend, rows_of

KEYS = ("as_of", "family")
_PLACES = st.tuples(st.integers(0, 3), st.integers(0, 40))


def frame(engine: Backend, keys: list[tuple[int, int]], column: str, factor: int) -> Frame:
    """Rows in the order given, each with a number of its own, unknown for some."""
    table = engine.small(
        {"as_of": [a for a, _ in keys], "family": [f for _, f in keys], column: [a * 100 + f for a, f in keys]}
    )
    number = nw.when(nw.col(column) % 3 != 0).then(nw.col(column) * factor)
    return table.with_columns(number.alias(column))


def expected(keys: list[tuple[int, int]]) -> list[dict[str, Any]]:
    whole = [{"as_of": a, "family": f, "n": a * 100 + f} for a, f in sorted(keys)]
    return [
        {"as_of": row["as_of"], "family": row["family"], **{c: _times(row["n"], m) for c, m in (("b", 7), ("a", 1))}}
        for row in whole
    ]


def _times(number: int, factor: int) -> int | None:
    return number * factor if number % 3 else None


@pytest.mark.parametrize("name", BACKENDS)
@settings(max_examples=15, deadline=None, database=None)
@given(data=st.data(), keys=st.lists(_PLACES, unique=True, min_size=1, max_size=30))
def test_rows_find_each_other_by_their_keys(name: str, data: st.DataObject, keys: list[tuple[int, int]]) -> None:
    engine = backend(name, RunFolder(Path("nowhere")))
    beside = engine.beside(KEYS)
    for column, factor in (("a", 1), ("b", 7), ("c", 11)):
        beside.add(frame(engine, data.draw(st.permutations(keys)), column, factor))
    found = rows_of(beside.frame(["b", "a"]))
    assert sorted(found, key=lambda row: (row["as_of"], row["family"])) == expected(keys)


@pytest.mark.parametrize("name", BACKENDS)
def test_no_rows_have_columns_all_the_same(name: str) -> None:
    engine = backend(name, RunFolder(Path("nowhere")))
    beside = engine.beside(KEYS)
    for column in ("a", "b"):
        beside.add(frame(engine, [(1, 1)], column, 1).filter(nw.col("as_of") > 1))
    both = beside.frame(["a", "b"])
    assert both.collect_schema().names() == ["as_of", "family", "a", "b"]
    assert rows_of(both) == []

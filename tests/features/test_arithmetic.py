"""Arithmetic put together from steps: the numbers that the definitions say, however often they repeat themselves."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from features.arithmetic import Arithmetic
from features.compile import AS_OF, AS_OF_DAY
from features.values import AsOf, Number, Value, all_of, any_of, at_most, feature, given, no_less, sum_of
from store.run_folder import RunFolder
from tests.features.engines import BACKENDS, backend, rows_of
from tests.features.reference import Reference

CELLS: tuple[dict[str, float | None], ...] = tuple(
    {"a": a, "b": b, "c": c} for a in (None, -2.5, 0.0, 3.0) for b in (None, 0.0, 0.1, 7.0) for c in (None, 1.0, -1e6)
)
DAY = 20_000


def _two(op: str) -> Any:
    return {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
        ">": lambda x, y: x > y,
        ">=": lambda x, y: x >= y,
        "least": at_most,
        "most": no_less,
        "all": lambda x, y: all_of(x, y, x),
        "any": lambda x, y: any_of(x, y, x),
        "sum": sum_of,
        "given": given,
    }[op]


_OPS = ("+", "-", "*", "/", ">", ">=", "least", "most", "all", "any", "sum", "given")
LEAVES = st.sampled_from([feature("a"), feature("b"), feature("c"), Number(0.3), Number(0.0), AsOf()])
VALUES = st.recursive(
    LEAVES, lambda parts: st.tuples(st.sampled_from(_OPS), parts, parts).map(lambda t: _two(t[0])(t[1], t[2]))
)


def worked_out(engine: str, values: list[Value]) -> list[list[float | None]]:
    """Each value in each row of `CELLS`."""
    numbers = {"place": list(range(len(CELLS))), AS_OF: [0] * len(CELLS), AS_OF_DAY: [DAY] * len(CELLS)}
    frame = backend(engine, RunFolder(Path("nowhere"))).small(numbers)
    for name in ("a", "b", "c"):
        cell = nw.lit(None, nw.Float64)
        for place, row in enumerate(CELLS):
            if row[name] is not None:
                cell = nw.when(nw.col("place") == place).then(nw.lit(row[name], nw.Float64)).otherwise(cell)
        frame = frame.with_columns(cell.alias(name))
    arithmetic = Arithmetic()
    places = [arithmetic.add(value, {}) for value in values]
    frame = arithmetic.on(frame)
    found = frame.select("place", *[arithmetic.expr(p).alias(f"v{n}") for n, p in enumerate(places)])
    rows = sorted(rows_of(found), key=lambda row: row["place"])
    return [[row[f"v{n}"] for row in rows] for n in range(len(values))]


def expected(value: Value) -> list[float | None]:
    plain = Reference({"people": [], "families": []}, date(1970, 1, 1) + timedelta(DAY))
    return [plain.value(value, lambda _: [], dict(row)) for row in CELLS]


@pytest.mark.parametrize("engine", BACKENDS)
@settings(max_examples=25, deadline=None, database=None)
@hypothesis_given(values=st.lists(VALUES, min_size=1, max_size=6))
def test_several_values_are_what_each_is_by_itself(engine: str, values: list[Value]) -> None:
    assert worked_out(engine, values) == [expected(value) for value in values]


@pytest.mark.parametrize("engine", BACKENDS)
def test_what_repeats_what_repeats_itself_is_written_once(engine: str) -> None:
    """Written out it would be of millions of terms."""
    value: Value = feature("a") + 1
    for _ in range(6):
        value = no_less(at_most(value / value, 3) + value, value * 0.5)
    with_cells, arithmetic = [row["a"] for row in CELLS], Arithmetic()
    place = arithmetic.add(feature("a") + 1, {})
    assert arithmetic.add(feature("a") + 1, {}) == place
    found = worked_out(engine, [value])[0]
    for cell, number in zip(with_cells, found):
        level = None if cell is None else cell + 1
        for _ in range(6):
            level = None if level is None or level == 0 else max(min(level / level, 3.0) + level, level * 0.5)
        assert number == level

"""Drawing cases from below the line: everybody there is as likely, and nobody else is drawn."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from models.below_the_line import drawn_by_lot, with_drawn
from models.cases import Cases
from models.tables import REASONS
from store.keys import Keys, Purpose

NOW = dt.date(2026, 6, 30)
KEY = b"k" * 32


def cases(size: int) -> Cases:
    """So many families of one date, the likeliest first."""
    nought = np.zeros(size, dtype=np.int64)
    names = np.array([f"f{place:04}" for place in range(size)], dtype=object)
    return Cases(
        (), np.full(size, np.datetime64(NOW)), names, names, nought, nought, nought,
        np.full(size, np.datetime64("NaT", "D")), np.zeros((size, 0)), 0,
    )  # fmt: skip


def reasons(units: list[str], rows: int = 2) -> pa.Table:
    told = [
        {"unit_id": unit, "family_id": unit, "as_of": NOW, "position": place, "kind": "for", "sentence": "x"}
        for unit in units
        for place in range(1, rows + 1)
    ]
    return pa.Table.from_pylist(told, schema=REASONS.arrow_schema())


def naive(names: list[str], size: int, key: bytes) -> set[str]:
    """Taking, one after the other, whose lot is the smallest of those that are left."""
    left = {hmac.new(key, name.encode(), hashlib.sha256).hexdigest(): name for name in names}
    return {left.pop(min(left)) for _ in range(min(size, len(names)))}


@pytest.mark.parametrize("size", [0, 1, 7, 50, 51, 100])
def test_so_many_of_those_below_the_line_are_drawn_as_by_a_naive_draw(size: int) -> None:
    found = cases(60)
    listed = np.array([3, 0, 9, 1, 30, 31, 32, 33, 34, 59])
    current = np.arange(60)
    drawn = drawn_by_lot(found, current, listed, size, KEY)
    below = [str(name) for name in np.delete(found.unit_id, listed)]
    assert len(drawn) == min(size, 50) and not set(drawn) & set(listed)
    assert {found.unit_id[row] for row in drawn} == naive(below, size, KEY)


def test_only_cases_of_the_date_are_drawn() -> None:
    drawn = drawn_by_lot(cases(60), np.arange(20, 40), np.array([20, 21]), 30, KEY)
    assert drawn.tolist() == list(range(22, 40))


def test_where_nobody_is_asked_for_the_reasons_stay_as_they_are() -> None:
    told = reasons(["f0001"])
    drawn = drawn_by_lot(cases(5), np.arange(5), np.array([1]), 0, KEY)
    assert with_drawn(told, cases(5), drawn, 4) is told


def test_everybody_is_as_likely_to_be_drawn_whatever_the_score() -> None:
    """Of 3,000 draws of 6 from 30, each is expected in 600, with a standard deviation of 21.9."""
    found, current, listed = cases(40), np.arange(40), np.arange(10)
    times = Counter(
        row
        for seed in range(3000)
        for row in drawn_by_lot(found, current, listed, 6, seed.to_bytes(32, "big")).tolist()
    )
    assert set(times) == set(range(10, 40))
    assert all(abs(count - 600) < 5 * 21.9 for count in times.values())
    # By place on the list: chi-square of the three thirds below the line, 2 degrees of freedom, at one in 10,000.
    thirds = [sum(times[row] for row in range(start, start + 10)) for start in (10, 20, 30)]
    assert sum((third - 6000) ** 2 / 6000 for third in thirds) < 18.4


def test_two_cases_are_drawn_together_as_often_as_by_chance() -> None:
    """Of 20, 5 are drawn: a pair is drawn together in 5 x 4 / (20 x 19) of the draws."""
    found, current = cases(25), np.arange(25)
    draws = [set(drawn_by_lot(found, current, np.arange(5), 5, n.to_bytes(32, "big")).tolist()) for n in range(4000)]
    expected = 4000 * 20 / 380
    pairs = Counter((a, b) for one in draws for a in one for b in one if a < b)
    assert len(pairs) == 190
    assert all(abs(count - expected) < 5.5 * np.sqrt(expected) for count in pairs.values())


def test_a_draw_is_of_one_key_target_and_date() -> None:
    keys, found = Keys(bytes(32)), cases(400)
    contexts = [
        (keys, "a/2026-06-30"),
        (keys, "b/2026-06-30"),
        (keys, "a/2026-09-30"),
        (Keys(b"1" * 32), "a/2026-06-30"),
    ]
    draws = [
        frozenset(
            drawn_by_lot(found, np.arange(400), np.arange(50), 20, one.derive(Purpose.SAMPLE, context=context)).tolist()
        )
        for one, context in [*contexts, contexts[0]]
    ]
    assert draws[0] == draws[-1] and len(set(draws)) == 4


def test_each_drawn_case_has_one_row_more_also_where_nothing_else_is_said_of_it() -> None:
    found = cases(8)
    told = with_drawn(reasons(["f0001", "f0004"]), found, np.array([4, 6]), 7)
    marks = [row for row in told.to_pylist() if row["kind"] == "drawn"]
    assert [(row["unit_id"], row["position"], row["value"]) for row in marks] == [("f0004", 3, 7.0), ("f0006", 1, 7.0)]
    order = [(row["as_of"], row["unit_id"], row["position"]) for row in told.to_pylist()]
    assert order == sorted(order) and told.schema.equals(REASONS.arrow_schema())

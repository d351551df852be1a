"""Parts of a total: nothing suppressed may be worked out, not even by one who knows the exact total."""

from __future__ import annotations

from functools import reduce
from operator import or_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.small_numbers import Hidden, protect_parts, rounded, share_of, shown_count

PARTS = st.lists(st.one_of(st.just(0), st.integers(1, 12), st.integers(0, 70)), min_size=1, max_size=7)


def possible(shown: int | Hidden) -> range:
    """Every count that may stand behind what is shown."""
    if shown is Hidden.SMALL:
        return range(1, 10)
    if shown is Hidden.SECOND:
        return range(1, 600)
    return range(max(shown - 2, 10), shown + 3) if shown else range(1)


@settings(max_examples=300, deadline=None)
@given(PARTS)
def test_a_hidden_part_could_be_several_numbers_even_beside_the_exact_total(counts: list[int]) -> None:
    parts = {f"p{n}": count for n, count in enumerate(counts)}
    total = sum(counts)
    shown = protect_parts(parts)
    names = [name for name, count in parts.items() if shown.parts[name] != 0]
    for name, count in parts.items():
        assert count in possible(shown.parts[name])
        assert not 0 < count < 10 or isinstance(shown.parts[name], Hidden)
    if total < 10:
        assert shown.total == shown_count(total)
        return
    assert shown.total == rounded(total)
    for name in names:
        if 0 < parts[name] < 10:
            others = sums_of([possible(shown.parts[other]) for other in names if other != name])
            found = [n for n in possible(shown.parts[name]) if n <= total and others >> (total - n) & 1]
            assert len(found) > 1, (counts, name)


def sums_of(ranges: list[range]) -> int:
    """Every sum of one number from each range, as the bits of a number."""
    sums = 1
    for numbers in ranges:
        sums = reduce(or_, [sums << number for number in numbers], 0)
    return sums


@pytest.mark.parametrize(
    ("parts", "total", "shown"),
    [
        ({}, 0, {}),
        ({"a": 0, "b": 0}, 0, {"a": 0, "b": 0}),
        ({"a": 4, "b": 3}, Hidden.SMALL, {"a": Hidden.SMALL, "b": Hidden.SMALL}),
        ({"a": 40, "b": 60}, 100, {"a": 40, "b": 60}),
        ({"a": 5000, "b": 0}, 5000, {"a": 5000, "b": 0}),
        # 103 shown as 105 would say that of 104 all but one are there.
        ({"a": 103, "b": 1}, 105, {"a": Hidden.SECOND, "b": Hidden.SMALL}),
        # Two that make 18 would both be 9.
        ({"a": 9, "b": 9}, 20, {"a": Hidden.SECOND, "b": Hidden.SECOND}),
    ],
)
def test_what_is_shown(parts: dict[str, int], total: int | Hidden, shown: dict[str, int | Hidden]) -> None:
    found = protect_parts(parts)
    assert (found.total, found.parts) == (total, shown)


def test_a_share_is_of_what_is_shown() -> None:
    assert share_of(25, 100) == 0.25
    assert share_of(105, 100) == 1.0
    assert share_of(0, 100) == 0.0
    assert share_of(Hidden.SMALL, 100) is None
    assert share_of(10, Hidden.SMALL) is None
    assert share_of(0, 0) is None

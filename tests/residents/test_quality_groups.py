"""Shares by group: protected, with intervals, and read with care."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residents.quality.groups import (
    Count,
    Reading,
    age_band,
    broad,
    detailed,
    reading,
    reading_to_show,
    sex_group,
    shares,
    whole,
)
from sources.codes.ethnicity import ETHNIC_CODES
from store.small_numbers import Hidden

CODES = [entry.code for entry in ETHNIC_CODES] + ["Unknown"]
counts = st.integers(0, 400).flatmap(lambda n: st.builds(Count, st.just(n), st.integers(0, n)))


@pytest.mark.parametrize(
    ("case", "counts", "expected"),
    [
        ("fewer are found", (Count(500, 400), Count(2000, 1900)), Reading.LOWER),
        ("more are found", (Count(500, 495), Count(2000, 1700)), Reading.HIGHER),
        ("as many are found", (Count(5000, 4750), Count(20000, 19000)), Reading.ALIKE),
        ("too few for a narrow interval", (Count(100, 95), Count(2000, 1900)), Reading.CANNOT_TELL),
        ("a tiny group", (Count(29, 0), Count(2000, 1900)), Reading.CANNOT_TELL),
        ("a tiny rest", (Count(2000, 1900), Count(29, 0)), Reading.CANNOT_TELL),
        ("fewer than ten are missed", (Count(100, 91), Count(20000, 19990)), Reading.CANNOT_TELL),
        ("nobody", (Count(0, 0), Count(0, 0)), Reading.CANNOT_TELL),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_difference_is_read_by_its_interval(case: str, counts: tuple[Count, Count], expected: Reading) -> None:
    assert reading(*counts, compared=5) is expected, case


def test_more_groups_need_more_evidence() -> None:
    group, rest = Count(200, 180), Count(2000, 1890)
    assert reading(group, rest, compared=1) is Reading.LOWER
    assert reading(group, rest, compared=19) is Reading.CANNOT_TELL


def test_unknown_is_a_group_and_travellers_are_not_white() -> None:
    assert {detailed(code) for code in (None, "", "REFU", "NOBT", "XXXX")} == {"Unknown"}
    assert broad("WROM") == broad("WIRT") != broad("WBRI")
    assert sex_group(None) == sex_group("U") == "Unknown"
    assert [age_band(age) for age in (0, 4, 5, 15, 16, 17, 18, 64, 65, None)] == [
        *("Under 5", "Under 5", "5 to 10", "11 to 15", "16 and 17", "16 and 17", "18 to 24", "45 to 64"),
        *("65 and over", "No birth date"),
    ]


@given(st.dictionaries(st.sampled_from(CODES), counts, min_size=1))
@settings(max_examples=30, deadline=None)
def test_every_group_is_there_and_no_small_count_is(groups: dict[str, Count]) -> None:
    made = shares({"detailed": groups})
    assert {row["group"] for row in made["detailed"]} == set(groups)
    assert {row["group"] for row in made["broad"]} == {broad(group) for group in groups}
    for row in itertools.chain(made["detailed"], made["broad"]):
        for name in ("n", "apart"):
            assert isinstance(row[name], str) or row[name] == 0 or (row[name] >= 10 and row[name] % 5 == 0)
        if row["share"]:
            assert row["share"]["low"] <= row["share"]["value"] <= row["share"]["high"]
        if isinstance(row["n"], str):
            assert row["share"] is None and row["at_least"] is None


@given(st.dictionaries(st.sampled_from(CODES), counts, min_size=2))
@settings(max_examples=30, deadline=None)
def test_a_hidden_count_of_missed_people_cannot_be_worked_out(groups: dict[str, Count]) -> None:
    """The broad group less its detailed groups, all as shown, must leave a hidden small count several values."""
    made = shares({"detailed": groups})
    for whole_row in made["broad"]:
        parts = [row for row in made["detailed"] if broad(row["group"]) == whole_row["group"]]
        hidden = [row for row in parts if isinstance(row["apart"], str)]
        if isinstance(whole_row["apart"], int) and len(hidden) == 1 and hidden[0]["apart"] is Hidden.SMALL:
            assert len(possible(whole_row["apart"], [r["apart"] for r in parts if r is not hidden[0]])) >= 3


def possible(total: int, shown: list[Any]) -> set[int]:
    """What one small hidden count may be, for one who knows how counts are rounded and which are not shown."""
    ranges = [range(max(count - 2, 10), count + 3) if count else range(1) for count in shown]
    least, most = sum(r[0] for r in ranges), sum(r[-1] for r in ranges)
    lowest = max(total - 2, 10) if total else 0
    return {x for x in range(1, 10) if lowest <= x + most and x + least <= total + 2}


def test_the_difference_is_from_all_others() -> None:
    rows = {row["group"]: row for row in shares({"sex": {"Female": Count(400, 300), "Male": Count(600, 570)}})["sex"]}
    assert rows["Female"]["difference"]["value"] == pytest.approx(0.75 - 0.95)
    assert rows["Male"]["difference"]["value"] == pytest.approx(0.95 - 0.75)
    assert rows["Female"]["difference"]["low"] < -0.2 < rows["Female"]["difference"]["high"] < 0


@pytest.mark.parametrize(
    ("count", "share", "at_least"),
    [
        (Count(1000, 900), 0.9, None),
        (Count(1000, 1000), 1.0, None),
        (Count(1000, 997), None, 0.99),
        (Count(30, 27), None, None),
        (Count(6, 2), None, None),
        (Count(0, 0), None, None),
    ],
)
def test_one_count_by_itself(count: Count, share: float | None, at_least: float | None) -> None:
    shown = whole(count)
    assert (shown["share"] and shown["share"]["value"], shown["at_least"]) == (share, at_least)


@pytest.mark.parametrize(("n", "said"), [(5_000, Reading.ALIKE), (500, Reading.CANNOT_TELL)])
def test_what_is_said_beside_a_hidden_count_is_the_same_whatever_it_is(n: int, said: Reading) -> None:
    rest = Count(20_000, 19_800)
    assert {reading_to_show(Count(n, n - apart), rest, 1) for apart in range(10)} == {said}
    exact = {reading(Count(n, n - apart), rest, 1) for apart in range(10)}
    assert exact == ({said} if said is Reading.ALIKE else {Reading.ALIKE, Reading.CANNOT_TELL})

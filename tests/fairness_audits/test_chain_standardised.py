"""Rates compared at equal standing: the ratio against a plain reference, and its interval by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness_audits.chain.comparing import LEAST_EXPECTED, Range, Reading, Rows, compare, reading
from fairness_audits.chain.standardised import standardised
from fairness_audits.policy import Grouping
from store.intervals import z_of

CASES = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60)
Z = z_of(0.95)


def arrays(cases: list[tuple[bool, bool, int, int]]) -> tuple[np.ndarray, ...]:
    happened, mine, stratum, family = zip(*cases)
    return np.array(happened), np.array(mine), np.array(stratum), np.array(family)


def log_ratio(cases: list[tuple[bool, bool, int, int]], weight: dict[int, float]) -> float | None:
    """The logarithm of Mantel and Haenszel's ratio, written out, each family's cases counted ``weight`` times."""
    upper = lower = 0.0
    for one in {stratum for _, _, stratum, _ in cases}:

        def total(is_mine: bool, event: bool) -> float:
            return sum(weight[f] for y, m, s, f in cases if s == one and m is is_mine and (y or not event))  # noqa: B023

        n1, n0 = total(True, False), total(False, False)
        if n1 and n0:
            upper += total(True, True) * n0 / (n1 + n0)
            lower += total(False, True) * n1 / (n1 + n0)
    return math.log(upper / lower) if upper and lower else None


@settings(max_examples=150, deadline=None)
@given(CASES)
def test_the_ratio_and_its_error_are_those_of_the_formula(cases: list[tuple[bool, bool, int, int]]) -> None:
    found = standardised(*arrays(cases))
    families = {family for *_, family in cases}
    plain = log_ratio(cases, dict.fromkeys(families, 1.0))
    if plain is None:
        assert found.ratio is None or found.ratio == 0
        return
    assert found.ratio == pytest.approx(math.exp(plain))
    assert found.observed / found.expected == pytest.approx(found.ratio)
    # A family's influence is what the logarithm moves by when the family counts a little more.
    step = 1e-6
    moved = []
    for one in families:
        more = log_ratio(cases, {family: 1 + step * (family == one) for family in families})
        assert more is not None
        moved.append((more - plain) / step)
    scale = len(families) / max(len(families) - 1, 1)
    assert found.error == pytest.approx(math.sqrt(sum(one**2 for one in moved) * scale), abs=1e-4)


def test_strata_take_away_what_they_explain() -> None:
    """The group is in greater need, and reported as often as others at each level of need."""
    need = np.repeat([0, 0, 1, 1], [300, 100, 100, 300])
    mine = np.repeat([False, True, False, True], [300, 100, 100, 300])
    happened = np.concatenate([np.arange(n) < n * rate for n, rate in ((300, 0.1), (100, 0.1), (100, 0.4), (300, 0.4))])
    family = np.arange(800)
    assert standardised(happened, mine, need, family).ratio == pytest.approx(1)
    assert standardised(happened, mine, np.zeros(800, dtype=np.int64), family).ratio == pytest.approx(0.325 / 0.175)


def test_a_group_without_events_has_an_upper_end_by_what_was_expected() -> None:
    happened = np.array([False] * 100 + [True] * 20 + [False] * 80)
    mine = np.arange(200) < 100
    found = standardised(happened, mine, np.zeros(200, dtype=np.int64), np.arange(200))
    low, high = found.interval(Z) or (None, None)
    assert (found.ratio, found.expected, low) == (0, 20, 0)
    assert high == pytest.approx(3.688879 / 20, abs=1e-5)


def test_nobody_to_compare_with_gives_no_ratio() -> None:
    happened, mine = np.array([True, False]), np.array([True, False])
    apart = standardised(happened, mine, np.array([0, 1]), np.array([0, 1]))
    assert apart.ratio is None and apart.interval(Z) is None


@pytest.mark.parametrize(("group", "rate", "ratio"), [(30, 0.3, 1.0), (150, 0.1, 2.0), (60, 0.12, 1.3)])
def test_the_interval_covers_with_few_families_that_recur(group: int, rate: float, ratio: float) -> None:
    """Families of one lasting rate each, seen at eight dates; nominal 95%."""
    draw = np.random.default_rng(7)
    families, dates = 800, 8
    mine = np.arange(families) < group
    covered = 0
    for _ in range(400):
        lasting = draw.beta(2, 2 / rate - 2, families) * np.where(mine, ratio, 1.0)
        happened = draw.random((families, dates)) < np.minimum(lasting, 1)[:, None]
        found = standardised(
            happened.ravel(),
            np.repeat(mine, dates),
            np.tile(np.arange(dates), families),
            np.repeat(np.arange(families), dates),
        )
        low, high = found.interval(Z) or (0.0, 0.0)
        covered += low <= ratio <= high
    assert 0.915 <= covered / 400 <= 0.985


def groups(*counts: tuple[str, int, int]) -> Rows:
    """So many cases of each group, so many with the event, each a family."""
    detailed = np.array([code for code, n, _ in counts for _ in range(n)], dtype=object)
    happened = np.array([case < events for _, n, events in counts for case in range(n)])
    return Rows(happened, detailed, np.arange(len(detailed)))


def test_known_groups_are_compared_with_each_other_and_unknown_with_all_of_them() -> None:
    found = {
        one.group: one
        for one in compare(groups(("WBRI", 400, 40), ("BAFR", 200, 40), ("Unknown", 300, 3)))[Grouping.BROAD]
    }
    assert (found["Black"].rest_n, found["Black"].rest_events) == (400, 40)
    assert found["Black"].ratio is not None and found["Black"].ratio.value == pytest.approx(2)
    assert found["Black"].reading is Reading.HIGHER and found["White"].reading is Reading.LOWER
    assert (found["Unknown"].rest_n, found["Unknown"].rest_events) == (600, 80)
    assert found["Unknown"].reading is Reading.LOWER


def test_detailed_groups_are_told_apart_within_their_broad_group() -> None:
    found = compare(groups(("BAFR", 100, 30), ("BCRB", 100, 10), ("WBRI", 100, 20)))
    assert [one.group for one in found[Grouping.BROAD]] == ["White", "Black"]
    assert {one.group: one.events for one in found[Grouping.DETAILED]} == {"WBRI": 20, "BAFR": 30, "BCRB": 10}


@pytest.mark.parametrize(
    ("rows", "readings"),
    [
        (groups(("WBRI", 100, 50)), {"White": "cannot_tell"}),
        (groups(("Unknown", 100, 50)), {"Unknown": "cannot_tell"}),
        (groups(("WBRI", 1000, 500), ("BAFR", 6, 6)), {"White": "cannot_tell", "Black": "cannot_tell"}),
        (groups(("WBRI", 1000, 0), ("BAFR", 1000, 0)), {"White": "cannot_tell", "Black": "cannot_tell"}),
        # All of a small group: its cases do not vary, and say less than they seem to.
        (groups(("WBRI", 1000, 970), ("BAFR", 60, 60)), {"White": "cannot_tell", "Black": "cannot_tell"}),
        (groups(("WBRI", 5000, 2500), ("BAFR", 5000, 2500)), {"White": "alike", "Black": "alike"}),
    ],
)
def test_too_little_says_nothing(rows: Rows, readings: dict[str, str]) -> None:
    assert {one.group: one.reading.value for one in compare(rows)[Grouping.BROAD]} == readings


def test_no_case_has_no_group() -> None:
    nobody = compare(groups())
    assert nobody == {Grouping.BROAD: (), Grouping.DETAILED: ()}


def test_more_groups_need_more_evidence_to_be_read() -> None:
    """What reads as higher beside one other group may be chance among seventeen."""
    two = compare(groups(("BAFR", 200, 46), ("WBRI", 2000, 330)))[Grouping.DETAILED]
    codes = ["WBRI", "WIRI", "WOTH", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN", "ABAN", "CHNE", "AOTH"]
    many = compare(groups(("BAFR", 200, 46), *((code, 166, 27) for code in codes)))[Grouping.DETAILED]
    assert next(one for one in two if one.group == "BAFR").reading is Reading.HIGHER
    assert next(one for one in many if one.group == "BAFR").reading is Reading.CANNOT_TELL


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.01, 1.1, "higher"),
        (0.7, 0.99, "lower"),
        (0.8, 1.25, "alike"),
        (0.79, 1.2, "cannot_tell"),
        (0.9, 1.3, "cannot_tell"),
    ],
)
def test_the_interval_decides_the_reading(low: float, high: float, expected: str) -> None:
    assert reading(Range((low + high) / 2, low, high)).value == expected
    assert reading(None) is Reading.CANNOT_TELL
    assert LEAST_EXPECTED >= 10

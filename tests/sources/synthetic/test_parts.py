"""The small parts, against plain references."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.synthetic.chance import logistic, numbers, pairs, recording_delay, stream
from sources.synthetic.clock import OPEN, QUARTERS, SCHOOL_YEARS, date_of, day, quarter_of, school_days, written
from sources.synthetic.mess import birthdays, shortened, typed, unspaced
from sources.synthetic.names import HOSTILE
from sources.synthetic.paper import pounds
from sources.synthetic.schools import build_pupils
from sources.synthetic.world import build_borough

DAYS = st.integers(day(1930, 1, 1), day(2030, 12, 31))
PATTERNS = ("%d/%m/%Y", "%d %B %Y", "%Y%m%d", "%d.%m.%y")


def _texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


@settings(deadline=None)  # the first call of a pattern builds its table
@given(st.lists(DAYS, max_size=30), st.sampled_from(PATTERNS))
def test_written_days_are_what_the_calendar_says(days: list[int], pattern: str) -> None:
    expected = [(dt.date(1970, 1, 1) + dt.timedelta(days=d)).strftime(pattern) for d in days]
    assert written(np.array(days, dtype=np.int64), pattern).tolist() == expected


def test_an_open_day_is_blank() -> None:
    assert written(np.array([OPEN, -OPEN, 0]), "%Y-%m-%d").tolist() == ["", "", "1970-01-01"]


@given(st.lists(st.integers(0, 6), max_size=25), st.lists(st.integers(0, 6), max_size=25))
def test_pairs_is_a_join(wanted: list[int], values: list[int]) -> None:
    ordered = sorted(values)
    left, right = pairs(np.array(wanted, dtype=np.int64), np.array(ordered, dtype=np.int64))
    naive = [(i, j) for i, w in enumerate(wanted) for j, v in enumerate(ordered) if w == v]
    assert list(zip(left.tolist(), right.tolist())) == naive


@given(st.lists(st.integers(int(QUARTERS[0]), int(QUARTERS[-1]) + 60), min_size=1))
def test_quarter_of_is_the_calendar_quarter(days: list[int]) -> None:
    for on, quarter in zip(days, quarter_of(np.array(days)).tolist()):
        first, true = date_of(int(QUARTERS[quarter])), date_of(on)
        assert (first.year, first.month) == (true.year, 3 * ((true.month - 1) // 3) + 1)


@pytest.mark.parametrize("year", SCHOOL_YEARS)
def test_a_school_year_has_about_190_weekdays(year: int) -> None:
    days = [date_of(on) for on in school_days(year).tolist()]
    assert 183 <= len(days) <= 195
    assert all(on.weekday() < 5 for on in days)
    assert (days[0], days[-1]) > (dt.date(year, 9, 1), dt.date(year + 1, 7, 1))


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20), st.booleans())
def test_pounds_can_be_read_back(pence: list[int], brackets: bool) -> None:
    back = []
    for text in pounds(np.array(pence, dtype=np.int64), brackets).tolist():
        digits = text.replace(",", "").strip("()").replace(".", "")
        back.append(-int(digits) if text.startswith("(") else int(digits))
    assert back == pence


def test_streams_differ_by_seed_and_by_subject_only() -> None:
    drawn = [stream(*key).random() for key in ((1, "rent"), (1, "rent"), (2, "rent"), (1, "marks"))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


def test_numbers_are_distinct_and_of_the_asked_length() -> None:
    drawn = numbers(stream(1, "test"), 5000, 4).tolist()
    assert len(set(drawn)) == 5000
    assert {len(str(number)) for number in drawn} == {4}


def test_delays_are_never_negative_and_sometimes_long() -> None:
    delays = recording_delay(stream(1, "test"), 20_000, 1.0, 0.05, 20.0)
    assert delays.min() >= 0
    assert np.median(delays) <= 1
    assert 0.005 < (delays > 14).mean() < 0.05


def test_typing_errors_change_plain_names_and_leave_strange_ones() -> None:
    rng = stream(1, "test")
    plain = _texts(*["Cunningham"] * 400)
    changed = typed(rng, plain, 0.5)
    assert 0.35 < (changed != plain).mean() <= 0.6
    assert all(abs(len(name) - 10) <= 1 for name in changed.tolist())
    strange = _texts("<script>alert(1)</script>", '=HYPERLINK("http://x.example")', "Robert'); DROP TABLE pupils;--")
    assert typed(rng, strange, 1.0).tolist() == strange.tolist()
    assert typed(rng, _texts("", "Li", "Amy"), 1.0).tolist() == ["", "Li", "Amy"]


def test_birthdays_are_missing_swapped_or_placeholders_in_their_shares() -> None:
    true = np.full(20_000, day(2012, 3, 9))
    keyed = birthdays(stream(1, "test"), true, missing=0.1, wrong=0.05)
    assert 0.09 < (keyed == OPEN).mean() < 0.11
    assert 0.03 < (keyed == day(2012, 9, 3)).mean() < 0.06
    assert 0.001 < (keyed == day(1900, 1, 1)).mean() < 0.005
    impossible_to_swap = birthdays(stream(1, "test"), np.full(5000, day(2012, 3, 25)), missing=0.0, wrong=1.0)
    assert set(impossible_to_swap.tolist()) == {day(2012, 3, 25), day(1900, 1, 1)}


def test_addresses_and_postcodes_are_shortened_when_told_to() -> None:
    rng = stream(1, "test")
    assert shortened(rng, _texts("Flat 3 Elm Court, Mill Road"), 1.0).tolist() == ["Apt 3 Elm Ct, Mill Rd"]
    assert shortened(rng, _texts("Flat 3 Elm Court"), 0.0).tolist() == ["Flat 3 Elm Court"]
    assert unspaced(rng, _texts("BQ1 2AB"), 1.0).tolist() == ["BQ12AB"]


def test_logistic_is_a_probability() -> None:
    assert logistic(np.array([0.0])).tolist() == [0.5]
    assert 0 < logistic(np.array([-9.0]))[0] < logistic(np.array([9.0]))[0] < 1


def test_pupil_numbers_are_distinct_and_carry_their_check_letter() -> None:
    b = build_borough(1, 40)
    pupils = build_pupils(1, b.families, b.people, b.needs)
    numbers_held = [upn for upn in pupils.upn.tolist() if upn]
    assert len(numbers_held) == len(set(numbers_held)) > 20
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    for upn in numbers_held:
        assert upn[0] == letters[sum(int(d) * w for d, w in zip(upn[1:], range(2, 14))) % 23]


@pytest.mark.parametrize("seed", range(4))
def test_children_with_hostile_names_are_at_school(seed: int) -> None:
    b = build_borough(seed, 60)
    held = {(f, s) for f, s, upn in zip(b.people.forename, b.people.surname, b.pupils.upn) if upn}
    assert set(HOSTILE) <= held

"""Past cases most like one: who they are against a naive reference, and what may be told of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from models.calibration import Platt
from models.cases import Cases
from models.contributions import moved
from models.neighbours import Alike, Past, alike, past_of, told_of
from models.rehearsal import Performed, Rehearsal
from models.splits import Origin
from models.target import CandidateName, Unit
from models.themes import Themes
from store.small_numbers import Hidden
from tests.models.test_themes import cases_of, linear

OLD, OLDER, NOW = dt.date(2025, 3, 31), dt.date(2024, 12, 31), dt.date(2026, 6, 30)
COUNT = 800


@pytest.fixture(scope="module")
def made() -> tuple[Cases, Performed]:
    """Past cases, four hundred families of two children each, then ten of today, the first of a past family."""
    generator = np.random.default_rng(8)
    values = np.round(generator.normal(size=(COUNT + 10, 3)), 2)
    cases = cases_of(values, ["a", "a", "b"])
    group = np.concatenate([np.arange(COUNT) // 2, [0], 1000 + np.arange(9)])
    as_of = np.repeat(np.array([OLD, NOW], dtype="datetime64[D]"), [COUNT, 10])
    fold = np.concatenate([(np.arange(COUNT) // 2) % 2, [0] * 10])
    tie_place = generator.permutation(COUNT + 10)
    cases = replace(cases, group=group, as_of=as_of, fold=fold, tie_place=tie_place)
    fitted = [linear([1.0, 0.5, -1.0]), linear([0.8, 0.6, -1.1])]
    margin = np.zeros(COUNT + 10)
    for number, one in enumerate(fitted):
        margin[fold == number] = one.margin(values[fold == number])
    return cases, Performed(list(fitted), Platt(0.7, 0.0), 0.0, margin[:COUNT], margin[COUNT:], margin[COUNT:])


def test_the_nearest_are_those_that_a_plain_search_finds(made: tuple[Cases, Performed]) -> None:
    cases, performed = made
    told = Themes(np.array([0, 0, 1]))
    rows = np.arange(COUNT, COUNT + 10)
    outcome = (np.random.default_rng(1).random(COUNT) < 0.4).astype(float)
    past = Past(OLD, np.arange(COUNT), outcome, performed.held_out)
    found = alike(cases, told, performed, past, moved(cases, performed, rows, rows))
    weights = np.array([[1.0, 0.5, -1.0], [0.8, 0.6, -1.1]])
    for row, one in zip(rows, found):
        own = 0.7 * weights[0] * cases.values[row]
        distance = []
        for other in range(COUNT):
            theirs = 0.7 * weights[cases.fold[other]] * cases.values[other]
            by_theme = np.array([theirs[0] + theirs[1] - own[0] - own[1], theirs[2] - own[2]])
            distance.append((round(float(by_theme @ by_theme), 9), int(cases.tie_place[other]), other))
        taken: dict[int, int] = {}
        for _, _, other in sorted(distance):
            if cases.group[other] != cases.group[row]:
                taken.setdefault(int(cases.group[other]), other)
        assert one == told_of(OLD, outcome[list(taken.values())[:100]])


def test_of_too_few_families_nothing_is_told(made: tuple[Cases, Performed]) -> None:
    cases, performed = made
    rows = np.array([COUNT + 1])
    listed = moved(cases, performed, rows, rows)
    for past_cases, told in ((158, False), (160, True)):
        past = Past(OLD, np.arange(past_cases), np.zeros(past_cases), performed.held_out[:past_cases])
        (one,) = alike(cases, Themes(np.arange(3)), performed, past, listed)
        assert (one is not None) is told
    assert one is not None and one.cases == 20


def test_nobody_listed_and_nothing_learnt_from(made: tuple[Cases, Performed]) -> None:
    cases, performed = made
    nobody = np.empty(0, dtype=np.int64)
    past = Past(OLD, nobody, np.empty(0), np.empty(0))
    rows = np.array([COUNT])
    assert alike(cases, Themes(np.arange(3)), performed, past, moved(cases, performed, rows, nobody)) == []
    assert alike(cases, Themes(np.arange(3)), performed, past, moved(cases, performed, rows, rows)) == [None]


def test_the_past_is_the_newest_closed_date_as_known_at_the_origin(made: tuple[Cases, Performed]) -> None:
    cases, performed = made
    as_of = cases.as_of.copy()
    as_of[:300] = np.datetime64(OLDER, "D")
    outcome = np.arange(COUNT, dtype=float)
    rehearsal = Rehearsal(
        Origin(NOW, (OLDER, OLD)),
        np.arange(COUNT),
        outcome,
        np.arange(COUNT, COUNT + 10),
        {CandidateName.LOGISTIC: performed},
    )
    past = past_of(replace(cases, as_of=as_of), rehearsal, CandidateName.LOGISTIC)
    assert past.as_of == OLD
    assert past.rows.tolist() == past.outcome.tolist() == list(range(300, COUNT))
    np.testing.assert_array_equal(past.margin, performed.held_out[300:])


@pytest.mark.parametrize(
    ("had", "count", "share", "said"),
    [
        (0, 0, 0.0, "none (allowing for chance: 0 to 4)"),
        (1, Hidden.SMALL, None, "fewer than 10"),
        (9, Hidden.SMALL, None, "fewer than 10"),
        (10, 10, 0.1, "about 10 (allowing for chance: 6 to 17)"),
        (12, 10, 0.1, "about 10 (allowing for chance: 6 to 17)"),
        (13, 15, 0.15, "about 15 (allowing for chance: 9 to 23)"),
        (90, 90, 0.9, "about 90 (allowing for chance: 83 to 94)"),
    ],
)
def test_counts_are_rounded_and_small_ones_are_not_told(
    had: int, count: int | Hidden, share: float | None, said: str
) -> None:
    one = told_of(OLD, np.repeat([1.0, 0.0], [had, 100 - had]))
    assert (one.with_outcome, one.share) == (count, share)
    assert one.say(Unit.FAMILY, 365) == (
        f"Of the 100 families whose records of 31 March 2025 are most like these, {said} had the outcome that this "
        "model learnt from within 12 months."
    )


@pytest.mark.parametrize("had", [91, 99, 100])
def test_that_few_had_no_outcome_is_hidden_too(had: int) -> None:
    one = told_of(OLD, np.repeat([1.0, 0.0], [had, 100 - had]))
    assert (one.share, one.low, one.high) == (None, None, None)
    assert "more than 90 had" in one.say(Unit.CHILD, 182)


def test_no_two_exact_counts_can_be_told_apart_within_a_rounding() -> None:
    said: dict[str, set[int]] = {}
    for had in range(101):
        one: Alike = told_of(OLD, np.repeat([1.0, 0.0], [had, 100 - had]))
        said.setdefault(one.say(Unit.FAMILY, 365), set()).add(had)
    assert min(len(counts) for counts in said.values() if counts != {0}) >= 3

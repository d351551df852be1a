"""Families that recur: what their rows are worth, and whether intervals then cover what they claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness_audits.clusters import FEWEST_RECURRING, group_totals
from store.intervals import newcombe, wilson, z_of

rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.booleans()), min_size=1, max_size=60)


@given(rows)
def test_totals_and_design_effects_are_those_of_the_formula(drawn: list[tuple[int, int, bool]]) -> None:
    group, family, value = (np.array(column) for column in zip(*drawn))
    found = group_totals(value.astype(float), group, family, 3)
    for g in range(3):
        mine = [(f, v) for h, f, v in drawn if h == g]
        rest = [(h, f) for h, f, _ in drawn if h != g]
        assert found.rows[g] == len(mine)
        assert found.total[g] == sum(v for _, v in mine)
        assert found.families[g] == len({f for f, _ in mine})
        assert found.design_effect[g] == pytest.approx(_kish([f for f, _ in mine], found.correlation))
        assert found.rest_design_effect[g] == pytest.approx(_kish(rest, found.correlation))


def _kish(family: list, rho: float) -> float:
    if not family:
        return 1.0
    squares = sum(family.count(name) ** 2 for name in set(family))
    return 1 + rho * (squares / len(family) - 1)


def test_families_that_do_not_recur_are_worth_every_row() -> None:
    value = np.array([1.0, 0.0, 1.0, 0.0])
    found = group_totals(value, np.array([0, 0, 1, 1]), np.arange(4), 2)
    assert found.correlation == 0
    assert found.design_effect.tolist() == [1, 1]


def test_copies_of_a_family_add_nothing() -> None:
    """Each family four times over, always alike: the evidence is worth the families, not the rows."""
    draw = np.random.default_rng(3)
    once = draw.random(400) < 0.3
    found = group_totals(np.repeat(once, 4).astype(float), np.zeros(1600, int), np.repeat(np.arange(400), 4), 1)
    assert found.rows[0] / found.design_effect[0] == pytest.approx(400, rel=0.02)


def test_rows_that_only_share_a_family_are_worth_nearly_all() -> None:
    draw = np.random.default_rng(4)
    value = (draw.random(8000) < 0.3).astype(float)
    found = group_totals(value, np.zeros(8000, int), np.repeat(np.arange(2000), 4), 1)
    assert found.correlation < 0.03


def test_too_few_recurring_families_count_once_each() -> None:
    families = FEWEST_RECURRING - 1
    value = np.tile([1.0, 0.0], families)
    found = group_totals(value, np.zeros(2 * families, int), np.repeat(np.arange(families), 2), 1)
    assert found.correlation == 1
    assert found.rows[0] / found.design_effect[0] == families


@pytest.mark.parametrize("agreement", [0.5, 0.9])
def test_intervals_on_effective_counts_cover_where_naive_ones_do_not(agreement: float) -> None:
    """A group of 50 families beside 400, each in four as-ofs whose flags agree mostly: 95% intervals."""
    draw = np.random.default_rng(5)
    covered, naive, differences, replicates = 0, 0, 0, 600
    group = np.repeat(np.arange(450) >= 400, 4).astype(int)
    family = np.repeat(np.arange(450), 4)
    for _ in range(replicates):
        usual = np.repeat(draw.random(450) < 0.4, 4)
        value = np.where(draw.random(1800) < agreement, usual, draw.random(1800) < 0.4).astype(float)
        found = group_totals(value, group, family, 2)
        share, size = found.total[1] / found.rows[1], found.rows[1] / found.design_effect[1]
        rest = found.rest_rows[1] / found.rest_design_effect[1]
        low, high = wilson(share * size, size, z_of(0.95))
        covered += bool(low <= 0.4 <= high)
        low, high = wilson(found.total[1], found.rows[1], z_of(0.95))
        naive += bool(low <= 0.4 <= high)
        low, high = newcombe(share * size, size, found.rest_total[1] / found.rest_rows[1] * rest, rest, z_of(0.95))
        differences += bool(low <= 0 <= high)
    assert covered / replicates > 0.92
    assert differences / replicates > 0.92
    assert naive / replicates < 0.90

"""The calibration: what is counted, how it is judged, and whether boroughs of several seeds come out as published."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.synthetic import care
from sources.synthetic.assumptions import ASSUMED, NOT_VERIFIED
from sources.synthetic.built_in import BUILT_IN, BuiltIn
from sources.synthetic.calibration import Figure, Standing, figure_of, measure
from sources.synthetic.comparison import built_in_lines, lines, page_table, told
from sources.synthetic.figure import Shown, Target
from sources.synthetic.page import BEGIN, END, write_page
from sources.synthetic.reread import BLOCKS
from sources.synthetic.targets import NOT_SHOWN, TARGETS
from tests.sources.synthetic.conftest import Made, make

FAMILIES, SEEDS = 1200, (1, 2)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "synthetic-borough.md"
_TARGET = Target("Any", "10%", "somewhere", 0.09, 0.11, "pupil_years", "missed", "possible")


def _measured(folder: Path, seed: int) -> dict[str, Figure]:
    made = make(folder / str(seed), FAMILIES, seed)
    return measure(made.out / "extracts", made.truth)


def _off(targets: Sequence[Target | BuiltIn], runs: list[dict[str, Figure]]) -> list[str]:
    """Those whose mean over the runs, with half as wide again an interval as 95%, does not reach the tolerance."""
    off = []
    for target in targets:
        seen = [run[target.name] for run in runs if run[target.name].rows >= 30]
        value = sum(figure.value for figure in seen) / max(len(seen), 1)
        margin = 1.5 * math.sqrt(sum(figure.margin**2 for figure in seen)) / max(len(seen), 1)
        if seen and (value - margin > target.high or value + margin < target.low):
            off.append(target.name)
    return off


def test_boroughs_of_several_seeds_are_as_published_and_have_what_was_built_in(tmp_path: Path) -> None:
    """Of some sixty figures one may miss by chance alone."""
    runs = [_measured(tmp_path, seed) for seed in SEEDS]
    off = _off([target for target in TARGETS if target.aimed], runs)
    assert len(off) <= 1, off
    assert not _off(BUILT_IN, runs)
    for name in ("Absence, all pupils", "Children in relative poverty", "Contacts a year"):
        assert all(run[name].rows >= BLOCKS and run[name].value > 0 for run in runs), name
    assert sum(run[target.name].rows == 0 for run in runs for target in TARGETS) <= 8


def test_without_bias_and_effect_the_figures_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "WATCHED", np.ones_like(care.WATCHED))
    monkeypatch.setattr(care, "_EARLY_HELP_EFFECT", 0.0)
    found = _measured(tmp_path, 1)
    for built in BUILT_IN:
        figure = found[built.name]
        if built.code and built.name.startswith("Contacts about"):
            assert abs(figure.value - 1) < max(1.5 * figure.margin, 0.1), built.name
    help_ = found["Need half a year after an offer of early help, by lottery of places"]
    assert abs(help_.value) < 1.5 * help_.margin


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(1, 50)), min_size=BLOCKS, max_size=BLOCKS))
def test_the_interval_is_the_jackknifes(blocks: list[tuple[float, float]]) -> None:
    top, bottom = (np.array(column) for column in zip(*blocks))
    figure = figure_of(top, bottom, 1)
    whole = sum(a for a, _ in blocks) / sum(b for _, b in blocks)
    left_out = []
    for out in range(BLOCKS):
        kept = [pair for place, pair in enumerate(blocks) if place != out]
        left_out.append(sum(a for a, _ in kept) / sum(b for _, b in kept))
    spread = math.sqrt((BLOCKS - 1) / BLOCKS * sum((one - whole) ** 2 for one in left_out))
    assert figure.value == pytest.approx(whole, abs=1e-9)
    assert figure.margin == pytest.approx(2.093 * spread, rel=1e-6, abs=1e-9)


def test_the_interval_covers_what_is_true_though_children_of_a_family_are_alike() -> None:
    """Families of three alike children: 95 in 100 intervals hold the true share; those that take them as one by one
    do not."""
    rng = np.random.default_rng(5)
    held = alone = 0
    for _ in range(400):
        family = np.repeat(rng.random(600) < 0.2, 3)
        block = np.repeat(np.arange(600) % BLOCKS, 3)
        top = np.bincount(block, weights=family, minlength=BLOCKS)
        figure = figure_of(top, np.bincount(block, minlength=BLOCKS).astype(float), len(family))
        held += abs(figure.value - 0.2) <= figure.margin
        alone += abs(figure.value - 0.2) <= 1.96 * math.sqrt(0.2 * 0.8 / len(family))
    assert 0.92 < held / 400 < 0.98
    assert alone / 400 < 0.85


@pytest.mark.parametrize(
    ("value", "margin", "rows", "standing"),
    [
        (0.10, 0.02, 9, Standing.WITHIN),
        (0.09, 0.0, 9, Standing.WITHIN),
        (0.12, 0.02, 9, Standing.CHANCE),
        (0.10, 0.021, 9, Standing.TOO_FEW),
        (0.12, 0.021, 9, Standing.TOO_FEW),
        (0.50, 0.021, 9, Standing.OFF),
        (0.0, 0.0, 55, Standing.TOO_FEW),
        (0.0, 0.0, 56, Standing.OFF),
        (1.0, 0.0, 5, Standing.TOO_FEW),
        (1.0, 0.0, 6, Standing.OFF),
        (0.12, 0.005, 9, Standing.OFF),
        (0.08, 0.005, 9, Standing.OFF),
        (0.0, 0.0, 0, Standing.NONE),
    ],
)
def test_a_figure_stands_to_its_target(value: float, margin: float, rows: int, standing: Standing) -> None:
    assert Figure(value, margin, rows).standing(_TARGET) is standing


def test_nobody_to_count_is_no_figure() -> None:
    assert figure_of(np.zeros(BLOCKS), np.zeros(BLOCKS), 12) == Figure(0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("shown", "text"),
    [(Shown.PERCENT, "12.3%"), (Shown.PER_1000, "123.4 per 1,000"), (Shown.NUMBER, "0.12"), (Shown.POUNDS, "0 pounds")],
)
def test_figures_are_written_in_their_unit(shown: Shown, text: str) -> None:
    assert shown.write(0.1234) == text


def test_every_target_and_everything_built_in_has_a_line() -> None:
    found = {one.name: Figure(0.5, 0.1, 10) for one in (*TARGETS, *BUILT_IN)}
    assert [line.name for line in lines(found)] == [target.name for target in TARGETS]
    assert [line.name for line in built_in_lines(found)] == [built.name for built in BUILT_IN]
    assert told(found).startswith(f"Of the {sum(target.aimed for target in TARGETS)} figures aimed at, ")
    assert len({one.name for one in (*TARGETS, *BUILT_IN)}) == len(TARGETS) + len(BUILT_IN)


@given(st.lists(st.integers(0, 4), min_size=len(TARGETS), max_size=len(TARGETS)))
def test_the_counts_of_the_closing_sentence_add_up(kinds: list[int]) -> None:
    found = {}
    for target, kind in zip(TARGETS, kinds, strict=True):
        middle, width = (target.low + target.high) / 2, target.high - target.low
        each = (
            Figure(middle, width / 9, 9),
            Figure(target.high + width / 2, width * 0.9, 9),
            Figure(target.high + width, width / 9, 9),
            Figure(middle, width * 2, 9),
            Figure(0.0, 0.0, 0),
        )
        found[target.name] = each[kind]
    numbers = [int(number) for number in re.findall(r"\d+", told(found))]
    aimed = [kind for target, kind in zip(TARGETS, kinds, strict=True) if target.aimed]
    assert numbers == [len(aimed), *(aimed.count(kind) for kind in range(5))]
    assert numbers[0] == sum(numbers[1:])


def test_a_target_that_is_not_aimed_at_says_why_and_every_tolerance_is_a_range() -> None:
    assert all(target.note for target in TARGETS if not target.aimed)
    assert all(target.low < target.high and target.source for target in TARGETS)


def test_the_page_has_the_targets_of_today_and_all_that_is_assumed() -> None:
    """``make calibration`` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    found = {one.name: Figure(0.0, 0.0, 1) for one in (*TARGETS, *BUILT_IN)}
    for row, target in zip(page_table([found], TARGETS)[2:], TARGETS, strict=True):
        assert "|".join(row.split("|")[:5]) in page, target.name
    told: list[tuple[str, ...]] = [*NOT_SHOWN, *NOT_VERIFIED, *ASSUMED, *((b.name, b.made) for b in BUILT_IN)]
    assert not [cell for row in told for cell in row if cell not in page]


def test_the_page_is_written_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nAn older table.\n{END}\nafter\n", encoding="utf-8")
    write_page(page, 60, (3,))
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"before\n{BEGIN}\n\nBoroughs of 60 families, seeds 3")
    assert written.endswith(f"{END}\nafter\n")
    assert "An older table." not in written
    assert all(target.name in written for target in TARGETS)


def test_a_small_borough_is_measured_too(made: Made) -> None:
    found = measure(made.out / "extracts", made.truth)
    assert found["Absence, all pupils"].standing(TARGETS[0]) not in (Standing.OFF, Standing.NONE)

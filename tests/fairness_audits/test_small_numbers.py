"""Small numbers: nothing suppressed may be worked out from what is shown."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness_audits.audit import ETHNIC_NESTING
from fairness_audits.cases import Cases
from fairness_audits.content import WHOLE
from fairness_audits.ethnicity import BROAD_GROUPS, DETAILED_GROUPS, broad_group
from fairness_audits.measure import measure, measure_everyone
from fairness_audits.published import published_block
from store.small_numbers import Hidden, protect, rounded


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 10), (12, 10), (13, 15), (17, 15), (18, 20), (102, 100)])
def test_counts_are_rounded_to_five(count: int, shown: int) -> None:
    assert rounded(count) == shown


def test_a_lone_small_cell_takes_the_next_smallest_with_it() -> None:
    counts = {"all": 115, "a": 4, "b": 31, "c": 80}
    assert protect(counts, [["all", "a", "b", "c"]]) == {
        "all": 115,
        "a": Hidden.SMALL,
        "b": Hidden.SECOND,
        "c": 80,
    }


def test_two_small_cells_protect_each_other() -> None:
    counts = {"all": 97, "a": 4, "b": 8, "c": 85}
    found = protect(counts, [["all", "a", "b", "c"]])
    assert found == {"all": 95, "a": Hidden.SMALL, "b": Hidden.SMALL, "c": 85}


def test_nought_is_a_small_number() -> None:
    assert protect({"a": 0, "b": 9}, []) == {"a": Hidden.SMALL, "b": Hidden.SMALL}


@settings(max_examples=200)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=8), st.data())
def test_no_sum_of_parts_has_exactly_one_hidden_cell(parts: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(parts) - 1))
    counts = {f"p{n}": part for n, part in enumerate(parts)}
    first, second = list(counts)[:cut], list(counts)[cut:]
    counts |= {"first": sum(parts[:cut]), "second": sum(parts[cut:]), "all": sum(parts)}
    sums = [["first", *first], ["second", *second], ["all", "first", "second"]]
    found = protect(counts, sums)
    for cell, count in counts.items():
        assert count >= 10 or found[cell] is Hidden.SMALL
        assert isinstance(found[cell], Hidden) or found[cell] == rounded(count)
    for cells in sums:
        assert sum(isinstance(found[cell], Hidden) for cell in cells) != 1


def _cases(seed: int, n: int) -> tuple[Cases, np.ndarray]:
    draw = np.random.default_rng(seed)
    detailed = np.array(
        draw.choice(
            ["WBRI", "WIRI", "BAFR", "BCRB", "CHNE", "OOTH", "WROM", "Unknown"],
            n,
            p=[0.5, 0.03, 0.15, 0.15, 0.05, 0.05, 0.02, 0.05],
        ),
        dtype=object,
    )
    outcome = draw.random(n) < 0.2
    flagged = draw.random(n) < np.where(outcome, 0.5, 0.05)
    return Cases(outcome, flagged, np.full(n, 0.2), np.arange(n)), detailed


@pytest.mark.parametrize("seed", range(8))
def test_no_hidden_cell_of_a_published_audit_follows_from_the_shown_ones(seed: int) -> None:
    """An attacker who knew every shown cell exactly (they are rounded) and every sum could still solve for none."""
    cases, detailed = _cases(seed, 700)
    broad = np.array([broad_group(code) for code in detailed], dtype=object)
    measures = {"broad": measure(cases, broad, BROAD_GROUPS), "detailed": measure(cases, detailed, DETAILED_GROUPS)}
    block = published_block(WHOLE, measures, measure_everyone(cases), [], ETHNIC_NESTING)
    rows = {("whole", ""): block["overall"]}
    rows |= {(name, entry["group"]): entry for name, entries in block["groupings"].items() for entry in entries}
    cells = {(row, column): place for place, (row, column) in enumerate((r, c) for r in rows for c in WHOLE.counts)}
    hidden = [cell for cell in cells if isinstance(rows[cell[0]][cell[1]], str)]
    assert hidden, "the draw must have something to hide"
    equations = _equations(list(rows), cells)[:, [cells[cell] for cell in hidden]]
    rank = np.linalg.matrix_rank(equations)
    for place in range(len(hidden)):
        alone = np.zeros((1, len(hidden)))
        alone[0, place] = 1
        assert np.linalg.matrix_rank(np.vstack([equations, alone])) == rank + 1, hidden[place]


def _equations(rows: list, cells: dict) -> np.ndarray:
    found = []

    def equation(whole: tuple, parts: list[tuple]) -> None:
        line = np.zeros(len(cells))
        line[cells[whole]] = -1
        for part in parts:
            line[cells[part]] += 1
        found.append(line)

    for column in WHOLE.counts:
        for grouping in ("broad", "detailed"):
            equation((("whole", ""), column), [(row, column) for row in rows if row[0] == grouping])
        for row in rows:
            if row[0] == "broad":
                parts = [(r, column) for r in rows if r[0] == "detailed" and broad_group(r[1]) == row[1]]
                equation((row, column), parts)
    for row in rows:
        equation((row, "positives"), [(row, "tp"), (row, "fn")])
        equation((row, "flagged"), [(row, "tp"), (row, "fp")])
    return np.array(found)


def test_rates_are_of_rounded_counts_and_withheld_where_a_count_is(tmp_path: Path) -> None:
    cases, detailed = _cases(99, 900)
    block = published_block(
        WHOLE, {"detailed": measure(cases, detailed, DETAILED_GROUPS)}, measure_everyone(cases), [], ETHNIC_NESTING
    )
    seen_hidden = seen_shown = False
    for entry in block["groupings"]["detailed"]:
        rate = entry["rates"]["fnr"]
        if isinstance(entry["fn"], str) or isinstance(entry["positives"], str):
            assert rate is None
            seen_hidden = True
        elif rate is not None:
            assert rate["value"] == round(entry["fn"] / entry["positives"], 3)
            assert rate["low"] <= rate["value"] <= rate["high"]
            seen_shown = True
    assert seen_hidden and seen_shown
    assert '": 3,' not in json.dumps(block)

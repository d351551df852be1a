"""Small numbers: nothing suppressed may be worked out from what is shown."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from fairness_audits.audit import ETHNIC_NESTING
from fairness_audits.cases import Cases
from fairness_audits.content import WHOLE
from fairness_audits.ethnicity import BROAD_GROUPS, DETAILED_GROUPS, broad_group
from fairness_audits.measure import measure, measure_everyone
from fairness_audits.metrics import Metric, Scale
from fairness_audits.policy import Rule, SmallNumbers
from fairness_audits.published import published_block
from fairness_audits.verdict import Question, judge
from fairness_audits.wording import OF_A_RUN
from store.intervals import wilson, z_of
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


BY_SEX = ("broad", "detailed", "sex", "broad | sex")
ORDERS = {
    **{"broad": BROAD_GROUPS, "detailed": DETAILED_GROUPS, "sex": ("F", "M")},
    "broad | sex": tuple(f"{group} | {sex}" for group in BROAD_GROUPS for sex in ("F", "M")),
}
NESTING = {
    row: [
        *ETHNIC_NESTING.get(row, []),
        [("broad | sex", f"{group} | {sex}") for group in BROAD_GROUPS for sex in ("F", "M") if row[1] in (group, sex)],
    ]
    for row in [*(("broad", group) for group in BROAD_GROUPS), ("sex", "F"), ("sex", "M")]
}
FREE_TO_BE = 3
"""How many numbers a small count may still be when two runs' audits are held against each other."""
RULES = SmallNumbers(suppress_below=10, round_to=5)
Entry = dict[str, Any]
Drawn = tuple[Cases, dict[str, np.ndarray]]


def draw_cases(seed: int, n: int) -> Drawn:
    """Cases and their groups under each grouping."""
    draw = np.random.default_rng(seed)
    codes = ["WBRI", "WIRI", "BAFR", "BCRB", "CHNE", "OOTH", "WROM", "Unknown"]
    detailed = np.array(draw.choice(codes, n, p=[0.5, 0.03, 0.15, 0.15, 0.05, 0.05, 0.02, 0.05]), dtype=object)
    broad = np.array([broad_group(code) for code in detailed], dtype=object)
    sex = np.array(draw.choice(["F", "M"], n), dtype=object)
    outcome = draw.random(n) < 0.2
    flagged = draw.random(n) < np.where(outcome, 0.5, 0.05)
    groups = {"broad": broad, "detailed": detailed, "sex": sex, "broad | sex": broad + " | " + sex}
    return Cases(outcome, flagged, np.full(n, 0.2), np.arange(n)), groups


def some(drawn: Drawn, rows: np.ndarray) -> Drawn:
    cases, groups = drawn
    kept = Cases(cases.outcome[rows], cases.flagged[rows], cases.score[rows], cases.family[rows])
    return kept, {name: found[rows] for name, found in groups.items()}


def publish(drawn: Drawn, rules: SmallNumbers = RULES) -> tuple[dict[tuple[str, str], Entry], dict[Any, int]]:
    """The published rows, and the exact counts."""
    cases, groups = drawn
    measures = {name: measure(cases, groups[name], ORDERS[name]) for name in BY_SEX}
    whole = measure_everyone(cases)
    block = published_block(WHOLE, measures, whole, [], NESTING, rules, OF_A_RUN)
    rows = {("whole", ""): block["overall"]}
    rows |= {(name, entry["group"]): entry for name, entries in block["groupings"].items() for entry in entries}
    exact = {(("whole", ""), column): getattr(whole.counts["everyone"], column) for column in (*WHOLE.counts, "tn")}
    for name, found in measures.items():
        for group, counts in found.counts.items():
            exact |= {((name, group), column): getattr(counts, column) for column in (*WHOLE.counts, "tn")}
    return rows, exact


def sums(rows: Iterable[tuple[str, str]]) -> list[tuple[Any, list[Any]]]:
    """Every way in which counts add up that anyone may know: written here anew, not taken from what is tested."""
    rows = list(rows)
    found = []
    for column in (*WHOLE.counts, "tn"):
        for name in BY_SEX:
            found.append(((("whole", ""), column), [(row, column) for row in rows if row[0] == name]))
        for name, group in rows:
            by_sex = [r for r in rows if r[0] == "broad | sex" and group in r[1].split(" | ")]
            codes = [r for r in rows if r[0] == "detailed" and broad_group(r[1]) == group]
            if name == "broad":
                found.append((((name, group), column), [(row, column) for row in codes]))
            if name in ("broad", "sex"):
                found.append((((name, group), column), [(row, column) for row in by_sex]))
    for row in rows:
        found.append(((row, "positives"), [(row, "tp"), (row, "fn")]))
        found.append(((row, "flagged"), [(row, "tp"), (row, "fp")]))
        found.append(((row, "n"), [(row, column) for column in ("tp", "fp", "fn", "tn")]))
    return found


def known(shown: int | str | None) -> tuple[float, float]:
    """What a count may be, by what stands in its cell; None for one that has none."""
    if shown is None:
        return 0, np.inf
    if isinstance(shown, str):
        return (0, 9) if shown == "<10" else (10, np.inf)
    return max(shown - 2, 10), shown + 2


class Attacker:
    """Who knows what is published, how it is rounded, and how it adds up."""

    def __init__(self, cells: list[Any], bounds: list[tuple[float, float]], equal: list[dict[Any, float]]) -> None:
        self.place = {cell: place for place, cell in enumerate(cells)}
        self.bounds = np.array(bounds)
        self.equal = np.zeros((len(equal), len(cells)))
        for row, line in enumerate(equal):
            for cell, factor in line.items():
                self.equal[row, self.place[cell]] += factor

    def possible(self, cell: Any) -> tuple[int, int]:
        """The least and the greatest whole number that a count may be."""
        ends = []
        for sign in (1, -1):
            weights = np.zeros(len(self.place))
            weights[self.place[cell]] = sign
            found = milp(
                weights,
                constraints=LinearConstraint(self.equal, 0, 0),
                bounds=Bounds(self.bounds[:, 0], np.minimum(self.bounds[:, 1], 5000)),
                integrality=np.ones(len(weights)),
                options={"mip_rel_gap": 0},
            )
            assert found.x is not None, "what is published contradicts itself"
            ends.append(round(found.x[self.place[cell]]))
        return ends[0], ends[1]


def lines(rows: Iterable[tuple[str, str]], tag: str = "") -> list[dict[Any, float]]:
    return [{(tag, whole): -1.0} | {(tag, part): 1.0 for part in parts} for whole, parts in sums(rows) if parts]


@pytest.mark.parametrize("seed", range(2))
def test_a_solver_tells_no_suppressed_count_more_finely_than_a_rounded_one(seed: int) -> None:
    rows, exact = publish(draw_cases(seed, 900))
    cells = list(exact)
    bounds = [known(rows[row].get(column)) for row, column in cells]
    attacker = Attacker([("", cell) for cell in cells], bounds, lines(rows))
    small = [cell for cell, count in exact.items() if count < 10]
    assert len([cell for cell in small if cell[1] != "tn"]) > 20, "the draw must have something to hide"
    for row, column in small:
        least, most = attacker.possible(("", (row, column)))
        assert least <= exact[row, column] <= most
        assert most - least + 1 >= 5, (row, column)


@pytest.mark.parametrize("seed", range(4))
def test_no_hidden_count_follows_from_the_shown_ones_known_exactly(seed: int) -> None:
    """Who knew every shown cell to the last case could still solve for none of the suppressed ones."""
    rows, exact = publish(draw_cases(seed, 700))
    cells = list(exact)
    unknown = [cell for cell in cells if cell[1] == "tn" or isinstance(rows[cell[0]][cell[1]], str)]
    equations = np.array([[line.get(("", cell), 0.0) for cell in unknown] for line in lines(rows)])
    _, spread, directions = np.linalg.svd(equations)
    free = np.square(directions[int((spread > 1e-9).sum()) :]).sum(axis=0)
    small = [place for place, cell in enumerate(unknown) if exact[cell] < 10]
    assert small
    assert not [unknown[place] for place in small if free[place] < 1e-9]


@pytest.mark.parametrize(
    ("gone", "new", "asked_of"),
    [
        (0.15, 0.15, ("first", "second", "new")),
        (0.0, 0.1, ("first", "second", "new")),
        # Of four cases that a correction adds each is in a group or not: such a count has two values by itself.
        (0.0, 0.004, ("first", "second")),
    ],
    ids=["slides", "grows", "corrected"],
)
def test_two_published_runs_tell_no_count_of_either_nor_of_their_difference(
    gone: float, new: float, asked_of: tuple[str, ...]
) -> None:
    """The pool of a run and that of the quarter before share most cases.

    Who has both published audits, and knows that the shared cases are counted alike in both (the same scores, even),
    still tells none of the suppressed counts of either run, and none of those that a quarter's test date brings.
    """
    drawn = draw_cases(7, 1000)
    lot = np.random.default_rng(3).random(1000)
    first, second = some(drawn, lot >= new), some(drawn, lot < 1 - gone)
    old_only, shared, new_only = (
        some(drawn, rows) for rows in (lot >= 1 - gone, (lot >= new) & (lot < 1 - gone), lot < new)
    )
    published = {"first": publish(first), "second": publish(second)}
    rows = list(dict.fromkeys(row for found, _ in published.values() for row in found))
    columns = (*WHOLE.counts, "tn")
    cells, bounds, equal = [], [], []
    for tag in ("first", "second", "old", "shared", "new"):
        found = published[tag][0] if tag in published else None
        for row in rows:
            for column in columns:
                cells.append((tag, (row, column)))
                if found is None:
                    empty = tag == "old" and gone == 0
                    bounds.append((0, 0 if empty else np.inf))
                else:
                    bounds.append(known(found[row].get(column)) if row in found else (0, 0))
        equal += lines(rows, tag)
    for row in rows:
        for column in columns:
            cell = (row, column)
            equal.append({("first", cell): -1.0, ("old", cell): 1.0, ("shared", cell): 1.0})
            equal.append({("second", cell): -1.0, ("new", cell): 1.0, ("shared", cell): 1.0})
    attacker = Attacker(cells, bounds, equal)
    truth = {"first": published["first"][1], "second": published["second"][1]}
    parts = {"old": old_only, "new": new_only, "shared": shared}
    truth |= {tag: publish(part)[1] for tag, part in parts.items() if len(part[0])}
    asked = 0
    for tag in asked_of:
        small = [cell for cell, count in truth[tag].items() if count < 10 and cell[0][0] in ("broad", "broad | sex")]
        for cell in small[::12]:
            least, most = attacker.possible((tag, cell))
            assert least <= truth[tag][cell] <= most
            assert most - least + 1 >= FREE_TO_BE, (tag, cell)
            asked += 1
    assert asked > 8


def test_rates_are_of_rounded_counts_and_withheld_where_a_count_is() -> None:
    rows, _ = publish(draw_cases(99, 900))
    seen_hidden = seen_shown = False
    for row, entry in rows.items():
        rate = entry["rates"]["fnr"]
        if row[0] == "detailed" and (isinstance(entry["fn"], str) or isinstance(entry["positives"], str)):
            assert rate is None
            seen_hidden = True
        elif rate is not None:
            assert rate["value"] == round(entry["fn"] / entry["positives"], 3)
            assert rate["low"] <= rate["value"] <= rate["high"]
            seen_shown = True
    assert seen_hidden and seen_shown


def test_what_is_published_follows_from_the_counts_as_shown_alone() -> None:
    """Cases that are moved about within the rounding change nothing that is shown."""
    cases, groups = draw_cases(5, 1200)
    more = Cases(*(np.append(part, part[-1:]) for part in (cases.outcome, cases.flagged, cases.score)), np.arange(1201))
    grown = {name: np.append(found, found[-1:]) for name, found in groups.items()}
    before, after = publish((cases, groups))[0], publish((more, grown))[0]
    columns = (*WHOLE.counts, "expected")
    same = [row for row in before if all(before[row][column] == after[row][column] for column in columns)]
    assert len(same) > 20
    for row in same:
        assert before[row]["rates"] == after[row]["rates"]


@pytest.mark.parametrize(("cases", "rate"), [(80, 0.5), (200, 0.3), (800, 0.05), (4000, 0.03)])
def test_intervals_of_rounded_counts_hold_nearly_as_often_as_they_say(cases: int, rate: float) -> None:
    draw = np.random.default_rng(2)
    n = draw.binomial(cases, 0.5, 4000)
    events = draw.binomial(n, rate)
    shown = (events >= 10) & (n - events >= 10)
    of, among = (np.array([rounded(int(one)) for one in part[shown]], float) for part in (events, n))
    low, high = wilson(of, among, z_of(0.95))
    assert np.mean((low <= rate) & (rate <= high)) > 0.90


def finding_of(rule: Rule, *groups: tuple[int, int, int, int]) -> dict[str, Any]:
    """The published finding of the first group; each group has found, missed, wrongly flagged and left cases."""
    outcome = np.concatenate([np.repeat([True, True, False, False], one) for one in groups])
    flagged = np.concatenate([np.repeat([True, False, True, False], one) for one in groups])
    names = np.repeat(np.array(BROAD_GROUPS[: len(groups)], dtype=object), [sum(one) for one in groups])
    cases = Cases(outcome, flagged, np.full(len(names), 0.2), np.arange(len(names)))
    measures = {"broad": measure(cases, names, BROAD_GROUPS)}
    answers = judge([Question(rule, "broad")], measures, {"broad": BROAD_GROUPS[: len(groups)]})
    block = published_block(WHOLE, measures, measure_everyone(cases), answers, {}, RULES, OF_A_RUN)
    found: dict[str, Any] = block["rules"][0]["groups"][0]
    return found


WRONGLY = Rule(name="wrongly", metric=Metric.FALSE_POSITIVE_RATE, scale=Scale.RATIO, margin=1.5, minimum=100)
FOUND = Rule(name="found", metric=Metric.FOUND_RATE, scale=Scale.RATIO, margin=1.25, minimum=30)


def test_of_hidden_counts_a_finding_says_the_verdict_and_nothing_else() -> None:
    """Whether the whole interval lies on one side would tell none from one wrongly flagged."""
    said: dict[str, list[dict[str, Any]]] = {}
    for wrong in range(10):
        found = finding_of(WRONGLY, (10, 10, wrong, 240 - wrong), (60, 60, 160, 3840))
        said.setdefault(found["verdict"], []).append(found)
    assert len(said["pass"]) >= 3
    assert all(one == every[0] and one["low"] is None for every in said.values() for one in every)


def test_that_nobody_in_the_rest_counts_is_not_told_of_hidden_counts() -> None:
    nobody, nine = (finding_of(FOUND, (12, 48, 20, 400), (found, 60 - found, 20, 400)) for found in (0, 9))
    assert nobody == nine
    alone = finding_of(FOUND, (12, 48, 20, 400))
    assert "nothing in the rest" in alone["why"]


def test_the_policy_says_how_small_and_how_finely() -> None:
    rows, exact = publish(draw_cases(4, 900), SmallNumbers(suppress_below=20, round_to=7))
    for (row, column), count in exact.items():
        if column == "tn":
            continue
        shown = rows[row][column]
        assert isinstance(shown, str) or (count >= 20 and shown % 7 == 0 and abs(shown - count) <= 3)
        assert count >= 20 or shown == "<20"

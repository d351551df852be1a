"""The workbench: each way does what it says, figures are those of naive counting, and no case comes out."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness_audits.mitigation import Comparison, Way, compare
from fairness_audits.mitigation import cases as opening
from fairness_audits.mitigation.adjusting import with_places
from fairness_audits.mitigation.call_log import CALL_LOG, call_log, log_call
from fairness_audits.mitigation.cases import past_cases
from fairness_audits.mitigation.learning import LEAST_OUTCOMES, Learner, learn, reweighing, taken_together
from fairness_audits.mitigation.measuring import AllTested, Change, judged_groups, measure_lists
from fairness_audits.mitigation.straight import Straight
from fairness_audits.mitigation.ways import WAYS
from fairness_audits.needing_ethnicity import NeedsEthnicity
from features.tables import FAMILY_FEATURES
from models.splits import Origin
from residents.tables import PROTECTED
from store.errors import InputRejected, UsageError
from store.files import write_json
from store.run_folder import RunFolder
from store.small_numbers import THRESHOLD, rounded
from tests.models.made_up import QUARTERS, Size, write_borough
from tests.support import put_table

TARGET = "under_the_radar"
CAPACITY = 60
TEST_DATES = (dt.date(2025, 3, 31), dt.date(2025, 6, 30))
LEARNT = [day for day in QUARTERS if day <= dt.date(2024, 3, 31)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A borough whose records show the need of Black families less: their readings are low at the same need."""
    made = RunFolder(tmp_path_factory.mktemp("mitigation") / "run")
    write_borough(made, Size(families=900, yearly_step_ups=0.14))
    draw = np.random.default_rng(4)
    code = draw.choice(["WBRI", "BCRB", "AIND"], 900, p=[0.62, 0.35, 0.03])
    people = [
        {
            "person_id": f"id-{kind}{place:05d}",
            "analysis_id": f"{kind}{place:05d}",
            "ethnicity": str(code[place // 2 if kind == "c" else place]),
            "conflict": False,
        }
        for kind, number in (("c", 1800), ("a", 900))
        for place in range(number)
    ]
    put_table(made, PROTECTED, sorted(people, key=lambda one: str(one["person_id"])))
    rows = pq.read_table(made.path(FAMILY_FEATURES)).to_pylist()
    for row in rows:
        if code[int(row["family_id"][1:])] == "BCRB":
            for name in ("needs_count", "family_signal_0", "family_signal_1", "family_signal_2"):
                row[name] = None if row[name] is None else row[name] - 1.0
    put_table(made, FAMILY_FEATURES, rows)
    write_json(
        made.root / "models" / TARGET / "evaluation.json",
        {
            "state": "modelled",
            "capacity": CAPACITY,
            "choice": {"chosen": "needs_count"},
            "label_caveats": ["Being stepped up is not need."],
            "splits": [
                {"as_of": day.isoformat(), "learns_from": [one.isoformat() for one in LEARNT]} for day in TEST_DATES
            ],
        },
    )
    write_json(made.root / "models" / "rent_crisis" / "evaluation.json", {"state": "cannot_model", "why": "No rents."})
    return made


@pytest.fixture(scope="module")
def found(run: RunFolder) -> Comparison:
    return compare(run, TARGET, replicates=300, without_subjects=["rent"])


# --- the ways -----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0.5, 4)), min_size=8, max_size=60).filter(
        lambda rows: len({(group, happened) for group, happened, _ in rows}) == 8
    )
)
def test_with_the_weights_the_outcome_is_as_frequent_in_every_group(rows: list[tuple[int, bool, float]]) -> None:
    group, outcome, given_weight = (np.array(column) for column in zip(*rows))
    weight = given_weight * reweighing(group, outcome.astype(float), given_weight)
    share = [(weight * outcome)[group == one].sum() / weight[group == one].sum() for one in range(4)]
    assert share == pytest.approx([(given_weight * outcome).sum() / given_weight.sum()] * 4)
    assert weight.sum() == pytest.approx(given_weight.sum())


def test_small_groups_are_taken_together_or_go_with_the_largest() -> None:
    code = np.repeat([0, 1, 2, 3], [200, 100, 50, 40])
    few = LEAST_OUTCOMES // 2 + 1

    def outcome(*having: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        begins = np.searchsorted(code, range(4))
        happened = np.zeros(len(code))
        for begin, number in zip(begins, having):
            happened[begin : begin + number] = 1
        return happened

    assert taken_together(code, outcome(30, 25, few, few), 4).tolist() == [0, 1, 2, 2]
    assert taken_together(code, outcome(30, 25, 5, 6), 4).tolist() == [0, 1, 0, 0]
    assert taken_together(code, outcome(30, 100, few, few), 4).tolist() == [0, 1, 1, 1]
    assert taken_together(code, outcome(3, 2, 1, 1), 4).tolist() == [0, 0, 0, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-3, 3)), min_size=5, max_size=60),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_places_by_group_are_those_of_counting_by_hand(
    rows: list[tuple[int, float]], capacity: int, strength: float
) -> None:
    _, group = np.unique([one for one, _ in rows], return_inverse=True)
    margin = np.array([one for _, one in rows])
    capacity = min(capacity, len(rows))
    chosen = with_places(margin, np.arange(len(rows)), group, capacity, strength)
    best = sorted(range(len(rows)), key=lambda row: (-margin[row], row))
    assert len(set(chosen.tolist())) == len(chosen) == capacity
    for one in set(group.tolist()):
        mine = [row for row in best if group[row] == one]
        places = len([row for row in chosen if group[row] == one])
        assert set(chosen[group[chosen] == one].tolist()) == set(mine[:places])
        now = len([row for row in best[:capacity] if group[row] == one])
        wanted = (1 - strength) * now + strength * capacity * len(mine) / len(rows)
        assert abs(places - wanted) < 1


def test_records_that_hide_a_groups_need_show_as_a_gap_which_thresholds_close(found: Comparison) -> None:
    table = found.table()
    as_it_is, closed = table.loc["As it is"], table.loc["A threshold for each group: 100% of the way"]
    assert (as_it_is["gap_group"], as_it_is["gap_change"]) == ("Black", "same")
    assert as_it_is["gap_low"] > 0
    assert as_it_is["selection_group"] == "Black"
    assert table.loc["A threshold for each group: 75% of the way", "gap_change"] == "less"
    assert closed["gap"] < as_it_is["gap"] - 0.1
    assert table.loc["Places by group: 100% of the way", "gap"] < as_it_is["gap"]


def test_ways_that_use_ethnicity_in_training_move_the_list_towards_even(found: Comparison) -> None:
    gaps = found.groups()["missed_more"].xs("Black", level="group")
    assert gaps["Reweighing: 100% of the weights"] <= gaps["As it is"]
    assert gaps["Exponentiated gradient: found shares within 2%"] < gaps["As it is"]


def test_a_subject_left_out_and_every_strength_are_points(found: Comparison) -> None:
    labels = {point.asked.words for point in found.points}
    assert "Without what stands in for ethnicity: rent left out" in labels
    assert len(found.points) == 2 + 1 + sum(len(way.strengths) for way in WAYS.values())
    assert found.strongest[0] in {"needs count", "family signal 0", "family signal 1", "family signal 2"}


def test_every_way_says_whether_it_needs_ethnicity_and_may_be_released(found: Comparison) -> None:
    needs = {way: one.needs for way, one in WAYS.items()}
    assert needs == {
        Way.FEATURE_REMOVAL: NeedsEthnicity.NEVER,
        Way.REWEIGHING: NeedsEthnicity.IN_TRAINING,
        Way.EXPONENTIATED_GRADIENT: NeedsEthnicity.IN_TRAINING,
        Way.THRESHOLDS: NeedsEthnicity.AT_DECISION,
        Way.CAPACITY_SHARES: NeedsEthnicity.AT_DECISION,
    }
    at_decision = (Way.THRESHOLDS, Way.CAPACITY_SHARES)
    assert {point.asked.way for point in found.points if not point.may_be_released} == set(at_decision)


# --- figures ------------------------------------------------------------------------------------------------


def made_up_lists() -> tuple[AllTested, dict[str, Any]]:
    draw = np.random.default_rng(2)
    group = draw.choice(["White", "Black", "<script>", "Tiny"], 3000, p=[0.55, 0.3, 0.14, 0.01]).astype(object)
    outcome = draw.random(3000) < 0.12
    chance = np.where(outcome, 0.5, 0.06) * np.where(group == "Black", 0.4, 1.0)
    lists = {"now": draw.random(3000) < chance, "even": draw.random(3000) < np.where(outcome, 0.5, 0.06)}
    return AllTested(outcome, group, np.arange(3000) // 2), lists


def test_figures_are_those_of_counts_rounded_by_hand() -> None:
    tested, lists = made_up_lists()
    found = measure_lists(tested, lists, "now", 200, 1)
    assert judged_groups(tested) == ("White", "Black", "<script>")
    for name, flagged in lists.items():
        hits = int((flagged & tested.outcome).sum())
        assert found[name].precision.value == round(hits / int(flagged.sum()), 2)
        for one in found[name].groups:
            mine = tested.group == one.group

            def missed(side: Any, flagged: Any = flagged) -> float:
                having = int((side & tested.outcome).sum())
                return rounded(int((side & tested.outcome & ~flagged).sum())) / rounded(having)

            assert one.missed.value == round(missed(mine), 2)
            assert one.missed_more.value == round(missed(mine) - missed(~mine), 2)
            assert one.missed_more.low <= one.missed_more.value <= one.missed_more.high
        worst = max(found[name].groups, key=lambda one: one.missed_more.value)
        assert (found[name].gap, found[name].gap_group) == (worst.missed_more, worst.group)
    assert found["now"].gap_group == "Black"
    assert (found["now"].gap_change, found["even"].gap_change) == (Change.SAME, Change.LESS)


def test_a_rate_that_is_shown_leaves_the_small_count_behind_it_open() -> None:
    """Who knows a shown miss rate cannot tell how few were found: each could be at least three numbers."""
    possible: dict[float, set[int]] = {}
    for outcomes in range(THRESHOLD, 120):
        for missed in range(THRESHOLD, outcomes + 1):
            shown = round(min(rounded(missed) / rounded(outcomes), 1.0), 2)
            possible.setdefault(shown, set()).add(outcomes - missed)
    for found in possible.values():
        small = [count for count in found if count < THRESHOLD]
        assert not small or len(found) >= 3


def test_neither_a_figure_nor_its_interval_tells_how_few_were_found() -> None:
    """Nobody found, or one, or two: the same is shown, since all of it is of rounded counts."""
    tested, _ = made_up_lists()
    alone = AllTested(tested.outcome, tested.group, np.arange(3000))
    having = np.flatnonzero(tested.outcome & (tested.group == "Black"))
    having = having[: rounded(len(having)) - 5]
    outcome = tested.outcome.copy()
    outcome[tested.group == "Black"] = False
    outcome[having] = True
    shown = []
    for found in range(3):
        flagged = outcome & (tested.group == "White") & (np.arange(3000) % 3 == 0)
        flagged[having[:found]] = True
        one = measure_lists(AllTested(outcome, alone.group, alone.cluster), {"now": flagged}, "now", 300, 1)["now"]
        shown.append(next(group for group in one.groups if group.group == "Black").missed)
    assert shown[0] == shown[1] == shown[2]
    assert shown[0].low < shown[0].value


@pytest.mark.parametrize("places", [8, 300])
def test_few_on_a_list_are_not_counted_out(places: int) -> None:
    tested, _ = made_up_lists()
    flagged = np.zeros(3000, dtype=bool)
    flagged[np.flatnonzero(tested.group == "White")[:places]] = True
    found = measure_lists(tested, {"now": flagged}, "now", 100, 1)["now"]
    if places < THRESHOLD:
        assert found.precision.value is None
    assert found.precision_change is Change.SAME
    for one in found.groups:
        if one.group != "White":
            assert one.selected.value is None


def test_without_groups_to_judge_there_is_no_gap_and_it_is_said() -> None:
    tested, lists = made_up_lists()
    alone = AllTested(tested.outcome, np.full(3000, "White", dtype=object), tested.cluster)
    found = measure_lists(alone, lists, "now", 100, 1)["now"]
    assert (found.groups, found.gap.value, found.selection.value) == ((), None, None)


# --- who may, and what comes out -------------------------------------------------------------------------------


def test_each_call_leaves_a_line_that_tells_what_was_compared_and_nothing_of_a_case(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for target in (TARGET, "hidden_young_carers"):
        log_call(folder, target, ["as_it_is", "needs_count"], TEST_DATES, "logistic_regression")
    entries = call_log(folder).entries()
    assert [entry["target"] for entry in entries] == [TARGET, "hidden_young_carers"]
    assert entries[0]["lists"] == ["as_it_is", "needs_count"] and entries[0]["user"]
    assert set(entries[0]) == {"number", "previous", "hash", "at", "user", "target", "lists", "as_ofs", "base"}
    path = tmp_path / CALL_LOG
    path.write_text(path.read_text(encoding="utf-8").replace("hidden", "shown", 1), encoding="utf-8")
    with pytest.raises(InputRejected, match="log of the workbench was changed"):
        log_call(folder, TARGET, [], TEST_DATES, "logistic_regression")


def test_a_comparison_is_logged_with_its_lists(found: Comparison, run: RunFolder) -> None:
    entry = call_log(run).entries()[0]
    assert (entry["target"], len(entry["lists"]), len(entry["as_ofs"])) == (TARGET, len(found.points), 2)


def test_what_cannot_be_logged_is_not_compared(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.chained_log.add_line", full)
    with pytest.raises(UsageError, match="cannot be logged"):
        compare(run, TARGET)


def test_nothing_of_a_case_comes_out(found: Comparison, run: RunFolder) -> None:
    ids = {row["family_id"] for row in pq.read_table(run.path(FAMILY_FEATURES), columns=["family_id"]).to_pylist()}
    shown = found._repr_html_() + repr(found) + found.table().to_csv() + found.groups().to_csv()
    shown += str(found.chart().to_dict())
    assert not [one for one in ids if one in shown]
    assert set(kinds_within(found)) <= {str, int, float, bool, type(None), dt.date, *KNOWN_KINDS}


KNOWN_KINDS = (Way, NeedsEthnicity, Change)


def kinds_within(one: Any) -> list[type]:
    """The types of all that a comparison holds, to the bottom of its dataclasses and tuples: no arrays, no models."""
    if dataclasses.is_dataclass(one):
        return [kind for field in dataclasses.fields(one) for kind in kinds_within(getattr(one, field.name))]
    if isinstance(one, tuple):
        return [kind for part in one for kind in kinds_within(part)]
    return [type(one)]


def test_the_current_date_is_never_opened(run: RunFolder) -> None:
    past = past_cases(run, TARGET, 2, 3, 1)
    assert {str(day) for day in np.unique(past.cases.as_of)} == {day.isoformat() for day in [*LEARNT, *TEST_DATES]}


def test_it_learns_only_what_was_known_by_the_test_date(run: RunFolder) -> None:
    past = past_cases(run, TARGET, 1, 3, 1)
    origin = Origin(LEARNT[-1], tuple(LEARNT[:-1]))
    learnt = learn(past, Learner(Straight(), 3, 1, 1), origin)
    rows = past.cases.during(origin.learns_from)
    known_on = past.cases.outcome_known_on[rows]
    by_then = ~np.isnat(known_on) & (known_on < np.datetime64(origin.as_of, "D"))
    assert learnt.training.outcome.sum() == by_then.sum() < (~np.isnat(known_on)).sum()
    assert max(learnt.training_as_of) < np.datetime64(origin.as_of, "D")


def test_the_same_call_says_the_same(run: RunFolder) -> None:
    asked = {"ways": [Way.THRESHOLDS, "reweighing"], "replicates": 100, "tests": 1}
    assert compare(run, TARGET, **asked) == compare(run, TARGET, threads=1, **asked)


def test_boosted_trees_are_another_base(run: RunFolder) -> None:
    found = compare(run, TARGET, ways=["capacity_shares"], base="boosted_trees", replicates=100, tests=1)
    assert found.base == "Boosted trees"
    assert found.table().loc["As it is", "precision"] > 0.2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ways": ["quota"]}, "no such way"),
        ({"base": "chance"}, "no such base"),
        ({"without_subjects": ["weather"]}, "of that subject"),
        ({"target": "nosuch"}, "no evaluation of that target"),
        ({"target": "rent_crisis"}, "no model of that target"),
    ],
)
def test_what_cannot_be_asked_is_refused(run: RunFolder, asked: dict[str, Any], said: str) -> None:
    target = asked.pop("target", TARGET)
    with pytest.raises(UsageError, match=said):
        compare(run, target, **asked)


def test_an_account_that_may_not_read_ethnicity_is_refused(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *how: Any, **more: Any) -> Any:
        if "protected" in path.parts:
            raise PermissionError(13, "Permission denied")
        return real(path, *how, **more)

    real = Path.open
    monkeypatch.setattr(opening.Path, "open", refused)
    with pytest.raises(UsageError, match="may not read"):
        compare(run, TARGET)


def test_the_page_is_escaped_and_says_what_it_is(found: Comparison) -> None:
    html = found._repr_html_()
    assert "<svg" in html and "<script" not in html
    for words in ("likely direct", "Nothing here is a release", "Being stepped up is not need.", "in training only"):
        assert words in html

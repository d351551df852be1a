"""The estimate of what lists miss, against simulated boroughs whose truth is known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness_audits.chain.decisions import PANEL_DECISIONS, Choice
from fairness_audits.chain.missed import Drawn, entries, missed, missed_by_group, missed_by_target
from fairness_audits.chain.missed_shown import protected_entries
from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.policy import SmallNumbers


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.2, 0.5])
@pytest.mark.parametrize(("below", "drawn"), [((950,), (20,)), ((900, 400, 2000, 700), (10, 12, 10, 8))])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(
    share: float, below: tuple[int, ...], drawn: tuple[int, ...]
) -> None:
    draw = np.random.default_rng(11)
    truths = [draw.random(size) < share for size in below]
    truth = sum(int(one.sum()) for one in truths)
    estimates = [
        missed([Drawn(len(one), draw.permutation(one)[:n].tolist()) for one, n in zip(truths, drawn)])
        for _ in range(2000)
    ]
    held = np.mean([one is not None and one.missed.low <= truth <= one.missed.high for one in estimates])
    assert held >= 0.93
    mean = np.mean([one.missed.value for one in estimates if one is not None])
    spread = np.std([one.missed.value for one in estimates if one is not None]) / np.sqrt(2000)
    assert abs(mean - truth) <= 4 * spread + 1e-9, "it is right on average"


def test_nothing_read_tells_nothing() -> None:
    assert missed([]) is None and missed([Drawn(500, [])]) is None


def test_none_found_leaves_an_upper_end() -> None:
    found = missed([Drawn(500, [False] * 20)])
    assert found is not None and found.missed.value == found.missed.low == 0 and 50 < found.missed.high < 120


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=PANEL_DECISIONS.arrow_schema())


def row(unit: str, decision: Choice, below: int | None, as_of: dt.date = dt.date(2026, 6, 30)) -> dict[str, Any]:
    return {
        **{"target": "t", "as_of": as_of, "unit_id": unit, "family_id": unit, "decision": decision.value},
        **{"in_sample": below is not None, "drawn_from": below},
    }


def test_groups_add_up_to_everyone_and_cases_of_the_list_have_no_part() -> None:
    sample = [row(f"u{n}", Choice.OFFER if n % 3 == 0 else Choice.NO_ACTION, 600) for n in range(12)]
    listed = [row(f"l{n}", Choice.OFFER, None) for n in range(30)]
    groups = ["BAFR" if n % 2 else "WBRI" for n in range(12)] + ["ABAN"] * 30
    found = missed_by_group(table(sample + listed), groups)
    assert set(found) == {"", "White", "Black"}
    assert found[""].missed.value == pytest.approx(600 * 4 / 12)
    assert found["White"].missed.value + found["Black"].missed.value == pytest.approx(found[""].missed.value)


def test_each_target_has_an_estimate_of_its_own() -> None:
    families = [row(f"u{n}", Choice.OFFER, 600) for n in range(6)]
    children = [row(f"c{n}", Choice.NO_ACTION, 900) | {"target": "other"} for n in range(6)]
    listed = [row("l0", Choice.OFFER, None) | {"target": "third"}]
    found = missed_by_target(table(families + children + listed), ["BAFR"] * 13)
    assert {name: sorted(groups) for name, groups in found.items()} == {"t": ["", "Black"], "other": ["", "Black"]}
    assert found["t"][""].missed.value == 600 and found["other"][""].missed.value == 0
    exact = entries(found, {"t": "Families"})["missed_below_the_line"]["targets"]
    assert [(one["title"], one["groups"][0]["found"]) for one in exact] == [("other", 0), ("Families", 6)]


QUARTERS = [dt.date(2024, 9, 30), dt.date(2025, 3, 31), dt.date(2025, 9, 30), dt.date(2026, 3, 31)]


def shown_of(counts: dict[str, tuple[int, int]], below: int = 1000, lists: int = 4) -> dict[str, dict[str, Any]]:
    """What is shown where of each group so many were read, and so many would be offered help."""
    outcomes = [(code, n < found) for code, (read, found) in counts.items() for n in range(read)]
    rows = [
        row(f"u{n}", Choice.OFFER if offered else Choice.NO_ACTION, below, QUARTERS[n % lists])
        for n, (_, offered) in enumerate(outcomes)
    ]
    told = protected_entries(
        missed_by_target(table(rows), [code for code, _ in outcomes]), {}, SmallNumbers.model_validate({})
    )
    (target,) = told["missed_below_the_line"]["targets"]
    assert target["lists"] == lists and target["below_the_line"] == below
    return {one["group"]: one for one in target["groups"]}


def test_where_enough_were_found_the_number_of_a_list_and_the_share_are_shown_with_intervals() -> None:
    shown = shown_of({"WBRI": (62, 20), "BAFR": (58, 31)})
    everyone, white, black = (shown[group] for group in ("everyone", "White", "Black"))
    assert (everyone["read"], everyone["found"]) == (120, 50)
    assert everyone["missed"]["value"] == 420 and everyone["missed"]["low"] < 417 < everyone["missed"]["high"]
    assert (black["read"], black["found"]) == (60, 30) and black["share"]["value"] == 0.5
    assert white["missed"]["value"] == 170 and black["missed"]["value"] == 250, "of a list, out of all that were read"
    assert "50% of those read would be offered help (95% interval 37% to 63%)" in black["sentence"]
    assert "about 250 of those below the line of a list (" in black["sentence"]


def test_of_small_numbers_only_an_upper_end_is_shown_and_the_same_for_each() -> None:
    told = [shown_of({"WBRI": (40, found)})["everyone"] for found in range(10)]
    assert all(one == told[0] for one in told)
    assert told[0]["found"] == "<10" and told[0]["missed"] is None and 350 < told[0]["at_most"] < 450
    assert "fewer than 10 of those read would be offered help" in told[0]["sentence"]
    assert shown_of({"WBRI": (40, 10)})["everyone"]["missed"]["value"] == 250


def test_what_one_group_hides_cannot_be_had_by_subtracting_the_others() -> None:
    """One group's number is small; then that of everyone, or of another group, is withheld beside it."""
    shown = shown_of({"WBRI": (60, 30), "BAFR": (60, 25), "ABAN": (40, 4)})
    assert shown["Asian"]["found"] == "<10" and shown["Asian"]["missed"] is None
    others = [shown[group]["found"] for group in ("everyone", "White", "Black")]
    assert "withheld" in others
    for one in shown.values():
        if one["found"] == "withheld":
            assert one["share"] is None and one["missed"] is None and one["at_most"] is None


def test_nearly_all_found_does_not_tell_of_the_few_who_were_not() -> None:
    shown = shown_of({"WBRI": (60, 30), "BAFR": (40, 38)})["Black"]
    assert "withheld" in (shown["read"], shown["found"]) and shown["share"] is None


@given(
    counts=st.dictionaries(
        st.sampled_from(["WBRI", "BAFR", "ABAN", "MWBC", "OOTH", UNKNOWN]),
        st.tuples(st.integers(0, 60), st.integers(0, 60)),
        min_size=1,
    )
)
@settings(max_examples=25, deadline=None)
def test_every_figure_shown_follows_from_counts_that_are_shown(counts: dict[str, tuple[int, int]]) -> None:
    drawn = {code: (read, min(read, found)) for code, (read, found) in counts.items() if read}
    if sum(read for read, _ in drawn.values()) < 4:
        return
    for one in shown_of(drawn).values():
        told = isinstance(one["read"], int) and isinstance(one["found"], int)
        assert (one["share"] is not None) is (one["missed"] is not None) is told
        if told:
            assert one["share"]["value"] == pytest.approx(one["found"] / one["read"], abs=1e-5)
            assert one["share"]["low"] <= one["share"]["value"] <= one["share"]["high"]
        assert (one["at_most"] is None) or (isinstance(one["read"], int) and one["found"] == "<10")

"""The estimate of what lists miss, against simulated boroughs whose truth is known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairness_audits.chain.decisions import PANEL_DECISIONS, Choice
from fairness_audits.chain.missed import Drawn, missed, missed_by_group, protected_entries
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


def test_what_is_published_is_coarse_and_only_where_enough_were_found() -> None:
    rules = SmallNumbers.model_validate({})
    for found, shown in ((9, False), (10, True)):
        sample = [row(f"u{n}", Choice.OFFER if n < found else Choice.NO_ACTION, 977) for n in range(41)]
        told = protected_entries(missed_by_group(table(sample), ["WBRI"] * 41), rules)
        everyone = told["missed_below_the_line"]["groups"]["everyone"]
        assert (everyone is not None) == shown
        if shown:
            assert everyone["missed"]["value"] == 240 and everyone["read"] == 40

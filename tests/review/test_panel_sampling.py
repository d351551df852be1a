"""Drawing a few cases from below the line, and that nothing shows which they are."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from models.tables import REASONS, SCORES
from review.panel.exporting import panel_decisions
from review.panel.sampling import drawn_by_lot, with_sample
from review.permissions import Role
from review.settings import ReviewContext
from store.errors import UsageError
from store.keys import Keys
from store.run_folder import RunFolder
from store.workspace import open_sealed
from tests.reports.samples import audit, put_sealed, release
from tests.review.panels import FAMILY_TARGET, UNITS, Browsers, copied, decide, opened, references, serving, text
from tests.support import KEYS

NOW, BEFORE = dt.date(2026, 6, 30), dt.date(2025, 6, 30)


def tables(explained: int) -> tuple[pa.Table, pa.Table]:
    """A list of 5 of 60, and reasons for it and for so many below the line; u07 is of two families."""
    rows = [
        {
            **{"unit_id": f"u{place:02}", "family_id": f"f{place:02}", "as_of": as_of, "part": part},
            **{"position": place + 1, "score": 1 - place / 100, "flagged": place < 5},
        }
        for part, as_of in (("test", BEFORE), ("current", NOW))
        for place in range(60)
    ]
    rows.append({**rows[67], "family_id": "f99", "position": 61})
    rows.append({**rows[60], "family_id": "f98", "position": 62, "flagged": False})
    reasons = [
        {"unit_id": f"u{place:02}", "family_id": f"f{place:02}", "as_of": NOW, "position": 1, "kind": "for"}
        for place in range(5 + explained)
    ]
    return (
        pa.Table.from_pylist(rows, schema=SCORES.arrow_schema()),
        pa.Table.from_pylist(reasons, schema=REASONS.arrow_schema()),
    )


def test_nothing_is_drawn_unless_it_is_asked_for() -> None:
    scores, reasons = tables(40)
    found, drawn = with_sample(scores, reasons, 0, KEYS, "t")
    assert found is scores and drawn == {}


def test_cases_below_the_line_of_the_current_date_are_drawn_and_only_those_with_reasons() -> None:
    scores, reasons = tables(40)
    found, drawn = with_sample(scores, reasons, 10, KEYS, "t")
    assert len(drawn) == 10 and {one.drawn_from for one in drawn.values()} == {55}
    assert set(drawn) <= {f"u{place:02}" for place in range(5, 45)}
    flagged = {row["unit_id"] for row in found.to_pylist() if row["flagged"] and row["part"] == "current"}
    assert flagged == set(drawn) | {f"u{place:02}" for place in range(5)}
    past = [row["flagged"] for row in found.to_pylist() if row["part"] == "test"]
    assert sum(past) == 5, "what past lists were is left alone"
    assert found.drop(["flagged"]).equals(scores.drop(["flagged"]))


def test_the_draw_is_the_same_each_time_and_another_for_another_key_or_target() -> None:
    scores, reasons = tables(40)
    first, again, target, key = (
        set(with_sample(scores, reasons, 10, keys, name)[1])
        for keys, name in ((KEYS, "t"), (KEYS, "t"), (KEYS, "other"), (Keys(bytes(32)), "t"))
    )
    assert first == again and first != target and first != key


def test_everybody_is_as_likely_to_be_drawn() -> None:
    units = {f"u{n}" for n in range(30)}
    times = Counter(unit for seed in range(3000) for unit in drawn_by_lot(units, 6, seed.to_bytes(16, "big")))
    # Of 3,000 draws of 6 in 30 each is expected in 600, with a standard deviation of 21.9.
    assert set(times) == units and all(abs(count - 600) < 5 * 21.9 for count in times.values())


def test_a_sample_of_those_who_happen_to_have_reasons_is_refused() -> None:
    scores, reasons = tables(4)
    with pytest.raises(UsageError, match="Too few cases below the line"):
        with_sample(scores, reasons, 5, KEYS, "t")


def test_a_sampled_case_looks_like_any_other_and_is_told_apart_in_the_export_alone(
    app: ReviewContext, released: RunFolder, tmp_path: Path, client_as: Browsers
) -> None:
    run = with_reasons_below_the_line(copied(released, tmp_path), 30)
    with serving(run, sample_below_the_line=5):
        browser = client_as(Role.panel_member)
        number = opened(browser)
        shown = references(browser, number)
        assert len(shown) == 45 and shown == sorted(shown)
        for reference in shown:
            decide(browser, number, reference, "unmet_need")
        rows = {row["unit_id"]: row for row in panel_decisions_once_closed(browser, number)}
        drawn = {unit for unit, row in rows.items() if row["in_sample"]}
        assert len(rows) == 45 and len(drawn) == 5
        assert {rows[unit]["drawn_from"] for unit in drawn} == {UNITS - 40}
        pages = {one: bare(text(browser.get(f"/panel/{number}/{one}/")), one) for one in shown}
        theirs = {page for one, page in pages.items() if one.replace("-", "") in {unit[:12] for unit in drawn}}
        assert len(theirs) == 1 and theirs == set(pages.values())


def bare(page: str, reference: str) -> str:
    """A page without what differs by family anyway: its reference, services, and how sure the matching is."""
    around = r"<h3>Services already involved</h3>.*?Records were matched"
    return re.sub(rf"{around}|{reference}|token\" value=\"\w+|\s+", " ", page, flags=re.DOTALL)


def with_reasons_below_the_line(run: RunFolder, more: int) -> RunFolder:
    """The run audited and released again, with the same reasons for so many cases below the line."""
    scores = open_sealed(run, KEYS, SCORES, FAMILY_TARGET).to_pylist()
    reasons = open_sealed(run, KEYS, REASONS, FAMILY_TARGET).to_pylist()
    below = [row for row in scores if row["part"] == "current" and not row["flagged"]][:more]
    pattern = [row for row in reasons if row["unit_id"] == reasons[0]["unit_id"]]
    keys = ("unit_id", "family_id", "as_of")
    reasons += [row | {name: case[name] for name in keys} for case in below for row in pattern]
    put_sealed(run, KEYS, REASONS, sorted(reasons, key=lambda row: (row["unit_id"], row["position"])), FAMILY_TARGET)
    audit(run)
    release(run, FAMILY_TARGET)
    return run


def panel_decisions_once_closed(browser: Client, number: int) -> list[dict[str, Any]]:
    browser.post(f"/panel/{number}/close/", follow=True)
    rows: list[dict[str, Any]] = panel_decisions().to_pylist()
    return rows

"""Cases drawn from below the line in the app's pack: nothing shows which they are until the meeting is closed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from fairness_audits.chain.decisions import read_decisions
from fairness_audits.chain.missed import missed_by_group
from review.panel.exporting import export_decisions, panel_decisions
from review.panel.models import Case
from review.panel.pack import open_pack
from review.roles import Role
from review.settings import ReviewContext
from store.errors import Withheld
from store.run_folder import RunFolder
from tests.reports.drawn import draw, policy_allowing, released_with_drawn
from tests.reports.samples import FAMILY_TARGET, audit, release
from tests.review.panels import UNITS, Browsers, copied, decide, opened, references, serving, text

LISTED, DRAWN = 40, 5
SAID = f"Of the {LISTED + DRAWN} families in this pack {DRAWN} were not on the list, but drawn by lot"


def test_a_drawn_case_looks_like_any_other_and_is_told_apart_in_the_export_alone(
    app: ReviewContext, released: RunFolder, tmp_path: Path, client_as: Browsers
) -> None:
    run = copied(released, tmp_path)
    units = released_with_drawn(run, DRAWN, tmp_path)
    with serving(run):
        browser = client_as(Role.panel_member)
        number = opened(browser)
        shown = references(browser, number)
        assert len(shown) == LISTED + DRAWN and shown == sorted(shown)
        assert SAID in text(browser.get(f"/panel/{number}/"))
        for reference in shown:
            decide(browser, number, reference, "unmet_need")
        browser.get(f"/panel/{number}/")
        assert not panel_decisions().num_rows, "nothing leaves an open meeting"
        open_pages = {one: bare(text(browser.get(f"/panel/{number}/{one}/")), one) for one in shown}
        rows = {row["unit_id"]: row for row in panel_decisions_once_closed(browser, number)}
        assert {unit for unit, row in rows.items() if row["in_sample"]} == units and len(rows) == LISTED + DRAWN
        assert {rows[unit]["drawn_from"] for unit in units} == {UNITS - LISTED}
        assert {row["drawn_from"] for unit, row in rows.items() if unit not in units} == {None}
        closed_pages = {one: bare(text(browser.get(f"/panel/{number}/{one}/")), one) for one in shown}
        for pages in (open_pages, closed_pages):
            theirs = {page for one, page in pages.items() if one.replace("-", "") in {unit[:12] for unit in units}}
            assert len(theirs) == 1 and theirs == set(pages.values())


def test_the_decisions_of_a_sample_become_the_estimate_of_needs_missed(
    app: ReviewContext, released: RunFolder, tmp_path: Path, client_as: Browsers
) -> None:
    run = copied(released, tmp_path)
    units = released_with_drawn(run, DRAWN, tmp_path)
    helped = sorted(unit[:12] for unit in units)[:2]
    with serving(run) as context:
        browser = client_as(Role.panel_member)
        number = opened(browser)
        for reference in references(browser, number):
            offer = reference.replace("-", "") in helped or Case.objects.count() % 2
            decide(browser, number, reference, "unmet_need" if offer else "being_helped")
        panel_decisions_once_closed(browser, number)
        offered = sum(
            row["decision"] == "offer_early_help" for row in panel_decisions().to_pylist() if row["in_sample"]
        )
        out = tmp_path / "decisions.parquet"
        assert export_decisions(context, out) == pq.read_metadata(out).num_rows == LISTED + DRAWN
    decisions = read_decisions([out])
    found = missed_by_group(decisions, ["WBRI"] * len(decisions))[""]
    assert (found.read, found.found, found.below_the_line) == (DRAWN, offered, UNITS - LISTED) and offered >= 2
    assert found.missed.value == pytest.approx((UNITS - LISTED) * offered / DRAWN)


def test_a_sample_that_the_policy_does_not_allow_opens_nothing(released: RunFolder, tmp_path: Path) -> None:
    run = copied(released, tmp_path)
    draw(run, DRAWN)
    audit(run, policy_allowing(DRAWN - 1, tmp_path))
    with pytest.raises(Withheld, match=f"{DRAWN} cases were drawn from below the line .* allows {DRAWN - 1}"):
        release(run, FAMILY_TARGET)
    with serving(run) as context, pytest.raises(Withheld):
        open_pack(context, FAMILY_TARGET)


def test_without_a_sample_nothing_is_said_of_one(
    app: ReviewContext, released: RunFolder, tmp_path: Path, client_as: Browsers
) -> None:
    with serving(copied(released, tmp_path)):
        browser = client_as(Role.panel_member)
        number = opened(browser)
        shown = references(browser, number)
        assert len(shown) == LISTED
        said = text(browser.get(f"/panel/{number}/")) + text(browser.get(f"/panel/{number}/{shown[0]}/"))
        assert "by lot" not in said and "below the line" not in said


def bare(page: str, reference: str) -> str:
    """A page without what differs by family anyway: its reference, services, and how sure the matching is."""
    around = r"<h3>Services already involved</h3>.*?Records were matched"
    return re.sub(rf"{around}|{reference}|token\" value=\"\w+|\s+", " ", page, flags=re.DOTALL)


def panel_decisions_once_closed(browser: Client, number: int) -> list[dict[str, Any]]:
    browser.post(f"/panel/{number}/close/", follow=True)
    rows: list[dict[str, Any]] = panel_decisions().to_pylist()
    return rows

"""Cases drawn by lot from below the line, on the pages of the reports: that there are some, and never which."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.stage import STAGE
from store.run_folder import RunFolder
from tests.reports.drawn import policy_allowing, released_with_drawn
from tests.reports.pages import Page
from tests.reports.samples import CAPACITY, FAMILY_TARGET, TODAY, audit, on_day, release
from tests.support import run_stage

DRAWN = 3
ALLOWED = 5


def pages(run: RunFolder) -> dict[str, str]:
    with on_day(TODAY):
        run_stage(STAGE, run.root)
    folder = run.root / "reports"
    return {path.stem: Page(path.read_text(encoding="utf-8")).text for path in folder.rglob("*.html")}


def test_the_impact_assessment_names_it_where_it_is_on(run: RunFolder, tmp_path: Path) -> None:
    released_with_drawn(run, DRAWN, tmp_path)
    said = pages(run)["transparency"]
    assert "In this run it is on. This assessment must say why what is learnt is worth it." in said
    assert "Families under the radar: three families drawn for the pack." in said
    assert f"The audit policy allows at most {DRAWN}" in said
    assert "Hidden young carers: none." in said
    assert "it is off" not in said


@pytest.mark.parametrize("allowed", [0, ALLOWED])
def test_the_impact_assessment_must_weigh_it_before_it_is_switched_on(
    run: RunFolder, tmp_path: Path, allowed: int
) -> None:
    audit(run, policy_allowing(allowed, tmp_path))
    said = pages(run)["transparency"]
    assert "In this run it is off: nobody below the line is shown to a panel." in said
    assert "Before it is switched on, this assessment must weigh it." in said
    assert ("The audit policy would allow at most 5 for each list." in said) == (allowed == ALLOWED)
    assert "it is on" not in said


def test_the_pack_and_its_cover_say_that_some_were_drawn_and_not_which(run: RunFolder, tmp_path: Path) -> None:
    released_with_drawn(run, DRAWN, tmp_path)
    told = pages(run)
    some = f"Of the {CAPACITY + DRAWN} families in this pack {DRAWN} were not on the list, but drawn by lot"
    assert some in told["explanation_cover"]
    assert some in told["explanation"]
    # The same words on every sheet.
    assert told["explanation"].count("by lot") % (CAPACITY + DRAWN) == 1


def test_a_pack_without_any_says_nothing_of_lots(run: RunFolder) -> None:
    release(run, FAMILY_TARGET)
    told = pages(run)
    assert "by lot" not in told["explanation"] + told["explanation_cover"]

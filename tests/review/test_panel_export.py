"""What leaves the app: the panel's decisions for the audits, and what members say is not so."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fairness_audits.chain.decisions import PANEL_DECISIONS, Choice, read_decisions
from review.config import ReviewConfig
from review.roles import Role
from review.settings import ReviewContext
from store.errors import UsageError
from store.files import write_json
from store.run_folder import RunFolder
from tests.review.made_up import COUNCIL
from tests.support import KEYS

if TYPE_CHECKING:
    from review.panel.models import Case
    from review.people.models import Person

AS_OF = dt.date(2026, 6, 30)
OFFER, NO = "unmet_need", "explained"
Panel = list["Person"]


@pytest.fixture
def panel(app: ReviewContext, make_person: Callable[..., Person]) -> Panel:
    return [make_person(Role.panel_member, name) for name in ("olive", "peter", "quinn")]


def put_case(panel: Panel, unit: str, *reasons: str, closed: bool = True, high_need: bool = True, **more: Any) -> Case:
    """A case on which as many members decided as there are reasons."""
    from review.panel.choices import ReasonCode, choice_of  # noqa: PLC0415 - Django is configured by the fixtures
    from review.panel.models import Case, Decision, Meeting  # noqa: PLC0415

    state = "closed" if closed else "open"
    known = {"panel": "Panel A", "target": "t", "as_of": AS_OF, "held_on": AS_OF + dt.timedelta(days=9 + closed)}
    meeting, _ = Meeting.objects.get_or_create(**known, defaults={"state": state, "opened_by": panel[0]})
    given = {"reference": unit, "family_id": f"family of {unit}", "high_need": high_need, **more}
    case = Case.objects.create(meeting=meeting, unit_id=unit, **given)
    for person, reason in zip(panel, reasons):
        choice = choice_of(ReasonCode(reason)).value
        Decision.objects.create(case=case, member=person, version=1, choice=choice, reason=reason, text="Zebedee said")
    return case


def exported() -> dict[str, dict[str, Any]]:
    from review.panel.exporting import panel_decisions  # noqa: PLC0415

    return {row["unit_id"]: row for row in panel_decisions().to_pylist()}


def test_what_a_panel_decided_is_one_row_a_case(panel: Panel) -> None:
    from review.panel.choices import OutcomeCode, ReasonCode  # noqa: PLC0415
    from review.panel.decisions import agree, tell_outcome  # noqa: PLC0415

    put_case(panel, "alone", OFFER)
    put_case(panel, "alike", NO, NO)
    put_case(panel, "alike-slight", NO, "too_slight", high_need=False)
    put_case(panel, "apart", OFFER, NO)
    agreed = put_case(panel, "agreed", OFFER, NO, "being_helped", in_sample=True, drawn_from=900)
    put_case(panel, "open", OFFER, closed=False)
    agree(panel[0], agreed, ReasonCode.UNMET_NEED)
    tell_outcome(panel[0], agreed, OutcomeCode.ACCEPTED)
    tell_outcome(panel[1], agreed, OutcomeCode.HELPED)
    told = ("decision", "reason", "readers", "alike", "second_read", "outcome", "in_sample", "drawn_from")
    assert {unit: tuple(row[name] for name in told) for unit, row in exported().items()} == {
        "alone": ("offer_early_help", OFFER, 1, None, False, None, False, None),
        "alike": ("no_action", NO, 2, True, True, None, False, None),
        "alike-slight": ("no_action", None, 2, True, False, None, False, None),
        "apart": ("needs_discussion", None, 2, False, True, None, False, None),
        "agreed": ("offer_early_help", OFFER, 3, False, True, "helped", True, 900),
    }
    assert exported()["alone"]["family_id"] == "family of alone"


def test_the_version_that_counts_is_the_last(panel: Panel) -> None:
    from review.panel.models import Decision  # noqa: PLC0415

    case = put_case(panel, "changed", OFFER)
    Decision.objects.create(case=case, member=panel[0], version=2, choice=Choice.DATA_WRONG.value, reason="out_of_date")
    row = exported()["changed"]
    assert (row["decision"], row["reason"], row["readers"], row["alike"]) == ("data_wrong", "out_of_date", 1, None)


@pytest.mark.parametrize("form", ["d.parquet", "d.csv"])
def test_the_audits_read_what_was_written_and_nobodys_words_are_in_it(
    app: ReviewContext, panel: Panel, tmp_path: Path, form: str
) -> None:
    from review.governance.models import LogLine  # noqa: PLC0415
    from review.panel.exporting import export_decisions, panel_decisions  # noqa: PLC0415

    put_case(panel, "one", OFFER, NO)
    put_case(panel, "other", NO, NO)
    out = tmp_path / form
    assert export_decisions(app, out) == 2
    assert read_decisions([out]).equals(panel_decisions().cast(PANEL_DECISIONS.arrow_schema()))
    assert out.stat().st_mode & 0o077 == 0
    content = out.read_bytes()
    assert not any(word in content for word in (b"Zebedee", b"olive", b"Panel A"))
    before = content
    export_decisions(app, out)
    assert out.read_bytes() == before, "the same decisions are the same bytes"
    assert LogLine.objects.filter(action="exported", detail__startswith="panel decisions: 2").count() == 2


def test_what_is_not_so_goes_to_who_keeps_the_record_and_runs_in_no_spreadsheet(
    app: ReviewContext, panel: Panel, tmp_path: Path
) -> None:
    from review.panel.exporting import export_not_so  # noqa: PLC0415
    from review.panel.models import Decision, NotSo  # noqa: PLC0415

    run = RunFolder(tmp_path / "run")
    entry = {"name": "rent_weeks", "columns": {"families": "rent_weeks"}, "owner": "Housing", "label": "Weeks of rent"}
    write_json(run.root / "features" / "catalogue.json", [entry])
    context = ReviewContext(run, KEYS, COUNCIL, ReviewConfig.model_validate({}))
    case = put_case(panel, "one", NO, closed=False)
    first = Decision.objects.get(case=case)
    NotSo.objects.create(decision=first, feature="rent_weeks", text="superseded below")
    last = Decision.objects.create(case=case, member=panel[0], version=2, choice=first.choice, reason=first.reason)
    NotSo.objects.create(decision=last, feature="rent_weeks", text='=HYPERLINK("x")')
    NotSo.objects.create(decision=last, feature="gone", text="")
    assert export_not_so(context, tmp_path / "n.csv") == 2
    with (tmp_path / "n.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["owner"], row["what"], row["feature"], row["said"]) for row in rows] == [
        ("", "", "gone", ""),
        ("Housing", "Weeks of rent", "rent_weeks", '\'=HYPERLINK("x")'),
    ]
    assert rows[0]["reference"] == "one"


def test_a_place_that_will_not_do_is_refused(app: ReviewContext, panel: Panel, tmp_path: Path) -> None:
    from review.panel.exporting import export_decisions, export_not_so  # noqa: PLC0415

    for out in (tmp_path / "d.xlsx", tmp_path, app.run.root / "d.csv", tmp_path / "none" / "d.csv"):
        for write in (export_decisions, export_not_so):
            with pytest.raises(UsageError):
                write(app, out)
    assert not (tmp_path / "none").exists()


def test_nothing_decided_is_an_empty_table(app: ReviewContext, tmp_path: Path) -> None:
    from review.panel.exporting import export_decisions  # noqa: PLC0415

    for form in ("d.parquet", "d.csv"):
        assert export_decisions(app, tmp_path / form) == 0
        assert read_decisions([tmp_path / form]).num_rows == 0

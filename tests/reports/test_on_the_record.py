"""The model card and the transparency record: what a run knows is on them, and what only people know is asked for."""

from __future__ import annotations

import json
import re

import pytest

from models.target import CandidateName
from reports.config import TransparencyConfig
from reports.model_card import model_card_page
from reports.provenance import Source
from reports.reading import target_facts
from reports.transparency import gaps
from reports.words import CANDIDATE_WORDS
from store.files import file_hash
from store.run_folder import RunFolder
from tests.reports.pages import Page
from tests.reports.samples import CHILD_TARGET, FAMILY_TARGET, evaluation
from tests.support import COUNCIL

KEYS_OF_RECORD = set(TransparencyConfig.model_fields) - {"organisation"}


@pytest.fixture(scope="module")
def record(reported: RunFolder) -> str:
    return (reported.root / "reports" / "transparency.html").read_text(encoding="utf-8")


def test_what_is_left_out_is_asked_for_by_its_key(record: str) -> None:
    listed = re.findall(r"<li><code>([a-z_]+)</code>", record)
    assert set(listed) == KEYS_OF_RECORD
    assert Page(record).text.count("To be completed by a person (") >= len(KEYS_OF_RECORD)


def test_what_is_written_is_no_gap() -> None:
    written = TransparencyConfig(team="Early help", appeals="  ")
    assert {gap.key for gap in gaps(written)} == KEYS_OF_RECORD - {"team"}
    assert gaps(TransparencyConfig(**dict.fromkeys(KEYS_OF_RECORD, "told"))) == ()


@pytest.mark.parametrize("number", ["1.1", "1.4.5", "2.1", "2.5", "3.1", "3.6", "4.1", "4.2.7", "4.3.4", "5.1"])
def test_every_section_of_the_standard_is_there(record: str, number: str) -> None:
    assert f'<span class="muted">{number}</span>' in record


def test_each_figure_can_be_traced_to_a_file_of_the_run(record: str, reported: RunFolder) -> None:
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td class="mono">([0-9a-f ]+)</td></tr>', record)
    assert f"models/{FAMILY_TARGET}/evaluation.json" in dict(rows)
    assert f"fairness_audits/{CHILD_TARGET}/published/audit.json" in dict(rows)
    for path, shown in rows:
        assert shown.replace(" ", "") == file_hash(reported.root / path)


def test_what_a_question_is_not_for_and_how_often_it_is_right_are_told(record: str) -> None:
    said = Page(record).text
    assert "sanctions, enforcement, debt recovery, fraud" in said
    assert "41%" in said and "Families under the radar" in said


def test_a_model_card_shows_the_evaluation_s_figures_protected(reported: RunFolder) -> None:
    page = Page((reported.root / "reports" / FAMILY_TARGET / "model_card.html").read_text(encoding="utf-8"))
    assert "makes the list" in page.text and "Boosted trees" in page.text
    written = json.loads((reported.root / "models" / FAMILY_TARGET / "evaluation.json").read_text("utf-8"))
    assert written["retirement"] in page.text
    # Found cases are rounded to 5 before a rate is taken of them: 49 of 120 places is shown as 50.
    assert "0.42" in page.text


def test_a_question_without_a_model_has_a_card_that_says_why() -> None:
    found = evaluation(FAMILY_TARGET, state="cannot_model") | {"why": "no outcome has closed"}
    text = Page(
        model_card_page(COUNCIL, target_facts(FAMILY_TARGET, found), found, [Source("evaluation.json", "0" * 64)])
    ).text
    assert "There is no model in this run" in text and "No outcome has closed." in text
    assert "How well it does" not in text


def test_every_way_of_choosing_has_a_name_and_is_shown_beside_the_others() -> None:
    assert set(CANDIDATE_WORDS) == {name.value for name in CandidateName}
    found = evaluation(FAMILY_TARGET)
    found["candidates"]["weighted_needs"] = found["candidates"]["needs_count"]
    found["choice"] |= {"chosen": "weighted_needs", "judged_on": "need_found", "why": "It did best."}
    target = target_facts(FAMILY_TARGET, found)
    assert target.chosen is not None and target.chosen.title == "Needs, weighted"
    assert target.chosen_why.startswith("It did best. That was judged by another measure, “need found”")


def test_a_model_card_s_rule_has_names_and_no_code_words() -> None:
    found = evaluation(FAMILY_TARGET)
    found["choice"]["rule"] = "The simplest of needs_count, need_found, need_found_without_contact_history and chance."
    card = model_card_page(COUNCIL, target_facts(FAMILY_TARGET, found), found, [Source("evaluation.json", "0" * 64)])
    said = "The simplest of “Count of needs”, “Need found”, “Need found, no past contact” and “Drawn by lot”."
    assert said in Page(card).text

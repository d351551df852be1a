"""The linkage page says whom linkage serves less well, what it cannot say, and nothing of anyone in particular."""

from __future__ import annotations

import re

import pytest

from reports.data_words import DASH
from reports.linkage import linkage_page
from tests.reports.linkage_data import HOSTILE_SYSTEM, linkage, review
from tests.reports.pages import Page
from tests.support import COUNCIL


@pytest.fixture(scope="module")
def html() -> str:
    return linkage_page(COUNCIL, linkage(), review())


@pytest.fixture(scope="module")
def text(html: str) -> str:
    return Page(html).text


def test_the_group_missed_more_often_is_told_first_and_no_other(text: str) -> None:
    summary = text.split("Are people found where they are expected?", maxsplit=1)[0]
    assert "Pupils of 5 to 15 whom no other system knows: more often than others Black and Black African." in summary
    assert "White British" not in summary and "Bangladeshi" not in summary and "Gypsy" not in summary


def test_without_such_a_group_it_says_that_small_ones_cannot_be_told() -> None:
    document = linkage()
    document["completeness"] = []
    text = Page(linkage_page(COUNCIL, document, None)).text
    assert "No ethnic group was shown to be missed more often" in text
    assert "that is not the same as fair" in text


def test_shares_stand_with_intervals_and_as_what_was_missed(html: str) -> None:
    (row,) = re.findall(r"<tr[^>]*><th scope=\"row\">Black African</th>.*?</tr>", html)
    cells = [" ".join(Page(cell).text.split()) for cell in re.findall(r"<td.*?</td>", row)]
    # 70 of 400 missed; Wilson's interval. Of the 1,267 others 57 are.
    assert cells[:2] == ["400", "18% 14% to 22%"]
    assert cells[2].startswith("+13.")
    assert cells[3] == "Missed more often than others"


def test_a_small_group_shows_no_count_and_cannot_be_told(html: str) -> None:
    (row,) = re.findall(r"<tr[^>]*><th scope=\"row\">Gypsy/Roma</th>.*?</tr>", html)
    cells = [Page(cell).text for cell in re.findall(r"<td.*?</td>", row)]
    assert cells == ["fewer than 10", "too few to show", DASH, "Cannot tell"]


def test_no_small_count_of_people_stands_anywhere(html: str) -> None:
    parts = html.split('id="review"')
    cells = re.findall(r'<td class="num">(\d+)</td>', parts[0])
    assert cells and not {cell for cell in cells if 0 < int(cell) < 10}


def test_each_view_says_what_it_cannot_show(text: str) -> None:
    assert text.count("What it can show:") == text.count("What it cannot:") == 2


def test_a_question_nobody_can_be_asked_is_named_as_such(text: str) -> None:
    assert "Not asked, for want of such records: Adults of council tenancies whom no other system knows." in text


def test_the_review_shows_precision_recall_and_doubt(text: str) -> None:
    assert "97% between 93% and 99%" in text and "88% between 80% and 92%" in text
    assert "precision would lie between 94% and 98%" in text
    assert "86% between 78% and 91%" in text


def test_a_review_of_another_index_is_not_shown_as_one_of_this() -> None:
    text = Page(linkage_page(COUNCIL, linkage(), {**review(), "sample": "other"})).text
    assert "but of an earlier index" in text
    assert "between 93% and 99%" not in text


def test_without_a_review_it_says_how_to_have_one() -> None:
    text = Page(linkage_page(COUNCIL, linkage(), None)).text
    assert "Nobody has judged pairs" in text and "early-help review-pairs RUN" in text


def test_hidden_bins_are_not_drawn_and_every_picture_has_its_table(html: str) -> None:
    pictures = re.findall(r'<svg role="img" aria-labelledby="([a-z_-]+)-title"', html)
    assert set(pictures) == {"found-pupils_elsewhere", "without-upn", "weights", "thresholds", "levels"}
    assert "every group as a table" in html and html.count("The same as a table") == 2


def test_hostile_names_are_text(html: str, text: str) -> None:
    assert HOSTILE_SYSTEM not in html and "<script" not in html
    assert "<script>alert('system')</script>" in text


@pytest.mark.parametrize("document", [None, {}])
def test_a_run_without_linkage_says_so(document: dict[str, object] | None) -> None:
    assert "Nothing to show yet" in Page(linkage_page(COUNCIL, document, None)).text


def test_an_index_of_nobody_has_a_page() -> None:
    document = linkage() | {"weights": [], "thresholds": [], "completeness": [], "held_out": [], "levels": []}
    document |= {"systems": [], "linkable": [], "people_by_keys": [], "blocking": {"floor": 0.9, "recall": None}}
    text = Page(linkage_page(COUNCIL, document, None)).text
    assert "No two records were compared in this run." in text
    assert "No system in this run names people whom another should know." in text

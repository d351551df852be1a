"""What everybody is to read is written for readers of 11 to 13: summaries, covers, verdicts, the panel's sheets."""

from __future__ import annotations

import re

import pytest

from reports import chain_words, words
from store.run_folder import RunFolder
from tests.reports.pages import Page
from tests.reports.reading_age import reading_age, syllables
from tests.reports.samples import CHILD_TARGET, FAMILY_TARGET

OLDEST = 13.0
LONGEST = 32
"""Words of one sentence."""
SUMMARIES = (
    ("reports/index.html", "<main", "steps-heading"),
    (f"reports/{FAMILY_TARGET}/fairness.html", 'id="summary"', "</section>"),
    (f"reports/{CHILD_TARGET}/fairness.html", 'id="summary"', "</section>"),
    (f"reports/{FAMILY_TARGET}/fairness.html", 'id="chain"', "</section>"),
    ("reports/chain.html", 'id="summary"', "</section>"),
    (f"reports/{FAMILY_TARGET}/explanation.html", "<main", "<article"),
    (f"reports/{FAMILY_TARGET}/explanation.html", "<article", "</article>"),
    (f"reports/{FAMILY_TARGET}/explanation_cover.html", "<main", "</main>"),
    ("list/published/audit.html", 'id="summary"', "</section>"),
    ("retraining.html", "<main", 'class="new-page"'),
)
"""The part of each page that everybody reads, from where to where."""
_PROSE = re.compile(r"<(p|li|dd)(?: [^>]*)?>(?:(?!<(?:p|li|dd|ul|ol)[ >]).)*?</\1>", re.DOTALL)
_END = re.compile(r"(?<=[.?!])\s+")


def sentences(html: str) -> list[str]:
    """The whole sentences of paragraphs and lists; labels, and what people themselves wrote, are none."""
    told = [Page(found[0]).text for found in _PROSE.finditer(html)]
    return [one for text in told for one in _END.split(text) if one.endswith((".", "?", "!")) and " " in one]


@pytest.mark.parametrize(("place", "start", "end"), SUMMARIES)
def test_a_summary_is_for_readers_of_thirteen(reported: RunFolder, place: str, start: str, end: str) -> None:
    html = (reported.root / place).read_text(encoding="utf-8")
    part = html[html.index(start) :]
    found = sentences(part[: part.index(end)])
    assert len(found) >= 5
    assert reading_age(found) <= OLDEST, sorted(found, key=lambda one: -reading_age([one]))[:5]


@pytest.mark.parametrize(
    "text",
    [
        *(words.verdict_words(name).meaning for name in ("pass", "fail", "cannot_tell", "not_audited")),
        *(words.verdict_words(name).consequence for name in ("pass", "fail", "cannot_tell", "not_audited")),
        *(meaning for _, meaning in words.GLOSSARY),
        *(why for _, why in chain_words.LINK_WORDS.values()),
    ],
)
def test_each_set_piece_is_short_and_plain(text: str) -> None:
    found = _END.split(text)
    assert reading_age(found) <= OLDEST
    assert max(len(one.split()) for one in found) <= LONGEST


# --- the measure itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        *(("the", 1), ("make", 1), ("makes", 1), ("table", 2), ("tables", 2), ("asked", 1), ("wanted", 2)),
        *(
            ("family", 3),
            ("people", 2),
            ("evidence", 3),
            ("council\u2019s", 2),
            ("places", 2),
            ("change", 1),
            ("rule", 1),
        ),
    ],
)
def test_syllables_are_those_that_are_heard(word: str, heard: int) -> None:
    assert syllables(word) == heard


def test_a_child_s_sentence_is_easy_and_a_lawyer_s_is_not() -> None:
    easy = ["The cat sat on the mat.", "We went to the shop to buy some milk."]
    hard = [
        "Notwithstanding the aforementioned considerations, statutory obligations necessitate proportionate mitigation."
    ]
    assert reading_age(easy) < 8 < OLDEST < reading_age(hard)

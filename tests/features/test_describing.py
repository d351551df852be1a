"""What a definition says of itself in words."""

from __future__ import annotations

import re

import pytest

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.describing import aggregate_in_words, columns_read, definition, null_rule_in_words, test_in_words
from features.library import library
from features.rows import Test, at_least, holds, on_weekday, one_of, yes
from features.streams import ASSESSMENTS, ATTENDANCE, CONTACTS, MEMBERS, RENT, TENANCIES, Aggregate
from features.values import Value, all_of, any_of, days_since, feature, given, names_of, no_less, share, sum_of


def made(value: Value, **changes: object) -> Feature:
    facts: dict[str, object] = {
        "name": "made",
        "subject": "attendance",
        "label": "Made",
        "value": value,
        "null_rule": NullRule.ZERO,
        "direction": Direction.FREE,
        "sentence": "{value}.",
        "owner": "Nobody: a test",
        "why": "A test.",
    }
    return Feature(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (one_of("code", "L", "U"), "code is 'L' or 'U'"),
        (~one_of("code", "L", "U", "N"), "code is neither 'L', 'U' nor 'N'"),
        (~one_of("code", "L"), "code is not 'L'"),
        (holds("factors", "7A"), "factors has '7A'"),
        (~holds("factors", "7A"), "not (factors has '7A')"),
        (
            at_least("age_years", 5) & ~at_least("age_years", 18),
            "age years is 5 or more and age years is not 18 or more",
        ),
        ((yes("fsm") | one_of("sen", "E")) & yes("fsm"), "(fsm is yes or sen is 'E') and fsm is yes"),
        (on_weekday(0, 4), "it fell on a Monday or a Friday"),
    ],
)
def test_a_filter_in_words(test: Test, words: str) -> None:
    assert test_in_words(test) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (ATTENDANCE.count(days=91), "the number of school sessions in the 91 days before the as-of date"),
        (
            ATTENDANCE.count(one_of("code", "L"), 91, 365),
            "the number of school sessions in the 91 days that ended 365 days before the as-of date where code is 'L'",
        ),
        (RENT.total("amount_pence"), "the sum of amount pence over postings to the rent account before the as-of date"),
        (CONTACTS.count(days=28), "the number of contacts in the 28 days before the as-of date, each day once"),
        (CONTACTS.last_day(), "the last day of contacts before the as-of date, each day once"),
        (ASSESSMENTS.ended.count(), "the number of assessments that ended before the as-of date"),
        (MEMBERS.lowest("age_years"), "the lowest age years of members at the as-of date"),
        (
            RENT.distinct("kind", days=28),
            "the number of different values of kind among postings to the rent account in the 28 days before the as-of "
            "date",
        ),
        (RENT.median("amount_pence"), "the median amount pence of postings to the rent account before the as-of date"),
    ],
)
def test_what_is_taken_from_rows_in_words(value: Value, words: str) -> None:
    assert isinstance(value, Aggregate)
    assert aggregate_in_words(value) == words


SESSIONS, LATE = ATTENDANCE.count(days=91), ATTENDANCE.count(one_of("code", "L"), 91)


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        (share(LATE, SESSIONS), "A \u00f7 B"),
        (SESSIONS + LATE * 2, "A + (B \u00d7 2)"),
        (days_since(CONTACTS.last_day()), "days from A to the as-of date"),
        (SESSIONS > 0, "whether A > 0 (1 or 0)"),
        (SESSIONS < 3, "whether A < 3 (1 or 0)"),
        (SESSIONS <= 3, "whether A \u2264 3 (1 or 0)"),
        (given(SESSIONS >= 20, LATE), "B, known only where A \u2265 20"),
        (given(SESSIONS, LATE), "B, known only where A > 0"),
        (no_less(SESSIONS, 7), "the largest of (A; 7)"),
        (all_of(SESSIONS > 1, SESSIONS < 9, feature("other")), "the smallest of (A > 1; A < 9; `other`)"),
        (any_of(feature("one"), SESSIONS), "1 where any of these is so or above 0, else 0: `one`; A"),
        (sum_of(feature("one"), SESSIONS > 2), "the sum of those known of: `one`; A > 2"),
    ],
)
def test_arithmetic_in_words(value: Value, formula: str) -> None:
    assert definition(made(value)).formula == formula


def test_a_sum_in_several_places_has_a_letter_of_its_own() -> None:
    rate = share(LATE, SESSIONS)
    words = definition(made(given(rate > 0.1, rate)))
    assert words.formula == "C, known only where C > 0.1"
    assert words.steps[-1] == ("C", "A \u00f7 B")


def test_who_it_is_of() -> None:
    assert definition(made(SESSIONS)).whose == "All members together; each row once."
    assert "tenancies" in definition(made(TENANCIES.open())).whose
    assert definition(made(SESSIONS, over=Over.ADULTS)).whose == "The adults together; each row once."
    assert definition(made(SESSIONS, level=Level.CHILD)).whose == "Of the child alone."
    rolled = made(given(SESSIONS > 0, SESSIONS), roll=Roll.MAX, over=Over.CHILDREN)
    assert definition(rolled).whose == "For each child apart; the family's is the largest of those known."


def test_the_indicator_is_named_where_a_blank_has_one() -> None:
    assert "`made_unknown`" in null_rule_in_words(made(SESSIONS, null_rule=NullRule.UNKNOWN))
    assert "0" in null_rule_in_words(made(SESSIONS))


def test_every_definition_of_the_library_can_be_told_whole() -> None:
    for one in library():
        words = definition(one)
        letters = [letter for letter, _ in words.steps]
        assert len(set(letters)) == len(letters)
        told = " ".join((words.formula, *(step for _, step in words.steps)))
        assert set(letters) <= set(re.findall(r"\b[A-Z]{1,2}\b", words.formula + told)) or letters == [words.formula]
        assert all(f"`{name}`" in told for name in names_of(one.value))
        assert set(columns_read(one)) == set(one.sources)


def test_a_flag_is_told_as_a_yes_or_no() -> None:
    flagged = made(SESSIONS > 0, unit=Unit.FLAG, sentence="Was there.")
    assert definition(flagged).text.startswith("Whether A > 0 (1 or 0). A: the number of school sessions")

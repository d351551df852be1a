"""Names that are not what they look like, and names that are one person's."""

from __future__ import annotations

import pytest

from fairness_audits.release import Approval, Role, Verdict, check_approval, check_words, says_enough
from fairness_audits.signers_names import plainly_written, same_person
from store.errors import UsageError, Withheld
from tests.fairness_audits.gated import MITIGATION, TODAY

NOTE = "Read the audit and agreed."
CYRILLIC_ADA = "\u0410\u0501\u0430"


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Zoë O\u2019Brien-Łukasz",
        "Đặng Thị Hạnh",
        "A\u02bbiau Ōtara",
        "Ада Лавлейс",
        "山田さくら",
        "김민지",
        "प्रिया शर्मा",
        "أمينة حسن",
        "Demo approver one (not a real person)",
        "\uff21da",
    ],
)
def test_a_name_of_any_one_alphabet_may_sign(name: str) -> None:
    check_words(name, NOTE)


@pytest.mark.parametrize(
    "name",
    [
        "Ada\u200b Lovelace",
        "Ada Love\u00adlace",
        "Ada \u3164Lovelace",
        "Ada\u115f Lovelace",
        "Ada\uffa0 Lovelace",
        "Ada\u2800 Lovelace",
        "Ada\u034f Lovelace",
        "Ada\ufe0f Lovelace",
        "Ada \U000e0101Lovelace",
        "Ad\u0430 Lovelace",
        "Ada L\u03bfvelace",
        "Ada \u041b",
        "Ada\x1b[31m Lovelace",
        "Ada\x9b31m",
        "Ada\x00",
        "Ada\nLovelace",
        "Ada\u2028Lovelace",
        "\u202eecalevoL adA",
        "Ada \ue000",
        "Ada \udcff",
    ],
)
def test_what_is_not_seen_or_looks_like_another_letter_is_no_name(name: str) -> None:
    assert not plainly_written(name)
    with pytest.raises(UsageError):
        check_words(name, NOTE)


@pytest.mark.parametrize(
    "other",
    [
        "ada LOVELACE",
        "Adá Lovelacé",
        "Lovelace, Ada",
        "\u0251da Love\u029face",
        "Ada L\u00f8velace",
        "Ada \u0141ovelace",
        "Ada Love1ace",
        "Ada L0velace",
        "Ada\u02bc Lovelace",
        "Ada\u20dd Lovelace",
        "LovelaceAda",
        "Love-lace Ada",
    ],
)
def test_spellings_of_one_name_are_one_person(other: str) -> None:
    assert same_person("Ada Lovelace", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë", "Zara"),
        ("Ann Lee", "Anne Lee"),
        ("Ada Lovelace", "Ada Lovelock"),
        ("Jan Ng", "Jan Ngo"),
        ("Amy Ray", "May Ray"),
    ],
)
def test_other_names_are_other_people(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert same_person("Zoë", "Zoe\u0308")


def test_two_signatures_are_in_one_alphabet() -> None:
    """A whole name can be written in letters of another alphabet that look the same."""

    def approval(name: str, role: Role) -> Approval:
        return Approval(name, role, NOTE, TODAY)

    first = approval("Ada", Role.DATA_SCIENTIST)
    with pytest.raises(Withheld, match="another alphabet"):
        check_approval(approval(CYRILLIC_ADA, Role.DIRECTOR), Verdict.PASS, first)
    check_approval(approval("Grace", Role.DIRECTOR), Verdict.PASS, first)


@pytest.mark.parametrize(
    "mark", ["\x1b[2J", "\x07", "\r", "\x9b", "\u202e", "\u2066", "\u2028", "\U000e0041", "\udcff"]
)
def test_a_text_has_nothing_that_a_screen_acts_on(mark: str) -> None:
    with pytest.raises(UsageError, match="note"):
        check_words("Ada Lovelace", NOTE + mark)
    assert not says_enough(MITIGATION + mark)


@pytest.mark.parametrize(
    "mark", ["\n", "\t", "\u00a0", " 👩\u200d🏫", "\u00ad", "<script>", "=1+1", " \u2013 \u201cso\u201d"]
)
def test_a_text_may_have_lines_and_what_people_paste(mark: str) -> None:
    check_words("Ada Lovelace", NOTE + mark)
    assert says_enough(MITIGATION + mark)

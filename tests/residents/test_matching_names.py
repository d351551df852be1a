"""Names in one form: spellings, parts that come and go, and every script a record may hold."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from residents.matching.names import parts_after, parts_before, spellings, surname_spellings
from tests.residents.matching import standardised
from tests.residents.rooms import record

GROUPS: dict[str, set[int]] = {}
for _row in spellings().to_pylist():
    GROUPS.setdefault(_row["name"], set()).add(_row["name_group"])

# One name, then another way to write it; of each kind a name that is only like it, as a brother or sister may have.
ONE_NAME = [
    ("katherine", "kate"),
    ("mohammed", "md"),
    ("cabdiraxmaan", "abdirahman"),
    ("khadija", "hatice"),
    ("jaswinder", "jasvinder"),
    ("nasrin", "nasreen"),
    ("kwabena", "kobina"),
    ("oluwatobi", "tobi"),
    ("chukwuemeka", "emeka"),
    ("tesfay", "tesfaye"),
    ("malgorzata", "gosia"),
    ("oleksandr", "aleksandr"),
    ("gheorghe", "george"),
    ("yitzchok", "isaac"),
    ("siobhan", "shevaun"),
    ("padraig", "patrick"),
    ("dafydd", "david"),
    ("xiao", "siu"),
]
TWO_NAMES = [
    ("kate", "carly"),
    ("mohammed", "ahmed"),
    ("abdirahman", "abdiaziz"),
    ("shahana", "shahina"),
    ("harpreet", "gurpreet"),
    ("kwame", "kwabena"),
    ("taiwo", "kehinde"),
    ("tesfay", "tsegay"),
    ("chaim", "chana"),
    ("jakub", "james"),
    ("laura", "lauren"),
    ("ella", "ellen"),
]


@pytest.mark.parametrize(("one", "two"), ONE_NAME)
def test_spellings_of_one_forename_share_a_group(one: str, two: str) -> None:
    assert GROUPS[one] & GROUPS[two]


@pytest.mark.parametrize(("one", "two"), TWO_NAMES)
def test_forenames_that_are_merely_alike_share_none(one: str, two: str) -> None:
    assert not GROUPS.get(one, set()) & GROUPS.get(two, set())


def test_the_lists_are_folded_and_a_surname_stands_in_one_line_only() -> None:
    surnames = surname_spellings()["word"].to_pylist()
    assert len(surnames) == len(set(surnames))
    words = [*GROUPS, *surnames, *parts_before(), *parts_after()]
    assert all(re.fullmatch("[a-z]+", word) for word in words)


SURNAMES = [
    ("Chowdhury", "Choudhry", True),
    ("Chowdhury", "Chaudhari Patel", False),
    ("Begum", "Begom", True),
    ("Begum", "Bibi", False),
    ("Hussain", "Xuseen", True),
    ("Hussain", "Hasan", False),
    ("Ud Din", "Uddin", True),
    ("Ud Din", "Dean", False),
    ("MacDonald", "McDonald", True),
    ("Mac Donald", "McDonald", True),
    ("MacDonald", "Donald", False),
    ("O'Sullivan", "Sullivan", True),
    ("O'Sullivan", "O'Neill", False),
    ("Nguyễn", "Nguyen", True),
    ("Nguyễn", "Ng", False),
    ("Wong", "Huang", True),
    ("Wong", "Wang", False),
    ("Şahin", "Shahin", True),
    ("Şahin", "Shah", False),
    ("Jalloh", "Diallo", True),
    ("Jalloh", "Jallow Bah", False),
]
FORENAMES = [
    ("Md Rafiqul", "rafiqul"),
    ("Md", "md"),
    ("Md A", "md"),
    ("Mst Fatema", "fatema"),
    ("Syed Md Karim", "karim"),
    ("Thi Lan", "lan"),
    ("Mr Md Rafiqul", "rafiqul"),
    ("Mohammed Rafiqul", "mohammed"),
]
PARTS = [
    ("Begum", True, ["begum"]),
    ("Kaur", True, ["kaur"]),
    ("Kaur Gill", False, ["gill"]),
    ("Khatun Ali", False, ["ali"]),
    ("Gill", False, ["gill"]),
    ("de Silva", False, ["silva"]),
]
WRITINGS = ["Jose\u0301", "Jos\u00e9", "J\u200bose", "\ufeffJose", "\uff2a\uff2f\uff33\uff25", " JOSE ", "Jo\u00adse"]
NOTHINGS = ["\u200b", " ", "\ufeff", "...", "-", "''"]
SCRIPTS = [
    ("Ольга", "Петрова"),
    ("محمد", "حسين"),
    ("小明", "王"),
    ("রহিমা", "বেগম"),
    ("அருண்", "குமார்"),
    ("Γιώργος", "Παπάς"),
]
EVERY_NAME = [
    *(("Ada", surname) for one, two, _ in SURNAMES for surname in (one, two)),
    *((forename, "Islam") for forename, _ in FORENAMES),
    *(("Harpreet", surname) for surname, _, _ in PARTS),
    *((written, "Silva") for written in WRITINGS),
    *((written, written) for written in NOTHINGS),
    *SCRIPTS,
]


@cache
def every_form() -> dict[tuple[str, str], dict[str, Any]]:
    con = standardised(record("a", f"{number:03}", *name) for number, name in enumerate(EVERY_NAME))
    rows = con.sql("FROM std ORDER BY record_id").to_arrow_table().to_pylist()
    return dict(zip(EVERY_NAME, rows))


def held(forename: str, surname: str) -> dict[str, Any]:
    """The standard form of a record of this name."""
    return every_form()[forename, surname]


@pytest.mark.parametrize(("one", "two", "same"), SURNAMES)
def test_surnames_have_one_key_however_they_are_spelt(one: str, two: str, same: bool) -> None:
    assert (held("Ada", one)["surname_key"] == held("Ada", two)["surname_key"]) is same


@pytest.mark.parametrize(
    ("forename", "kept"),
    FORENAMES,
)
def test_a_part_before_the_forename_goes_only_where_a_forename_is_left(forename: str, kept: str) -> None:
    assert held(forename, "Islam")["forename"] == kept


@pytest.mark.parametrize(
    ("surname", "part", "words"),
    PARTS,
)
def test_a_part_that_stands_for_a_surname_is_known_and_tells_nothing_beside_one(
    surname: str, part: bool, words: list[str]
) -> None:
    found = held("Harpreet", surname)
    assert (found["surname_part"], found["surname_words"]) == (part, words)


def test_names_in_any_script_stay_apart_and_are_never_empty() -> None:
    found = [held(*name) for name in SCRIPTS]
    assert len({(row["forename"], row["surname"]) for row in found}) == len(SCRIPTS)
    assert all(row["forename"] and row["surname"] for row in found)
    # A script that writes vowels as marks keeps its words whole.
    assert all(row["middle"] is None for row in found)


@pytest.mark.parametrize(
    "written",
    WRITINGS,
)
def test_accents_full_width_letters_and_marks_that_show_nothing_make_no_difference(written: str) -> None:
    assert held(written, "Silva")["forename"] == "jose"


@pytest.mark.parametrize("written", NOTHINGS)
def test_a_name_of_nothing_to_see_is_missing(written: str) -> None:
    found = held(written, written)
    assert (found["forename"], found["surname"], found["surname_key"]) == (None, None, None)


NO_PERSON = [
    *("Unknown Unknown", "TEST TEST", "Baby", "Not Known", "N/A", "TBC", "Occupier", "The Occupier", "Owner", "Void"),
    *("Mr Unknown", "c/o", "c/o Jane Poole", "ACME LETTINGS LTD", "Northern Homes Limited", "Fen Homes PLC"),
    *("Fen Housing Association", "Testborough Borough Council", "Executors of", "(Deceased)"),
]
SOMEBODY = [
    ("Baby Smith", "baby", "smith"),
    ("John Test", "john", "test"),
    ("Trust Moyo", "trust", "moyo"),
    ("Gift Trust", "gift", "trust"),
    ("Late Taufa", "late", "taufa"),
    ("Dec Donnelly", "dec", "donnelly"),
    ("Ann Null", "ann", "null"),
    ("Na Li", "na", "li"),
    ("Mary Ann Council", "mary", "council"),
    ("Theo Latimer", "theo", "latimer"),
    ("Estate Owner", "estate", "owner"),
    ("Ngozi Okafor (Deceased)", "ngozi", "okafor"),
    ("Ngozi Okafor DEC'D", "ngozi", "okafor"),
    ("OKAFOR (DECD), Ngozi", "ngozi", "okafor"),
    ("The late Wendy Poole", "wendy", "poole"),
    ("Exors of Wendy Poole", "wendy", "poole"),
    ("The Executors of the late Wendy Poole", "wendy", "poole"),
    ("Estate of the late Mrs Wendy Poole", "wendy", "poole"),
    ("Wendy Poole c/o Jane Smith", "wendy", "poole"),
    ("Unknown Poole", None, "poole"),
    ("N A Patel", "n", "patel"),
]


def test_a_name_that_stands_for_nobody_is_no_name() -> None:
    rows = [record("s", str(number), None, None, full_name=name) for number, name in enumerate(NO_PERSON)]
    rows.append(record("s", "x", "Not Known", "Unknown"))
    rows.append(record("s", "y", "ACME LETTINGS", "LTD"))
    found = standardised(rows).sql(
        "SELECT record_id, forename, surname FROM std WHERE coalesce(forename, surname) <> ''"
    )
    assert found.fetchall() == []


@pytest.mark.parametrize(("name", "forename", "surname"), SOMEBODY)
def test_names_of_people_survive_and_markers_do_not(name: str, forename: str | None, surname: str) -> None:
    con = standardised([record("s", "1", None, None, full_name=name)])
    assert con.sql("SELECT forename, surname FROM std").fetchall() == [(forename, surname)]

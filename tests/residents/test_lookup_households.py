"""Who lives at a list of addresses now, and who supports them; and what a list may look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from residents.lookup.households import Households, UprnList, households, read_uprns, unreadable_lines
from residents.lookup.index import open_index
from store.errors import UsageError
from tests.residents.lookup_borough import ELM, EMPTY, HOSTEL, OAK
from tests.residents.rooms import DAY, Index, Row

ELSEWHERE = "999999999999"


@pytest.fixture(scope="module")
def borough(looked_up: Index) -> Index:
    return looked_up


@pytest.fixture(scope="module")
def answer(borough: Index) -> Households:
    with open_index(borough.run) as con:
        return households(con, UprnList((OAK, EMPTY, ELM, ELSEWHERE, HOSTEL), ()))


def at(answer: Households, uprn: str) -> list[Row]:
    return [row for row in answer.rows if row["uprn"] == uprn]


def test_those_who_live_there_now_are_told_and_those_who_left_are_not(answer: Households, borough: Index) -> None:
    assert {row["person_id"] for row in at(answer, OAK)} == {
        borough.person("housing", "H4"),
        borough.person("housing", "H5"),
    }
    assert {row["person_id"] for row in at(answer, ELM)} == {
        borough.person("housing", "H1"),
        borough.person("housing", "H2"),
    }
    assert len(at(answer, HOSTEL)) == 18


def test_an_address_without_anyone_is_told_of_and_so_is_one_the_gazetteer_lacks(answer: Households) -> None:
    (empty,), (elsewhere,) = at(answer, EMPTY), at(answer, ELSEWHERE)
    assert empty["address"] == "9 Far Close, Testborough"
    assert empty["note"] == "nobody known to live here now"
    assert elsewhere["note"] == "not in the gazetteer, and nobody known to live here now"
    assert empty["person_id"] is elsewhere["person_id"] is None


def test_support_comes_from_a_persons_own_key_and_from_the_group_and_counts_while_it_is_open(
    answer: Households, borough: Index
) -> None:
    said = {row["person_id"]: row["supported_by"] for row in answer.rows}
    child = said[borough.person("schools", "S1")]
    assert child == (
        "Allocated worker, schools, since 2023-05-01, worker W9; "
        "Early help case, support, since 2023-05-01, team North, worker Sam Help"
    )
    assert said[borough.person("housing", "H4")] == "Home care, adults, since 2023-05-01"
    assert said[borough.person("housing", "H2")] is None, "her plan ended"
    assert said[borough.person("housing", "X0")] is None


def test_the_sums_are_those_of_the_rows(answer: Households) -> None:
    assert (answer.people, answer.supported, answer.empty) == (22, 2, 2)
    assert [row["uprn"] for row in answer.rows] == sorted(
        (row["uprn"] for row in answer.rows), key=[OAK, EMPTY, ELM, ELSEWHERE, HOSTEL].index
    )
    assert answer.today == DAY(2024, 1, 10)


@pytest.mark.parametrize(
    ("text", "uprns", "unreadable"),
    [
        (f"{ELM}\n{OAK}\n", (ELM, OAK), ()),
        (f"\ufeffuprn\r\n{ELM}\r\n\r\n{ELM}\r\n", (ELM,), ()),
        (f"Ref,UPRN,Name\na,{ELM},x\nb,,y\nc,0{OAK[:11]},z\n", (ELM, OAK[:11]), (3,)),
        (f'"{ELM}";"x"\n{OAK}.0\n', (ELM, OAK), ()),
        (f"{ELM}\nelm road\n1.0E+11\n0\n\u0661\u0662\n-5\n1234567890123\n", (ELM,), (2, 3, 4, 5, 6, 7)),
        (f"  {ELM}\t\n", (ELM,), ()),
    ],
)
def test_a_list_is_read_in_the_forms_people_send(
    text: str, uprns: tuple[str, ...], unreadable: tuple[int, ...], tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode())
    assert read_uprns(path) == UprnList(uprns, unreadable)


@pytest.mark.parametrize("content", [b"", b"uprn\n", b"elm road\n", b"\xff\xfe1\x002\x00", None])
def test_a_list_without_any_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError):
        read_uprns(path)


def test_lines_are_told_by_number_alone() -> None:
    assert unreadable_lines(UprnList((ELM,), ())) == ""
    assert unreadable_lines(UprnList((ELM,), (2, 3))) == "Left out, as they hold no UPRN: line 2, 3."
    assert unreadable_lines(UprnList((ELM,), tuple(range(1, 9)))).endswith("1, 2, 3, 4, 5 and 3 more.")


def test_the_mark_of_a_list_follows_its_content() -> None:
    assert UprnList((ELM,), ()).mark == UprnList((ELM,), (4,)).mark != UprnList((OAK,), ()).mark

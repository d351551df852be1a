"""Who is found by what: spelling, slips, old addresses, every key; and what cannot be asked."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from residents.lookup.index import open_index
from residents.lookup.searching import Question, search
from residents.tables import PERSON_CHANGES
from store.errors import UsageError
from store.run_folder import RunFolder
from tests.residents.lookup_borough import ELM, HOSTILE, OAK
from tests.residents.rooms import Index
from tests.support import put_table


@pytest.fixture(scope="module")
def borough(looked_up: Index) -> Index:
    return looked_up


@pytest.fixture(scope="module")
def con(borough: Index) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_index(borough.run) as opened:
        yield opened


AMINA, FATUMA, MARY, HOSTILE_MAN = "schools S1", "housing H2", "adults A4", "housing H5"
JOHN, JON, SWAPPED, ZOFIA = "schools S6", "schools S7", "schools S8", "library L9"


def found(borough: Index, con: duckdb.DuckDBPyConnection, question: Question) -> list[str]:
    """The people found, in their order, by the key that names each in this test."""
    name_of = {
        borough.person(*key.split(" ")): key for key in (AMINA, FATUMA, MARY, HOSTILE_MAN, JOHN, JON, SWAPPED, ZOFIA)
    }
    return [name_of.get(one["person_id"], "another") for one in search(con, question, 50).people]


def test_the_borough_is_as_the_tests_take_it_to_be(borough: Index) -> None:
    assert borough.person("schools", "S1") == borough.person("housing", "H1") == borough.person("support", "K1")
    assert borough.person("housing", "H2") == borough.person("benefits", "B2") == borough.person("housing", "H3")
    assert borough.person("housing", "H4") == borough.person("adults", "A4")


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("Amina Hassan", {AMINA}),
        ("HASSAN, Amina", {AMINA}),
        ("hassan amina", {AMINA}),
        ("Aminah Hasan", {AMINA}),
        ("Ameena Xasan", {AMINA}),
        ("Miss Amina Hassan", {AMINA}),
        ("Amina Leyla Hassan", {AMINA}),
        ("A Hassan", {AMINA}),
        ("Fatma Omar", {FATUMA}),
        ("Fatima Hassan", {FATUMA}),
        ("Fadumo Omar Hassan", {FATUMA}),
        ("Hassan", {AMINA, FATUMA}),
        ("Mary Jane O'Neill", {MARY}),
        ("maryjane oneill", {MARY}),
        ("O'Neil", {MARY}),
        ("Smith", {JOHN, JON, SWAPPED}),
        ("John Smith", {JOHN, JON, SWAPPED}),
        ("Zof", {ZOFIA}),
        ("Drop", {HOSTILE_MAN}),
        ("Amina Smith", set()),
        ("Robert'); DROP TABLE people;--", set()),
        ("%", None),
        ("", None),
        ("- '", None),
    ],
)
def test_a_name_is_found_however_it_is_spelt(
    name: str, people: set[str] | None, borough: Index, con: duckdb.DuckDBPyConnection
) -> None:
    if people is None:
        with pytest.raises(UsageError, match="cannot be read"):
            search(con, Question(name=name), 20)
    else:
        assert set(found(borough, con, Question(name=name))) == people


def test_the_likeliest_comes_first(borough: Index, con: duckdb.DuckDBPyConnection) -> None:
    assert found(borough, con, Question(name="Jon Smith"))[0] == JON
    assert set(found(borough, con, Question(name="John Smith"))[:2]) == {JOHN, SWAPPED}
    assert found(borough, con, Question(name="John Smith", dob=dt.date(2011, 12, 11))) == [JON]


@pytest.mark.parametrize(
    ("dob", "people"),
    [
        (dt.date(2012, 3, 4), {AMINA}),
        (dt.date(2012, 4, 3), {AMINA}),
        (dt.date(2012, 3, 14), {AMINA}),
        (dt.date(2022, 3, 4), {AMINA}),
        (dt.date(1999, 12, 25), set()),
    ],
)
def test_a_birth_date_is_found_with_a_slip(
    dob: dt.date, people: set[str], borough: Index, con: duckdb.DuckDBPyConnection
) -> None:
    assert set(found(borough, con, Question(dob=dob))) == people


@pytest.mark.parametrize(
    ("question", "people"),
    [
        (Question(address="1 Elm Road"), {AMINA, FATUMA}),
        (Question(address="1 elm rd, AB1 2CD"), {AMINA, FATUMA}),
        (Question(address="1 Elm Raod, Testborough ab12cd"), {AMINA, FATUMA}),
        (Question(address="11 Elm Road"), set()),
        (Question(address="Flat 2 14 Oak St"), {FATUMA, MARY, HOSTILE_MAN}),
        (Question(address="Oak Street", postcode="AB1 2CD"), {FATUMA}),
        (Question(address="AB1 3EF"), {FATUMA, MARY, HOSTILE_MAN}),
        (Question(postcode="ab13ef"), {FATUMA, MARY, HOSTILE_MAN}),
        (Question(postcode="AB1 9ZZ"), set()),
        (Question(uprn=OAK), {FATUMA, MARY, HOSTILE_MAN}),
        (Question(uprn="0" + ELM[:11]), set()),
        (Question(uprn=ELM, name="Fatma"), {FATUMA}),
    ],
)
def test_an_address_is_found_also_long_after_it_was_left(
    question: Question, people: set[str], borough: Index, con: duckdb.DuckDBPyConnection
) -> None:
    assert set(found(borough, con, question)) == people


@pytest.mark.parametrize(
    ("system", "key", "people"),
    [
        ("schools", "S1", {AMINA}),
        ("benefits", "B2", {FATUMA}),
        ("schools", "B2", set()),
        ("housing", "T1", {AMINA, FATUMA}),
        ("upn", "a 123456789012", {AMINA}),
        ("NINO", "QQ 12 34 56 A", {FATUMA}),
        ("nino", "QQ123457A", set()),
    ],
)
def test_any_key_of_any_system_is_found(
    system: str, key: str, people: set[str], borough: Index, con: duckdb.DuckDBPyConnection
) -> None:
    assert set(found(borough, con, Question(key=(system, key)))) == people


def test_the_index_own_id_is_found(borough: Index, con: duckdb.DuckDBPyConnection) -> None:
    assert found(borough, con, Question(person=borough.person("schools", "S1"))) == [AMINA]
    assert found(borough, con, Question(person="P0")) == []


def test_an_id_that_was_merged_into_another_leads_to_it(borough: Index, tmp_path: Path) -> None:
    run = RunFolder(Path(shutil.copytree(borough.run.root, tmp_path / "run")))
    now = borough.person("schools", "S1")
    change = {"from_person": "Pgone", "to_person": now, "keys": 1, "recorded_on": dt.date(2024, 1, 10)}
    put_table(run, PERSON_CHANGES, [{**change, "kind": "merge"}, {**change, "kind": "split", "from_person": "Pstays"}])
    with open_index(run) as con:
        assert [one["person_id"] for one in search(con, Question(person="Pgone"), 20).people] == [now]
        assert search(con, Question(person="Pstays"), 20).total == 0


def test_every_name_as_any_system_holds_it_finds_its_person(borough: Index, con: duckdb.DuckDBPyConnection) -> None:
    rows = con.sql("SELECT source, record_id, forename, surname FROM records").fetchall()
    for source, record_id, forename, surname in rows:
        name = f"{surname or ''}, {forename}" if surname else forename
        people = [one["person_id"] for one in search(con, Question(name=name), 200).people]
        assert borough.person(source, record_id) in people


def test_no_more_are_listed_than_asked_for_and_all_are_counted(con: duckdb.DuckDBPyConnection) -> None:
    answer = search(con, Question(name="Lodger"), 5)
    assert len(answer.people) == 5
    assert answer.total == 18
    assert search(con, Question(name="Lodger"), 5) == answer


@pytest.mark.parametrize(
    ("question", "where"),
    [
        (Question(), "resident find"),
        (Question(postcode="AB1"), "--postcode"),
        (Question(uprn="12 Elm"), "--uprn"),
        (Question(address=" , "), "--address"),
        (Question(key=("nosuch", "S1")), "--id"),
        (Question(name="12 Elm " * 50), "resident find"),
        (Question(name="12 Elm \udcff"), "resident find"),
    ],
)
def test_what_cannot_be_asked_is_refused_without_repeating_it(
    question: Question, where: str, con: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(UsageError) as refused:
        search(con, question, 20)
    assert refused.value.where == where
    for asked in ("12 Elm", "S1", "nosuch"):
        assert asked not in str(refused.value)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no residents index"), open_index(RunFolder(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_no_ethnicity_can_be_read_and_nothing_is_left_behind(borough: Index) -> None:
    before = set(borough.run.staging.iterdir())
    with open_index(borough.run) as con:
        assert len(set(borough.run.staging.iterdir()) - before) == 1
        assert "ethnicity" not in con.table("records").columns
        assert HOSTILE in {row[0] for row in con.sql("SELECT forename FROM records").fetchall()}
    assert set(borough.run.staging.iterdir()) == before

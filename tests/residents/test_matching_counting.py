"""How often each level is met among pairs, and whose pairs agreement is learnt from."""

from __future__ import annotations

import itertools

import duckdb
import pytest

from residents.matching import teaching
from residents.matching.counting import count_levels
from residents.matching.teaching import count_pairs, hand_over

LEVELS = [
    {"sql_condition": "name_l IS NULL OR name_r IS NULL", "is_null_level": True},
    {"sql_condition": "name_l = name_r"},
    {"sql_condition": "left(name_l, 1) = left(name_r, 1) OR old_l > old_r + 90"},
    {"sql_condition": "ELSE"},
]
NUMBERS = [{"sql_condition": "old_l IS NULL", "is_null_level": True}, {"sql_condition": "ELSE"}]


def held(names: list[str | None]) -> duckdb.DuckDBPyRelation:
    con = duckdb.connect()
    con.execute("CREATE TABLE people (version BIGINT, name VARCHAR, old BIGINT)")
    if names:
        con.executemany("INSERT INTO people VALUES (?, ?, ?)", [[n, one, n] for n, one in enumerate(names)])
    return con.table("people")


def naive(names: list[str | None]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for one, two in itertools.combinations(names, 2):
        if one is not None and two is not None:
            place = 1 if one == two else 2 if one[:1] == two[:1] else 3
            counts[place] = counts.get(place, 0) + 1
    return counts


@pytest.mark.parametrize("names", [[], ["Ada"], [None, "Ada"], ["Ada", "Ada", "Abe", None, "O'Neil", '=X"<b>', "Ada"]])
def test_every_two_are_counted_once_at_the_first_level_they_meet(names: list[str | None]) -> None:
    comparisons = [{"comparison_levels": LEVELS}, {"comparison_levels": NUMBERS}]
    pairs = len(names) * (len(names) - 1) // 2
    assert count_levels(held(names), comparisons) == [naive(names), {1: pairs} if pairs else {}]


COLUMNS = "middle, forename_all, name_groups, surname, surname_words, surname_key, surname_part, dob_text, dob_weak, \
dob_swapped, sex, homes, postcodes, street, house, upn, nino, email, phone, postcode"


def known(rows: list[tuple[int, str | None, str]]) -> duckdb.DuckDBPyConnection:
    """``versions`` of (subject, forename, birth date), with nothing else held."""
    con = duckdb.connect()
    empty = ", ".join(f"NULL::VARCHAR AS {name.strip()}" for name in COLUMNS.split(","))
    con.execute("CREATE TABLE given (version BIGINT, subject BIGINT, forename VARCHAR, dob VARCHAR)")
    con.executemany("INSERT INTO given VALUES (?, ?, ?, ?)", [[n, *row] for n, row in enumerate(rows)])
    con.sql(f"SELECT *, {empty} FROM given").create("versions")
    return con


def taught(con: duckdb.DuckDBPyConnection) -> list[int]:
    single = duckdb.connect(config={"threads": 1})
    hand_over(con, single, ("forename", "dob"), 1)
    return [version for (version,) in single.sql("SELECT version FROM training").fetchall()]


def test_only_versions_that_agree_with_another_key_teach() -> None:
    con = known([(1, "Ada", "a"), (1, "Ada", "a"), (2, "Ada", "a"), (3, "Bo", "b"), (3, "Bo", "b"), (4, None, "a")])
    assert taught(con) == [0, 1, 2]
    assert count_pairs(con, ("forename", "dob")) == 2


def test_of_too_many_some_teach_with_everyone_they_agree_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "_MOST_TAUGHT", 200)
    con = known([(number, "Ada", str(number // 2)) for number in range(2_000)])
    found = taught(con)
    assert 100 < len(found) < 300
    assert [number ^ 1 for number in found[::2]] == found[1::2]

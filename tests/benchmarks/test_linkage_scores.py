"""The scores of the linkage benchmark against counting by hand: pair by pair and day by day."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.linkage import errors, pages
from benchmarks.linkage.family_scores import make_family_days, one_to_one
from benchmarks.linkage.febrl import national_number, read_records
from benchmarks.linkage.scores import make_partners, scores

FIRST = dt.date(2024, 1, 1)
LAST = dt.date(2024, 1, 12)


def table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    con.execute(f"CREATE TABLE {name} ({columns})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def matched(records: list[tuple[str, str]], ethnicity: dict[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """One record of each (true person, made person), in one system."""
    con = duckdb.connect()
    keys = [("s", "s.csv", str(number)) for number in range(len(records))]
    columns = "source VARCHAR, file VARCHAR, record_id VARCHAR, "
    table(con, "person_records", columns + "subject_id VARCHAR", [(*key, key[2]) for key in keys])
    table(con, "true_record_person", columns + "person VARCHAR", [(*k, r[0]) for k, r in zip(keys, records)])
    table(con, "made_record_person", columns + "person_id VARCHAR", [(*k, r[1]) for k, r in zip(keys, records)])
    people = sorted({person for person, _ in records})
    group = ethnicity or {}
    table(
        con,
        "true_persons",
        "person VARCHAR, ethnicity VARCHAR, family VARCHAR",
        [(person, group.get(person, "WBRI"), "F" + person) for person in people],
    )
    make_partners(con)
    return con


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("xyz")), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_pairs_are_counted_as_one_by_one(records: list[tuple[str, str]]) -> None:
    pairs = list(combinations(records, 2))
    true = sum(a[0] == b[0] for a, b in pairs)
    made = sum(a[1] == b[1] for a, b in pairs)
    right = sum(a == b for a, b in pairs)
    with matched(records) as con:
        found = scores(con, "partners", intervals=False)[0]
    assert found.rows == len(records)
    assert found.precision == pytest.approx(right / made if made else float("nan"), nan_ok=True)
    assert found.recall == pytest.approx(right / true if true else float("nan"), nan_ok=True)
    assert found.f1 == pytest.approx(2 * right / (true + made) if true + made else float("nan"), nan_ok=True)


def test_a_pair_across_two_groups_counts_against_both() -> None:
    with matched([("A", "x"), ("A", "x"), ("B", "x")], {"A": "BAFR", "B": "CHNE"}) as con:
        found = {score.name: score for score in scores(con, "partners", "ethnicity")}
    assert found["BAFR"].precision == pytest.approx(0.5)
    assert found["CHNE"].precision == 0
    assert found["BAFR"].recall == 1


def test_rows_of_one_key_are_one_record_unless_they_are_of_two_people() -> None:
    con = duckdb.connect()
    columns = "source VARCHAR, file VARCHAR, record_id VARCHAR, "
    keys = [("s", "s.csv", f"{term}|{pupil}", pupil) for term in "123" for pupil in ("7", "8")]
    table(con, "person_records", columns + "subject_id VARCHAR", keys)
    owner = {"7": "A", "8": "B"}
    table(
        con,
        "true_record_person",
        columns + "person VARCHAR",
        [(*key[:3], "C" if key[2] == "3|8" else owner[key[3]]) for key in keys],
    )
    table(con, "made_record_person", columns + "person_id VARCHAR", [(*key[:3], "x" + key[3]) for key in keys])
    table(con, "true_persons", "person VARCHAR, ethnicity VARCHAR, family VARCHAR", [("A", "WBRI", "F")])
    make_partners(con)
    found = scores(con, "partners", intervals=False)[0]
    assert found.rows == 3
    assert found.precision == 0


def test_an_interval_needs_enough_families_and_holds_the_figure() -> None:
    few = [(f"P{n}", f"x{n}") for n in range(10) for _ in range(2)]
    many = [(f"P{n}", f"x{n}{copy if n % 4 == 0 else ''}") for n in range(60) for copy in range(2)]
    with matched(few) as con:
        assert scores(con, "partners")[0].low is None
    with matched(many) as con:
        found, again = scores(con, "partners")[0], scores(con, "partners")[0]
    assert found == again
    assert found.low is not None and found.high is not None
    assert found.low < found.f1 < found.high


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("xyz")), min_size=2, max_size=12))
@settings(max_examples=20, deadline=None)
def test_every_wrong_pair_is_in_one_part(records: list[tuple[str, str]]) -> None:
    pairs = list(combinations(records, 2))
    with matched(records) as con:
        con.execute(
            "CREATE TABLE versions AS SELECT source, subject_id, made AS person_id, 'sam' AS forename, "
            "['jones'] AS surname_words, NULL::DATE AS dob, [subject_id] AS homes FROM records"
        )
        errors.make_errors(con)
        lost = con.sql("SELECT coalesce(sum(pairs), 0) FROM missed").fetchall()[0][0]
        wrong = con.sql("SELECT coalesce(sum(pairs), 0) FROM joined").fetchall()[0][0]
        classes = errors.missed_classes(con)
    assert lost == sum(a[0] == b[0] and a[1] != b[1] for a, b in pairs)
    assert wrong == sum(a[0] != b[0] and a[1] == b[1] for a, b in pairs)
    assert [name for name, _, _ in classes] == (
        ["no birth date, one forename, one surname, addresses differ"] if lost else []
    )


# --- families ------------------------------------------------------------------------------------------------

Spell = tuple[str, str, int, int]


def in_families(
    records: list[tuple[str, str]], true: list[Spell], made: list[Spell], strict: bool = True
) -> duckdb.DuckDBPyConnection:
    """``true`` and ``made`` as (family, person, first day, last day), days counted from FIRST."""
    con = matched(records)
    day = [FIRST + dt.timedelta(days=n) for n in range(40)]
    table(
        con,
        "true_family_members",
        "family VARCHAR, person VARCHAR, role VARCHAR, from_date DATE, to_date DATE",
        [(f, p, "child", day[a], day[b]) for f, p, a, b in true],
    )
    table(
        con,
        "made_families",
        "family_id VARCHAR, person_id VARCHAR, role VARCHAR, from_date DATE, to_date DATE",
        [(f, p, "child", day[a], day[b]) for f, p, a, b in made],
    )
    make_family_days(con, FIRST, LAST, strict)
    return con


def by_hand(true: list[Spell], made: list[Spell]) -> tuple[int, int, int, int, int, int]:
    """Given, truth and right of person-family-days and of pair-days, day by day; made people are named as true ones."""
    days = range((LAST - FIRST).days + 1)
    t = {(f, p, d) for f, p, a, b in true for d in days if a <= d <= b}
    m = {(f, p, d) for f, p, a, b in made for d in days if a <= d <= b}
    common: dict[tuple[str, str], int] = {}
    for f, p, d in m:
        for g in {x[0] for x in t if x[1:] == (p, d)}:
            common[f, g] = common.get((f, g), 0) + 1
    ranked = sorted(common, key=lambda pair: (-common[pair], pair[1], pair[0]))
    which: dict[str, str] = {}
    for one, two in ranked:
        if one not in which and two not in which.values():
            which[one] = two
    right = sum((which.get(f), p, d) in t for f, p, d in m)

    def together(held: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
        return {(p, q, d) for f, p, d in held for g, q, e in held if f == g and d == e and p < q}

    both = together(m), together(t)
    return len(m), len(t), right, len(both[0]), len(both[1]), len(both[0] & both[1])


SPELLS = st.lists(
    st.tuples(st.sampled_from("FGH"), st.sampled_from("ABCD"), st.integers(0, 14), st.integers(0, 8)).map(
        lambda s: (s[0], s[1], s[2], s[2] + s[3])
    ),
    min_size=1,
    max_size=7,
)


@given(SPELLS, SPELLS)
@settings(max_examples=40, deadline=None)
def test_days_are_counted_as_day_by_day(true: list[Spell], made: list[Spell]) -> None:
    people = [(person, person) for person in "ABCD"]
    with in_families(people, true, made) as con:
        found = con.sql('SELECT sum(given), sum(truth), sum("right") FROM person_days').fetchall()[0]
        pairs = con.sql('SELECT given, truth, "right" FROM pair_days').fetchall()[0]
    expected = by_hand(true, made)
    assert tuple(int(n or 0) for n in found) == expected[:3]
    assert tuple(map(int, pairs)) == expected[3:]


TWICE = [("A", "a"), ("A", "a"), ("A", "a2"), ("B", "b")]


@pytest.mark.parametrize(("strict", "precision"), [(True, 2 / 3), (False, 1.0)])
def test_a_person_made_twice_has_wrong_days_in_the_strict_score(strict: bool, precision: float) -> None:
    true = [("F", "A", 0, 9), ("F", "B", 0, 9)]
    made = [("f", "a", 0, 9), ("f", "a2", 0, 9), ("f", "b", 0, 9)]
    with in_families(TWICE, true, made, strict) as con:
        found = scores(con, "person_days", "ethnicity", intervals=False)
    assert [score.name for score in found] == ["WBRI"]
    assert found[0].precision == pytest.approx(precision)
    assert found[0].recall == 1


def test_a_split_family_is_right_in_its_larger_part_only() -> None:
    people = [(p, p.lower()) for p in "ABC"]
    true = [("F", p, 0, 9) for p in "ABC"]
    made = [("f", "a", 0, 9), ("f", "b", 0, 9), ("g", "c", 0, 9)]
    with in_families(people, true, made) as con:
        found = scores(con, "person_days", intervals=False)[0]
        pairs = scores(con, "pair_days", intervals=False)[0]
    assert found.precision == found.recall == pytest.approx(2 / 3)
    assert (pairs.precision, pairs.recall) == (1, pytest.approx(1 / 3))


def test_a_family_without_a_child_on_a_covered_day_is_not_in_the_truth() -> None:
    with in_families([("A", "a")], [("F", "A", 20, 30)], [("f", "a", 0, 3)]) as con:
        found = scores(con, "person_days", intervals=False)[0]
    assert found.precision == 0
    assert found.recall != found.recall  # nothing to find


def test_one_to_one_takes_the_first_of_those_left() -> None:
    assert one_to_one([("a", "X"), ("b", "X"), ("a", "Y"), ("b", "Y")]) == [("a", "X"), ("b", "Y")]


# --- FEBRL and the page --------------------------------------------------------------------------------------


def test_the_national_number_is_mapped_one_to_one() -> None:
    numbers = [f"{first}{rest:06d}" for first in range(10) for rest in (0, 1, 999999, 123456)]
    mapped = [national_number(number) for number in numbers]
    assert len(set(mapped)) == len(numbers) and None not in mapped
    assert national_number("") is None and national_number("12345678") is None


def test_a_febrl_row_becomes_a_person_record(tmp_path: Path) -> None:
    path = tmp_path / "febrl3.csv"
    path.write_text(
        "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, "
        "soc_sec_id\n"
        "rec-1-org, robert'); drop table, o'neill, 7, mill st, , upton, 2119, sa, 19560431, 1804974\n"
    )
    (row,) = read_records(path)
    assert row["forename"] == "robert'); drop table"
    assert row["address"] == "7 mill st, upton"
    assert row["dob"] is None
    assert row["nino"] == "AB804974"


def test_what_a_person_wrote_stays_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "linkage.md"
    monkeypatch.setattr(pages, "PAGE", page)
    monkeypatch.setattr(pages, "RESULTS", tmp_path / "results.md")
    pages.keep({"FEBRL": "one", "Cost": "two"})
    page.write_text(page.read_text().replace("Not yet written.", "Initials are missed.\n\n### Why\n\nBecause."))
    pages.keep({"FEBRL": "three"})
    text = page.read_text()
    assert "Initials are missed.\n\n### Why\n\nBecause.\n\n## FEBRL\n\nthree\n\n## Cost\n\ntwo" in text
    assert "one" not in text.split("## FEBRL")[1]

"""What is shown of one person: every key, what joined them, homes and families; the sums of the waterfall are right."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from residents.lookup.index import open_index
from residents.lookup.links import Link, links_of
from residents.lookup.person import person_document
from residents.lookup.words import in_words
from residents.matching.model import COMPARISONS
from residents.matching.stored import stored_settings
from store.files import read_json
from tests.residents.lookup_borough import HOSTEL, OAK
from tests.residents.rooms import DAY, Index, Row


@pytest.fixture(scope="module")
def borough(looked_up: Index) -> Index:
    return looked_up


@pytest.fixture(scope="module")
def con(borough: Index) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_index(borough.run) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(borough: Index) -> Row:
    found = stored_settings(read_json(borough.run.root / "residents" / "model.json"))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def fatma(borough: Index, con: duckdb.DuckDBPyConnection, model: Row) -> Row:
    return person_document(con, model, borough.person("housing", "H2"))


def keys_of(links: list[Link]) -> set[tuple[str, str]]:
    return {key for link in links for key in (link.one, link.other)}


def test_every_link_is_the_sum_of_its_parts(con: duckdb.DuckDBPyConnection, model: Row) -> None:
    people = [row[0] for row in con.sql("SELECT person_id FROM people ORDER BY ALL").fetchall()]
    links = [link for person in people for link in links_of(con, model, person)]
    assert len(links) > 4
    for link in links:
        assert link.weight == pytest.approx(link.prior + sum(part.weight for part in link.parts), abs=0.06)
        assert link.probability == pytest.approx(1 / (1 + 2**-link.weight), abs=0.01)
        compared = {part.comparison for part in link.parts} | set(link.missing)
        assert compared == {comparison["output_column_name"] for comparison in model["comparisons"]}


def test_the_links_hold_all_keys_of_a_person_together_and_are_the_strongest(
    borough: Index, con: duckdb.DuckDBPyConnection, model: Row
) -> None:
    person = borough.person("housing", "H2")
    links = links_of(con, model, person)
    assert keys_of(links) == {("housing", "H2"), ("benefits", "B2"), ("housing", "H3")}
    assert len(links) == 2
    assert [link.weight for link in links] == sorted((link.weight for link in links), reverse=True)
    # H2 and H3 share neither surname nor home: each is held by what it shares with B2.
    assert all(("benefits", "B2") in (link.one, link.other) for link in links)


def test_a_person_of_one_key_has_no_link(borough: Index, con: duckdb.DuckDBPyConnection, model: Row) -> None:
    document = person_document(con, model, borough.person("library", "L9"))
    assert document["links"] == [] == document["homes"]
    assert document["identifiers"][0]["weight"] is None


def test_a_waterfall_says_what_was_found(borough: Index, con: duckdb.DuckDBPyConnection, model: Row) -> None:
    words = {
        part.comparison: (part.words, part.weight > 0)
        for link in links_of(con, model, borough.person("housing", "H2"))
        if ("housing", "H3") in (link.one, link.other)
        for part in link.parts
    }
    assert words["surname"] == ("same surname", True)
    assert words["dob"] == ("same birth date", True)
    assert words["phone"] == ("same telephone", True)
    assert words["home"] == ("no address or postcode in common", False)


def test_all_identifiers_are_told_with_their_weights(fatma: Row) -> None:
    found = {(row["system"], row["key"]): row for row in fatma["identifiers"]}
    assert set(found) == {("housing", "H2"), ("housing", "H3"), ("benefits", "B2")}
    assert found["benefits", "B2"]["nino"] == "QQ123456A"
    assert all(row["weight"] > 0 for row in found.values())


def test_homes_are_dated_and_say_who_else_lived_there(fatma: Row, borough: Index) -> None:
    new, old = fatma["homes"]
    assert new["address"] == "1 Elm Road, Testborough, AB1 2CD"
    assert (new["from_date"], new["to_date"]) == (DAY(2020, 1, 1), None)
    assert [other["person_id"] for other in new["with"]] == [borough.person("schools", "S1")]
    assert (old["uprn"], old["to_date"]) == (OAK, DAY(2019, 12, 31))
    assert old["with"] == [], "those who came later did not live with her"


def test_a_crowd_is_counted_and_not_named(borough: Index, con: duckdb.DuckDBPyConnection, model: Row) -> None:
    home = person_document(con, model, borough.person("housing", "X0"))["homes"][0]
    assert home["uprn"] == HOSTEL
    assert (home["others"], home["with"]) == (17, [])


def test_families_are_told_with_their_members(fatma: Row, borough: Index) -> None:
    (family,) = fatma["families"]
    assert {(member["person_id"], member["role"]) for member in family["members"]} == {
        (borough.person("housing", "H2"), "adult"),
        (borough.person("schools", "S1"), "child"),
    }


def test_nothing_shown_is_of_another_zone(fatma: Row) -> None:
    text = str(fatma).lower()
    for word in ("ethnic", "score", "pseudonym", "analysis"):
        assert word not in text


@pytest.mark.parametrize("part", ["condition", "comparison", "missing"])
def test_a_model_that_compares_otherwise_is_not_used(part: str, borough: Index, con: duckdb.DuckDBPyConnection) -> None:
    document = read_json(borough.run.root / "residents" / "model.json")
    comparisons = document["settings"]["comparisons"]
    if part == "comparison":
        comparisons.append({**comparisons[0], "output_column_name": "another"})
    else:
        comparisons[0]["comparison_levels"][0 if part == "missing" else 1]["sql_condition"] = "1 = (SELECT 1)"
    assert stored_settings(document) is None
    shown = person_document(con, None, borough.person("housing", "H2"))
    assert shown["links"] is None
    assert len(shown["identifiers"]) == 3


def test_the_chances_are_those_that_the_run_kept(borough: Index) -> None:
    document = read_json(borough.run.root / "residents" / "model.json")
    for comparison in document["settings"]["comparisons"]:
        for place, level in enumerate(comparison["comparison_levels"][1:], start=1):
            level["m_probability"], level["u_probability"] = place / 100, place / 1000
    found = stored_settings(document)
    assert found is not None
    assert found["comparisons"] == document["settings"]["comparisons"]
    assert found["probability_two_random_records_match"] == document["prior"]


def test_every_finding_can_be_said_in_words_of_its_own() -> None:
    assert in_words("surname", "same", 2.0) == "same surname (a rare name)"
    assert in_words("surname", "same", -2.0) == "same surname (a common name)"
    assert in_words("dob", "one slip", 0.0) == "birth dates differ by one digit"
    for comparison in COMPARISONS:
        said = [in_words(comparison.name, level.label, 0.0) for level in comparison.levels]
        assert len(set(said)) == len(said)

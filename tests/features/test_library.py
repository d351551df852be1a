"""The library as a whole: what it rests on, what its needs are made of, and that nothing grows out of hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from features.catalogue import entries
from features.definitions import Feature
from features.library import library
from features.needs import CRITERIA, NEEDS
from features.patterns import in_windows
from features.streams import CONTACTS
from features.values import AnyOf, Named
from sources.tables import TABLES
from tests.features.engines import computed
from tests.features.test_definitions import made

_NOT_EVENTS = {"person_records", "addresses", "group_members", "relationships", "workers"}


def test_every_table_of_events_feeds_a_feature() -> None:
    fed = {table for feature in library() for table in feature.sources}
    assert {table.name for table in TABLES} - fed == _NOT_EVENTS


@pytest.mark.parametrize("need", [*NEEDS, *CRITERIA], ids=lambda need: need.name)
def test_all_evidence_of_a_need_is_a_feature_by_name(need: Feature) -> None:
    assert isinstance(need.value, AnyOf)
    named = [part.name for part in need.value.parts if isinstance(part, Named)]
    assert len(named) == len(need.value.parts) == len(set(named))
    assert set(named) <= {feature.name for feature in library()}


def test_there_are_ten_needs_and_six_criteria() -> None:
    assert (len(NEEDS), len(CRITERIA)) == (10, 6)


def test_two_names_of_one_number_are_told() -> None:
    told = {entry["name"]: entry["same_as"] for entry in entries(library()) if entry["same_as"]}
    assert told == {"criterion_crime": "need_crime", "criterion_domestic_abuse": "need_domestic_abuse"}


def test_an_owner_must_be_named() -> None:
    with pytest.raises(ValueError, match="who in the council"):
        made(owner=" ")


def test_a_measure_over_several_windows_is_one_expression() -> None:
    def make(**fields: object) -> Feature:
        return made(**fields)

    three, six = in_windows(
        make,
        "contacts_{days}",
        lambda days: CONTACTS.count(days=days),
        *(91, 182),
        label="Contacts, last {period}",
        sentence="{value} day(s) in the last {period}.",
    )
    assert (three.name, three.windows, three.label) == ("contacts_91", (91,), "Contacts, last 3 months")
    assert (six.name, six.windows, six.sentence) == ("contacts_182", (182,), "{value} day(s) in the last 6 months.")


def test_other_children_are_those_of_this_home_however_many_homes_the_child_has(tmp_path: Path) -> None:
    """Ben, 3, lives with Ann, 2, in one home and with Cat, 9, and Dan, 12, in another."""
    as_of, long_ago = dt.date(2026, 3, 31), dt.date(2020, 1, 1)
    born = {
        "ann": dt.date(2024, 1, 1),
        "ben": dt.date(2023, 1, 1),
        "cat": dt.date(2017, 1, 1),
        "dan": dt.date(2014, 1, 1),
    }
    homes = {"one": ("ann", "ben"), "two": ("ben", "cat", "dan")}
    tables = {
        "people": [{"person_id": person, "dob": day} for person, day in born.items()],
        "families": [
            {"family_id": home, "person_id": person, "role": "child", "from_date": long_ago, "recorded_on": long_ago}
            for home, people in homes.items()
            for person in people
        ],
    }
    names = ("children", "children_under_5", "brothers_and_sisters", "younger_children_under_5")
    asked = [feature for feature in library() if feature.name in names]
    _, found = computed("duckdb", tmp_path, tables, asked, [as_of])
    told = {key[1:]: (row["brothers_and_sisters"], row["younger_children_under_5"]) for key, row in found.items()}
    assert told == {
        ("ann", "one"): (1, 1),
        ("ben", "one"): (1, 1),
        ("ben", "two"): (2, 0),
        ("cat", "two"): (2, 1),
        ("dan", "two"): (2, 1),
    }

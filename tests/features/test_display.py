"""A definition as a notebook shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.definitions import Direction, Feature, NullRule
from features.library import library
from features.streams import CONTACTS
from tests.store.test_display import HOSTILE, Elements

MINE = Feature(
    name="contacts_91",
    subject="referrals",
    label="Contacts, last 3 months",
    value=CONTACTS.count(days=91),
    null_rule=NullRule.ZERO,
    direction=Direction.RISES,
    sentence="{value} contact(s) in the last 3 months.",
    sentence_none="No contact in the last 3 months.",
    why="Somebody was worried.",
    caveats="It follows watching.",
    owner="Front door",
)


def test_it_says_all_that_a_definition_must() -> None:
    text = Elements(MINE._repr_html_()).text
    for said in (
        *("Contacts, last 3 months", "contacts_91", "The number of contacts in the 91 days before the as-of date"),
        *("each family, from contacts with children's services", "more is never less of a worry"),
        *("3 contacts in the last 3 months.", "No contact in the last 3 months.", "No record means"),
        *("Somebody was worried.", "It follows watching.", "Front door"),
    ):
        assert said in text


def test_every_feature_of_the_library_has_one_that_is_whole_and_short() -> None:
    for feature in library():
        found = Elements(feature._repr_html_())
        assert not found.open and feature.label in found.text, feature.name
        assert "{value}" not in found.text and "`" not in found.text, feature.name
        assert len(found.text) < 3500, feature.name


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_text(hostile: str) -> None:
    shown = replace(MINE, label=hostile, why=hostile, caveats=hostile, owner=hostile, sentence_none=hostile)
    found = Elements(shown._repr_html_())
    assert found.text.count(hostile) == 5 and not found.names & {"script", "img"}

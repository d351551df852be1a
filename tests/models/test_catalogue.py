"""The catalogue as the features room writes it, and the sentences made from it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from features.catalogue import entries
from features.definitions import Direction, Feature, NullRule
from features.library import library
from features.streams import CONTACTS
from features.values import Value, any_of
from features.values import feature as named
from features.wording import written
from models.catalogue import choose, read_catalogue
from models.target import FeatureChoice, Unit
from models.targets import TARGETS
from store.errors import InputRejected
from tests.models.made_up import Size, catalogue


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_the_library_serves_every_target(target: Any) -> None:
    unit = target.cohort.unit
    features = choose(read_catalogue(entries(library()), unit), target.features)
    names = [feature.name for feature in features]
    assert target.needs_count in names
    assert set(target.single_indicators) | set(target.cohort.known) <= set(names)
    if target.unlabelled:
        assert {*target.unlabelled.signs, *target.unlabelled.noticing, target.unlabelled.count} <= set(names)
    assert len(names) >= 40
    assert not [name for name in names if name.endswith("_unknown")]
    for feature in features:
        for value in (None, -0.25, 0.0, 1.0, 12.5):
            sentence = feature.say(value, 3.0)
            assert "{" not in sentence, feature.name
            assert sentence.endswith(".")


def test_a_familys_feature_has_another_column_in_the_childrens_table() -> None:
    made = catalogue(Size())
    assert {f.name: f.column for f in read_catalogue(made, Unit.CHILD)}["needs_count"] == "family_needs_count"
    assert {f.name: f.column for f in read_catalogue(made, Unit.FAMILY)}["needs_count"] == "needs_count"
    assert {f.level for f in read_catalogue(made, Unit.FAMILY)} == {"family"}


def test_a_target_can_leave_out_subjects_and_features() -> None:
    features = read_catalogue(catalogue(Size()), Unit.CHILD)
    chosen = choose(
        features, FeatureChoice(("child", "family"), without_subjects=("rent",), without=("child_signal_0",))
    )
    assert [feature.name for feature in chosen] == ["child_signal_1", "child_signal_2", "child_signal_3"]


def test_of_one_number_under_two_names_a_model_takes_the_earlier() -> None:
    made = catalogue(Size())
    twin = {**made[1], "name": "twin", "columns": {"families": "twin", "children": "family_twin"}}
    features = read_catalogue([*made, {**twin, "same_as": made[1]["name"]}], Unit.FAMILY)
    everything, first = FeatureChoice(("family",)), made[1]["name"]
    assert {feature.same_as for feature in features} == {"", first}
    names = [feature.name for feature in choose(features, everything)]
    assert first in names and "twin" not in names
    # Where the target does without the earlier one, the later is the only one there is.
    names = [feature.name for feature in choose(features, FeatureChoice(("family",), without=(first,)))]
    assert first not in names and "twin" in names


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_no_target_is_given_one_number_twice(target: Any) -> None:
    library_of_unit = read_catalogue(entries(library()), target.cohort.unit)
    twins = {feature.name: feature.same_as for feature in library_of_unit if feature.same_as}
    assert twins, "the library has such features, or this tests nothing"
    taken = {feature.name for feature in choose(library_of_unit, target.features)}
    assert not [name for name, earlier in twins.items() if {name, earlier} <= taken]


def leaking(name: str, value: Value) -> Feature:
    return Feature(
        name=name,
        subject="made_up",
        label="Made up",
        value=value,
        null_rule=NullRule.ZERO,
        direction=Direction.FREE,
        sentence="{value} made up.",
        why="To be refused.",
        owner="Nobody: a test",
    )


@pytest.mark.parametrize("chosen", ["late_contacts", "any_late_contact"])
def test_no_model_learns_from_a_feature_that_leaks_itself_or_through_another(chosen: str) -> None:
    leaky = leaking("late_contacts", CONTACTS.leaks("How much is recorded late?").count(days=91))
    derived = leaking("any_late_contact", any_of(named("late_contacts")))
    honest = leaking("contacts", CONTACTS.count(days=91))
    features = read_catalogue(entries((leaky, derived, honest)), Unit.FAMILY)
    assert {f.name: f.leaks for f in features if f.leaks} == dict.fromkeys(
        ("late_contacts", "any_late_contact"), ("How much is recorded late?",)
    )
    others = tuple(f.name for f in features if f.leaks and f.name != chosen)
    with pytest.raises(InputRejected, match=f"{chosen} .*leaks") as refused:
        choose(features, FeatureChoice(("family",), without=others))
    assert chosen in refused.value.where
    assert [f.name for f in choose(features, FeatureChoice(("family",), without=(chosen, *others)))] == ["contacts"]


def test_no_feature_of_the_library_leaks() -> None:
    assert [entry["name"] for entry in entries(library()) if entry["leaks"]] == []


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.234, "share", "23%"),
        (0.0234, "share", "2.3%"),
        (1.0, "share", "100%"),
        (-0.0001, "share", "0%"),
        (1234.0, "number", "1,234"),
        (2.25, "number", "2.2"),
        (-0.01, "number", "0"),
        (0.04, "number", "under 0.1"),
        (0.0004, "share", "under 0.1%"),
        (0.0005, "share", "0.1%"),
        (0.0, "number", "0"),
        (0.0, "share", "0%"),
        (1234.56, "pounds", "£1,235"),
        (1.0, "flag", "yes"),
        (0.0, "flag", "no"),
    ],
)
def test_figures_are_written_plainly(value: float, unit: str, words: str) -> None:
    assert written(value, unit) == words


def test_the_sentence_has_value_typical_value_and_source() -> None:
    (feature, *_) = read_catalogue(catalogue(Size()), Unit.FAMILY)
    assert feature.say(4.0, 1.0) == "4 needs are evidenced (1 for a typical family; source: made up)."
    assert feature.say(4.0, 0.0) == "4 needs are evidenced (none for a typical family; source: made up)."
    rare = feature.say(4.0, 1.0, usual=False)
    assert rare == "4 needs are evidenced (1 for a typical family with such a record; source: made up)."
    assert feature.say(None, 1.0) == "needs count: not known (source: made up)."


@pytest.mark.parametrize(
    ("name", "value", "median", "said"),
    [
        ("days_since_contact", 22.0, 440.0, "The last contact with children's social care was 22 days ago (14 months "),
        ("rent_arrears_weeks", 6.25, 0.4, "Owes 6.2 weeks of rent (0.4 for a typical family; source: rent accounts)."),
        ("rent_arrears_weeks", 1.0, 0.4, "Owes 1 week of rent ("),
        ("rent_arrears_weeks", 0.03, 0.4, "Owes under 0.1 weeks of rent ("),
        (
            "weekly_rent",
            122.24,
            121.9,
            "About £122 of rent was charged a week in the last 3 months (£122 for a typical ",
        ),
        ("household_size", 1.0, 3.0, "1 member of the family is known ("),
        ("household_size", 2.0, 3.0, "2 members of the family are known ("),
        ("contacts_change_182", 1.0, 0.0, "There was 1 more day with a contact than in the six months before ("),
        ("domestic_incidents_change_182", 2.0, 0.0, "There were 2 more domestic abuse notifications than in the six "),
        ("social_care_plans_ever", 1.0, 0.0, "1 plan or period of social care is on record for the children ("),
        ("social_workers_730", 1.0, 1.0, "1 worker of children's social care was allocated in the last 2 years ("),
        ("unauthorised_share_182_max", 0.0, 0.2, "All of the children's absence in the last 6 months was with leave ("),
        ("rent_arrears_weeks", -3.0, 0.4, "The rent account is in credit (source: rent accounts)."),
        ("temporary_accommodation", 1.0, 0.0, "Lives in temporary accommodation (source: council tenancies)."),
        ("contacts_365", 1.0, 0.0, "Children's social care was contacted on 1 day in the last 12 months (none for "),
        ("contacts_365", 3.0, 0.0, "Children's social care was contacted on 3 days in the last 12 months ("),
        ("moves_365", 2.0, 0.0, "A member of the family appeared at 2 new addresses in the last 12 months ("),
        ("children", 1.0, 2.0, "1 child under 18 in the family ("),
        ("children", 3.0, 2.0, "3 children under 18 in the family ("),
        ("children_suspensions_365", 1.0, 0.0, "In the last 12 months the children were suspended or excluded once ("),
        ("free_school_meals_children", 1.0, 0.0, "1 of the children was eligible for free school meals at the last "),
        ("free_school_meals_children", 2.0, 0.0, "2 of the children were eligible for free school meals at the last "),
        ("absence_rate_182_max", 0.34, 0.06, "One child missed 34% of possible sessions in the last 6 months (6% for "),
        ("absence_change_182_max", -0.05, 0.0, "Each child at school missed less than in the same 6 months a year "),
    ],
)
def test_sentences_of_the_library_read_well(name: str, value: float, median: float, said: str) -> None:
    feature = next(one for one in read_catalogue(entries(library()), Unit.FAMILY) if one.name == name)
    assert feature.say(value, median).startswith(said)


def test_no_sentence_is_clumsy_whatever_the_value() -> None:
    clumsy = re.compile(r"  |\(s\)|\(es\)|\(ren\)|\||_|: yes|: no\b|median|\b1 \w+s\b|\.\.|-\d")
    for unit in Unit:
        for feature in read_catalogue(entries(library()), unit):
            for value in (None, -0.25, 0.0, 1.0, 2.0, 12.5, 400.0):
                if value is not None and feature.unit in ("flag", "days") and value < 0:
                    continue
                if value is not None and value < 0 and feature.sentences.below == feature.sentences.above:
                    continue
                sentence = feature.say(value, 1.0 if value else 3.0)
                assert not clumsy.search(sentence), sentence


@pytest.mark.parametrize("broken", [{}, [1], [{"name": "x", "columns": {"families": "x"}}]])
def test_a_catalogue_that_is_not_one_is_rejected(broken: Any) -> None:
    with pytest.raises(InputRejected):
        read_catalogue(broken, Unit.FAMILY)


def test_a_direction_that_is_none_or_a_feature_listed_twice_is_rejected() -> None:
    made = catalogue(Size())
    with pytest.raises(InputRejected, match="direction"):
        read_catalogue([{**made[0], "direction": 2}], Unit.FAMILY)
    with pytest.raises(InputRejected, match="twice"):
        read_catalogue([made[0], made[0]], Unit.FAMILY)

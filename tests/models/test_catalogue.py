"""The catalogue as the features room writes it, and the sentences made from it."""

from __future__ import annotations

from typing import Any

import pytest

from features.catalogue import entries
from features.library import library
from models.catalogue import choose, read_catalogue, written
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
    assert set(target.single_indicators) <= set(names)
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
        (1.0, "flag", "yes"),
        (0.0, "flag", "no"),
    ],
)
def test_figures_are_written_plainly(value: float, unit: str, words: str) -> None:
    assert written(value, unit) == words


def test_the_sentence_has_value_median_and_source() -> None:
    (feature, *_) = read_catalogue(catalogue(Size()), Unit.FAMILY)
    assert feature.say(4.0, 1.0) == "4 needs are evidenced (median 1; source: made up)."
    assert feature.say(None, 1.0) == "needs count: not known (source: made up)."


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

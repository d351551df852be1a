"""What each column of the feature tables is, for people and for the rooms that use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from features.definitions import Feature, Level, Unit
from features.describing import columns_read, definition, null_rule_in_words
from features.tables import FAMILY_PREFIX
from features.values import AnyOf, Named, SumOf, Value, names_of, parts_of
from features.wording import sources_in_words

_COUNTS = (AnyOf, SumOf)


def entries(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """One object for each feature, and one for each indicator column, in the order of the tables' columns.

    ``columns`` gives the column's name in each table: a family's feature is ``family_<name>`` to a child,
    beside whose own it is put as they are read (`features.reading.feature_rows`). ``same_as`` names an earlier feature
    that is the same number under another name: of the two one is enough for a model, or for a list of reasons.
    """
    same_as = twins(features)
    return [entry for feature in features for entry in _entries(feature, features, same_as.get(feature.name))]


def twins(features: Iterable[Feature]) -> dict[str, str]:
    """Features that are worked out in the very same way as an earlier one, and which: two names of one number."""
    first: dict[tuple[Any, ...], str] = {}
    found = {}
    for one in features:
        worked_out = (one.level, one.value, one.roll, one.over, one.null_rule)
        if first.setdefault(worked_out, one.name) != one.name:
            found[one.name] = first[worked_out]
    return found


def _entries(feature: Feature, features: Sequence[Feature], same_as: str | None) -> Iterable[dict[str, Any]]:
    sources = all_sources(feature, features)
    common: dict[str, Any] = {
        "subject": feature.subject,
        "level": feature.level.value,
        "source": sources_in_words(sources),
        "sources": list(sources),
        "windows": list(feature.windows),
        "roll": feature.roll.value,
        "over": feature.over.value,
        "why": feature.why,
        "caveats": feature.caveats,
        "owner": feature.owner,
        "reads": {table: list(columns) for table, columns in columns_read(feature).items()},
        "leaks": list(all_leaks(feature, features)),
    }
    words = definition(feature)
    yield {
        **common,
        "name": feature.name,
        "columns": _places(feature.name, feature.level),
        "label": feature.label,
        "definition": words.text,
        "formula": words.formula,
        "steps": [{"letter": letter, "words": step} for letter, step in words.steps],
        "null_rule": feature.null_rule.value,
        "null_rule_words": null_rule_in_words(feature),
        "direction": int(feature.direction),
        "unit": feature.unit.value,
        "sentence": _any_value(feature),
        "sentences": {
            "above": feature.sentence,
            "none": feature.sentence_none or _any_value(feature),
            "below": feature.sentence_below or _any_value(feature),
        },
        "made_of": sorted(_counted(feature.value)),
        "indicator": feature.indicator,
        "indicator_of": None,
        "same_as": same_as,
    }
    if feature.indicator:
        yield {
            **common,
            "name": feature.indicator,
            "columns": _places(feature.indicator, feature.level),
            "label": f"{feature.label}: not known",
            "definition": f"1 where {feature.label[0].lower()}{feature.label[1:]} is not known, else 0.",
            "formula": f"whether `{feature.name}` is blank (1 or 0)",
            "steps": [],
            "null_rule": "zero",
            "null_rule_words": "Never blank.",
            "direction": 0,
            "unit": Unit.FLAG.value,
            "sentence": f"{feature.label}: not known: {{value}}.",
            "sentences": {
                "above": f"{feature.label}: not known.",
                "none": f"{feature.label}: known.",
                "below": f"{feature.label}: known.",
            },
            "made_of": [],
            "indicator": None,
            "indicator_of": feature.name,
            "same_as": same_as and f"{same_as}_unknown",
        }


def _counted(value: Value) -> set[str]:
    """The features of which each by itself, where it is above 0, is part of what is counted.

    One that counts only from some figure on is left out: a low figure would be shown as a part that it is not.
    """
    return {part.name for part in parts_of(value) if isinstance(part, Named)} if isinstance(value, _COUNTS) else set()


def _any_value(feature: Feature) -> str:
    """A sentence that is true whatever the value."""
    return f"{feature.label}: {{value}}." if feature.unit is Unit.FLAG else feature.sentence


def _places(name: str, level: Level) -> dict[str, str]:
    if level is Level.CHILD:
        return {"children": name}
    return {"families": name, "children": FAMILY_PREFIX + name}


def all_sources(feature: Feature, features: Sequence[Feature]) -> tuple[str, ...]:
    """Every table a feature rests on, by way of other features too."""
    by_name = {f.name: f for f in features}
    found = dict.fromkeys(feature.sources)
    for name in names_of(feature.value):
        below = _named(name, by_name)
        if below is not None:
            found.update(dict.fromkeys(all_sources(below, features)))
    return tuple(found)


def all_leaks(feature: Feature, features: Sequence[Feature]) -> tuple[str, ...]:
    """Why a feature may look at rows that were not known at the as-of date, by way of other features too."""
    by_name = {f.name: f for f in features}
    found = dict.fromkeys(stream.leak for stream in feature.streams if stream.leak)
    for name in names_of(feature.value):
        below = _named(name, by_name)
        if below is not None:
            found.update(dict.fromkeys(all_leaks(below, features)))
    return tuple(found)


def _named(name: str, by_name: Mapping[str, Feature]) -> Feature | None:
    """The feature behind a name in a value: its own, its family's, or the column that says it is unknown."""
    own = name.removeprefix(FAMILY_PREFIX)
    return by_name.get(name) or by_name.get(own) or by_name.get(own.removesuffix("_unknown"))

"""The features a model may use, as the feature room's catalogue lists them, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.target import FeatureChoice
from store.errors import InputRejected

CATALOGUE = "features/catalogue.json"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Feature:
    """One feature of the catalogue."""

    name: str
    level: str
    subject: str
    label: str
    direction: int
    """+1 where more means more likely, -1 where less does, 0 where neither is assumed."""
    sentence: str
    unit: str
    details: Mapping[str, str]
    """The catalogue's other plain facts (source, period, caveats), for the sentence's placeholders."""

    def say(self, value: float | None, median: float | None) -> str:
        """The reason in plain English for a case's value and the cohort's median."""
        words = {"value": written(value, self.unit), "median": written(median, self.unit), "label": self.label}
        facts = {**self.details, **words}
        return _PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), self.sentence)


def read_catalogue(document: Any) -> tuple[Feature, ...]:
    """The features of a parsed ``catalogue.json``; raises InputRejected when it is not what was agreed."""
    if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
        raise InputRejected("The feature catalogue is not a list of features.", where=CATALOGUE, fix=_RERUN)
    features = tuple(_feature(entry) for entry in document)
    names = [(feature.level, feature.name) for feature in features]
    if len(set(names)) != len(names):
        raise InputRejected("The feature catalogue lists a feature twice.", where=CATALOGUE, fix=_RERUN)
    return features


def choose(features: Sequence[Feature], choice: FeatureChoice) -> tuple[Feature, ...]:
    """The features a target allows, in the catalogue's order.

    Where a child's own feature and the family's have one name, the child's own is taken.
    """
    allowed = [
        feature
        for feature in features
        if feature.level in choice.levels
        and feature.subject not in choice.without_subjects
        and feature.name not in choice.without
    ]
    own = {feature.name for feature in allowed if feature.level == "child"}
    return tuple(feature for feature in allowed if feature.level == "child" or feature.name not in own)


def written(value: float | None, unit: str) -> str:
    """A value for a sentence: money from pence, shares as percentages, counts whole."""
    if value is None:
        return "not known"
    if unit == "pence":
        pounds = f"{abs(value) / 100:,.0f}"
        return f"-£{pounds}" if value < 0 and pounds != "0" else f"£{pounds}"
    if unit == "share":
        return f"{value * 100:.1f}".removesuffix(".0") + "%"
    if unit == "flag":
        return "yes" if value > 0 else "no"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


_RERUN = "Run the features stage again."


def _feature(entry: Mapping[str, Any]) -> Feature:
    try:
        direction = int(entry["direction"])
        feature = Feature(
            name=str(entry["name"]),
            level=str(entry["level"]),
            subject=str(entry["subject"]),
            label=str(entry["label"]),
            direction=direction,
            sentence=str(entry["sentence"]),
            unit=str(entry.get("unit", "number")),
            details={key: str(value) for key, value in entry.items() if isinstance(value, str | int | float)},
        )
    except (KeyError, TypeError, ValueError):
        raise InputRejected(
            "A feature in the catalogue lacks its name, level, subject, label, direction or sentence.",
            where=CATALOGUE,
            fix=_RERUN,
        ) from None
    if direction not in (-1, 0, 1):
        raise InputRejected(
            "A feature's direction is not -1, 0 or 1.", where=f"{CATALOGUE}: {feature.name}", fix=_RERUN
        )
    return feature

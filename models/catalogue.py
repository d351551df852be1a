"""The features a model may use, as the feature room's catalogue lists them, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.target import FeatureChoice, Unit
from store.errors import InputRejected

CATALOGUE = "features/catalogue.json"
TABLE_OF = {Unit.FAMILY: "families", Unit.CHILD: "children"}
"""The feature table that has a row for each unit."""

_VALUE = re.compile(r"\{value(?::([^{}]*))?\}")
_NAMED_SOURCES = 3
_RERUN = "Run the features stage again."


@dataclass(frozen=True)
class Feature:
    """One feature of the catalogue, as one feature table has it."""

    name: str
    column: str
    level: str
    subject: str
    label: str
    direction: int
    """+1 where more means more likely, -1 where less does, 0 where neither is assumed."""
    sentence: str
    sentence_none: str
    """Said when the value is 0; empty for ``sentence``."""
    sentence_below: str
    """Said when the value is negative; empty for ``sentence``."""
    source: str

    def say(self, value: float | None, median: float | None) -> str:
        """The reason in plain English: the value, the cohort's median beside it, and the source.

        The period is part of the catalogue's own sentence. The median is given in the sentence's own format and
        left out of sentences that state a fact without a figure.
        """
        if value is None:
            words = f"{self.label}: not known."
        else:
            template = self._template(value)
            words = _VALUE.sub(lambda found: _written(value, found[1]), template)
            figure = _VALUE.search(self.sentence)
            if figure and median is not None:
                words = f"{words} Median of all on the same footing: {_written(median, figure[1])}."
        return f"{words} Source: {self.source}." if self.source else words

    def _template(self, value: float) -> str:
        if value == 0 and self.sentence_none:
            return self.sentence_none
        if value < 0 and self.sentence_below:
            return self.sentence_below
        return self.sentence


def read_catalogue(document: Any, unit: Unit) -> tuple[Feature, ...]:
    """The features of a parsed ``catalogue.json`` that the unit's table has, in the catalogue's order.

    Columns that only say that another feature is unknown are left out: every candidate sees the blank itself.
    Raises InputRejected when the document is not what was agreed.
    """
    if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
        raise InputRejected("The feature catalogue is not a list of features.", where=CATALOGUE, fix=_RERUN)
    found = [_feature(entry, unit) for entry in document if entry.get("indicator_of") is None]
    features = tuple(feature for feature in found if feature is not None)
    if len({feature.column for feature in features}) != len(features):
        raise InputRejected("The feature catalogue lists a feature twice.", where=CATALOGUE, fix=_RERUN)
    return features


def choose(features: Sequence[Feature], choice: FeatureChoice) -> tuple[Feature, ...]:
    """The features a target allows."""
    return tuple(
        feature
        for feature in features
        if feature.level in choice.levels
        and feature.subject not in choice.without_subjects
        and feature.name not in choice.without
    )


def _feature(entry: Mapping[str, Any], unit: Unit) -> Feature | None:
    """The feature as the unit's table has it; nothing when that table has it not."""
    try:
        columns: Mapping[str, str] = entry["columns"]
        if TABLE_OF[unit] not in columns:
            return None
        direction = int(entry["direction"])
        feature = Feature(
            name=str(entry["name"]),
            column=str(columns[TABLE_OF[unit]]),
            level=str(entry["level"]),
            subject=str(entry["subject"]),
            label=str(entry["label"]),
            direction=direction,
            sentence=str(entry["sentence"]),
            sentence_none=str(entry.get("sentence_none", "")),
            sentence_below=str(entry.get("sentence_below", "")),
            source=_sources(str(entry.get("source", ""))),
        )
    except (KeyError, TypeError, ValueError):
        raise InputRejected(
            "A feature in the catalogue lacks its name, columns, level, subject, label, direction or sentence.",
            where=CATALOGUE,
            fix=_RERUN,
        ) from None
    if direction not in (-1, 0, 1):
        raise InputRejected(
            "A feature's direction is not -1, 0 or 1.", where=f"{CATALOGUE}: {feature.name}", fix=_RERUN
        )
    return feature


def _sources(listed: str) -> str:
    names = [name.replace("_", " ") for name in listed.split(", ") if name]
    if len(names) > _NAMED_SOURCES:
        return f"{', '.join(names[:_NAMED_SOURCES])} and {len(names) - _NAMED_SOURCES} more"
    return ", ".join(names)


def _written(value: float, form: str | None) -> str:
    """A figure in the template's format; a template without one gives whole numbers whole."""
    if form:
        # Adding 0.0 keeps a value that rounds to nothing from being written as -0.
        return format(round(value, 6) + 0.0, form)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"

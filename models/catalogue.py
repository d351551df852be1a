"""The features a model may use, as the feature room's catalogue lists them, and their sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.wording import filled, written
from models.target import FeatureChoice, Unit
from store.errors import InputRejected

CATALOGUE = "features/catalogue.json"
TABLE_OF = {Unit.FAMILY: "families", Unit.CHILD: "children"}
"""The feature table that has a row for each unit."""

_VALUE = "{value}"
_RERUN = "Run the features stage again."


@dataclass(frozen=True)
class Sentences:
    """What a panel reads, by the sign of the value; ``{value}`` stands for the figure."""

    above: str
    none: str
    below: str

    def of(self, value: float) -> str:
        if value == 0:
            return self.none
        return self.above if value > 0 else self.below


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
    unit: str
    """number, share, flag or days: how a value is written."""
    sentences: Sentences
    source: str
    sources: tuple[str, ...] = ()
    """The tables of the sources room that it rests on, itself or through features that it is made of."""
    leaks: tuple[str, ...] = ()
    """Why its author looks at rows that were not known at the as-of date; none for a feature fit to train on."""
    null_rule: str = ""
    """What a blank means: unknown, not_applicable, or zero where there is none."""
    same_as: str = ""
    """An earlier feature that is the same number under another name; none for most."""
    made_of: tuple[str, ...] = ()
    """The features that it is made of, where it is."""

    def say(self, value: float | None, median: float | None, *, usual: bool = True) -> str:
        """The reason in plain English, with the typical figure beside the case's own, and the source.

        ``median`` is that of the cohort's known values, and ``usual`` whether most of the cohort has one. The
        period is part of the catalogue's own sentence. A sentence that states a fact without a figure has nothing
        to compare it with.
        """
        template = f"{self.label}: not known." if value is None else self.sentences.of(value)
        words = template if value is None else filled(template, written(value, self.unit))
        beside = [f"source: {self.source}"] if self.source else []
        if _VALUE in template and median is not None:
            who = f"a typical {self.level}" if usual else f"a typical {self.level} with such a record"
            figure = written(median, self.unit)
            beside.insert(0, f"{'none' if figure in ('0', '0%') else figure} for {who}")
        return f"{words.removesuffix('.')} ({'; '.join(beside)})." if beside else words


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
    """The features a target allows, of two that are one number under two names the earlier alone.

    With both a model would share out between them what it could have given to one, and say one reason twice.
    Raises InputRejected when one of them looks at what was not known at the as-of date.
    """
    allowed = [
        feature
        for feature in features
        if feature.level in choice.levels
        and feature.subject not in choice.without_subjects
        and feature.name not in choice.without
    ]
    names = {feature.name for feature in allowed}
    chosen = tuple(feature for feature in allowed if feature.same_as not in names)
    leaking = [feature.name for feature in chosen if feature.leaks]
    if leaking:
        raise InputRejected(
            f"The feature {leaking[0]} looks at rows that were not known at the as-of date (it was made with "
            "leaks(...)), so that no model may learn from it.",
            where=f"{CATALOGUE}: {', '.join(leaking)}",
            fix="Make it without leaks(...), or name it in the target's list of features to do without.",
        )
    return chosen


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
            unit=str(entry["unit"]),
            sentences=Sentences(*(str(entry["sentences"][sign]) for sign in ("above", "none", "below"))),
            source=str(entry.get("source", "")),
            sources=tuple(str(table) for table in entry.get("sources", ())),
            leaks=tuple(str(reason) for reason in entry.get("leaks", ())),
            null_rule=str(entry.get("null_rule", "")),
            same_as=str(entry.get("same_as") or ""),
            made_of=tuple(str(name) for name in entry.get("made_of", ())),
        )
    except (KeyError, TypeError, ValueError):
        raise InputRejected(
            "A feature in the catalogue lacks its name, columns, level, subject, label, direction, unit or sentences.",
            where=CATALOGUE,
            fix=_RERUN,
        ) from None
    if direction not in (-1, 0, 1):
        raise InputRejected(
            "A feature's direction is not -1, 0 or 1.", where=f"{CATALOGUE}: {feature.name}", fix=_RERUN
        )
    return feature

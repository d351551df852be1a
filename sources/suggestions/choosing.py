"""Which column of a file is which column of a table, and how sure that is.

A header's fit to a known name counts, if the cells have the shape the column needs; cells of a shape that nothing
else has (an email address, a pupil number) are enough by themselves. Each column of the file is used once in a table,
the best fit first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sources.mapping.compiling import TABLES_BY_NAME
from sources.suggestions.headers import best_fit, words
from sources.suggestions.profiling import CATEGORICAL_VALUES, Profile, Shape
from sources.suggestions.vocabulary import DATE, Field, Kind
from store.table import ColumnType

ENOUGH = 0.7
"""A fit below this is none."""
SURE = 0.9
_BY_SHAPE = 0.75
_BY_MARK = 0.73
_BLANK = 0.8
"""What a fitting header is worth where every sampled cell is blank."""
_OF_DAYS = frozenset({"date", "day", "time", "record", "last"})
"""Words that say little in the header of a column of days."""


@dataclass(frozen=True)
class Choice:
    """A column of the file for a column of a table."""

    column: str
    header: str
    fit: float
    weight: float = 1.0

    @property
    def sure(self) -> bool:
        return self.fit >= SURE


def choose(
    fields: Sequence[Field],
    profiles: Sequence[Profile],
    *,
    closed: frozenset[str] = frozenset(),
    tolerated: frozenset[str] = frozenset(),
) -> dict[str, Choice]:
    """The best column for each field. ``closed`` names the fields that hold one of a list of codes."""
    pairs = [
        (suited(field, one, field.column in closed, tolerated) * _claim(field), -place, -order, field, one)
        for order, field in enumerate(fields)
        for place, one in enumerate(profiles)
    ]
    chosen: dict[str, Choice] = {}
    used: set[str] = set()
    for fitness, _, _, field, one in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
        if fitness < ENOUGH * _claim(field) or field.column in chosen or one.name in used:
            continue
        chosen[field.column] = Choice(field.column, one.name, fitness / _claim(field), field.weight)
        used.add(one.name)
    return chosen


def suited(field: Field, one: Profile, closed: bool, tolerated: frozenset[str]) -> float:
    """How well a column suits a field, from 0 to 1."""
    of_days = field.shapes == DATE
    by_name = best_fit(one.name, field.names, tolerated | _OF_DAYS if of_days else tolerated)
    if not one.filled:
        return by_name * _BLANK
    if field.shapes and not any(_has(one, shape) for shape in field.shapes):
        return 0.0
    if closed and (one.dates or one.distinct > CATEGORICAL_VALUES):
        return 0.0
    if by_name < ENOUGH and field.marks & set(words(one.name)):
        return _BY_MARK
    if by_name < ENOUGH and field.by_shape and one.looks(field.shapes[0]) and one.distinct > 1:
        return _BY_SHAPE
    return by_name


def _claim(field: Field) -> float:
    """A column fit for both is the day it happened before it is the day it was recorded, which may be the same."""
    return 0.97 if field.column == "recorded_on" else 1.0


def _has(one: Profile, shape: Shape) -> bool:
    if shape is Shape.TEXT:
        return not one.dates
    if shape is Shape.NAME:
        return one.share(shape) > 0.7 and not one.dates
    return one.looks(shape)


@dataclass(frozen=True)
class Evidence:
    """What speaks for a file's feeding a table."""

    kind: Kind
    choices: dict[str, Choice]
    score: float

    @property
    def lacking(self) -> tuple[str, ...]:
        return tuple(column for column in self.kind.needs if column not in self.choices)


def evidence_for(kind: Kind, profiles: Sequence[Profile], path_words: Iterable[str]) -> Evidence:
    """Weigh one kind of file against the columns there are."""
    topic = frozenset(kind.topic)
    table = TABLES_BY_NAME[kind.table]
    closed = frozenset(column.name for column in table.columns if column.codes and column.type is ColumnType.TEXT)
    choices = choose(kind.fields, profiles, closed=closed, tolerated=topic)
    named = sum(bool(topic & set(words(one.name))) for one in profiles)
    score = sum(choice.fit * choice.weight for choice in choices.values())
    score += min(1.5, 0.5 * named) + (1.0 if topic & set(path_words) else 0.0)
    return Evidence(kind, choices, score)

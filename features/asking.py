"""One value of a run explained, in ids of the analysis zone: what `early-help features explain` shows.

Of a row it tells the dates, codes and numbers that the definition looks at, and whose row it is, by analysis id. Keys
of the systems, addresses and whatever else is not a code are told apart by a number, and not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import narwhals as nw

from features.definitions import Feature, Level, Unit
from features.describing import columns_looked_at, definition, is_day, lettered
from features.duckdb_backend import DuckDBBackend
from features.explaining import Explained, Explainer, StreamRows, Whose
from features.library import available, library
from features.periods import EPOCH
from features.rows import Both, Either, Holds, Not, OneOf
from features.streams import Part
from features.tables import FAMILY_PREFIX
from features.wording import SOURCE_WORDS, filled, in_context, written
from features.world import FAMILY, PERSON, World
from residents.tables import PSEUDONYMS
from store.council import RunSettings
from store.errors import UsageError
from store.files import read_json
from store.run_folder import RunFolder, connect, own_scratch
from store.table import ColumnType

COVERAGE = "features/coverage.json"


@dataclass(frozen=True)
class Asked:
    """A feature of one family or child, by analysis id, at an as-of date."""

    name: str
    as_of: dt.date
    family: str | None = None
    child: str | None = None


@dataclass(frozen=True)
class Answer:
    """The value and its rows as a document, and the ids, in the index, of the people whose rows are in it."""

    document: dict[str, Any]
    people: list[str]


def explained(run: RunFolder, asked: Asked) -> Answer:
    """Explain one value of a run from the rows in its identifiable zone.

    Raises UsageError where the run has no such feature, as-of date, family or child.
    """
    coverage = _coverage(run)
    features, left_out = available(library(), coverage["absent_sources"])
    if asked.name in left_out:
        raise UsageError(
            "This run has no such feature: its source was not among the extracts.",
            where=asked.name,
            fix=f"Sources that were absent: {', '.join(coverage['absent_sources'])}.",
        )
    if asked.as_of.isoformat() not in coverage["as_of"]:
        fix = f"As-of dates of this run: {', '.join(coverage['as_of'])}."
        raise UsageError("That is not one of the run's as-of dates.", where="--as-of", fix=fix)
    feature = next(one for one in features if one.name == asked.name)
    with _engine(run) as connection:
        world = World(DuckDBBackend(connection, run.path), [asked.as_of])
        ids = _Ids(connection, run, world)
        found = Explainer(world, features).explain(asked.name, _whose(feature, asked, ids, world))
        teller = _Teller(feature, features, ids, world)
        document = teller.document(found, asked, _median(coverage, feature, asked.as_of))
        about = _members(world, found) if found.whose.person is None else {found.whose.person}
        return Answer(document, sorted(ids.person_ids[person] for person in teller.people | about))


def _members(world: World, found: Explained) -> set[int]:
    """Whom a family's value is about, whether or not a row of theirs counted."""
    mine = world.members.filter(nw.col(FAMILY) == found.whose.family).select(PERSON)
    return {one[PERSON] for one in mine.collect("pyarrow").rows(named=True)}


@contextmanager
def _engine(run: RunFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    with own_scratch(run, "explain") as spill, connect(RunSettings.model_validate({}), spill) as connection:
        yield connection


def _coverage(run: RunFolder) -> dict[str, Any]:
    path = run.root / COVERAGE
    if not path.is_file():
        raise UsageError(
            "This run has no features yet.",
            where=str(run.root),
            fix="Say early-help run COUNCIL.toml --out RUN --until features, then ask again.",
        )
    coverage: dict[str, Any] = read_json(path)
    return coverage


def _median(coverage: Mapping[str, Any], feature: Feature, as_of: dt.date) -> float | None:
    table = "children" if feature.level is Level.CHILD else "families"
    medians = coverage["tables"][table]["by_as_of"].get(feature.name, {}).get("medians", [])
    found = dict(zip(coverage["as_of"], medians))
    return found.get(as_of.isoformat())


class _Ids:
    """Analysis ids of people and families, and back."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, run: RunFolder, world: World) -> None:
        known = nw.from_native(connection.read_parquet(str(run.path(PSEUDONYMS))))
        self.person_ids: dict[int, str] = {}
        self._analysis: dict[str, dict[int, str]] = {FAMILY: {}, PERSON: {}}
        for kind, numbers, key in ((FAMILY, world.families, "family_id"), (PERSON, world.people, "person_id")):
            mine = known.filter(nw.col("kind") == kind).select(nw.col("id").alias(key), "pseudonym")
            for one in numbers.join(mine, on=key).select(kind, key, "pseudonym").collect("pyarrow").rows(named=True):
                self._analysis[kind][one[kind]] = one["pseudonym"]
                if kind == PERSON:
                    self.person_ids[one[kind]] = one[key]

    def of(self, kind: str, number: int) -> str:
        return self._analysis[kind][number]

    def number(self, kind: str, analysis_id: str, option: str) -> int:
        found = next((number for number, name in self._analysis[kind].items() if name == analysis_id), None)
        if found is None:
            raise UsageError(
                f"There is no such {kind} in this run.",
                where=option,
                fix="Give the id as it stands in the run's feature tables: it is not the one of the residents index.",
            )
        return found


def _whose(feature: Feature, asked: Asked, ids: _Ids, world: World) -> Whose:
    if feature.level is Level.FAMILY:
        if asked.family is None or asked.child is not None:
            raise UsageError(f"{feature.name} is a feature of families.", where="--family", fix="Give --family alone.")
        return _there(Whose(ids.number(FAMILY, asked.family, "--family")), world, "--family")
    if asked.child is None:
        raise UsageError(f"{feature.name} is a feature of children.", where="--child", fix="Give --child.")
    person = ids.number(PERSON, asked.child, "--child")
    family = None if asked.family is None else ids.number(FAMILY, asked.family, "--family")
    mine = world.children().filter(nw.col(PERSON) == person).collect("pyarrow").rows(named=True)
    homes = sorted(one[FAMILY] for one in mine if family in (None, one[FAMILY]))
    if len(homes) > 1:
        named = " or ".join(f"--family {ids.of(FAMILY, one)}" for one in homes)
        raise UsageError("The child belongs to several families.", where="--family", fix=f"Give {named}.")
    if not homes:
        raise _absent("--child")
    return Whose(homes[0], person)


def _there(whose: Whose, world: World, option: str) -> Whose:
    if not world.families_with_children().filter(nw.col(FAMILY) == whose.family).collect("pyarrow").rows():
        raise _absent(option)
    return whose


def _absent(option: str) -> UsageError:
    return UsageError(
        "The feature tables have no such row at that as-of date.",
        where=option,
        fix="A family has one while it has a child, as known then; a child until the eighteenth birthday.",
    )


@dataclass
class _Teller:
    """Turns what was found into a document, and keeps whose rows are in it."""

    feature: Feature
    features: tuple[Feature, ...]
    ids: _Ids
    world: World
    people: set[int] = field(default_factory=set)
    _groups: dict[int, dict[str, Any]] = field(default_factory=dict)

    def document(self, found: Explained, asked: Asked, median: float | None) -> dict[str, Any]:
        words = definition(self.feature)
        streams = [self._stream(one, found.whose) for one in found.streams]
        return {
            "feature": self.feature.name,
            "label": self.feature.label,
            "as_of": asked.as_of.isoformat(),
            "family": self.ids.of(FAMILY, found.whose.family),
            "child": None if found.whose.person is None else self.ids.of(PERSON, found.whose.person),
            "value": found.value,
            "median": median,
            "fraction": None if found.fraction is None else list(found.fraction),
            "sentence": sentence(self.feature, found.value, found.fraction, median),
            "formula": words.formula,
            "steps": [{"letter": letter, "words": step} for letter, step in words.steps],
            "whose": words.whose,
            "parts": [self._part(name, value) for name, value in found.parts.items()],
            "workings": [
                {
                    "of": None if one.carrier is None else self._bringer(one.carrier, one.role, found.whose),
                    "letters": self._letters(one.letters),
                    "value": one.value,
                }
                for one in found.workings
            ],
            "streams": streams,
        }

    def _letters(self, numbers: Mapping[str, float | None]) -> dict[str, float | str | None]:
        """Each letter's number, as a date where it is a day."""
        days = {letter for letter, aggregate in lettered(self.feature) if is_day(aggregate)}
        return {
            letter: _day(int(number)) if number is not None and letter in days else number
            for letter, number in numbers.items()
        }

    def _part(self, name: str, value: float | None) -> dict[str, Any]:
        own = {known: one for one in self.features for known in (one.name, FAMILY_PREFIX + one.name)}
        label = own[name].label if name in own else name.replace("_", " ")
        return {"name": name, "label": label, "value": value}

    def _stream(self, found: StreamRows, whose: Whose) -> dict[str, Any]:
        stream = found.stream
        mine = (one for one in self.feature.aggregates if one.stream == stream)
        asked = dict.fromkeys(name for one in mine for name in columns_looked_at(one))
        columns = [name for name in asked if name != stream.starts]
        shown = {name: self._cells(found, name) for name in columns}
        dated = stream.part is not Part.MEMBERSHIP
        return {
            "table": stream.table.name,
            "words": SOURCE_WORDS.get(stream.table.name, stream.table.name),
            "part": stream.part.value,
            "rows": [
                {
                    "event_date": _day(row.event) if dated else None,
                    "recorded_on": _day(row.known) if dated else None,
                    "cells": {name: shown[name][place] for name in columns},
                    "by": self._bringer(row.carrier, row.role, whose),
                    "states": {letter: state.value for letter, state in states.items()},
                }
                for place, (row, states) in enumerate(found.rows)
            ],
        }

    def _cells(self, found: StreamRows, name: str) -> list[Any]:
        """The cells of a column as they may be shown."""
        column = next(one for one in found.stream.row.columns if one.name == name)
        values = [row.cells[name] for row, _ in found.rows]
        if column.type is ColumnType.DATE:
            return [None if value is None else _day(value) for value in values]
        if column.type not in (ColumnType.TEXT, ColumnType.TEXTS):
            return values
        coded = {*column.codes, *(value for one in self.feature.aggregates for value in _named(one.where))}
        coded |= {value for one in self.feature.aggregates for value in _named(one.measure)}
        if column.type is ColumnType.TEXTS:
            return [[item if item in coded else "other" for item in value or ()] for value in values]
        numbers = {value: f"no. {place}" for place, value in enumerate(dict.fromkeys(values), start=1)}
        return [value if value is None or value in coded else numbers[value] for value in values]

    def _bringer(self, carrier: int, role: str, whose: Whose) -> dict[str, Any]:
        if carrier >= 0:
            self.people.add(carrier)
            return {"kind": "person", "id": self.ids.of(PERSON, carrier), "role": role}
        if carrier not in self._groups:
            self._groups[carrier] = self._group(carrier, whose)
        return self._groups[carrier]

    def _group(self, carrier: int, whose: Whose) -> dict[str, Any]:
        """A service's own group, told apart by a number, and which members of the family are in it."""
        listed = self.world.group_members.filter(nw.col("group") == carrier).select(PERSON)
        mine = self.world.members.filter(nw.col(FAMILY) == whose.family).select(PERSON)
        people = sorted({one[PERSON] for one in listed.join(mine, on=PERSON).collect("pyarrow").rows(named=True)})
        self.people |= set(people)
        return {
            "kind": "group",
            "number": len(self._groups) + 1,
            "members": [self.ids.of(PERSON, person) for person in people],
        }


def sentence(
    feature: Feature,
    value: float | None,
    fraction: tuple[int, int] | None = None,
    median: float | None = None,
    whose: str = "borough",
) -> str:
    """What a panel reads, with its parts and the median of ``whose``: '... 13% ... (23 of 180); borough median 5%.'"""
    if value is None:
        return f"{feature.label}: not known."
    template = feature.sentence
    if value == 0:
        template = feature.sentence_none or template
    elif value < 0:
        template = feature.sentence_below or template
    said = filled(template, written(value, feature.unit))
    usual = None if median is None or "{value}" not in template else written(median, feature.unit)
    return in_context(said, fraction if feature.unit is Unit.SHARE else None, usual, whose)


def _named(item: object) -> Iterable[str]:
    """The codes that a test or a measure names."""
    match item:
        case OneOf(_, values) | Holds(_, values):
            yield from values
        case Both(left, right) | Either(left, right):
            yield from _named(left)
            yield from _named(right)
        case Not(inner):
            yield from _named(inner)


def _day(number: int) -> str:
    return (EPOCH + dt.timedelta(number)).isoformat()

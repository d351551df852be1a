"""The plain reference engine: what a feature means, one as-of date and one family at a time, over lists of rows.

It shares the definitions with the real engine and nothing else: no intervals, no buckets, no data engine.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from features.definitions import Feature, Level, NullRule, Over, Roll
from features.rows import AtLeast, Both, Cell, Either, EventDay, Holds, Not, OneOf, OnWeekday, Test, Yes
from features.streams import Aggregate, Carrier, Part, Reducer, Stream
from features.values import AnyOf, AsOf, Binary, Given, Named, Number, Op, SumOf, Value

Row = dict[str, Any]
EPOCH = dt.date(1970, 1, 1)


def holds(test: Test, row: Row, day: dt.date) -> bool:
    match test:
        case OneOf(column, values):
            return row.get(column) in values
        case Holds(column, values):
            return any(item in values for item in row.get(column) or [])
        case AtLeast(column, number):
            return row.get(column) is not None and row[column] >= number
        case Yes(column):
            return row.get(column) is True
        case OnWeekday(days):
            return day.weekday() in days
        case Both(left, right):
            return holds(left, row, day) and holds(right, row, day)
        case Either(left, right):
            return holds(left, row, day) or holds(right, row, day)
        case Not(inner):
            return not holds(inner, row, day)
    raise AssertionError(test)


def operate(op: Op, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    if op is Op.DIVIDE:
        return left / right if right != 0 else None
    return {
        Op.ADD: lambda: left + right,
        Op.SUBTRACT: lambda: left - right,
        Op.MULTIPLY: lambda: left * right,
        Op.ABOVE: lambda: float(left > right),
        Op.AT_LEAST: lambda: float(left >= right),
        Op.LEAST: lambda: min(left, right),
        Op.MOST: lambda: max(left, right),
    }[op]()


def micros(number: float) -> int:
    return math.floor(number * 1_000_000.0 + 0.5)


def event_and_known(stream: Stream, row: Row) -> tuple[dt.date, dt.date] | None:
    began, recorded = row[stream.starts], row["recorded_on"]
    if stream.part in (Part.EVENT, Part.ABSENT_DAY):
        return began, recorded
    ended = row.get("to_date")
    if ended is None:
        return None
    return max(ended, began), max(row.get("end_recorded_on") or max(ended, recorded), recorded)


def beside(day: dt.date, step: int) -> dt.date:
    """The weekday before (-1) or after (1) a day."""
    day += dt.timedelta(step)
    return day if day.weekday() < 5 else beside(day, step)


class Reference:
    """Every answer at one as-of date."""

    def __init__(self, tables: dict[str, list[Row]], as_of: dt.date) -> None:
        self.tables, self.as_of = tables, as_of
        self.births = {row["person_id"]: row.get("dob") for row in tables["people"]}
        self.members = self._members()
        self._found: dict[Any, list[Row]] = {}
        self._persons: dict[Any, str | None] = {}
        self._by_carrier: dict[Any, list[list[Row]]] = {}

    def age(self, person: str) -> int | None:
        born, now = self.births[person], self.as_of
        return None if born is None else now.year - born.year - ((now.month, now.day) < (born.month, born.day))

    def _members(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for row in self.tables["families"]:
            born = self.births[row["person_id"]]
            seen = row["recorded_on"] < self.as_of and row["from_date"] < self.as_of
            ended = row.get("to_date")
            known = row.get("end_recorded_on") or max(ended or row["recorded_on"], row["recorded_on"])
            here = ended is None or not (ended < self.as_of and known < self.as_of)
            if seen and here and (born is None or born <= self.as_of):
                key = (row["family_id"], row["person_id"])
                of_age = (self.age(row["person_id"]) or 0) >= 18
                roles = {"adult" if of_age else row["role"], found.get(key, "child")}
                found[key] = "adult" if "adult" in roles else "child"
        return found

    def person_of(self, row: Row) -> str | None:
        """The person whom a row names, looked up once for each key."""
        key = tuple(row.get(column) for column in ("source", "file", "record_id"))
        if key not in self._persons:
            self._persons[key] = self._person_of(row)
        return self._persons[key]

    def _person_of(self, row: Row) -> str | None:
        system = [r for r in self.tables["record_person"] if r["source"] == row["source"]]
        same = [r for r in system if r["record_id"] == row.get("record_id")]
        exact = [r for r in same if r["file"] == row["file"]]
        best = exact or sorted(same, key=lambda r: (-r["match_probability"], r["person_id"]))
        return best[0]["person_id"] if best else None

    def group_persons(self, row: Row) -> set[str]:
        """Persons who bring a group's rows to their families at the as-of date."""
        key = ("source", "group_type", "group_id")
        listed = [
            (self.person_of(m), m.get("to_date"))
            for m in self.tables["group_members"]
            if all(m[k] == row.get(k) for k in key)
            and m["recorded_on"] < self.as_of
            and (m.get("from_date") is None or m["from_date"] < self.as_of)
        ]
        left = [(p, to if to is not None and to < self.as_of else dt.date.max) for p, to in listed if p is not None]
        return {person for person, day in left if day == max(d for _, d in left)}

    def carriers(self, stream: Stream, row: Row) -> list[tuple[Any, str | None]]:
        """(carrier, person) of a row; the person is None when the carrier is a group."""
        if stream.carrier is Carrier.PERSON:
            return [(row["person_id"], row["person_id"])]
        person = self.person_of(row) if stream.carrier in (Carrier.RECORD, Carrier.EITHER) else None
        if person is not None:
            return [(person, person)]
        group = tuple(row.get(k) for k in ("source", "group_type", "group_id"))
        return [(group, None)] if stream.carrier is not Carrier.RECORD else []

    def reaches(self, stream: Stream, row: Row, family: str, over: Over) -> Any:
        """The carrier by which a row reaches a family, or None."""
        for carrier, person in self.carriers(stream, row):
            if person is not None:
                role = self.members.get((family, person))
                if role is not None and over in (Over.EVERYONE, Over.CHILDREN if role == "child" else Over.ADULTS):
                    return carrier
            elif over is Over.EVERYONE and any((family, p) in self.members for p in self.group_persons(row)):
                return carrier
        return None

    def member_rows(self, family: str | None = None, person: str | None = None) -> list[Row]:
        return [
            {"role": role, "age_years": self.age(p)}
            for (f, p), role in self.members.items()
            if family in (None, f) and person in (None, p)
        ]

    @cached_property
    def absent_days(self) -> list[Row]:
        """Each pupil's weekdays with an absence recorded within a fortnight; known a fortnight after the next."""
        found: set[tuple[str, dt.date]] = set()
        for row in self.tables["attendance"]:
            person, day = self.person_of(row), row["event_date"]
            absent = row["statistical_class"] in ("authorised", "unauthorised")
            if person and absent and day.weekday() < 5 and row["recorded_on"] <= day + dt.timedelta(14):
                found.add((person, day))
        return [
            {
                "person_id": person,
                "event_date": day,
                "recorded_on": beside(day, 1) + dt.timedelta(14),
                "single_day": not found & {(person, beside(day, -1)), (person, beside(day, 1))},
            }
            for person, day in sorted(found)
        ]

    def rows(self, stream: Stream, unit: tuple[str, str], over: Over) -> list[Row]:
        """The rows that reach a family or a child, looked up once."""
        key = (stream, unit, over)
        if key not in self._found:
            self._found[key] = self._rows(stream, unit, over)
        return self._found[key]

    def _rows(self, stream: Stream, unit: tuple[str, str], over: Over) -> list[Row]:
        kind, name = unit
        if stream.part is Part.MEMBERSHIP:
            rows = self.member_rows(name) if kind == "family" else self.member_rows(person=name)
            return [r for r in rows if over is Over.EVERYONE or r["role"] == {"children": "child"}.get(over, "adult")]
        table = self.absent_days if stream.part is Part.ABSENT_DAY else self.tables[stream.table.name]
        if kind == "family":
            return [row for row in table if self.reaches(stream, row, name, over) is not None]
        return [row for row in table if any(person == name for _, person in self.carriers(stream, row))]

    def aggregate(self, item: Aggregate, rows: Iterable[Row]) -> float | None:
        found: list[tuple[dt.date, Any, Any]] = []
        for row in rows:
            dates = (self.as_of, EPOCH) if item.stream.part is Part.MEMBERSHIP else event_and_known(item.stream, row)
            if dates is None or (dates[1] >= self.as_of and not item.stream.leak):
                continue
            event = dates[0]
            if item.stream.part is not Part.MEMBERSHIP:
                end = self.as_of - dt.timedelta(item.lag)
                if event >= end or (item.days is not None and event < end - dt.timedelta(item.days)):
                    continue
            if item.where is None or holds(item.where, row, event):
                once = item.stream.once_per
                found.append((event, self._measure(item, row, event), row.get(once) if once else len(found)))
        match item.reducer:
            case Reducer.COUNT:
                return float(len({key for _, _, key in found}))
            case Reducer.TOTAL:
                return float(sum(number or 0 for _, number, _ in found))
            case Reducer.DISTINCT:
                return float(len({value for _, value, _ in found if value is not None}))
            case Reducer.MEDIAN:
                numbers = [number for _, number, _ in found if number is not None]
                return float(statistics.median(numbers)) if numbers else None
        known = [(event, number) for event, number, _ in found if number is not None]
        if not known:
            return None
        if item.reducer is Reducer.LATEST:
            return float(max(known)[1])
        return float((min if item.reducer is Reducer.LOWEST else max)(number for _, number in known))

    def _measure(self, item: Aggregate, row: Row, event: dt.date) -> Any:
        match item.measure:
            case EventDay():
                return (event - EPOCH).days
            case Cell(column):
                cell = row.get(column)
                return (cell - EPOCH).days if isinstance(cell, dt.date) else cell
            case Test():
                return int(holds(item.measure, row, event))
        return 1

    def value(self, value: Value, rows: Any, names: dict[str, float | None]) -> float | None:
        match value:
            case Aggregate():
                return self.aggregate(value, rows(value.stream))
            case AsOf():
                return float((self.as_of - EPOCH).days)
            case Number(number):
                return float(number)
            case Named(name):
                return names[name]
            case Binary(op, left, right):
                return operate(op, self.value(left, rows, names), self.value(right, rows, names))
            case AnyOf(parts):
                return float(any((self.value(part, rows, names) or 0) > 0 for part in parts))
            case SumOf(parts):
                return float(sum(self.value(part, rows, names) or 0 for part in parts))
            case Given(condition, inner):
                met = (self.value(condition, rows, names) or 0) > 0
                return self.value(inner, rows, names) if met else None
        raise AssertionError(value)

    def by_carrier(self, stream: Stream, family: str, over: Over) -> list[list[Row]]:
        """The rows that reach a family, those of each carrier together, put apart once."""
        key = (stream, family, over)
        if key not in self._by_carrier:
            groups: dict[Any, list[Row]] = {}
            for row in self.rows(stream, ("family", family), over):
                carrier = self.reaches(stream, row, family, over)
                if carrier is not None:
                    groups.setdefault(carrier, []).append(row)
            self._by_carrier[key] = list(groups.values())
        return self._by_carrier[key]

    def rolled(self, feature: Feature, family: str) -> float | None:
        groups = self.by_carrier(feature.streams[0], family, feature.over)
        each = [self.value(feature.value, lambda _, mine=mine: mine, {}) for mine in groups]
        known = [micros(number) for number in each if number is not None]
        if not known:
            return None
        total = {Roll.MAX: max, Roll.MIN: min}.get(feature.roll, sum)(known)
        return float(total) / (len(known) if feature.roll is Roll.MEAN else 1) / 1_000_000.0

    def answers(
        self, features: Iterable[Feature], unit: tuple[str, str], names: dict[str, float | None]
    ) -> dict[str, float | None]:
        """Every feature of one family or child; those made of others may come in any order."""
        waiting, done = list(features), dict(names)
        while waiting:
            for feature in list(waiting):
                try:
                    if feature.roll is Roll.POOL:
                        found = self.value(feature.value, lambda s, f=feature: self.rows(s, unit, f.over), done)
                    else:
                        found = self.rolled(feature, unit[1])
                except KeyError:
                    continue
                if found is not None:
                    found = micros(found) / 1_000_000.0
                elif feature.null_rule is NullRule.ZERO:
                    found = 0.0
                done[feature.name] = found
                if feature.indicator:
                    done[feature.indicator] = float(found is None)
                waiting.remove(feature)
        return done

    def families(self, features: Iterable[Feature]) -> dict[str, dict[str, float | None]]:
        wanted = [f for f in features if f.level is Level.FAMILY]
        named = sorted({family for (family, _), role in self.members.items() if role == "child"})
        return {family: self.answers(wanted, ("family", family), {}) for family in named}

    def children(
        self, features: Iterable[Feature], of_family: dict[str, dict[str, float | None]] | None = None
    ) -> dict[tuple[str, str], dict[str, float | None]]:
        """``of_family`` is what `families` gave for the same features, where it was asked already."""
        features = list(features)
        of_family = self.families(features) if of_family is None else of_family
        wanted = [f for f in features if f.level is Level.CHILD]
        own = [name for f in wanted for name in (f.name, f.indicator) if name]
        found = {}
        for (family, person), role in self.members.items():
            if role == "child" and (self.age(person) is not None and 0 <= (self.age(person) or 0) < 18):
                names = {f"family_{name}": value for name, value in of_family[family].items()}
                answers = self.answers(wanted, ("child", person), names)
                found[person, family] = {name: answers[name] for name in own}
        return found

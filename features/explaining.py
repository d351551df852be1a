"""The rows behind one value: which rows of which table counted, which did not and why, and the arithmetic on them.

It works on the rows themselves, for one family or child at one as-of date and with plain numbers: a second way to the
value that the engine gives, and the two must agree. Names and free text are not among what it tells. Ids are the whole
numbers of the `World`, which whoever asks turns into those of the analysis zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from features.compile import CARRIER, EVENT, KNOWN
from features.counting import Row, State, micros, reduced, rounded, state_of
from features.definitions import Feature, Level, NullRule, Over, Roll
from features.describing import columns_looked_at, lettered, part_and_whole
from features.streams import Aggregate, Carrier, Part, Stream
from features.tables import FAMILY_PREFIX
from features.values import AnyOf, AsOf, Binary, Given, Named, Number, SumOf, Value, arithmetic, names_of
from features.world import AGE, FAMILY, PERSON, ROLE, Frame, World

_ROLES = {Over.EVERYONE: None, Over.CHILDREN: "child", Over.ADULTS: "adult"}
_TOTALS: Mapping[Roll, Callable[[Sequence[int]], int]] = {Roll.MAX: max, Roll.MIN: min, Roll.SUM: sum, Roll.MEAN: sum}


@dataclass(frozen=True)
class Whose:
    """Whose value: a family, or a child as a member of one. Numbers of the world."""

    family: int
    person: int | None = None


@dataclass(frozen=True)
class StreamRows:
    """A stream's rows in or about the windows, each with what became of it under each letter."""

    stream: Stream
    rows: tuple[tuple[Row, Mapping[str, State]], ...]


@dataclass(frozen=True)
class Working:
    """The arithmetic for one carrier, or (None) for all rows together."""

    carrier: int | None
    role: str
    letters: Mapping[str, float | None]
    value: float | None


@dataclass(frozen=True)
class Explained:
    """One value and all it rests on. ``parts`` are the values of the features it is made of."""

    feature: Feature
    whose: Whose
    value: float | None
    workings: tuple[Working, ...]
    streams: tuple[StreamRows, ...]
    parts: Mapping[str, float | None]

    @property
    def fraction(self) -> tuple[int, int] | None:
        """Part and whole where the value is one count as a share of another: 23 of 180."""
        counts = part_and_whole(self.feature)
        deciding = [one for one in self.workings if one.value == self.value]
        if counts is None or self.value is None or not deciding:
            return None
        part, whole = (deciding[0].letters[letter] for letter in counts)
        return None if part is None or whole is None else (int(part), int(whole))


class Explainer:
    """Explains values at the one as-of date of a `World`."""

    def __init__(self, world: World, features: Iterable[Feature]) -> None:
        if len(world.as_ofs) != 1:
            raise ValueError("a value is explained at one as-of date")
        self._world = world
        self._features = {feature.name: feature for feature in features}
        self._as_of = world.as_of_days[0]
        self._values: dict[tuple[str, Whose], float | None] = {}
        self._columns = _columns(self._features.values())
        self._read: dict[tuple[Stream, Whose], tuple[Row, ...]] = {}

    def explain(self, name: str, whose: Whose) -> Explained:
        """The value of a feature by its name, and what it rests on. Raises KeyError for no such feature."""
        feature = self._features[name]
        rows = {stream: self._rows(feature, stream, whose) for stream in feature.streams}
        workings = tuple(self._workings(feature, whose, rows))
        letters = lettered(feature)
        return Explained(
            feature,
            whose,
            self._finished(feature, workings),
            workings,
            tuple(StreamRows(stream, self._states(stream, found, letters)) for stream, found in rows.items()),
            {named: self.value(named, whose) for named in dict.fromkeys(names_of(feature.value))},
        )

    def value(self, column: str, whose: Whose) -> float | None:
        """The value in a column of the whose's table, worked out from the rows."""
        family = Whose(whose.family)
        if column.startswith(FAMILY_PREFIX) and column not in self._features:
            return self.value(column.removeprefix(FAMILY_PREFIX), family)
        owner = next((one for one in self._features.values() if one.indicator == column), None)
        if owner is not None:
            return float(self.value(owner.name, whose) is None)
        feature = self._features[column]
        whose = whose if feature.level is Level.CHILD else family
        if (column, whose) not in self._values:
            rows = {stream: self._rows(feature, stream, whose) for stream in feature.streams}
            self._values[column, whose] = self._finished(feature, tuple(self._workings(feature, whose, rows)))
        return self._values[column, whose]

    # --- rows ----------------------------------------------------------------------------------------

    def _rows(self, feature: Feature, stream: Stream, whose: Whose) -> tuple[Row, ...]:
        if (stream, whose) not in self._read:
            found = self._members(whose) if stream.part is Part.MEMBERSHIP else self._events(stream, whose)
            self._read[stream, whose] = found
        role = _ROLES[feature.over]
        return tuple(row for row in self._read[stream, whose] if role is None or row.role == role)

    def _events(self, stream: Stream, whose: Whose) -> tuple[Row, ...]:
        columns = self._columns[stream]
        events = self._world.events(stream, columns).join(self._carriers(whose), on=CARRIER)
        found = _collected(events.select(CARRIER, ROLE, EVENT, KNOWN, *columns))
        rows = [Row(one[CARRIER], one[ROLE], one[EVENT], one[KNOWN], {c: one[c] for c in columns}) for one in found]
        return tuple(sorted(rows, key=lambda row: (row.event, row.known, row.carrier, repr(sorted(row.cells.items())))))

    def _carriers(self, whose: Whose) -> Frame:
        """The persons and groups whose rows reach the whose."""
        if whose.person is None:
            return self._world.attached.filter(nw.col(FAMILY) == whose.family).select(CARRIER, ROLE)
        people = self._world.people.filter(nw.col(PERSON) == whose.person)
        return people.select(nw.col(PERSON).alias(CARRIER), nw.lit("child").alias(ROLE))

    def _members(self, whose: Whose) -> tuple[Row, ...]:
        column, number = (FAMILY, whose.family) if whose.person is None else (PERSON, whose.person)
        found = _collected(self._world.members.filter(nw.col(column) == number).select(PERSON, ROLE, AGE))
        rows = [
            Row(one[PERSON], one[ROLE], self._as_of, self._as_of, {ROLE: one[ROLE], AGE: one[AGE]}) for one in found
        ]
        return tuple(sorted(rows, key=lambda row: row.carrier))

    def _states(
        self, stream: Stream, rows: Sequence[Row], letters: Sequence[tuple[str, Aggregate]]
    ) -> tuple[tuple[Row, Mapping[str, State]], ...]:
        """Rows that some window reaches, with their state under each letter."""
        mine = [(letter, aggregate) for letter, aggregate in letters if aggregate.stream == stream]
        each = ((row, {letter: state_of(one, row, self._as_of) for letter, one in mine}) for row in rows)
        return tuple((row, states) for row, states in each if set(states.values()) != {State.OUTSIDE})

    # --- arithmetic ----------------------------------------------------------------------------------

    def _workings(self, feature: Feature, whose: Whose, rows: Mapping[Stream, Sequence[Row]]) -> Iterable[Working]:
        if feature.roll is Roll.POOL:
            yield self._working(feature, whose, rows, None, "")
            return
        (stream,) = feature.streams
        for carrier, role in sorted({(row.carrier, row.role) for row in rows[stream]}):
            own = {stream: [row for row in rows[stream] if row.carrier == carrier]}
            yield self._working(feature, whose, own, carrier, role)

    def _working(
        self, feature: Feature, whose: Whose, rows: Mapping[Stream, Sequence[Row]], carrier: int | None, role: str
    ) -> Working:
        found = {aggregate: reduced(aggregate, rows[aggregate.stream], self._as_of) for aggregate in feature.aggregates}
        number = self._value(feature.value, found, whose)
        shown = {letter: found[aggregate] for letter, aggregate in lettered(feature)}
        return Working(carrier, role, shown, None if number is None else rounded(number))

    def _finished(self, feature: Feature, workings: Sequence[Working]) -> float | None:
        """The members' values rolled up where there are several, and the null rule."""
        if feature.roll is Roll.POOL:
            found = workings[0].value
        else:
            known = [micros(working.value) for working in workings if working.value is not None]
            total = float(_TOTALS[feature.roll](known)) if known else 0.0
            total = total / len(known) if known and feature.roll is Roll.MEAN else total
            found = rounded(total / 1_000_000.0) if known else None
        return 0.0 if found is None and feature.null_rule is NullRule.ZERO else found

    def _value(self, value: Value, found: Mapping[Aggregate, float | None], whose: Whose) -> float | None:  # noqa: PLR0911
        match value:
            case Aggregate():
                return found[value]
            case AsOf():
                return float(self._as_of)
            case Number(number):
                return float(number)
            case Named(name):
                return self.value(name, whose)
            case Binary(op, left, right):
                return arithmetic(op, self._value(left, found, whose), self._value(right, found, whose))
            case AnyOf(parts):
                return float(any((self._value(part, found, whose) or 0) > 0 for part in parts))
            case SumOf(parts):
                return float(sum(self._value(part, found, whose) or 0 for part in parts))
            case Given(condition, inner):
                met = (self._value(condition, found, whose) or 0) > 0
                return self._value(inner, found, whose) if met else None
        raise TypeError(f"not a value: {type(value).__name__}")


_GROUPED = (Carrier.GROUP, Carrier.EITHER)


def _columns(features: Iterable[Feature]) -> dict[Stream, tuple[str, ...]]:
    """What the definitions look at in each stream, so that it is read once for all of them."""
    found: dict[Stream, dict[str, None]] = {}
    for aggregate in (one for feature in features for one in feature.aggregates):
        stream = aggregate.stream
        wanted = found.setdefault(stream, dict.fromkeys(("group_type",) if stream.carrier in _GROUPED else ()))
        wanted.update(dict.fromkeys(columns_looked_at(aggregate)))
    return {stream: tuple(columns) for stream, columns in found.items()}


def _collected(frame: Frame) -> list[dict[str, Any]]:
    return frame.collect("pyarrow").to_native().to_pylist()  # type: ignore[no-any-return]

"""How a feature is computed, in words: each aggregate once, under a letter, and the arithmetic over the letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from features.absent_days import CLASS
from features.definitions import Feature, Level, NullRule, Over, Roll
from features.rows import (
    AtLeast,
    Both,
    Cell,
    Either,
    EventDay,
    Holds,
    Measure,
    Not,
    OneOf,
    OnWeekday,
    Test,
    Yes,
    columns_of,
)
from features.streams import Aggregate, Carrier, Part, Reducer, Stream, aggregates_of
from features.values import AnyOf, AsOf, Binary, Given, Named, Number, Op, SumOf, Value, parts_of
from features.wording import plural_rows
from store.table import ColumnType

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SIGNS = {Op.ADD: "+", Op.SUBTRACT: "\u2212", Op.MULTIPLY: "\u00d7", Op.DIVIDE: "\u00f7"}
_COMPARED = {Op.ABOVE: ">", Op.AT_LEAST: "\u2265"}
_TURNED = {Op.ABOVE: "<", Op.AT_LEAST: "\u2264"}
_EXTREMES = {Op.LEAST: "smallest", Op.MOST: "largest"}
_REDUCED = {
    Reducer.LOWEST: "the lowest {measure} of {rows}",
    Reducer.HIGHEST: "the highest {measure} of {rows}",
    Reducer.TOTAL: "the sum of {measure} over {rows}",
    Reducer.LATEST: "{measure} in the latest of {rows}",
    Reducer.DISTINCT: "the number of different values of {measure} among {rows}",
    Reducer.MEDIAN: "the median {measure} of {rows}",
}
_DAY_OF = {Reducer.LOWEST: "first", Reducer.HIGHEST: "last"}
_WHO = {Over.EVERYONE: "member", Over.CHILDREN: "child", Over.ADULTS: "adult"}
_ROLLED = {Roll.MAX: "the largest", Roll.MIN: "the smallest", Roll.SUM: "the sum", Roll.MEAN: "the mean"}


@dataclass(frozen=True)
class Definition:
    """A value in words. ``steps`` gives each letter of ``formula`` with what it stands for."""

    formula: str
    steps: tuple[tuple[str, str], ...]
    whose: str
    """Whose rows count, and how members' values become the family's."""

    @property
    def text(self) -> str:
        """All of it as running text."""
        if len(self.steps) == 1 and self.formula == self.steps[0][0]:
            return f"{_capital(self.steps[0][1])}. {self.whose}".strip()
        named = "".join(f" {letter}: {words}." for letter, words in self.steps)
        return f"{_capital(self.formula)}.{named} {self.whose}".strip()


def definition(feature: Feature) -> Definition:
    """How the feature's value is worked out, in words."""
    named: dict[Value, str] = {}
    steps: list[tuple[str, str]] = []
    letters = _letters()
    for letter, aggregate in lettered(feature):
        named[aggregate] = next(letters)
        steps.append((letter, aggregate_in_words(aggregate)))
    for value, letter in zip(_repeated(feature.value), letters):
        steps.append((letter, _Formula(named).of(value)))
        named[value] = letter
    return Definition(_Formula(named).of(feature.value), tuple(steps), _whose(feature))


def lettered(feature: Feature) -> tuple[tuple[str, Aggregate], ...]:
    """A letter for each distinct aggregate of the feature, in the order written."""
    return tuple(zip(_letters(), feature.aggregates))


def part_and_whole(feature: Feature) -> tuple[str, str] | None:
    """The letters of part and whole where the value is one count as a share of another."""
    value = feature.value.value if isinstance(feature.value, Given) else feature.value
    letters = {aggregate: letter for letter, aggregate in lettered(feature)}
    match value:
        case Binary(Op.DIVIDE, Aggregate() as part, Aggregate() as whole) if part.measure is whole.measure is None:
            return letters[part], letters[whole]
    return None


def is_day(aggregate: Aggregate) -> bool:
    """Whether an aggregate is a day, not a number of things."""
    if aggregate.reducer.adds or aggregate.reducer is Reducer.MEDIAN:
        return False
    dates = {column.name for column in aggregate.stream.row.columns if column.type is ColumnType.DATE}
    return isinstance(aggregate.measure, EventDay) or (
        isinstance(aggregate.measure, Cell) and aggregate.measure.column in dates
    )


def _letters() -> Iterator[str]:
    yield from ascii_uppercase
    yield from (f"{one}{other}" for one in ascii_uppercase for other in ascii_uppercase)


def columns_read(feature: Feature) -> dict[str, tuple[str, ...]]:
    """The columns it looks at in each table, beside the dates and keys that every row has."""
    found: dict[str, dict[str, None]] = {}
    for aggregate in feature.aggregates:
        stream = aggregate.stream
        columns = (CLASS,) if stream.part is Part.ABSENT_DAY else columns_looked_at(aggregate)
        found.setdefault(stream.table.name, {}).update(dict.fromkeys(columns))
    return {table: tuple(columns) for table, columns in found.items()}


def columns_looked_at(aggregate: Aggregate) -> tuple[str, ...]:
    """The columns of its stream's rows that its measure and its filter read, and the one that rows count once by."""
    once = aggregate.stream.once_per
    return tuple(
        dict.fromkeys((*columns_of(aggregate.measure), *columns_of(aggregate.where), *((once,) if once else ())))
    )


def null_rule_in_words(feature: Feature) -> str:
    """What a blank means."""
    match feature.null_rule:
        case NullRule.ZERO:
            return "No record means that it did not happen: 0."
        case NullRule.NOT_APPLICABLE:
            return "Blank where the question does not arise."
        case NullRule.UNKNOWN:
            return f"Blank where it is not known, and `{feature.indicator}` is then 1."


def direction_in_words(direction: int) -> str:
    """What models may take for granted of it."""
    return {1: "More is never less of a worry.", -1: "More is never more of a worry."}.get(direction, "Free.")


def _whose(feature: Feature) -> str:
    if feature.level is Level.CHILD:
        return "Of the child alone." if feature.aggregates else "Worked out for the child from other features."
    if not feature.aggregates:
        return "Worked out for the family from other features."
    who = _WHO[feature.over]
    if feature.roll is not Roll.POOL:
        return f"For each {who} apart; the family's is {_ROLLED[feature.roll]} of those known."
    if all(stream.part is Part.MEMBERSHIP for stream in feature.streams):
        return ""
    by_group = any(stream.carrier in (Carrier.GROUP, Carrier.EITHER) for stream in feature.streams)
    together = {
        Over.EVERYONE: "All members together" + (", and their tenancies, claims and cases" if by_group else ""),
        Over.CHILDREN: "The children together",
        Over.ADULTS: "The adults together",
    }[feature.over]
    return f"{together}; each row once."


# --- aggregates ------------------------------------------------------------------------------------------


def aggregate_in_words(aggregate: Aggregate) -> str:
    """Rows of a source, reduced to a number: 'the number of school sessions in the 91 days before ...'."""
    rows = plural_rows(aggregate.stream.row.name, aggregate.stream.part is Part.END)
    condition = f" where {test_in_words(aggregate.where)}" if aggregate.where is not None else ""
    what = f"{rows}{_window(aggregate)}{condition}{_once(aggregate.stream)}"
    if isinstance(aggregate.measure, EventDay) and aggregate.reducer in _DAY_OF:
        return f"the {_DAY_OF[aggregate.reducer]} day of {what}"
    if aggregate.reducer is Reducer.COUNT:
        return f"the number of {what}"
    return _REDUCED[aggregate.reducer].format(measure=_measure(aggregate.measure), rows=what)


def _window(aggregate: Aggregate) -> str:
    if aggregate.stream.part is Part.MEMBERSHIP:
        return " at the as-of date"
    if aggregate.days is None:
        return f" up to {aggregate.lag} days before the as-of date" if aggregate.lag else " before the as-of date"
    if aggregate.lag:
        return f" in the {aggregate.days} days that ended {aggregate.lag} days before the as-of date"
    return f" in the {aggregate.days} days before the as-of date"


def _once(stream: Stream) -> str:
    if not stream.once_per:
        return ""
    return ", each day once" if stream.once_per == stream.starts else f", each {_named(stream.once_per)} once"


def _measure(measure: Measure | None) -> str:
    match measure:
        case EventDay():
            return "day"
        case Cell(column):
            return _named(column)
        case Test():
            return f"whether {test_in_words(measure)} (1 or 0)"
    return "row"


def test_in_words(test: Test) -> str:  # noqa: PLR0911
    """A filter: 'status is open or late'."""
    match test:
        case OneOf(column, values):
            return f"{_named(column)} is {_listed(values)}"
        case Holds(column, values):
            return f"{_named(column)} has {_listed(values)}"
        case AtLeast(column, number):
            return f"{_named(column)} is {number} or more"
        case Yes(column):
            return f"{_named(column)} is yes"
        case OnWeekday(days):
            return f"it fell on {' or '.join(f'a {_DAYS[day]}' for day in days)}"
        case Not(AtLeast(column, number)):
            return f"{_named(column)} is not {number} or more"
        case Not(OneOf(column, values)):
            return f"{_named(column)} is {'neither' if len(values) > 1 else 'not'} {_listed(values, last='nor')}"
        case Not(inner):
            return f"not ({test_in_words(inner)})"
        case Both(left, right):
            return f"{_within(left)} and {_within(right)}"
        case Either(left, right):
            return f"{_within(left)} or {_within(right)}"
    raise TypeError(f"not a test: {type(test).__name__}")


test_in_words.__test__ = False  # type: ignore[attr-defined]


def _within(test: Test) -> str:
    words = test_in_words(test)
    return f"({words})" if isinstance(test, Either) else words


def _named(column: str) -> str:
    return column.replace("_", " ")


def _listed(values: tuple[str, ...], last: str = "or") -> str:
    shown = [f"'{value.replace('_', ' ')}'" for value in values]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}"


# --- arithmetic ------------------------------------------------------------------------------------------


class _Formula:
    """Arithmetic over lettered parts."""

    def __init__(self, letters: Mapping[Value, str]) -> None:
        self._letters = letters

    def of(self, value: Value) -> str:  # noqa: PLR0911
        if value in self._letters:
            return self._letters[value]
        match value:
            case AsOf():
                return "the as-of date"
            case Number(number):
                return f"{number:g}"
            case Named(name):
                return f"`{name}`"
            case Binary(Op.LEAST | Op.MOST as op):
                parts = "; ".join(self._condition(part) for part in _chained(op, value))
                return f"the {_EXTREMES[op]} of ({parts})"
            case Binary(Op.SUBTRACT, AsOf(), day):
                return f"days from {self._inner(day)} to the as-of date"
            case Binary(Op.ABOVE | Op.AT_LEAST):
                return f"whether {self._condition(value)} (1 or 0)"
            case Binary(op, left, right):
                return f"{self._inner(left)} {_SIGNS[op]} {self._inner(right)}"
            case AnyOf(parts):
                return f"1 where any of these is so or above 0, else 0: {self._each(parts)}"
            case SumOf(parts):
                return f"the sum of those known of: {self._each(parts)}"
            case Given(condition, inner):
                return f"{self.of(inner)}, known only where {self._condition(condition, above_zero=True)}"
        raise TypeError(f"not a value: {type(value).__name__}")

    def _each(self, parts: Sequence[Value]) -> str:
        return "; ".join(self._condition(part) for part in parts)

    def _condition(self, value: Value, *, above_zero: bool = False) -> str:
        """A comparison without its 'whether'; any other value as it is, or 'above 0'."""
        if isinstance(value, Binary) and value.op in _COMPARED and value not in self._letters:
            left, right = value.left, value.right
            if isinstance(left, Number):
                return f"{self._inner(right)} {_TURNED[value.op]} {self._inner(left)}"
            return f"{self._inner(left)} {_COMPARED[value.op]} {self._inner(right)}"
        return f"{self._inner(value)} > 0" if above_zero else self.of(value)

    def _inner(self, value: Value) -> str:
        words = self.of(value)
        plain = value in self._letters or isinstance(value, (AsOf, Number, Named))
        plain = plain or (isinstance(value, Binary) and value.op in _EXTREMES)
        return words if plain else f"({words})"


def _chained(op: Op, value: Value) -> list[Value]:
    if isinstance(value, Binary) and value.op is op:
        return [*_chained(op, value.left), value.right]
    return [value]


def _repeated(value: Value) -> tuple[Value, ...]:
    """Sums that stand in several places of a value, the inner ones first: each gets a letter of its own."""
    found: dict[Value, int] = {}

    def visit(one: Value) -> None:
        for part in parts_of(one):
            first = part not in found
            found[part] = found.get(part, 0) + 1
            if first:
                visit(part)

    visit(value)
    inner_first = sorted(found, key=_depth)
    return tuple(one for one in inner_first if found[one] > 1 and len(set(aggregates_of(one))) > 1)


def _depth(value: Value) -> int:
    return 1 + max(map(_depth, parts_of(value)), default=0)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

"""Arithmetic in steps: an operation that would be written more than once becomes a column, and is named from then on.

An engine is handed text: an expression that repeats its operands, of operands that repeat theirs, takes longer to plan
than to compute. Definitions repeat themselves, too, and one feature what another is made of. Here every different
operation is written once, whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from features.compile import finish_expr, operation_expr
from features.streams import Aggregate
from features.values import AnyOf, Binary, Given, Op, SumOf, Value, parts_of
from features.world import Frame

_Known = tuple[object, ...]


@dataclass
class _Operation:
    """One operation on others, by their places; ``written`` is how many times over expressions name it."""

    value: Value
    parts: tuple[int, ...]
    written: int = 0


class Arithmetic:
    """Several values on the merged aggregates of one frame, and on its other columns."""

    def __init__(self) -> None:
        self._operations: list[_Operation] = []
        self._places: dict[_Known, int] = {}
        self._leaves: dict[int, nw.Expr] = {}

    def add(self, value: Value, columns: Mapping[Aggregate, str]) -> int:
        """Ask for a value, of aggregates in the columns given; the answer is its place, for `expr`."""
        place = self._place(value, columns)
        # What is asked for is named by whoever asks, who may round it or say where it is unknown.
        self._operations[place].written += 2
        return place

    def on(self, frame: Frame) -> Frame:
        """The frame with every column that the expressions name."""
        by_level: dict[int, list[int]] = {}
        levels: list[int] = []
        for place, operation in enumerate(self._operations):
            levels.append(max((levels[part] + self._is_column(part) for part in operation.parts), default=0))
            if self._is_column(place):
                by_level.setdefault(levels[place], []).append(place)
        for level in sorted(by_level):
            frame = frame.with_columns(*[self._written_out(p).alias(_column(p)) for p in by_level[level]])
        return frame

    def expr(self, place: int) -> nw.Expr:
        """A value that was asked for, in the frame that `on` gave."""
        return nw.col(_column(place)) if self._is_column(place) else self._written_out(place)

    def _is_column(self, place: int) -> bool:
        return place not in self._leaves and self._operations[place].written > 1

    def _written_out(self, place: int) -> nw.Expr:
        if place in self._leaves:
            return self._leaves[place]
        operation = self._operations[place]
        return operation_expr(operation.value, [self.expr(part) for part in operation.parts])

    def _place(self, value: Value, columns: Mapping[Aggregate, str]) -> int:
        """Where an operation stands; the same operation on the same parts stands once, and after its parts."""
        match value:
            case Aggregate():
                return self._leaf(("rows", columns[value]), value, finish_expr(value, columns[value]))
            case Binary() | AnyOf() | SumOf() | Given():
                return self._operation(value, columns)
        return self._leaf((type(value).__name__, repr(value)), value, operation_expr(value, []))

    def _leaf(self, known: _Known, value: Value, written: nw.Expr) -> int:
        if known not in self._places:
            self._places[known] = len(self._operations)
            self._leaves[len(self._operations)] = written
            self._operations.append(_Operation(value, ()))
        return self._places[known]

    def _operation(self, value: Value, columns: Mapping[Aggregate, str]) -> int:
        parts = tuple(self._place(part, columns) for part in _parts(value))
        known = (type(value).__name__, value.op if isinstance(value, Binary) else None, parts)
        if known not in self._places:
            self._places[known] = len(self._operations)
            self._operations.append(_Operation(value, parts))
            for part in parts:
                self._operations[part].written += 2 if _repeats(value) else 1
        return self._places[known]


def _column(place: int) -> str:
    return f"_step_{place}"


def _repeats(value: Value) -> bool:
    """Whether some engine is told an operation by writing its operands more than once."""
    return isinstance(value, Binary) and value.op in (Op.DIVIDE, Op.LEAST, Op.MOST)


def _parts(value: Value) -> list[Value]:
    """What an operation is of; the least of the least of several is the least of all."""
    if isinstance(value, Binary) and value.op in (Op.LEAST, Op.MOST):
        return [*_chained(value.op, value.left), *_chained(value.op, value.right)]
    return list(parts_of(value))


def _chained(op: Op, value: Value) -> list[Value]:
    match value:
        case Binary(inner, left, right) if inner is op:
            return [*_chained(op, left), *_chained(op, right)]
    return [value]

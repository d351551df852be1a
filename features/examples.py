"""What an example of a rule is: a few rows, what is asked of them, and the answer by the rule, worked out by hand.

The same examples are the tests of the engines and the page ``docs/features/rules.md``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.definitions import Direction, Feature, Level, NullRule, Over, Roll
from features.values import Value
from store.table import Column, ColumnType, Table

Row = dict[str, Any]

PEOPLE = """
    person_id | dob
    Ann       | 2012-05-01
    Ben       | 2014-03-03
    Cat       | 1985-07-07
    Dan       | 1983-01-20
"""
FAMILIES = """
    family_id | person_id | role  | from_date  | to_date | recorded_on | end_recorded_on
    Green     | Ann       | child | 2020-01-01 |         | 2020-01-02  |
    Green     | Ben       | child | 2020-01-01 |         | 2020-01-02  |
    Green     | Cat       | adult | 2020-01-01 |         | 2020-01-02  |
"""


@dataclass(frozen=True)
class Asked:
    """One column of the answer: an expression, as it is written and as it is, and how it is used."""

    name: str
    text: str
    value: Value
    null_rule: NullRule = NullRule.NOT_APPLICABLE
    roll: Roll = Roll.POOL
    over: Over = Over.EVERYONE

    def feature(self, level: Level) -> Feature:
        return Feature(
            name=self.name,
            subject="example",
            label=self.name,
            value=self.value,
            null_rule=self.null_rule,
            direction=Direction.FREE,
            sentence="{value}",
            why="An example.",
            owner="Nobody: an example",
            level=level,
            roll=self.roll,
            over=self.over,
        )

    @property
    def settings(self) -> str:
        """What differs from a pooled feature of everyone that leaves blanks: ``roll max, over children``."""
        said = [
            f"null rule {self.null_rule}" if self.null_rule is not NullRule.NOT_APPLICABLE else "",
            f"roll {self.roll}" if self.roll is not Roll.POOL else "",
            f"over {self.over}" if self.over is not Over.EVERYONE else "",
        ]
        return ", ".join(part for part in said if part)


@dataclass(frozen=True)
class Example:
    """A rule, rows that show it, and the answer. Tables are written with ``|`` between cells; an empty cell is blank.

    ``expected`` begins with the columns ``family``, or ``child`` and ``family`` where it is of children, and with
    ``as_of`` before them where there are several dates.
    """

    title: str
    says: str
    rows: Mapping[str, str]
    asked: tuple[Asked, ...]
    expected: str
    as_ofs: tuple[dt.date, ...] = (dt.date(2024, 6, 30),)
    people: str = PEOPLE
    families: str = FAMILIES

    @property
    def level(self) -> Level:
        return Level.CHILD if "child" in cells(self.expected)[0] else Level.FAMILY

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(asked.feature(self.level) for asked in self.asked)


def cells(text: str) -> list[list[str]]:
    """The rows of a table written with ``|``, its header first."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def parsed(table: Table, text: str) -> list[Row]:
    """Rows of one of the tables that features read, by its columns' types."""
    header, *lines = cells(text)
    columns = {column.name: column for column in table.columns}
    return [{name: _cell(columns[name], cell) for name, cell in zip(header, line, strict=True)} for line in lines]


def _cell(column: Column, cell: str) -> Any:
    if not cell:
        return None
    match column.type:
        case ColumnType.DATE:
            return dt.date.fromisoformat(cell)
        case ColumnType.INTEGER | ColumnType.PENCE:
            return int(cell)
        case ColumnType.FLAG:
            return cell == "yes"
        case ColumnType.TEXTS:
            return cell.split()
        case _:
            return cell

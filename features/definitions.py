"""What a feature is: one frozen object that says what is computed, what a blank means, and how to say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property

from features.streams import Aggregate, Part, Stream, aggregates_of
from features.tables import FAMILY_PREFIX
from features.values import Value, blank, names_of

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Level(StrEnum):
    """Whom a feature describes."""

    CHILD = "child"
    FAMILY = "family"


class Roll(StrEnum):
    """How what is known of members becomes the family's."""

    POOL = "pool"
    """The rows of all members together, each once, and then the arithmetic."""

    MAX = "max"
    MIN = "min"
    SUM = "sum"
    MEAN = "mean"
    """The arithmetic for each member, and then the largest, smallest, sum or mean of those that are known."""


class Over(StrEnum):
    """Whose rows count towards the family's value."""

    EVERYONE = "everyone"
    """Every member, and every group (a tenancy, a claim, a case) of a member."""

    CHILDREN = "children"
    ADULTS = "adults"


class NullRule(StrEnum):
    """What it means that nothing is known. Every feature must choose one."""

    NOT_APPLICABLE = "not_applicable"
    """The question does not arise (no pupil, no tenancy): left blank."""

    ZERO = "zero"
    """No record means that it did not happen: 0."""

    UNKNOWN = "unknown"
    """It may be so or not: left blank, and ``<name>_unknown`` is 1."""


class Unit(StrEnum):
    """How a value is written for people."""

    NUMBER = "number"
    SHARE = "share"
    """A part of a whole, written as a percentage."""

    FLAG = "flag"
    """1 for yes, 0 for no."""

    DAYS = "days"
    """A length of time, written in days, weeks, months or years."""

    POUNDS = "pounds"
    """Money, written in whole pounds."""


class Direction(IntEnum):
    """Which way risk goes as the value rises, for monotone constraints."""

    FALLS = -1
    FREE = 0
    RISES = 1


@dataclass(frozen=True)
class Feature:
    """One feature.

    ``sentence`` is what a panel reads, a template for `wording.filled` with ``{value}`` (a flag's has none);
    ``sentence_none`` is said
    when the value is 0, and ``sentence_below`` when it is negative, where that needs other words.
    """

    name: str
    subject: str
    label: str
    value: Value
    null_rule: NullRule
    direction: Direction
    sentence: str
    why: str
    owner: str
    """Who in the council answers for the data, by role."""

    unit: Unit = Unit.NUMBER
    level: Level = Level.FAMILY
    roll: Roll = Roll.POOL
    over: Over = Over.EVERYONE
    caveats: str = ""
    sentence_none: str = ""
    sentence_below: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a feature's name has lower-case letters, digits and underscores only")
        if self.name.startswith(FAMILY_PREFIX):
            raise ValueError(f"{self.name}: {FAMILY_PREFIX}... is what a family's feature goes by among a child's")
        if not self.owner.strip():
            raise ValueError(f"{self.name}: say who in the council answers for the data")
        if ("{value}" in self.sentence) is (self.unit is Unit.FLAG):
            raise ValueError(f"{self.name}: the sentence of a flag is without {{value}}, any other has it")
        if self.level is Level.CHILD and (self.roll, self.over) != (Roll.POOL, Over.EVERYONE):
            raise ValueError(f"{self.name}: a child's feature is of that child alone, so it takes no roll or over")
        if self.roll is not Roll.POOL:
            self._check_roll()

    def _check_roll(self) -> None:
        if len(self.streams) != 1 or tuple(names_of(self.value)) or self.streams[0].part is Part.MEMBERSHIP:
            raise ValueError(f"{self.name}: a value rolled up by {self.roll} is made of one dated source")
        if blank(self.value) is not None:
            raise ValueError(
                f"{self.name}: a member with no record would count as {blank(self.value)}; "
                "wrap the value in given(...) so that no record is unknown, or roll it up by pooling"
            )

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """The distinct aggregates it is made of, in the order written."""
        return tuple(dict.fromkeys(aggregates_of(self.value)))

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(dict.fromkeys(aggregate.stream for aggregate in self.aggregates))

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables it is made from directly."""
        return tuple(dict.fromkeys(stream.table.name for stream in self.streams))

    @property
    def windows(self) -> tuple[int, ...]:
        """The lengths in days of its windows, shortest first."""
        return tuple(sorted({a.days for a in self.aggregates if a.days is not None}))

    @property
    def indicator(self) -> str | None:
        """The column that says the value is unknown, where the null rule asks for one."""
        return f"{self.name}_unknown" if self.null_rule is NullRule.UNKNOWN else None

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        # Opened when it is shown: what describes a definition is made of definitions.
        from features.display import feature_html  # noqa: PLC0415

        return feature_html(self)

"""The kinds of rule across tables: what a row must find in other tables of the same source.

Who a source's people and groups are is read from its registers: ``person_records``, and ``group_members``. Linking
applies the rules; see ``sources.linking`` for what happens to the rows that break one.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_SUCH_PERSON = "no_such_person"
NO_SUCH_GROUP = "no_such_group"
BEFORE_BIRTH = "before_birth"
BORN_AFTER_EVENTS = "born_after_events"
ROWS_TO_A_SLIP = 20
"""Slips of the day are fewer than one row in so many; a birth date that more contradict is itself the slip."""


@dataclass(frozen=True)
class NamesAPerson:
    """The cell, where there is one, is a key by which the source names a person in ``person_records``."""

    column: str = "record_id"
    name: str = NO_SUCH_PERSON

    def says(self) -> str:
        return (
            f"`{self.column}` is the `record_id` or `subject_id` of a person whom the same source has in "
            "[person_records](person_records.md)"
        )


@dataclass(frozen=True)
class NamesAGroup:
    """The group, where there is one, has a member in ``group_members``: without one its rows reach no family."""

    column: str = "group_id"
    name: str = NO_SUCH_GROUP

    def says(self) -> str:
        return (
            "`group_type` and `group_id` are those of a group to which the same source gives at least one member in "
            "[group_members](group_members.md)"
        )


@dataclass(frozen=True)
class NotBeforeBirth:
    """The day is not long before the earliest birth date that the source holds for the person.

    The day is the first of ``days`` that is there. For a spell that is its end, and while it is open the day it was
    recorded: one that began before a child was born may have been its household's. Rows of several such days stay:
    see ``BornBeforeEvents``.
    """

    days: tuple[str, ...]
    unborn_days: int
    name: str = BEFORE_BIRTH

    @property
    def column(self) -> str:
        return self.days[0]

    def says(self) -> str:
        others = "".join(f" (where that is blank, `{day}`)" for day in self.days[1:])
        return (
            f"`{self.days[0]}`{others} is not more than {self.unborn_days} days before the earliest birth date that "
            "the same source has for the person (where that is so of two different days or more, and of one in "
            f"{ROWS_TO_A_SLIP} of the person's rows or more, the birth date is taken to be wrong, and the rows stay)"
        )


@dataclass(frozen=True)
class BornBeforeEvents:
    """Few days contradict the birth date: those may be mistyped; where there are many it is likelier the birth date."""

    unborn_days: int
    column: str = "dob"
    name: str = BORN_AFTER_EVENTS

    def says(self) -> str:
        return (
            f"There are not two different days, each more than {self.unborn_days} days before the earliest birth date "
            "that the source holds for the person, on which the same source has something of that person; if there "
            f"are, and they are of one in {ROWS_TO_A_SLIP} of the person's rows or more, the rows of those days stay "
            f"and it is `{self.column}` that is blanked"
        )


AcrossTables = NamesAPerson | NamesAGroup | NotBeforeBirth | BornBeforeEvents

"""Files that name people: who stands on a row, where they live, and the group they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sources.suggestions.choosing import ENOUGH, Choice, choose
from sources.suggestions.headers import best_fit, role, words
from sources.suggestions.keys import Table
from sources.suggestions.profiling import Profile
from sources.suggestions.vocabulary import ADDRESS_PARTS, ADDRESS_WHOLE, MEMBER, PERSON

_NAMES = ("forename", "surname", "full_name")
_OWN = frozenset({*_NAMES, "dob", "sex", "ethnicity", "upn", "nino", "email", "phone"})
"""What belongs to one person of a row; the rest is the row's."""
_CLOSED = frozenset({"sex"})


@dataclass(frozen=True)
class Person:
    """One person of a row: '' or the role its headers give, and the columns about that person."""

    role: str
    choices: dict[str, Choice]

    @property
    def named(self) -> bool:
        return "full_name" in self.choices or {"forename", "surname"} <= set(self.choices)


def persons(table: Table) -> list[Person]:
    """The people a row names, the one without a role first; none where no column holds a name."""
    by_role: dict[str, list[Profile]] = {}
    for one in table.profiles:
        by_role.setdefault(role(one.name), []).append(one)
    found = [Person(which, _choices(columns, which)) for which, columns in by_role.items()]
    named = [person for person in found if person.named]
    if not named:
        return []
    if not any(person.role == "" for person in named) and len(named) == 1:
        # One person whose headers all say so: the role tells nobody apart.
        (only,) = named
        return [Person("", {**_shared(found), **only.choices})]
    shared = _shared([person for person in found if not person.named or person.role == ""])
    numbered = {
        name: choice
        for person in found
        if not person.named and person.role.isdigit()
        for name, choice in person.choices.items()
    }
    people = [
        Person(person.role, {**shared, **(numbered if not person.role else {}), **person.choices}) for person in named
    ]
    return sorted(people, key=lambda person: person.role != "")


def _choices(columns: list[Profile], which: str) -> dict[str, Choice]:
    made = choose(PERSON, columns, closed=_CLOSED, tolerated=frozenset(which.split()))
    if {"forename", "surname"} <= set(made):
        made.pop("full_name", None)
    elif "full_name" in made:
        made.pop("forename", None)
        made.pop("surname", None)
    return made


def _shared(found: list[Person]) -> dict[str, Choice]:
    return {
        name: choice
        for person in found
        if person.role == ""
        for name, choice in person.choices.items()
        if name not in _OWN
    }


def address(table: Table) -> tuple[str, ...]:
    """The columns that make the address, in the order it is written."""
    whole = [
        one.name
        for one in table.profiles
        if best_fit(one.name, ADDRESS_WHOLE) >= ENOUGH
        and not one.dates
        and not any(w.isdigit() for w in words(one.name))
    ]
    if whole:
        return (max(whole, key=lambda name: best_fit(name, ADDRESS_WHOLE)),)
    parts: list[str] = []
    for names in ADDRESS_PARTS:
        fitting = [one.name for one in table.profiles if best_fit(one.name, names) >= 0.85 and one.name not in parts]
        parts += fitting
    return tuple(parts)


def membership(table: Table) -> dict[str, Choice]:
    """The columns that say what a person is in a group, and since when."""
    return choose(MEMBER, table.profiles)

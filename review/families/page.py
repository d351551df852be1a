"""A family's page, from its document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from review.families import people_sections, story_sections, words
from review.families.corrections import held_back
from review.families.models import Family, Loaded
from review.families.sections import Facts, Section

_SECTIONS = (
    people_sections.coming_up,
    people_sections.members,
    people_sections.involved,
    story_sections.history,
    story_sections.school,
    story_sections.money,
    story_sections.progress,
    people_sections.doubts,
    people_sections.records,
)


@dataclass(frozen=True)
class FamilyPage:
    """What the template shows: a heading, the last day that the systems tell of, and the sections."""

    heading: str
    day: str
    sections: list[Section]


def family_page(family: Family, loaded: Loaded | None) -> FamilyPage:
    """The page of a family, without its address while somebody's saying that it is not safe to be shown is open."""
    facts = facts_of(family, loaded)
    return FamilyPage(
        heading=f"The {family.name} family",
        day=words.day(facts.document["day"]),
        sections=[one(facts) for one in _SECTIONS],
    )


def facts_of(family: Family, loaded: Loaded | None) -> Facts:
    """A family's document with the names that its numbers stand for."""
    document = family.document
    if family.key in held_back():
        document = {**document, "address": None}
    notes = loaded.notes if loaded else {"fed": {}, "left_out": ()}
    return Facts(document, _names(document["members"]), notes["fed"], notes["left_out"])


def _names(members: list[dict[str, Any]]) -> list[str]:
    """The first name of each member; the whole name where two have the same, or none is known."""
    first = Counter(row["first"] for row in members)
    return [row["first"] if row["first"] and first[row["first"]] == 1 else row["name"] for row in members]


def systems_of(family: Family) -> list[str]:
    """The systems whose records or work the page shows, in order of their names."""
    document = family.document
    return sorted({row["system"] for part in ("records", "involved") for row in document[part] or ()})

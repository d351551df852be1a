"""A family's page, from its document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from review.families import people_sections, story_sections, words
from review.families.corrections import Said
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
    """What the template shows: a heading, the last day that the systems tell of, the sections, and what people said."""

    key: str
    heading: str
    day: str
    sections: list[Section]
    said: Said

    @property
    def body(self) -> SafeString:
        """The sections as HTML. They are most of the page: the templates of the rest would take five times as long."""
        facts = {
            "sections": self.sections,
            "said": self.said.shown,
            "correction": reverse("correction", args=[self.key]),
        }
        made = render_to_string("families/sections.html", facts, using="jinja2")
        return mark_safe(made)  # noqa: S308 - made of a template that escapes all that it is given


def family_page(family: Family, loaded: Loaded | None, said: Said) -> FamilyPage:
    """The page of a family of which ``said`` was said.

    Without its address while somebody's saying that it is not safe to be shown is open.
    """
    facts = _facts(family, loaded, said)
    return FamilyPage(
        key=family.key,
        heading=f"The {family.name} family",
        day=words.day(facts.document["day"]),
        sections=[one(facts) for one in _SECTIONS],
        said=said,
    )


def _facts(family: Family, loaded: Loaded | None, said: Said) -> Facts:
    """A family's document with the names that its numbers stand for."""
    document = family.document
    if said.address_held_back:
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

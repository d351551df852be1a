"""What a family's page is made of: sections of tables, and of charts with the table of what they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Table:
    """A table of texts; the first cell of each row is its heading."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """A picture, what it shows, and its figures."""

    heading: str
    words: str
    picture: SafeString
    table: Table
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """One part of the page. ``words`` stand in any case; what there is none of is said in them."""

    anchor: str
    heading: str
    words: Sequence[str] = ()
    points: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    more: Sequence[Table] = ()
    """Tables that are folded away."""


@dataclass(frozen=True)
class Facts:
    """A document with what all of its sections need: whom its numbers name, and what the council's extracts hold."""

    document: dict[str, Any]
    names: Sequence[str]
    fed: dict[str, bool]
    left_out: Sequence[dict[str, Any]] = ()
    """Rows and cells that could not be read, by system, of all families together."""

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of one part; none where there is none."""
        found = self.document.get(name)
        return list(found) if isinstance(found, list) else []

    def who(self, numbers: int | list[int] | None) -> str:
        """The names of members by their numbers; the whole family for none."""
        asked = [numbers] if isinstance(numbers, int) else numbers
        return ", ".join(self.names[number] for number in asked) if asked else "The family"

    def absent(self, table: str, what: str) -> str:
        """What to say where a part is empty: whether nothing is recorded, or the council has no such extract at all."""
        if not self.fed.get(table, False):
            return f"The council's extracts hold no {what}, so nothing can be told."
        return f"No {what} is on record for this family."

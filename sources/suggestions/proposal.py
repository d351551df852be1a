"""What is proposed for a file, before it is written as TOML."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sources.suggestions.profiling import Profile

Setting = tuple[str, object, str]
"""A key of an extract, its value and a note."""


@dataclass(frozen=True)
class Line:
    """One column of a table and where it comes from, as the TOML would have it."""

    column: str
    origin: object
    """A header, a list of headers, or a table such as ``{"constant": "spell"}``."""
    headers: tuple[str, ...]
    sure: bool
    note: str = ""


@dataclass(frozen=True)
class CodeMap:
    """A code map: the values whose meaning is known, those to be filled in, and how many more were not shown."""

    name: str
    table: str
    column: str
    allowed: tuple[str, ...]
    known: tuple[tuple[str, str], ...]
    asked: tuple[str, ...]
    rarer: int

    def joined(self, other: CodeMap) -> CodeMap:
        """One map for two columns that hold the same codes, such as those of two people on a row."""
        known = dict(self.known) | dict(other.known)
        asked = {*self.asked, *other.asked}
        return replace(
            self, known=tuple(sorted(known.items())), asked=tuple(sorted(asked)), rarer=self.rarer + other.rarer
        )


@dataclass(frozen=True)
class Proposal:
    """One table that the file is thought to feed."""

    table: str
    lines: tuple[Line, ...]
    key: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    group_type: str = ""
    suffix: str = ""
    present: tuple[str, ...] = ()
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lacking: tuple[str, ...] = ()
    """What must be found before it can be used; while something is lacking it is written as a comment."""
    held_back: str = ""
    """Why it is written as a comment though nothing is lacking."""

    @property
    def usable(self) -> bool:
        return not self.lacking and not self.held_back

    @property
    def headers(self) -> set[str]:
        """Every column of the file that it uses."""
        used = {*self.key, *self.subject, *self.group, *self.present, *(header for header, _ in self.unless)}
        return used.union(*(line.headers for line in self.lines))


@dataclass(frozen=True)
class Suggestion:
    """Everything proposed for a file."""

    name: str
    source: str
    path: str
    settings: tuple[Setting, ...] = ()
    """Keys of the extract that say how to read the file."""
    profiles: tuple[Profile, ...] = ()
    nameable: bool = True
    """Whether the headers are the file's own names and may be shown."""
    proposals: tuple[Proposal, ...] = ()
    maps: tuple[CodeMap, ...] = ()
    notes: tuple[str, ...] = ()
    part: str = ""
    """Which part of the file it is about, if not the whole."""
    further: tuple[Suggestion, ...] = ()
    """The same file's other parts, each an extract of its own."""

    @property
    def usable(self) -> tuple[Proposal, ...]:
        return tuple(proposal for proposal in self.proposals if proposal.usable)

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Columns of the file that no usable proposal names."""
        used: set[str] = set().union(*(proposal.headers for proposal in self.usable))
        return tuple(one.name for one in self.profiles if one.name not in used)

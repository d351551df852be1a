"""What is known of one case on a released list, before it is put in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.facts import FeatureFacts


@dataclass(frozen=True)
class Reason:
    """One reason of one case, as the models stage wrote it."""

    feature: str
    subject: str
    sentence: str
    contribution: float
    value: float | None
    median: float | None
    """That of all cases of the date."""
    made_of: tuple[str, ...] = ()
    """Where the figure counts several things: those that are there, in sentences."""
    parts: tuple[str, ...] = ()
    """The features that those sentences are of, in the same order."""
    behind: tuple[FeatureFacts, ...] = ()
    """The features that it rests on: what is there of several things counted, and what says much the same."""


@dataclass(frozen=True)
class Unknown:
    """A subject of which nothing, or not all, is known, and how far that moved the case, in log-odds."""

    subject: str
    moved: float


@dataclass(frozen=True)
class Services:
    """Services that work with the family, and that did, with their months."""

    now: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True)
class Fed:
    """The systems behind one kind of record that know the family, and how sure the least sure match is."""

    systems: tuple[str, ...]
    certainty: str


@dataclass(frozen=True)
class Matched:
    """How sure the matching behind a case is."""

    tables: Mapping[str, Fed]
    """By table of records."""
    people: int
    """Counted as the family."""
    by_home_alone: int
    """Of them, those whom nothing but living at one address ties to it."""


@dataclass(frozen=True)
class Case:
    """One flagged case: its pseudonyms, its reasons strongest first, and the values of its features."""

    unit_id: str
    family_id: str
    reasons: tuple[Reason, ...]
    values: dict[str, float | None]
    unknown: tuple[Unknown, ...] = ()
    alike: str = ""
    """What became of past cases like it, in a sentence; empty where that may not be told."""
    services: Services | None = None
    matched: Matched | None = None

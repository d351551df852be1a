"""What the reports need to know, in one shape, whatever shape the rooms above write it in.

The pages are made from these dataclasses alone; `reading` fills them from the run's documents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A rate with its interval. ``value`` is None where it is suppressed or has no denominator."""

    value: float | None
    low: float | None = None
    high: float | None = None
    below: float | None = None
    """What a suppressed rate is known to be under, where that may be said."""


@dataclass(frozen=True)
class Candidate:
    """One way of choosing the list, judged at the panel's capacity over the test as-of dates."""

    name: str
    title: str
    precision: Measure
    recall: Measure
    flags_per_case: str
    """Cases read for each one with the outcome, in words."""
    missed: str
    """Cases with the outcome that were not on the list, in words."""
    chosen: bool


@dataclass(frozen=True)
class TargetFacts:
    """One question put to the data, and how well it could be answered."""

    name: str
    title: str
    question: str
    level: str
    """``family`` or ``child``: whose case it is."""
    unit_one: str
    unit_many: str
    modelled: bool
    why_not: str
    capacity: int
    outcome: str
    """What the model learned to expect, in words."""
    horizon_days: int
    test_as_ofs: tuple[dt.date, ...]
    base_rate: Measure
    candidates: tuple[Candidate, ...]
    caveats: tuple[str, ...]
    retire_when: str
    features: tuple[str, ...]
    """Names of the features the model may use."""
    warning: str = ""
    """What every reader must know before using the list: that it was not shown to beat chance."""
    chosen_why: str = ""
    """Why its way of choosing was chosen, and by what; empty where nothing was."""

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that makes the list."""
        return next((candidate for candidate in self.candidates if candidate.chosen), None)


@dataclass(frozen=True)
class Finding:
    """What one rule says of one group."""

    group: str
    verdict: str
    why: str
    settle: str
    """What would settle it; empty unless the verdict is 'cannot tell'."""


@dataclass(frozen=True)
class Rule:
    """One rule of the policy, and what it says of every group."""

    name: str
    title: str
    demand: str
    """What the rule asks for, in words."""
    verdict: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Group:
    """One group's published figures: protected against recognising anyone."""

    name: str
    label: str
    size: str
    flagged: str
    rates: dict[str, Measure]


@dataclass(frozen=True)
class Panel:
    """One way of dividing the cohort into groups."""

    name: str
    title: str
    groups: tuple[Group, ...]
    everyone: dict[str, Measure]


@dataclass(frozen=True)
class AuditFacts:
    """One target's audit, as published."""

    verdict: str
    why: str
    rules: tuple[Rule, ...]
    panels: tuple[Panel, ...]
    suppress_below: int
    rounded_to: int
    hashes: tuple[tuple[str, str], ...]
    drawn: int = 0
    """Cases drawn by lot from below the line that go into the pack."""
    may_be_drawn: int = 0
    """The most of them that the policy allows."""


@dataclass(frozen=True)
class Approval:
    """One signature."""

    name: str
    role: str
    on: dt.date
    note: str
    mitigation: str = ""


@dataclass(frozen=True)
class ReleaseFacts:
    """Whether the panel may see the target, and on whose word; or why not and what to do."""

    open: bool
    reason: str = ""
    fix: str = ""
    approvals: tuple[Approval, ...] = ()
    expires: dt.date | None = None
    """The first day on which it no longer holds; None while it holds until it is withdrawn."""


@dataclass(frozen=True)
class FeatureFacts:
    """What a panel may be told about one feature."""

    name: str
    subject: str
    label: str
    sources: tuple[str, ...]
    windows: tuple[int, ...]
    null_rule: str
    direction: int
    """1 where more is a worry, -1 where less is, 0 where neither is said."""
    made_of: tuple[str, ...]
    """The features it is worked out from, by name or by column."""
    columns: dict[str, str]
    """Its column in each feature table that has it."""


@dataclass(frozen=True)
class ExtractFacts:
    """Rows of one extract meant for one table, as they may be shown, and the rule broken most often in words."""

    name: str
    source: str
    table: str
    rows_in: str
    accepted: str
    set_aside: str
    replaced: str
    """Rows that a later one of the same thing stands in for."""
    share_set_aside: float | None
    """None where it may not be shown."""
    blanked: str
    reason: str


@dataclass(frozen=True)
class SystemFacts:
    """One system in the residents index."""

    source: str
    records: str
    people: str
    elsewhere: Measure
    """Share of its people who are found in another system too."""
    with_dob: Measure
    with_address: Measure


@dataclass(frozen=True)
class RunFacts:
    """Everything of a run but its targets."""

    rows_read: str
    files_read: int
    set_aside: str
    extracts: tuple[ExtractFacts, ...]
    matching: tuple[tuple[str, str], ...]
    systems: tuple[SystemFacts, ...]
    features: tuple[FeatureFacts, ...]

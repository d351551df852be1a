"""A team's caseloads: how many families each worker has, how long since anything was recorded, and the balance."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

QUIET_WEEKS = 6
"""Weeks without anything recorded from which a family is counted as quiet."""
_MORE_THAN_USUAL = 1.4
_MORE_BY = 3


@dataclass(frozen=True)
class Held:
    """One family of the team: who works with it, and what is needed to tell how it stands."""

    worker: str
    """The worker's key; '' where only the team is named."""
    family: str
    children: int
    last_recorded: dt.date | None
    next_due: dt.date | None


@dataclass(frozen=True)
class Caseload:
    """One worker's families, in numbers. ``weeks`` is the middle one of the weeks since anything was recorded."""

    key: str
    """The worker's key; '' where only the team is named."""
    name: str
    families: int
    children: int
    quiet: int
    passed: int
    weeks: int | None
    wondering: str


def caseloads(held: Iterable[Held], names: dict[str, str], day: dt.date) -> list[Caseload]:
    """A row a worker, those with most families first. ``names`` has every worker of the team, ``day`` is the data's.

    A family that has two workers counts for both. Workers without a family are listed too.
    """
    by_worker: dict[str, dict[str, Held]] = defaultdict(dict)
    for one in held:
        by_worker[one.worker][one.family] = one
    rows = [
        _caseload(
            key,
            names.get(key, "No worker named"),
            list(by_worker[key].values()),
            day,
            [len(by_worker[other]) for other in sorted(names) if other != key] if key in names else [],
        )
        for key in sorted(names.keys() | by_worker.keys())
    ]
    return sorted(rows, key=lambda row: (-row.families, row.name))


def _caseload(key: str, name: str, families: list[Held], day: dt.date, others: list[int]) -> Caseload:
    weeks = [(day - one.last_recorded).days // 7 for one in families if one.last_recorded]
    return Caseload(
        key=key,
        name=name,
        families=len(families),
        children=sum(one.children for one in families),
        quiet=sum(one.last_recorded is None or weeks_since(one.last_recorded, day) >= QUIET_WEEKS for one in families),
        passed=sum(one.next_due is not None and one.next_due < day for one in families),
        weeks=int(median(weeks)) if weeks else None,
        wondering=_wondering(len(families), others),
    )


def weeks_since(then: dt.date, day: dt.date) -> int:
    """Whole weeks from one day to another."""
    return (day - then).days // 7


def _wondering(families: int, others: list[int]) -> str:
    """A question, where somebody has many more families than the middle one of the others."""
    usual = median(others) if others else 0
    if usual and families >= usual * _MORE_THAN_USUAL and families - usual >= _MORE_BY:
        told = f"The others have {usual:g} in the middle" if len(others) > 1 else f"The other one has {usual:g}"
        return f"{told}. I wonder whether that is as meant."
    return ""

"""Who is absent from the data: children in families beside the census's children, by ethnic group.

A census counts every child that lives somewhere; a council's systems count those who use something. The share that each
group has among children whose ethnicity is known is set beside its share of the census. Children of unknown ethnicity
belong to some group too: what the share could be at most, were they all of this one, stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairness_audits.chain.comparing import GROUPS, LEAST_EXPECTED, Range, Reading, reading
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ethnicity import ETHNIC_CODES, UNKNOWN, broad_group
from fairness_audits.policy import Grouping
from store.intervals import wilson, z_of


@dataclass(frozen=True)
class Present:
    """One group among the children in the data, beside the census."""

    group: str
    children: int
    share: Range
    """Among children whose ethnicity is known; for 'Unknown', among all."""
    census_share: float | None
    """None for 'Unknown', and for a group that the council's numbers do not tell apart."""
    ratio: Range | None
    at_most: float | None
    """The ratio, were every child of unknown ethnicity of this group."""
    reading: Reading
    worth: float
    """How many independent children a child is worth."""
    known: int
    """Children whose ethnicity is known."""
    wide: float
    """How many standard errors the interval of the reading reaches, for as many groups as are read."""


def census_counts(children: Mapping[str, int]) -> dict[Grouping, dict[str, int]]:
    """The council's numbers by broad group, and by each detailed group that they tell apart."""
    broad: dict[str, int] = {}
    detailed: dict[str, int] = {}
    for name, number in children.items():
        codes = [entry for entry in ETHNIC_CODES if name == entry.code or name in entry.ons]
        wide = broad_group(codes[0].code) if codes else name
        broad[wide] = broad.get(wide, 0) + number
    for entry in ETHNIC_CODES:
        parts = [entry.code] if entry.code in children else [name for name in entry.ons if name in children]
        shared = any(name in other.ons for name in parts for other in ETHNIC_CODES if other is not entry)
        if parts and not shared and (parts == [entry.code] or len(parts) == len(entry.ons)):
            detailed[entry.code] = sum(children[name] for name in parts)
    return {Grouping.BROAD: broad, Grouping.DETAILED: detailed}


def present(
    now: Mapping[str, int], census: Mapping[str, int], families_a_child: float
) -> dict[Grouping, tuple[Present, ...]]:
    """Children ``now`` by detailed group beside the ``census`` as the council gives it.

    ``families_a_child`` (at most 1) says how many independent children a child is worth: brothers and sisters are of
    one group.
    """
    given = census_counts(census)
    total = sum(census.values())
    wide: dict[str, int] = {}
    for code, children in now.items():
        wide[broad_group(code)] = wide.get(broad_group(code), 0) + children
    counted = {Grouping.BROAD: wide, Grouping.DETAILED: dict(now)}
    return {
        grouping: tuple(
            _one(group, counted[grouping], given[grouping], total, families_a_child)
            for group in GROUPS[grouping]
            if counted[grouping].get(group) or given[grouping].get(group)
        )
        for grouping in GROUPS
    }


def _one(group: str, now: Mapping[str, int], census: Mapping[str, int], total: int, worth: float) -> Present:
    children, unknown = now.get(group, 0), now.get(UNKNOWN, 0)
    known = sum(now.values()) - (0 if group == UNKNOWN else unknown)
    if not known:
        return Present(group, children, Range(0.0, 0.0, 1.0), None, None, None, Reading.CANNOT_TELL, worth, known, 0.0)
    share = children / known
    low, high = (float(end) for end in wilson(children * worth, known * worth, z_of(REPORTED_CONFIDENCE)))
    told = Range(share, low, high)
    if group == UNKNOWN or not census.get(group):
        return Present(group, children, told, None, None, None, Reading.CANNOT_TELL, worth, known, 0.0)
    expected = census[group] / total
    groups = len(now) - (UNKNOWN in now)
    wide = float(z_of(1 - (1 - REPORTED_CONFIDENCE) / max(groups, 1)))
    ends = wilson(children * worth, known * worth, wide)
    reach = Range(share / expected, *(float(end) / expected for end in ends))
    enough = max(children, known * expected) * worth >= LEAST_EXPECTED
    return Present(
        group,
        children,
        told,
        expected,
        Range(share / expected, low / expected, high / expected),
        (children + unknown) / (known + unknown) / expected,
        reading(reach) if enough else Reading.CANNOT_TELL,
        worth,
        known,
        wide,
    )

"""Shares by group, as they may be shown: protected counts, intervals, and a plain reading of each difference.

Counts under 10 and the counts that would give them away are hidden; all others are rounded to 5, and shares are of
the rounded counts. Only the reading of a difference rests on the exact ones, and it is told where every count under 10
would have been read the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sources.codes.ethnicity import ETHNIC_CODES, UNKNOWN
from store.intervals import newcombe, wilson, z_of
from store.small_numbers import THRESHOLD, Hidden, protect_parts

CONFIDENCE = 0.95
MARGIN = 0.02
"""A difference that lies within so much on either side, as far as its interval tells, counts as none. Gaps of one to
three points between the worst group and the rest are what better matching has been seen to close."""

LEAST = 30
"""People in a group, and in the rest, below which no difference is read."""

_LEAST_FOR_LIMIT = 50
_BROAD_OF = {entry.code: entry.broad for entry in ETHNIC_CODES}
_LABEL_OF = {entry.code: entry.label for entry in ETHNIC_CODES}
_AGES = (
    (5, "Under 5"),
    (11, "5 to 10"),
    (16, "11 to 15"),
    (18, "16 and 17"),
    (25, "18 to 24"),
    (45, "25 to 44"),
    (65, "45 to 64"),
)
_OLDEST = "65 and over"
NO_AGE = "No birth date"
_SEXES = {"F": "Female", "M": "Male"}


class Reading(StrEnum):
    """What the interval of a difference from the rest says."""

    LOWER = "lower"
    HIGHER = "higher"
    ALIKE = "alike"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Count:
    """Of ``n`` people, ``linked`` are."""

    n: int
    linked: int

    def __add__(self, other: Count) -> Count:
        return Count(self.n + other.n, self.linked + other.linked)

    def __sub__(self, other: Count) -> Count:
        return Count(self.n - other.n, self.linked - other.linked)


def detailed(code: str | None) -> str:
    """The detailed group of a code as held: refused, not obtained, empty and unheard-of ones are unknown."""
    return code if code in _BROAD_OF else UNKNOWN


def broad(group: str) -> str:
    """The broad group of a detailed one."""
    return _BROAD_OF.get(group, UNKNOWN)


def label(group: str) -> str:
    """A group's name for people."""
    return _LABEL_OF.get(group, group)


def age_band(years: int | None) -> str:
    """The band of an age in whole years."""
    if years is None:
        return NO_AGE
    return next((name for end, name in _AGES if years < end), _OLDEST)


def sex_group(sex: str | None) -> str:
    return _SEXES.get(sex or "", UNKNOWN)


_ORDER = {
    "detailed": [*_BROAD_OF, UNKNOWN],
    "broad": list(dict.fromkeys([*_BROAD_OF.values(), UNKNOWN])),
    "sex": [*_SEXES.values(), UNKNOWN],
    "age": [*(name for _, name in _AGES), _OLDEST, NO_AGE],
}


def shares(counts: Mapping[str, Mapping[str, Count]]) -> dict[str, list[dict[str, Any]]]:
    """For each grouping its groups: protected ``n`` and ``apart``, the share linked, the difference from the rest.

    ``counts`` holds each grouping's groups, which do not overlap; ``detailed`` brings its ``broad`` groups with it.
    """
    groupings = {name: dict(groups) for name, groups in counts.items()}
    if "detailed" in groupings:
        groupings["broad"] = _gathered(groupings["detailed"])
    return {name: _grouping(name, groups) for name, groups in groupings.items()}


def whole(count: Count) -> dict[str, Any]:
    """One count by itself, as it may be shown: ``n``, ``apart``, ``share`` or ``at_least``."""
    shown = protect_parts({"linked": count.linked, "apart": count.n - count.linked})
    return _shown(shown.total, shown.parts["apart"])


def _gathered(groups: Mapping[str, Count]) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for group, count in groups.items():
        found[broad(group)] = found.get(broad(group), Count(0, 0)) + count
    return found


def _grouping(name: str, groups: Mapping[str, Count]) -> list[dict[str, Any]]:
    sizes = _protected(name, {group: count.n for group, count in groups.items()})
    aparts = _protected(name, {group: count.n - count.linked for group, count in groups.items()})
    everyone = sum(groups.values(), Count(0, 0))
    total = whole(everyone)
    entries = []
    for group in sorted(groups, key=lambda one: _place(name, one)):
        shown = _shown(sizes[group], aparts[group])
        entries.append(
            {
                "group": group,
                "label": label(group),
                **shown,
                "difference": _difference(shown, total),
                "reading": reading_to_show(groups[group], everyone - groups[group], len(groups)).value,
            }
        )
    return entries


def _protected(grouping: str, parts: Mapping[str, int]) -> dict[str, int | Hidden]:
    """Counts of a grouping as they may be shown; those of detailed groups do not give each other away either way.

    They add up to everyone, and those of one broad group to that group: what either sum would tell is hidden.
    """
    shown = protect_parts(parts).parts
    if grouping != "detailed":
        return shown
    for group in {broad(one) for one in parts}:
        members = protect_parts({one: count for one, count in parts.items() if broad(one) == group}).parts
        for one, value in members.items():
            if isinstance(value, Hidden) and not isinstance(shown[one], Hidden):
                shown[one] = value
    return shown


def _place(grouping: str, group: str) -> tuple[int, str]:
    order = _ORDER.get(grouping, [])
    return order.index(group) if group in order else len(order), group


def _shown(n: int | Hidden, apart: int | Hidden) -> dict[str, Any]:
    """A group's counts with the share that is not apart, or the limit above which it must lie."""
    if isinstance(n, Hidden):
        return {"n": n, "apart": Hidden.SECOND, "share": None, "at_least": None}
    share, at_least = None, None
    if not isinstance(apart, Hidden) and n:
        share = _share(max(n - apart, 0), n)
    elif apart is Hidden.SMALL and n >= _LEAST_FOR_LIMIT:
        at_least = round(1 - THRESHOLD / n, 3)
    return {"n": n, "apart": apart, "share": share, "at_least": at_least}


def _share(linked: int, n: int) -> dict[str, float]:
    low, high = wilson(linked, n, z_of(CONFIDENCE))
    return {"value": round(linked / n, 3), "low": round(float(low), 3), "high": round(float(high), 3)}


def _difference(shown: dict[str, Any], everyone: dict[str, Any]) -> dict[str, float] | None:
    """The share less that of all others, from the counts as shown."""
    if shown["share"] is None or everyone["share"] is None:
        return None
    n, apart = everyone["n"] - shown["n"], everyone["apart"] - shown["apart"]
    if n < THRESHOLD or not 0 <= apart <= n:
        return None
    own = max(shown["n"] - shown["apart"], 0)
    low, high = newcombe(own, shown["n"], n - apart, n, z_of(CONFIDENCE))
    return {
        "value": round(own / shown["n"] - (n - apart) / n, 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
    }


def reading_to_show(group: Count, rest: Count, compared: int) -> Reading:
    """The reading, if it is the same whatever the counts under 10 are that it rests on; else it would tell of them."""
    found = {reading(one, other, compared) for one in _possible(group) for other in _possible(rest)}
    return found.pop() if len(found) == 1 else Reading.CANNOT_TELL


def _possible(count: Count) -> tuple[Count, ...]:
    """The count, or where fewer than ten are apart, the two ends of what it could be."""
    if count.n - count.linked >= THRESHOLD:
        return (count,)
    return Count(count.n, count.n), Count(count.n, count.n - min(THRESHOLD - 1, count.n))


def reading(group: Count, rest: Count, compared: int) -> Reading:
    """Whether a group's share is lower or higher than the rest's, alike, or too uncertain to say.

    The interval is Newcombe's, wide enough for ``compared`` groups to be read at once (Bonferroni). Nothing is made
    of a group being lower when fewer than ten of it are missed, or higher when fewer than ten of the rest are.
    """
    if group.n < LEAST or rest.n < LEAST:
        return Reading.CANNOT_TELL
    ends = newcombe(group.linked, group.n, rest.linked, rest.n, z_of(1 - (1 - CONFIDENCE) / max(compared, 1)))
    low, high = (float(end) for end in ends)
    if low > -MARGIN and high < MARGIN:
        return Reading.ALIKE
    if high < 0 and group.n - group.linked >= THRESHOLD:
        return Reading.LOWER
    if low > 0 and rest.n - rest.linked >= THRESHOLD:
        return Reading.HIGHER
    return Reading.CANNOT_TELL

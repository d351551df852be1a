"""Whether two forenames or two birth dates could be one person's: the rules that keep clusters apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

_ALIKE = 0.85
"""Jaro-Winkler likeness below which two forenames are two names. A single slip in a name of four letters or more
stays above it."""

_PREFIX = 4
_PREFIX_WEIGHT = 0.1


@dataclass(frozen=True)
class Name:
    """A name as a version holds it."""

    forename: str | None
    middle: str | None
    surname: str | None
    spellings: frozenset[int]


@lru_cache(maxsize=1 << 20)
def jaro_winkler(a: str, b: str) -> float:
    """Winkler's variant of Jaro's likeness, 0 to 1 (Winkler 1990)."""
    if a == b:
        return 1.0
    reach = max(max(len(a), len(b)) // 2 - 1, 0)
    used = [False] * len(b)
    common_a = []
    for place, letter in enumerate(a):
        for other in range(max(0, place - reach), min(len(b), place + reach + 1)):
            if not used[other] and b[other] == letter:
                used[other] = True
                common_a.append(letter)
                break
    if not common_a:
        return 0.0
    common_b = [letter for letter, taken in zip(b, used) if taken]
    moved = sum(x != y for x, y in zip(common_a, common_b)) / 2
    common = len(common_a)
    jaro = (common / len(a) + common / len(b) + (common - moved) / common) / 3
    prefix = 0
    for x, y in zip(a[:_PREFIX], b[:_PREFIX]):
        if x != y:
            break
        prefix += 1
    return jaro + prefix * _PREFIX_WEIGHT * (1 - jaro)


def names_could_be_one(a: Name, b: Name) -> bool:
    """Whether two forenames could be one person's. A missing forename could be any; surnames change."""
    if a.forename is None or b.forename is None or a.forename == b.forename:
        return True
    if min(len(a.forename), len(b.forename)) == 1 and a.forename[0] == b.forename[0]:
        return True
    if not a.spellings.isdisjoint(b.spellings):
        return True
    if a.forename == b.middle or a.middle == b.forename:
        return True
    if a.surname and b.surname and _alike(a.forename, b.surname) and _alike(a.surname, b.forename):
        return True
    return _alike(a.forename, b.forename)


def _alike(a: str, b: str) -> bool:
    return jaro_winkler(*sorted((a, b))) >= _ALIKE


@lru_cache(maxsize=1 << 20)
def dates_could_be_one(a: dt.date, b: dt.date) -> bool:
    """Whether two birth dates could be one: equal, a slip, day and month swapped, or 1 January for the year."""
    if a == b:
        return True
    if a.year == b.year and ((a.month, a.day) == (1, 1) or (b.month, b.day) == (1, 1)):
        return True
    if (a.year, a.month, a.day) == (b.year, b.day, b.month):
        return True
    return _one_slip(a.strftime("%Y%m%d"), b.strftime("%Y%m%d"))


def _one_slip(a: str, b: str) -> bool:
    """Whether two texts of one length differ in one digit or in two neighbours put the wrong way round."""
    places = [place for place, (x, y) in enumerate(zip(a, b)) if x != y]
    if len(places) == 1:
        return True
    return (
        len(places) == 2
        and places[1] == places[0] + 1
        and a[places[0]] == b[places[1]]
        and a[places[1]] == b[places[0]]
    )

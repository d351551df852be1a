"""Days, quarters and school days of the synthetic borough. A day is an integer: days since 1 January 1970."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_EPOCH = dt.date(1970, 1, 1)
OPEN = 99_999
"""Stands for 'no end yet' and 'never'; later than every real day."""


def day(year: int, month: int, of_month: int) -> int:
    return (dt.date(year, month, of_month) - _EPOCH).days


def date_of(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=number)


BEGINS = day(2021, 7, 1)
"""First day lived through; the year before the extracts gives them a history."""
COVERS_FROM = day(2022, 9, 1)
COVERS_TO = day(2026, 8, 31)
EXTRACT = day(2026, 9, 7)

QUARTERS: Array = np.array(
    [day(year, month, 1) for year in range(2021, 2027) for month in (1, 4, 7, 10) if (year, month) >= (2021, 7)][:21]
)
"""First day of each calendar quarter from July 2021 to July 2026."""
QUARTER_DAYS = 91

_WRITTEN_FROM = day(1899, 12, 31)
_WRITTEN_TO = day(2031, 12, 31)


@lru_cache(maxsize=32)
def _all_written(pattern: str) -> Array:
    days = range(_WRITTEN_FROM, _WRITTEN_TO + 1)
    return np.array([date_of(number).strftime(pattern) for number in days] + [""], dtype=object)


def written(days: Array, pattern: str) -> Array:
    """Days as text in a strftime pattern; an open or unknown day is blank."""
    known = (days >= _WRITTEN_FROM) & (days <= _WRITTEN_TO)
    return _all_written(pattern)[np.where(known, days - _WRITTEN_FROM, -1)]


def quarter_of(days: Array) -> Array:
    """Index of the quarter a day falls in, held to the quarters lived through."""
    return np.clip(np.searchsorted(QUARTERS, days, side="right") - 1, 0, len(QUARTERS) - 1)


def age(dob: Array, on: Array | int) -> Array:
    """Age in years as a fraction."""
    return (on - dob) / 365.25


SCHOOL_YEARS = (2022, 2023, 2024, 2025)
"""Each named by the calendar year in which it begins."""


@lru_cache(maxsize=8)
def school_days(year: int) -> Array:
    """Weekdays on which schools of the borough are open or planned closed, in the year that begins in ``year``."""
    spring = year + 1
    half_terms = (
        (day(year, 9, 4), day(year, 10, 20)),
        (day(year, 10, 30), day(year, 12, 20)),
        (day(spring, 1, 4), day(spring, 2, 9)),
        (day(spring, 2, 19), day(spring, 3, 28)),
        (day(spring, 4, 15), day(spring, 5, 23)),
        (day(spring, 6, 3), day(spring, 7, 21)),
    )
    every = np.concatenate([np.arange(start, end + 1) for start, end in half_terms])
    weekday = (every + 3) % 7
    early_may = np.isin(every, np.arange(day(spring, 5, 1), day(spring, 5, 8))) & (weekday == 0)
    open_days: Array = every[(weekday < 5) & ~early_may]
    return open_days


CENSUS_TERMS = (("A", 10, 5, 0), ("P", 1, 18, 1), ("S", 5, 16, 1))
"""Term letter, month and day of the census, and whether it falls in the school year's second calendar year."""


def census_days(year: int) -> list[tuple[str, int]]:
    """Term name and day of the three censuses of a school year."""
    return [
        (f"{year % 100:02d}{year % 100 + 1:02d}{letter}", day(year + later, month, on))
        for letter, month, on, later in CENSUS_TERMS
    ]

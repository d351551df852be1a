"""As-of dates, and the intervals that their windows cut the calendar into."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from features.streams import Aggregate

EPOCH = dt.date(1970, 1, 1)
Window = tuple[int | None, int]
"""Length in days (None: no start) and lag in days."""


def day_number(date: dt.date) -> int:
    """Days since 1 January 1970."""
    return (date - EPOCH).days


def quarter_ends(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Every 31 March, 30 June, 30 September and 31 December from ``first`` to ``last``, both included."""
    ends = (
        dt.date(year, month, day)
        for year in range(first.year, last.year + 1)
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
    )
    return tuple(end for end in ends if first <= end <= last)


def windows_of(aggregates: Iterable[Aggregate]) -> tuple[Window, ...]:
    """The distinct windows of some aggregates, in the order met."""
    return tuple(dict.fromkeys((aggregate.days, aggregate.lag) for aggregate in aggregates))


@dataclass(frozen=True)
class Intervals:
    """The calendar cut at every boundary of every window: an event's interval says which windows it is in.

    Interval ``i`` holds the days from ``boundaries[i - 1]`` up to but not including ``boundaries[i]``. Interval 0
    is everything before the first boundary; days on or after the last boundary are in no window.
    """

    as_ofs: tuple[int, ...]
    windows: tuple[Window, ...]

    @cached_property
    def boundaries(self) -> tuple[int, ...]:
        cuts = set(self.as_ofs)
        for as_of in self.as_ofs:
            for days, lag in self.windows:
                cuts.add(as_of - lag)
                if days is not None:
                    cuts.add(as_of - lag - days)
        return tuple(sorted(cuts))

    @property
    def unbounded(self) -> bool:
        """Whether some window has no start, so that interval 0 counts."""
        return any(days is None for days, _ in self.windows)

    def interval(self, day: int) -> int:
        return bisect_right(self.boundaries, day)

    def calendar(self) -> dict[str, list[int]]:
        """The interval of each day, from the day before the first boundary to the day before the last."""
        days = range(self.boundaries[0] - 1, self.boundaries[-1])
        return {"event": list(days), "interval": [self.interval(day) for day in days]}

    def rollup(self) -> dict[str, list[int]]:
        """One row for each as-of date and interval in any of its windows; ``w<i>`` is 1 for window ``i``."""
        rows: dict[str, list[int]] = {"as_of": [], "interval": [], **{f"w{i}": [] for i in range(len(self.windows))}}
        for index, as_of in enumerate(self.as_ofs):
            spans = [self._span(as_of, window) for window in self.windows]
            for interval in range(max(high for _, high in spans) + 1):
                inside = [int(low <= interval <= high) for low, high in spans]
                if any(inside):
                    rows["as_of"].append(index)
                    rows["interval"].append(interval)
                    for i, flag in enumerate(inside):
                        rows[f"w{i}"].append(flag)
        return rows

    def _span(self, as_of: int, window: Window) -> tuple[int, int]:
        days, lag = window
        end = as_of - lag
        return (0 if days is None else self.interval(end - days)), self.interval(end - 1)


def known_by(as_ofs: Sequence[int], recorded: int) -> int:
    """The place of the first as-of date that may know what was recorded on a day; past the end when none may."""
    return bisect_right(as_ofs, recorded)

"""Days of absence from school, worked out from single marks: which of them stand alone, and since when that is settled.

Whether a day stands alone rests on marks of the days beside it, and a mark may be recorded or amended long after. So
that no day changes once it is seen, only marks recorded within a fortnight of their day take part, and a day is seen
only when a fortnight has passed since the weekday after it: whatever takes part was recorded by then.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from features.compile import CARRIER

CLASS = "statistical_class"
SINGLE = "single_day"
_DAY, _RECORDED = "event_date", "recorded_on"
MARKS = (_DAY, _RECORDED, CLASS)
"""What is read of each mark."""

SETTLED = 14
"""Days within which a mark is recorded, or takes no part."""

_ABSENT = ("authorised", "unauthorised")
# To a Monday: 1 January 1970 was a Thursday. With so many weeks before it no day is below zero, where engines differ
# in what they make of a remainder.
_TO_MONDAY = 3 + 7 * 100_000
_FRIDAY, _SATURDAY = 4, 5
_AFTER, _BEFORE, _NUMBER = "day_after", "day_before", "weekday_number"


def absent_days(marks: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """One row for each carrier and weekday with a mark of absence: carrier, event_date, recorded_on and ``single_day``.

    ``marks`` are sessions with their carrier and the columns of `MARKS`, days as day numbers. A day is single when
    the weekdays before and after it have no such mark; Friday and Monday are neighbours. Marks of weekends are left
    out. ``recorded_on`` is since when the day is settled.
    """
    since_monday = nw.col(_DAY) + _TO_MONDAY
    taking_part = marks.filter(
        nw.col(CLASS).is_in(_ABSENT),
        nw.col(_RECORDED) - nw.col(_DAY) <= SETTLED,
        since_monday % 7 < _SATURDAY,
    )
    days = taking_part.group_by(CARRIER, _DAY).agg(nw.len().alias("marks"))
    numbered = days.with_columns(((since_monday // 7) * 5 + since_monday % 7).alias(_NUMBER))
    number = nw.col(_NUMBER)
    beside = numbered.with_columns(
        number.shift(1).over(CARRIER, order_by=_NUMBER).alias(_BEFORE),
        number.shift(-1).over(CARRIER, order_by=_NUMBER).alias(_AFTER),
    )
    alone = (number - nw.col(_BEFORE) > 1).fill_null(True) & (nw.col(_AFTER) - number > 1).fill_null(True)
    to_next = nw.when(since_monday % 7 == _FRIDAY).then(nw.lit(3)).otherwise(nw.lit(1))
    settled = (nw.col(_DAY) + to_next + SETTLED).cast(nw.Int64)
    return beside.select(CARRIER, _DAY, settled.alias(_RECORDED), alone.alias(SINGLE))

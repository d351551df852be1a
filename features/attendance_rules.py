"""The rules of features by example: what is worked out from marks of several days. See `features.examples`."""

from __future__ import annotations

import datetime as dt

from features.examples import Asked, Example
from features.rows import yes
from features.streams import ABSENT_DAYS

EXAMPLES: tuple[Example, ...] = (
    Example(
        "A day of absence is single when the weekdays beside it have none",
        "The 3rd and the 5th are single. Friday the 7th and Monday the 10th are neighbours, and so are the 13th and "
        "the 14th. The mark of the 4th was recorded more than a fortnight late and takes no part: had it come in time, "
        "the days beside it would not be single, and whether they are must not change once they are seen. For the "
        "same reason a day is seen only when a fortnight has passed since the weekday after it: the 14th, whose next "
        "weekday is the 17th, from 2 July on. A mark of a weekend is left out.",
        {
            "attendance": """
    record_id | event_date | recorded_on | session | statistical_class
    Ann       | 2024-06-03 | 2024-06-03  | AM      | authorised
    Ann       | 2024-06-03 | 2024-06-03  | PM      | authorised
    Ann       | 2024-06-04 | 2024-06-04  | AM      | present
    Ann       | 2024-06-04 | 2024-06-19  | PM      | unauthorised
    Ann       | 2024-06-05 | 2024-06-19  | AM      | unauthorised
    Ann       | 2024-06-07 | 2024-06-07  | AM      | authorised
    Ann       | 2024-06-08 | 2024-06-08  | AM      | authorised
    Ann       | 2024-06-10 | 2024-06-10  | AM      | authorised
    Ann       | 2024-06-13 | 2024-06-13  | AM      | authorised
    Ann       | 2024-06-14 | 2024-06-14  | AM      | authorised
    Ben       | 2024-06-06 | 2024-06-06  | AM      | authorised
"""
        },
        (
            Asked("days", "ABSENT_DAYS.count()", ABSENT_DAYS.count()),
            Asked("single", 'ABSENT_DAYS.count(yes("single_day"))', ABSENT_DAYS.count(yes("single_day"))),
        ),
        """
    as_of      | child | family | days | single
    2024-06-30 | Ann   | Green  | 5    | 2
    2024-06-30 | Ben   | Green  | 1    | 1
    2024-07-01 | Ann   | Green  | 5    | 2
    2024-07-01 | Ben   | Green  | 1    | 1
    2024-07-02 | Ann   | Green  | 6    | 2
    2024-07-02 | Ben   | Green  | 1    | 1
""",
        as_ofs=(dt.date(2024, 6, 30), dt.date(2024, 7, 1), dt.date(2024, 7, 2)),
    ),
)

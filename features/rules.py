"""The rules of features by example: which rows are seen, and what becomes of them. See `features.examples`."""

from __future__ import annotations

import datetime as dt

from features.definitions import NullRule
from features.examples import Asked, Example
from features.rows import one_of, yes
from features.streams import EXCLUSIONS, NEET, RENT, SCHOOL_STATUS, SERVICES
from features.values import days_since, given, share

EXAMPLES: tuple[Example, ...] = (
    Example(
        "A row is seen once it has happened and the council knows",
        "Both dates must lie before the as-of date. The third row happened in time and was written down on the day "
        "itself; the fourth happened on the day; the fifth is a date still to come, written down already.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-06-03 | 2024-06-04  | 1
    Ann       | 2024-06-29 | 2024-06-29  | 2
    Ann       | 2024-06-28 | 2024-06-30  | 4
    Ann       | 2024-06-30 | 2024-06-30  | 8
    Ann       | 2024-07-09 | 2024-06-10  | 16
"""
        },
        (
            Asked("rows", "EXCLUSIONS.count()", EXCLUSIONS.count()),
            Asked("sessions", 'EXCLUSIONS.total("sessions")', EXCLUSIONS.total("sessions")),
            Asked("days", "days_since(EXCLUSIONS.last_day())", days_since(EXCLUSIONS.last_day())),
        ),
        """
    family | rows | sessions | days
    Green  | 2    | 3        | 1
""",
    ),
    Example(
        "What was recorded late is seen from the next as-of date on",
        "The same rows at two dates. At the first the late row is not there; at the second it is, on the day it "
        "happened.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-03-01 | 2024-03-01  | 1
    Ann       | 2024-03-04 | 2024-03-31  | 2
"""
        },
        (
            Asked("sessions", 'EXCLUSIONS.total("sessions")', EXCLUSIONS.total("sessions")),
            Asked("days", "days_since(EXCLUSIONS.last_day())", days_since(EXCLUSIONS.last_day())),
        ),
        """
    as_of      | family | sessions | days
    2024-03-31 | Green  | 1        | 30
    2024-06-30 | Green  | 3        | 118
""",
        as_ofs=(dt.date(2024, 3, 31), dt.date(2024, 6, 30)),
    ),
    Example(
        "A window is of days back from the as-of date",
        "28 days before 30 June are 2 to 29 June: the first day of a window is in it and the as-of date is not. A lag"
        " moves the whole window back: 28 days with a lag of 28 are 5 May to 1 June.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-05-04 | 2024-05-04  | 1
    Ann       | 2024-05-05 | 2024-05-05  | 2
    Ann       | 2024-06-01 | 2024-06-01  | 4
    Ann       | 2024-06-02 | 2024-06-02  | 8
    Ann       | 2024-06-29 | 2024-06-29  | 16
"""
        },
        (
            Asked("four_weeks", 'EXCLUSIONS.total("sessions", days=28)', EXCLUSIONS.total("sessions", days=28)),
            Asked(
                "before",
                'EXCLUSIONS.total("sessions", days=28, lag=28)',
                EXCLUSIONS.total("sessions", days=28, lag=28),
            ),
            Asked("ever", 'EXCLUSIONS.total("sessions")', EXCLUSIONS.total("sessions")),
        ),
        """
    family | four_weeks | before | ever
    Green  | 24         | 6      | 31
""",
    ),
    Example(
        "A year is 365 days, with a leap day or without",
        "From 29 February 2024 back 365 days is 1 March 2023; from 1 March 2024 it is 2 March 2023.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2023-02-28 | 2023-02-28  | 1
    Ann       | 2023-03-01 | 2023-03-01  | 2
    Ann       | 2024-02-29 | 2024-02-29  | 4
"""
        },
        (Asked("year", 'EXCLUSIONS.total("sessions", days=365)', EXCLUSIONS.total("sessions", days=365)),),
        """
    as_of      | family | year
    2024-02-29 | Green  | 2
    2024-03-01 | Green  | 4
""",
        as_ofs=(dt.date(2024, 2, 29), dt.date(2024, 3, 1)),
    ),
    Example(
        "A spell is open until its end is known",
        "On 30 June the child protection plan has ended and that is known. The child in need plan has ended and "
        "nobody has said so yet: it is open. The early help case has no end.",
        {
            "service_episodes": """
    record_id | service    | event_date | recorded_on | to_date    | end_recorded_on
    Ann       | cp         | 2024-01-08 | 2024-01-09  | 2024-05-01 | 2024-05-02
    Ann       | cin        | 2024-01-08 | 2024-01-09  | 2024-06-03 | 2024-07-15
    Ann       | early_help | 2024-02-01 | 2024-02-01  |            |
"""
        },
        (
            Asked("open", "SERVICES.open()", SERVICES.open()),
            Asked("ended", "SERVICES.ended.count()", SERVICES.ended.count()),
            Asked("cin", 'SERVICES.open(one_of("service", "cin"))', SERVICES.open(one_of("service", "cin"))),
        ),
        """
    as_of      | family | open | ended | cin
    2024-06-30 | Green  | 2    | 1     | 1
    2024-09-30 | Green  | 1    | 2     | 0
""",
        as_ofs=(dt.date(2024, 6, 30), dt.date(2024, 9, 30)),
    ),
    Example(
        "An end is never before its beginning, nor known before it",
        "Where nothing says when the end was recorded, it is known once it has passed and its row is known: the first"
        " spell's, on 20 June. An end before the start is taken for the day of the start.",
        {
            "service_episodes": """
    record_id | service | event_date | recorded_on | to_date    | end_recorded_on
    Ann       | cin     | 2024-05-01 | 2024-06-20  | 2024-06-10 |
    Ann       | cp      | 2024-06-01 | 2024-06-01  | 2024-04-01 | 2024-04-02
"""
        },
        (
            Asked("open", "SERVICES.open()", SERVICES.open()),
            Asked("days", "days_since(SERVICES.ended.last_day())", days_since(SERVICES.ended.last_day())),
            Asked("first", "days_since(SERVICES.ended.first_day())", days_since(SERVICES.ended.first_day())),
        ),
        """
    as_of      | family | open | days | first
    2024-06-20 | Green  | 0    | 19   | 19
    2024-06-30 | Green  | 0    | 20   | 29
""",
        as_ofs=(dt.date(2024, 6, 20), dt.date(2024, 6, 30)),
    ),
    Example(
        "A test of a blank or unknown cell is false",
        "A code that no list knows, and a blank, are none of the codes asked for. What is not one of them is every "
        "other row, blank ones too.",
        {
            "neet": """
    record_id | event_date | recorded_on | activity
    Ann       | 2024-05-01 | 2024-05-01  | neet
    Ann       | 2024-05-08 | 2024-05-08  | =NEET()
    Ann       | 2024-05-15 | 2024-05-15  |
"""
        },
        (
            Asked("neet", 'NEET.count(one_of("activity", "neet"))', NEET.count(one_of("activity", "neet"))),
            Asked("other", 'NEET.count(~one_of("activity", "neet"))', NEET.count(~one_of("activity", "neet"))),
            Asked("all_rows", "NEET.count()", NEET.count()),
        ),
        """
    family | neet | other | all_rows
    Green  | 1    | 2     | 3
""",
    ),
    Example(
        "Nothing known is a blank, or 0 where the null rule says so",
        "A count, a total and a distinct count of no rows are 0; a highest, a lowest, a median, a latest and any "
        "division by 0 are unknown. The null rule then says what unknown means: left blank (not applicable), 0, or "
        "blank with a column beside it that says so (unknown).",
        {"exclusions": "record_id | event_date | recorded_on | sessions"},
        (
            Asked("rows", "EXCLUSIONS.count()", EXCLUSIONS.count()),
            Asked("highest", 'EXCLUSIONS.highest("sessions")', EXCLUSIONS.highest("sessions")),
            Asked("zero", 'EXCLUSIONS.highest("sessions")', EXCLUSIONS.highest("sessions"), NullRule.ZERO),
            Asked("noted", 'EXCLUSIONS.highest("sessions")', EXCLUSIONS.highest("sessions"), NullRule.UNKNOWN),
            Asked(
                "mean",
                'share(EXCLUSIONS.total("sessions"), EXCLUSIONS.count())',
                share(EXCLUSIONS.total("sessions"), EXCLUSIONS.count()),
            ),
            Asked(
                "asked_for",
                "given(EXCLUSIONS.count() > 0, EXCLUSIONS.count())",
                given(EXCLUSIONS.count() > 0, EXCLUSIONS.count()),
            ),
        ),
        """
    family | rows | highest | zero | noted | noted_unknown | mean | asked_for
    Green  | 0    |         | 0    |       | 1             |      |
""",
    ),
    Example(
        "The latest row is that of the last event, not the last written down",
        "Of two on one day the higher counts: a yes before a no. A blank flag is no yes.",
        {
            "school_status": """
    record_id | event_date | recorded_on | fsm
    Ann       | 2024-01-18 | 2024-05-01  | no
    Ann       | 2024-05-16 | 2024-05-20  | yes
    Ann       | 2024-05-16 | 2024-05-21  | no
    Ben       | 2024-01-18 | 2024-01-20  | yes
    Ben       | 2024-05-16 | 2024-05-20  |
""",
        },
        (Asked("meals", 'SCHOOL_STATUS.latest(yes("fsm"))', SCHOOL_STATUS.latest(yes("fsm"))),),
        """
    child | family | meals
    Ann   | Green  | 1
    Ben   | Green  | 0
""",
    ),
    Example(
        "Different values are counted once each, blanks not at all",
        "Two schools in the year, though there are four rows of Ann. Both children together went to three.",
        {
            "school_status": """
    record_id | event_date | recorded_on | school_id
    Ann       | 2023-10-05 | 2023-10-09  | North
    Ann       | 2024-01-18 | 2024-01-20  | South
    Ann       | 2024-05-16 | 2024-05-20  | North
    Ann       | 2024-06-20 | 2024-06-21  |
    Ben       | 2024-01-18 | 2024-01-20  | South
    Ben       | 2024-05-16 | 2024-05-20  | East
"""
        },
        (
            Asked(
                "schools",
                'SCHOOL_STATUS.distinct("school_id", days=365)',
                SCHOOL_STATUS.distinct("school_id", days=365),
            ),
            Asked(
                "lately", 'SCHOOL_STATUS.distinct("school_id", days=91)', SCHOOL_STATUS.distinct("school_id", days=91)
            ),
        ),
        """
    family | schools | lately
    Green  | 3       | 2
""",
    ),
    Example(
        "A median is the middle row, or the mean of the two middle ones",
        "Of the family's four rows 2 and 4 are in the middle. In the last 91 days there are three. A blank cell is no"
        " row.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-01-10 | 2024-01-11  | 1
    Ann       | 2024-06-03 | 2024-06-04  | 2
    Ben       | 2024-06-04 | 2024-06-05  | 4
    Ben       | 2024-06-05 | 2024-06-06  | 20
    Ben       | 2024-06-06 | 2024-06-07  |
"""
        },
        (
            Asked("ever", 'EXCLUSIONS.median("sessions")', EXCLUSIONS.median("sessions")),
            Asked("lately", 'EXCLUSIONS.median("sessions", days=91)', EXCLUSIONS.median("sessions", days=91)),
            Asked("long_ago", 'EXCLUSIONS.median("sessions", lag=365)', EXCLUSIONS.median("sessions", lag=365)),
        ),
        """
    family | ever | lately | long_ago
    Green  | 3    | 4      |
""",
    ),
    Example(
        "What leaks says so",
        "With leaks(...) rows count however late they were recorded, and a window may look ahead: the 91 days from 30"
        " June on. No model trains on such a feature.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-06-03 | 2024-06-04  | 1
    Ann       | 2024-06-04 | 2024-09-01  | 2
    Ann       | 2024-06-30 | 2024-07-01  | 4
    Ann       | 2024-09-29 | 2024-09-29  | 8
"""
        },
        (
            Asked("known", 'EXCLUSIONS.total("sessions", days=91)', EXCLUSIONS.total("sessions", days=91)),
            Asked(
                "late_too",
                'EXCLUSIONS.leaks("late").total("sessions", days=91)',
                EXCLUSIONS.leaks("late").total("sessions", days=91),
            ),
            Asked(
                "ahead",
                'EXCLUSIONS.leaks("late").total("sessions", days=91, lag=-91)',
                EXCLUSIONS.leaks("late").total("sessions", days=91, lag=-91),
            ),
        ),
        """
    family | known | late_too | ahead
    Green  | 1     | 3        | 4
""",
    ),
    Example(
        "A total adds every row, and a blank cell adds nothing",
        "Money is in pence, and payments are below 0.",
        {
            "group_members": """
    group_type | group_id | record_id | role   | from_date  | to_date | recorded_on
    tenancy    | Flat 1   | Cat       | tenant | 2020-01-01 |         | 2020-01-01
""",
            "rent_transactions": """
    group_type | group_id | event_date | recorded_on | kind    | amount_pence
    tenancy    | Flat 1   | 2024-06-03 | 2024-06-03  | rent    | 12000
    tenancy    | Flat 1   | 2024-06-05 | 2024-06-05  | payment | -9000
    tenancy    | Flat 1   | 2024-06-10 | 2024-06-10  | rent    |
""",
        },
        (
            Asked("balance", 'RENT.total("amount_pence")', RENT.total("amount_pence")),
            Asked(
                "charged",
                'RENT.total("amount_pence", one_of("kind", "rent"))',
                RENT.total("amount_pence", one_of("kind", "rent")),
            ),
            Asked("rows", "RENT.count()", RENT.count()),
        ),
        """
    family | balance | charged | rows
    Green  | 3000    | 12000   | 3
""",
    ),
)

"""The rules of features by example: how rows reach children and families. See `features.examples`."""

from __future__ import annotations

import datetime as dt

from features.definitions import NullRule, Over, Roll
from features.examples import FAMILIES, PEOPLE, Asked, Example
from features.rows import at_least, one_of
from features.streams import ATTENDANCE, CONTACTS, DOMESTIC_INCIDENTS, EXCLUSIONS, MEMBERS, OFFENCES, RENT
from features.values import given, share

_ABSENT = one_of("statistical_class", "unauthorised")
_RATE = share(ATTENDANCE.count(_ABSENT), ATTENDANCE.count())
_RATE_TEXT = 'share(ATTENDANCE.count(one_of("statistical_class", "unauthorised")), ATTENDANCE.count())'
_SESSIONS = """
    record_id | event_date | recorded_on | statistical_class
    Ann       | 2024-06-03 | 2024-06-03  | unauthorised
    Ann       | 2024-06-04 | 2024-06-04  | present
    Ben       | 2024-06-03 | 2024-06-03  | unauthorised
    Ben       | 2024-06-04 | 2024-06-04  | present
    Ben       | 2024-06-05 | 2024-06-05  | present
    Ben       | 2024-06-06 | 2024-06-06  | present
    Cat       | 2024-06-03 | 2024-06-03  | unauthorised
"""
_TENANTS = """
    group_type | group_id | record_id | role   | from_date  | to_date    | recorded_on
    tenancy    | Flat 1   | Cat       | tenant | 2020-01-01 |            | 2020-01-01
    tenancy    | Flat 1   | Ann       | other  | 2020-01-01 |            | 2020-01-01
    tenancy    | Flat 1   | Dan       | tenant | 2020-01-01 | 2024-05-31 | 2020-01-01
    tenancy    | Flat 2   | Dan       | tenant | 2019-01-01 | 2019-12-31 | 2019-01-01
"""
_RENT = """
    group_type | group_id | event_date | recorded_on | kind | amount_pence
    tenancy    | Flat 1   | 2024-06-03 | 2024-06-03  | rent | 100
    tenancy    | Flat 2   | 2019-06-03 | 2019-06-03  | rent | 20
"""
_TWO_HOMES = (
    FAMILIES
    + """
    Brown     | Ben       | child | 2022-01-01 |         | 2022-01-02  |
    Brown     | Dan       | adult | 2020-01-01 |         | 2020-01-02  |
""".lstrip("\n")
)

EXAMPLES: tuple[Example, ...] = (
    Example(
        "Who belongs to a family is as known at the as-of date",
        "Ben joined in May, which was recorded in July; Dan left in May, which was recorded in July too. On 30 June "
        "the family is Ann, Cat and Dan; on 30 September Ann, Ben and Cat.",
        {},
        (
            Asked("members", "MEMBERS.count()", MEMBERS.count()),
            Asked("adults", 'MEMBERS.count(one_of("role", "adult"))', MEMBERS.count(one_of("role", "adult"))),
            Asked("youngest", 'MEMBERS.lowest("age_years")', MEMBERS.lowest("age_years")),
        ),
        """
    as_of      | family | members | adults | youngest
    2024-06-30 | Green  | 3       | 2      | 12
    2024-09-30 | Green  | 3       | 1      | 10
""",
        as_ofs=(dt.date(2024, 6, 30), dt.date(2024, 9, 30)),
        families="""
    family_id | person_id | role  | from_date  | to_date    | recorded_on | end_recorded_on
    Green     | Ann       | child | 2020-01-01 |            | 2020-01-02  |
    Green     | Ben       | child | 2024-05-10 |            | 2024-07-01  |
    Green     | Cat       | adult | 2020-01-01 |            | 2020-01-02  |
    Green     | Dan       | adult | 2020-01-01 | 2024-05-12 | 2020-01-02  | 2024-07-01
""",
    ),
    Example(
        "A member brings the whole past along, and takes it away again",
        "Ben moved from one family to the other on 1 May. His suspension of March is the new family's past from then "
        "on. A membership is not there yet on the day it begins, and there still on its last.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ben       | 2024-03-04 | 2024-03-05  | 4
"""
        },
        (Asked("sessions", 'EXCLUSIONS.total("sessions")', EXCLUSIONS.total("sessions")),),
        """
    as_of      | family | sessions
    2024-03-31 | Green  | 4
    2024-05-01 | Brown  | 0
    2024-05-01 | Green  | 4
    2024-05-02 | Brown  | 4
    2024-05-02 | Green  | 0
""",
        as_ofs=(dt.date(2024, 3, 31), dt.date(2024, 5, 1), dt.date(2024, 5, 2)),
        families="""
    family_id | person_id | role  | from_date  | to_date    | recorded_on | end_recorded_on
    Green     | Ann       | child | 2020-01-01 |            | 2020-01-02  |
    Green     | Ben       | child | 2020-01-01 | 2024-05-01 | 2020-01-02  | 2024-05-01
    Brown     | Ann       | child | 2024-04-20 |            | 2024-04-20  |
    Brown     | Ben       | child | 2024-05-01 |            | 2024-05-01  |
""",
    ),
    Example(
        "A child of two homes has a row in each; no record in one of them is missing, not 0",
        "Ben's own rows reach both families. The rent is of the Greens' flat alone: the Browns have no rent account, "
        "so that a balance asked for with given(...) is blank there. A bare total would say 0.",
        {
            "exclusions": "record_id | event_date | recorded_on | sessions\nBen | 2024-06-03 | 2024-06-04 | 4",
            "group_members": """
    group_type | group_id | record_id | role   | from_date  | to_date | recorded_on
    tenancy    | Flat 1   | Cat       | tenant | 2020-01-01 |         | 2020-01-01
""",
            "rent_transactions": """
    group_type | group_id | event_date | recorded_on | kind | amount_pence
    tenancy    | Flat 1   | 2024-06-03 | 2024-06-03  | rent | 100
""",
        },
        (
            Asked("sessions", 'EXCLUSIONS.total("sessions")', EXCLUSIONS.total("sessions")),
            Asked("bare", 'RENT.total("amount_pence")', RENT.total("amount_pence")),
            Asked(
                "balance",
                'given(RENT.count() > 0, RENT.total("amount_pence"))',
                given(RENT.count() > 0, RENT.total("amount_pence")),
            ),
        ),
        """
    family | sessions | bare | balance
    Brown  | 4        | 0    |
    Green  | 4        | 100  | 100
""",
        families=_TWO_HOMES,
    ),
    Example(
        "A group's rows reach each family of its members once",
        "Cat and Ann are both of the tenancy of Flat 1: its rent counts once. Dan has left it, while others stay, so "
        "that it no longer reaches the Browns. He was there at the end of Flat 2, whose past stays with him.",
        {"group_members": _TENANTS, "rent_transactions": _RENT},
        (Asked("charged", 'RENT.total("amount_pence")', RENT.total("amount_pence")),),
        """
    as_of      | family | charged
    2024-05-31 | Brown  | 20
    2024-05-31 | Green  | 0
    2024-06-30 | Brown  | 20
    2024-06-30 | Green  | 100
""",
        as_ofs=(dt.date(2024, 5, 31), dt.date(2024, 6, 30)),
        families=_TWO_HOMES,
    ),
    Example(
        "A group's rows are of nobody in particular",
        "Rent is of the tenancy: it is the family's where everyone's rows count, but not of its children or its "
        "adults.",
        {"group_members": _TENANTS, "rent_transactions": _RENT},
        (
            Asked("everyone", "RENT.count()", RENT.count()),
            Asked("adults", "RENT.count()", RENT.count(), over=Over.ADULTS),
        ),
        """
    family | everyone | adults
    Green  | 1        | 0
""",
    ),
    Example(
        "What is once per something counts once for the family",
        "The notifications name two people of one incident: one incident for the family, and one for each of its "
        "children.",
        {
            "domestic_incidents": """
    record_id | event_date | recorded_on | incident_id | risk
    Cat       | 2024-06-03 | 2024-06-04  | I1          | high
    Ann       | 2024-06-03 | 2024-06-04  | I1          | high
    Ben       | 2024-06-20 | 2024-06-21  | I2          | standard
""",
            "contacts": """
    record_id | event_date | recorded_on | outcome
    Ann       | 2024-06-03 | 2024-06-04  | referral
    Ben       | 2024-06-03 | 2024-06-04  | no_further_action
""",
        },
        (
            Asked("incidents", "DOMESTIC_INCIDENTS.count()", DOMESTIC_INCIDENTS.count()),
            Asked(
                "high",
                'DOMESTIC_INCIDENTS.count(one_of("risk", "high"))',
                DOMESTIC_INCIDENTS.count(one_of("risk", "high")),
            ),
            Asked("contact_days", "CONTACTS.count()", CONTACTS.count()),
        ),
        """
    family | incidents | high | contact_days
    Green  | 2         | 1    | 1
""",
    ),
    Example(
        "A family's value is of all rows together, or rolled up from its members' values",
        "Ann missed 1 of 2 sessions, Ben 1 of 4, and a register has a mark of Cat too. Pooled over the children it is"
        " 2 of 6; the highest is Ann's, the lowest Ben's, and the mean the middle of the two.",
        {"attendance": _SESSIONS},
        (
            Asked("pooled", _RATE_TEXT, _RATE, over=Over.CHILDREN),
            Asked("highest", _RATE_TEXT, _RATE, roll=Roll.MAX, over=Over.CHILDREN),
            Asked("lowest", _RATE_TEXT, _RATE, roll=Roll.MIN, over=Over.CHILDREN),
            Asked("mean", _RATE_TEXT, _RATE, roll=Roll.MEAN, over=Over.CHILDREN),
            Asked("together", _RATE_TEXT, _RATE, roll=Roll.SUM, over=Over.CHILDREN),
            Asked("of_adults", _RATE_TEXT, _RATE, over=Over.ADULTS),
        ),
        """
    family | pooled   | highest | lowest | mean  | together | of_adults
    Green  | 0.333333 | 0.5     | 0.25   | 0.375 | 0.75     | 1
""",
    ),
    Example(
        "A member with no record takes no part in a roll",
        "Ben has no marks: the mean is Ann's alone. A family in which nobody has any is left blank.",
        {
            "attendance": """
    record_id | event_date | recorded_on | statistical_class
    Ann       | 2024-06-03 | 2024-06-03  | unauthorised
    Ann       | 2024-06-04 | 2024-06-04  | present
"""
        },
        (Asked("mean", _RATE_TEXT, _RATE, roll=Roll.MEAN), Asked("lowest", _RATE_TEXT, _RATE, roll=Roll.MIN)),
        """
    family | mean | lowest
    Brown  |      |
    Green  | 0.5  | 0.5
""",
        families=_TWO_HOMES,
    ),
    Example(
        "Different values and medians of members can be rolled up too",
        "Ann's suspensions were of 1 and 3 sessions, Ben's of 5, 5 and 8. Together four lengths, and 5 in the middle.",
        {
            "exclusions": """
    record_id | event_date | recorded_on | sessions
    Ann       | 2024-06-03 | 2024-06-04  | 1
    Ann       | 2024-06-04 | 2024-06-05  | 3
    Ben       | 2024-06-03 | 2024-06-04  | 5
    Ben       | 2024-06-04 | 2024-06-05  | 5
    Ben       | 2024-06-05 | 2024-06-06  | 8
"""
        },
        (
            Asked("lengths", 'EXCLUSIONS.distinct("sessions")', EXCLUSIONS.distinct("sessions")),
            Asked("middle", 'EXCLUSIONS.median("sessions")', EXCLUSIONS.median("sessions")),
            Asked("least", 'EXCLUSIONS.median("sessions")', EXCLUSIONS.median("sessions"), roll=Roll.MIN),
            Asked(
                "most_often",
                'given(EXCLUSIONS.count() >= 3, EXCLUSIONS.median("sessions"))',
                given(EXCLUSIONS.count() >= 3, EXCLUSIONS.median("sessions")),
                roll=Roll.MAX,
            ),
        ),
        """
    family | lengths | middle | least | most_often
    Green  | 4       | 5      | 2     | 5
""",
    ),
    Example(
        "A child comes of age on the eighteenth birthday; one born on 29 February on 1 March",
        "Ann was born on 29 February 2008: on 28 February 2026 she is 17 and on 1 March 18 and an adult, whatever the"
        " role she is held in. When Ben was born nobody knows: he counts as a child of the family, and has no row of "
        "his own.",
        {
            "offences": """
    record_id | event_date | recorded_on | gravity
    Ann       | 2025-06-03 | 2025-06-04  | 2
"""
        },
        (
            Asked("children", 'MEMBERS.count(one_of("role", "child"))', MEMBERS.count(one_of("role", "child"))),
            Asked(
                "adult_ages",
                'MEMBERS.count(at_least("age_years", 18))',
                MEMBERS.count(at_least("age_years", 18)),
            ),
            Asked("offences", "OFFENCES.count()", OFFENCES.count(), over=Over.CHILDREN),
        ),
        """
    as_of      | family | children | adult_ages | offences
    2026-02-28 | Green  | 2        | 1          | 1
    2026-03-01 | Green  | 1        | 2          | 0
""",
        as_ofs=(dt.date(2026, 2, 28), dt.date(2026, 3, 1)),
        people=PEOPLE.replace("2012-05-01", "2008-02-29").replace("2014-03-03", ""),
    ),
    Example(
        "Only children of known age have rows of their own",
        "Ben's birth date is not known, Cat is an adult: one row. A child's feature is of that child alone.",
        {
            "offences": """
    record_id | event_date | recorded_on | gravity
    Ann       | 2024-06-03 | 2024-06-04  | 2
    Ben       | 2024-06-03 | 2024-06-04  | 3
"""
        },
        (
            Asked("offences", "OFFENCES.count()", OFFENCES.count()),
            Asked("age", 'MEMBERS.lowest("age_years")', MEMBERS.lowest("age_years"), NullRule.UNKNOWN),
        ),
        """
    child | family | offences | age | age_unknown
    Ann   | Green  | 1        | 12  | 0
""",
        people=PEOPLE.replace("2014-03-03", ""),
    ),
    Example(
        "A family without a child at the as-of date has no row",
        "Dan lives alone, and is no family here. The Whites' child was not yet born on 30 June, and on 30 September "
        "is.",
        {},
        (Asked("members", "MEMBERS.count()", MEMBERS.count()),),
        """
    as_of      | family | members
    2024-06-30 | Green  | 3
    2024-09-30 | Green  | 3
    2024-09-30 | White  | 2
""",
        as_ofs=(dt.date(2024, 6, 30), dt.date(2024, 9, 30)),
        people=PEOPLE + "    Eve       | 2024-08-01\n    Fay       | 1990-01-01\n",
        families=FAMILIES
        + """
    Single    | Dan       | adult | 2020-01-01 |         | 2020-01-02  |
    White     | Eve       | child | 2024-01-01 |         | 2024-01-02  |
    White     | Fay       | adult | 2020-01-01 |         | 2020-01-02  |
""".lstrip("\n"),
    ),
)

"""Small made-up histories, full of what goes wrong: late records, ties on a boundary, leap days, two homes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
DAY = dt.timedelta(1)
AS_OFS = (dt.date(2024, 2, 29), dt.date(2024, 6, 30), dt.date(2025, 3, 31))
_EDGES = sorted(
    {
        as_of - dt.timedelta(back + off)
        for as_of in AS_OFS
        for back in (0, 28, 91, 182, 365, 365 + 182, 730)
        for off in (-1, 0, 1)
    }
    | {dt.date(2024, 2, 28), dt.date(2020, 2, 29), dt.date(1900, 1, 1), dt.date(2999, 12, 31)}
)

_TIES = [as_of - dt.timedelta(back) for as_of in AS_OFS for back in (0, 1, 91, 182, 365)]

days = st.sampled_from(_TIES) | st.sampled_from(_EDGES) | st.dates(dt.date(2022, 6, 1), dt.date(2025, 6, 30))
lateness = st.sampled_from([0, 0, 0, 1, 2, 20, 120, 400])
births = st.sampled_from(
    [
        *(dt.date(2009, 9, 1), dt.date(2011, 1, 31), dt.date(2014, 3, 1), dt.date(2017, 12, 31), dt.date(1990, 1, 1)),
        *(dt.date(2006, 2, 28), dt.date(2006, 3, 1), dt.date(2004, 2, 29), dt.date(2006, 6, 30), dt.date(2007, 3, 31)),
        *(dt.date(2012, 2, 29), dt.date(2019, 5, 5), dt.date(2024, 3, 1), dt.date(1985, 7, 7), None),
        *(dt.date(2024, 6, 30), dt.date(1850, 1, 1), dt.date(2099, 12, 31)),
    ]
)
PEOPLE = tuple(f"p{i}" for i in range(5))
FAMILIES = ("f0", "f1")
KEYS = ("k0", "k1", "k2", "k3", "k4", "stray")
GROUPS = ("g0", "g1", "g2")


@st.composite
def noted(draw: st.DrawFn, event: dt.date) -> dt.date:
    """When it was recorded: within days or long after, and often on an as-of date itself."""
    late = event + draw(lateness) * DAY
    later = [as_of for as_of in AS_OFS if as_of >= event]
    return draw(st.just(late) | st.sampled_from(later)) if later else late


@st.composite
def happening(draw: st.DrawFn) -> Row:
    event = draw(days)
    return {"event_date": event, "recorded_on": draw(noted(event))}


@st.composite
def spell(draw: st.DrawFn) -> Row:
    row = draw(happening())
    row["to_date"] = draw(st.none() | st.just(row["event_date"]) | days)
    if row["to_date"] is not None:
        row["end_recorded_on"] = draw(st.none() | days)
    return row


person_key = st.fixed_dictionaries({"record_id": st.sampled_from(KEYS)})
group_key = st.fixed_dictionaries({"group_type": st.just("tenancy"), "group_id": st.sampled_from(GROUPS)})
either_key = person_key | group_key


def rows(key: st.SearchStrategy[Row], dates: st.SearchStrategy[Row], most: int, **cells: Any) -> Any:
    def joined(parts: tuple[Row, Row, Row]) -> Row:
        return {"source": "s", "file": "events", **parts[0], **parts[1], **parts[2]}

    return st.lists(st.tuples(key, dates, st.fixed_dictionaries(cells)).map(joined), max_size=most)


ATTENDANCE_CLASSES = {
    "/": "present",
    "L": "present",
    "B": "approved_educational_activity",
    "I": "authorised",
    "C2": "authorised",
    "U": "unauthorised",
    "O": "unauthorised",
    "X": "not_possible",
    "Y7": "not_possible",
    "#": "administrative",
}


@st.composite
def attendance(draw: st.DrawFn) -> list[Row]:
    """Runs of sessions, so that rates have denominators, with some marks amended late."""
    found = []
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=3)):
        first, length = draw(days), draw(st.integers(1, 25))
        for offset in range(length):
            code = draw(st.sampled_from(sorted(ATTENDANCE_CLASSES)))
            event = first + offset * DAY
            found.append(
                {
                    "source": "s",
                    "file": "events",
                    "record_id": key,
                    "event_date": event,
                    "recorded_on": draw(noted(event)),
                    "session": draw(st.sampled_from(["AM", "PM"])),
                    "code": code,
                    "statistical_class": ATTENDANCE_CLASSES[code],
                }
            )
    return found


@st.composite
def ending(draw: st.DrawFn) -> Row:
    """An end, if any, and when it was known: on the day, long after, or not said."""
    ended = draw(st.none() | st.none() | days)
    known = None if ended is None else draw(st.none() | noted(ended) | days)
    return {"to_date": ended, "end_recorded_on": known}


@st.composite
def families(draw: st.DrawFn) -> list[Row]:
    """Dated membership: gone and come back, in two families at once, recorded late at either end, held as child and
    as adult."""
    found = []
    for _ in range(draw(st.integers(3, 9))):
        began = draw(st.just(dt.date(2020, 1, 1)) | days)
        found.append(
            {
                **draw(ending()),
                "family_id": draw(st.sampled_from(FAMILIES)),
                "person_id": draw(st.sampled_from(PEOPLE)),
                "role": draw(st.sampled_from(["child", "child", "adult"])),
                "from_date": began,
                "recorded_on": draw(noted(began)),
                "confidence": 1.0,
                "basis": "made up",
            }
        )
    return found


@st.composite
def group_members(draw: st.DrawFn) -> list[Row]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        began = draw(st.none() | st.just(dt.date(2020, 1, 1)) | days)
        found.append(
            {
                "source": "s",
                "file": "groups",
                "group_type": "tenancy",
                "group_id": draw(st.sampled_from(GROUPS)),
                "record_id": draw(st.sampled_from(KEYS)),
                "role": str(number),
                "from_date": began,
                "to_date": draw(st.none() | days),
                "recorded_on": draw(noted(began or dt.date(2020, 1, 1))),
            }
        )
    return found


def record_persons() -> list[Row]:
    """Each key in two files; k1 is one person in the events' own file and another, likelier one, elsewhere."""
    found = [
        {"source": "s", "file": "people", "record_id": f"k{i}", "person_id": f"p{i}", "match_probability": 1.0}
        for i in range(5)
    ]
    found += [
        {"source": "s", "file": "events", "record_id": "k1", "person_id": "p2", "match_probability": 0.6},
        {"source": "s", "file": "other", "record_id": "k3", "person_id": "p0", "match_probability": 1.0},
        {"source": "t", "file": "people", "record_id": "stray", "person_id": "p4", "match_probability": 1.0},
    ]
    return found


money = st.integers(-90_000, 90_000)
flag = st.sampled_from([None, True, False])


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[Row]]:
    """The rows of every table the features read."""
    one = st.sampled_from
    codes = st.lists(one(["7A", "17A", "1B", "2B", "3B", "4A", "4B", "5B", "6B", "10A", "14A", "20"]), max_size=3)
    residence = draw(
        st.lists(st.tuples(one(PEOPLE), spell(), one(["dwelling", "hmo", "refuge", "hostel", "unknown"])), max_size=8)
    )
    return {
        "people": [{"person_id": person, "dob": draw(births)} for person in PEOPLE],
        "record_person": record_persons(),
        "families": draw(families()),
        "group_members": draw(group_members()),
        "residence_spells": [
            {
                "person_id": person,
                "address_key": f"a{place % 3}",
                "kind": kind,
                "from_date": dates["event_date"],
                "to_date": dates["to_date"],
                "recorded_on": dates["recorded_on"],
                "end_recorded_on": dates.get("end_recorded_on"),
            }
            for place, (person, dates, kind) in enumerate(residence)
        ],
        "attendance": draw(attendance()),
        "exclusions": draw(
            rows(
                person_key,
                happening(),
                5,
                kind=one(["suspension", "permanent"]),
                reason=one([None, "DA", "PA", "DB"]),
                sessions=st.none() | st.integers(1, 20),
            )
        ),
        "school_status": draw(
            rows(
                person_key,
                happening(),
                6,
                school_id=one(["s1", "s2", None]),
                fsm=flag,
                sen=one([None, "N", "K", "E"]),
                entry_date=st.none() | days,
            )
        ),
        "neet": draw(rows(person_key, happening(), 4, activity=one(["eet", "neet", "unknown", "=NEET()", None]))),
        "rent_transactions": draw(
            rows(
                group_key,
                happening(),
                12,
                kind=one(
                    ["rent", "rent", "payment", "universal_credit", "opening_balance", "returned_payment", "costs", "?"]
                ),
                amount_pence=money,
            )
        ),
        "arrears_actions": draw(
            rows(
                group_key,
                happening(),
                5,
                action=one(["letter", "agreement", "agreement", "financial_inclusion_call", "notice", "eviction"]),
            )
        ),
        "tenancies": draw(rows(group_key, spell(), 4, tenure=one(["secure", "temporary"]))),
        "benefit_spells": draw(
            rows(
                either_key,
                spell(),
                8,
                benefit=one(["housing_benefit", "council_tax_reduction", "universal_credit"]),
                row_kind=one(["spell", "start", "stop"]),
                carers_allowance=flag,
                child_disability=flag,
                adult_disability=flag,
            )
        ),
        "contacts": draw(
            rows(
                person_key,
                happening(),
                10,
                referral_source=one(["1A", "2A", "3B", "6", "9", None]),
                outcome=one(["no_further_action", "early_help", "referral"]),
            )
        ),
        "assessments": draw(
            rows(person_key, spell(), 6, factors=codes, outcome=one([None, "no_further_action", "cin", "early_help"]))
        ),
        "service_episodes": draw(
            rows(either_key, spell(), 6, service=one(["early_help", "cin", "cp", "lac", "no such code"]))
        ),
        "domestic_incidents": draw(
            rows(
                person_key,
                happening(),
                8,
                incident_id=one(["i1", "i2"]),
                risk=one(["standard", "medium", "high"]),
                children_present=flag,
            )
        ),
        "offences": draw(rows(person_key, happening(), 4, gravity=st.none() | st.integers(1, 8))),
        "adult_care_services": draw(rows(person_key, spell(), 4)),
        "disability_markers": draw(rows(person_key, spell(), 5, kind=one(["disability", "carer", "mobility"]))),
        "young_carer_identifications": draw(rows(person_key, happening(), 3)),
        "allocations": draw(rows(person_key, happening(), 3, worker_id=one(["w1", "w2", "w3"]))),
        "outcome_scores": draw(
            rows(
                group_key,
                happening(),
                3,
                stage=one(["opening", "review"]),
                domain=one(["education", "health"]),
                score=st.integers(0, 10),
            )
        ),
    }

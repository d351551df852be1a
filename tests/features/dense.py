"""Whole made-up histories, thick with rows: every table full, and half of all dates on the edge of some window.

`tests.features.histories` draws small ones, in which a mistake is easy to see but seldom made: most of them have no
attendance at all. Here two families share out twenty people and eight groups for four years, so that what an engine
counts wrongly, it counts wrongly somewhere.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from tests.features.histories import ATTENDANCE_CLASSES

Row = dict[str, Any]
DAY = dt.timedelta(1)
AS_OFS = (dt.date(2024, 2, 29), dt.date(2025, 2, 28), dt.date(2025, 6, 30), dt.date(2026, 2, 28))
"""A leap day, the last day of February in common years, and a day inside others' windows."""

SEEDS = (1, 2, 3)
FIRST, LAST = dt.date(2022, 3, 1), dt.date(2026, 4, 30)
LONG_KNOWN = dt.date(2020, 1, 1)
_BACK = (0, 28, 56, 91, 119, 182, 210, 364, 365, 393, 547, 730)
EDGES = tuple(sorted({a - dt.timedelta(back + off) for a in AS_OFS for back in _BACK for off in (-1, 0, 0, 1)}))
FAMILIES = ("f0", "f1", "f2", "f3")
GROUP_TYPES = ("tenancy", "claim")
_YEARS_18 = tuple(as_of.replace(year=as_of.year - 18, day=28) for as_of in AS_OFS)
BIRTHS = (
    *(day + off * DAY for day in _YEARS_18 for off in (0, 1, 2)),
    *(as_of + off * DAY for as_of in AS_OFS for off in (0, 1)),
    *(dt.date(2008, 2, 29), dt.date(2012, 2, 29), dt.date(2016, 2, 29), dt.date(2020, 2, 29)),
    *(dt.date(2006, 8, 31), dt.date(2010, 9, 1), dt.date(2013, 7, 4), dt.date(2019, 1, 2), dt.date(2022, 5, 5)),
    *(dt.date(1984, 2, 29), dt.date(1990, 6, 30), dt.date(1979, 3, 1), dt.date(1958, 12, 31), None),
)
"""Those who come of age on, before and after each as-of date, are born on it or the day after, or on a leap day."""

_FACTORS = ("7A", "17A", "1B", "2B", "3B", "4A", "4B", "5B", "6B", "10A", "14A", "20")
_FLAG = (None, True, False)
_PERSON, _GROUP, _EITHER = ("record",), ("group",), ("record", "group")
_TABLES: dict[str, tuple[Sequence[str], bool, int, dict[str, Sequence[Any]]]] = {
    "exclusions": (
        _PERSON,
        False,
        40,
        {
            "kind": ("suspension", "suspension", "permanent"),
            "reason": (None, "DA", "PA", "DB"),
            "sessions": (None, *range(1, 12)),
        },
    ),
    "school_status": (
        _PERSON,
        False,
        80,
        {
            "school_id": ("s1", "s2", "s3", None),
            "fsm": _FLAG,
            "sen": (None, "N", "K", "E"),
            "entry_date": (None, *EDGES),
        },
    ),
    "neet": (_PERSON, False, 40, {"activity": ("eet", "neet", "neet", "unknown", "=NEET()", None)}),
    "rent_transactions": (
        _GROUP,
        False,
        200,
        {
            "kind": (
                *("rent", "rent", "payment", "universal_credit"),
                *("opening_balance", "returned_payment", "costs", "?"),
            ),
            "amount_pence": range(-9_000, 12_001, 7),
        },
    ),
    "arrears_actions": (
        _GROUP,
        False,
        60,
        {"action": ("letter", "agreement", "agreement", "financial_inclusion_call", "notice", "eviction")},
    ),
    "tenancies": (_GROUP, True, 24, {"tenure": ("secure", "temporary")}),
    "benefit_spells": (
        _EITHER,
        True,
        70,
        {
            "benefit": ("housing_benefit", "council_tax_reduction", "universal_credit"),
            "row_kind": ("spell", "start", "stop"),
            "carers_allowance": _FLAG,
            "child_disability": _FLAG,
            "adult_disability": _FLAG,
        },
    ),
    "contacts": (
        _PERSON,
        False,
        90,
        {
            "referral_source": ("1A", "2A", "3B", "6", "9", None),
            "outcome": ("no_further_action", "early_help", "referral"),
        },
    ),
    "assessments": (_PERSON, True, 50, {"outcome": (None, "no_further_action", "cin", "early_help")}),
    "service_episodes": (_EITHER, True, 60, {"service": ("early_help", "cin", "cp", "lac", "no such code")}),
    "domestic_incidents": (
        _PERSON,
        False,
        80,
        {
            "incident_id": tuple(f"i{number}" for number in range(12)),
            "risk": ("standard", "medium", "high"),
            "children_present": _FLAG,
        },
    ),
    "offences": (_PERSON, False, 40, {"gravity": (None, *range(1, 9))}),
    "adult_care_services": (_PERSON, True, 30, {}),
    "disability_markers": (_PERSON, True, 40, {"kind": ("disability", "carer", "mobility")}),
    "young_carer_identifications": (_PERSON, False, 30, {}),
    "allocations": (_PERSON, False, 40, {"worker_id": ("w1", "w2", "w3")}),
    "outcome_scores": (
        _GROUP,
        False,
        50,
        {"stage": ("opening", "review"), "domain": ("education", "health"), "score": range(11)},
    ),
}
"""Of each table: what its rows hang on, whether they are spells, how many there are, and what the cells hold."""


def dense(seed: int) -> dict[str, list[Row]]:
    """The rows of every table the features read, about two thousand in all; the same for the same seed."""
    return _Maker(random.Random(seed)).tables()


class _Maker:
    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.births = {f"p{number}": born for number, born in enumerate(BIRTHS)}
        self.people = tuple(self.births)
        self.keys = (*(f"k{person[1:]}" for person in self.people), "stray", "nobody")
        self.groups = tuple((kind, f"g{number}") for kind in GROUP_TYPES for number in range(4))

    def tables(self) -> dict[str, list[Row]]:
        return {
            "people": [{"person_id": person, "dob": born} for person, born in self.births.items()],
            "record_person": self.record_persons(),
            "families": self.families(),
            "group_members": self.group_members(),
            "residence_spells": [self.residence() for _ in range(60)],
            "attendance": self.attendance(),
            **{name: self.events(name) for name in _TABLES},
        }

    # --- days ----------------------------------------------------------------------------------------

    def day(self) -> dt.date:
        """Half the time on the edge of a window or the day beside it."""
        if self.draw.random() < 0.5:
            return self.draw.choice(EDGES)
        return FIRST + self.draw.randrange((LAST - FIRST).days) * DAY

    def noted(self, event: dt.date) -> dt.date:
        """When an event was recorded: mostly soon, at times long after, and often on an as-of date or beside it."""
        later = [as_of + off * DAY for as_of in AS_OFS for off in (-1, 0, 1) if as_of + off * DAY >= event]
        if later and self.draw.random() < 0.25:
            return self.draw.choice(later)
        return event + self.draw.choice((0, 0, 0, 1, 2, 20, 120, 400)) * DAY

    def happening(self) -> Row:
        event = self.day()
        return {"event_date": event, "recorded_on": self.noted(event)}

    def ending(self, began: dt.date) -> Row:
        """An end, if any: on the first day, before it, or any later; noted at once, long after or not said."""
        kind = self.draw.randrange(5)
        if kind == 0:
            return {"to_date": None, "end_recorded_on": None}
        ended = {1: began, 2: self.day()}.get(kind, began + self.draw.randrange(400) * DAY)
        return {"to_date": ended, "end_recorded_on": self.draw.choice((None, self.noted(ended), self.day()))}

    # --- who is who ----------------------------------------------------------------------------------

    def record_persons(self) -> list[Row]:
        """Each key in a file of people; some are others in the events' own file, and two systems share a key."""
        found = [
            {"source": "s", "file": "people", "record_id": f"k{p[1:]}", "person_id": p, "match_probability": 1.0}
            for p in self.people
        ]
        found += [
            {"source": "s", "file": "events", "record_id": "k1", "person_id": "p2", "match_probability": 0.6},
            {"source": "s", "file": "other", "record_id": "k3", "person_id": "p0", "match_probability": 1.0},
            {"source": "s", "file": "older", "record_id": "k5", "person_id": "p4", "match_probability": 0.99},
            {"source": "t", "file": "people", "record_id": "stray", "person_id": "p4", "match_probability": 1.0},
        ]
        return found

    def families(self) -> list[Row]:
        """Everyone has a family, every third person two and every fifth comes back to it; some from before birth."""
        found = []
        for number, person in enumerate(self.people):
            at = self.draw.randrange(len(FAMILIES))
            homes = [at, *([(at + 1) % len(FAMILIES)] if number % 3 == 0 else []), *([at] if number % 5 == 0 else [])]
            for place, home in enumerate(homes):
                began = LONG_KNOWN if place == 0 and self.draw.random() < 0.6 else self.day()
                born = self.births[person]
                likely = "child" if born is None or born > dt.date(2004, 1, 1) else "adult"
                found.append(
                    {
                        **(self.ending(began) if self.draw.random() < 0.4 else self.ending_none()),
                        "family_id": FAMILIES[home],
                        "person_id": person,
                        "role": self.draw.choice((likely, likely, likely, "child", "adult")),
                        "from_date": began,
                        "recorded_on": self.noted(began),
                        "confidence": 1.0,
                        "basis": "made up",
                    }
                )
        return found

    @staticmethod
    def ending_none() -> Row:
        return {"to_date": None, "end_recorded_on": None}

    def group_members(self) -> list[Row]:
        """Two to four of each group, of several families: some stay, some leave, and now and then all have left."""
        found = []
        for kind, group in self.groups:
            for number in range(self.draw.randint(2, 4)):
                began = self.draw.choice((None, LONG_KNOWN, LONG_KNOWN, self.day()))
                left = self.draw.choice((None, self.day(), self.draw.choice(AS_OFS)))
                found.append(
                    {
                        "source": "s",
                        "file": "groups",
                        "group_type": kind,
                        "group_id": group,
                        "record_id": self.draw.choice(self.keys),
                        "role": str(number),
                        "from_date": began,
                        "to_date": left,
                        "recorded_on": self.noted(self.draw.choice((LONG_KNOWN, LONG_KNOWN, began or self.day()))),
                    }
                )
        return found

    # --- events --------------------------------------------------------------------------------------

    def key(self, kinds: Sequence[str]) -> Row:
        if self.draw.choice(kinds) == "record":
            return {"source": "s", "file": "events", "record_id": self.draw.choice(self.keys)}
        kind, group = self.draw.choice(self.groups)
        return {"source": "s", "file": "events", "group_type": kind, "group_id": group}

    def events(self, table: str) -> list[Row]:
        kinds, spells, count, cells = _TABLES[table]
        found = []
        for _ in range(count):
            row = {**self.key(kinds), **self.happening()}
            row |= {name: self.draw.choice(values) for name, values in cells.items()}
            if spells:
                row |= self.ending(row["event_date"])
            if table == "assessments":
                row["factors"] = self.draw.sample(_FACTORS, self.draw.randrange(4))
            found.append(row)
        return found

    def residence(self) -> Row:
        began = self.day()
        return {
            "person_id": self.draw.choice(self.people),
            "address_key": f"a{self.draw.randrange(4)}",
            "kind": self.draw.choice(("dwelling", "dwelling", "hmo", "refuge", "hostel", "unknown")),
            "from_date": began,
            "recorded_on": self.noted(began),
            **self.ending(began),
        }

    def attendance(self) -> list[Row]:
        """A year and more of school days in a handful of weeks: each run of sessions lies across the edge of a
        window, with marks amended late."""
        found = []
        codes = sorted(ATTENDANCE_CLASSES)
        for key in self.keys:
            for _ in range(4):
                first = self.draw.choice(EDGES) - self.draw.randrange(8) * DAY
                for offset in range(self.draw.randint(4, 14)):
                    event, code = first + offset * DAY, self.draw.choice(codes)
                    found.append(
                        {
                            "source": "s",
                            "file": "events",
                            "record_id": key,
                            "event_date": event,
                            "recorded_on": self.noted(event),
                            "session": self.draw.choice(("AM", "PM")),
                            "code": code,
                            "statistical_class": ATTENDANCE_CLASSES[code],
                        }
                    )
        return found

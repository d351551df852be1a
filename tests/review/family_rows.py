"""Rows of a few families, drawn by lot or one by one, as tables of a run, for the tests of family pages."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

from residents.tables import FAMILIES, PEOPLE, RECORD_PERSON, RESIDENCE_SPELLS, SERVICE_GROUPS
from sources.tables import (
    ADDRESSES,
    ADULT_CARE_SERVICES,
    ALLOCATIONS,
    ARREARS_ACTIONS,
    ASSESSMENTS,
    ATTENDANCE,
    BENEFIT_SPELLS,
    CONTACTS,
    EXCLUSIONS,
    NEET,
    OUTCOME_SCORES,
    PERSON_RECORDS,
    QUARANTINE,
    RENT_TRANSACTIONS,
    SCHOOL_STATUS,
    SERVICE_EPISODES,
    WORKERS,
    YOUNG_CARER_IDENTIFICATIONS,
)
from store.run_folder import RunFolder
from store.table import Table
from tests.support import put_table

Rows = dict[Table, list[dict[str, Any]]]
DAY = dt.date(2026, 9, 7)
"""The last day on which anything is recorded."""
START = dt.date(2023, 1, 1)
SYSTEM = "care"


def put(root: Path, rows: Rows) -> RunFolder:
    """The rows as a run folder; tables without any are not there at all."""
    run = RunFolder(root)
    for table, found in rows.items():
        put_table(run, table, found)
    return run


def known(record: str, /, **more: Any) -> dict[str, Any]:
    """What each event says of where it comes from and whom it names."""
    return {"source": SYSTEM, "file": "care.csv", "record_id": record, "recorded_on": START, **more}


def grouped(kind: str, group: str, /, **more: Any) -> dict[str, Any]:
    """The same of an event of a service's group."""
    return {"source": SYSTEM, "file": "care.csv", "group_type": kind, "group_id": group, "recorded_on": START, **more}


def member(family: str, person: str, role: str, since: dt.date = START, until: dt.date | None = None) -> dict[str, Any]:
    """One spell of somebody in a family."""
    return {
        **{"family_id": family, "person_id": person, "role": role, "from_date": since, "to_date": until},
        **{"recorded_on": since, "confidence": 0.99, "basis": "home"},
    }


def person(number: str, dob: dt.date | None, surname: str = "Ward") -> dict[str, Any]:
    return {"person_id": number, "forename": f"First{number}", "surname": surname, "dob": dob, "sex": "F"}


def of_people(people: list[dict[str, Any]]) -> Rows:
    """The people with one record each, whose key is the person's with an R before it."""
    return {
        PEOPLE: people,
        PERSON_RECORDS: [
            known(f"R{one['person_id']}", subject_id=f"R{one['person_id']}", recorded_on=DAY) for one in people
        ],
        RECORD_PERSON: [
            {
                **{"source": SYSTEM, "file": "care.csv", "record_id": f"R{one['person_id']}"},
                **{"person_id": one["person_id"], "match_probability": 0.9999},
            }
            for one in people
        ],
    }


def one_family() -> Rows:
    """A parent P1 and a child P2 of family F1, at one ordinary address with a gazetteer entry."""
    people = [person("P1", dt.date(1990, 5, 6)), person("P2", dt.date(2015, 2, 3))]
    return {
        **of_people(people),
        FAMILIES: [member("F1", "P1", "adult"), member("F1", "P2", "child")],
        RESIDENCE_SPELLS: [home("P1"), home("P2")],
        ADDRESSES: [
            {"file": "a.csv", "uprn": "77", "address": "12 Elm Road", "postcode": "AB1 2CD", "kind": "dwelling"}
        ],
    }


def home(number: str, kind: str = "dwelling", **more: Any) -> dict[str, Any]:
    return {
        **{"person_id": number, "uprn": "77", "address_key": "77", "kind": kind, "from_date": START},
        **{"recorded_on": START, **more},
    }


def by_lot(seed: int) -> Rows:
    """Three families whose members come, go and overlap, and events of every kind on days around those changes."""
    lot = random.Random(seed)
    people = [
        person(f"P{number}", dt.date(1980 + number, 5, 6) if number < 4 else dt.date(2010 + number, 3, 4))
        for number in range(9)
    ]
    families = []
    for number in range(9):
        for family in lot.sample(["F1", "F2", "F3"], lot.choice([1, 1, 2])):
            since = _day(lot)
            until = lot.choice([None, None, since + dt.timedelta(days=lot.randrange(1, 700))])
            families.append(member(family, f"P{number}", "adult" if number < 4 else "child", since, until))
    rows: Rows = {**of_people(people), FAMILIES: families, WORKERS: []}
    rows[CONTACTS] = [
        known(
            _record(lot),
            event_date=_day(lot),
            outcome="referral",
            reason=lot.choice(["Neglect", "Only once " + str(n)]),
        )
        for n in range(40)
    ]
    rows[ASSESSMENTS] = [
        known(_record(lot), event_date=_day(lot), to_date=lot.choice([None, DAY]), assessment_id=str(n))
        for n in range(12)
    ]
    rows[ALLOCATIONS] = [known(_record(lot), event_date=_day(lot), worker_id="W1", team="North") for _ in range(6)]
    rows[ATTENDANCE] = [
        known(f"RP{number}", event_date=day, session=session, code="/", statistical_class=lot.choice(_CLASSES))
        for number in range(4, 9)
        for day in sorted(lot.sample(_DAYS, 60))
        for session in ("AM", "PM")
    ]
    groups = [(kind, f"{kind}{n}") for kind in ("tenancy", "benefit_claim", "case_family") for n in range(3)]
    rows[SERVICE_GROUPS] = [
        {
            **grouped(kind, group, person_id=f"P{lot.randrange(9)}", too_large=lot.random() < 0.1),
            **{"from_date": lot.choice([None, _day(lot)]), "to_date": lot.choice([None, _day(lot)])},
        }
        for kind, group in groups
        for _ in range(lot.randrange(1, 4))
    ]
    rows[RENT_TRANSACTIONS] = [
        grouped("tenancy", f"tenancy{n}", event_date=_day(lot), kind="rent", amount_pence=lot.randrange(-5000, 9000))
        for n in range(3)
        for _ in range(25)
    ]
    rows[BENEFIT_SPELLS] = [
        grouped("benefit_claim", f"benefit_claim{n}", event_date=_day(lot), benefit="housing_benefit", row_kind="spell")
        for n in range(3)
    ]
    rows[SERVICE_EPISODES] = [
        *(grouped("case_family", f"case_family{n}", event_date=_day(lot), service="early_help") for n in range(3)),
        *(known(_record(lot), event_date=_day(lot), service=lot.choice(["cin", "cp"])) for _ in range(4)),
    ]
    rows[OUTCOME_SCORES] = [
        grouped(
            "case_family",
            f"case_family{n}",
            event_date=_day(lot),
            stage="review",
            domain="health",
            score=lot.randrange(11),
        )
        for n in range(3)
    ]
    return rows


_CLASSES = ("present", "present", "approved_educational_activity", "authorised", "unauthorised", "not_possible")
_DAYS = [START + dt.timedelta(days=number) for number in range((DAY - START).days)]


def _day(lot: random.Random) -> dt.date:
    return lot.choice(_DAYS)


def _record(lot: random.Random) -> str:
    return f"RP{lot.randrange(9)}"


HOSTILE = '=HYPERLINK("x") <script>alert(1)</script> \'"; DROP TABLE'
"""A name, a system's word and a team that must come out as they went in."""


def rich() -> Rows:
    """Family F1 with something in every part of its document, hostile words wherever a system may put words, and F2 and
    F3 with other names: what the made-up council's workers W1, W2 and W3 have."""
    people = [
        person("P1", dt.date(1990, 5, 6), HOSTILE),
        person("P2", dt.date(2015, 2, 3), HOSTILE),
        person("P3", None, "Nobirthday"),
        person("P4", dt.date(2009, 1, 12), HOSTILE),
        person("P5", dt.date(1985, 3, 4), "Colleague"),
        person("P6", dt.date(2012, 3, 4), "Colleague"),
        person("P7", dt.date(1985, 3, 4), "Otherteam"),
        person("P8", dt.date(2012, 3, 4), "Otherteam"),
    ]
    rows: Rows = {**of_people(people)}
    rows[FAMILIES] = [
        member("F1", "P1", "adult"),
        member("F1", "P2", "child"),
        {**member("F1", "P3", "adult", START, dt.date(2024, 5, 6)), "confidence": 0.6},
        {**member("F1", "P4", "child"), "confidence": 0.6, "basis": "alone"},
        *(member("F2", number, role) for number, role in (("P5", "adult"), ("P6", "child"), ("P4", "child"))),
        *(member("F3", number, role) for number, role in (("P7", "adult"), ("P8", "child"))),
    ]
    rows[RESIDENCE_SPELLS] = [home(f"P{number}") for number in (1, 2)]
    rows[ADDRESSES] = [
        {"file": "a.csv", "uprn": "77", "address": "12 Elm Road", "postcode": "AB1 2CD", "kind": "dwelling"}
    ]
    rows[WORKERS] = [known("", worker_id="W1", name=HOSTILE, team=HOSTILE, role="Worker")]
    del rows[WORKERS][0]["record_id"]
    rows[ATTENDANCE] = [
        known(
            "RP2", event_date=day, session=session, code="/", statistical_class=("present", "unauthorised")[day.day % 2]
        )
        for day in (dt.date(2026, month, number) for month in (1, 2, 3, 5, 6) for number in range(1, 15))
        for session in ("AM", "PM")
    ]
    rows[EXCLUSIONS] = [known("RP2", event_date=START, kind="suspension", reason="BU", sessions=3)]
    rows[SCHOOL_STATUS] = [known("RP2", event_date=dt.date(2026, 5, 6), year_group=6, sen="K")]
    rows[NEET] = [known("RP4", event_date=dt.date(2026, 5, 6), activity="neet")]
    rows[SERVICE_GROUPS] = [
        grouped(kind, kind, person_id="P1", too_large=False) for kind in ("tenancy", "benefit_claim", "case_family")
    ]
    rows[RENT_TRANSACTIONS] = [
        grouped("tenancy", "tenancy", event_date=dt.date(2026, month, 1), kind="rent", amount_pence=pence)
        for month, pence in ((1, 10_000), (3, -25_000), (6, 60_000))
    ]
    rows[ARREARS_ACTIONS] = [grouped("tenancy", "tenancy", event_date=dt.date(2026, 7, 1), action="letter")]
    rows[BENEFIT_SPELLS] = [
        grouped(
            "benefit_claim",
            "benefit_claim",
            event_date=START,
            benefit="housing_benefit",
            row_kind="spell",
            weekly_pence=5_000,
        ),
        *(
            known("RP1", event_date=dt.date(2026, month, 1), benefit="universal_credit", row_kind=kind)
            for month, kind in ((2, "start"), (4, "stop"))
        ),
    ]
    rows[CONTACTS] = [
        known("RP2", event_date=dt.date(2025, 1, day), outcome="referral", reason=HOSTILE, referral_source="1A")
        for day in range(1, 4)
    ]
    rows[ASSESSMENTS] = [
        known("RP2", event_date=dt.date(2026, 8, 20), assessment_id="A1"),
        known("RP2", event_date=dt.date(2024, 8, 20), assessment_id="A0"),
    ]
    rows[SERVICE_EPISODES] = [
        known("RP2", event_date=dt.date(2026, 6, 1), service="cin", worker_id="W1", team=HOSTILE),
        grouped("case_family", "case_family", event_date=dt.date(2025, 6, 1), service="early_help"),
    ]
    rows[ALLOCATIONS] = [known("RP2", event_date=dt.date(2026, 6, 1), worker_id="W1", team=HOSTILE)]
    rows[ADULT_CARE_SERVICES] = [known("RP1", event_date=dt.date(2026, 6, 1), kind="Recovery service")]
    rows[YOUNG_CARER_IDENTIFICATIONS] = [known("RP2", event_date=dt.date(2026, 6, 1), identified_by="school")]
    rows[OUTCOME_SCORES] = [
        grouped(
            "case_family", "case_family", event_date=dt.date(2025, month, 2), stage=stage, domain=HOSTILE, score=score
        )
        for month, stage, score in ((6, "opening", 8), (9, "review", 4))
    ]
    rows[QUARANTINE] = [
        {
            "source": SYSTEM,
            "file": "care.csv",
            "row": 3,
            "table": "contacts",
            "rule": "not_a_date",
            "action": "row",
            "value": "x",
        }
    ]
    return rows

"""What early help, the police and the young carers' project send."""

from __future__ import annotations

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import happens, labels, numbers, pairs, pick, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, quarter_of, written
from sources.synthetic.families import CHILD, FIRST_PARENT, SECOND_PARENT, STEP_PARENT
from sources.synthetic.need import SUBJECTS
from sources.synthetic.paper import Paper, Style
from sources.synthetic.world import Borough

_LONG = "%d %B %Y"
_AREAS = {"school": "School", "money": "MoneyAndHome", "safety": "Safety", "health": "Health"}
_HELP = Keeping(typing=0.035, nicknames=0.08, no_birthday=0.08, no_uprn=0.4, short_address=0.3, no_postcode=0.08)
_POLICE = Keeping(typing=0.03, nicknames=0.05, no_birthday=0.25, no_uprn=1.0, short_address=0.4)
_PROJECT = Keeping(typing=0.02, nicknames=0.05, no_birthday=0.03, no_uprn=1.0, short_address=0.3, no_postcode=0.1)


def write_early_help(borough: Borough, paper: Paper) -> None:
    """Cases, and everyone named on them."""
    rng = stream(borough.seed, "early help extract")
    events = borough.care.early_help
    kept = (events["end"] >= COVERS_FROM) & (events["recorded"] <= EXTRACT)
    family, start, end, recorded = (events[name][kept] for name in ("family", "start", "end", "recorded"))
    size = len(family)
    case = labels("FS/", numbers(rng, size, 5))
    place = placed(borough, rng, borough.homes.at(family, start), _HELP)
    closed = end <= EXTRACT
    reason = pick(rng, ("Goals met", "Disengaged", "Left area", "Escalated"), size, (5, 2, 2, 2))
    paper.write(
        "family_service/family_cases.csv",
        {
            "CaseNo": case,
            "CameFrom": events["source"][kept],
            "Opened": written(start, _LONG),
            "EnteredOn": written(recorded, _LONG),
            "Closed": written(np.where(closed, end, OPEN), _LONG),
            "ClosedReason": np.where(closed, reason, ""),
            "HomeAddress": place.address,
            "PostCode": place.postcode,
            "UPRN": place.uprn,
        },
        broken={"Opened": ("31 April 2024",)},
    )
    _write_case_people(borough, paper, rng, case, family, start, recorded)
    _write_scores(borough, paper, case, family, start, np.minimum(end, start + 120), recorded)


def _write_scores(
    borough: Borough, paper: Paper, case: Array, family: Array, start: Array, review: Array, recorded: Array
) -> None:
    """How worried the worker is in each area, 0 to 10, at the start and at a review some months on."""
    rng = stream(borough.seed, "scores extract")
    needs, size = borough.needs, len(case)
    seen = np.flatnonzero((review <= EXTRACT) & happens(rng, 0.8, size))
    which = np.concatenate([np.arange(size), seen])
    on = np.concatenate([start, review[seen]])
    entered = np.concatenate([recorded, review[seen]])
    stage = np.repeat(["START", "REVIEW"], [size, len(seen)]).astype(object)
    quarter = quarter_of(on)
    worries = {
        _AREAS[name]: (4.0 + 1.7 * needs.about(name, family[which], quarter) + rng.normal(0, 1.2, len(which)))
        .round()
        .clip(0, 10)
        .astype(np.int64)
        .astype(str)
        .astype(object)
        for name in SUBJECTS
    }
    paper.write(
        "family_service/star.csv",
        {"CaseNo": case[which], "Point": stage, "On": written(on, _LONG), "EnteredOn": written(entered, _LONG)}
        | worries,
        broken={"On": ("30 February 2025",)},
    )


def _write_case_people(
    borough: Borough, paper: Paper, rng: np.random.Generator, case: Array, family: Array, start: Array, recorded: Array
) -> None:
    members, people = borough.members, borough.people
    row, place = pairs(family, members.family)
    person = members.person[place]
    role = people.role[person]
    there = (members.start[place] <= start[row]) & (members.end[place] > start[row])
    named_ = np.select([role == FIRST_PARENT, role == CHILD], [0.97, 0.9], 0.6)
    kept = there & happens(rng, named_, len(row))
    row, person = row[kept], person[kept]
    member = labels("M", numbers(rng, len(row), 6))
    name = named(borough, rng, person, start[row], _HELP)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "early help ethnicity"), 0.2, 0.02)
    paper.write(
        "family_service/people.csv",
        {
            "MemberNo": member,
            "CaseNo": case[row],
            "GivenName": name.forename,
            "FamilyName": name.surname,
            "Born": written(name.dob, _LONG),
            "Sex": np.array(["Female", "Male"], dtype=object)[people.sex[person]],
            "Ethnicity": ethnicity[person],
            "AdultOrChild": np.where(people.role[person] == CHILD, "C", "A").astype(object),
            "NamedOn": written(recorded[row], _LONG),
        },
        broken={"Born": ("first of May",), "Sex": ("7",)},
    )
    paper.remember("family_service", "family_service/people.csv", member, person)


def write_incidents(borough: Borough, paper: Paper) -> None:
    """Domestic abuse notifications: an address and two adults, names in one field."""
    rng = stream(borough.seed, "incidents extract")
    events = borough.care.incidents
    kept = (events["on"] >= COVERS_FROM) & (events["recorded"] <= EXTRACT)
    family, on, recorded = (events[name][kept] for name in ("family", "on", "recorded"))
    first, second = _two_adults(borough, family)
    has = first >= 0
    family, on, recorded, first, second = family[has], on[has], recorded[has], first[has], second[has]
    size = len(family)
    incident = labels("DV", numbers(rng, size, 7))
    place = placed(borough, rng, borough.homes.at(family, on), _POLICE)
    one = named(borough, rng, first, on, _POLICE)
    two = named(borough, rng, np.maximum(second, 0), on, _POLICE)
    other = (second >= 0) & happens(rng, 0.9, size)
    kind = pick(rng, ("Verbal dispute", "Assault", "Threats", "Damage", "Harassment"), size)
    paper.write(
        "police/notifications.csv",
        {
            "Reference": incident,
            "Occurred": written(on, "%Y/%m/%d"),
            "ReceivedByCouncil": written(recorded, "%Y/%m/%d"),
            "Location": place.address,
            "LocationPostcode": place.postcode,
            "Person1": one.forename + " " + one.surname,
            "Person1DOB": written(one.dob, "%Y/%m/%d"),
            "Person2": np.where(other, two.forename + " " + two.surname, ""),
            "Grading": events["risk"][kept][has],
            "Nature": kind,
            "ChildrenInHome": np.where(events["children"][kept][has], "YES", "NO").astype(object),
        },
        Style(title="OFFICIAL-SENSITIVE  Domestic notifications to the council", encoding="cp1252"),
        broken={"Grading": ("PURPLE",), "Occurred": ("2024/02/31",)},
    )
    file = "police/notifications.csv"
    paper.remember("police", file, incident + "|1", first)
    paper.remember("police", file, (incident + "|2")[other], second[other])


def _two_adults(borough: Borough, family: Array) -> tuple[Array, Array]:
    """First parent, and the partner present or past; -1 for none."""
    people = borough.people
    first, second = (np.full(len(borough.families), -1) for _ in range(2))
    for role, where in ((STEP_PARENT, second), (SECOND_PARENT, second), (FIRST_PARENT, first)):
        person = np.flatnonzero(people.role == role)
        where[people.family[person]] = person
    return first[family], second[family]


def write_young_carers(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "young carers extract")
    carers, people = borough.carers, borough.people
    person = np.flatnonzero((carers.registered <= EXTRACT) & (carers.referred >= COVERS_FROM - 365))
    referred, size = carers.referred[person], len(person)
    name = named(borough, rng, person, referred, _PROJECT)
    place = placed(borough, rng, borough.homes.at(people.family[person], referred), _PROJECT)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "carers ethnicity"), 0.15)
    number = labels("YC", numbers(rng, size, 5))
    paper.write(
        "carers/young_carers.csv",
        {
            "RegisterNo": number,
            "Forename": name.forename,
            "Surname": name.surname,
            "DateOfBirth": written(name.dob, "%d.%m.%y"),
            "Sex": np.array(["F", "M"], dtype=object)[people.sex[person]],
            "Ethnicity": ethnicity[person],
            "Address": place.address,
            "Postcode": place.postcode,
            "ReferredBy": pick(rng, ("School", "Social worker", "Health", "Family", "Charity"), size, (2, 4, 2, 3, 2)),
            "Referred": written(referred, "%d.%m.%y"),
            "Registered": written(carers.registered[person], "%d.%m.%y"),
            "CaresFor": pick(rng, ("Mother", "Father", "Brother or sister", "Grandparent"), size, (6, 2, 2, 1)),
            "Because": pick(rng, ("Physical illness", "Mental health", "Disability", "Alcohol or drugs"), size),
        },
        Style(delimiter=";"),
    )
    paper.remember("young_carers", "carers/young_carers.csv", number, person)

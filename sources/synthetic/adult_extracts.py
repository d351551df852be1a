"""What adult social care, the participation team and youth justice send."""

from __future__ import annotations

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import labels, numbers, pick, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, SCHOOL_YEARS, day, written
from sources.synthetic.paper import Paper, Style
from sources.synthetic.world import Borough
from sources.synthetic.youth import STATUSES, gravity_of

_DASHED = "%d-%B-%Y"
_DOTTED = "%d.%m.%Y"
_ADULTS = Keeping(typing=0.02, nicknames=0.03, no_birthday=0.02, no_uprn=0.3, short_address=0.25, no_postcode=0.03)
_TRACKED = Keeping(typing=0.012, nicknames=0.05, no_birthday=0.0, wrong_birthday=0.004, no_postcode=0.03)
_JUSTICE = Keeping(typing=0.02, no_birthday=0.0, no_postcode=0.06)
_SEXES = ("Female", "Male")


def write_clients(borough: Borough, paper: Paper) -> None:
    """Adults on file, and their packages and assessments."""
    rng = stream(borough.seed, "clients extract")
    care, people = borough.adults, borough.people
    person = care.client
    number = labels("AC", numbers(rng, len(people), 6))
    name = named(borough, rng, person, care.known_from, _ADULTS)
    place = placed(borough, rng, borough.homes.at(people.family_at(person, care.known_from), care.known_from), _ADULTS)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "adult ethnicity"), 0.12, 0.04, labels=True)
    paper.write(
        "adults/clients.txt",
        {
            "ClientNo": number[person],
            "KnownAs": name.forename,
            "FamilyName": name.surname,
            "BirthDate": written(name.dob, _DASHED),
            "Sex": np.array(_SEXES, dtype=object)[people.sex[person]],
            "EthnicOrigin": ethnicity[person],
            "PropertyNo": place.uprn,
            "HomeAddress": place.address,
            "PostCode": place.postcode,
            "FirstKnown": written(care.known_from, _DASHED),
        },
        Style(delimiter="\t", encoding="utf-16"),
        broken={"BirthDate": ("31-April-1970",)},
    )
    paper.remember("adult_services", "adults/clients.txt", number[person], person)
    order = np.lexsort((care.start, care.person))
    kept = order[care.end[order] >= COVERS_FROM - 365]
    paper.write(
        "adults/packages.txt",
        {
            "ClientNo": number[care.person[kept]],
            "Package": care.kind[kept],
            "Began": written(care.start[kept], _DASHED),
            "Ended": written(np.where(care.end[kept] <= EXTRACT, care.end[kept], OPEN), _DASHED),
            "Entered": written(care.recorded[kept], _DASHED),
        },
        Style(delimiter="\t", encoding="utf-16"),
        broken={"Began": ("soon",)},
    )


def write_participation(borough: Borough, paper: Paper) -> None:
    """One file for each school year: what each 16 to 18 year old was doing each month."""
    rng = stream(borough.seed, "participation extract")
    youth, people = borough.youth, borough.people
    number = labels("P", numbers(rng, len(people), 7))
    words = np.array(STATUSES, dtype=object)
    for year in SCHOOL_YEARS:
        of_year = (youth.month >= day(year, 9, 1)) & (youth.month < day(year + 1, 9, 1))
        person, month = youth.tracked[of_year], youth.month[of_year]
        status, checked = youth.status[of_year], youth.checked[of_year]
        name = named(borough, rng, person, month, _TRACKED)
        place = placed(borough, rng, borough.homes.at(people.family[person], month), _TRACKED)
        why = pick(rng, ("", "Looking for work", "Waiting to start", "Ill health", "Caring at home"), len(person))
        file = f"participation/tracking_{year}.csv"
        paper.write(
            file,
            {
                "YoungPersonNo": number[person],
                "Name": name.forename + " " + name.surname,
                "Birthday": written(name.dob, _DOTTED),
                "Postcode": place.postcode,
                "Month": written(month, _DOTTED),
                "Status": words[status],
                "Why": np.where((status == 2) | (status == 3), why, "").astype(object),
                "Checked": written(checked, _DOTTED),
            },
            Style(delimiter=";", encoding="utf-8-sig"),
            broken={"Checked": ("32.13.2024",), "Status": ("??",)},
        )
        paper.remember("participation", file, number[person] + "|" + written(month, _DOTTED), person)


def write_youth_justice(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "youth justice extract")
    youth, people = borough.youth, borough.people
    person, size = youth.offender, len(youth.offender)
    number = labels("YJ", numbers(rng, len(people), 6))
    offence = labels("", numbers(rng, size, 6))
    name = named(borough, rng, person, youth.recorded, _JUSTICE)
    place = placed(borough, rng, borough.homes.at(people.family[person], youth.recorded), _JUSTICE)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "youth justice ethnicity"), 0.05, 0.03)
    outcome = pick(rng, ("Community resolution", "Caution", "Referral order", "Youth rehabilitation order"), size)
    paper.write(
        "youth/outcomes.csv",
        {
            "YoungPerson": number[person],
            "OffenceNo": offence,
            "Forename": name.forename,
            "Surname": name.surname,
            "Birthday": written(name.dob, "%d %b %y"),
            "Sex": np.array(_SEXES, dtype=object)[people.sex[person]],
            "Ethnicity": ethnicity[person],
            "PostCode": place.postcode,
            "CommittedOn": written(youth.on, "%d %b %y"),
            "EnteredOn": written(youth.recorded, "%d %b %y"),
            "Offence": youth.kind,
            "Seriousness": gravity_of(youth.kind, rng).astype(str).astype(object),
            "Disposal": outcome,
        },
        Style(delimiter="|"),
        broken={"Seriousness": ("11",), "CommittedOn": ("30 Feb 25",)},
    )
    paper.remember("youth_justice", "youth/outcomes.csv", number[person] + "|" + offence, person)

"""What the council's landlord and gazetteer teams send. The landlord's system keeps names in capitals."""

from __future__ import annotations

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import happens, labels, numbers, pairs, pick, recording_delay, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, Array, written
from sources.synthetic.families import CHILD, FIRST_PARENT
from sources.synthetic.homes import HOSTEL
from sources.synthetic.mess import upper
from sources.synthetic.money import HOUSING_BENEFIT, OPENING, RENT, SELF, STEPS, UNIVERSAL_CREDIT
from sources.synthetic.paper import Paper, Style, pounds
from sources.synthetic.world import Borough

SOURCE = "landlord"
_DATES = "%d/%m/%y"
_STYLE = Style(delimiter=";", encoding="cp1252")
_KEEPING = Keeping(typing=0.02, no_birthday=0.06, no_uprn=0.12, short_address=0.3)
_POSTINGS = {RENT: "RNT", HOUSING_BENEFIT: "HBC", UNIVERSAL_CREDIT: "UCD", OPENING: "B/F"}
_OWN_PAYMENTS = ("DD", "CARD", "CASH", "S/O")


def write_gazetteer(borough: Borough, paper: Paper) -> None:
    places = borough.places
    paper.write(
        "property/gazetteer.txt",
        {
            "UPRN": places.uprn,
            "ADDRESS_LINE": places.address,
            "POSTCODE": places.postcode,
            "CLASS": places.blpu,
            "WARD_NAME": places.ward,
            "LSOA_CODE": places.lsoa,
            "IMD": places.decile.astype(str).astype(object),
        },
        Style(delimiter="|"),
        broken={"IMD": ("-1",)},
    )


def tenancy_references(borough: Borough) -> Array:
    rng = stream(borough.seed, "tenancy references")
    return labels("T", numbers(rng, len(borough.rent.home), 6), "/1")


def write_tenancies(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "tenancies extract")
    homes, rent = borough.homes, borough.rent
    place = placed(borough, rng, rent.home, _KEEPING)
    start, end = homes.start[rent.home], homes.end[rent.home]
    secure = np.where(happens(rng, 0.12, len(start)) & (start > COVERS_FROM - 365), "INTRO", "SEC")
    paper.write(
        "landlord/TENANCY.CSV",
        {
            "TENREF": tenancy_references(borough),
            "UPRN": place.uprn,
            "PROPADDR": upper(place.address),
            "PCODE": place.postcode,
            "TENTYPE": np.where(homes.tenure[rent.home] == HOSTEL, "TEMP", secure).astype(object),
            "STARTDT": written(start, _DATES),
            "ENDDT": written(np.where(end <= EXTRACT, end, 99_999), _DATES),
            "KEYED": written(np.minimum(start + recording_delay(rng, len(start), 2.0, 0.05, 20.0), EXTRACT), _DATES),
            "WKRENT": pounds(rent.weekly),
        },
        _STYLE,
        broken={"STARTDT": ("31/02/24",), "WKRENT": ("N/A",)},
    )


def write_occupants(borough: Borough, paper: Paper) -> None:
    """Who moved in, and some of those who came later; seldom brought up to date."""
    rng = stream(borough.seed, "occupants extract")
    homes, rent, members, people = borough.homes, borough.rent, borough.members, borough.people
    tenancy, row = pairs(homes.family[rent.home], members.family)
    person = members.person[row]
    start, end = homes.start[rent.home][tenancy], homes.end[rent.home][tenancy]
    from_start = (members.start[row] <= start + 30) & (members.end[row] > start)
    came_later = (members.start[row] > start + 30) & (members.start[row] < np.minimum(end, EXTRACT - 60))
    kept = from_start | (came_later & happens(rng, 0.5, len(row)))
    tenancy, person, since = tenancy[kept], person[kept], np.maximum(members.start[row], start)[kept]
    first = np.concatenate([[True], tenancy[1:] != tenancy[:-1]])
    sequence = np.arange(len(tenancy)) - np.maximum.accumulate(np.where(first, np.arange(len(tenancy)), 0)) + 1
    name = named(borough, rng, person, since, _KEEPING)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "landlord ethnicity"), 0.22, 0.06, labels=True)
    role = people.role[person]
    tenant = np.where(role == FIRST_PARENT, "TENANT", "JOINT TENANT")
    reference = tenancy_references(borough)[tenancy]
    paper.write(
        "landlord/OCCUPANTS.CSV",
        {
            "TENREF": reference,
            "SEQ": sequence.astype(str).astype(object),
            "SNAME": upper(name.surname),
            "FNAME": upper(name.forename),
            "BIRTHDT": written(name.dob, "%d/%m/%Y"),
            "SEX": np.array(["F", "M"], dtype=object)[people.sex[person]],
            "ETHORIG": upper(ethnicity[person]),
            "RELN": np.where(role == CHILD, np.where(people.sex[person] == 0, "DAUGHTER", "SON"), tenant).astype(
                object
            ),
            "ADDED": written(np.minimum(since + recording_delay(rng, len(since), 20.0, 0.1, 60.0), EXTRACT), _DATES),
        },
        _STYLE,
        broken={"BIRTHDT": ("99/99/2012",), "SEX": ("X9",)},
    )
    paper.remember(SOURCE, "landlord/OCCUPANTS.CSV", reference + "|" + sequence.astype(str).astype(object), person)


def write_ledger(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "ledger extract")
    rent = borough.rent
    kind = np.empty(len(rent.on), dtype=object)
    for number, code in _POSTINGS.items():
        kind[rent.kind == number] = code
    own = rent.kind == SELF
    usual = pick(rng, _OWN_PAYMENTS, len(rent.home), (4, 4, 2, 1))
    kind[own] = usual[rent.tenancy[own]]
    posted = np.minimum(rent.on + happens(rng, 0.01, len(rent.on)) * rng.integers(1, 25, len(rent.on)), EXTRACT)
    order = np.lexsort((rent.tenancy, rent.on))
    paper.write(
        "landlord/LEDGER.CSV.gz",
        {
            "TENREF": tenancy_references(borough)[rent.tenancy[order]],
            "EFFDT": written(rent.on[order], _DATES),
            "POSTDT": written(posted[order], _DATES),
            "TCODE": kind[order],
            "AMOUNT": pounds(rent.pence[order], brackets=True),
        },
        Style(delimiter=";", encoding="cp1252", total="AMOUNT", repeats_header=True),
        broken={"AMOUNT": ("#REF!",), "EFFDT": ("00/00/00",), "TCODE": ("XX",)},
    )


def write_recovery(borough: Borough, paper: Paper) -> None:
    rng = stream(borough.seed, "recovery extract")
    rent = borough.rent
    keyed = rent.step_on + recording_delay(rng, len(rent.step_on), 0.7, 0.05, 10.0)
    kept = np.flatnonzero(keyed <= EXTRACT)
    paper.write(
        "landlord/RECOVERY.CSV",
        {
            "TENREF": tenancy_references(borough)[rent.step_tenancy[kept]],
            "STEP": np.array(STEPS, dtype=object)[rent.step[kept]],
            "STEPDT": written(rent.step_on[kept], _DATES),
            "KEYED": written(keyed[kept], _DATES),
            "OWED": pounds(rent.step_balance[kept]),
        },
        _STYLE,
        broken={"STEP": ("LTR9",), "STEPDT": ("45/13/24",)},
    )

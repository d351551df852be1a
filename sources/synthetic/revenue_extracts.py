"""What revenues and benefits send: claims, people on claims, Universal Credit notices, council tax."""

from __future__ import annotations

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import happens, labels, numbers, pairs, pick, recording_delay, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, day, written
from sources.synthetic.families import CHILD, FIRST_PARENT, GRANDPARENT
from sources.synthetic.homes import HOSTEL
from sources.synthetic.mess import upper
from sources.synthetic.paper import Paper, Style, pounds
from sources.synthetic.world import Borough

SOURCE = "revenues"
_TAX_SOURCE = "council_tax"
_DATES = "%d %b %Y"
_CLAIMS = Keeping(typing=0.012, no_birthday=0.01, no_uprn=0.15)
_NOTICES = Keeping(typing=0.01, no_uprn=1.0)
_TAX = Keeping(typing=0.03, no_uprn=0.08, short_address=0.4)


def write_claims(borough: Borough, paper: Paper) -> None:
    """Housing Benefit, and Council Tax Reduction alone for those on Universal Credit."""
    rng = stream(borough.seed, "claims extract")
    benefits, families = borough.benefits, borough.families
    housing = np.flatnonzero((benefits.hb_from < EXTRACT) & (benefits.hb_to > COVERS_FROM))
    reduction = np.flatnonzero(benefits.reduction & (benefits.uc_from < EXTRACT - 30) & (benefits.uc_to > COVERS_FROM))
    family = np.concatenate([housing, reduction])
    full = np.arange(len(family)) < len(housing)
    start = np.where(full, benefits.hb_from[family], benefits.uc_from[family] + 7)
    end = np.where(full, benefits.hb_to[family], benefits.uc_to[family])
    end = np.minimum(end, families.leaves[family])
    backdated = happens(rng, 0.15, len(family)) * rng.integers(10, 92, len(family))
    decided = start + backdated + recording_delay(rng, len(family), 14.0, 0.05, 30.0)
    kept = (decided <= EXTRACT) & (start < end)
    family, full, start, end, decided = family[kept], full[kept], start[kept], end[kept], decided[kept]
    size = len(family)
    claim = labels("C", numbers(stream(borough.seed, "claim numbers"), size, 7))
    place = placed(borough, rng, borough.homes.at(family, np.maximum(start, COVERS_FROM)), _CLAIMS)
    # A claim says what was known when it was decided, no more.
    ill = borough.needs.ill_from[family] < decided
    paper.write(
        "revenues/claims.csv",
        {
            "ClaimNo": claim,
            "Kind": np.where(full, "HB", "CTRS").astype(object),
            "FromDate": written(start, _DATES),
            "ToDate": written(np.where(end <= EXTRACT, end, OPEN), _DATES),
            "DecidedOn": written(decided, _DATES),
            "Address": place.address,
            "Postcode": place.postcode,
            "UPRN": place.uprn,
            "WeeklyAward": pounds(np.where(full, rng.integers(5_000, 14_000, size), rng.integers(900, 3_000, size))),
            "CarersAllowance": _yes_no(happens(rng, np.where(ill, 0.22, 0.03), size)),
            "ChildDLA": _yes_no(happens(rng, 0.09, size)),
            "DisabilityPremium": _yes_no(happens(rng, np.where(ill, 0.5, 0.05), size)),
        },
        Style(encoding="utf-8-sig"),
        broken={"FromDate": ("30 Feb 2024",), "Kind": ("???",)},
    )
    _write_claim_people(borough, paper, family, claim, start, end, decided)


def _yes_no(values: Array) -> Array:
    return np.where(values, "Yes", "No").astype(object)


def _write_claim_people(
    borough: Borough, paper: Paper, family: Array, claim: Array, start: Array, end: Array, decided: Array
) -> None:
    rng = stream(borough.seed, "claim people extract")
    members, people = borough.members, borough.people
    place, row = pairs(family, members.family)
    person = members.person[row]
    overlap = (members.start[row] < np.minimum(end, EXTRACT)[place] - 20) & (members.end[row] > start[place])
    grown = people.dob[person] + 19 * 365 < np.maximum(start[place], COVERS_FROM)
    kept = overlap & ~((people.role[person] == CHILD) & grown & happens(rng, 0.6, len(row)))
    place, person = place[kept], person[kept]
    joined = np.maximum(members.start[row][kept], start[place])
    told = joined + recording_delay(rng, len(place), 25.0, 0.05, 60.0)
    added = np.where(joined > start[place], np.clip(told, decided[place], EXTRACT), decided[place])
    role = people.role[person]
    kind = np.select(
        [role == FIRST_PARENT, role == CHILD, role == GRANDPARENT], ["Claimant", "Dependant", "Other adult"], "Partner"
    ).astype(object)
    first = np.concatenate([[True], place[1:] != place[:-1]])
    sequence = np.arange(len(place)) - np.maximum.accumulate(np.where(first, np.arange(len(place)), 0)) + 1
    name = named(borough, rng, person, np.maximum(start[place], COVERS_FROM), _CLAIMS)
    needs = borough.needs
    ill = (role == FIRST_PARENT) & (needs.ill_from[family[place]] < added)
    carer = (role != CHILD) & ~ill & (needs.ill_from[family[place]] < added) & happens(rng, 0.25, len(person))
    ethnicity = ethnicity_held(borough, stream(borough.seed, "claims ethnicity"), 0.45)
    number = sequence.astype(str).astype(object)
    paper.write(
        "revenues/claim_people.csv",
        {
            "ClaimNo": claim[place],
            "PersonSeq": number,
            "Relation": kind,
            "Forenames": name.forename,
            "Surname": name.surname,
            "DateOfBirth": written(name.dob, _DATES),
            "Sex": np.array(["F", "M"], dtype=object)[people.sex[person]],
            "Ethnicity": ethnicity[person],
            "JoinedClaim": written(joined, _DATES),
            "AddedOn": written(added, _DATES),
            "Disabled": np.where(ill & happens(rng, 0.6, len(person)), "1", "0").astype(object),
            "Carer": np.where(carer, "1", "0").astype(object),
        },
        Style(encoding="utf-8-sig", repeats_header=True),
        broken={"DateOfBirth": ("32 Jan 2015",), "Sex": ("Q",)},
    )
    paper.remember(SOURCE, "revenues/claim_people.csv", claim[place] + "|" + number, person)


def write_notices(borough: Borough, paper: Paper) -> None:
    """Universal Credit started or stopped. A notice does not come for everybody."""
    rng = stream(borough.seed, "notices extract")
    benefits, people = borough.benefits, borough.people
    parent = np.flatnonzero(people.role == FIRST_PARENT)
    family = people.family[parent]
    starts, stops = benefits.uc_from[family], benefits.uc_to[family]
    person = np.concatenate([parent[starts <= EXTRACT], parent[stops <= EXTRACT]])
    on = np.concatenate([starts[starts <= EXTRACT], stops[stops <= EXTRACT]])
    kind = np.repeat(["Award", "Cease"], [int((starts <= EXTRACT).sum()), int((stops <= EXTRACT).sum())])
    received = on + 3 + recording_delay(rng, len(on), 12.0, 0.1, 45.0)
    kept = (on >= day(2019, 1, 1)) & (received <= EXTRACT) & happens(rng, 0.85, len(on))
    person, on, kind, received = person[kept], on[kept], kind[kept].astype(object), received[kept]
    notice = labels("N", numbers(rng, len(on), 8))
    name = named(borough, rng, person, on, _NOTICES)
    place = placed(borough, rng, borough.homes.at(people.family[person], on), _NOTICES)
    order = np.argsort(received, kind="stable")
    columns = {
        "NoticeNo": notice,
        "Event": kind,
        "Forename": name.forename,
        "Surname": upper(name.surname),
        "DOB": written(name.dob, "%Y%m%d"),
        "Postcode": place.postcode,
        "Effective": written(on, "%Y%m%d"),
        "Received": written(received, "%Y%m%d"),
    }
    paper.write(
        "revenues/dwp_notices.csv",
        {column: values[order] for column, values in columns.items()},
        broken={"Effective": ("20240230",), "Event": ("Unknown",)},
    )
    paper.remember(SOURCE, "revenues/dwp_notices.csv", notice, person)


def write_council_tax(borough: Borough, paper: Paper) -> None:
    """One account for each home and period; names in one field, no birth dates, plain letters only."""
    rng = stream(borough.seed, "council tax extract")
    homes = borough.homes
    home = np.flatnonzero((homes.tenure != HOSTEL) & (homes.end > COVERS_FROM) & (homes.start < EXTRACT))
    family, start, end = homes.family[home], homes.start[home], homes.end[home]
    lead, second = _liable(borough, home)
    kept = lead >= 0
    home, family, start, end, lead, second = (a[kept] for a in (home, family, start, end, lead, second))
    size = len(home)
    account = labels("", numbers(rng, size, 8))
    place = placed(borough, rng, home, _TAX)
    two = second >= 0
    second_name = np.where(two, _liable_name(borough, rng, np.maximum(second, 0), start), "")
    keyed = np.minimum(start + recording_delay(rng, size, 15.0, 0.1, 60.0), EXTRACT)
    paper.write(
        "revenues/ctax.csv",
        {
            "AccountNo": account,
            "Liable1": _liable_name(borough, rng, lead, start),
            "Liable2": second_name,
            "PropRef": place.uprn,
            "Line1": upper(place.address),
            "Postcode": place.postcode,
            "Band": pick(rng, tuple("ABCDEF"), size, (1, 3, 5, 4, 2, 1)),
            "SingleDisc": np.where(two, "N", "Y").astype(object),
            "LiableFrom": written(start, "%d%m%Y"),
            "LiableTo": written(np.where(end <= EXTRACT, end, OPEN), "%d%m%Y"),
            "Keyed": written(keyed, "%d%m%Y"),
        },
        Style(encoding="latin-1", title="COUNCIL TAX LIABILITY LISTING", delimiter=","),
        broken={"LiableFrom": ("00002024",)},
    )
    file = "revenues/ctax.csv"
    paper.remember(_TAX_SOURCE, file, account + "|1", lead)
    paper.remember(_TAX_SOURCE, file, (account + "|2")[two], second[two])


def _liable(borough: Borough, home: Array) -> tuple[Array, Array]:
    """The one or two adults liable for each home; -1 for none."""
    homes, members, people = borough.homes, borough.members, borough.people
    place, row = pairs(homes.family[home], members.family)
    person = members.person[row]
    adult = people.role[person] != CHILD
    there = (members.start[row] <= homes.start[home][place] + 30) & (members.end[row] > homes.start[home][place])
    chosen = np.flatnonzero(adult & there & (people.role[person] != GRANDPARENT))
    place, person = place[chosen], person[chosen]
    lead, second = np.full(len(home), -1), np.full(len(home), -1)
    # Written backwards, so that the first adult of each home is the one that stays.
    lead[place[::-1]] = person[::-1]
    rest = person != lead[place]
    second[place[rest][::-1]] = person[rest][::-1]
    return lead, second


def _liable_name(borough: Borough, rng: np.random.Generator, person: Array, on: Array) -> Array:
    name = named(borough, rng, person, on, _TAX)
    initial = np.array([forename[:1] for forename in name.forename.tolist()], dtype=object)
    style = rng.integers(0, 3, len(person))
    reversed_, short = name.surname + ", " + name.forename, initial + " " + name.surname
    return upper(np.select([style == 0, style == 1], [reversed_, short], name.forename + " " + name.surname))

"""What the other registers send: electors, libraries, parking, blue badges, early years, the council's web accounts."""

from __future__ import annotations

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.chance import days_between, happens, labels, numbers, pick, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, written
from sources.synthetic.contacts import addresses_of, numbers_of
from sources.synthetic.families import CHILD, FIRST_PARENT, GRANDPARENT
from sources.synthetic.homes import HOSTEL
from sources.synthetic.mess import upper
from sources.synthetic.paper import Paper, Style
from sources.synthetic.world import Borough

_ISO = "%Y-%m-%d"
_ROLL = Keeping(typing=0.012, no_uprn=0.05, short_address=0.25)
_CARDS = Keeping(typing=0.03, nicknames=0.08, no_birthday=0.15, no_postcode=0.05, short_address=0.35)
_PERMITS = Keeping(typing=0.02, no_uprn=0.1, short_address=0.3)
_BADGES = Keeping(typing=0.012, no_birthday=0.01)
_NURSERY = Keeping(typing=0.025, nicknames=0.06, no_birthday=0.01, short_address=0.3, no_postcode=0.05)
_WEB = Keeping(typing=0.035, nicknames=0.12, no_birthday=0.3, no_uprn=0.5, short_address=0.35, no_postcode=0.05)
_TEST_RECORDS = 3


def _present(borough: Borough, on: Array | int) -> Array:
    """Whether each person's family is in the borough on a day, and the person born."""
    family = borough.people.family
    families = borough.families
    here: Array = (families.arrives[family] <= on) & (families.leaves[family] > on) & (borough.people.dob <= on)
    return here


def _home(borough: Borough, person: Array, on: Array | int) -> Array:
    days = np.broadcast_to(np.asarray(on), person.shape)
    return borough.homes.at(borough.people.family_at(person, days), days)


def write_electors(borough: Borough, paper: Paper) -> None:
    """The roll on the day of the extract. Those who may not vote, or never registered, are not on it."""
    rng = stream(borough.seed, "electors extract")
    people = borough.people
    grown = people.dob < EXTRACT - 18 * 365
    person = np.flatnonzero(_present(borough, EXTRACT) & grown & happens(rng, 0.62, len(people)))
    home = _home(borough, person, EXTRACT)
    kept = borough.homes.tenure[home] != HOSTEL
    person, home = person[kept], home[kept]
    name, place = named(borough, rng, person, EXTRACT, _ROLL), placed(borough, rng, home, _ROLL)
    number = labels("", numbers(rng, len(person), 7), "/R")
    paper.write(
        "electors/roll.csv",
        {
            "RollNo": number,
            "Elector": upper(name.surname) + ", " + name.forename,
            "Address": place.address,
            "PostCode": place.postcode,
            "PropRef": place.uprn,
        },
        Style(encoding="latin-1", title="Register of electors - full, not for onward supply"),
    )
    paper.remember("electors", "electors/roll.csv", number, person)


def write_libraries(borough: Borough, paper: Paper) -> None:
    """Cards, one in twelve members with a second one, dates as the self-service screen and the desk keyed them."""
    rng = stream(borough.seed, "libraries extract")
    people = borough.people
    wanted = happens(rng, np.where(people.role == CHILD, 0.3, 0.15), len(people))
    member = np.flatnonzero(wanted)
    person = np.concatenate([member, member[happens(rng, 1 / 12, len(member))]])
    since = np.maximum(people.dob[person] + 3 * 365, COVERS_FROM - 900)
    joined = days_between(rng, since, EXTRACT, len(person))
    kept = (since < EXTRACT) & _present_each(borough, person, joined)
    person, joined = person[kept], joined[kept]
    name, place = (
        named(borough, rng, person, joined, _CARDS),
        placed(borough, rng, _home(borough, person, joined), _CARDS),
    )
    ethnicity = ethnicity_held(borough, stream(borough.seed, "library ethnicity"), 0.5, labels=True)
    card = labels("L", numbers(rng, len(person) + _TEST_RECORDS, 8))
    mail = addresses_of(borough, rng, person, 0.4)
    desk = happens(rng, 0.3, len(person))
    columns = {
        "CardNo": card[: len(person)],
        "FirstName": name.forename,
        "LastName": name.surname,
        "Born": np.where(desk, written(name.dob, "%d/%m/%Y"), written(name.dob, _ISO)),
        "Address": place.address + np.where(place.postcode == "", "", ", ") + place.postcode,
        "HeritageGroup": ethnicity[person],
        "Email": mail,
        "JoinedOn": np.where(desk, written(joined, "%d/%m/%Y"), written(joined, _ISO)),
    }
    tests = {"FirstName": "Test", "LastName": "Test", "Address": "Library HQ", "JoinedOn": "2024-02-01"}
    paper.write(
        "libraries/cards.csv",
        _with_tests(columns, card[len(person) :], "CardNo", tests),
        broken={"JoinedOn": ("31/02/2025",)},
    )
    paper.remember("libraries", "libraries/cards.csv", card, np.concatenate([person, np.full(_TEST_RECORDS, -1)]))


def _present_each(borough: Borough, person: Array, on: Array) -> Array:
    family = borough.people.family[person]
    here: Array = (borough.families.arrives[family] <= on) & (borough.families.leaves[family] > on)
    return here


def _with_tests(columns: dict[str, Array], keys: Array, key: str, cells: dict[str, str]) -> dict[str, Array]:
    """The columns with a few rows about nobody at the end, which somebody keyed to try the system out."""
    size = len(keys)
    return {
        name: np.concatenate([values, keys if name == key else np.full(size, cells.get(name, ""), dtype=object)])
        for name, values in columns.items()
    }


def write_permits(borough: Borough, paper: Paper) -> None:
    """Parking permits: a printed report, names in one field with a title."""
    rng = stream(borough.seed, "permits extract")
    people = borough.people
    drivers = (people.role != CHILD) & (people.role != GRANDPARENT) & happens(rng, 0.22, len(people))
    person = np.flatnonzero(drivers)
    start = days_between(rng, COVERS_FROM, EXTRACT - 10, len(person))
    here = _present_each(borough, person, start)
    person, start = person[here], start[here]
    home = _home(borough, person, start)
    kept = borough.homes.tenure[home] != HOSTEL
    person, start, home = person[kept], start[kept], home[kept]
    name, place = named(borough, rng, person, start, _PERMITS), placed(borough, rng, home, _PERMITS)
    title = np.where(people.sex[person] == 0, pick(rng, ("Ms", "Mrs", "Miss"), len(person)), "Mr").astype(object)
    number = labels("BP", numbers(rng, len(person), 6))
    paper.write(
        "parking/permit_holders.csv",
        {
            "Permit": number,
            "Holder": title + " " + name.forename + " " + name.surname,
            "PropRef": place.uprn,
            "Address": place.address,
            "PostCode": place.postcode,
            "Starts": written(start, "%d %B %Y"),
            "Ends": written(start + 364, "%d %B %Y"),
            "Fee": np.full(len(person), "84.00", dtype=object),
        },
        Style(encoding="cp1252", title="Resident permits in force since September 2022", total="Fee"),
    )
    paper.remember("parking", "parking/permit_holders.csv", number, person)


def write_badges(borough: Borough, paper: Paper) -> None:
    """Blue badges, for disabled children, ill parents and grandparents."""
    rng = stream(borough.seed, "badges extract")
    people, needs = borough.people, borough.needs
    ill = (people.role == FIRST_PARENT) & (needs.ill_from[people.family] < EXTRACT - 200)
    chance = np.select([needs.disabled, ill, people.role == GRANDPARENT], [0.12, 0.14, 0.2], 0.002)
    person = np.flatnonzero(happens(rng, chance, len(people)))
    since = np.maximum(people.dob[person] + 3 * 365, COVERS_FROM - 700)
    since = np.maximum(since, np.where(ill[person], needs.ill_from[people.family[person]] + 60, since))
    issued = days_between(rng, since, EXTRACT, len(person))
    kept = (since < EXTRACT - 10) & _present_each(borough, person, issued)
    person, issued = person[kept], issued[kept]
    name = named(borough, rng, person, issued, _BADGES)
    place = placed(borough, rng, _home(borough, person, issued), _BADGES)
    number = labels("", numbers(rng, len(person), 6), "X")
    paper.write(
        "mobility/badges.csv",
        {
            "Badge": number,
            "Forename": name.forename,
            "Surname": name.surname,
            "Birth": written(name.dob, "%d/%m/%Y"),
            "Sex": np.array(["F", "M"], dtype=object)[people.sex[person]],
            "Address": place.address,
            "PostCode": place.postcode,
            "Issued": written(issued, "%d/%m/%Y"),
            "Expires": written(issued + 3 * 365, "%d/%m/%Y"),
        },
        Style(delimiter=";"),
    )
    paper.remember("mobility", "mobility/badges.csv", number, person)


def write_nurseries(borough: Borough, paper: Paper) -> None:
    """Under-fives at a children's centre or in funded childcare, each with one parent named."""
    rng = stream(borough.seed, "nurseries extract")
    people = borough.people
    child = np.flatnonzero((people.role == CHILD) & happens(rng, 0.6, len(people)))
    on = people.dob[child] + days_between(rng, 60, 1400, len(child))
    kept = (on >= COVERS_FROM - 500) & (on <= EXTRACT) & _present_each(borough, child, on)
    child, on = child[kept], on[kept]
    parent_of = np.full(len(borough.families), -1)
    first = np.flatnonzero(people.role == FIRST_PARENT)
    parent_of[people.family[first]] = first
    parent = parent_of[people.family[child]]
    name, mother = named(borough, rng, child, on, _NURSERY), named(borough, rng, parent, on, _NURSERY)
    place = placed(borough, rng, _home(borough, child, on), _NURSERY)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "nursery ethnicity"), 0.25)
    number = labels("N", numbers(rng, len(child), 7))
    told = happens(rng, 0.85, len(child))
    paper.write(
        "early_years/children.csv",
        {
            "ChildNo": number,
            "ChildForename": name.forename,
            "ChildSurname": name.surname,
            "ChildBorn": written(name.dob, "%d/%m/%y"),
            "Sex": np.array(["Girl", "Boy"], dtype=object)[people.sex[child]],
            "Ethnicity": ethnicity[child],
            "Parent": np.where(told, mother.forename + " " + mother.surname, ""),
            "ParentBorn": np.where(told, written(mother.dob, "%d/%m/%Y"), ""),
            "Address": place.address,
            "Postcode": place.postcode,
            "Place": pick(rng, ("Children's centre", "Nursery", "Childminder"), len(child), (5, 4, 2)),
            "SignedUp": written(on, "%d/%m/%Y"),
        },
        Style(encoding="utf-8-sig"),
        broken={"SignedUp": ("1/1",), "ChildBorn": ("31/11/22",)},
    )
    file = "early_years/children.csv"
    paper.remember("early_years", file, number, child)
    paper.remember("early_years", file, (number + "|parent")[told], parent[told])


def write_web_accounts(borough: Borough, paper: Paper) -> None:
    """The council's web accounts, as residents typed them; some have two."""
    rng = stream(borough.seed, "web accounts extract")
    people = borough.people
    holder = np.flatnonzero((people.role != CHILD) & happens(rng, 0.28, len(people)))
    person = np.concatenate([holder, holder[happens(rng, 0.06, len(holder))]])
    made = days_between(rng, COVERS_FROM - 900, EXTRACT, len(person))
    kept = _present_each(borough, person, made)
    person, made = person[kept], made[kept]
    name, place = named(borough, rng, person, made, _WEB), placed(borough, rng, _home(borough, person, made), _WEB)
    account = labels("W", numbers(rng, len(person) + _TEST_RECORDS, 7))
    careless = happens(rng, 0.1, len(person))
    lower = np.array([text.lower() for text in name.surname.tolist()], dtype=object)
    columns = {
        "Account": account[: len(person)],
        "GivenName": name.forename,
        "Surname": np.where(careless, lower, name.surname),
        "DateOfBirth": written(name.dob, _ISO),
        "Email": addresses_of(borough, rng, person, 0.05),
        "Mobile": numbers_of(borough, rng, person, 0.3),
        "AddressLine": place.address,
        "Postcode": place.postcode,
        "UPRN": place.uprn,
        "Created": written(made, _ISO),
        "Closed": written(np.full(len(person), OPEN), _ISO),
    }
    tests = {"GivenName": "Test", "Surname": "Test", "Email": "test@example.org", "Created": "2023-03-01"}
    paper.write(
        "web/residents_online.csv",
        _with_tests(columns, account[len(person) :], "Account", tests),
        Style(delimiter="|"),
        broken={"DateOfBirth": ("1985-02-31",)},
    )
    paper.remember("web", "web/residents_online.csv", account, np.concatenate([person, np.full(_TEST_RECORDS, -1)]))

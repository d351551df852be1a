"""What children's social care sends: people, links, the front door, assessments and plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.as_held import Keeping, ethnicity_held, named, placed
from sources.synthetic.care import EARLY_HELP, REFERRAL
from sources.synthetic.chance import happens, labels, numbers, pairs, pick, stream
from sources.synthetic.clock import BEGINS, COVERS_FROM, EXTRACT, OPEN, Array, written
from sources.synthetic.families import CHILD, GRANDPARENT, STEP_PARENT
from sources.synthetic.paper import Paper, Style
from sources.synthetic.world import Borough

SOURCE = "social_care"
_DATES = "%d/%m/%Y"
_STYLE = Style(encoding="utf-8-sig")
_KEEPING = Keeping(typing=0.02, nicknames=0.04, no_uprn=0.25, short_address=0.2, no_postcode=0.04)
_TWICE = 0.04


@dataclass(frozen=True)
class CaseFile:
    """By person: the system's number, and a second number for those added twice (from a day on)."""

    number: Array
    second: Array
    second_from: Array
    known_from: Array

    def number_at(self, person: Array, on: Array) -> Array:
        return np.where(on >= self.second_from[person], self.second[person], self.number[person])


def open_case_file(borough: Borough) -> CaseFile:
    """Everyone in a family that was ever in contact is on file, from the first contact's recording."""
    rng = stream(borough.seed, "case file")
    size = len(borough.people)
    contacts = borough.care.contacts
    first = np.full(len(borough.families), OPEN)
    kept = contacts["recorded"] <= EXTRACT
    np.minimum.at(first, contacts["family"][kept], contacts["recorded"][kept])
    known_from = np.maximum(first[borough.people.family], borough.people.dob)
    ids = labels("", numbers(rng, 2 * size, 7))
    twice = happens(rng, _TWICE, size) & (known_from < EXTRACT - 200)
    later = known_from + 100 + (rng.random(size) * np.maximum(EXTRACT - known_from - 150, 1)).astype(np.int64)
    return CaseFile(ids[:size], ids[size:], np.where(twice, later, OPEN), known_from)


def write_people(borough: Borough, paper: Paper, file: CaseFile) -> None:
    rng = stream(borough.seed, "care people extract")
    people = borough.people
    on_file = np.flatnonzero(file.known_from <= EXTRACT)
    again = np.flatnonzero((file.second_from <= EXTRACT) & (file.known_from <= EXTRACT))
    person = np.concatenate([on_file, again])
    number = np.concatenate([file.number[on_file], file.second[again]])
    recorded = np.concatenate([file.known_from[on_file], file.second_from[again]])
    name = named(borough, rng, person, recorded, _KEEPING)
    grown = people.role[person] != CHILD
    dob = np.where(grown & happens(rng, 0.35, len(person)), OPEN, name.dob)
    place = placed(borough, rng, borough.homes.at(people.family_at(person, recorded), recorded), _KEEPING)
    ethnicity = ethnicity_held(borough, stream(borough.seed, "care ethnicity"), 0.1, 0.03)
    order = np.argsort(number)
    columns = {
        "PersonID": number,
        "FirstName": name.forename,
        "LastName": name.surname,
        "DateOfBirth": written(dob, _DATES),
        "Gender": np.array(["F", "M"], dtype=object)[people.sex[person]],
        "Ethnicity": ethnicity[person],
        "UPRN": place.uprn,
        "Address": place.address,
        "Postcode": place.postcode,
        "CreatedOn": _stamped(rng, recorded),
    }
    broken = {"DateOfBirth": ("29/02/2015",), "CreatedOn": ("01/13/2024",)}
    name_of_file = "social_care/people.csv"
    paper.write(name_of_file, {column: values[order] for column, values in columns.items()}, _STYLE, broken)
    paper.remember(SOURCE, name_of_file, number, person)


def _stamped(rng: np.random.Generator, days: Array) -> Array:
    minute = rng.integers(8 * 60, 18 * 60, len(days))
    times = np.array([f" {m // 60:02d}:{m % 60:02d}" for m in range(24 * 60)], dtype=object)
    stamped: Array = written(days, _DATES) + times[minute]
    return stamped


def write_links(borough: Borough, paper: Paper, file: CaseFile) -> None:
    """Parents and brothers or sisters of each child on file; one link in five was never entered."""
    rng = stream(borough.seed, "care links extract")
    people = borough.people
    order = np.argsort(people.family, kind="stable")
    child = np.flatnonzero((people.role == CHILD) & (file.known_from <= EXTRACT))
    place, other = pairs(people.family[child], people.family[order])
    child, other = child[place], order[other]
    role, mother = people.role[other], people.sex[other] == 0
    name = np.select(
        [role == CHILD, role == STEP_PARENT, role == GRANDPARENT, mother],
        ["Brother/Sister", "Step parent", "Grandparent", "Mother"],
        "Father",
    ).astype(object)
    once = (role != CHILD) | (child < other)
    on_file = file.known_from[other] <= EXTRACT
    kept = (child != other) & once & on_file & happens(rng, 0.8, len(child))
    child, other, name = child[kept], other[kept], name[kept]
    since = np.maximum(file.known_from[child], file.known_from[other])
    paper.write(
        "social_care/links.csv",
        {
            "PersonA": file.number[other],
            "IsTheirs": name,
            "PersonB": file.number[child],
            "LinkFrom": written(since, _DATES),
            "LinkTo": np.full(len(child), "", dtype=object),
        },
        _STYLE,
        broken={"LinkFrom": ("99/01/2024",)},
    )


def children_of(
    borough: Borough, rng: np.random.Generator, family: Array, on: Array, share: float
) -> tuple[Array, Array]:
    """Row and child for each under-18 of each event's family on its day; all families but a few name every child."""
    people = borough.people
    child = np.flatnonzero(people.role == CHILD)
    child = child[np.argsort(people.family[child], kind="stable")]
    row, place = pairs(family, people.family[child])
    who = child[place]
    young = (people.dob[who] <= on[row]) & (people.dob[who] > on[row] - 18 * 365.25)
    first = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.zeros(0, dtype=bool)
    kept = young & (first | happens(rng, share, len(row)))
    return row[kept], who[kept]


def write_front_door(borough: Borough, paper: Paper, file: CaseFile) -> None:
    rng = stream(borough.seed, "front door extract")
    contacts = borough.care.contacts
    family, on, recorded = contacts["family"], contacts["on"], contacts["recorded"]
    row, child = children_of(borough, rng, family, on, 0.85)
    kept = (on[row] >= COVERS_FROM) & (recorded[row] <= EXTRACT)
    row, child = row[kept], child[kept]
    outcome = np.select(
        [contacts["outcome"] == REFERRAL, contacts["outcome"] == EARLY_HELP],
        ["Accepted as referral", "Passed to early help"],
        "Closed - advice given",
    ).astype(object)
    reasons = _reasons(borough, rng, family, contacts["quarter"], contacts["source"])
    contact = labels("FD", numbers(rng, len(family), 7))
    paper.write(
        "social_care/front_door.csv",
        {
            "ContactRef": contact[row],
            "PersonID": file.number_at(child, recorded[row]),
            "ContactDate": written(on[row], _DATES),
            "LoggedOn": _stamped(rng, recorded[row]),
            "From": contacts["source"][row],
            "Concern": reasons[row],
            "Decision": outcome[row],
        },
        _STYLE,
        broken={"ContactDate": ("0/0/2024",), "Decision": ("tbc",)},
    )


def _reasons(borough: Borough, rng: np.random.Generator, family: Array, quarter: Array, source: Array) -> Array:
    """The concern noted: most often the subject in which the family's need is greatest."""
    needs = borough.needs
    named_ = ("Poor attendance or behaviour", "Money or housing", "Domestic abuse", "Parent's health")
    scores = np.stack([needs.about(s, family, quarter) for s in ("school", "money", "safety", "health")], axis=1)
    ill = needs.ill_from[family] < BEGINS + 91 * quarter
    scores[:, 3] += 0.8 * ill
    greatest = np.array(named_, dtype=object)[(scores + rng.gumbel(0, 0.6, scores.shape)).argmax(axis=1)]
    other = pick(rng, ("General worry", "Neglect", "Information only", "Family dispute"), len(family))
    noted = np.where(happens(rng, 0.65, len(family)), greatest, other)
    return np.where((source == "6") & happens(rng, 0.7, len(family)), "Domestic abuse", noted)


def write_assessments(borough: Borough, paper: Paper, file: CaseFile) -> None:
    rng = stream(borough.seed, "assessments extract")
    events = borough.care.assessments
    family, start, end = events["family"], events["start"], events["end"]
    row, child = children_of(borough, rng, family, start, 0.9)
    kept = (end[row] >= COVERS_FROM) & (events["recorded"][row] <= EXTRACT)
    row, child = row[kept], child[kept]
    done = end[row] <= EXTRACT
    outcome = np.where(done, events["outcome"][row], "")
    factors = _factors(borough, rng, family, events["quarter"])[row]
    carer = borough.carers.assessed[child] == end[row]
    factors = np.where(carer, factors + ",7A", factors)
    paper.write(
        "social_care/single_assessments.csv",
        {
            "AssessmentRef": labels("A", numbers(rng, len(row), 7)),
            "PersonID": file.number_at(child, start[row]),
            "Started": written(start[row], _DATES),
            "Completed": written(np.where(done, end[row], OPEN), _DATES),
            "LoggedOn": _stamped(rng, events["recorded"][row]),
            "Factors": np.where(done, factors, ""),
            "Result": outcome,
        },
        _STYLE,
        broken={"Started": ("31/09/2024",), "Result": ("XYZ",)},
    )


def _factors(borough: Borough, rng: np.random.Generator, family: Array, quarter: Array) -> Array:
    """DfE factors by family: domestic abuse, mental health, drugs, illness, neglect, school, by need."""
    needs = borough.needs
    ill = needs.ill_from[family] < BEGINS + 91 * quarter
    chances = (
        ("3B", 0.30 + 0.16 * needs.about("safety", family, quarter)),
        ("4B", 0.22 + 0.12 * needs.about("health", family, quarter) + 0.2 * ill),
        ("2B", 0.10 + 0.04 * needs.about("health", family, quarter)),
        ("6B", 0.04 + 0.35 * ill),
        ("16A", 0.14 + 0.08 * needs.latent[family, quarter]),
        ("17A", 0.05 + 0.02 * needs.latent[family, quarter]),
    )
    text = np.full(len(family), "", dtype=object)
    for code, chance in chances:
        text = text + np.where(happens(rng, chance, len(family)), "," + code, "")
    return np.array([factors[1:] or "21" for factors in text.tolist()], dtype=object)


def write_plans(borough: Borough, paper: Paper, file: CaseFile) -> None:
    rng = stream(borough.seed, "plans extract")
    plans = borough.care.plans
    start, end = plans["start"], plans["end"]
    row, child = children_of(borough, rng, plans["family"], start, 0.8)
    # Not every child of a family is looked after because one is.
    alone = (plans["kind"][row] == "LAC") & happens(rng, 0.35, len(row))
    kept = (end[row] >= COVERS_FROM) & (plans["recorded"][row] <= EXTRACT) & ~alone
    row, child = row[kept], child[kept]
    closed = end[row] <= EXTRACT
    kind = plans["kind"][row]
    closing = pick(rng, ("RC7", "RC8", "RC9"), len(row), (6, 2, 2))
    category = pick(rng, ("NEG", "EMO", "PHY", "SAB"), len(row), (45, 40, 10, 5))
    paper.write(
        "social_care/plans.csv",
        {
            "PlanRef": labels("P", numbers(rng, len(row), 7)),
            "PersonID": file.number_at(child, start[row]),
            "PlanType": kind,
            "From": written(start[row], _DATES),
            "Until": written(np.where(closed, end[row], OPEN), _DATES),
            "LoggedOn": _stamped(rng, plans["recorded"][row]),
            "ClosedBecause": np.where(closed, closing, ""),
            "Category": np.where(kind == "CPP", category, "").astype(object),
        },
        _STYLE,
        broken={"PlanType": ("?",), "From": ("32/01/2024",)},
    )

"""Pupils, their schools and the marks in the register.

Absence follows need in school matters, special needs, free meals, hours of caring and the year group, and a few pupils
hardly come at all; how much of each was set so that the published figures come out (``targets.py``). Assumed: 7% of
children not at the borough's state schools, spells of absence 1.7 days long on average, 2 in 5 staying on after year
11, and a fortnight's study leave at the end of year 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, labels, logistic, numbers, pick, recording_delay, stream
from sources.synthetic.clock import COVERS_FROM, OPEN, SCHOOL_YEARS, Array, day, quarter_of, school_days
from sources.synthetic.ethnicity import ABSENCE, WATCHED
from sources.synthetic.families import CHILD, Families, People
from sources.synthetic.need import Needs

MARKS = np.array([*"/\\LIMCSOGNUBVPE#HKT"], dtype=object)
_CODE = {mark: number for number, mark in enumerate(MARKS.tolist())}
_ABSENT = ("I", "M", "C", "O", "G", "U", "N", "S", "T")
_RECORDING = ((0.24, day(2023, 1, 1)), (0.32, day(2024, 1, 1)), (0.35, day(2025, 1, 1)), (0.37, day(2026, 1, 1)))
"""Share of schools that mark carers from each day on. Some find none, so that DfE's 79, 72 and 70% mark nobody."""
_CARING = np.array([0.20, 0.50, 0.8])
"""What caring adds to the log-odds of absence, by hours a week."""
_STOPS_SENDING = day(2026, 3, 1)
_STAYS_AWAY = 0.42
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(frozen=True)
class Schools:
    number: Array
    name: Array
    stops_sending: Array
    """Day from which a school sends no marks; never for all but one."""
    records_carers: Array
    """Day from which the school marks pupils as young carers; never for about seven in ten (Carers Trust, 2025)."""
    primaries: int


@dataclass(frozen=True)
class Pupils:
    """Arrays by person; a person who was never a pupil has ``upn`` ''."""

    schools: Schools
    upn: Array
    temporary: Array
    """The number a school makes up for a pupil whose own it does not know, until the day ``known_from``."""
    known_from: Array
    primary: Array
    secondary: Array
    stays_on: Array
    sen: Array
    meals: Array
    leaning: Array
    """The child's own part in the log-odds of absence."""

    def number_at(self, person: Array, on: Array) -> Array:
        """The pupil number in use on a day."""
        return np.where(on < self.known_from[person], self.temporary[person], self.upn[person])

    def year_group(self, people: People, year: int) -> Array:
        """National curriculum year in the school year that begins in ``year``; reception is 0."""
        whole = np.floor((day(year, 8, 31) - people.dob) / 365.2425).astype(np.int64)
        return whole - 4

    def enrolled(self, people: People, families: Families, year: int) -> tuple[Array, Array, Array, Array, Array]:
        """Person, year group, school, first day and last day (exclusive) of each pupil of a school year."""
        group = self.year_group(people, year)
        last = np.where(self.stays_on, 13, 11)
        arrives, leaves = families.arrives[people.family], families.leaves[people.family]
        begins, ends = day(year, 9, 4), day(year + 1, 7, 22)
        here = (self.upn != "") & (group >= 0) & (group <= last) & (arrives < ends) & (leaves > begins)
        person = np.flatnonzero(here)
        school = np.where(group <= 6, self.primary, self.secondary)[person]
        return person, group[person], school, np.maximum(arrives[person] + 12, begins), leaves[person]


@dataclass(frozen=True)
class Exclusions:
    person: Array
    on: Array
    sessions: Array
    permanent: Array
    recorded: Array


def build_pupils(seed: int, families: Families, people: People, needs: Needs) -> Pupils:
    rng = stream(seed, "schools")
    size = len(people)
    schools = _schools(rng, families.asked)
    state = (people.role == CHILD) & happens(rng, 0.93, size) & (people.dob < day(2022, 1, 1))
    famous = np.flatnonzero(people.role == CHILD)[:60]
    state[famous] = people.dob[famous] < day(2022, 1, 1)
    # Brothers and sisters mostly share a primary school.
    primary = rng.integers(0, schools.primaries, len(families))[people.family]
    secondary = rng.integers(schools.primaries, len(schools.number), size)
    pull = rng.normal(0, 1, size) + 0.5 * needs.latent[people.family, 0]
    return Pupils(
        schools=schools,
        upn=np.where(state, _upns(rng, size), ""),
        temporary=_temporary_numbers(seed, size),
        known_from=_known_from(seed, families, people),
        primary=primary,
        secondary=secondary,
        stays_on=happens(rng, 0.4, size),
        sen=np.select([pull > 2.05, pull > 1.1], ["E", "S"], "N").astype(object),
        meals=happens(rng, np.where(needs.poor, 0.79, 0.04), len(families))[people.family],
        leaning=rng.normal(0, 0.35, size) + 4.2 * happens(rng, logistic(-3.72 + 0.4 * pull), size),
    )


def _schools(rng: np.random.Generator, asked: int) -> Schools:
    primaries, secondaries = max(3, asked // 170), max(2, asked // 450)
    size = primaries + secondaries
    name = pick(rng, ("Priory", "Canalside", "St Osyth's", "Weavers", "Quarry", "Saddlers", "Beacon", "Vale"), size)
    kind = np.where(np.arange(size) < primaries, " Primary ", " Academy ").astype(object)
    return Schools(
        number=labels("997", numbers(rng, size, 4)),
        stops_sending=np.where(np.arange(size) == primaries - 1, _STOPS_SENDING, OPEN),
        name=name + kind + labels("", np.arange(1, size + 1)),
        records_carers=np.concatenate([_begin_to_record(rng, primaries), _begin_to_record(rng, secondaries)]),
        primaries=primaries,
    )


def _begin_to_record(rng: np.random.Generator, size: int) -> Array:
    """Day from which each school marks carers."""
    place = (rng.permutation(size) + rng.random()) / size
    return np.select([place < share for share, _ in _RECORDING], [on for _, on in _RECORDING], OPEN)


def _upns(rng: np.random.Generator, size: int) -> Array:
    """Pupil numbers with their check letter (DfE: digits weighted 2 to 13, modulo 23)."""
    digits = 997 * 10**9 + rng.choice(9 * 10**8, size, replace=False) + 10**8
    places = (digits[:, None] // 10 ** np.arange(11, -1, -1)[None, :]) % 10
    check = (places * np.arange(2, 14)[None, :]).sum(axis=1) % 23
    return np.array([f"{_LETTERS[c]}{d}" for c, d in zip(check.tolist(), digits.tolist())], dtype=object)


def _temporary_numbers(seed: int, size: int) -> Array:
    """Made-up numbers end in a letter."""
    rng = stream(seed, "temporary numbers")
    first, last = (np.array(list(_LETTERS), dtype=object)[rng.integers(0, len(_LETTERS), size)] for _ in range(2))
    made_up: Array = first + labels("997", numbers(rng, size, 8)) + last
    return made_up


def _known_from(seed: int, families: Families, people: People) -> Array:
    """Of the children of families that came to the borough, a third have a made-up number for some months."""
    rng = stream(seed, "temporary numbers end")
    arrives = families.arrives[people.family]
    without = (arrives > COVERS_FROM) & happens(rng, 1 / 3, len(people))
    return np.where(without, arrives + days_between(rng, 60, 300, len(people)), -OPEN)


def build_exclusions(seed: int, families: Families, people: People, needs: Needs, pupils: Pupils) -> Exclusions:
    rng = stream(seed, "exclusions")
    parts = []
    for year in SCHOOL_YEARS:
        person, group, _, first, last = pupils.enrolled(people, families, year)
        family = people.family[person]
        autumn = np.full(len(person), int(quarter_of(np.array(day(year, 9, 4)))))
        rate = np.where(group >= 7, 0.075, 0.008) * WATCHED[people.group[person]] ** 0.7
        rate = rate * np.exp(0.85 * needs.about("school", family, autumn) + 0.5 * (people.sex[person] == 1))
        rows = np.repeat(np.arange(len(person)), rng.poisson(rate * 0.55))
        on = school_days(year)[rng.integers(0, len(school_days(year)), len(rows))]
        there = (on >= first[rows]) & (on < last[rows])
        parts.append((person[rows][there], on[there]))
    person, on = np.unique(np.concatenate([np.stack(part) for part in parts], axis=1), axis=1)
    size = len(person)
    return Exclusions(
        person=person,
        on=on,
        sessions=2 * (1 + rng.geometric(0.45, size).clip(1, 10)) - rng.integers(0, 2, size),
        permanent=happens(rng, 0.012, size),
        recorded=on + recording_delay(rng, size, 4.0, 0.1, 12.0),
    )


@dataclass(frozen=True)
class Register:
    """A school year's marks: pupils by days by two sessions, as numbers into MARKS; 255 where not on roll."""

    person: Array
    school: Array
    days: Array
    marks: Array
    amended: Array
    """Days after the session on which the mark was last changed."""


def registers(
    seed: int, families: Families, people: People, needs: Needs, pupils: Pupils, exclusions: Exclusions
) -> Iterator[tuple[int, Register]]:
    """The marks of each school year in turn."""
    for year in SCHOOL_YEARS:
        yield year, _register(seed, year, families, people, needs, pupils, exclusions)


def _register(
    seed: int,
    year: int,
    families: Families,
    people: People,
    needs: Needs,
    pupils: Pupils,
    exclusions: Exclusions,
) -> Register:
    rng = stream(seed, f"register {year}")
    person, group, school, first, last = pupils.enrolled(people, families, year)
    days = school_days(year)
    odds = _standing_odds(people, pupils, person, group)
    absent = _absences(rng, people, needs, person, days, odds)
    marks = _marks(rng, people, needs, person, group, days, absent)
    _put_exclusions(exclusions, person, days, marks)
    marks[:, rng.choice(len(days), 5, replace=False), :] = _CODE["#"]
    if year >= 2024:
        retired = marks == _CODE["H"]
        marks[retired] = _CODE["G"]
    off_roll = (days[None, :] < first[:, None]) | (days[None, :] >= last[:, None])
    marks[off_roll] = 255
    changed = np.where(np.isin(marks, [_CODE[c] for c in _ABSENT]), 0.3, 0.02)
    amended = np.where(
        rng.random(marks.shape) < changed, recording_delay(rng, marks.size, 3.0, 0.04, 25.0).reshape(marks.shape), 0
    )
    return Register(person, school, days, marks, amended.astype(np.int32))


def _standing_odds(people: People, pupils: Pupils, person: Array, group: Array) -> Array:
    """The part of the log-odds of absence that holds all year."""
    odds: Array = (
        -3.27
        + pupils.leaning[person]
        + ABSENCE[people.group[person]]
        + 0.38 * pupils.meals[person]
        + np.select([pupils.sen[person] == "E", pupils.sen[person] == "S"], [-0.1, 0.1], 0.0)
        + np.select([group >= 10, group >= 7, group == 0], [0.2, 0.1, 0.1], 0.0)
    )
    return odds


def _absences(rng: np.random.Generator, people: People, needs: Needs, person: Array, days: Array, odds: Array) -> Array:
    """Whether each pupil is absent on each day, in spells."""
    absent = np.zeros((len(person), len(days)), dtype=bool)
    away = np.zeros(len(person), dtype=bool)
    family = people.family[person]
    share, known = odds, -1
    for place, on in enumerate(days.tolist()):
        quarter = int(quarter_of(np.array(on)))
        if quarter != known:
            need = needs.about("school", family, np.full(len(person), quarter))
            caring = np.where(needs.cares_from[person] <= on, _CARING[needs.hours[person]], 0.0)
            share, known = logistic(odds + 0.85 * need + caring), quarter
        begins = share * (1 - _STAYS_AWAY) / (1 - share)
        away = rng.random(len(person)) < np.where(away, _STAYS_AWAY, np.minimum(begins, 0.9))
        absent[:, place] = away
    return absent


def _marks(
    rng: np.random.Generator, people: People, needs: Needs, person: Array, group: Array, days: Array, absent: Array
) -> Array:
    size, length = absent.shape
    marks = np.empty((size, length, 2), dtype=np.uint8)
    marks[:, :, 0], marks[:, :, 1] = _CODE["/"], _CODE["\\"]
    draw = rng.random((size, length))
    marks[:, :, 0] = np.where(draw < 0.018, _CODE["L"], marks[:, :, 0])
    activity = (draw > 0.990)[:, :, None]
    marks = np.where(activity, rng.choice([_CODE["B"], _CODE["V"], _CODE["P"]], (size, length, 1)), marks)
    autumn = int(quarter_of(np.array(int(days[0]))))
    need = needs.about("school", people.family[person], np.full(size, autumn))
    unexplained = logistic(-0.75 + 0.45 * need)[:, None]
    authorised = np.array([_CODE[c] for c in "IIIIIIIIIMMCH"])[rng.integers(0, 13, (size, length))]
    other = np.array([_CODE[c] for c in "OOOOOOGGU"])[rng.integers(0, 9, (size, length))]
    code = np.where(rng.random((size, length)) < unexplained, other, authorised)
    exam_leave = (group == 11)[:, None] & np.isin(days, np.arange(days[-1] - 13, days[-1] + 1))[None, :]
    code = np.where(exam_leave, _CODE["S"], code)
    recent = (days > days[-1] - 4)[None, :] & (rng.random((size, length)) < 0.2)
    code = np.where(recent, _CODE["N"], code)
    whole = rng.random((size, length)) < 0.92
    marks[:, :, 0] = np.where(absent | exam_leave, code, marks[:, :, 0])
    afternoon = (absent & whole) | exam_leave
    marks[:, :, 1] = np.where(afternoon, code, marks[:, :, 1])
    return marks


def _put_exclusions(exclusions: Exclusions, person: Array, days: Array, marks: Array) -> None:
    order = np.argsort(person, kind="stable")
    place = np.searchsorted(person[order], exclusions.person).clip(0, max(len(person) - 1, 0))
    row = order[place]
    mine = (person[row] == exclusions.person) & (exclusions.on >= days[0]) & (exclusions.on <= days[-1])
    start = np.searchsorted(days, exclusions.on)
    for extra in range(5):
        late = mine & (exclusions.sessions > 2 * extra) & (start + extra < len(days))
        marks[row[late], start[late] + extra, :] = _CODE["E"]


def entry_day(group: Array, year: int, first: Array) -> Array:
    """Day a pupil joined the present school: the September of reception or year 7, or of arrival."""
    since = np.where(group <= 6, group, group - 7)
    begins = np.array([day(year - back, 9, 4) for back in range(8)])[since.clip(0, 7)]
    entered: Array = np.maximum(begins, np.where(first > day(year, 9, 4), first, 0))
    return entered

"""What becomes of older children: learning or work after 16, month by month, and offences with an outcome.

Assumed: 5% out of learning and work and 5% not known in an ordinary month, more with need; a third not yet known each
September; about one offence for every hundred 10 to 17 year olds a year, and more of them brought to an outcome for
groups that are watched more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, logistic, pick, recording_delay, stream
from sources.synthetic.clock import COVERS_FROM, COVERS_TO, EXTRACT, QUARTER_DAYS, QUARTERS, Array, day, quarter_of
from sources.synthetic.ethnicity import WATCHED
from sources.synthetic.families import CHILD, MALE, Families, People
from sources.synthetic.need import Needs
from sources.synthetic.schools import Pupils

LEARNING, WORKING, SEEKING, UNABLE, NOT_KNOWN = range(5)
STATUSES = ("In learning", "Working", "Seeking work", "Not able to work", "Not known")
_MONTHS = tuple(
    (day(year, month, 1), month)
    for year in range(2022, 2027)
    for month in range(1, 13)
    if (2022, 9) <= (year, month) <= (2026, 7)
)
_SEPTEMBER = 9
OFFENCES = ("Theft", "Violence", "Criminal damage", "Drugs", "Public order", "Motoring")
_GRAVITY = (3, 3, 2, 2, 2, 3)


@dataclass(frozen=True)
class Youth:
    """Monthly status after 16 and offences, each by person."""

    tracked: Array
    month: Array
    status: Array
    checked: Array
    offender: Array
    on: Array
    kind: Array
    recorded: Array


def build_youth(seed: int, families: Families, people: People, needs: Needs, pupils: Pupils) -> Youth:
    tracked, month, status, checked = _after_sixteen(stream(seed, "after sixteen"), families, people, needs, pupils)
    return Youth(tracked, month, status, checked, *_offences(stream(seed, "offences"), families, people, needs))


def _after_sixteen(
    rng: np.random.Generator, families: Families, people: People, needs: Needs, pupils: Pupils
) -> tuple[Array, Array, Array, Array]:
    size = len(people)
    own, lasting = rng.normal(0, 1, size), rng.normal(0, 1, size)
    parts = []
    for on, month in _MONTHS:
        year = int(np.datetime64(int(on) - 243, "D").astype("datetime64[Y]").astype(int)) + 1970
        group = pupils.year_group(people, year)
        here = (families.arrives[people.family] <= on) & (families.leaves[people.family] > on)
        person = np.flatnonzero((people.role == CHILD) & here & (group >= 12) & (group <= 13))
        # What a young person does mostly goes on from one month to the next.
        own = 0.9 * own + 0.436 * rng.normal(0, 1, size)
        need = needs.about("school", people.family[person], np.full(len(person), int(quarter_of(np.array(on)))))
        out = 0.8 * need + 0.9 * own[person] + 0.7 * lasting[person] > 2.45
        works = own[person] - lasting[person] > 1.9
        unable = out & happens(rng, 0.2, len(person))
        status = np.select([unable, out, works], [UNABLE, SEEKING, WORKING], LEARNING)
        lost = happens(rng, np.where(out, 0.1, 0.04) + (0.33 if month == _SEPTEMBER else 0.0), len(person))
        status = np.where(lost, NOT_KNOWN, status)
        checked = on + days_between(rng, 3, 50, len(person))
        parts.append((person, np.full(len(person), on), status, checked))
    person, months, status, checked = (np.concatenate(part) for part in zip(*parts))
    kept = checked <= EXTRACT
    return person[kept], months[kept], status[kept], checked[kept]


def _offences(
    rng: np.random.Generator, families: Families, people: People, needs: Needs
) -> tuple[Array, Array, Array, Array]:
    parts = []
    for quarter, begins in enumerate(QUARTERS.tolist()):
        if begins + QUARTER_DAYS < COVERS_FROM:
            continue
        here = (families.arrives[people.family] <= begins) & (families.leaves[people.family] > begins + QUARTER_DAYS)
        years = (begins - people.dob) / 365.25
        person = np.flatnonzero((people.role == CHILD) & here & (years >= 10) & (years < 17.7))
        need = needs.about("school", people.family[person], np.full(len(person), quarter))
        odds = -7.2 + 1.0 * need + 0.35 * (years[person] - 13) + 1.0 * (people.sex[person] == MALE)
        seen = logistic(odds) * WATCHED[people.group[person]]
        offender = person[happens(rng, seen, len(person))]
        parts.append((offender, days_between(rng, begins, begins + QUARTER_DAYS, len(offender))))
    offender, on = (np.concatenate(part) for part in zip(*parts))
    recorded = on + 14 + recording_delay(rng, len(on), 30.0, 0.1, 90.0)
    kept = (on >= COVERS_FROM) & (on <= COVERS_TO) & (recorded <= EXTRACT)
    kind = pick(rng, OFFENCES, int(kept.sum()), (5, 6, 3, 3, 3, 2))
    return offender[kept], on[kept], kind, recorded[kept]


def gravity_of(kind: Array, rng: np.random.Generator) -> Array:
    """Seriousness from 1 to 8."""
    usual = dict(zip(OFFENCES, _GRAVITY))
    gravity: Array = np.array([usual[name] for name in kind.tolist()], dtype=np.int64) + rng.integers(-1, 3, len(kind))
    return gravity

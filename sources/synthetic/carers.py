"""How young carers come to be known: through a school that records them, the carers' project, or an assessment.

Most never are. A school must be one that records carers at all; whose child is recognised differs by group. The shares
known to schools and to the project are published (``targets.py``); that an assessment names three in ten is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.care import Care
from sources.synthetic.chance import happens, pick, recording_delay, stream
from sources.synthetic.clock import (
    EXTRACT,
    OPEN,
    QUARTER_DAYS,
    QUARTERS,
    SCHOOL_YEARS,
    Array,
    census_days,
    day,
    quarter_of,
)
from sources.synthetic.ethnicity import CARER_SEEN
from sources.synthetic.families import Families, People
from sources.synthetic.need import Needs
from sources.synthetic.schools import Pupils

_CENSUS_ASKS_FROM = day(2023, 1, 1)
_FIRST_LOOK, _LATER_LOOK = 0.40, 0.05
"""Chance that a school marks a carer at the first census it records carers in, and at each later one."""


@dataclass(frozen=True)
class Carers:
    """By person: the first census day with a mark (and which), the register entry, the assessment that said so."""

    census_from: Array
    census_mark: Array
    referred: Array
    registered: Array
    assessed: Array
    """Day from which an assessment that ends later names the child a young carer."""

    def identified(self) -> Array:
        """First day any service knew."""
        return np.minimum(np.minimum(self.census_from, self.registered), self.assessed)


def build_carers(seed: int, families: Families, people: People, needs: Needs, care: Care, pupils: Pupils) -> Carers:
    rng = stream(seed, "carers")
    size = len(people)
    seen = CARER_SEEN[people.group]
    cares = needs.cares_from
    census_from = np.full(size, OPEN)
    for year in SCHOOL_YEARS:
        person, _, school, first, last = pupils.enrolled(people, families, year)
        records = np.full(size, OPEN)
        records[person] = pupils.schools.records_carers[school]
        quarter = int(quarter_of(np.array(day(year, 10, 1))))
        noticed = seen * np.exp(0.2 * needs.about("school", people.family, np.full(size, quarter)))
        for on in (on for _, on in census_days(year) if on >= _CENSUS_ASKS_FROM):
            new = records > on - 100
            marked = happens(rng, np.where(new, _FIRST_LOOK, _LATER_LOOK) * noticed, size)
            on_roll = np.zeros(size, dtype=bool)
            on_roll[person[(first <= on) & (last > on)]] = True
            census_from[(cares <= on) & (census_from == OPEN) & (records <= on) & marked & on_roll] = on
    referred = np.full(size, OPEN)
    helped = np.zeros(len(families), dtype=bool)
    for on in QUARTERS.tolist():
        for events in (care.assessments, care.early_help):
            helped[events["family"][(events["start"] <= on) & (events["start"] > on - QUARTER_DAYS)]] = True
        young = (people.dob > on - 18 * 365) & (people.dob < on - 5 * 365) & (families.leaves[people.family] > on)
        chance = np.where(helped[people.family], 0.032, 0.010) * seen
        found = (cares <= on) & young & (referred == OPEN) & happens(rng, chance, size)
        referred[found] = on + rng.integers(0, QUARTER_DAYS, int(found.sum()))
    registered = np.where(referred < OPEN, referred + 7 + recording_delay(rng, size, 25.0, 0.1, 60.0), OPEN)
    known = registered <= EXTRACT
    return Carers(
        census_from=census_from,
        census_mark=pick(rng, ("P", "S"), size, (0.35, 0.65)),
        referred=np.where(known, referred, OPEN),
        registered=np.where(known, registered, OPEN),
        assessed=_assessed(rng, people, care, cares, seen),
    )


def _assessed(rng: np.random.Generator, people: People, care: Care, cares: Array, seen: Array) -> Array:
    """End of the first assessment that recognised each carer."""
    assessments = care.assessments
    ends = np.full(int(people.family.max()) + 1, OPEN)
    done = assessments["end"] <= EXTRACT
    np.minimum.at(ends, assessments["family"][done], assessments["end"][done])
    end = ends[people.family]
    child = (cares < end) & (people.dob > end - 18 * 365) & happens(rng, 0.3 * seen, len(people))
    return np.where(child, end, OPEN)

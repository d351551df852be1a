"""The whole borough as it truly is, before anyone writes it down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.adult_care import AdultCare, build_adult_care
from sources.synthetic.benefits import Benefits, build_benefits
from sources.synthetic.care import Care, live_through
from sources.synthetic.carers import Carers, build_carers
from sources.synthetic.clock import QUARTER_DAYS, QUARTERS, Array
from sources.synthetic.families import CHILD, Families, Members, People, build_families
from sources.synthetic.homes import Homes, build_homes
from sources.synthetic.money import Rent, build_rent
from sources.synthetic.need import Needs, build_needs
from sources.synthetic.places import Places
from sources.synthetic.schools import Exclusions, Pupils, build_exclusions, build_pupils
from sources.synthetic.youth import Youth, build_youth


@dataclass(frozen=True)
class Borough:
    """Everything true. Arrays point at each other by index."""

    seed: int
    families: Families
    people: People
    members: Members
    homes: Homes
    places: Places
    needs: Needs
    care: Care
    benefits: Benefits
    rent: Rent
    pupils: Pupils
    exclusions: Exclusions
    carers: Carers
    adults: AdultCare
    youth: Youth
    children: Array
    """Under-18s by family and quarter."""


def build_borough(seed: int, asked: int) -> Borough:
    families, people, members = build_families(seed, asked)
    homes, places = build_homes(seed, families, people)
    needs = build_needs(seed, families, people)
    children = _children(families, people)
    care = live_through(seed, families, needs, children)
    benefits = build_benefits(seed, families, homes, needs)
    pupils = build_pupils(seed, families, people, needs)
    return Borough(
        seed=seed,
        families=families,
        people=people,
        members=members,
        homes=homes,
        places=places,
        needs=needs,
        care=care,
        benefits=benefits,
        rent=build_rent(seed, homes, needs, benefits),
        pupils=pupils,
        exclusions=build_exclusions(seed, families, people, needs, pupils),
        carers=build_carers(seed, families, people, needs, care, pupils),
        adults=build_adult_care(seed, families, people, needs),
        youth=build_youth(seed, families, people, needs, pupils),
        children=children,
    )


def _children(families: Families, people: People) -> Array:
    counts = np.zeros((len(families), len(QUARTERS)), dtype=np.int64)
    child = np.flatnonzero(people.role == CHILD)
    for quarter, begins in enumerate(QUARTERS.tolist()):
        middle = begins + QUARTER_DAYS // 2
        young = child[(people.dob[child] <= middle) & (people.dob[child] > middle - 18 * 365.25)]
        np.add.at(counts[:, quarter], people.family[young], 1)
    return counts

"""Families over time: who is born to whom, who parts, who joins, and in which home a child lives.

Assumed (no figure read in a source): the sizes of families, ages at birth, a quarter of families headed by a
lone parent at the start, 2.2% of couples parting a year, 45% of those children living in two homes, 11% of
families arriving within the years covered and 8% leaving. Childless households are there as well, because a
council's landlord and revenues systems know them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, stream
from sources.synthetic.clock import BEGINS, COVERS_FROM, EXTRACT, OPEN, Array, day
from sources.synthetic.ethnicity import GROUPS, SHARES
from sources.synthetic.names import HOSTILE, POOLS

WITH_CHILDREN, SECOND_HOME, CHILDLESS = 0, 1, 2
FEMALE, MALE = 0, 1
FIRST_PARENT, SECOND_PARENT, CHILD, STEP_PARENT, GRANDPARENT = range(5)
_CHILDLESS_SHARE = 0.15
_CHILDREN = (0.33, 0.38, 0.19, 0.07, 0.03)
_YEAR = 365.25
GROWN_DAYS = int(18 * _YEAR)
_HERITAGES = tuple(POOLS)


@dataclass(frozen=True)
class Families:
    """Arrays by family. The first ``asked`` are those asked for; second homes and the childless follow."""

    asked: int
    kind: Array
    group: Array
    heritage: Array
    arrives: Array
    leaves: Array
    parts: Array
    """Day the couple parts."""
    origin: Array
    """For a second home, the family it came from; else the family itself."""

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class People:
    """Arrays by person. ``family`` is where a person belongs until ``moves_on``, ``later`` where after."""

    role: Array
    family: Array
    later: Array
    moves_on: Array
    forename: Array
    surname: Array
    sex: Array
    dob: Array
    group: Array
    former: Array
    """Surname before ``renamed``."""
    renamed: Array

    def __len__(self) -> int:
        return len(self.role)

    def surname_at(self, person: Array, on: Array | int) -> Array:
        return np.where(on < self.renamed[person], self.former[person], self.surname[person])

    def family_at(self, person: Array, on: Array) -> Array:
        return np.where(on >= self.moves_on[person], self.later[person], self.family[person])


@dataclass(frozen=True)
class Members:
    """Dated membership, sorted by family then person."""

    family: Array
    person: Array
    start: Array
    end: Array


def build_families(seed: int, asked: int) -> tuple[Families, People, Members]:
    rng = stream(seed, "families")
    childless = int(asked * _CHILDLESS_SHARE)
    couple = happens(rng, 0.74, asked)
    arrives, leaves = _stay(rng, asked)
    day_apart = days_between(rng, BEGINS + 60, EXTRACT - 30, asked)
    while_here = (day_apart > arrives) & (day_apart < leaves)
    parts = np.where(couple & while_here & happens(rng, 0.11, asked), day_apart, OPEN)
    parted = np.flatnonzero(parts < OPEN)
    # A lone parent may find a new partner; a few grandparents live in.
    joins = np.where(~couple & happens(rng, 0.16, asked), days_between(rng, BEGINS, EXTRACT, asked), OPEN)
    base = np.arange(asked)
    group = rng.choice(len(GROUPS), asked + childless, p=SHARES)
    heritage = _heritages(rng, group)
    origin = np.concatenate([base, parted, np.arange(asked + len(parted), asked + len(parted) + childless)])
    quiet = np.full(childless, BEGINS - 3000)
    families = Families(
        asked=asked,
        kind=np.repeat([WITH_CHILDREN, SECOND_HOME, CHILDLESS], [asked, len(parted), childless]),
        group=np.concatenate([group[:asked], group[parted], group[asked:]]),
        heritage=np.concatenate([heritage[:asked], heritage[parted], heritage[asked:]]),
        arrives=np.concatenate([arrives, parts[parted], quiet]),
        leaves=np.concatenate([leaves, leaves[parted], np.full(childless, OPEN)]),
        parts=np.concatenate([parts, np.full(len(parted) + childless, OPEN)]),
        origin=origin,
    )
    return families, *_people(rng, families, couple, joins, childless)


def _stay(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Day of arriving in the borough (long ago for most) and of leaving it."""
    arrives = np.where(happens(rng, 0.11, size), days_between(rng, COVERS_FROM, EXTRACT - 200, size), BEGINS - 4000)
    leaves = np.where(
        happens(rng, 0.08, size), days_between(rng, np.maximum(arrives, COVERS_FROM) + 120, EXTRACT, size), OPEN
    )
    return arrives, leaves


def _heritages(rng: np.random.Generator, group: Array) -> Array:
    chosen = np.zeros(len(group), dtype=np.int64)
    for index, kind in enumerate(GROUPS):
        own = np.flatnonzero(group == index)
        options = np.array([_HERITAGES.index(name) for name in kind.heritages])
        chosen[own] = options[rng.integers(0, len(options), len(own))]
    return chosen


def _people(
    rng: np.random.Generator, families: Families, couple: Array, joins: Array, childless: int
) -> tuple[People, Members]:
    asked, base = families.asked, np.arange(families.asked)
    births, child_family = _births(rng, asked)
    first_birth = np.full(asked, OPEN)
    np.minimum.at(first_birth, child_family, births)
    parent_dob = first_birth - np.clip(rng.normal(28.5, 5.6, asked), 17.5, 43) * _YEAR
    fathers, steps = np.flatnonzero(couple), np.flatnonzero(joins < OPEN)
    elders = np.flatnonzero(happens(rng, 0.04, asked))
    quiet = np.arange(len(families) - childless, len(families))
    pairs = quiet[happens(rng, 0.4, childless)]
    family = np.concatenate([base, fathers, child_family, steps, elders, quiet, pairs])
    counts = [len(base), len(fathers), len(child_family), len(steps), len(elders), len(quiet), len(pairs)]
    role = np.repeat(
        [FIRST_PARENT, SECOND_PARENT, CHILD, STEP_PARENT, GRANDPARENT, FIRST_PARENT, SECOND_PARENT], counts
    )
    quiet_dob = np.full(len(families), 0)
    quiet_dob[quiet] = days_between(rng, day(1940, 1, 1), day(2003, 1, 1), childless)
    dob = np.concatenate(
        [
            parent_dob,
            parent_dob[fathers] - rng.normal(2.2, 4.0, len(fathers)) * _YEAR,
            births,
            parent_dob[steps] - rng.normal(0, 5.0, len(steps)) * _YEAR,
            parent_dob[elders] - rng.uniform(20, 32, len(elders)) * _YEAR,
            quiet_dob[quiet],
            quiet_dob[pairs] + rng.normal(0, 3, len(pairs)) * _YEAR,
        ]
    ).astype(np.int64)
    dob = np.where(role == CHILD, dob, np.minimum(dob, BEGINS - int(17 * _YEAR)))
    sex = _sexes(rng, role, family, couple)
    later = family.copy()
    moves_on = np.full(len(family), OPEN)
    second_home = np.full(asked, -1)
    apart = np.flatnonzero(families.kind == SECOND_HOME)
    second_home[families.origin[apart]] = apart
    goes = (role == SECOND_PARENT) & (family < asked)
    goes[goes] = families.parts[family[goes]] < OPEN
    later[goes] = second_home[family[goes]]
    moves_on[goes] = families.parts[family[goes]]
    forename, surname = _names(rng, families, family, role, sex, couple)
    former, renamed = _former_names(rng, families, role, family, sex, surname)
    group = families.group[family]
    people = People(role, family, later, moves_on, forename, surname, sex, dob, group, former, renamed)
    _make_hostile(people)
    return people, _members(rng, families, people, second_home, joins)


def _births(rng: np.random.Generator, asked: int) -> tuple[Array, Array]:
    """Birth day and family of each child; every family has one born before the extracts end."""
    first = days_between(rng, day(2005, 9, 1), day(2026, 4, 1), asked)
    count = 1 + rng.choice(len(_CHILDREN), asked, p=_CHILDREN)
    family = np.repeat(np.arange(asked), count)
    place = np.arange(len(family)) - np.repeat(np.cumsum(count) - count, count)
    gap = np.where(place == 0, 0, days_between(rng, 420, 1500, len(family)))
    gap[(place > 0) & happens(rng, 0.015, len(family))] = 0
    run = np.cumsum(gap)
    birth = first[family] + run - run[np.cumsum(count) - count][family]
    born = birth < EXTRACT - 30
    return birth[born], family[born]


def _sexes(rng: np.random.Generator, role: Array, family: Array, couple: Array) -> Array:
    sex = rng.integers(0, 2, len(role))
    lone_father = happens(rng, 0.1, len(couple)) & ~couple
    known = family < len(couple)
    inside = np.where(known, family, 0)
    sex = np.where(known & (role == FIRST_PARENT), np.where(lone_father[inside], MALE, FEMALE), sex)
    sex = np.where(known & (role == SECOND_PARENT), MALE, sex)
    return np.where(known & (role == STEP_PARENT), np.where(lone_father[inside], FEMALE, MALE), sex)


def _names(
    rng: np.random.Generator, families: Families, family: Array, role: Array, sex: Array, couple: Array
) -> tuple[Array, Array]:
    """Forename and surname. Children bear the father's name in most couples; some take both."""
    size = len(family)
    forename, own_name = np.empty(size, dtype=object), np.empty(size, dtype=object)
    for index, name in enumerate(_HERITAGES):
        pool = POOLS[name]
        for which, choices in ((FEMALE, pool.female), (MALE, pool.male)):
            members = np.flatnonzero((families.heritage[family] == index) & (sex == which))
            forename[members] = np.array(choices, dtype=object)[rng.integers(0, len(choices), len(members))]
        members = np.flatnonzero(families.heritage[family] == index)
        own_name[members] = np.array(pool.surnames, dtype=object)[rng.integers(0, len(pool.surnames), len(members))]
    mother, father = np.full(len(families), "", dtype=object), np.full(len(families), "", dtype=object)
    first, second = role == FIRST_PARENT, role == SECOND_PARENT
    mother[family[first]], father[family[second]] = own_name[first], own_name[second]
    married = happens(rng, 0.6, len(families)) & (father != "")
    shared = np.where(married, father, mother)
    takes_father = happens(rng, 0.75, len(families)) & (father != "")
    child_name = np.where(married | takes_father, father, mother)
    both = ~married & (father != "") & happens(rng, 0.12, len(families))
    child_name = np.where(both, mother + "-" + father, child_name)
    surname = np.where(first, shared[family], own_name)
    return forename, np.where(role == CHILD, child_name[family], surname)


def _former_names(
    rng: np.random.Generator, families: Families, role: Array, family: Array, sex: Array, surname: Array
) -> tuple[Array, Array]:
    """One woman in twelve and one child in thirty bore another surname once: of someone of like heritage."""
    size = len(role)
    order = np.lexsort((rng.random(size), families.heritage[family]))
    other = np.empty(size, dtype=object)
    other[order] = surname[np.roll(order, 1)]
    chance = np.where(role == CHILD, 1 / 30, np.where(sex == FEMALE, 1 / 12, 0.0))
    changes = happens(rng, chance, size)
    return np.where(changes, other, surname), np.where(changes, days_between(rng, COVERS_FROM, EXTRACT, size), -OPEN)


def _make_hostile(people: People) -> None:
    """Give the first few children of school age the names that trip careless programs."""
    old_enough = (people.dob > day(2011, 9, 1)) & (people.dob < day(2017, 8, 1))
    chosen = np.flatnonzero((people.role == CHILD) & old_enough)[: len(HOSTILE)]
    for person, (forename, surname) in zip(chosen, HOSTILE):
        people.forename[person], people.surname[person], people.former[person] = forename, surname, surname


def _members(rng: np.random.Generator, families: Families, people: People, second_home: Array, joins: Array) -> Members:
    person = np.arange(len(people))
    grown = np.minimum(people.dob + GROWN_DAYS, BEGINS)
    start = np.maximum(families.arrives[people.family], np.where(people.role == CHILD, people.dob, grown))
    steps = people.role == STEP_PARENT
    start[steps] = np.maximum(start[steps], joins[people.family[steps]])
    end = np.minimum(families.leaves[people.family], people.moves_on)
    shared = np.zeros(len(families), dtype=bool)
    shared[: families.asked] = (second_home >= 0) & happens(rng, 0.45, families.asked)
    two_homes = np.flatnonzero((people.role == CHILD) & shared[people.family])
    gone = np.flatnonzero(people.moves_on < OPEN)
    also = np.concatenate([gone, two_homes])
    home = second_home[people.family[also]]
    family = np.concatenate([people.family, home])
    person = np.concatenate([person, also])
    start = np.concatenate([start, np.maximum(families.arrives[home], people.dob[also])])
    end = np.concatenate([end, families.leaves[home]])
    kept = start < np.minimum(end, EXTRACT)
    family, person, start, end = family[kept], person[kept], start[kept], end[kept]
    order = np.lexsort((person, family))
    return Members(family[order], person[order], start[order], end[order])

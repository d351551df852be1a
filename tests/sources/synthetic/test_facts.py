"""The borough as it truly is: levels within bands, and the biases that it was made to have.

Bands come from published figures where there are any (named at each), widened for chance in a borough of 4,000
families: about three standard errors, allowing for children who share a family.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from sources.synthetic.care import REFERRAL, truly_open
from sources.synthetic.clock import COVERS_TO, EXTRACT, OPEN, QUARTERS, Array, age, day, quarter_of
from sources.synthetic.ethnicity import CODES
from sources.synthetic.families import CHILD, SECOND_HOME
from sources.synthetic.schools import MARKS, Register, registers
from sources.synthetic.truth import IN_NEED
from sources.synthetic.world import Borough, build_borough

FAMILIES, SEED = 4000, 23
_ABSENT = list("IMCOGUNSTEH")
_YEAR = (day(2023, 9, 1), day(2024, 8, 31))


@lru_cache(maxsize=1)
def _borough() -> Borough:
    return build_borough(SEED, FAMILIES)


@dataclass(frozen=True)
class _Absence:
    person: Array
    missed: Array
    possible: Array

    def rate(self, chosen: Array) -> float:
        return float(self.missed[chosen].sum() / self.possible[chosen].sum())

    def persistent(self, chosen: Array, share: float = 0.1) -> float:
        return float((self.missed[chosen] >= share * self.possible[chosen]).mean())


@lru_cache(maxsize=1)
def _absence() -> _Absence:
    b = _borough()
    years = registers(b.seed, b.families, b.people, b.needs, b.pupils, b.exclusions)
    register: Register = next(register for year, register in years if year == 2023)
    numbers = {mark: number for number, mark in enumerate(MARKS.tolist())}
    possible = (register.marks != 255) & (register.marks != numbers["#"])
    missed = possible & np.isin(register.marks, [numbers[mark] for mark in _ABSENT])
    count = possible.sum(axis=(1, 2))
    enough = count > 40
    return _Absence(register.person[enough], missed.sum(axis=(1, 2))[enough], count[enough])


def _young(b: Borough, on: int, youngest: int = 0) -> Array:
    """Children in the borough on a day, from an age up to 17."""
    years = age(b.people.dob, on)
    family = b.people.family
    here = (b.families.arrives[family] <= on) & (b.families.leaves[family] > on)
    return (b.people.role == CHILD) & here & (years >= youngest) & (years < 18)


def test_absence_is_at_the_level_of_england() -> None:
    """DfE 2023-24: 7.1% of sessions, 20.0% persistently and 2.3% severely absent."""
    absence = _absence()
    everyone = np.ones(len(absence.person), dtype=bool)
    assert 0.06 < absence.rate(everyone) < 0.082
    assert 0.17 < absence.persistent(everyone) < 0.25
    assert 0.008 < absence.persistent(everyone, 0.5) < 0.035


def test_absence_rises_with_need_special_needs_meals_and_caring() -> None:
    b, absence = _borough(), _absence()
    sen, meals = b.pupils.sen[absence.person], b.pupils.meals[absence.person]
    caring = b.needs.cares_from[absence.person] < _YEAR[0]
    need = b.needs.latent[b.people.family[absence.person], 10]
    assert absence.persistent(sen == "N") < absence.persistent(sen == "S") < absence.persistent(sen == "E")
    assert absence.persistent(meals) > 1.3 * absence.persistent(~meals)
    assert absence.rate(caring) > 1.3 * absence.rate(~caring)
    assert absence.persistent(need > IN_NEED) > 2 * absence.persistent(need < 0)


def test_black_african_indian_and_chinese_pupils_miss_less_at_equal_need() -> None:
    """DfE 2024-25: 8.7% of Black African pupils persistently absent, against about 18% of all."""
    b, absence = _borough(), _absence()
    code = CODES[b.people.group[absence.person]]
    need = b.needs.latent[b.people.family[absence.person], 10]
    for low, high in ((-9.0, 0.0), (0.0, 1.0), (1.0, 9.0)):
        band = (need >= low) & (need < high)
        lower = np.isin(code, ["BAFR", "AIND", "CHNE"])
        assert absence.rate(band & lower) < 0.8 * absence.rate(band & (code == "WBRI"))
    assert absence.persistent(code == "BAFR") < 0.17


def test_the_front_door_is_as_busy_as_hackneys() -> None:
    """Hackney 2019-20: .267 contacts a child a year, 31% accepted, 98% of those assessed, 15.8% back in a year
    (England 2023-24: 22%)."""
    b = _borough()
    contacts, assessments = b.care.contacts, b.care.assessments
    on, family, accepted = contacts["on"], contacts["family"], contacts["outcome"] == REFERRAL
    since = (on >= QUARTERS[4]) & (on < QUARTERS[16])
    children = b.children[family, contacts["quarter"]]
    child_years = sum(int(_young(b, int(first)).sum()) for first in QUARTERS[4:16]) / 4
    assert 0.2 < (children * since).sum() / child_years < 0.37
    assert 0.25 < accepted[since].mean() < 0.42
    assert 0.95 < len(assessments) / accepted.sum() <= 1.0
    order = np.lexsort((on[accepted], family[accepted]))
    who, when = family[accepted][order], on[accepted][order]
    again = (who[1:] == who[:-1]) & (when[1:] - when[:-1] < 365) & (when[1:] >= QUARTERS[4])
    assert 0.11 < again.sum() / (when[1:] >= QUARTERS[4]).sum() < 0.24


def test_groups_are_watched_unequally_at_equal_need() -> None:
    """The bias that an audit has to find: more contacts about some, fewer about others, whatever the need."""
    b = _borough()
    families = np.flatnonzero(b.families.kind == 0)
    contacts = np.bincount(b.care.contacts["family"], minlength=len(b.families))[families]
    need, code = b.needs.latent[families].mean(axis=1), CODES[b.families.group[families]]
    band = (need > -0.8) & (need < 0.8)
    less = contacts[band & np.isin(code, ["AIND", "CHNE", "ABAN", "AOTH"])].mean()
    more = contacts[band & np.isin(code, ["BCRB", "MWBC", "BOTH"])].mean()
    as_many = contacts[band & (code == "WBRI")].mean()
    assert less < 0.9 * as_many < 1.15 * as_many < more
    assert abs(need[code == "BCRB"].mean() - need[code == "WBRI"].mean()) < 0.2


def test_plans_are_at_published_levels() -> None:
    """Per 10,000 children at 31 March 2024: plans 38 (Hackney 2020), looked after 72; with children in need,
    333 for all (England), of whom some are still being assessed."""
    b = _borough()
    on = day(2024, 3, 31)
    plans = b.care.plans
    children = b.children[:, int(quarter_of(np.array(on)))]
    current = (plans["start"] <= on) & (plans["end"] > on)
    per_child = 10_000 / _young(b, on).sum()
    in_need = per_child * children[plans["family"][current]].sum()
    protected = per_child * children[plans["family"][current & (plans["kind"] == "CPP")]].sum()
    assert 180 < in_need < 480
    assert 20 < protected < 110


def test_young_carers_are_about_seven_in_a_hundred_and_mostly_unknown() -> None:
    """Nottingham survey 2018: about 7%. Carers Trust 2024: 0.6% in the school census."""
    b = _borough()
    on = day(2024, 6, 30)
    young = _young(b, on, 5)
    assert 0.05 < (b.needs.cares_from[young] <= on).mean() < 0.085
    assert 0.004 < (b.carers.identified()[young] <= on).mean() < 0.02
    ever = b.needs.cares_from <= EXTRACT
    assert 0.12 < (b.carers.identified()[ever] <= EXTRACT).mean() < 0.4
    assert (b.carers.identified()[~ever] == OPEN).all()


def test_who_is_recognised_as_a_carer_depends_on_school_and_group() -> None:
    b = _borough()
    cares = b.needs.cares_from <= COVERS_TO - 700
    known = b.carers.identified() <= EXTRACT
    seen_less = np.isin(CODES[b.people.group], ["BAFR", "ABAN", "APKN", "WOTH"])
    assert known[cares & (CODES[b.people.group] == "WBRI")].mean() > 1.3 * known[cares & seen_less].mean()
    begins = b.pupils.schools.records_carers
    pupils = cares & (b.pupils.upn != "")
    ever = (begins[b.pupils.primary] < EXTRACT) | (begins[b.pupils.secondary] < EXTRACT)
    marked = b.carers.census_from <= EXTRACT
    assert marked[pupils & ever].mean() > 0.1
    assert not marked[~ever].any()


def test_need_foretells_a_step_up_but_not_surely() -> None:
    """Share of pairs put in the right order by true need at one date: well above chance, well below certainty."""
    b = _borough()
    on = int(QUARTERS[12])
    assessments, plans = b.care.assessments, b.care.plans
    stepped = np.zeros(len(b.families), dtype=bool)
    found = np.isin(assessments["outcome"], ["CIN", "ICPC", "LAC"])
    for family, when in ((assessments["family"][found], assessments["end"][found]), (plans["family"], plans["start"])):
        stepped[family[(when >= on) & (when < on + 365)]] = True
    served = truly_open(b.care, QUARTERS[12:13], len(b.families))[:, 0]
    here = (b.families.kind == 0) & (b.children[:, 12] > 0) & (b.families.leaves > on) & (b.families.arrives < on)
    asked = here & ~served
    assert 0.015 < stepped[asked].mean() < 0.06
    need = b.needs.latent[:, 12]
    ordered = (need[asked & stepped][:, None] > need[asked & ~stepped][None, :]).mean()
    assert 0.72 < ordered < 0.9
    assert 0.03 < (asked & (need >= IN_NEED)).sum() / here.sum() < 0.12


def test_rent_rises_about_two_weeks_around_a_universal_credit_claim_and_falls_back() -> None:
    """DWP 2024: from claim to two or three months on about 2.5 weeks more owed, 1 to 2 after a year."""
    b = _borough()
    rent, homes = b.rent, b.homes
    claim = b.benefits.uc_from[homes.family[rent.home]]
    long = (homes.start[rent.home] < claim - 400) & (homes.end[rent.home] > claim + 400)
    chosen = long & (claim > day(2023, 9, 15)) & (claim < COVERS_TO - 400)

    def owed(weeks: int) -> float:
        posted = rent.on <= claim[rent.tenancy] + 7 * weeks
        balance = np.bincount(rent.tenancy[posted], weights=rent.pence[posted], minlength=len(rent.home))
        return float((balance / rent.weekly)[chosen].mean())

    assert chosen.sum() > 60
    before, at_claim, peak, year_after = owed(-48), owed(0), owed(10), owed(52)
    assert before < at_claim
    assert 1.5 < peak - at_claim < 4.0
    assert at_claim < year_after < peak


def test_small_groups_are_truly_small_and_every_group_is_there() -> None:
    b = _borough()
    counts = np.bincount(b.families.group[:FAMILIES], minlength=len(CODES))
    assert (counts > 0).all()
    assert counts[np.isin(CODES, ["WIRT", "WROM"])].max() < 0.01 * FAMILIES


def test_some_children_live_in_two_homes_and_some_families_in_a_hostel() -> None:
    b = _borough()
    second = b.families.kind[b.members.family] == SECOND_HOME
    shared = b.people.role[b.members.person[second]] == CHILD
    assert 0 < shared.sum() < second.sum()
    hostels = np.isin(b.homes.property, b.places.hostels)
    assert hostels.sum() > 0.01 * FAMILIES
    assert (b.homes.start < b.homes.end).all()


@pytest.mark.parametrize("kind", ["contacts", "assessments", "plans", "early_help", "incidents"])
def test_services_meet_only_families_that_are_here(kind: str) -> None:
    b = _borough()
    events = getattr(b.care, kind)
    on = events["on"] if "on" in events.parts else events["start"]
    family = events["family"]
    assert (on >= b.families.arrives[family]).all()
    assert (events["recorded"] >= on).all()

"""A person or an address as a system holds it on the day of keying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import happens
from sources.synthetic.clock import Array
from sources.synthetic.ethnicity import CODES, LABELS
from sources.synthetic.mess import birthdays, blanked, nicknamed, shortened, typed, unspaced
from sources.synthetic.world import Borough


@dataclass(frozen=True)
class Keeping:
    """How carefully a system is kept: shares of cells."""

    typing: float = 0.015
    nicknames: float = 0.0
    no_birthday: float = 0.0
    wrong_birthday: float = 0.008
    no_uprn: float = 0.1
    short_address: float = 0.15
    no_postcode: float = 0.01


@dataclass(frozen=True)
class Named:
    forename: Array
    surname: Array
    dob: Array
    """Day as keyed; OPEN where missing."""


@dataclass(frozen=True)
class Placed:
    uprn: Array
    address: Array
    postcode: Array


def named(borough: Borough, rng: np.random.Generator, person: Array, on: Array | int, keeping: Keeping) -> Named:
    people = borough.people
    return Named(
        forename=typed(rng, nicknamed(rng, people.forename[person], keeping.nicknames), keeping.typing),
        surname=typed(rng, people.surname_at(person, on), keeping.typing),
        dob=birthdays(rng, people.dob[person], keeping.no_birthday, keeping.wrong_birthday),
    )


def placed(borough: Borough, rng: np.random.Generator, home: Array, keeping: Keeping) -> Placed:
    """The address of each home (index into the dated homes)."""
    places, where = borough.places, borough.homes.property[home]
    return Placed(
        uprn=blanked(rng, places.uprn[where], keeping.no_uprn),
        address=typed(rng, shortened(rng, places.address[where], keeping.short_address), 0.01),
        postcode=blanked(rng, unspaced(rng, places.postcode[where], 0.08), keeping.no_postcode),
    )


def ethnicity_held(
    borough: Borough, rng: np.random.Generator, blank: float, unknown: float = 0.0, labels: bool = False
) -> Array:
    """Each person's ethnicity in one system: a blank, 'refused' or 'not obtained' for some, wrong for a few."""
    group = borough.people.group
    size = len(group)
    wrong = happens(rng, 0.02, size)
    group = np.where(wrong, rng.integers(0, len(CODES), size), group)
    held = (LABELS if labels else CODES)[group]
    not_known = np.where(rng.random(size) < 0.4, "REFU", "NOBT") if not labels else np.full(size, "Not stated")
    held = np.where(happens(rng, unknown, size), not_known.astype(object), held)
    return blanked(rng, held, blank)

"""Where each family lives: tenure and dated homes, moves, a spell in a hostel.

Assumed: tenure shares (council landlord 34%, housing association 11%, private 37%, owners 18%), moves a year
(private 9%, others 2.5%), and 3% of families placed in a hostel in the years covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, stream
from sources.synthetic.clock import BEGINS, EXTRACT, OPEN, Array
from sources.synthetic.families import CHILDLESS, FIRST_PARENT, GROWN_DAYS, SECOND_PARENT, Families, People
from sources.synthetic.places import Places, build_places

COUNCIL, ASSOCIATION, PRIVATE, OWNER, HOSTEL = range(5)
TENURES = ("council", "housing association", "private", "owner")
_SHARES = (0.34, 0.11, 0.37, 0.18)
_MOVES_IN_FIVE_YEARS = np.array([0.12, 0.12, 0.40, 0.10])
_KEY = 200_000


@dataclass(frozen=True)
class Homes:
    """Dated homes, sorted by family then first day."""

    family: Array
    property: Array
    tenure: Array
    start: Array
    end: Array
    tenure_of_family: Array

    def at(self, family: Array, on: Array) -> Array:
        """Index of the home of each family on a day (the first home, before it)."""
        key = self.family * _KEY + self.start + _KEY // 4
        place = np.searchsorted(key, family * _KEY + on + _KEY // 4, side="right") - 1
        first = np.searchsorted(self.family, family, side="left")
        return np.maximum(place, first)


def build_homes(seed: int, families: Families, people: People) -> tuple[Homes, Places]:
    rng = stream(seed, "homes")
    size = len(families)
    tenure = rng.choice(len(_SHARES), size, p=_SHARES)
    moves = happens(rng, _MOVES_IN_FIVE_YEARS[tenure], size)
    hostel = happens(rng, 0.03, size) & (families.kind != CHILDLESS)
    moved = days_between(rng, np.maximum(families.arrives, BEGINS) + 30, np.minimum(families.leaves, EXTRACT), size)
    placed = np.where(hostel, moved, OPEN)
    rehoused = np.where(hostel, placed + days_between(rng, 90, 500, size), np.where(moves, moved, OPEN))
    rehoused = np.where(rehoused < np.minimum(families.leaves, EXTRACT), rehoused, OPEN)
    settled = np.maximum(days_between(rng, BEGINS - 4000, BEGINS, size), _founded(families, people))
    since = np.where(families.arrives > BEGINS, families.arrives, settled)
    first_end = np.minimum(np.minimum(placed, rehoused), families.leaves)
    second = np.flatnonzero(rehoused < OPEN)
    stays = np.flatnonzero(placed < np.minimum(families.leaves, EXTRACT))
    places = build_places(seed, int((size + len(second)) * 1.25) + 40)
    family = np.concatenate([np.arange(size), stays, second])
    later = tenure[second]
    later[hostel[second]] = COUNCIL
    kind = np.concatenate([tenure, np.full(len(stays), HOSTEL), later])
    start = np.concatenate([since, placed[stays], rehoused[second]])
    end = np.concatenate([first_end, np.minimum(rehoused[stays], families.leaves[stays]), families.leaves[second]])
    taken = places.dwellings[: size + len(second)]
    home = np.concatenate(
        [taken[:size], places.hostels[rng.integers(0, len(places.hostels), len(stays))], taken[size:]]
    )
    home[size + len(stays) :] = _vacated(rng, home[size + len(stays) :], rehoused[second], home[:size], first_end)
    order = np.lexsort((start, family))
    homes = Homes(family[order], home[order], kind[order], start[order], end[order], tenure)
    return homes, places


def _founded(families: Families, people: People) -> Array:
    """The day on which the younger of a family's own parents is 18, or the extracts' history begins if sooner."""
    founders = np.flatnonzero((people.role == FIRST_PARENT) | (people.role == SECOND_PARENT))
    grown = np.full(len(families), -OPEN)
    np.maximum.at(grown, people.family[founders], people.dob[founders] + GROWN_DAYS)
    founded: Array = np.minimum(grown, BEGINS)
    return founded


def _vacated(rng: np.random.Generator, new: Array, day_in: Array, old: Array, day_out: Array) -> Array:
    """Let some movers take a home that another family left before: two families, one address, in turn."""
    left = np.flatnonzero(day_out < EXTRACT)
    left = left[np.argsort(day_out[left], kind="stable")]
    free = np.searchsorted(day_out[left], day_in - 20, side="left")
    wanted = (rng.random(len(new)) * free).astype(np.int64)
    takes = happens(rng, 0.5, len(new)) & (free > 0)
    chosen = np.where(takes, wanted, -1)
    _, earliest = np.unique(chosen, return_index=True)
    alone = np.zeros(len(new), dtype=bool)
    alone[earliest] = True
    takes &= alone
    return np.where(takes, old[left[np.where(takes, wanted, 0)]] if len(left) else new, new)

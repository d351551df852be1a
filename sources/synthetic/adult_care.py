"""Adults whom adult social care knows: ill parents, grandparents who live in, older people, and who cares for them.

Assumed: all of it. One ill parent in six is known, which is why so few of the children who care for one are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, pick, recording_delay, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, day
from sources.synthetic.families import FIRST_PARENT, GRANDPARENT, SECOND_PARENT, Families, People
from sources.synthetic.need import Needs

ASSESSMENT_OF_CARER = "Carer assessment"
_PACKAGES = ("Home care", "Direct payment", "Equipment", "Day opportunities", "Supported living", "Recovery service")
_SHARES = (5, 4, 6, 2, 1, 3)
_KNOWN_ILL, _KNOWN_ELDER, _KNOWN_OLD, _PARTNER_ASSESSED = 0.16, 0.35, 0.10, 0.3
_OLD = day(1956, 1, 1)


@dataclass(frozen=True)
class AdultCare:
    """Clients by person and the day they became known; packages by person."""

    client: Array
    known_from: Array
    person: Array
    kind: Array
    start: Array
    end: Array
    recorded: Array


def build_adult_care(seed: int, families: Families, people: People, needs: Needs) -> AdultCare:
    rng = stream(seed, "adult care")
    size = len(people)
    ill_from = needs.ill_from[people.family]
    ill = (people.role == FIRST_PARENT) & (ill_from < EXTRACT - 120)
    elder = people.role == GRANDPARENT
    old = (people.role == FIRST_PARENT) & (people.dob < _OLD)
    known = np.select([ill, elder, old], [_KNOWN_ILL, _KNOWN_ELDER, _KNOWN_OLD], 0.0)
    client = np.flatnonzero(happens(rng, known, size))
    since = np.where(ill[client], ill_from[client], days_between(rng, COVERS_FROM - 700, EXTRACT - 60, len(client)))
    since = np.maximum(since + days_between(rng, 20, 400, len(client)), families.arrives[people.family[client]] + 20)
    end = np.where(happens(rng, 0.4, len(client)), since + 60 + rng.exponential(400, len(client)).astype(int), OPEN)
    partner, begins = _partners(rng, people, client, since)
    person = np.concatenate([client, partner])
    start = np.concatenate([since, begins])
    kinds = np.concatenate(
        [pick(rng, _PACKAGES, len(client), _SHARES), np.full(len(partner), ASSESSMENT_OF_CARER, dtype=object)]
    )
    ends = np.concatenate([end, begins + 30])
    recorded = start + recording_delay(rng, len(start), 6.0, 0.1, 40.0)
    here = (start < families.leaves[people.family[person]]) & (recorded <= EXTRACT)
    person, start, kinds, ends, recorded = person[here], start[here], kinds[here], ends[here], recorded[here]
    known_from = np.full(size, OPEN)
    np.minimum.at(known_from, person, recorded)
    on_file = np.flatnonzero(known_from < OPEN)
    return AdultCare(on_file, known_from[on_file], person, kinds, start, ends, recorded)


def _partners(rng: np.random.Generator, people: People, client: Array, since: Array) -> tuple[Array, Array]:
    """The partners of clients whose caring was assessed, and when."""
    partner_of = np.full(int(people.family.max()) + 1, -1)
    partners = np.flatnonzero(people.role == SECOND_PARENT)
    partner_of[people.family[partners]] = partners
    partner = partner_of[people.family[client]]
    begins = since + days_between(rng, 10, 200, len(client))
    there = (partner >= 0) & (partner != client) & happens(rng, _PARTNER_ASSESSED, len(client))
    together = there & (begins < people.moves_on[np.maximum(partner, 0)])
    return partner[together], begins[together]

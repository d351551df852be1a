"""Who gets Housing Benefit and Universal Credit, from when to when.

Assumed: take-up, how many are still on Housing Benefit and how fast they move to Universal Credit, how long a spell
lasts. The shares that come out in May 2025 are published (``targets.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, logistic, stream
from sources.synthetic.clock import COVERS_FROM, EXTRACT, OPEN, Array, day, quarter_of
from sources.synthetic.families import Families
from sources.synthetic.homes import OWNER, Homes
from sources.synthetic.need import Needs

_TAKES_UP, _IN_WORK = 0.95, 0.45
"""Share on a means-tested benefit among the poor, and among the rest."""
_STILL_ON_HOUSING_BENEFIT = 0.75
"""Of tenants on a benefit, at the start of the years covered."""


@dataclass(frozen=True)
class Benefits:
    """By family: first day of Universal Credit (never: OPEN), and the Housing Benefit spell."""

    uc_from: Array
    uc_to: Array
    hb_from: Array
    hb_to: Array
    reduction: Array
    """Whether council tax is reduced."""


def build_benefits(seed: int, families: Families, homes: Homes, needs: Needs) -> Benefits:
    rng = stream(seed, "benefits")
    size = len(families)
    renting = homes.tenure_of_family != OWNER
    receives = happens(rng, np.where(needs.poor, _TAKES_UP, _IN_WORK), size)
    legacy = receives & renting & happens(rng, _STILL_ON_HOUSING_BENEFIT, size)
    since = days_between(rng, day(2012, 1, 1), day(2019, 1, 1), size)
    migrates = np.where(happens(rng, 0.80, size), days_between(rng, COVERS_FROM, EXTRACT, size), OPEN)
    already = days_between(rng, day(2018, 6, 1), COVERS_FROM, size)
    tested = days_between(rng, COVERS_FROM, EXTRACT, size)
    need_then = needs.latent[np.arange(size), quarter_of(tested)]
    new = np.where(happens(rng, logistic(-2.4 + 0.9 * need_then), size), tested, OPEN)
    uc_from = np.where(legacy, migrates, np.where(receives, already, new))
    uc_from = np.where(uc_from < OPEN, np.maximum(uc_from, families.arrives), OPEN)
    stops = happens(rng, 0.12, size) & (uc_from < EXTRACT - 200)
    uc_to = np.where(stops, days_between(rng, np.minimum(uc_from, EXTRACT) + 150, EXTRACT, size), OPEN)
    return Benefits(
        uc_from=uc_from,
        uc_to=np.minimum(uc_to, families.leaves),
        hb_from=np.where(legacy, np.maximum(since, families.arrives), OPEN),
        hb_to=np.where(legacy, np.minimum(uc_from, families.leaves), OPEN),
        reduction=(needs.poor | (uc_from < OPEN)) & happens(rng, 0.7, size),
    )

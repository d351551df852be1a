"""Rent accounts.

A tenant on a low income is paid for by Housing Benefit straight to the account, or gets Universal Credit monthly
and pays from it. Those about to claim are often behind already; their Housing Benefit stops some weeks before the
claim, and a first Universal Credit payment takes at least five weeks: the account rises by about two weeks of rent and
falls back over most of a year (DWP 2024 follows 15,750 tenants: about 3 weeks owed a year before, 5 at the claim, 7 to
8 two to three months on, 6 to 7 after a year). Otherwise arrears follow need in money matters. Assumed: how that path
comes about, and the steps' thresholds in weeks of rent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.benefits import Benefits
from sources.synthetic.chance import happens, logistic, stream
from sources.synthetic.clock import COVERS_FROM, COVERS_TO, EXTRACT, OPEN, Array, quarter_of
from sources.synthetic.homes import COUNCIL, HOSTEL, Homes
from sources.synthetic.need import Needs

RENT, SELF, HOUSING_BENEFIT, UNIVERSAL_CREDIT, OPENING, COSTS = range(6)
STEPS = ("LTR1", "LTR2", "MONEY", "AGREE", "NOSP", "COURT", "SPO", "EVICT")
_STEP_WEEKS = np.array([3.0, 4.5, 6.0, 7.0, 9.0, 12.0, 15.0, 20.0, 1e9])
_WAIT_WEEKS = 6
_SETTLES, _SETTLES_SLOWLY = 0.6, 0.03
"""Share of what is owed that a tenant pays off with each payment, and one who struggles to."""
_GAP_DAYS = 56.0
_DEDUCTED_FROM_WEEK, _DEDUCTED = 14, 0.04
"""The share of arrears taken from Universal Credit for the landlord each month, and from when."""
_OLD_DEBT = 12.0
"""Weeks of rent owed at the start, on average, by those who struggle."""


@dataclass(frozen=True)
class Rent:
    """Tenancies (indices into homes) and their postings and steps, by tenancy."""

    home: Array
    weekly: Array
    tenancy: Array
    on: Array
    kind: Array
    pence: Array
    step_tenancy: Array
    step_on: Array
    step: Array
    step_balance: Array


@dataclass(frozen=True)
class _Tenants:
    """How the tenant of each account pays."""

    lasting: Array
    struggles: Array
    waits: Array
    """Whether the first weeks of Universal Credit find the tenant with nothing to pay from."""
    settles: Array
    paid_to: Array
    """Day from which Housing Benefit no longer comes."""


def _tenants(rng: np.random.Generator, family: Array, needs: Needs, benefits: Benefits) -> _Tenants:
    size = len(family)
    soon = (benefits.uc_from[family] > COVERS_FROM) & (benefits.uc_from[family] < EXTRACT)
    money = needs.about("money", family, np.zeros(size, dtype=np.int64))
    struggles = happens(rng, logistic(-2.75 + 0.6 * money + 2.3 * soon), size)
    # What brings the change of benefit stops the old one first, and weeks go by before the claim.
    gap = np.where(struggles & soon, rng.exponential(_GAP_DAYS, size), 0.0)
    return _Tenants(
        lasting=rng.normal(0, 0.5, size),
        struggles=struggles,
        waits=happens(rng, np.where(struggles, 0.9, 0.15), size),
        settles=np.where(struggles, _SETTLES_SLOWLY, _SETTLES),
        paid_to=benefits.hb_to[family] - gap.astype(np.int64),
    )


def build_rent(seed: int, homes: Homes, needs: Needs, benefits: Benefits) -> Rent:
    """Run every council account week by week."""
    rng = stream(seed, "rent")
    owned = (homes.tenure == COUNCIL) | (homes.tenure == HOSTEL)
    home = np.flatnonzero(owned & (homes.end > COVERS_FROM) & (homes.start < COVERS_TO))
    size, family = len(home), homes.family[home]
    weekly = rng.normal(12_800, 1_700, size).clip(8_500, 22_000).astype(np.int64)
    weekly = np.where(homes.tenure[home] == HOSTEL, weekly * 2, weekly)
    phase = rng.integers(0, 4, size)
    tenant = _tenants(rng, family, needs, benefits)
    # Whoever pays does so for the four weeks to come, and so begins some weeks in credit.
    owed = np.where(tenant.struggles, rng.exponential(_OLD_DEBT, size), 0.0) - (-phase) % 4
    owed = np.where(homes.start[home] < COVERS_FROM, owed, 0.0)
    balance = (owed * weekly).astype(np.int64)
    opening = np.flatnonzero((homes.start[home] < COVERS_FROM) & (balance != 0))
    postings = [_rows(opening, np.full(size, COVERS_FROM), OPENING, balance)]
    steps: list[tuple[Array, Array, Array, Array]] = []
    stage, last_step = np.zeros(size, dtype=np.int64), np.full(size, -OPEN)
    first_monday = COVERS_FROM + (-(COVERS_FROM + 3)) % 7
    for week, monday in enumerate(range(first_monday, COVERS_TO + 1, 7)):
        live = (homes.start[home] <= monday) & (homes.end[home] > monday)
        charge = np.where(live, weekly, 0)
        money = needs.about("money", family, np.full(size, int(quarter_of(np.array(monday)))))
        on_hb = live & (benefits.hb_from[family] <= monday) & (tenant.paid_to > monday)
        on_uc = live & (benefits.uc_from[family] <= monday) & (benefits.uc_to[family] > monday)
        since_uc = (monday - benefits.uc_from[family]) // 7
        credit = np.where(on_hb, (weekly * 88) // 100, 0)
        due = live & ((week + phase) % 4 == 0)
        # Income mostly falls some months before the claim.
        shaken = (since_uc < 0) & (since_uc > -44)
        misses = happens(
            rng, logistic(-4.1 + 0.7 * money + tenant.lasting + tenant.struggles * (1.5 + 2.3 * shaken)), size
        )
        part = np.where(misses, np.where(rng.random(size) < 0.6, 0.0, 0.5), 1.0)
        waiting = on_uc & tenant.waits & (since_uc < _WAIT_WEEKS)
        own = np.where(on_hb, weekly - credit, weekly) * 4 * part
        least = np.where(tenant.struggles, 0, weekly)
        deducted = on_uc & tenant.struggles & (since_uc > _DEDUCTED_FROM_WEEK)
        share = np.where(deducted, _DEDUCTED, tenant.settles)
        catch_up = np.where(misses, 0.0, np.clip(share * balance, least, np.maximum(balance, least)))
        room = np.maximum(own + catch_up, 0).astype(np.int64)
        paid = np.where(due & ~waiting, np.minimum(room, np.maximum(balance + charge + 3 * weekly, 0)), 0)
        steps.append(_step(rng, stage, last_step, monday, live, balance / weekly, balance))
        balance = balance + charge - credit - paid
        through_uc = (paid > 0) & on_uc & (tenant.lasting > 0.3)
        postings.append(_rows(np.flatnonzero(charge), np.full(size, monday), RENT, charge))
        postings.append(_rows(np.flatnonzero(credit), np.full(size, monday), HOUSING_BENEFIT, -credit))
        postings.append(_rows(np.flatnonzero(through_uc), monday + phase, UNIVERSAL_CREDIT, -paid))
        postings.append(_rows(np.flatnonzero((paid > 0) & ~through_uc), monday + phase, SELF, -paid))
    tenancy, on, kind, pence = (np.concatenate(part) for part in zip(*postings))
    step_tenancy, step_on, step, step_balance = (np.concatenate(part) for part in zip(*steps))
    return Rent(home, weekly, tenancy, on, kind, pence, step_tenancy, step_on, step, step_balance)


def _rows(tenancy: Array, on: Array, kind: int, pence: Array) -> tuple[Array, Array, Array, Array]:
    return tenancy, on[tenancy], np.full(len(tenancy), kind), pence[tenancy]


def _step(
    rng: np.random.Generator, stage: Array, last: Array, monday: int, live: Array, weeks: Array, balance: Array
) -> tuple[Array, Array, Array, Array]:
    """Recovery steps taken in a week; ``stage`` and ``last`` are brought up to date."""
    stage[weeks < 1.0] = 0
    ready = live & (weeks > _STEP_WEEKS[stage]) & (monday - last >= 21)
    taken = np.flatnonzero(ready & (rng.random(len(stage)) < 0.2))
    done = stage[taken].copy()
    on = monday + rng.integers(0, 5, len(taken))
    stage[taken] += 1
    last[taken] = monday
    return taken, on, done, balance[taken]

"""Benefits and rent accounts.

A tenant on a low income is paid for by Housing Benefit straight to the account, or gets Universal Credit monthly
and pays from it. A first Universal Credit payment takes at least five weeks: the account then rises by about two
weeks of rent and falls back over most of a year (DWP 2024 follows 15,750 tenants: about 3 weeks owed a year before,
5 at the claim, 7 to 8 two to three months on, 6 to 7 after a year). Otherwise arrears follow need in money matters.
Assumed: take-up, the pace of moving from Housing Benefit, the steps' thresholds in weeks of rent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, logistic, stream
from sources.synthetic.clock import COVERS_FROM, COVERS_TO, EXTRACT, OPEN, Array, day, quarter_of
from sources.synthetic.families import Families
from sources.synthetic.homes import COUNCIL, HOSTEL, OWNER, Homes
from sources.synthetic.need import Needs

RENT, SELF, HOUSING_BENEFIT, UNIVERSAL_CREDIT, OPENING, COSTS = range(6)
STEPS = ("LTR1", "LTR2", "MONEY", "AGREE", "NOSP", "COURT", "SPO", "EVICT")
_STEP_WEEKS = np.array([3.0, 4.5, 6.0, 7.0, 9.0, 12.0, 15.0, 20.0, 1e9])
_WAIT_WEEKS = 6


@dataclass(frozen=True)
class Benefits:
    """By family: first day of Universal Credit (never: OPEN), and the Housing Benefit spell."""

    uc_from: Array
    uc_to: Array
    hb_from: Array
    hb_to: Array
    reduction: Array
    """Whether council tax is reduced."""


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


def build_benefits(seed: int, families: Families, homes: Homes, needs: Needs) -> Benefits:
    rng = stream(seed, "benefits")
    size = len(families)
    renting = homes.tenure_of_family != OWNER
    legacy = needs.poor & renting & happens(rng, 0.42, size)
    since = days_between(rng, day(2012, 1, 1), day(2019, 1, 1), size)
    migrates = np.where(happens(rng, 0.88, size), days_between(rng, COVERS_FROM, EXTRACT, size), OPEN)
    already = days_between(rng, day(2018, 6, 1), COVERS_FROM, size)
    tested = days_between(rng, COVERS_FROM, EXTRACT, size)
    need_then = needs.latent[np.arange(size), quarter_of(tested)]
    new = np.where(happens(rng, logistic(-1.7 + 0.9 * need_then), size), tested, OPEN)
    uc_from = np.where(legacy, migrates, np.where(needs.poor & happens(rng, 0.9, size), already, new))
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


def build_rent(seed: int, homes: Homes, needs: Needs, benefits: Benefits) -> Rent:
    """Run every council account week by week."""
    rng = stream(seed, "rent")
    owned = (homes.tenure == COUNCIL) | (homes.tenure == HOSTEL)
    home = np.flatnonzero(owned & (homes.end > COVERS_FROM) & (homes.start < COVERS_TO))
    size, family = len(home), homes.family[home]
    weekly = rng.normal(12_800, 1_700, size).clip(8_500, 22_000).astype(np.int64)
    weekly = np.where(homes.tenure[home] == HOSTEL, weekly * 2, weekly)
    phase, waits = rng.integers(0, 4, size), happens(rng, 0.45, size)
    lasting = rng.normal(0, 0.7, size)
    # Whoever pays does so for the four weeks to come, and so begins some weeks in credit.
    owed = np.where(rng.random(size) < 0.3, rng.exponential(2.5, size), 0.0) - (-phase) % 4
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
        on_hb = live & (benefits.hb_from[family] <= monday) & (benefits.hb_to[family] > monday)
        on_uc = live & (benefits.uc_from[family] <= monday) & (benefits.uc_to[family] > monday)
        since_uc = (monday - benefits.uc_from[family]) // 7
        credit = np.where(on_hb, (weekly * 88) // 100, 0)
        due = live & ((week + phase) % 4 == 0)
        # Income mostly falls some months before the claim.
        shaken = (since_uc < 0) & (since_uc > -30)
        misses = happens(rng, logistic(-3.85 + 1.25 * money + lasting + 1.2 * shaken), size)
        part = np.where(misses, np.where(rng.random(size) < 0.6, 0.0, 0.5), 1.0)
        waiting = on_uc & waits & (since_uc < _WAIT_WEEKS)
        own = np.where(on_hb, weekly - credit, weekly) * 4 * part
        catch_up = np.maximum(balance, 0) * np.where(misses, 0.0, 0.12) * (rng.random(size) < 0.7)
        room = np.maximum(own + catch_up, 0).astype(np.int64)
        paid = np.where(due & ~waiting, np.minimum(room, np.maximum(balance + charge + 3 * weekly, 0)), 0)
        steps.append(_step(rng, stage, last_step, monday, live, balance / weekly, balance))
        balance = balance + charge - credit - paid
        through_uc = (paid > 0) & on_uc & (lasting > 0.3)
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

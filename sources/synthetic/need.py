"""Latent need of each family by quarter, and who cares for whom. Nothing here is in any extract.

Need is in standard deviations of the borough. It is a lasting part, a slow part (autoregressive, .85 a quarter)
and shocks that fade by a third a quarter (a couple parting among them), so that the past foretells the future
in part. Each subject (school, money, safety, health) shares most of it (.88) and has a slow part of its own.
Assumed: all of these; and that a fifth of families have a parent ill enough to need looking after. Young carers
come to about 7% of 5 to 17 year olds, as in the Nottingham survey of 2018 (22% of secondary pupils give any
care, 32% of those a high amount).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.synthetic.chance import days_between, happens, logistic, stream
from sources.synthetic.clock import BEGINS, EXTRACT, OPEN, QUARTERS, Array, quarter_of
from sources.synthetic.families import CHILD, FEMALE, SECOND_PARENT, Families, People

_SLOW = 0.85
_FADE = 0.67
_ILL_SHARE = 0.205
HOURS = ("19 or fewer", "20 to 49", "50 or more")
_HOURS_SHARES = np.array([475, 120, 60]) / 655
"""Lewisham's young carers at the census of 2021 (ONS)."""
_DISABLED_SHARE = 0.103
SUBJECTS = ("school", "money", "safety", "health")


@dataclass(frozen=True)
class Needs:
    """``latent`` is family by quarter, ``subjects`` the own part of each subject, family by quarter."""

    latent: Array
    subjects: dict[str, Array]
    poor: Array
    """Low income, by family."""
    ill_from: Array
    """Day a parent's illness begins, by family."""
    cares_from: Array
    """Day a child becomes a young carer, by person."""
    hours: Array
    """Hours of care a week, by person, as an index into HOURS."""
    disabled: Array
    """Whether a child is disabled enough for Disability Living Allowance, by person."""

    def about(self, subject: str, family: Array, quarter: Array) -> Array:
        """Need in one subject."""
        return 0.88 * self.latent[family, quarter] + 0.47 * self.subjects[subject][family, quarter]


def build_needs(seed: int, families: Families, people: People) -> Needs:
    rng = stream(seed, "need")
    size, quarters = len(families), len(QUARTERS)
    lone = np.ones(size, dtype=bool)
    lone[people.family[people.role == SECOND_PARENT]] = False
    lasting = rng.normal(0, 0.85, size) + np.where(lone, 0.3, -0.1)
    slow = _autoregressive(rng, size, quarters, 0.5)
    shocks = np.where(rng.random((size, quarters)) < 0.03, rng.exponential(1.3, (size, quarters)), 0.0)
    parted = np.flatnonzero(families.parts < OPEN)
    shocks[parted, quarter_of(families.parts[parted])] += rng.exponential(0.9, len(parted))
    for quarter in range(1, quarters):
        shocks[:, quarter] += _FADE * shocks[:, quarter - 1]
    ill = happens(rng, _ILL_SHARE, size)
    ill_from = np.where(ill, days_between(rng, BEGINS - 2500, EXTRACT, size), OPEN)
    latent = lasting[:, None] + slow + shocks - 0.1 + 0.35 * (QUARTERS[None, :] >= ill_from[:, None])
    # A second home shares what its family of origin went through before they parted.
    latent = 0.5 * latent + 0.5 * latent[families.origin]
    latent = np.where((families.origin == np.arange(size))[:, None], latent, latent * 1.1)
    return Needs(
        latent=latent,
        subjects={subject: _autoregressive(rng, size, quarters, 1.0) for subject in SUBJECTS},
        poor=happens(rng, logistic(-0.42 + 1.6 * latent[:, 0]), size),
        ill_from=ill_from,
        cares_from=_carers(rng, people, ill_from),
        hours=stream(seed, "hours of care").choice(len(HOURS), len(people), p=_HOURS_SHARES),
        disabled=(people.role == CHILD) & happens(stream(seed, "disabled children"), _DISABLED_SHARE, len(people)),
    )


def _autoregressive(rng: np.random.Generator, size: int, quarters: int, spread: float) -> Array:
    steps = rng.normal(0, spread, (size, quarters))
    for quarter in range(1, quarters):
        steps[:, quarter] = _SLOW * steps[:, quarter - 1] + np.sqrt(1 - _SLOW**2) * steps[:, quarter]
    return steps


def _carers(rng: np.random.Generator, people: People, ill_from: Array) -> Array:
    """Day from which a child cares: after the illness began and the child is old enough to help."""
    size = len(people)
    begins_at = np.clip(rng.normal(9.0, 2.5, size), 5.0, 16.0) * 365.25
    ready = np.maximum(ill_from[people.family], people.dob + begins_at).astype(np.int64)
    girl = people.sex == FEMALE
    cares = (people.role == CHILD) & (ill_from[people.family] < OPEN) & happens(rng, np.where(girl, 0.68, 0.54), size)
    return np.where(cares & (ready < EXTRACT) & (ready < people.dob + 17.5 * 365.25), ready, OPEN)

"""What goes wrong between a person and a record: typing, blanks, dates the wrong way round, shortened addresses."""

from __future__ import annotations

import re

import numpy as np

from sources.synthetic.chance import happens
from sources.synthetic.clock import OPEN, Array, date_of, day
from sources.synthetic.names import NICKNAMES

PLACEHOLDER = day(1900, 1, 1)
_SHORT = {
    "Street": "St",
    "Road": "Rd",
    "Avenue": "Ave",
    "Close": "Cl",
    "Lane": "Ln",
    "Gardens": "Gdns",
    "Court": "Ct",
    "Terrace": "Ter",
    "Flat ": "Apt ",
}
_LONG = re.compile("|".join(_SHORT))
_STRANGE = re.compile(r"[^\w\-' ]")


def blanked(rng: np.random.Generator, values: Array, share: float) -> Array:
    return np.where(happens(rng, share, len(values)), "", values)


def typed(rng: np.random.Generator, values: Array, share: float) -> Array:
    """Some names with two letters swapped, one lost or one doubled. Names with strange signs stay as they are."""
    out = values.copy()
    for place in np.flatnonzero(happens(rng, share, len(values))).tolist():
        name = out[place]
        if len(name) < 4 or _STRANGE.search(name):
            continue
        at, kind = int(rng.integers(1, len(name) - 2)), int(rng.integers(0, 3))
        middle = (name[at + 1] + name[at], name[at + 1], name[at] + name[at] + name[at + 1])[kind]
        out[place] = name[:at] + middle + name[at + 2 :]
    return out


def nicknamed(rng: np.random.Generator, values: Array, share: float) -> Array:
    used = happens(rng, share, len(values)).tolist()
    return np.array([NICKNAMES.get(v, v) if use else v for v, use in zip(values.tolist(), used)], dtype=object)


def shortened(rng: np.random.Generator, addresses: Array, share: float) -> Array:
    used = happens(rng, share, len(addresses)).tolist()
    return np.array(
        [_LONG.sub(lambda m: _SHORT[m.group()], a) if use else a for a, use in zip(addresses.tolist(), used)],
        dtype=object,
    )


def upper(values: Array) -> Array:
    return np.array([value.upper() for value in values.tolist()], dtype=object)


def unspaced(rng: np.random.Generator, postcodes: Array, share: float) -> Array:
    """Some postcodes without their space."""
    used = happens(rng, share, len(postcodes)).tolist()
    return np.array([p.replace(" ", "") if use else p for p, use in zip(postcodes.tolist(), used)], dtype=object)


def birthdays(rng: np.random.Generator, days: Array, missing: float, wrong: float = 0.01) -> Array:
    """Birth days as keyed: some missing, some with day and month changed round, a few 1 January 1900."""
    out = np.where(happens(rng, missing, len(days)), OPEN, days)
    for place in np.flatnonzero(happens(rng, wrong, len(days))).tolist():
        true = date_of(int(days[place]))
        if true.day <= 12:
            out[place] = day(true.year, true.day, true.month)
    return np.where(happens(rng, 0.003, len(days)) & (out < OPEN), PLACEHOLDER, out)

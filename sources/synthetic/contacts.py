"""Each person's e-mail address and telephone number, the same in every system that holds one."""

from __future__ import annotations

import unicodedata

import numpy as np

from sources.synthetic.chance import labels, numbers, stream
from sources.synthetic.clock import Array
from sources.synthetic.mess import blanked
from sources.synthetic.world import Borough


def addresses_of(borough: Borough, rng: np.random.Generator, person: Array, missing: float) -> Array:
    """E-mail addresses at a domain that is nobody's."""
    forename, surname = borough.people.forename[person], borough.people.surname[person]
    mail = [
        f"{_plain(f)}.{_plain(s)}{number}@example.org"
        for f, s, number in zip(forename.tolist(), surname.tolist(), person.tolist())
    ]
    return blanked(rng, np.array(mail, dtype=object), missing)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters.lower() if letter.isalpha()) or "resident"


def numbers_of(borough: Borough, rng: np.random.Generator, person: Array, missing: float) -> Array:
    """Telephone numbers in 01632, an area code that no place has."""
    all_numbers = labels("01632 ", numbers(stream(borough.seed, "telephones"), len(borough.people), 6))
    return blanked(rng, all_numbers[person], missing)

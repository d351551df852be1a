"""What a comparison of two records found, in words."""

from __future__ import annotations

_NOUNS = {
    "dob": "birth date",
    "home": "home",
    "upn": "UPN",
    "nino": "National Insurance number",
    "phone": "telephone",
}
_PHRASES = {
    ("forename", "names swapped"): "forename and surname the other way round",
    ("forename", "same written as one"): "same forenames, written together in one",
    ("forename", "same, other middle name"): "same forename, but different second names",
    ("forename", "spelling of one name"): "two spellings of one forename",
    ("forename", "initial"): "an initial that fits the forename",
    ("surname", "one word in common"): "one part of the surname in common",
    ("dob", "one slip"): "birth dates differ by one digit",
    ("dob", "day and month swapped"): "birth dates with day and month the other way round",
    ("dob", "same, 1 January"): "same birth date, but 1 January, which often stands for an unknown day",
    ("dob", "1 January of the year"): "one birth date is 1 January of the other's year",
    ("dob", "two parts of three"): "birth dates agree in two of day, month and year",
    ("dob", "same year"): "born in the same year, on different days",
    ("home", "same address"): "an address in common",
    ("home", "address much the same"): "addresses much the same",
    ("home", "same postcode"): "a postcode in common, no address",
    ("home", "street much the same"): "streets much the same",
    ("home", "postcode one slip"): "postcodes differ by one slip",
    ("home", "different"): "no address or postcode in common",
}
_GENERAL = {
    "same": "same {}",
    "different": "different {}",
    "one slip": "{} differs by one slip",
    "very like": "{} very like",
    "like": "{} somewhat like",
}
MISSING = "missing"
_RARE_BITS = 1.0


def in_words(comparison: str, level: str, rarity: float) -> str:
    """What was found at one comparison; ``rarity`` is what a name's being rare or common added, in bits."""
    noun = noun_of(comparison)
    said = _PHRASES.get((comparison, level)) or _GENERAL.get(level, "{}: " + level).format(noun)
    if rarity >= _RARE_BITS:
        return f"{said} (a rare name)"
    return f"{said} (a common name)" if rarity <= -_RARE_BITS else said


def noun_of(comparison: str) -> str:
    """What a comparison is about, such as birth date."""
    return _NOUNS.get(comparison, comparison)

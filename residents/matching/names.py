"""Names in a form that can be compared, and spellings that stand for one name (``spellings.toml``)."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

import pyarrow as pa

TITLES = (
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "reverend", "sir", "lady", "lord"),
    *("dame", "master", "cllr", "capt", "major", "messrs", "mstr", "fr"),
)
SURNAME_PARTICLES = (
    *("de", "da", "do", "dos", "das", "di", "del", "della", "van", "von", "der", "den", "el", "al", "bin", "ibn"),
    *("bint", "ben", "le", "la", "st", "o", "mac", "mc", "ter", "ten", "abu", "ap", "san", "santa"),
)

# Words of a name that say that nobody knows it: as a forename or as a surname they are no name.
NO_NAME = ("unknown", "notknown", "unnamed", "tbc", "tba", "unk")
# These may be somebody's forename or surname beside another name, but a name made of them alone is nobody's. Baby is
# a nickname, and Null, Na, Trust and Late are names: none of them is here alone.
NOBODY = ("test", "tester", "testing", "dummy", "void", "vacant", "none", "occupier", "occupiers", "owner", "baby")
NOBODY_WHOLE = (
    *("n a", "not known", "not given", "not provided", "not applicable", "no name", "to be confirmed", "null null"),
    *("the occupier", "the occupiers", "the occupant", "the owner", "the owners", "the resident", "the tenant"),
    *(
        "the landlord",
        "current occupier",
        "owner occupier",
        "void property",
        "empty property",
        "test record",
        "a n other",
    ),
)
# A company, by a word that no person bears, or by a last word that a person might bear with one forename alone.
COMPANY = ("ltd", "limited", "plc", "llp")
COMPANY_LAST = ("association", "council", "trust")
COMPANY_PLACE = ("borough", "city", "county", "district", "housing", "parish", "town")

# What is written beside the name of someone who died, and whom a letter is sent to instead: no part of the name.
# 'Dec' is short for Declan and 'Late' a name, so that these are markers in brackets or after 'the' only.
DEATH_MARK = r"[(\[]?\b(deceased|decd|dec[\x27\x{2019}]d)\b\.?[)\]]?|[(\[](dec|late)\.?[)\]]"
DEATH_BEFORE = (
    r"^\s*((the\s+)?((executors?|executrix|exors?)\b(\s+of\b)?|(personal\s+representatives?|estate)\s+of\b)"
    r"\s*(the\s+late\s+|the\s+|late\s+)?|the\s+late\s+)"
)
CARE_OF = r"\s*(\bc/o\b|\bcare\s+of\b).*$"


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, list[str]]]:
    text = files("residents.matching").joinpath("spellings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _lines(kind: str) -> list[list[str]]:
    return [line.split() for tradition in _lists()[kind].values() for line in tradition]


def spellings() -> pa.Table:
    """One row for each (name, group) of forenames: a name may stand in several groups, such as Pat."""
    rows = [(name, number) for number, line in enumerate(_lines("forenames")) for name in sorted(line)]
    return pa.table({"name": [row[0] for row in rows], "name_group": pa.array([row[1] for row in rows], pa.int32())})


def surname_spellings() -> pa.Table:
    """One row for each surname that is written in several ways, with the one that stands for them all."""
    rows = [(name, line[0]) for line in _lines("surnames") for name in sorted(line)]
    return pa.table({"word": [row[0] for row in rows], "stands_for": [row[1] for row in rows]})


def parts_before() -> tuple[str, ...]:
    """Words before a forename that one system holds and another leaves out, such as Md and Syed."""
    return tuple(word for line in _lists()["parts"]["before"] for word in line.split())


def parts_after() -> tuple[str, ...]:
    """Words that stand where a surname does, with or without the family's own, such as Begum and Kaur."""
    return tuple(word for line in _lists()["parts"]["after"] for word in line.split())

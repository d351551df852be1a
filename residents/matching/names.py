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

"""Every kind of file but the lists of people, which `people` knows."""

from __future__ import annotations

from sources.suggestions.care_kinds import CARE_KINDS
from sources.suggestions.headers import words
from sources.suggestions.money_kinds import MONEY_KINDS
from sources.suggestions.school_kinds import SCHOOL_KINDS
from sources.suggestions.vocabulary import ADDRESS_PARTS, GROUP_KEYS, MEMBER, PERSON, PERSON_KEYS, Kind

KINDS: tuple[Kind, ...] = (*SCHOOL_KINDS, *CARE_KINDS, *MONEY_KINDS)

_KNOWN_WORDS = frozenset(
    word
    for names in (
        *(field.names for kind in KINDS for field in kind.fields),
        *(field.names for field in (*PERSON, *MEMBER)),
        PERSON_KEYS,
        *GROUP_KEYS.values(),
        *ADDRESS_PARTS,
    )
    for name in names
    for word in words(name)
)


def speaking(header: tuple[str, ...]) -> int:
    """How many headers have a word that systems use; if none has, they may be a row of people."""
    return sum(any(not word.isdigit() and word in _KNOWN_WORDS for word in words(name)) for name in header)

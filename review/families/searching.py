"""Finding a family among those that somebody may see, by a member's name or birth date or by the home's address.

What was asked for stays in no address and in no log.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from difflib import SequenceMatcher

from django.db.models import QuerySet

from review.families.corrections import held_back
from review.families.folding import folded
from review.families.models import Family, Named

SHOWN = 30
_ALIKE = 0.8
"""Likeness (Ratcliff and Obershelp) from which a word of four letters or more is taken for a slip of another."""
_LONG = 4


def search(families: QuerySet[Family], words: str, dob: dt.date | None) -> list[Family]:
    """The families, at most `SHOWN` of them, with a member whom all that is asked fits, the likeliest first.

    ``families`` are those that whoever asks may see. Every word must fit a member's name or the home's address: its
    beginning, or but for a slip. In what has figures there is no slip: 12a is not 12b.
    """
    asked = folded(words).split()
    if not asked and dob is None:
        return []
    named = Named.objects.filter(family__in=families.values("pk"))
    if dob is not None:
        named = named.filter(dob=dob)
    likeness: dict[str, float] = defaultdict(float)
    members = list(named.values_list("family_id", "words", "address"))
    # Asked after them: a refresh may come between the two, and no address it has must be found that is held back.
    hidden = held_back()
    for family_id, name, address in members:
        found = _likeness(asked, name.split() if family_id in hidden else f"{name} {address}".split())
        if found > 0:
            likeness[family_id] = max(likeness[family_id], found)
    best = sorted(likeness, key=lambda family_id: (-likeness[family_id], family_id))[:SHOWN]
    by_id = families.defer("document").in_bulk(best)
    return [by_id[family_id] for family_id in best if family_id in by_id]


def _likeness(asked: list[str], held: list[str]) -> float:
    """From 0, a word fits nothing, to 1, all are held as they were asked; 1 where no word was asked."""
    total = 0.0
    for word in asked:
        best = max((_word_likeness(word, other) for other in held), default=0.0)
        if best == 0.0:
            return 0.0
        total += best
    return total / len(asked) if asked else 1.0


def _word_likeness(asked: str, held: str) -> float:
    if asked == held:
        return 1.0
    if held.startswith(asked) and not asked.isdigit():
        return 0.9
    if any(character.isdigit() for character in asked):
        return 0.0
    if len(asked) < _LONG or len(held) < _LONG or abs(len(asked) - len(held)) > 2:
        return 0.0
    ratio = SequenceMatcher(None, asked, held).ratio()
    return ratio if ratio >= _ALIKE else 0.0

"""A target's model card as a page, for anybody to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.card import model_card
from reports import text
from reports.facts import TargetFacts
from reports.pages import render
from reports.provenance import Source
from reports.words import CANDIDATE_WORDS
from store.council import Council

_OVERLAPS = (
    ("refits_list", "Had other families been drawn to learn from, {} of the list would be the same."),
    ("refits_reasons", "Of the strongest reasons of the cases on both lists, {} would be the same."),
    ("quarters_list", "From one quarter to the next {} of the list stays, of those asked about in both."),
)


def model_card_page(
    council: Council, target: TargetFacts, evaluation: Mapping[str, Any], sources: Sequence[Source]
) -> str:
    """The page as HTML, from the target's evaluation. The figures are those of `models.card`, protected as there."""
    card = model_card(evaluation, {source.path: source.sha256 for source in sources})
    modelled = card["state"] == "modelled"
    figures = card["figures"] if modelled else {}
    return render(
        "model_card.html",
        council=council,
        card=card,
        modelled=modelled,
        outcome=target.outcome,
        names={name: CANDIDATE_WORDS.get(name, text.spaced(name)) for name in figures},
        rows=sorted(figures.items(), key=lambda item: not item[1]["baseline"]),
        rule=_in_words(card["choice"]["rule"]) if modelled else "",
        steadiness=_steadiness(card["stability"]) if modelled else (),
        told=told,
        sources=sources,
    )


def _in_words(rule: str) -> str:
    """The rule of choice with each way of choosing by its name: the longest first, for one may begin another."""
    for name in sorted(CANDIDATE_WORDS, key=len, reverse=True):
        rule = re.sub(rf"\b{name}\b", f"“{CANDIDATE_WORDS[name]}”", rule)
    return rule


def told(count: int | str) -> str:
    """A count as the card shows it: a number, or what it is known to be under."""
    return text.count(count) if isinstance(count, int) else count.replace("<", "fewer than ")


def _steadiness(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    if not found:
        return ()
    shares = tuple(said.format(text.share(found[key]["value"])) for key, said in _OVERLAPS if found.get(key))
    judged = (
        "As steady as is asked for."
        if found["stable"]
        else text.sentence(f"Not as steady as asked: {found['why_not']}")
    )
    return (judged, *shares)

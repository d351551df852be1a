"""A definition as a notebook shows it: what is computed, what a blank means, what a panel would read, who answers."""

from __future__ import annotations

from collections.abc import Sequence

from features.definitions import Direction, Feature, Level, Unit
from features.describing import definition, null_rule_in_words
from features.wording import filled, sources_in_words
from store.display import bullets, card, facts, folded, paragraph

_DIRECTIONS = {
    Direction.RISES: "more is never less of a worry",
    Direction.FALLS: "more is never more of a worry",
    Direction.FREE: "models may bend it either way",
}
_LEVELS = {Level.CHILD: "each child", Level.FAMILY: "each family"}
_FEW = 3
_A_FIGURE = "3"
"""Stands in the example of a sentence, where no value of anybody is at hand."""


def feature_html(feature: Feature) -> str:
    """One definition, short, with everything it is made of folded in."""
    words = definition(feature)
    said = words.text if len(words.steps) < 2 else f"{_capital(words.formula)}. {words.whose}".strip()
    return card(
        feature.label,
        paragraph(f"Worked out as: {_plain(said)}"),
        _letters(words.steps),
        facts(
            (
                ("For", f"{_LEVELS[feature.level]}, from {sources_in_words(feature.sources) or 'other features'}"),
                ("A blank", _plain(null_rule_in_words(feature))),
                ("Risk", _DIRECTIONS[feature.direction]),
                ("A panel reads", _example(feature)),
                ("If there is none", feature.sentence_none),
            )
        ),
        folded("Why it is there, and what to mind", paragraph(feature.why), paragraph(feature.caveats)),
        paragraph(f"Answers for the data: {feature.owner}", quiet=True),
        beside=feature.name,
    )


def _letters(steps: Sequence[tuple[str, str]]) -> str:
    """What each letter of the formula is; many are folded in. One by itself is said in the formula's place."""
    told = bullets(f"{letter}: {_plain(meaning)}" for letter, meaning in steps) if len(steps) > 1 else ""
    return folded("What the letters are", told) if len(steps) > _FEW else told


def _example(feature: Feature) -> str:
    if feature.unit is Unit.FLAG:
        return feature.sentence
    figure = {Unit.SHARE: "30%", Unit.DAYS: "7 weeks", Unit.POUNDS: "\u00a3120"}.get(feature.unit, _A_FIGURE)
    return filled(feature.sentence, figure)


def _plain(text: str) -> str:
    """Without the marks that a Markdown page has names in."""
    return text.replace("`", "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

"""Plain English for the chain: what each link is, what a reading says, and what to think of a difference."""

from __future__ import annotations

from typing import Any

from reports import text

LINK_WORDS: dict[str, tuple[str, str]] = {
    "population": (
        "In the data at all",
        "Some families use few services, so no system knows them. Whoever is in no system can be on no list.",
    ),
    "recording": (
        "Ethnicity on record",
        "Each system's own record of ethnicity is set beside what the other systems hold. Where it is often missing "
        "for a group, nobody can check how that group is treated.",
    ),
    "linkage": (
        "Records joined up",
        "One person has records in many systems. Where those are not found to belong together, a family's needs look "
        "smaller than they are.",
    ),
    "families": (
        "Put into a family",
        "People are put into families by what the records say of them. Where a group's families are less sure, a list "
        "is more often about the wrong people.",
    ),
    "steps": (
        "From one step to the next",
        "From a first contact to care: who goes on. Nothing is held equal here. Need may differ between groups, and so "
        "may the way they are treated.",
    ),
    "equal_need": (
        "Noticed at equal need",
        "Families with as much need on record, and as many children, in the same quarter. Where one group is still "
        "noticed more often, more need on record is not the reason.",
    ),
    "labels": (
        "What the model learns from",
        "The outcome that a model learns to expect, among families with as much need on record. A model learns an "
        "uneven outcome as it is.",
    ),
    "model": ("The model's own errors", "Whom the list misses, and whom it names without cause."),
    "panel": ("What panels decide", "In the end people decide. Their decisions can differ between groups too."),
}
"""Of each link: its name in a few words, and why it matters."""

READING_WORDS = {
    "higher": "More often",
    "lower": "Less often",
    "alike": "About alike",
    "cannot_tell": "Cannot tell",
}
"""What may be said of a group beside the others."""

TALLY_WORDS = {
    "higher": "more often",
    "lower": "less often",
    "alike": "alike",
    "cannot_tell": "cannot tell",
    "fail": "beyond the margin",
    "pass": "within the margin",
}
"""The same after a number of comparisons; of a model's rules, what they say."""

POPULATION_STEP: dict[str, Any] = {
    "step": "children_beside_the_census",
    "title": "Children of families, beside the census",
    "case": "children in families now whose ethnicity is known",
    "did": "are of the group",
    "caution": "A census is of one day, and its groups are not asked for in the same words everywhere. Children whose "
    "ethnicity nobody holds belong to some group too.",
}


def missed_sentence(label: str, missed: float | None, more: float | None, reading: str) -> str:
    """Who is found in no other system, in a sentence. ``more`` is the difference to the others."""
    if missed is None:
        return f"{label}: the figures are withheld. {READING_WORDS[reading]}."
    told = f"{label}: {text.share(missed)} are found in no other system"
    if more is None:
        return f"{told}. {READING_WORDS[reading]}."
    points = f"{abs(100 * more):.1f} points {'more' if more > 0 else 'fewer'} than of the others"
    return f"{told}, {points}. {READING_WORDS[reading]}."

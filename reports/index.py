"""The index page of a run: what happened to the data, which questions were put, what may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import text
from reports.facts import AuditFacts, ReleaseFacts, RunFacts, TargetFacts
from reports.pages import render
from reports.words import short
from store.council import Council


@dataclass(frozen=True)
class Card:
    """One question with its verdict and whether the panel may see its list."""

    target: TargetFacts
    audit: AuditFacts
    release: ReleaseFacts


@dataclass(frozen=True)
class Step:
    """One stage of the run in a sentence or two."""

    title: str
    lines: tuple[str, ...]


def index_page(council: Council, run: RunFacts, cards: Sequence[Card]) -> str:
    """The page as HTML."""
    return render(
        "index.html",
        council=council,
        lede=_lede(cards),
        cards=cards,
        steps=_steps(council, run, cards),
        extracts=run.extracts,
        matching=run.matching,
        systems=run.systems,
    )


def _lede(cards: Sequence[Card]) -> str:
    released = sum(card.release.open for card in cards)
    asked = text.counted(len(cards), "question was", "questions were")
    seen = text.counted(released, "list", "lists")
    kept = len(cards) - released
    withheld = text.counted(kept, "is", "are") if kept else "none is"
    return (
        f"{text.sentence(f'{asked} put to the data')} {seen.capitalize()} may be read by a panel; {withheld} withheld."
    )


def _steps(council: Council, run: RunFacts, cards: Sequence[Card]) -> list[Step]:
    return [
        Step("Read", (_read(council, run),)),
        Step("Match", tuple(f"{name}: {value}" for name, value in run.matching if name in _MATCHING_AT_A_GLANCE)),
        Step("Describe", _described(run)),
        Step("Model", _modelled(cards)),
        Step("Audit for fairness", tuple(f"{c.target.title}: {short(c.audit.verdict).lower()}" for c in cards)),
        Step("Release", tuple(f"{c.target.title}: {'released' if c.release.open else 'withheld'}" for c in cards)),
    ]


_MATCHING_AT_A_GLANCE = ("Records of people", "People they turned out to be", "Families now with a child")


def _read(council: Council, run: RunFacts) -> str:
    covers = f"{text.day(council.covers_from)} to {text.day(council.covers_to)}"
    files = text.counted(run.files_read, "file", "files")
    return f"{run.rows_read} rows in {files}, covering {covers}. {text.sentence(run.set_aside)[:-1]} were set aside"


def _described(run: RunFacts) -> tuple[str, ...]:
    if not run.features:
        return ()
    subjects = text.listed(sorted({feature.subject.replace("_", " ") for feature in run.features}))
    return (
        f"{text.count(len(run.features))} features of families and children, about {subjects}",
        "None uses anything the council came to know on or after the date it describes",
    )


def _modelled(cards: Sequence[Card]) -> tuple[str, ...]:
    modelled = [card.target.title for card in cards if card.target.modelled]
    done = f"{text.listed(modelled)}: modelled, beside simpler ways of choosing" if modelled else ""
    left = [f"{c.target.title}: not modelled. {c.target.why_not}" for c in cards if not c.target.modelled]
    return (*([done] if done else []), *left)

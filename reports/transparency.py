"""The transparency record of a run: the UK's recording standard, an annex for the impact assessment, six explanations.

The fields follow the Algorithmic Transparency Recording Standard (tiers 1 and 2) of the UK government; the annex what
the ICO asks of a data protection impact assessment (nature, scope, necessity, risks, measures), and the last part its
six kinds of explanation of decisions made with AI. What the run knows is filled in. What only people know comes from
``[transparency]`` of the council's TOML, and where it is not there the page says so rather than nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.config import TransparencyConfig
from reports.facts import RunFacts
from reports.index import Card
from reports.pages import render
from reports.provenance import Source
from store.council import Council

_FALLS_BACK = frozenset({"organisation"})


@dataclass(frozen=True)
class Gap:
    """What a person must still write, and under which key of the TOML."""

    key: str
    what: str


def gaps(given: TransparencyConfig) -> tuple[Gap, ...]:
    """Everything that the record needs and the TOML leaves out."""
    fields = type(given).model_fields
    return tuple(
        Gap(name, str(field.description).rstrip("."))
        for name, field in fields.items()
        if name not in _FALLS_BACK and not str(getattr(given, name)).strip()
    )


def transparency_page(
    council: Council,
    given: TransparencyConfig,
    run: RunFacts,
    cards: Sequence[Card],
    sources: Sequence[Source],
) -> str:
    """The record as HTML."""
    return render(
        "transparency.html",
        council=council,
        given={name: str(getattr(given, name)).strip() for name in type(given).model_fields},
        gaps=gaps(given),
        run=run,
        cards=cards,
        modelled=[card for card in cards if card.target.modelled],
        allowed=max((card.audit.may_be_drawn for card in cards), default=0),
        systems=sorted({extract.source for extract in run.extracts}),
        subjects=sorted({feature.subject.replace("_", " ") for feature in run.features}),
        sources=sources,
    )

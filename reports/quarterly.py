"""The quarter's retraining as a page: what is recommended of each challenger, why, and what changed since the champion.

It is for those who sign for a model. It recommends; people promote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.thresholds import RetrainingConfig
from reports import text
from reports.charts import LEFT, IntervalRow, interval_chart
from reports.facts import Measure
from reports.figures import Chart
from reports.pages import render
from reports.provenance import Source
from reports.words import AdviceWords, advice_words
from store.council import Council

_MOST_DRIFTED = 12
_SPEAKS_FOR = {
    "investigate": "To look into first",
    "keep": "For keeping the champion",
    "promote": "For the challenger",
}
_FIGURES = (
    ("precision", "Precision at the panel's capacity"),
    ("recall", "Share of outcomes found"),
    ("average_precision", "Average precision"),
    ("auc", "Area under the curve"),
    ("observed_over_expected", "Observed over expected"),
)
_SHARES = frozenset({"precision", "recall"})


@dataclass(frozen=True)
class Reasons:
    """Sentences that speak for the same thing."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One figure of both models, and the challenger's less the champion's."""

    title: str
    is_share: bool
    champion: Measure
    challenger: Measure
    difference: Measure


@dataclass(frozen=True)
class Drifted:
    """How far one feature is from what the champion learnt from."""

    label: str
    index: float
    unknown_then: float
    unknown_now: float
    large: bool


@dataclass(frozen=True)
class Challenge:
    """One question's challenger."""

    name: str
    title: str
    advice: AdviceWords
    reasons: tuple[Reasons, ...]
    compared_at: str
    chart: Chart | None
    figures: tuple[Figure, ...]
    drifted: tuple[Drifted, ...]
    rates: tuple[tuple[str, Measure], ...]
    learnt_rate: float | None
    turnover: float | None


def quarterly_page(
    council: Council,
    document: Mapping[str, Any],
    comparison: Mapping[str, Any],
    titles: Mapping[str, str],
    labels: Mapping[str, str],
    sources: Sequence[Source],
) -> str:
    """The page as HTML, from ``retraining.json`` and ``models/comparison.json``.

    ``titles`` are the targets' titles and ``labels`` the features', by name; a feature without one goes by its name.
    """
    challenges = [
        _challenge(name, titles.get(name, text.spaced(name)), found, comparison.get(name, {}), labels)
        for name, found in document["targets"].items()
    ]
    return render(
        "quarterly.html",
        council=council,
        as_of=document["as_of"],
        feeds=document["feeds"],
        despite=document["despite"],
        challenges=challenges,
        thresholds=document["thresholds"],
        meanings={name: str(field.description) for name, field in RetrainingConfig.model_fields.items()},
        sources=sources,
    )


def _challenge(
    name: str, title: str, found: Mapping[str, Any], compared: Mapping[str, Any], labels: Mapping[str, str]
) -> Challenge:
    figures = _figures(compared.get("figures", {}))
    drift, rates = compared.get("feature_drift"), compared.get("label_drift")
    return Challenge(
        name=name,
        title=title,
        advice=advice_words(found["advice"]),
        reasons=_reasons(found["advice"], found["reasons"]),
        compared_at=compared.get("as_of", "") if figures else "",
        chart=_chart(name, figures[0]) if figures else None,
        figures=figures,
        drifted=_drifted(drift, labels) if drift else (),
        rates=tuple((one["as_of"], _measure(one, "base_rate")) for one in rates["by_as_of"]) if rates else (),
        learnt_rate=rates["learnt_from"] if rates else None,
        turnover=compared["turnover"]["share"] if "turnover" in compared else None,
    )


def _reasons(advice: str, given: Sequence[Mapping[str, Any]]) -> tuple[Reasons, ...]:
    """What decided it first, then what speaks for something else, then what is only to be told."""
    headings = {
        "investigate": "To look into first",
        "keep": "For keeping the champion",
        "promote": "For the challenger",
    }
    order = [advice, *(one for one in headings if one != advice)]
    grouped = [(headings[one], [r["text"] for r in given if r["points_to"] == one]) for one in order]
    grouped.append(("Also", [r["text"] for r in given if r["points_to"] is None]))
    return tuple(Reasons(title, tuple(lines)) for title, lines in grouped if lines)


def _figures(found: Mapping[str, Any]) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            title,
            key in _SHARES,
            *(_measure(found[key][side], "value") for side in ("champion", "challenger", "difference")),
        )
        for key, title in _FIGURES
        if key in found
    )


def _measure(figure: Mapping[str, Any], value: str) -> Measure:
    return Measure(figure[value], figure["low"], figure["high"])


def _chart(name: str, figure: Figure) -> Chart:
    rows = [
        IntervalRow(label, one.value, one.low, one.high, text.share(one.value), strong)
        for label, one, strong in (("Champion", figure.champion, False), ("Challenger", figure.challenger, True))
    ]
    said = "Precision at the panel's capacity of champion and challenger, with intervals. The table below has them."
    svg = interval_chart(rows, name=f"beside-{name}".replace("_", "-"), description=said, layout=LEFT)
    return Chart(figure.title, "Of each one's list, the share with the outcome.", svg)


def _drifted(drift: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[Drifted, ...]:
    """The features that changed most, which come first."""
    return tuple(
        Drifted(
            labels.get(one["feature"], text.spaced(one["feature"])),
            one["psi"],
            one["unknown_then"],
            one["unknown_now"],
            one["large"],
        )
        for one in drift["features"][:_MOST_DRIFTED]
    )

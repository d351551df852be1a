"""Each way of choosing on several boroughs: precision, stability, calibration, and what it gives away of families.

Every figure is read from ``evaluation.json``; nothing here knows a truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.linkage.pages import table
from models.target import CandidateName
from models.targets import TARGETS

if TYPE_CHECKING:
    from benchmarks.models.parts import Bench

Evaluations = Mapping[str, Mapping[str, Any]]
"""The evaluations of one target, by the name of the borough."""
Cell = Callable[[Mapping[str, Any], str], str]
"""What one evaluation says of one candidate."""


def measure(bench: Bench) -> tuple[str, str]:
    """A table for each target and kind of figure: a row a candidate, a column a borough."""
    found = {one.borough.name: one.evaluations for one in bench.modelled()}
    parts = []
    for name, target in TARGETS.items():
        evaluations = {borough: all_of[name] for borough, all_of in found.items() if name in all_of}
        if evaluations:
            parts.append(f"### {target.title}\n\n{of_target(evaluations)}")
    return "Ways of choosing compared", "\n".join(parts)


def of_target(evaluations: Evaluations) -> str:
    """What the boroughs say of one target, as Markdown."""
    modelled = {name: one for name, one in evaluations.items() if one["state"] == "modelled"}
    without = [f"{name}: {one['why']}." for name, one in evaluations.items() if one["state"] != "modelled"]
    told = [f"Not modelled: {' '.join(without)}\n"] if without else []
    if modelled:
        told += [_sizes(modelled)]
        told += [f"{heading}\n\n{_table(modelled, cell)}" for heading, cell in (_CELLS | _of_labels(modelled)).items()]
        told += [_against_the_count(modelled)]
    return "\n".join(told)


def _sizes(evaluations: Evaluations) -> str:
    heads = ["borough", "test dates", "cases", "with the outcome", "places", "chosen"]
    rows = [
        [
            name,
            str(len(one["splits"])),
            f"{sum(split['cases'] for split in one['splits']):,}",
            f"{sum(split['test_outcomes'] for split in one['splits']):,}",
            str(one["capacity"]),
            one["choice"]["chosen"] + (" (no better than chance)" if one["choice"]["no_better_than_chance"] else ""),
        ]
        for name, one in evaluations.items()
    ]
    return table(heads, rows)


def _table(evaluations: Evaluations, cell: Cell) -> str:
    rows = [
        [
            name.value,
            *(cell(one, name.value) if name.value in one["candidates"] else "-" for one in evaluations.values()),
        ]
        for name in CandidateName
        if any(name.value in one["candidates"] for one in evaluations.values())
    ]
    return table(["candidate", *evaluations], rows)


def _of_labels(evaluations: Evaluations) -> dict[str, Cell]:
    """A table for each further label that is known of anybody in every borough."""
    known = [set(one.get("labels", {}).get("known_of", {})) for one in evaluations.values()]
    return {
        f"Share of the places in whom a further label was found, those nobody looked at counting as not ({name}):": (
            _labelled(name)
        )
        for name in sorted(set.intersection(*known))
    }


def _labelled(label: str) -> Cell:
    return lambda one, name: _interval(one["labels"]["candidates"][name][label])


def _against_the_count(evaluations: Evaluations) -> str:
    """In words, which ways were not shown to find more than the count of needs, and whether the chosen one was."""
    told = []
    for name, one in evaluations.items():
        chosen = one["choice"]["chosen"]
        lift = one["candidates"][chosen]["pooled"]["lift"].get("needs_count")
        if lift is None:
            told.append(f"- {name}: the count of needs itself was chosen.")
        elif lift["difference"]["low"] > 0:
            told.append(f"- {name}: {chosen} found more than the count of needs, by {_interval(lift['difference'])}.")
        else:
            told.append(
                f"- {name}: {chosen} was **not** shown to find more than the count of needs "
                f"(difference {_interval(lift['difference'])})."
            )
        told.append(f"  By the outcome not shown to find more than the count: {_not_more(one)}.")
    return "\n".join(told) + "\n"


def _not_more(one: Mapping[str, Any]) -> str:
    lifts = {name: found["pooled"]["lift"].get("needs_count") for name, found in one["candidates"].items()}
    behind = [name for name, lift in lifts.items() if lift is not None and lift["difference"]["low"] <= 0]
    return ", ".join(behind) or "none of them"


def _more_than_the_count(one: Mapping[str, Any], name: str) -> str:
    lift = one["candidates"][name]["pooled"]["lift"].get("needs_count")
    return "-" if lift is None else _interval(lift["difference"])


def _pooled(metric: str) -> Cell:
    return lambda one, name: _interval(one["candidates"][name]["pooled"][metric])


def _calibration(one: Mapping[str, Any], name: str) -> str:
    pooled = one["candidates"][name]["pooled"]
    return f"{_interval(pooled['calibration_slope'])}; {_interval(pooled['observed_over_expected'])}"


def _membership(one: Mapping[str, Any], name: str) -> str:
    found = one["membership"]["candidates"][name]
    barred = ", **over the limit**" if found["over_limit"] else ""
    return f"{_interval(found['by_score']['positives'])}; {_interval(found['by_score']['overall'])}{barred}"


def _stability(one: Mapping[str, Any], name: str) -> str:
    """Overlap of lists and of reasons, as far as they are told: of chance nothing is."""
    told = one["stability"]["candidates"].get(name)
    if told is None:
        return "-"
    shown = [
        " / ".join(_share(told[f"{across}_{what}"]) for what in ("list", "reasons"))
        for across in ("refits", "quarters")
    ]
    return "; ".join(shown) + ("" if told["stable"] else ", not stable")


def _share(figure: Mapping[str, Any] | None) -> str:
    return "-" if figure is None else f"{figure['value']:.2f}"


def _interval(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    ends = ["-" if figure[end] is None else f"{figure[end]:.2f}" for end in ("low", "high")]
    return f"{figure['value']:.2f} ({ends[0]} to {ends[1]})"


_CELLS: dict[str, Cell] = {
    "Precision at capacity, pooled over the test dates, with the 95% interval by families:": _pooled("precision"),
    "More of the places right than by the count of needs, by the outcome:": _more_than_the_count,
    "Average precision:": _pooled("average_precision"),
    "Stability, list / top-3 reasons: across refits; across consecutive quarters:": _stability,
    "Calibration slope; observed over expected:": _calibration,
    "Membership inference, AUC of the attack by score: on cases with the outcome; overall:": _membership,
}

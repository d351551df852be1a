"""The links of which other documents of the run tell: matching, and the model's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairness_audits.chain.protecting import Elsewhere, Row
from fairness_audits.metrics import Metric, title
from fairness_audits.policy import Grouping
from store.small_numbers import Hidden

Entry = dict[str, Any]
_GROUPINGS = (Grouping.BROAD.value, Grouping.DETAILED.value)
_ERRORS = (
    Metric.SELECTION_RATE,
    Metric.MISS_RATE,
    Metric.FALSE_POSITIVE_RATE,
    Metric.PRECISION,
    Metric.CALIBRATION,
)


def linkage(document: Mapping[str, Any]) -> Entry:
    """Who is found where expected, by ethnic group, out of ``residents/linkage.json``. All of it is protected already.

    Of each expectation: those asked about, how many are apart (not found), the share found and its difference.
    """
    return {
        "completeness": [
            {
                **{name: asked[name] for name in ("name", "title", "expected", "everyone")},
                "groupings": {name: asked["groupings"][name] for name in _GROUPINGS if name in asked["groupings"]},
            }
            for asked in document.get("completeness", ())
        ]
    }


def model_errors(
    restricted: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]]
) -> tuple[Entry, Entry]:
    """The audits' rates by ethnic group, as they stand in the targets' restricted and published documents."""
    return (
        {"targets": [_errors(document, _exact) for document in restricted]},
        {"targets": [_errors(document, _protected) for document in published]},
    )


def labelled_cases(target: str) -> str:
    """What the cases with a known outcome are named where they are counted."""
    return f"{target}_labelled"


def labelled_outcomes(target: str) -> str:
    """What those of them with the outcome are named."""
    return f"{target}_outcomes"


def audited_counts(restricted: Mapping[str, Any], published: Mapping[str, Any]) -> list[Elsewhere]:
    """The audit's cases, and those of them with the outcome: some of the cases whose label the chain compares."""
    if "overall" not in published:
        return []
    whole = ((labelled_cases, "n"), (labelled_outcomes, "positives"))
    exact, shown = by_row(restricted), by_row(published)
    return [
        Elsewhere(
            name(str(restricted["target"])),
            {row: entry[column] for row, entry in exact.items() if row in shown},
            {row: read_cell(entry[column]) for row, entry in shown.items()},
        )
        for name, column in whole
    ]


def read_cell(cell: int | str) -> int | Hidden:
    """What a published cell says."""
    if isinstance(cell, int):
        return cell
    return Hidden.SMALL if cell.startswith("<") else Hidden(cell)


def by_row(document: Mapping[str, Any]) -> dict[Row, Entry]:
    """An audit's entries by ethnic group that have a case, and everyone's."""
    rows = {("", ""): document["overall"]}
    for grouping in _GROUPINGS:
        rows |= {(grouping, entry["group"]): entry for entry in document["groupings"][grouping] if entry["n"]}
    return rows


def _errors(document: Mapping[str, Any], rates: Any) -> Entry:
    groupings = document.get("groupings", {})
    return {
        **{name: document[name] for name in ("target", "verdict", "why")},
        "metrics": {metric.value: title(metric) for metric in _ERRORS},
        "groupings": {
            name: [{**_named(entry), **rates(entry)} for entry in groupings[name]]
            for name in _GROUPINGS
            if name in groupings
        },
    }


def _named(entry: Mapping[str, Any]) -> Entry:
    return {name: entry.get(name) for name in ("group", "label", "n", "positives")}


def _exact(entry: Mapping[str, Any]) -> Entry:
    return {metric.value: entry.get(metric.value) for metric in _ERRORS}


def _protected(entry: Mapping[str, Any]) -> Entry:
    return {metric.value: entry.get("rates", {}).get(metric.value) for metric in _ERRORS}

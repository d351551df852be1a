"""The links of which other documents of the run tell: matching, and the model's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairness_audits.metrics import Metric, title
from fairness_audits.policy import Grouping

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

"""What a run says of features that stand in for ethnicity in one target's list (``published/proxies.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.facts import Measure

READINGS = {"strong": "Strongly", "some": "Somewhat", "little": "Little", "cannot_tell": "Cannot tell"}
_MOST_LISTED = 10


@dataclass(frozen=True)
class Strength:
    """One feature that moves the list, and how strongly it stands in by itself."""

    label: str
    value: Measure
    reading: str


@dataclass(frozen=True)
class Without:
    """The list without the features that stand in most."""

    left_out: str
    stays: str
    change: str
    """The change in precision, in points, or why it is not told."""


@dataclass(frozen=True)
class StandIns:
    """What is told of one target."""

    told: tuple[str, ...]
    """How well all features together tell each group, in sentences."""
    strongest: tuple[Strength, ...]
    without: tuple[Without, ...]
    sentence: str
    parts: str
    """What the list is made of: features, or parts of a count."""


def stand_ins(published: Mapping[str, Any] | None, target: str, labels: Mapping[str, str]) -> StandIns | None:
    """Those of ``target``, with features by their ``labels``; None where nothing was looked for."""
    found = [one for one in (published or {}).get("targets", ()) if one["target"] == target]
    if not found:
        return None
    (one,) = found
    return StandIns(
        told=tuple(entry["sentence"] for entry in one["together"]),
        strongest=tuple(_strength(entry, labels) for entry in one["strongest"][:_MOST_LISTED]),
        without=tuple(_without(entry) for entry in one["lists"] if entry["left_out"]),
        sentence=one["sentence"],
        parts="parts of the count" if one["is_count"] else "features",
    )


def _strength(entry: Mapping[str, Any], labels: Mapping[str, str]) -> Strength:
    return Strength(
        labels.get(entry["feature"], text.spaced(entry["feature"])),
        Measure(entry["value"], entry["low"], entry["high"]),
        READINGS[entry["reading"]],
    )


def _without(entry: Mapping[str, Any]) -> Without:
    stays, change = entry["overlap"], entry["change"]
    points = None if not change else [change.get(name) for name in ("value", "low", "high")]
    told = (
        "withheld: too few true cases"
        if points is None or None in points
        else "{:+.0f} points ({:+.0f} to {:+.0f})".format(*(100 * point for point in points))
    )
    return Without(
        text.count(len(entry["left_out"])), text.share(stays) if isinstance(stays, float | int) else "withheld", told
    )

"""Stand-ins for ethnicity as two documents of one shape: exact figures, and what may be shown of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairness_audits.chain.comparing import Compared, Range
from fairness_audits.document import number
from fairness_audits.ethnicity import label
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.proxies.lists import Difference
from fairness_audits.proxies.protecting import Audited, Beside, Lists, protected
from fairness_audits.proxies.telling import Told
from fairness_audits.stand_ins import SOME, STRONG, Association
from store.small_numbers import Hidden

FORMAT = 1
NAMED = 25
"""So many of the features that stand in most are named; all are judged, and `stand_ins.json` has each."""
_EVEN, _HALFWAY, _WELL = 0.5, 0.6, 0.7
_EXACT, _SHOWN = 6, 3
_THREE = ("value", "low", "high")


@dataclass(frozen=True)
class Listed:
    """A list with or without some features, and who is on it."""

    left_out: tuple[str, ...]
    beside: Difference
    groups: Mapping[Grouping, Sequence[Compared]]
    """Being on the list, by group."""


@dataclass(frozen=True)
class Found:
    """What was found of one target."""

    target: str
    chosen: str
    as_of: str
    features: int
    told: Sequence[Told]
    strengths: Sequence[tuple[str, Association | None]]
    """Features that move the list (or the parts of a count), the one that stands in most first."""
    is_count: bool
    lists: Sequence[Listed]
    """The whole list first."""
    why_no_list: str = ""
    audited: Audited | None = None
    """What the target's audit shows of the same cases."""


def restricted(found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any]) -> dict[str, Any]:
    """The document with exact figures."""
    return _document(found, not_told, head, None)


def published(
    found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any], rules: SmallNumbers
) -> dict[str, Any]:
    """The document that may be shown: small counts suppressed, others rounded, rates from rounded counts."""
    said = {**head, "suppressed_below": rules.suppress_below, "rounded_to": rules.round_to}
    return _document(found, not_told, said, rules)


def _document(
    found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any], rules: SmallNumbers | None
) -> dict[str, Any]:
    """Exact without ``rules``."""
    return {
        **head,
        "format": FORMAT,
        "kind": "proxies",
        "some_from": SOME,
        "strong_from": STRONG,
        "targets": [_target(one, rules) for one in found],
        "not_told": dict(not_told),
    }


def _target(one: Found, rules: SmallNumbers | None) -> dict[str, Any]:
    shown = None if rules is None else protected([listed.groups for listed in one.lists], rules, one.audited)
    besides = [_beside(listed.beside, one.lists[0].beside, shown) for listed in one.lists]
    return {
        "target": one.target,
        "chosen": one.chosen,
        "as_of": one.as_of,
        "features": one.features,
        "together": [_told(group, shown) for group in one.told],
        "is_count": one.is_count,
        "strongest": [_strength(name, found) for name, found in one.strengths[:NAMED]],
        "lists": [_listed(listed, place, besides[place], shown) for place, listed in enumerate(one.lists)],
        "why_no_list": one.why_no_list or None,
        "sentence": _sentence(one, besides[-1]),
    }


def _told(one: Told, shown: Lists | None) -> dict[str, Any]:
    """Groups too small to be shown are not judged at all (`LEAST_GROUP`)."""
    cases: int | Hidden = one.cases
    others, auc, places = one.others, Range(one.auc, one.low, one.high), _EXACT
    if shown is not None:
        cases, others, area = shown.area(one)
        auc, places = area or Range(round(one.auc, 2), math.nan, math.nan), _SHOWN
    ends = [number(round(end, places)) for end in (auc.value, auc.low, auc.high)]
    interval = "" if None in ends else f", 95% interval {auc.low:.2f} to {auc.high:.2f}"
    return {
        "group": one.group,
        "label": label(one.group),
        "cases": cases if shown is None else shown.cell(cases),
        "others": others,
        "auc": dict(zip(_THREE, ends)),
        "sentence": f"{label(one.group)}: {_well(one)} "
        f"(area under the curve {auc.value:.2f}{interval}; {_EVEN:g} is by chance).",
    }


def _well(one: Told) -> str:
    if one.low <= _EVEN:
        return "the features are not shown to tell this group from others"
    if one.low >= _WELL:
        return "the features together tell this group from others well"
    return (
        "the features together tell this group from others somewhat"
        if one.auc >= _HALFWAY
        else ("the features together tell this group from others a little")
    )


def _strength(name: str, found: Association | None) -> dict[str, Any]:
    if found is None:
        return {"feature": name, **dict.fromkeys(_THREE), "reading": "cannot_tell"}
    return {"feature": name, **found.entry(), "reading": found.reading.value}


def _beside(one: Difference, whole: Difference, shown: Lists | None) -> Beside:
    """One list beside the whole one, exact or of rounded counts."""
    if shown is not None:
        return shown.beside(one, whole)
    return Beside(one.places, one.overlap, one.precision, Range(one.change, one.low, one.high))


def _listed(one: Listed, place: int, beside: Beside, shown: Lists | None) -> dict[str, Any]:
    return {
        "left_out": list(one.left_out),
        "places": beside.places,
        "overlap": number(beside.overlap),
        "precision": number(beside.precision),
        "change": _named(beside.change) if one.left_out else None,
        "groupings": {
            grouping.value: [_group(each, grouping, place, shown) for each in groups]
            for grouping, groups in one.groups.items()
        },
    }


def _group(one: Compared, grouping: Grouping, place: int, shown: Lists | None) -> dict[str, Any]:
    row = (grouping.value, one.group)
    cases: int | Hidden
    on: int | Hidden
    cases, on = (one.n, one.events) if shown is None else shown.both(row, place)
    rate, ratio = (one.rate, one.ratio) if shown is None else shown.figures(row, one, place)
    places = _EXACT if shown is None else _SHOWN
    return {
        "group": one.group,
        "label": label(one.group),
        "n": cases if shown is None else shown.cell(cases),
        "flagged": on if shown is None else shown.cell(on),
        "rate": _named(rate, places),
        "ratio": _named(ratio, places),
        "reading": one.reading.value,
    }


def _named(found: Range | None, places: int = _EXACT) -> dict[str, float] | None:
    """Value and ends; None where an end is not finite."""
    ends = [number(round(end, places)) for end in (found.value, found.low, found.high)] if found else [None]
    return None if None in ends else dict(zip(_THREE, ends))  # type: ignore[arg-type]


def _sentence(one: Found, last: Beside) -> str:
    """What leaving the strongest out would do, in plain words. The evidence decides, its figures are as shown."""
    if not one.lists[1:]:
        return one.why_no_list
    shortest = one.lists[-1]
    what = "parts" if one.is_count else "features"
    stays = f"Without the {len(shortest.left_out)} {what} that stand in most for ethnicity, "
    stays += (
        "less of the list stays than may be told" if last.overlap is None else f"{last.overlap:.0%} of the list stays"
    )
    if last.change is None:
        return f"{stays}; too few true cases are on either to show what that costs or gains."
    change = last.change
    cost = "the evidence does not show what that costs or gains"
    if shortest.beside.high < 0:
        cost = f"it finds fewer true cases for each place ({100 * change.value:+.0f} points)"
    elif shortest.beside.low > 0:
        cost = f"it finds more true cases for each place ({100 * change.value:+.0f} points)"
    interval = f"{100 * change.low:+.0f} to {100 * change.high:+.0f} points"
    return f"{stays}, and {cost}: the 95% interval of the difference is {interval}."

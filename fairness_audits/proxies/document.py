"""Stand-ins for ethnicity as two documents of one shape: exact figures, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairness_audits.chain.comparing import Compared
from fairness_audits.document import number
from fairness_audits.ethnicity import label
from fairness_audits.policy import Grouping
from fairness_audits.proxies.lists import Difference
from fairness_audits.proxies.telling import Told
from fairness_audits.stand_ins import SOME, STRONG, Association
from store.small_numbers import THRESHOLD, Hidden, protect_parts, shown_count

FORMAT = 1
NAMED = 25
"""So many of the features that stand in most are named; all are judged, and `stand_ins.json` has each."""
_EVEN, _HALFWAY, _WELL = 0.5, 0.6, 0.7


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


def restricted(found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any]) -> dict[str, Any]:
    """The document with exact figures."""
    return _document(found, not_told, head, exact=True)


def published(found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any]) -> dict[str, Any]:
    """The document that may be shown: counts under 10 suppressed, others rounded, rates from rounded counts."""
    return _document(found, not_told, head, exact=False)


def _document(
    found: Sequence[Found], not_told: Mapping[str, str], head: Mapping[str, Any], *, exact: bool
) -> dict[str, Any]:
    return {
        **head,
        "format": FORMAT,
        "kind": "proxies",
        "some_from": SOME,
        "strong_from": STRONG,
        "targets": [_target(one, exact) for one in found],
        "not_told": dict(not_told),
    }


def _target(one: Found, exact: bool) -> dict[str, Any]:
    return {
        "target": one.target,
        "chosen": one.chosen,
        "as_of": one.as_of,
        "features": one.features,
        "together": [_told(group, exact) for group in one.told],
        "is_count": one.is_count,
        "strongest": [_strength(name, found) for name, found in one.strengths[:NAMED]],
        "lists": [_listed(one, listed, exact) for listed in one.lists],
        "why_no_list": one.why_no_list or None,
        "sentence": _sentence(one, exact),
    }


def _told(one: Told, exact: bool) -> dict[str, Any]:
    cases, others = (count if exact else _cell(shown_count(count)) for count in (one.cases, one.others))
    auc, low, high = (number(figure) if exact else round(figure, 3) for figure in (one.auc, one.low, one.high))
    return {
        "group": one.group,
        "label": label(one.group),
        "cases": cases,
        "others": others,
        "auc": {"value": auc, "low": low, "high": high},
        "sentence": f"{label(one.group)}: {_well(one)} (area under the curve {one.auc:.2f}, 95% interval "
        f"{one.low:.2f} to {one.high:.2f}; {_EVEN:g} is by chance).",
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
        return {"feature": name, **dict.fromkeys(("value", "low", "high")), "reading": "cannot_tell"}
    return {"feature": name, **found.entry(), "reading": found.reading.value}


def _listed(found: Found, one: Listed, exact: bool) -> dict[str, Any]:
    beside = one.beside
    few = not exact and _few(found, one)
    return {
        "left_out": list(one.left_out),
        "places": beside.places,
        "overlap": number(beside.overlap) if exact else round(beside.overlap, 2),
        "precision": None if few else number(beside.precision) if exact else round(beside.precision, 2),
        "change": None
        if few or not one.left_out
        else {name: number(getattr(beside, of)) if exact else round(getattr(beside, of), 2) for name, of in _CHANGE},
        "groupings": {grouping.value: _groups(groups, exact) for grouping, groups in one.groups.items()},
    }


_CHANGE = (("value", "change"), ("low", "low"), ("high", "high"))


def _groups(groups: Sequence[Compared], exact: bool) -> list[dict[str, Any]]:
    """Who is on the list, by group; counts on the list add up to its places, and are protected as such."""
    on, cases = (protect_parts({one.group: getattr(one, name) for one in groups}).parts for name in ("events", "n"))
    return [_group(one, exact, on[one.group], cases[one.group]) for one in groups]


def _group(one: Compared, exact: bool, on: int | Hidden, cases: int | Hidden) -> dict[str, Any]:
    entry: dict[str, Any] = {"group": one.group, "label": label(one.group)}
    ratio = one.ratio
    three = None if ratio is None else [number(end) for end in (ratio.value, ratio.low, ratio.high)]
    told = None if three is None or None in three else dict(zip(("value", "low", "high"), three))
    if exact:
        return entry | {
            "n": one.n,
            "flagged": one.events,
            "rate": {"value": number(one.rate.value), "low": number(one.rate.low), "high": number(one.rate.high)},
            "ratio": told,
            "reading": one.reading.value,
        }
    hidden = isinstance(on, Hidden) or isinstance(cases, Hidden) or not on or one.n - one.events < THRESHOLD
    return entry | {
        "n": _cell(cases),
        "flagged": _cell(on),
        "rate": None if hidden else {"value": round(on / cases, 4)},  # type: ignore[operator]
        "ratio": None if hidden or told is None else {name: round(end or 0.0, 2) for name, end in told.items()},
        "reading": one.reading.value,
    }


def _sentence(one: Found, exact: bool) -> str:
    """What leaving the strongest out would do, in plain words."""
    if not one.lists[1:]:
        return one.why_no_list
    shortest = one.lists[-1]
    what = "parts" if one.is_count else "features"
    change = shortest.beside
    stays = f"Without the {len(shortest.left_out)} {what} that stand in most for ethnicity, {change.overlap:.0%} of the"
    if not exact and _few(one, shortest):
        return f"{stays} list stays; too few true cases are on either to show what that costs or gains."
    cost = "the evidence does not show what that costs or gains"
    if change.high < 0:
        cost = f"it finds fewer true cases for each place ({100 * change.change:+.0f} points)"
    elif change.low > 0:
        cost = f"it finds more true cases for each place ({100 * change.change:+.0f} points)"
    interval = f"{100 * change.low:+.0f} to {100 * change.high:+.0f} points"
    return f"{stays} list stays, and {cost}: the 95% interval of the difference is {interval}."


def _few(one: Found, listed: Listed) -> bool:
    """Whether one of the two lists has too few true cases for a figure about them to be shown."""
    return min(listed.beside.caught, one.lists[0].beside.caught) < THRESHOLD


def _cell(count: int | Hidden) -> int | str:
    return count.value if isinstance(count, Hidden) else count

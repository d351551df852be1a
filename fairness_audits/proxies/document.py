"""Stand-ins for ethnicity as two documents of one shape: exact figures, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairness_audits.chain.comparing import Compared
from fairness_audits.document import number
from fairness_audits.ethnicity import broad_group, label
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.proxies.lists import Difference
from fairness_audits.proxies.telling import Told
from fairness_audits.small_numbers import Cell, Tables, protect_tables, rounded_to
from fairness_audits.stand_ins import SOME, STRONG, Association
from store.small_numbers import Hidden

FORMAT = 1
Shown = Mapping[Cell, int | Hidden]
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
    shown = _protected(one.lists, rules) if rules and one.lists else {}
    return {
        "target": one.target,
        "chosen": one.chosen,
        "as_of": one.as_of,
        "features": one.features,
        "together": [_told(group, rules) for group in one.told],
        "is_count": one.is_count,
        "strongest": [_strength(name, found) for name, found in one.strengths[:NAMED]],
        "lists": [_listed(one, place, rules, shown) for place in range(len(one.lists))],
        "why_no_list": one.why_no_list or None,
        "sentence": _sentence(one, rules),
    }


def _told(one: Told, rules: SmallNumbers | None) -> dict[str, Any]:
    """Groups too small to be shown are not judged at all (`LEAST_GROUP`)."""
    cases, others = (rounded_to(count, rules.round_to) if rules else count for count in (one.cases, one.others))
    auc, low, high = (round(figure, 3) if rules else number(figure) for figure in (one.auc, one.low, one.high))
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


def _listed(found: Found, place: int, rules: SmallNumbers | None, shown: Shown) -> dict[str, Any]:
    one = found.lists[place]
    beside = one.beside
    few = rules is not None and _few(found, one, rules)

    def figure(exact: float) -> float | None:
        return None if few else round(exact, 2) if rules else number(exact)

    change = {name: figure(getattr(beside, of)) for name, of in _CHANGE}
    return {
        "left_out": list(one.left_out),
        "places": beside.places,
        "overlap": round(beside.overlap, 2) if rules else number(beside.overlap),
        "precision": figure(beside.precision),
        "change": None if few or not one.left_out else change,
        "groupings": {
            grouping.value: [_group(one, _cells(grouping.value, one.group, place), rules, shown) for one in groups]
            for grouping, groups in one.groups.items()
        },
    }


_CHANGE = (("value", "change"), ("low", "low"), ("high", "high"))


def _group(one: Compared, cells: tuple[Cell, Cell, Cell], rules: SmallNumbers | None, shown: Shown) -> dict[str, Any]:
    entry: dict[str, Any] = {"group": one.group, "label": label(one.group)}
    ratio = one.ratio
    three = None if ratio is None else [number(end) for end in (ratio.value, ratio.low, ratio.high)]
    told = None if three is None or None in three else dict(zip(("value", "low", "high"), three))
    if rules is None:
        return entry | {
            "n": one.n,
            "flagged": one.events,
            "rate": {"value": number(one.rate.value), "low": number(one.rate.low), "high": number(one.rate.high)},
            "ratio": told,
            "reading": one.reading.value,
        }
    cases, on = shown[cells[0]], shown[cells[1]]
    rate = None
    if not isinstance(on, Hidden) and not isinstance(cases, Hidden) and one.n - one.events >= rules.suppress_below:
        rate = {"value": round(on / cases, 4)} if on <= cases else None
    return entry | {
        "n": _cell(cases, rules),
        "flagged": _cell(on, rules),
        "rate": rate,
        "ratio": None if rate is None or told is None else {name: round(end or 0.0, 2) for name, end in told.items()},
        "reading": one.reading.value,
    }


def _protected(lists: Sequence[Listed], rules: SmallNumbers) -> Shown:
    """The cases of each group and how many of them are on each list, as they may be shown together."""
    counts: dict[Cell, int] = {}
    sums: list[tuple[Cell, ...]] = []
    implied: list[Cell] = []
    for place, listed in enumerate(lists):
        rows = {(grouping.value, one.group): one for grouping, found in listed.groups.items() for one in found}
        for row, one in rows.items():
            cases, on, off = _cells(*row, place)
            counts |= {cases: one.n, on: one.events, off: one.n - one.events}
            implied.append(off)
            sums.append((cases, on, off))
        for wide, parts in _nested(rows):
            for part in (0, 1):
                sums.append((_cells(*wide, place)[part], *(_cells(*inner, place)[part] for inner in parts)))
    return protect_tables(Tables(counts, list(dict.fromkeys(sums)), frozenset(implied)), rules)


def _nested(rows: Mapping[tuple[str, str], Compared]) -> list[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """Each broad group there is with its detailed ones."""
    detailed = Grouping.DETAILED.value
    inside = {
        wide: [row for row in rows if row[0] == detailed and broad_group(row[1]) == wide[1]]
        for wide in rows
        if wide[0] == Grouping.BROAD.value
    }
    return [(wide, parts) for wide, parts in inside.items() if parts]


def _cells(grouping: str, group: str, place: int) -> tuple[Cell, Cell, Cell]:
    """A group's cases, and those on and off one of the lists."""
    return ((grouping, group), "n"), ((grouping, group), f"on {place}"), ((grouping, group), f"off {place}")


def _sentence(one: Found, rules: SmallNumbers | None) -> str:
    """What leaving the strongest out would do, in plain words."""
    if not one.lists[1:]:
        return one.why_no_list
    shortest = one.lists[-1]
    what = "parts" if one.is_count else "features"
    change = shortest.beside
    stays = f"Without the {len(shortest.left_out)} {what} that stand in most for ethnicity, {change.overlap:.0%} of the"
    if rules is not None and _few(one, shortest, rules):
        return f"{stays} list stays; too few true cases are on either to show what that costs or gains."
    cost = "the evidence does not show what that costs or gains"
    if change.high < 0:
        cost = f"it finds fewer true cases for each place ({100 * change.change:+.0f} points)"
    elif change.low > 0:
        cost = f"it finds more true cases for each place ({100 * change.change:+.0f} points)"
    interval = f"{100 * change.low:+.0f} to {100 * change.high:+.0f} points"
    return f"{stays} list stays, and {cost}: the 95% interval of the difference is {interval}."


def _few(one: Found, listed: Listed, rules: SmallNumbers) -> bool:
    """Whether one of the two lists has too few true cases for a figure about them to be shown."""
    return min(listed.beside.caught, one.lists[0].beside.caught) < rules.suppress_below


def _cell(count: int | Hidden, rules: SmallNumbers) -> int | str:
    return f"<{rules.suppress_below}" if count is Hidden.SMALL else count

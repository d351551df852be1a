"""The chain as two documents of one shape: exact figures, and what may be shown of them.

In the published one counts under 10 are suppressed and others rounded, over all steps at once, so that no step's table
gives away what another hides; rates are taken from the rounded counts, and ratios shown where all counts that they rest
on are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared, Range
from fairness_audits.chain.steps import LINK_TITLES, Link, Step
from fairness_audits.chain.wording import Three, present_sentence, sentence
from fairness_audits.document import REPORTED_CONFIDENCE, number
from fairness_audits.ethnicity import DETAILED_GROUPS, broad_group, label
from fairness_audits.policy import Grouping
from store.intervals import wilson, z_of
from store.small_numbers import ROUND_TO, THRESHOLD, Hidden, protect, rounded

Row = tuple[str, str, str]
"""What is counted, the grouping and the group; the grouping of everyone is empty."""
Cell = tuple[Row, str]
Shown = Mapping[Cell, int | Hidden]
_N, _EVENTS, _OTHERS = "n", "events", "others"
_PLACES = 5
"""Of rates made from counts as shown, which tell no more than those do."""


@dataclass(frozen=True)
class Told:
    """A step and what was found; ``base`` names the cases, which several steps may be about."""

    step: Step
    base: str
    groups: Mapping[Grouping, Sequence[Compared]]
    source: str = ""


@dataclass(frozen=True)
class Chain:
    """Everything that was found of a run."""

    told: Sequence[Told]
    present: Mapping[Grouping, Sequence[Present]] = field(default_factory=dict)
    further: Mapping[Link, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    """What other documents say of a link: as it stands in the restricted one, and in the published one."""
    not_told: Mapping[Link, str] = field(default_factory=dict)
    """Why there is nothing of a link."""


def restricted(chain: Chain, head: Mapping[str, Any]) -> dict[str, Any]:
    """The document with exact figures."""
    return _document(chain, head, None)


def published(chain: Chain, head: Mapping[str, Any]) -> dict[str, Any]:
    """The document that may be shown."""
    return _document(chain, head, _protected(chain))


def _document(chain: Chain, head: Mapping[str, Any], shown: Shown | None) -> dict[str, Any]:
    links = []
    for link in Link:
        entry: dict[str, Any] = {"link": link.value, "title": LINK_TITLES[link]}
        steps = [_step(told, shown) for told in chain.told if told.step.link is link]
        if link is Link.POPULATION:
            entry |= _population(chain.present, shown)
        if steps:
            entry["steps"] = steps
        if link in chain.further:
            entry |= chain.further[link][0 if shown is None else 1]
        if link in chain.not_told:
            entry["not_told"] = chain.not_told[link]
        links.append(entry)
    protection = {} if shown is None else {"suppressed_below": THRESHOLD, "rounded_to": ROUND_TO}
    return {**head, **protection, "links": links}


def _step(told: Told, shown: Shown | None) -> dict[str, Any]:
    step = told.step
    return {
        "step": step.name,
        "title": step.title,
        "source": told.source or None,
        "case": step.case,
        "did": step.did,
        "held_equal": step.held_equal or None,
        "caution": step.caution,
        "everyone": _everyone(told, shown),
        "groupings": {
            grouping.value: [_group(told, grouping, one, shown) for one in found]
            for grouping, found in told.groups.items()
        },
    }


def _everyone(told: Told, shown: Shown | None) -> dict[str, Any]:
    n, events = _totals(told)
    counts: dict[str, int | Hidden] = {_N: n, _EVENTS: events}
    if shown is not None:
        row = (told.step.name, "", "")
        counts = {_N: shown[_base(told, row), _N], _EVENTS: shown[row, _EVENTS]}
    return {**{name: _cell(count) for name, count in counts.items()}, "rate": _rate(counts[_EVENTS], counts[_N])}


def _group(told: Told, grouping: Grouping, one: Compared, shown: Shown | None) -> dict[str, Any]:
    row = (told.step.name, grouping.value, one.group)
    entry: dict[str, Any] = {"group": one.group, "label": label(one.group)}
    if grouping is Grouping.DETAILED:
        entry["broad"] = broad_group(one.group)
    if shown is None:
        ratio = _three(one.ratio, None)
        return entry | {
            _N: one.n,
            _EVENTS: one.events,
            "effective_n": number(one.effective),
            "rate": _named(_three(one.rate, None)),
            "rest_n": one.rest_n,
            "rest_events": one.rest_events,
            "rest_rate": number(one.rest_rate),
            "expected": number(one.expected),
            "ratio": _named(ratio),
            "reading": one.reading.value,
            "sentence": sentence(told.step, one.group, one.rate.value, one.rest_rate, ratio, one.reading),
        }
    counts = {_N: shown[_base(told, row), _N], _EVENTS: shown[row, _EVENTS]}
    hidden = any(isinstance(count, Hidden) for count in (*counts.values(), shown[row, _OTHERS]))
    rate = None if hidden else _published_rate(counts, one)
    rest = None if rate is None or not one.rest_n else _rate(rounded(one.rest_events), rounded(one.rest_n))
    ratio = None if rate is None else _three(one.ratio, 2)
    value = None if rate is None else rate["value"]
    return (
        entry
        | {name: _cell(count) for name, count in counts.items()}
        | {
            "rate": rate,
            "rest_rate": rest,
            "ratio": _named(ratio),
            "reading": one.reading.value,
            "sentence": sentence(told.step, one.group, value, rest, ratio, one.reading),
        }
    )


def _published_rate(counts: Mapping[str, int | Hidden], one: Compared) -> dict[str, float] | None:
    """The rate of the rounded counts; the evidence behind it so coarse that it tells nothing of the exact ones."""
    n, events = counts[_N], counts[_EVENTS]
    if isinstance(n, Hidden) or isinstance(events, Hidden) or n < THRESHOLD or events > n:
        return None
    trials = n * max(round(one.effective / one.n, 1), 0.1)
    low, high = wilson(events / n * trials, trials, z_of(REPORTED_CONFIDENCE))
    return {"value": round(events / n, _PLACES), "low": round(float(low), _PLACES), "high": round(float(high), _PLACES)}


def _population(present: Mapping[Grouping, Sequence[Present]], shown: Shown | None) -> dict[str, Any]:
    if not present:
        return {}
    return {
        "groupings": {
            grouping.value: [_present(grouping, one, shown) for one in found] for grouping, found in present.items()
        }
    }


def _present(grouping: Grouping, one: Present, shown: Shown | None) -> dict[str, Any]:
    children: int | Hidden = one.children
    share, ratio, at_most = _three(one.share, None), _three(one.ratio, None), number(one.at_most)
    if shown is not None:
        children = shown[(_PRESENT, grouping.value, one.group), _N]
        hidden = isinstance(children, Hidden)
        share, ratio = (None if hidden else _three(found, 2) for found in (one.share, one.ratio))
        at_most = None if hidden else _rounded(one.at_most)
    return {
        "group": one.group,
        "label": label(one.group),
        "children": _cell(children),
        "share": _named(share),
        "census_share": number(one.census_share),
        "ratio": _named(ratio),
        "ratio_at_most": at_most,
        "reading": one.reading.value,
        "sentence": present_sentence(
            one.group, share[0] if share else None, one.census_share, ratio, at_most, one.reading
        ),
    }


# --- protection ------------------------------------------------------------------------------------------

_PRESENT = "children_now"


def _protected(chain: Chain) -> Shown:
    """Every count of every step as it may be shown."""
    counts: dict[Cell, int] = {}
    cases: dict[Cell, int] = {}
    sums: list[list[Cell]] = []
    for told in chain.told:
        own: dict[Row, Compared] = {
            (told.step.name, grouping.value, one.group): one for grouping, found in told.groups.items() for one in found
        }
        whole = (told.step.name, "", "")
        n, events = _totals(told)
        for row, of, happened in ((whole, n, events), *((row, one.n, one.events) for row, one in own.items())):
            counts[row, _EVENTS], counts[row, _OTHERS] = happened, of - happened
            cases[_base(told, row), _N] = of
            sums.append([(_base(told, row), _N), (row, _EVENTS), (row, _OTHERS)])
        groups = {grouping.value: [one.group for one in found] for grouping, found in told.groups.items()}
        sums += [[(_base(told, row), _N) for row in one] for one in _relations(told.step.name, groups)]
        sums += [[(row, column) for row in one] for one in _relations(told.step.name, groups) for column in _HAPPENED]
    for grouping, found in chain.present.items():
        for one in found:
            cases[(_PRESENT, grouping.value, one.group), _N] = one.children
    groups = {grouping.value: [one.group for one in found] for grouping, found in chain.present.items()}
    for relation in _relations(_PRESENT, groups):
        cases.setdefault((relation[0], _N), sum(cases[row, _N] for row in relation[1:]))
        sums.append([(row, _N) for row in relation])
    # Of equal counts the first is withheld: where nothing happened, not the number of cases, which other steps share.
    return protect(counts | cases, sums)


_HAPPENED = (_EVENTS, _OTHERS)


def _relations(name: str, groups: Mapping[str, Sequence[str]]) -> list[list[Row]]:
    """Everyone is the sum of each grouping's groups, and a broad group of its detailed ones; the whole comes first."""
    detailed = groups.get(Grouping.DETAILED.value, ())
    found = [[(name, "", ""), *((name, grouping, group) for group in held)] for grouping, held in groups.items()]
    for wide in groups.get(Grouping.BROAD.value, ()):
        parts = [(name, Grouping.DETAILED.value, code) for code in DETAILED_GROUPS if code in detailed]
        inside = [part for part in parts if broad_group(part[2]) == wide]
        if inside:
            found.append([(name, Grouping.BROAD.value, wide), *inside])
    return [relation for relation in found if len(relation) > 1]


def _base(told: Told, row: Row) -> Row:
    return told.base, row[1], row[2]


def _totals(told: Told) -> tuple[int, int]:
    broad = told.groups[Grouping.BROAD]
    return sum(one.n for one in broad), sum(one.events for one in broad)


# --- numbers ---------------------------------------------------------------------------------------------


def _rate(events: int | Hidden, n: int | Hidden) -> float | None:
    if isinstance(events, Hidden) or isinstance(n, Hidden) or not n or events > n:
        return None
    return round(events / n, _PLACES)


def _named(three: Three | None) -> dict[str, float] | None:
    return None if three is None else dict(zip(("value", "low", "high"), three))


def _three(found: Range | None, places: int | None) -> Three | None:
    """Value and ends, rounded. An end that is not finite leaves no interval worth the name."""
    if found is None:
        return None
    ends = [number(one) if places is None else _rounded(one, places) for one in (found.value, found.low, found.high)]
    if any(end is None for end in ends):
        return None
    return ends[0], ends[1], ends[2]  # type: ignore[return-value]


def _rounded(value: float | None, places: int = 2) -> float | None:
    exact = number(value)
    return None if exact is None else round(exact, places) + 0.0


def _cell(count: int | Hidden) -> int | str:
    return count.value if isinstance(count, Hidden) else count

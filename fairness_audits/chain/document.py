"""The chain as two documents of one shape: exact figures, and what may be shown of them.

In the published one small counts are suppressed and others rounded, so that nothing hidden can be worked out; rates are
taken from the rounded counts, and ratios shown where all counts that they rest on are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairness_audits.chain.as_shown import (
    Pair,
    expected_as_shown,
    known_as_shown,
    presence_as_shown,
    rate_as_shown,
    ratio_as_shown,
    reading_as_shown,
    rest_as_shown,
    share_as_shown,
)
from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared, Range
from fairness_audits.chain.protecting import EVENTS, Elsewhere, N, Shown, Told, children_now, protected
from fairness_audits.chain.steps import LINK_TITLES, Link
from fairness_audits.chain.wording import Three, present_sentence, sentence
from fairness_audits.document import number
from fairness_audits.ethnicity import UNKNOWN, broad_group, label
from fairness_audits.policy import Grouping, SmallNumbers
from store.small_numbers import Hidden

_PLACES = 5
"""Of rates made from counts as shown, which tell no more than those do."""


@dataclass(frozen=True)
class Protection:
    """Counts as they may be shown."""

    counts: Shown
    rules: SmallNumbers

    def cell(self, count: int | Hidden) -> int | str:
        """What stands for a count."""
        return f"<{self.rules.suppress_below}" if count is Hidden.SMALL else count

    def pair(self, told: Told, grouping: str, group: str) -> Pair | None:
        """A group's cases and events; None where one of them is not shown."""
        n, events = self.counts[told.cases(grouping, group)], self.counts[told.events(grouping, group)]
        return None if isinstance(n, Hidden) or isinstance(events, Hidden) else (n, events)


@dataclass(frozen=True)
class Chain:
    """Everything that was found of a run."""

    told: Sequence[Told]
    present: Mapping[Grouping, Sequence[Present]] = field(default_factory=dict)
    further: Mapping[Link, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    """What other documents say of a link: as it stands in the restricted one, and in the published one."""
    not_told: Mapping[Link, str] = field(default_factory=dict)
    """Why there is nothing of a link."""
    elsewhere: Sequence[Elsewhere] = ()
    """What the audits show of the same cases."""


def restricted(chain: Chain, head: Mapping[str, Any]) -> dict[str, Any]:
    """The document with exact figures."""
    return _document(chain, head, None)


def published(chain: Chain, head: Mapping[str, Any], rules: SmallNumbers) -> dict[str, Any]:
    """The document that may be shown."""
    said = {**head, "suppressed_below": rules.suppress_below, "rounded_to": rules.round_to}
    return _document(chain, said, Protection(protected(chain.told, chain.present, rules, chain.elsewhere), rules))


def _document(chain: Chain, head: Mapping[str, Any], shown: Protection | None) -> dict[str, Any]:
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
    return {**head, "links": links}


def _step(told: Told, shown: Protection | None) -> dict[str, Any]:
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
            grouping.value: [_group(told, grouping, one, shown) for one in found if _listed(told, grouping, one, shown)]
            for grouping, found in told.groups.items()
        },
    }


def _listed(told: Told, grouping: Grouping, one: Compared, shown: Protection | None) -> bool:
    """Whether a group is in the table.

    Where cases are another step's events, a group would be missing that had none: so it is where there are few.
    """
    few = shown is not None and shown.counts[told.cases(grouping.value, one.group)] is Hidden.SMALL
    return not (told.after and few)


def _everyone(told: Told, shown: Protection | None) -> dict[str, Any]:
    n: int | Hidden
    events: int | Hidden
    n, events = told.totals()
    if shown is None:
        return {N: n, EVENTS: events, "rate": _rate(events, n)}
    n, events = shown.counts[told.cases()], shown.counts[told.events()]
    return {N: shown.cell(n), EVENTS: shown.cell(events), "rate": _rate(events, n)}


def _group(told: Told, grouping: Grouping, one: Compared, shown: Protection | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"group": one.group, "label": label(one.group)}
    if grouping is Grouping.DETAILED:
        entry["broad"] = broad_group(one.group)
    return entry | (_exact(told, one) if shown is None else _shown(told, grouping, one, shown))


def _exact(told: Told, one: Compared) -> dict[str, Any]:
    ratio = _three(one.ratio, None)
    return {
        N: one.n,
        EVENTS: one.events,
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


def _shown(told: Told, grouping: Grouping, one: Compared, shown: Protection) -> dict[str, Any]:
    at = (grouping.value, one.group)
    own = shown.pair(told, *at)
    if one.n - one.events < shown.rules.suppress_below:
        own = None
    rest = None if own is None else _rest(told, one, shown, own)
    rate = None if own is None else rate_as_shown(own, one)
    at_equal = bool(told.step.held_equal)
    expected = None if own is None else expected_as_shown(own, rest, one, at_equal, shown.rules)
    ratio = None if own is None or rate is None else _three(ratio_as_shown(own, rest, expected, one), 2)
    value = None if rate is None else round(rate.value, _PLACES)
    reading = reading_as_shown(one, shown.rules)
    rest_rate = None if rest is None or rate is None else _rate(rest[1], rest[0])
    return {
        N: shown.cell(shown.counts[told.cases(*at)]),
        EVENTS: shown.cell(shown.counts[told.events(*at)]),
        "rate": _named(_three(rate, _PLACES)),
        "rest_rate": rest_rate,
        "expected": None if ratio is None or not at_equal else expected,
        "ratio": _named(ratio),
        "reading": reading.value,
        "sentence": sentence(told.step, one.group, value, rest_rate, ratio, reading),
    }


def _rest(told: Told, one: Compared, shown: Protection, own: Pair) -> Pair | None:
    def both(*row: str) -> tuple[int | Hidden, int | Hidden]:
        return shown.counts[told.cases(*row)], shown.counts[told.events(*row)]

    broad = {other.group: both(Grouping.BROAD.value, other.group) for other in told.groups[Grouping.BROAD]}
    return rest_as_shown(own, one.group, both(), broad, shown.rules)


def _population(present: Mapping[Grouping, Sequence[Present]], shown: Protection | None) -> dict[str, Any]:
    if not present:
        return {}
    # What shares are of: shown, because everything shown is to follow from what is.
    broad = [one.group for one in present[Grouping.BROAD]]
    everyone: int | Hidden = sum(one.children for one in present[Grouping.BROAD])
    if shown is not None:
        everyone = shown.counts[children_now("", "")]
    return {
        "children": everyone if shown is None else shown.cell(everyone),
        "groupings": {
            grouping.value: [_present(grouping, one, broad, shown) for one in found]
            for grouping, found in present.items()
        },
    }


def _present(grouping: Grouping, one: Present, broad: Sequence[str], shown: Protection | None) -> dict[str, Any]:
    children: int | Hidden = one.children
    share: Range | None = one.share
    ratio, at_most = one.ratio, one.at_most
    if shown is not None:
        children = shown.counts[children_now(grouping.value, one.group)]
        share, ratio, at_most = _present_as_shown(grouping, one, broad, shown)
    places = None if shown is None else 2
    told, times = _three(share, places and _PLACES), _three(ratio, places)
    most = number(at_most) if places is None else _rounded(at_most, places)
    reading = one.reading
    if shown is not None:
        reading = presence_as_shown(one, children, shown.rules)
    return {
        "group": one.group,
        "label": label(one.group),
        "children": children if shown is None else shown.cell(children),
        "share": _named(told),
        "census_share": number(one.census_share),
        "ratio": _named(times),
        "ratio_at_most": most,
        "reading": reading.value,
        "sentence": present_sentence(one.group, told[0] if told else None, one.census_share, times, most, reading),
    }


def _present_as_shown(
    grouping: Grouping, one: Present, broad: Sequence[str], shown: Protection
) -> tuple[Range | None, Range | None, float | None]:
    """Share, ratio to the census and the most that the ratio could be, all of the counts as shown."""
    everyone, children = (shown.counts[children_now(*row)] for row in (("", ""), (grouping.value, one.group)))
    of_group = {group: shown.counts[children_now(Grouping.BROAD.value, group)] for group in broad}
    unknown = of_group.pop(UNKNOWN, 0)
    known = known_as_shown(everyone, 0 if one.group == UNKNOWN else unknown, list(of_group.values()), shown.rules)
    share = None if isinstance(children, Hidden) or known is None else share_as_shown(children, known, one)
    if share is None or one.ratio is None or not one.census_share:
        return share, None, None
    ratio = Range(*(end / one.census_share for end in (share.value, share.low, share.high)))
    if isinstance(unknown, Hidden) or isinstance(everyone, Hidden) or isinstance(children, Hidden) or not everyone:
        return share, ratio, None
    return share, ratio, (children + unknown) / everyone / one.census_share


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

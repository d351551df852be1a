"""The chain as two documents of one shape: exact figures, and what may be shown of them.

In the published one small counts are suppressed and others rounded, so that nothing hidden can be worked out; rates are
taken from the rounded counts, and ratios shown where all counts that they rest on are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared, Range
from fairness_audits.chain.protecting import EVENTS, N, Shown, Told, children_now, protected
from fairness_audits.chain.steps import LINK_TITLES, Link
from fairness_audits.chain.wording import Three, present_sentence, sentence
from fairness_audits.document import REPORTED_CONFIDENCE, number
from fairness_audits.ethnicity import broad_group, label
from fairness_audits.policy import Grouping, SmallNumbers
from fairness_audits.small_numbers import rounded_to
from store.intervals import wilson, z_of
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


def published(chain: Chain, head: Mapping[str, Any], rules: SmallNumbers) -> dict[str, Any]:
    """The document that may be shown."""
    said = {**head, "suppressed_below": rules.suppress_below, "rounded_to": rules.round_to}
    return _document(chain, said, Protection(protected(chain.told, chain.present, rules), rules))


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
            grouping.value: [_group(told, grouping, one, shown) for one in found]
            for grouping, found in told.groups.items()
        },
    }


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
    n, events = shown.counts[told.cases(*at)], shown.counts[told.events(*at)]
    few = one.n - one.events < shown.rules.suppress_below
    rate = None if few or isinstance(n, Hidden) or isinstance(events, Hidden) else _rate_of(events, n, one)
    rest_n, rest_events = (rounded_to(count, shown.rules.round_to) for count in (one.rest_n, one.rest_events))
    rest = None if rate is None else _rate(rest_events, rest_n)
    ratio = None if rate is None else _three(one.ratio, 2)
    value = None if rate is None else rate["value"]
    return {
        N: shown.cell(n),
        EVENTS: shown.cell(events),
        "rate": rate,
        "rest_rate": rest,
        "ratio": _named(ratio),
        "reading": one.reading.value,
        "sentence": sentence(told.step, one.group, value, rest, ratio, one.reading),
    }


def _rate_of(events: int, n: int, one: Compared) -> dict[str, float] | None:
    """The rate of the rounded counts; the evidence behind it so coarse that it tells nothing of the exact ones."""
    if events > n:
        return None
    trials = n * max(round(one.effective / one.n, 1), 0.1)
    low, high = wilson(events / n * trials, trials, z_of(REPORTED_CONFIDENCE))
    return {"value": round(events / n, _PLACES), "low": round(float(low), _PLACES), "high": round(float(high), _PLACES)}


def _population(present: Mapping[Grouping, Sequence[Present]], shown: Protection | None) -> dict[str, Any]:
    if not present:
        return {}
    return {
        "groupings": {
            grouping.value: [_present(grouping, one, shown) for one in found] for grouping, found in present.items()
        }
    }


def _present(grouping: Grouping, one: Present, shown: Protection | None) -> dict[str, Any]:
    children: int | Hidden = one.children
    share, ratio, at_most = _three(one.share, None), _three(one.ratio, None), number(one.at_most)
    if shown is not None:
        children = shown.counts[children_now(grouping.value, one.group)]
        hidden = isinstance(children, Hidden)
        share, ratio = (None if hidden else _three(found, 2) for found in (one.share, one.ratio))
        at_most = None if hidden else _rounded(one.at_most)
    return {
        "group": one.group,
        "label": label(one.group),
        "children": children if shown is None else shown.cell(children),
        "share": _named(share),
        "census_share": number(one.census_share),
        "ratio": _named(ratio),
        "ratio_at_most": at_most,
        "reading": one.reading.value,
        "sentence": present_sentence(
            one.group, share[0] if share else None, one.census_share, ratio, at_most, one.reading
        ),
    }


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

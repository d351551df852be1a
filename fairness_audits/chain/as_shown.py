"""Rates, ratios and shares worked out again from counts as they are shown, for what is published.

A figure of the exact counts, however it is rounded, may leave a suppressed count beside it two numbers to be. So each
is made of shown counts alone. Two things of the exact cases go with them, both too coarse to tell a count: what was to
be expected at equal standing, rounded as a count is; and by how much an interval is wider than that of as many
independent cases, to a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fairness_audits.chain.census import Present
from fairness_audits.chain.comparing import Compared, Range, Reading
from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ethnicity import UNKNOWN
from fairness_audits.policy import SmallNumbers
from fairness_audits.small_numbers import rounded_to
from store.intervals import wilson, z_of
from store.small_numbers import Hidden

_MANY = 20
"""So many times what is small, half a small number more or less is within the rounding."""
Pair = tuple[int, int]
"""Cases, and those with the event."""
Shown = tuple[int | Hidden, int | Hidden]
"""The same where they may not be shown."""


def known_as_shown(
    everyone: int | Hidden, unknown: int | Hidden, groups: Sequence[int | Hidden], rules: SmallNumbers
) -> int | None:
    """How many are of known ethnicity: everyone less those of unknown ethnicity, where that is shown.

    Where it is not, and everyone is very many, a small number is taken for half of what is small, and what is withheld
    for its part of what the ``groups`` of known ethnicity and small numbers leave: either is within the rounding.
    """
    if isinstance(everyone, Hidden):
        return None
    if not isinstance(unknown, Hidden):
        return everyone - unknown
    if everyone < _MANY * rules.suppress_below:
        return None
    half = rules.suppress_below // 2
    if unknown is Hidden.SMALL:
        return everyone - half
    others = [half if count is Hidden.SMALL else count for count in groups]
    withheld = 1 + sum(count is Hidden.SECOND for count in others)
    left = everyone - sum(count for count in others if not isinstance(count, Hidden))
    return everyone - max(left // withheld, rules.suppress_below)


def rest_as_shown(
    own: Pair, group: str, everyone: Shown, broad: Mapping[str, Shown], rules: SmallNumbers
) -> Pair | None:
    """Cases and events of those whom a group is compared with: all others of known ethnicity.

    ``broad`` has each broad group. None where they cannot be told, or have few events.
    """
    found = []
    for place, mine in enumerate(own):
        of_group = {name: shown[place] for name, shown in broad.items()}
        unknown = of_group.pop(UNKNOWN, 0)
        known = known_as_shown(everyone[place], unknown, list(of_group.values()), rules)
        if known is None:
            return None
        found.append(max(known - (0 if group == UNKNOWN else mine), 0))
    return None if found[1] < rules.suppress_below else (found[0], found[1])


def rate_as_shown(own: Pair, one: Compared) -> Range | None:
    """A group's rate with its interval."""
    n, events = own
    if not 0 <= events <= n or not n:
        return None
    trials = n * _coarse(one.effective / one.n)
    low, high = wilson(events / n * trials, trials, z_of(REPORTED_CONFIDENCE))
    return Range(events / n, float(low), float(high))


def expected_as_shown(own: Pair, rest: Pair | None, one: Compared, at_equal: bool, rules: SmallNumbers) -> float | None:
    """The events that the group would have, were it as the rest: at equal standing, or by the rest's rate alone."""
    if one.ratio is None or not one.ratio.value:
        return None
    if at_equal:
        expected = rounded_to(round(one.events / one.ratio.value), rules.round_to)
        return float(expected) if expected >= rules.suppress_below else None
    if rest is None or not 0 < rest[1] <= rest[0]:
        return None
    return own[0] * rest[1] / rest[0]


def ratio_as_shown(own: Pair, rest: Pair | None, expected: float | None, one: Compared) -> Range | None:
    """The ratio of the group's events to those expected, with an interval about as wide as the exact one's."""
    if rest is None or not expected or one.ratio is None or not 0 < one.ratio.low < one.ratio.high < math.inf:
        return None
    plain = _log_error((one.n, one.events), (one.rest_n, one.rest_events))
    as_shown = _log_error(own, rest)
    if not plain or not as_shown:
        return None
    z = z_of(REPORTED_CONFIDENCE)
    wider = _coarse(math.log(one.ratio.high / one.ratio.low) / (2 * z * plain))
    reach = math.exp(z * wider * as_shown)
    ratio = own[1] / expected
    return Range(ratio, ratio / reach, ratio * reach)


def reading_as_shown(one: Compared, rules: SmallNumbers) -> Reading:
    """What may be said of a group beside figures as shown.

    Where few have the event, or few have it not, 'lower' or 'higher' is said only if it would be of the largest number
    that is suppressed: then it is said of every smaller one, and tells nothing of which it is.
    """
    if one.events < rules.suppress_below:
        return Reading.LOWER if _fewer_whatever(one, one.expected, one.rest_events, rules) else Reading.CANNOT_TELL
    if one.n - one.events < rules.suppress_below:
        would = None if one.expected is None else one.n - one.expected
        rest = one.rest_n - one.rest_events
        return Reading.HIGHER if _fewer_whatever(one, would, rest, rules) else Reading.CANNOT_TELL
    return one.reading


def _fewer_whatever(one: Compared, expected: float | None, of_rest: int, rules: SmallNumbers) -> bool:
    """Whether the largest suppressed number would be shown to be fewer than ``expected``."""
    most = rules.suppress_below - 1
    error = _log_error((one.n, most), (one.rest_n, of_rest))
    if error is None or not expected:
        return False
    reach = one.wide * error * math.sqrt(max(one.n / one.effective, 1.0))
    return math.log(most / expected) + reach < 0


def presence_as_shown(one: Present, children: int | Hidden, rules: SmallNumbers) -> Reading:
    """What may be said of a group's share beside the census: the same rule, of children as they are shown."""
    if not isinstance(children, Hidden):
        return one.reading
    if children is not Hidden.SMALL or not one.census_share:
        return Reading.CANNOT_TELL
    trials = one.known * one.worth
    _, high = wilson((rules.suppress_below - 1) * one.worth, trials, one.wide)
    return Reading.LOWER if float(high) < one.census_share else Reading.CANNOT_TELL


def share_as_shown(children: int, known: int, one: Present) -> Range | None:
    """A group's share of the children whose ethnicity is known."""
    if not 0 <= children <= known or not known:
        return None
    worth = _coarse(one.worth)
    low, high = wilson(children * worth, known * worth, z_of(REPORTED_CONFIDENCE))
    return Range(children / known, float(low), float(high))


def _log_error(own: Pair, rest: Pair) -> float | None:
    """Standard error of the logarithm of two rates' ratio, were all cases independent (Katz and others 1978)."""
    if not 0 < own[1] <= own[0] or not 0 < rest[1] <= rest[0]:
        return None
    return math.sqrt(1 / own[1] - 1 / own[0] + 1 / rest[1] - 1 / rest[0])


def _coarse(worth: float) -> float:
    return max(round(worth, 1), 0.1)

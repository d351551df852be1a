"""What may be shown of how many the lists miss: protected counts, and what follows from them alone.

The counts of those read and of those who would be offered help add up over the groups, and with those who would not;
so they are protected together. Shares and numbers are worked out again from the counts as shown. Where fewer would be
offered help than may be shown, the upper end is that of the largest number that is not: it is the same for every
smaller one, and tells nothing of which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairness_audits.chain.missed import EVERYONE, FIELD, METHOD, Estimate, exact_interval
from fairness_audits.ethnicity import label
from fairness_audits.policy import SmallNumbers
from fairness_audits.small_numbers import Cell, Tables, protect_tables
from store.small_numbers import Hidden

Three = dict[str, float]
_ENDS = ("value", "low", "high")
_PLACES = 5
"""Of shares made from counts as shown, which tell no more than those do."""
_READ, _FOUND, _OTHERS = "read", "found", "others"
METHOD_SHOWN = (
    f"{METHOD} In what is shown all of it is worked out from the counts as shown, as if every list had as many cases "
    "below the line as all have on average."
)


def protected_entries(
    found: Mapping[str, Mapping[str, Estimate]], titles: Mapping[str, str], rules: SmallNumbers
) -> dict[str, Any]:
    """The estimates of each target as they may be shown. ``titles`` are the targets'."""
    return {
        FIELD: {
            "method": METHOD_SHOWN,
            "targets": [_target(target, titles.get(target, target), found[target], rules) for target in found],
        }
    }


def _target(target: str, title: str, estimates: Mapping[str, Estimate], rules: SmallNumbers) -> dict[str, Any]:
    everyone = estimates[""]
    counts = protect_tables(_tables(estimates), rules)
    of_a_list = everyone.below_the_line / everyone.lists
    read = counts[_cell(_READ, "")]
    return {
        "target": target,
        "title": title,
        "lists": everyone.lists,
        "below_the_line": _coarse(of_a_list),
        "groups": [
            _group(group, counts[_cell(_READ, group)], counts[_cell(_FOUND, group)], read, of_a_list, rules)
            for group in estimates
        ],
    }


def _tables(estimates: Mapping[str, Estimate]) -> Tables:
    counts: dict[Cell, int] = {}
    sums: list[list[Cell]] = []
    for group, one in estimates.items():
        read, would, others = (_cell(what, group) for what in (_READ, _FOUND, _OTHERS))
        counts |= {read: one.of_group, would: one.found, others: one.of_group - one.found}
        sums.append([read, would, others])
    groups = [group for group in estimates if group]
    sums += [[_cell(what, ""), *(_cell(what, group) for group in groups)] for what in (_READ, _FOUND)]
    # How many are drawn stands in the policy and in the transparency record.
    return Tables(
        counts, sums, frozenset(_cell(_OTHERS, group) for group in estimates), known=frozenset({_cell(_READ, "")})
    )


def _group(
    group: str,
    read: int | Hidden,
    would: int | Hidden,
    all_read: int | Hidden,
    of_a_list: float,
    rules: SmallNumbers,
) -> dict[str, Any]:
    share = missed = at_most = None
    if not isinstance(read, Hidden) and not isinstance(all_read, Hidden) and 0 < read <= all_read:
        if isinstance(would, Hidden):
            most = min(rules.suppress_below - 1, all_read)
            upper = exact_interval(most, all_read)[1]
            at_most = _coarse(of_a_list * upper) if would is Hidden.SMALL else None
        elif would <= read:
            share = _rounded(would, read)
            missed = {name: float(_coarse(of_a_list * end)) for name, end in _ends(would, all_read).items()}
    name = label(group) if group else "Everyone"
    return {
        "group": group or EVERYONE,
        "label": name,
        "read": _shown(read, rules),
        "found": _shown(would, rules),
        "share": share,
        "missed": missed,
        "at_most": at_most,
        "sentence": _sentence(name, share, missed, at_most, rules),
    }


def _sentence(name: str, share: Three | None, missed: Three | None, at_most: int | None, rules: SmallNumbers) -> str:
    if share is not None and missed is not None:
        low, high = (_percent(share[end]) for end in ("low", "high"))
        return (
            f"{name}: {_percent(share['value'])} of those read would be offered help (95% interval {low} to {high}). "
            f"That is about {missed['value']:,.0f} of those below the line of a list ({missed['low']:,.0f} to "
            f"{missed['high']:,.0f})."
        )
    if at_most is not None:
        return (
            f"{name}: fewer than {rules.suppress_below} of those read would be offered help. That is probably no more "
            f"than {at_most:,} of those below the line of a list."
        )
    return f"{name}: too few were read, or the figures are withheld. It cannot be told yet."


def _cell(what: str, group: str) -> Cell:
    return (what, group), "count"


def _shown(count: int | Hidden, rules: SmallNumbers) -> int | str:
    return f"<{rules.suppress_below}" if count is Hidden.SMALL else count


def _ends(would: int, read: int) -> Three:
    low, high = exact_interval(would, read)
    return dict(zip(_ENDS, (would / read, low, high)))


def _rounded(would: int, read: int) -> Three:
    return {name: round(end, _PLACES) for name, end in _ends(would, read).items()}


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _coarse(value: float) -> int:
    """To two figures: more would be said than is known."""
    return round(float(f"{value:.1e}"))

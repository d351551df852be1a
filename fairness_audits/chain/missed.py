"""How many below the line a panel would offer help to, from cases that were drawn from there by lot.

From each list's cases below the line some are drawn at random and put among the others, so that whoever decides does
not know which they are. Each of m read, of N that were below the line, stands for N/m (Horvitz and Thompson 1952,
Journal of the American Statistical Association 47: 663-685; cases drawn and not read are taken for not read by
chance). Lists are added up. The interval is Clopper and Pearson's on the effective number of cases read, as Korn and
Graubard (1998, Survey Methodology 24: 193-201) have it for surveys in which few or none are found; that number is
Kish's, (sum of weights)^2 / sum of squared weights (1965, Survey Sampling). Wilson's held .89 where it claimed .95.
That the draw is without replacement is left out: the sample is a small part of those below the line.

Missed here is whom the panel chose to offer help: those already known are being helped, and the list passed them over
rightly or not without harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import beta

from fairness_audits.chain.comparing import Range
from fairness_audits.chain.decisions import Choice
from fairness_audits.document import REPORTED_CONFIDENCE, number
from fairness_audits.ethnicity import BROAD_GROUPS, broad_group, label

FIELD = "missed_below_the_line"
EVERYONE = "everyone"
METHOD = (
    "Cases drawn by lot from below the line, each standing for as many as there are below the line for one that was "
    "read (Horvitz and Thompson), lists added up; intervals are Clopper and Pearson's on Kish's effective number of "
    "cases read."
)


@dataclass(frozen=True)
class Drawn:
    """The cases read that were drawn from below one list's line."""

    below_the_line: int
    found: Sequence[bool]
    """Whether the panel would offer help, case by case."""


@dataclass(frozen=True)
class Estimate:
    """How many below the line, of all lists together, the panel would offer help to."""

    read: int
    """Cases read of everybody drawn."""
    found: int
    below_the_line: int
    missed: Range
    lists: int
    of_group: int
    """Cases read of the group that the estimate is about."""


def missed(drawn: Sequence[Drawn], of_group: int | None = None) -> Estimate | None:
    """The estimate over lists; None where none has a case that was read.

    Of a group, ``found`` says of every case that was read whether it is of the group and would be offered help, and
    ``of_group`` how many of those read are of it.
    """
    read = [one for one in drawn if one.found]
    if not read:
        return None
    whole = sum(one.below_the_line for one in read)
    weights = [(one.below_the_line / len(one.found), one) for one in read]
    total = sum(weight * sum(one.found) for weight, one in weights)
    effective = whole**2 / sum(weight**2 * len(one.found) for weight, one in weights)
    share = min(total / whole, 1.0)
    low, high = exact_interval(share * effective, effective)
    among = Range(whole * share, whole * low, whole * high)
    number_read = sum(len(one.found) for one in read)
    found = sum(sum(one.found) for one in read)
    return Estimate(number_read, found, whole, among, len(read), number_read if of_group is None else of_group)


def exact_interval(found: float, read: float) -> tuple[float, float]:
    """Clopper and Pearson's interval; neither number need be whole."""
    tail = (1 - REPORTED_CONFIDENCE) / 2
    low = float(beta.ppf(tail, found, read - found + 1)) if found > 0 else 0.0
    high = float(beta.ppf(1 - tail, found + 1, read - found)) if found < read else 1.0
    return low, high


def missed_by_group(decisions: pa.Table, groups: Sequence[str]) -> dict[str, Estimate]:
    """The estimate of everyone, by the name '', and of each broad group of a case that was read.

    ``groups`` has the detailed group of each of the ``decisions``. Groups' estimates add up to everyone's.
    """
    lists: dict[tuple[Any, Any], list[tuple[bool, str]]] = {}
    below: dict[tuple[Any, Any], int] = {}
    for row, group in zip(
        decisions.select(["target", "as_of", "decision", "in_sample", "drawn_from"]).to_pylist(), groups
    ):
        if row["in_sample"] and row["drawn_from"]:
            key = row["target"], row["as_of"]
            lists.setdefault(key, []).append((row["decision"] == Choice.OFFER.value, broad_group(group)))
            below[key] = row["drawn_from"]
    here = {group for cases in lists.values() for _, group in cases}
    found = {"": missed([Drawn(below[key], [offered for offered, _ in cases]) for key, cases in lists.items()])}
    for group in (one for one in BROAD_GROUPS if one in here):
        mine = [Drawn(below[key], [offered and of == group for offered, of in cases]) for key, cases in lists.items()]
        found[group] = missed(mine, sum(of == group for cases in lists.values() for _, of in cases))
    return {group: estimate for group, estimate in found.items() if estimate is not None}


def missed_by_target(decisions: pa.Table, groups: Sequence[str]) -> dict[str, dict[str, Estimate]]:
    """`missed_by_group` of each target that has a drawn case which was read: families and children are not added up.

    ``groups`` has the detailed group of each of the ``decisions``.
    """
    found = {}
    for target in sorted(set(decisions["target"].to_pylist())):
        mine = np.array(decisions["target"].to_pylist(), dtype=object) == target
        estimates = missed_by_group(
            decisions.filter(pa.array(mine)), [one for one, is_mine in zip(groups, mine) if is_mine]
        )
        if estimates:
            found[target] = estimates
    return found


def entries(found: Mapping[str, Mapping[str, Estimate]], titles: Mapping[str, str]) -> dict[str, Any]:
    """The estimates of each target as they stand in the restricted document. ``titles`` are the targets'."""
    return {
        FIELD: {
            "method": METHOD,
            "targets": [
                {
                    "target": target,
                    "title": titles.get(target, target),
                    "lists": estimates[""].lists,
                    "groups": [_entry(group, one) for group, one in estimates.items()],
                }
                for target, estimates in found.items()
            ],
        }
    }


def _entry(group: str, one: Estimate) -> dict[str, Any]:
    return {
        "group": group or EVERYONE,
        "label": label(group) if group else "Everyone",
        "read": one.of_group,
        "found": one.found,
        "below_the_line": one.below_the_line,
        "missed": {name: number(getattr(one.missed, name)) for name in ("value", "low", "high")},
    }

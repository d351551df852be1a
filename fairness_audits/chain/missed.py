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

import pyarrow as pa
from scipy.stats import beta

from fairness_audits.chain.comparing import Range
from fairness_audits.chain.decisions import Choice
from fairness_audits.document import REPORTED_CONFIDENCE, number
from fairness_audits.ethnicity import BROAD_GROUPS, broad_group
from fairness_audits.policy import SmallNumbers
from fairness_audits.small_numbers import rounded_to

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
    found: int
    below_the_line: int
    missed: Range


def missed(drawn: Sequence[Drawn]) -> Estimate | None:
    """The estimate over lists; None where none has a case that was read."""
    read = [one for one in drawn if one.found]
    if not read:
        return None
    whole = sum(one.below_the_line for one in read)
    weights = [(one.below_the_line / len(one.found), one) for one in read]
    total = sum(weight * sum(one.found) for weight, one in weights)
    effective = whole**2 / sum(weight**2 * len(one.found) for weight, one in weights)
    share = min(total / whole, 1.0)
    low, high = _exact(share * effective, effective)
    among = Range(whole * share, whole * low, whole * high)
    return Estimate(sum(len(one.found) for one in read), sum(sum(one.found) for one in read), whole, among)


def _exact(found: float, read: float) -> tuple[float, float]:
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
        found[group] = missed(mine)
    return {group: estimate for group, estimate in found.items() if estimate is not None}


def entries(found: Mapping[str, Estimate]) -> dict[str, Any]:
    """The estimates as they stand in the restricted document."""
    told = {
        group or "everyone": {
            "read": one.read,
            "found": one.found,
            "below_the_line": one.below_the_line,
            "missed": {name: number(getattr(one.missed, name)) for name in ("value", "low", "high")},
        }
        for group, one in found.items()
    }
    return {"missed_below_the_line": {"method": METHOD, "groups": told}} if told else {}


def protected_entries(found: Mapping[str, Estimate], rules: SmallNumbers) -> dict[str, Any]:
    """As they may be shown: everyone's alone, coarsely, and only where enough were found for it to tell of nobody."""
    everyone = found.get("")
    if everyone is None:
        return {}
    shown: dict[str, Any] | None = None
    if everyone.found >= rules.suppress_below:
        ends = {name: _coarse(getattr(everyone.missed, name)) for name in ("value", "low", "high")}
        shown = {"read": rounded_to(everyone.read, rules.round_to), "missed": ends}
    return {"missed_below_the_line": {"method": METHOD, "groups": {"everyone": shown}}}


def _coarse(value: float) -> int:
    """To two figures, so that the exact count found cannot be worked back."""
    whole = round(value)
    return int(float(f"{whole:.1e}")) if whole else 0

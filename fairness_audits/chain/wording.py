"""What a step found of a group, in a plain sentence."""

from __future__ import annotations

from fairness_audits.chain.comparing import ALIKE, Reading
from fairness_audits.chain.steps import Link, Step
from fairness_audits.ethnicity import UNKNOWN, label

READINGS: dict[Reading, str] = {
    Reading.HIGHER: "More often than the others",
    Reading.LOWER: "Less often than the others",
    Reading.ALIKE: f"About as often as the others, shown to be within {ALIKE:g} times and its inverse",
    Reading.CANNOT_TELL: "Cannot tell: it may be chance, and may hide a difference",
}
PRESENT_READINGS: dict[Reading, str] = {
    Reading.HIGHER: "More than by the census",
    Reading.LOWER: "Fewer than by the census",
    Reading.ALIKE: f"About as by the census, shown to be within {ALIKE:g} times and its inverse",
    Reading.CANNOT_TELL: READINGS[Reading.CANNOT_TELL],
}

_EVIDENCE = "With as much in evidence of both"
_EQUAL = {Link.RECORDING: "Children and adults taken apart"}
_THOUSANDTHS, _ONE_PLACE = 0.01, 0.1

Three = tuple[float, float, float]
"""A value and the ends of its interval."""


def sentence(
    step: Step, group: str, rate: float | None, rest: float | None, ratio: Three | None, reading: Reading
) -> str:
    """One group at one step; figures that are not shown are left out, and it is said that they are."""
    if rate is None:
        return f"{label(group)}: the figures are withheld. {READINGS[reading]}."
    told = f"{label(group)}: {_percent(rate)} {step.did}"
    if rest is None:
        return f"{told}. {READINGS[reading]}."
    told += f", against {_percent(rest)} of {'those of known ethnicity' if group == UNKNOWN else 'the others'}"
    if ratio is not None:
        times = f"{ratio[0]:.2f} times as often (95% interval {ratio[1]:.2f} to {ratio[2]:.2f})"
        told += f". {_EQUAL.get(step.link, _EVIDENCE)}, {times}" if step.held_equal else f": {times}"
    return f"{told}. {READINGS[reading]}."


def present_sentence(
    group: str,
    share: float | None,
    census_share: float | None,
    ratio: Three | None,
    at_most: float | None,
    reading: Reading,
) -> str:
    """One group among the children in the data."""
    if share is None:
        return f"{label(group)}: the figures are withheld. {PRESENT_READINGS[reading]}."
    if group == UNKNOWN:
        return f"Of all children in families, {_percent(share)} are of unknown ethnicity."
    told = f"{label(group)}: {_percent(share)} of the children in families whose ethnicity is known"
    if census_share is None or ratio is None:
        return f"{told}. The council's numbers of the census do not tell this group apart."
    told += (
        f", {_percent(census_share)} of the census's; {ratio[0]:.2f} times (95% interval {ratio[1]:.2f} to "
        f"{ratio[2]:.2f}). {PRESENT_READINGS[reading]}"
    )
    if reading is Reading.LOWER and at_most is not None:
        still = "and would be" if at_most < 1 else "which they need not be"
        told += f", {still} if every child of unknown ethnicity were of this group"
    return f"{told}."


def _percent(share: float) -> str:
    """A share as people read it: small ones in thousandths."""
    if share < _THOUSANDTHS and share > 0:
        return f"{1000 * share:.2g} in 1,000"
    return f"{100 * share:.2g}%" if share < _ONE_PLACE else f"{100 * share:.0f}%"

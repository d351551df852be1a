"""Words that several subjects share."""

from __future__ import annotations

_PERIODS = {28: "4 weeks", 91: "3 months", 182: "6 months", 365: "12 months", 730: "2 years"}


def period(days: int) -> str:
    """A window in words: 182 is '6 months'."""
    return _PERIODS.get(days, f"{days} days")

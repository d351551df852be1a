"""Numbers, dates and verdicts in plain British English.

Every figure a page shows passes through here, so that the same figure always reads the same. Rates are
proportions between 0 and 1; nothing here rounds a small number into a certainty (no "0%" and no "100%" unless
it is exact).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

MISSING = "not known"
_NICE_DENOMINATORS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500)
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count(number: int | None) -> str:
    """A whole number with thousands separated: ``12,345``."""
    return MISSING if number is None else f"{number:,}"


def counted(number: int | None, one: str, many: str) -> str:
    """A number with its noun: ``no families``, ``one family``, ``12 families``."""
    if number is None:
        return f"an unknown number of {many}"
    figure = _WORDS[number] if 0 <= number < len(_WORDS) else count(number)
    return f"{figure} {one if number == 1 else many}"


def share(rate: float | None) -> str:
    """A rate as a percentage: whole above 10%, else to one decimal, never rounded to a false 0% or 100%."""
    if rate is None:
        return MISSING
    percent = rate * 100
    if 0 < percent < 0.1:
        return "under 0.1%"
    if 99.5 < percent < 100:
        return "over 99%"
    figure = f"{percent:.1f}" if percent < 9.95 else f"{percent:.0f}"
    return f"{figure.removesuffix('.0')}%"


def between(low: float | None, high: float | None) -> str:
    """An interval of rates: ``between 8% and 15%``."""
    if low is None or high is None:
        return "interval not known"
    first, last = share(low), share(high)
    return f"about {first}" if first == last else f"between {first} and {last}"


def number(value: float | None) -> str:
    """A quantity to at most two significant decimals: ``3.2``, ``14``, ``1,250``."""
    if value is None:
        return MISSING
    if abs(value) >= 10 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"


def one_in(rate: float | None) -> str:
    """A rate as people say it: ``about 1 in 8``; above a half ``about 7 in 10``.

    The rate is matched to the nearest fraction of a short list, hence always "about", save for none and all.
    """
    if rate is None:
        return MISSING
    if rate <= 0:
        return "none"
    if rate >= 1:
        return "all"
    if rate > 0.36:
        return _in_ten(rate)
    denominator = min(_NICE_DENOMINATORS, key=lambda size: abs(1 / size - rate))
    if rate < 1 / _NICE_DENOMINATORS[-1]:
        return f"fewer than 1 in {_NICE_DENOMINATORS[-1]}"
    return f"about 1 in {denominator}"


def others(rate: float | None) -> str:
    """The rest of `one_in`, in the same words: beside ``about 1 in 8`` goes ``about 7 in 8``."""
    said = one_in(rate)
    if rate is None or rate <= 0 or rate >= 1 or rate > 0.36 or said.startswith("fewer"):
        return one_in(None if rate is None else 1 - rate)
    denominator = int(said.rpartition(" ")[2])
    return f"about {denominator - 1} in {denominator}"


def fewer_than(rate: float) -> str:
    """A rate known only to be under ``rate``: ``fewer than 1 in 9``. Never says less than is known."""
    if rate >= 1:
        return "not all"
    if rate > 0.5:
        return f"fewer than {math.ceil(rate * 10)} in 10"
    return f"fewer than 1 in {math.floor(1 / rate)}"


def _in_ten(rate: float) -> str:
    tenths = round(rate * 10)
    if tenths == 10:
        return "more than 9 in 10"
    return "about half" if tenths == 5 else f"about {tenths} in 10"


def day(date: dt.date | str | None) -> str:
    """A date in words: ``1 July 2026``. Text must be in ISO form."""
    if date is None:
        return MISSING
    when = dt.date.fromisoformat(date[:10]) if isinstance(date, str) else date
    return f"{when.day} {when:%B %Y}"


def month(date: dt.date | None) -> str:
    """The month of a date in words: ``July 2026``."""
    return MISSING if date is None else f"{date:%B %Y}"


def days(dates: Sequence[dt.date | str]) -> str:
    """Several dates in words: ``1 July 2026 and 1 October 2026``."""
    return listed([day(date) for date in dates])


def listed(parts: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    stripped = text.strip()
    if not stripped:
        return ""
    closed = stripped if stripped[-1] in ".?!" else stripped + "."
    return closed[0].upper() + closed[1:]


def spaced(name: str) -> str:
    """A code name as words: ``under_the_radar`` becomes ``Under the radar``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def fingerprint(digest: str) -> str:
    """A hash in groups of eight digits, so that two of them can be compared by eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))

"""What the cells of a column look like, from a sample: shapes, date formats, how many different ones.

Profiles hold counts and, for a column of few values that each many rows have, those values; nothing else of a cell
is kept.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sources.codes.attendance import REGISTER_CODES
from sources.codes.ethnicity import ETHNICITY_CODES
from sources.config import EXCEL_SERIAL
from sources.suggestions.headers import words

MOST_ROWS = 20_000
MOST_DISTINCT_LOOKED_AT = 1_000
MISSING_WORDS = ("null", "(null)", "n/a", "#n/a", "-", "--", ".", "?", "not recorded")
"""Words for nothing, in small letters. Na, Nil and None are left out: people are called so."""
CATEGORICAL_VALUES = 40
"""A column with more different values is no list of codes."""
ROWS_A_VALUE = 5
"""A value of fewer sampled rows is never written out: it may be about one person."""
_MOST_OF = 0.9
"""Share of cells that must have a shape for the column to have it."""


class Shape(StrEnum):
    """What the cells of a column look like."""

    DATE = "date"
    UPN = "upn"
    NINO = "nino"
    UPRN = "uprn"
    POSTCODE = "postcode"
    EMAIL = "email"
    PHONE = "phone"
    SEX = "sex"
    ETHNICITY = "ethnicity"
    MARK = "mark"
    SESSION = "session"
    FLAG = "flag"
    MONEY = "money"
    WHOLE = "whole"
    IDENTIFIER = "identifier"
    NAME = "name"
    TEXT = "text"


_MARKS = {code.code.upper() for code in REGISTER_CODES}
_PATTERNS: tuple[tuple[Shape, re.Pattern[str]], ...] = tuple(
    (shape, re.compile(pattern, re.IGNORECASE))
    for shape, pattern in (
        (Shape.UPN, r"[A-Z]\d{11}[0-9A-Z]"),
        (Shape.NINO, r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]( ?\d\d){3} ?[A-D]"),
        (Shape.UPRN, r"0*[1-9]\d{3,11}(\.0+)?"),
        (Shape.POSTCODE, r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}"),
        (Shape.EMAIL, r"\S+@\S+"),
        (Shape.PHONE, r"(\+44|0)[\d\s()-]{8,16}"),
        (Shape.SEX, r"m|f|u|male|female|unknown|not known|indeterminate|[0129]"),
        (Shape.SESSION, r"[AP]\.?M\.?"),
        (Shape.FLAG, r"y|n|yes|no|true|false|t|f|0|1"),
        (Shape.MONEY, r"[-+(]?£?[-+]?\d{1,3}(,?\d{3})*(\.\d{1,4})?\)?\s*(cr|dr|-)?"),
        (Shape.WHOLE, r"[-+]?\d{1,9}(\.0+)?"),
        (Shape.IDENTIFIER, r"(?=.*\d)[A-Z0-9][A-Z0-9/_.|-]{0,24}"),
        (Shape.NAME, r"[^\W\d_][^\d_@/\\:;]*"),
    )
)
_TIME = re.compile(
    r"[\sT]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?m\.?)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)?$", re.IGNORECASE
)
_FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern))
    for form, pattern in (
        ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
        ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
        ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
        ("%d/%m/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
        ("%m/%d/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
        ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
        ("%d-%m-%y", r"\d{1,2}-\d{1,2}-\d{2}"),
        ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
        ("%d.%m.%y", r"\d{1,2}\.\d{1,2}\.\d{2}"),
        ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
        ("%d-%b-%Y", r"\d{1,2}-[A-Za-z]{3}-\d{4}"),
        ("%d-%b-%y", r"\d{1,2}-[A-Za-z]{3}-\d{2}"),
        ("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}"),
        ("%d %b %y", r"\d{1,2} [A-Za-z]{3} \d{2}"),
        ("%d/%b/%Y", r"\d{1,2}/[A-Za-z]{3}/\d{4}"),
        ("%d %B %Y", r"\d{1,2} [A-Za-z]{3,9} \d{4}"),
        ("%B %d, %Y", r"[A-Za-z]{3,9} \d{1,2}, \d{4}"),
        ("%b %d %Y", r"[A-Za-z]{3} {1,2}\d{1,2} \d{4}"),
        ("%Y%m%d", r"(19|20)\d{6}"),
        ("%d%m%Y", r"\d{4}(19|20)\d{2}"),
    )
)
_MONTH_FIRST = {"%m/%d/%Y": "%d/%m/%Y", "%m/%d/%y": "%d/%m/%y"}
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")
_YEARS = range(1890, 2100)


@dataclass(frozen=True)
class Profile:
    """One column of the sample. Shares are of the cells that hold something."""

    name: str
    rows: int
    filled: int
    distinct: int
    shares: dict[Shape, float]
    dates: tuple[str, ...]
    """Date formats that together read the column, the commonest first; empty where it holds no dates."""
    either_way: bool
    """Whether its days could be months as well."""
    missing: tuple[str, ...]
    """Words for nothing that were met, as written."""
    values: tuple[str, ...]
    """The values that many rows have, where the column is plainly a list of codes."""
    rarer: int
    """How many further values such a column has."""
    separators: frozenset[str] = frozenset()
    """Marks between several values of a cell that were met."""

    def share(self, shape: Shape) -> float:
        return self.shares.get(shape, 0.0)

    def looks(self, shape: Shape) -> bool:
        """Whether nearly all cells have the shape; a column without cells looks like nothing."""
        return self.filled > 0 and (bool(self.dates) if shape is Shape.DATE else self.share(shape) >= _MOST_OF)


def profile(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Profile, ...]:
    """A profile of each column, from at most MOST_ROWS rows spread over those given."""
    step = max(1, -(-len(rows) // MOST_ROWS))
    chosen = rows[::step]
    return tuple(_column(name, [row[place] for row in chosen]) for place, name in enumerate(header))


def distinct_share(rows: Sequence[Sequence[str]], places: Sequence[int]) -> float:
    """The share of rows that several columns together tell apart; rows with one of them blank count as not."""
    chosen = rows[:MOST_ROWS]
    keys = {key for row in chosen if all(key := tuple(row[place] for place in places))}
    return len(keys) / len(chosen) if chosen else 0.0


def _column(name: str, cells: list[str]) -> Profile:
    counts = Counter(cells)
    counts.pop("", None)
    of_names = bool({"forename", "surname", "name"} & set(words(name)))
    missing = () if of_names else tuple(sorted(value for value in counts if value.lower() in MISSING_WORDS))
    for word in missing:
        del counts[word]
    filled = sum(counts.values())
    looked_at = dict(counts.most_common(MOST_DISTINCT_LOOKED_AT))
    total = sum(looked_at.values())
    shares = {shape: number / total for shape, number in _shapes(looked_at).items()} if total else {}
    dates, either_way = date_formats(looked_at)
    values, rarer = _values(counts, filled, shares, dates)
    separators = frozenset(mark for mark in ";,|/" if any(mark in value for value in looked_at))
    return Profile(name, len(cells), filled, len(counts), shares, dates, either_way, missing, values, rarer, separators)


def _shapes(counts: dict[str, int]) -> Counter[Shape]:
    found: Counter[Shape] = Counter()
    for value, number in counts.items():
        for shape, pattern in _PATTERNS:
            if pattern.fullmatch(value):
                found[shape] += number
        found[Shape.ETHNICITY] += number * (value.upper() in ETHNICITY_CODES)
        found[Shape.MARK] += number * (value.upper() in _MARKS)
        found[Shape.TEXT] += number
    return found


def date_formats(counts: dict[str, int]) -> tuple[tuple[str, ...], bool]:
    """The fewest formats that read nearly all the cells, and whether their days could as well be months.

    Where day and month could change places, the day comes first, as is usual in Britain.
    """
    total = sum(counts.values())
    bare = Counter[str]()
    for value, number in counts.items():
        bare[_TIME.sub("", value)] += number
    read = {form: {value for value in bare if _reads(form, pattern, value)} for form, pattern in _FORMATS}
    left = set(bare)
    chosen: list[str] = []
    covered = 0
    while left and covered < 0.999 * total:
        best = max(read, key=lambda form: sum(bare[value] for value in read[form] & left))
        gained = sum(bare[value] for value in read[best] & left)
        if gained < 0.01 * total:
            break
        chosen.append(best)
        covered += gained
        left -= read[best]
    if chosen and covered < 0.97 * total:
        serial = sum(bare[value] for value in left if _SERIAL.fullmatch(value))
        chosen, covered = ([*chosen, EXCEL_SERIAL], covered + serial) if serial > 0.005 * total else (chosen, covered)
    if not chosen or covered < 0.9 * total:
        return (), False
    if "%d/%m/%Y" in chosen or "%d/%m/%y" in chosen:
        # The other way round reads only what the first cannot: a stray, not a format.
        chosen = [form for form in chosen if form not in _MONTH_FIRST]
    swapped = {first: second for second, first in _MONTH_FIRST.items()}
    either_way = any(form in swapped and read[form] <= read[swapped[form]] for form in chosen)
    return tuple(chosen), either_way


def _reads(form: str, pattern: re.Pattern[str], value: str) -> bool:
    if not pattern.fullmatch(value):
        return False
    try:
        return dt.datetime.strptime(value, form).year in _YEARS
    except ValueError:
        return False


def _values(
    counts: Counter[str], filled: int, shares: dict[Shape, float], dates: tuple[str, ...]
) -> tuple[tuple[str, ...], int]:
    """The values to write out, and how many are not, of a column that is plainly a list of codes."""
    personal = any(shares.get(shape, 0) > 0.01 for shape in (Shape.EMAIL, Shape.NINO, Shape.UPN, Shape.POSTCODE))
    if dates or personal or not counts or len(counts) > CATEGORICAL_VALUES or len(counts) > filled / ROWS_A_VALUE:
        return (), 0
    shown = sorted(value for value, number in counts.items() if number >= ROWS_A_VALUE and len(value) <= 60)
    return tuple(shown), len(counts) - len(shown)

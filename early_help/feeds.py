"""Whether a quarter's extracts came whole: nothing is retrained on a feed that broke.

Judged from the data-quality documents of this run and of the quarter before, which hold no small number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from models.thresholds import RetrainingConfig

_QUARTER_MONTHS = 3
_MISSED = 2
_YEAR = 12
_CUSTOMARY = RetrainingConfig()


def broken_feeds(
    quality: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    as_of: dt.date,
    thresholds: RetrainingConfig = _CUSTOMARY,
) -> tuple[list[str], list[str]]:
    """What is wrong with the feeds, in sentences, and what is only to be told. ``before`` is the last quarter's."""
    missing, retired = _missing_periods(quality, as_of, thresholds.known_gap_months)
    if before is None:
        return missing, retired
    fallen = _fallen(_rows(quality), _rows(before), thresholds.rows_fell_to)
    return [*missing, *fallen, *_set_aside(quality, before, thresholds)], retired


def _missing_periods(quality: Mapping[str, Any], as_of: dt.date, known_months: int) -> tuple[list[str], list[str]]:
    """Tables that next to nothing came of in the quarter; and those that stopped so long ago that it is known."""
    last = as_of.year * _YEAR + as_of.month - 1
    quarter = range(last - _QUARTER_MONTHS + 1, last + 1)
    missing, retired = [], []
    for table in quality["coverage"]["tables"]:
        judged = [month for month in quarter if month % _YEAR + 1 not in table["quiet"]]
        for gap in table["gaps"]:
            first, end = _month(gap["from"]), _month(gap["to"])
            missed = [month for month in judged if first <= month <= end]
            if not missed or (len(missed) < _MISSED and len(missed) < len(judged)):
                continue
            what = f"{table['source']}: next to nothing of {_named(table['table'])} from {gap['from']} to {gap['to']}"
            if last - first >= known_months:
                retired.append(f"{what}. It has been so for {known_months} months or more, and is taken for known.")
            else:
                missing.append(f"{what}.")
    return missing, retired


def _rows(quality: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Accepted rows by system and table; a count too small to be shown is left out."""
    found: dict[tuple[str, str], int] = {}
    for extract in quality["extracts"]:
        for table, counts in extract["tables"].items():
            if isinstance(counts["accepted"], int):
                key = extract["source"], table
                found[key] = found.get(key, 0) + counts["accepted"]
    return found


def _fallen(now: Mapping[tuple[str, str], int], before: Mapping[tuple[str, str], int], fell_to: float) -> list[str]:
    told = []
    for (source, table), rows in sorted(before.items()):
        left = now.get((source, table))
        if left is None:
            told.append(
                f"{source}: there is nothing of {_named(table)} any more; a quarter ago there were {rows:,} rows."
            )
        elif left < fell_to * rows:
            told.append(f"{source}: {left:,} rows of {_named(table)}, where a quarter ago there were {rows:,}.")
    return told


def _set_aside(quality: Mapping[str, Any], before: Mapping[str, Any], thresholds: RetrainingConfig) -> list[str]:
    now, then = _shares(quality), _shares(before)
    return [
        f"{extract}: {share:.0%} of the rows for {_named(table)} broke a rule and were set aside; a quarter ago it was "
        f"{then[extract, table]:.0%}."
        for (extract, table), share in sorted(now.items())
        if share > thresholds.set_aside and then.get((extract, table), 1.0) < thresholds.set_aside_before
    ]


def _shares(quality: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    return {
        (extract["extract"], table): counts["set_aside"] / counts["rows"]
        for extract in quality["extracts"]
        for table, counts in extract["tables"].items()
        if isinstance(counts["set_aside"], int) and isinstance(counts["rows"], int) and counts["rows"]
    }


def _named(table: str) -> str:
    return table.replace("_", " ")


def _month(text: str) -> int:
    year, month = text.split("-")
    return int(year) * _YEAR + int(month) - 1

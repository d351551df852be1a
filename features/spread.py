"""How each feature is spread on a run: medians, shares known, histograms, drift, and which features say the same.

Figures are of single families and children, so they stay in the analysis zone; the reports protect what they show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Places = slice | NDArray[np.intp]

ALIKE = 0.8
"""Spearman's rank correlation, of either sign, from which two features say much the same."""

_COLUMNS_AT_ONCE = 32
_BARS = 12
_FEW = 10
_LEAST_PAIRS = 100
"""Of fewer families or children who have both, no correlation is told."""

_YEAR = 365


def described(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    names: Sequence[str],
    as_ofs: Sequence[dt.date],
    indicators: Collection[str | None],
    threads: int = 1,
) -> dict[str, Any]:
    """A table's columns over all dates, their shares known and medians by date, their spread at the latest, and which
    then say the same. Each column is read once."""
    places, since = _places(connection, path, as_ofs), earlier(as_ofs)
    at_latest, at_earlier = places[as_ofs[-1]], places[since] if since else None
    columns: dict[str, Any] = {}
    by_as_of: dict[str, Any] = {}
    spreads: dict[str, Any] = {}
    compared: dict[str, Floats] = {}

    def told(values: Floats) -> tuple[dict[str, Any], ...]:
        before = None if at_earlier is None else values[at_earlier]
        return overall(values), _by_as_of(values, places.values()), spread(values[at_latest], before)

    with ThreadPoolExecutor(threads) as pool:
        for some in _columns(connection, path, names):
            # It is mostly sorting, in which threads do not wait for each other.
            for name, found in zip(some, pool.map(told, some.values()), strict=True):
                columns[name], by_as_of[name], spreads[name] = found
            compared |= {name: values[at_latest].copy() for name, values in some.items() if name not in indicators}
    return {
        "columns": columns,
        "by_as_of": by_as_of,
        "latest": spreads,
        "compared_with": since.isoformat() if since else None,
        "alike": alike(compared, threads),
    }


def _places(connection: duckdb.DuckDBPyConnection, path: str, as_ofs: Sequence[dt.date]) -> dict[dt.date, Places]:
    """Which rows of a feature table are of each as-of date."""
    found = connection.read_parquet(path).select(duckdb.ColumnExpression("as_of")).to_arrow_table()["as_of"]
    days = np.asarray(found.to_numpy(zero_copy_only=False), dtype="datetime64[D]")
    return {as_of: _together(np.flatnonzero(days == np.datetime64(as_of, "D"))) for as_of in as_ofs}


def _together(rows: NDArray[np.intp]) -> Places:
    """Rows that follow each other, as those of a date do where the table is in its order, are not copied to be read."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _columns(connection: duckdb.DuckDBPyConnection, path: str, names: Sequence[str]) -> Iterator[dict[str, Floats]]:
    """The columns of a feature table whole, some at a time, in the table's order; NaN where they are not known."""
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[start : start + _COLUMNS_AT_ONCE]
        rows = connection.read_parquet(path).select(*[duckdb.ColumnExpression(name) for name in some])
        table = rows.to_arrow_table()
        # Nothing has two signs: a sort may give equal numbers in any order.
        yield {n: np.asarray(table[n].to_numpy(zero_copy_only=False), dtype=np.float64) + 0.0 for n in some}


def overall(values: Floats) -> dict[str, float | None]:
    """Of a column at all dates: share known, share of the known that is 0, least, median and most."""
    known = np.sort(values[~np.isnan(values)])
    return {
        "known": round(len(known) / len(values), 6) if len(values) else None,
        "zero": round(int((known == 0).sum()) / len(known), 6) if len(known) else None,
        "least": float(known[0]) if len(known) else None,
        "median": _median(known),
        "most": float(known[-1]) if len(known) else None,
    }


def _by_as_of(values: Floats, places: Iterable[Places]) -> dict[str, list[float | None]]:
    """The share known and the median at each as-of date."""
    shares: list[float | None] = []
    medians: list[float | None] = []
    for rows in places:
        there = values[rows]
        known = np.sort(there[~np.isnan(there)])
        shares.append(round(len(known) / len(there), 6) if len(there) else None)
        medians.append(_median(known))
    return {"shares_known": shares, "medians": medians}


def _median(known: Floats) -> float | None:
    """The lower of the two middle ones of sorted values."""
    return float(known[(len(known) - 1) // 2]) if len(known) else None


def spread(values: Floats, before: Floats | None = None) -> dict[str, Any]:
    """One column at the latest as-of date, with how far it has moved since ``before``, its values at an earlier one."""
    known = np.sort(values[~np.isnan(values)])
    return {
        "rows": len(values),
        "known": len(known),
        "zero": int((known == 0).sum()),
        # What at least ten have or pass: the very least and most would each tell of one.
        "low": float(known[_FEW - 1]) if len(known) >= _FEW else None,
        "high": float(known[-_FEW]) if len(known) >= _FEW else None,
        "median": _median(known),
        "histogram": histogram(known),
        "moved": None if before is None else _moved(values, before),
    }


def histogram(known: Floats) -> dict[str, list[float] | list[int]]:
    """Counts of sorted values: one bar for each value where they are few, else bars of one width.

    ``edges`` has one more entry than ``counts``; the first and the last bar hold what lies beyond them, too.
    """
    distinct = np.unique(known)
    if len(distinct) == 0:
        return {"edges": [], "counts": []}
    if len(distinct) <= _BARS:
        middles = [(a + b) / 2 for a, b in pairwise(distinct.tolist())]
        edges = [float(distinct[0]), *middles, float(distinct[-1])]
    else:
        low, high = known[min(_FEW, len(known)) - 1], known[-min(_FEW, len(known))]
        low, high = (low, high) if low < high else (known[0], known[-1])
        edges = np.linspace(low, high, _BARS + 1).tolist()
    cuts = np.searchsorted(known, np.asarray(edges[1:-1]), side="left")
    counts = np.diff(np.concatenate([[0], cuts, [len(known)]]))
    return {"edges": [round(edge, 6) for edge in edges], "counts": [int(count) for count in counts]}


def earlier(as_ofs: Sequence[dt.date]) -> dt.date | None:
    """The as-of date to compare the latest with: the last at least a year before it, else the first there is."""
    latest = as_ofs[-1]
    long_ago = [as_of for as_of in as_ofs if (latest - as_of).days >= _YEAR]
    return long_ago[-1] if long_ago else (as_ofs[0] if len(as_ofs) > 1 else None)


def _moved(now: Floats, before: Floats) -> dict[str, float | None]:
    """The change in the share known, and the greatest gap between the two distributions (Kolmogorov and Smirnov)."""
    if not len(now) or not len(before):
        return {"known": None, "distance": None}
    one, other = np.sort(now[~np.isnan(now)]), np.sort(before[~np.isnan(before)])
    change = round(len(one) / len(now) - len(other) / len(before), 4)
    if min(len(one), len(other)) < _LEAST_PAIRS:
        return {"known": change, "distance": None}
    every = np.concatenate([one, other])
    gaps = np.searchsorted(one, every, side="right") / len(one) - np.searchsorted(other, every, side="right") / len(
        other
    )
    return {"known": change, "distance": round(float(np.abs(gaps).max()), 4)}


def alike(columns: Mapping[str, Floats], threads: int = 1) -> list[dict[str, Any]]:
    """Groups of features any two of which have a rank correlation of `ALIKE` or more: complete links.

    Ranks are those among all who have a value; a pair is compared over those who have both.
    """
    names = list(columns)
    if len(names) < 2:
        return []
    correlation = rank_correlations([columns[name] for name in names], threads)
    distance = np.where(np.isnan(correlation), 2.0, 1 - np.abs(correlation))
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="complete")
    labels = fcluster(tree, t=1 - ALIKE + 1e-9, criterion="distance")
    found = [np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist())]
    return [
        {
            "features": [names[place] for place in members],
            "least": round(float(np.abs(correlation[np.ix_(members, members)]).min()), 3),
        }
        for members in found
        if len(members) > 1
    ]


def rank_correlations(columns: Sequence[Floats], threads: int = 1) -> Floats:
    """Spearman's rank correlation of each pair, to six places; NaN where too few have both, or all have the same."""
    known, of = _patterns(columns)
    with ThreadPoolExecutor(threads) as pool:
        ranks = np.column_stack(list(pool.map(_ranks, columns)))
    # Doubled ranks are whole numbers, so that these sums are the same in any order.
    pairs = (known.T @ known)[np.ix_(of, of)]
    sums, squares, products = (ranks.T @ known)[:, of], ((ranks**2).T @ known)[:, of], ranks.T @ ranks
    with np.errstate(divide="ignore", invalid="ignore"):
        spread_ = pairs * squares - sums**2
        found = (pairs * products - sums * sums.T) / np.sqrt(spread_ * spread_.T)
    found[(pairs < _LEAST_PAIRS) | (spread_ <= 0) | (spread_.T <= 0)] = np.nan
    return np.asarray(np.round(np.clip(found, -1, 1), 6), dtype=np.float64)


def _patterns(columns: Sequence[Floats]) -> tuple[Floats, list[int]]:
    """Who has a value, as 1 and 0, each pattern once: features of one source share theirs. And whose is which."""
    patterns: dict[bytes, int] = {}
    known: list[NDArray[np.bool_]] = []
    of: list[int] = []
    for column in columns:
        there = ~np.isnan(column)
        place = patterns.setdefault(there.tobytes(), len(patterns))
        if place == len(known):
            known.append(there)
        of.append(place)
    return np.column_stack(known).astype(np.float64), of


def _ranks(column: Floats) -> Floats:
    """Twice the middle ranks, about 0; 0 where it is not known."""
    ranks = np.zeros(len(column))
    known = ~np.isnan(column)
    ranks[known] = 2 * rankdata(column[known]) - (known.sum() + 1)
    return ranks

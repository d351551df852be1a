"""How each feature is spread on a run: medians, shares known, histograms, drift, and which features say the same.

Figures are of single families and children, so they stay in the analysis zone; the reports protect what they show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

Floats = NDArray[np.float64]

ALIKE = 0.8
"""Spearman's rank correlation, of either sign, from which two features say much the same."""

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
) -> dict[str, Any]:
    """A table's shares known and medians by as-of date, its columns at the latest, and which then say the same."""
    latest, since = columns_at(connection, path, names, as_ofs[-1]), earlier(as_ofs)
    before = columns_at(connection, path, names, since) if since else {}
    return {
        "by_as_of": by_as_of(connection, path, names, as_ofs),
        "latest": {name: spread(column, before.get(name)) for name, column in latest.items()},
        "compared_with": since.isoformat() if since else None,
        "alike": alike({name: column for name, column in latest.items() if name not in indicators}),
    }


def columns_at(
    connection: duckdb.DuckDBPyConnection, path: str, names: Sequence[str], as_of: dt.date
) -> dict[str, Floats]:
    """Each column of a feature table at one as-of date, in the table's order; NaN where it is not known."""
    if not names:
        return {}
    rows = connection.read_parquet(path).filter(duckdb.ColumnExpression("as_of") == duckdb.ConstantExpression(as_of))
    table = rows.select(*[duckdb.ColumnExpression(name) for name in names]).to_arrow_table()
    return {name: np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64) for name in names}


def by_as_of(
    connection: duckdb.DuckDBPyConnection, path: str, names: Sequence[str], as_ofs: Sequence[dt.date]
) -> dict[str, dict[str, list[float | None]]]:
    """For each column the share known and the median at each as-of date."""
    call, column = duckdb.FunctionExpression, duckdb.ColumnExpression
    half = duckdb.ConstantExpression(0.5)
    measures = [
        one for name in names for one in (call("count", column(name)), call("quantile_disc", column(name), half))
    ]
    rows = connection.read_parquet(path).aggregate(
        [column("as_of"), call("count", duckdb.ConstantExpression(1)), *measures], "as_of"
    )
    found = {as_of: (count, measured) for as_of, count, *measured in rows.fetchall()} if names else {}
    result: dict[str, dict[str, list[float | None]]] = {}
    for place, name in enumerate(names):
        known: list[float | None] = []
        medians: list[float | None] = []
        for as_of in as_ofs:
            count, measured = found.get(as_of, (0, None))
            known.append(round(measured[2 * place] / count, 6) if measured else None)
            medians.append(measured[2 * place + 1] if measured else None)
        result[name] = {"shares_known": known, "medians": medians}
    return result


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
        "median": float(known[(len(known) - 1) // 2]) if len(known) else None,
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


def alike(columns: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """Groups of features any two of which have a rank correlation of `ALIKE` or more: complete links.

    Ranks are those among all who have a value; a pair is compared over those who have both.
    """
    names = list(columns)
    if len(names) < 2:
        return []
    correlation = rank_correlations([columns[name] for name in names])
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


def rank_correlations(columns: Sequence[Floats]) -> Floats:
    """Spearman's rank correlation of each pair, to six places; NaN where too few have both, or all have the same."""
    known = np.column_stack([~np.isnan(column) for column in columns]).astype(np.float64)
    ranks = np.column_stack([_ranks(column) for column in columns])
    # Doubled ranks are whole numbers, so that these sums are the same in any order.
    pairs, sums, squares, products = known.T @ known, ranks.T @ known, (ranks**2).T @ known, ranks.T @ ranks
    with np.errstate(divide="ignore", invalid="ignore"):
        spread_ = pairs * squares - sums**2
        found = (pairs * products - sums * sums.T) / np.sqrt(spread_ * spread_.T)
    found[(pairs < _LEAST_PAIRS) | (spread_ <= 0) | (spread_.T <= 0)] = np.nan
    return np.asarray(np.round(np.clip(found, -1, 1), 6), dtype=np.float64)


def _ranks(column: Floats) -> Floats:
    """Twice the middle ranks, about 0; 0 where it is not known."""
    ranks = np.zeros(len(column))
    known = ~np.isnan(column)
    ranks[known] = 2 * rankdata(column[known]) - (known.sum() + 1)
    return ranks

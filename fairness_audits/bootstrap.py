"""Standard errors of what has no closed one: a bootstrap of families that works on counts of cells, not on cases.

A family is drawn with all of its cases, of every as-of date. Each family's weight in a replicate is an independent
Poisson number of mean 1 (Poisson bootstrap: Hanley and MacGibbon 2006, Computer Methods and Programs in Biomedicine 83:
57-62), which is the multinomial draw of as many families without its fixed total; ratios are the same to first order.

Every metric here is made of counts of cells: group by score band by outcome, and group by flag. A replicate's counts
are its weights times a sparse matrix of families by cells, worked out for all groups and many replicates at once, so
that the cost is one multiplication a case and replicate, whatever the number of groups and metrics. Scores are cut
into `BANDS` bands, finest at the top, for the spread between replicates alone: the figures are of exact scores. The
calibration slope takes one Newton step from the estimate (Moulton and Zeger 1991, Computational Statistics and Data
Analysis 11: 53-63).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.stats import poisson

from fairness_audits.cases import Cases

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

BANDS = 64
_FINEST = 12
"""Bands of the top: each holds twice as many cases as the one above it, up to an even share."""
_CHUNK = 50
"""Replicates worked out at once."""
_PARTS = 5
_LEVELS = 1 << 16
_POISSON = poisson.ppf((np.arange(_LEVELS) + 0.5) / _LEVELS, 1).astype(np.float32)
"""A Poisson number of mean 1 for each 16-bit number."""


class Drawn(StrEnum):
    """What is told of each replicate and group."""

    AUC = "auc"
    AUC_DIFFERENCE = "auc_difference"
    AVERAGE_PRECISION = "average_precision"
    AVERAGE_PRECISION_DIFFERENCE = "average_precision_difference"
    MEAN_SCORE = "mean_score"
    MEAN_SCORE_DIFFERENCE = "mean_score_difference"
    LIST_SHARE = "list_share"
    SLOPE = "calibration_slope"


@dataclass(frozen=True)
class Divided:
    """A division of the cases: ``code`` 0 to ``groups`` - 1 of each case, and what the slope's step is made of.

    ``slope_parts`` has each case's gradient and Hessian at its group's estimate, shape (cases, 5), and ``slope`` the
    estimates; both None where the slope means nothing.
    """

    code: Codes
    groups: int
    slope: Floats | None = None
    slope_parts: Floats | None = None


def replicated(
    cases: Cases, divisions: Mapping[str, Divided], replicates: int, seed: int
) -> dict[str, dict[Drawn, Floats]]:
    """For each division and figure the replicates, shape (replicates, groups); NaN where a replicate has none.

    The same draws of families serve all divisions.
    """
    _, family = np.unique(cases.family, return_inverse=True)
    families = int(family.max()) + 1 if len(family) else 0
    band, midpoints = _bands(cases.score)
    counted = {name: _cells(cases, one, band, len(midpoints), family, families) for name, one in divisions.items()}
    draw = np.random.default_rng(seed)
    found: dict[str, list[dict[Drawn, Floats]]] = {name: [] for name in divisions}
    for start in range(0, replicates, _CHUNK):
        size = min(_CHUNK, replicates - start)
        weights = _POISSON[draw.integers(0, _LEVELS, (families, size), dtype=np.uint16)]
        for name, one in divisions.items():
            found[name].append(_figures(one, counted[name] @ weights, midpoints))
    return {
        name: {figure: np.concatenate([chunk[figure] for chunk in chunks], axis=1).T for figure in chunks[0]}
        for name, chunks in found.items()
    }


def standard_errors(replicates: Floats) -> Floats:
    """The spread of each group's replicates; NaN where fewer than two tell anything."""
    told = np.isfinite(replicates)
    count = told.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(told, replicates, 0).sum(axis=0) / count
        squares = np.where(told, (replicates - mean) ** 2, 0).sum(axis=0)
        return np.asarray(np.where(count > 1, np.sqrt(squares / (count - 1)), np.nan), dtype=np.float64)


def _bands(score: Floats) -> tuple[Codes, Floats]:
    """The band of each case, 0 the highest, and each band's mean score. Equal scores are of one band."""
    if not len(score):
        return np.array([], dtype=np.int64), np.zeros(1)
    ordered = np.sort(score)[::-1]
    even = len(score) / (BANDS - _FINEST + 1)
    top = even / 2.0 ** np.arange(_FINEST, 0, -1)
    places = np.unique(np.concatenate([top, np.arange(1, BANDS - _FINEST + 1) * even]).astype(np.int64))
    edges = np.unique(ordered[places[(places > 0) & (places < len(score))]])
    band = len(edges) - np.searchsorted(edges, score, side="right")
    size = np.bincount(band, minlength=len(edges) + 1)
    total = np.bincount(band, weights=score, minlength=len(edges) + 1)
    return band.astype(np.int64), total / np.maximum(size, 1)


def _cells(cases: Cases, one: Divided, band: Codes, bands: int, family: Codes, families: int) -> csr_array:
    """Families' counts of each cell, transposed: groups by bands by outcome, groups by flag, groups' slope parts."""
    ones = np.ones(len(family), dtype=np.float32)
    cell = (one.code * bands + band) * 2 + cases.outcome
    parts = [csr_array((ones, (cell, family)), shape=(one.groups * bands * 2, families))]
    flagged = cases.flagged
    places = (one.code[flagged], family[flagged])
    parts.append(csr_array((ones[flagged], places), shape=(one.groups, families)))
    if one.slope_parts is not None:
        rows = (one.code[:, None] * _PARTS + np.arange(_PARTS)).ravel()
        values = one.slope_parts.astype(np.float32).ravel()
        shape = (one.groups * _PARTS, families)
        parts.append(csr_array((values, (rows, np.repeat(family, _PARTS))), shape=shape))
    return vstack(parts, format="csr")


def _figures(one: Divided, counts: NDArray[np.float32], midpoints: Floats) -> dict[Drawn, Floats]:
    """Every figure of each group and replicate, shape (groups, replicates)."""
    bands, size = len(midpoints), counts.shape[1]
    cells = one.groups * bands * 2
    by_band = counts[:cells].reshape(one.groups, bands, 2, size)
    negatives, positives = by_band[:, :, 0], by_band[:, :, 1]
    rest_negatives, rest_positives = negatives.sum(axis=0) - negatives, positives.sum(axis=0) - positives
    flagged = counts[cells : cells + one.groups].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        auc, precision = _order(positives, negatives)
        rest_auc, rest_precision = _order(rest_positives, rest_negatives)
        mean = _mean(positives + negatives, midpoints)
        rest_mean = _mean(rest_positives + rest_negatives, midpoints)
        found = {
            Drawn.AUC: auc,
            Drawn.AUC_DIFFERENCE: auc - rest_auc,
            Drawn.AVERAGE_PRECISION: precision,
            Drawn.AVERAGE_PRECISION_DIFFERENCE: precision - rest_precision,
            Drawn.MEAN_SCORE: mean,
            Drawn.MEAN_SCORE_DIFFERENCE: mean - rest_mean,
            Drawn.LIST_SHARE: flagged / flagged.sum(axis=0),
        }
        if one.slope is not None:
            parts = counts[cells + one.groups :].astype(np.float64).reshape(one.groups, _PARTS, size)
            g0, g1, h00, h01, h11 = parts.transpose(1, 0, 2)
            found[Drawn.SLOPE] = one.slope[:, None] + (h00 * g1 - h01 * g0) / (h00 * h11 - h01**2)
    return found


def _order(positives: NDArray[np.float32], negatives: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Area under the curve and average precision from counts by band, ties taken together."""
    found, missed = np.cumsum(positives, axis=1), np.cumsum(negatives, axis=1)
    every, none = found[:, -1].astype(np.float64), missed[:, -1].astype(np.float64)
    below = missed[:, -1:] - missed + negatives / 2
    auc = (positives * below).sum(axis=1, dtype=np.float64) / (every * none)
    reached = found + missed
    share = np.divide(found, reached, out=np.zeros_like(found), where=reached > 0)
    precision = (positives * share).sum(axis=1, dtype=np.float64) / every
    return auc, precision


def _mean(cases: NDArray[np.float32], midpoints: Floats) -> Floats:
    total = np.einsum("gbr,b->gr", cases.astype(np.float64), midpoints)
    return np.asarray(total / cases.sum(axis=1, dtype=np.float64), dtype=np.float64)

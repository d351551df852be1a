"""How far a quarter's cases are from those a model learnt from: features, blanks, and how common the outcome is.

The population stability index of a feature is the sum over bins of ``(new - old) * ln(new / old)``, of shares among
the known values. Where nothing changed it is no 0 but about ``(bins - 1) * (1/n + 1/m)``, and in that unit
chi-squared (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14: 89-100), with n and m the numbers of
independent cases: here families, as each recurs from date to date. An index counts as large only above both
a customary figure (.25 unless the council says otherwise) and what chance gives once in a thousand times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2

from models.cases import Cases, Floats, Integers
from models.thresholds import RetrainingConfig
from store.intervals import newcombe, wilson, z_of
from store.small_numbers import THRESHOLD

_CHANCE = 0.999
_CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_PLACES = 6
_Z = z_of(0.95)
_CUSTOMARY = RetrainingConfig()


def profile(cases: Cases, rows: Integers, outcome: Floats) -> dict[str, Any]:
    """What is kept with a model of the cases it learnt from, to compare later ones with.

    For each feature the share unknown, the upper ends of its bins (the last bin has none) and the share of known
    values in each. No bin holds fewer than ten cases, unless a feature has fewer known values than that.
    """
    values = cases.values[rows]
    return {
        "cases": len(rows),
        "families": len(np.unique(cases.group[rows])),
        "base_rate": _rounded(outcome.mean()),
        "features": {feature.name: _spread(values[:, place]) for place, feature in enumerate(cases.features)},
    }


def feature_drift(
    kept: Mapping[str, Any], cases: Cases, rows: Integers, thresholds: RetrainingConfig = _CUSTOMARY
) -> dict[str, Any]:
    """Each feature of a kept `profile` among these rows: its index, its share of unknown values, and what that means.

    ``vanished`` are features that these cases have not; ``new`` those that the profile has not.
    """
    families = len(np.unique(cases.group[rows]))
    place = {feature.name: column for column, feature in enumerate(cases.features)}
    entries = [
        {"feature": name, **_drift(spread, cases.values[rows, place[name]], kept["families"], families, thresholds)}
        for name, spread in kept["features"].items()
        if name in place
    ]
    entries.sort(key=lambda one: (-one["psi"], -abs(one["unknown_change"]), one["feature"]))
    return {
        "compared_with": {"cases": kept["cases"], "families": kept["families"]},
        "cases": len(rows),
        "families": families,
        "vanished": sorted(set(kept["features"]) - set(place)),
        "new": sorted(set(place) - set(kept["features"])),
        "large": [one["feature"] for one in entries if one["large"]],
        "features": entries,
    }


def label_drift(kept: Mapping[str, Any], cases: Cases, closed: Sequence[dt.date]) -> dict[str, Any]:
    """How common the outcome is at each closed date, with Wilson's interval, against what the model learnt from.

    ``difference`` is that of the newest closed date, with Newcombe's interval on families.
    """
    dates = []
    for as_of in sorted(closed):
        rows = cases.at(as_of)
        if len(rows):
            low, high = wilson(cases.outcome(rows).sum(), len(rows), _Z)
            rate = _rounded(cases.outcome(rows).mean())
            dates.append({"as_of": as_of.isoformat(), "base_rate": rate, "low": _rounded(low), "high": _rounded(high)})
    newest = cases.at(max(closed))
    happened, known = float(cases.outcome(newest).sum()), len(newest)
    learnt = kept["families"]
    low, high = newcombe(happened, known, kept["base_rate"] * learnt, learnt, _Z)
    return {
        "learnt_from": kept["base_rate"],
        "by_as_of": dates,
        "difference": {
            "value": _rounded(happened / known - kept["base_rate"]),
            "low": _rounded(low),
            "high": _rounded(high),
        },
    }


def _spread(column: Floats) -> dict[str, Any]:
    known = column[~np.isnan(column)]
    ends = _ends(known)
    return {
        "unknown": _rounded(1 - len(known) / len(column)),
        "ends": ends,
        "shares": [_rounded(share) for share in _counts(known, ends) / max(len(known), 1)],
    }


def _ends(known: Floats) -> list[float]:
    """Upper ends of bins at the values' own quantiles; bins too small to be told are joined with the next."""
    if len(known) < 2 * THRESHOLD:
        return []
    # Quantiles that are values themselves, so that a count's bins end at whole numbers.
    cuts = np.unique(np.quantile(known, _CUTS, method="inverted_cdf"))
    ends: list[float] = []
    for cut in cuts:
        below = int((known <= cut).sum())
        if below - int((known <= ends[-1]).sum() if ends else 0) >= THRESHOLD and len(known) - below >= THRESHOLD:
            ends.append(float(cut))
    return ends


def _counts(known: Floats, ends: Sequence[float]) -> Floats:
    place = np.searchsorted(np.asarray(ends, dtype=np.float64), known, side="left")
    return np.bincount(place, minlength=len(ends) + 1).astype(np.float64)


def _drift(
    spread: Mapping[str, Any], column: Floats, learnt: int, families: int, thresholds: RetrainingConfig
) -> dict[str, Any]:
    known = column[~np.isnan(column)]
    unknown = 1 - len(known) / len(column)
    change = _rounded(unknown - spread["unknown"])
    # Families whose value is known, on either side.
    then, now = learnt * (1 - spread["unknown"]), families * (1 - unknown)
    bins = len(spread["shares"])
    index = _psi(np.asarray(spread["shares"]), _counts(known, spread["ends"]), then) if then and now else 0.0
    by_chance = float(chi2.ppf(_CHANCE, bins - 1)) * (1 / then + 1 / now) if bins > 1 and then and now else 0.0
    large = index >= thresholds.psi_large and index > by_chance
    return {
        "psi": _rounded(index),
        "by_chance_at_most": _rounded(by_chance),
        "unknown_then": spread["unknown"],
        "unknown_now": _rounded(unknown),
        "unknown_change": change,
        "large": bool(large or abs(change) >= thresholds.blanks_changed),
    }


def _psi(shares: Floats, counts: Floats, then: float) -> float:
    """The index, half a case added to every bin on either side so that an empty one is no infinity."""
    old = (shares * then + 0.5) / (then + 0.5 * len(shares))
    new = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return float(((new - old) * np.log(new / old)).sum())


def _rounded(value: Any) -> float:
    return round(float(value), _PLACES) + 0.0

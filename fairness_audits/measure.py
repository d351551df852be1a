"""What was counted in each group, and the evidence each rate rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairness_audits.cases import Cases
from fairness_audits.clusters import GroupTotals, group_totals
from fairness_audits.intervals import (
    Floats,
    newcombe_p,
    observed_over_expected,
    ratio_of_rates,
    ratio_of_rates_p,
    ratio_of_ratios,
    ratio_of_ratios_p,
)
from fairness_audits.metrics import RATES, Metric, Scale
from store.intervals import newcombe, wilson, z_of


@dataclass(frozen=True)
class Counts:
    """One group's counts over the pooled test as-ofs. ``expected`` is the sum of its scores."""

    n: int
    positives: int
    flagged: int
    tp: int
    expected: float

    @property
    def fp(self) -> int:
        return self.flagged - self.tp

    @property
    def fn(self) -> int:
        return self.positives - self.tp

    @property
    def tn(self) -> int:
        return self.n - self.positives - self.fp


NOTHING = Counts(0, 0, 0, 0, 0.0)
EVERYONE = "everyone"
"""The one group of a cohort that is not divided."""


@dataclass(frozen=True)
class Evidence:
    """A group's numerator and denominator of one metric, beside those of the rest of the cohort.

    For calibration they are observed and expected outcomes. ``effective`` is the denominator after allowing for
    families that recur; ``families`` is how many are in it.
    """

    metric: Metric
    numerator: float
    denominator: float
    effective: float
    families: int
    rest_numerator: float
    rest_denominator: float
    rest_effective: float

    @property
    def value(self) -> float | None:
        """The group's rate; None when nobody is in its denominator."""
        return self.numerator / self.denominator if self.denominator > 0 else None

    @property
    def rest_value(self) -> float | None:
        return self.rest_numerator / self.rest_denominator if self.rest_denominator > 0 else None

    def comparison(self, scale: Scale) -> float | None:
        """Group minus rest, or group over rest. None when either is undefined, or nothing is to be divided by."""
        value, rest = self.value, self.rest_value
        if value is None or rest is None:
            return None
        if scale is Scale.RATIO:
            return value / rest if rest > 0 else None
        return value - rest

    def interval(self, confidence: float) -> tuple[float, float] | None:
        """Interval of the group's own rate."""
        if self.value is None:
            return None
        if self.metric is Metric.CALIBRATION:
            return _pair(observed_over_expected(self._successes, self.effective, confidence))
        return _pair(wilson(self._successes, self.effective, z_of(confidence)))

    def comparison_interval(self, scale: Scale, confidence: float) -> tuple[float, float] | None:
        """Interval of `comparison`."""
        if self.comparison(scale) is None:
            return None
        return _pair(self._method(scale)[0](*self._sides, z_of(confidence)))

    def p_value(self, scale: Scale, against: float) -> float | None:
        """Two-sided p-value of 'the comparison is ``against``', on the metric's own denominators."""
        if self.comparison(scale) is None:
            return None
        found = float(self._method(scale)[1](*self._sides, against))
        return None if np.isnan(found) else found

    def _method(self, scale: Scale) -> tuple[Callable[..., tuple[Floats, Floats]], Callable[..., Floats]]:
        return comparison_method(self.metric, scale)

    @property
    def _successes(self) -> float:
        return self.numerator * self.effective / self.denominator

    @property
    def _sides(self) -> tuple[float, float, float, float]:
        rest = self.rest_numerator * self.rest_effective / self.rest_denominator
        return self._successes, self.effective, rest, self.rest_effective


def comparison_method(
    metric: Metric, scale: Scale
) -> tuple[Callable[..., tuple[Floats, Floats]], Callable[..., Floats]]:
    """Interval and p-value of a comparison. Calibration is compared by ratio only."""
    if metric is Metric.CALIBRATION:
        return ratio_of_ratios, ratio_of_ratios_p
    return (ratio_of_rates, ratio_of_rates_p) if scale is Scale.RATIO else (newcombe, newcombe_p)


@dataclass(frozen=True)
class Measures:
    """Everything counted under one grouping. ``groups`` are those with a case, in the given order."""

    groups: tuple[str, ...]
    code: NDArray[np.int64]
    """The place in ``groups`` of each case's group."""
    counts: dict[str, Counts]
    evidence: dict[tuple[Metric, str], Evidence]
    correlation: dict[Metric, float]


def measure(cases: Cases, group_of: NDArray[Any], order: tuple[str, ...]) -> Measures:
    """Count the cases by group. ``order`` lists the groups that may occur."""
    found, names = pd.factorize(group_of)
    groups = tuple(group for group in order if group in set(names))
    code_of = {group: code for code, group in enumerate(groups)}
    codes = np.array([code_of[name] for name in names], dtype=np.int64)[found]
    counts = _counts(cases, groups, codes)
    everyone = sum_of(counts.values())
    evidence: dict[tuple[Metric, str], Evidence] = {}
    correlation: dict[Metric, float] = {}
    for rate in RATES:
        among = rate.among(cases.outcome, cases.flagged)
        values = rate.counts(cases.outcome, cases.flagged)[among].astype(np.float64)
        totals = group_totals(values, codes[among], cases.family[among], len(groups))
        correlation[rate.metric] = totals.correlation
        for group, code in code_of.items():
            evidence[rate.metric, group] = _rate_evidence(rate.metric, totals, code)
    totals = group_totals(cases.outcome - cases.score, codes, cases.family, len(groups))
    correlation[Metric.CALIBRATION] = totals.correlation
    for group, code in code_of.items():
        evidence[Metric.CALIBRATION, group] = _calibration_evidence(totals, code, counts[group], everyone)
    return Measures(groups, codes, counts, evidence, correlation)


def sum_of(counts: Iterable[Counts]) -> Counts:
    """Several groups' counts added up."""
    added = list(counts)
    return Counts(
        sum(c.n for c in added),
        sum(c.positives for c in added),
        sum(c.flagged for c in added),
        sum(c.tp for c in added),
        float(sum(c.expected for c in added)),
    )


def measure_everyone(cases: Cases) -> Measures:
    """The same for the cohort undivided, as one group."""
    return measure(cases, np.full(len(cases), EVERYONE), (EVERYONE,))


def _counts(cases: Cases, groups: tuple[str, ...], codes: NDArray[np.int64]) -> dict[str, Counts]:
    """Counts by group, from those of the cells of group, outcome and flag.

    They are those of fairlearn's MetricFrame, which tests hold them to; its way over groups in Python takes a thousand
    times as long where there are hundreds of groups.
    """
    cell = 4 * codes + 2 * cases.outcome + cases.flagged
    by_cell = np.bincount(cell, minlength=4 * len(groups)).reshape(-1, 2, 2)
    expected = np.bincount(codes, weights=cases.score, minlength=len(groups))
    return {
        group: Counts(
            n=int(by_cell[place].sum()),
            positives=int(by_cell[place, 1].sum()),
            flagged=int(by_cell[place, :, 1].sum()),
            tp=int(by_cell[place, 1, 1]),
            expected=float(expected[place]),
        )
        for place, group in enumerate(groups)
    }


def _rate_evidence(metric: Metric, totals: GroupTotals, code: int) -> Evidence:
    return Evidence(
        metric,
        float(totals.total[code]),
        float(totals.rows[code]),
        float(totals.rows[code] / totals.design_effect[code]),
        int(totals.families[code]),
        float(totals.rest_total[code]),
        float(totals.rest_rows[code]),
        float(totals.rest_rows[code] / totals.rest_design_effect[code]),
    )


def _calibration_evidence(totals: GroupTotals, code: int, counts: Counts, everyone: Counts) -> Evidence:
    rest = everyone.expected - counts.expected
    return Evidence(
        Metric.CALIBRATION,
        float(counts.positives),
        counts.expected,
        float(counts.expected / totals.design_effect[code]),
        int(totals.families[code]),
        float(everyone.positives - counts.positives),
        # The difference of two equal sums may be a hair off nothing.
        rest if totals.rest_rows[code] else 0.0,
        float(rest / totals.rest_design_effect[code]) if totals.rest_rows[code] else 0.0,
    )


def _pair(found: tuple[NDArray[np.float64], NDArray[np.float64]]) -> tuple[float, float]:
    return float(found[0]), float(found[1])

"""How strongly each feature stands in for ethnicity: an association that is nought where there is only chance.

A feature's values are put into categories: not known, nought, and quarters of the rest (or each value, where they
are few), so that nothing hangs on the shape of a skewed or mostly empty distribution, and that being blank may itself
stand in. Their association with the ethnic groups ('Unknown' being one) is Cramer's V (Cramer 1946, Mathematical
Methods of Statistics, section 21.9), from 0 (none) to 1 (the one tells the other). By chance alone Pearson's
chi-squared is about its degrees of freedom, which are taken from it (as Bergsma 2013, Journal of the Korean Statistical
Society 42: 323-328):

    V = sqrt(max(0, chi2 / d - df) / (n / d) / min(groups - 1, categories - 1))

The interval is that of the noncentral chi-squared distribution (Smithson 2003, Confidence Intervals). ``d`` is the
design effect of siblings, as in `fairness_audits.clusters`: ``1 + rho (sum(m^2) / n - 1)`` with ``m`` a family's rows
and ``rho`` the correlation of two siblings' categories (Rao and Scott 1981, JASA 76: 221-230). One as-of date is used,
at which a family or a child is one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chndtrinc
from scipy.stats import rankdata

from fairness_audits.document import REPORTED_CONFIDENCE
from fairness_audits.ethnicity import BROAD_GROUPS, UNKNOWN, label
from store.intervals import newcombe, z_of
from store.small_numbers import THRESHOLD, protect_parts

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SOME, STRONG = 0.1, 0.3
"""Cohen's small and medium association (Statistical Power Analysis, 1988, chapter 7)."""

LEAST_GROUP = 50
"""Of a smaller group nothing is said, and it is in no table; a smaller category is joined to its neighbour."""

_FEW_VALUES = 5
_QUARTERS = (0.25, 0.5, 0.75)
_NOT_KNOWN = -1
_EVEN = 0.5
_ONE_AND_THE_OTHER = 2
_NO_FIGURE: Mapping[str, None] = dict.fromkeys(("value", "low", "high"))
_NOUGHT = 1e-9
_PLACES = 3


class Reading(StrEnum):
    """What may be said of a feature. The interval decides."""

    STRONG = "strong"
    SOME = "some"
    LITTLE = "little"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Cases:
    """The rows of one level at one as-of date: each one's values, group and family."""

    columns: Mapping[str, Floats]
    """Each feature's values; NaN where it is not known."""

    group: NDArray[Any]
    family: Codes

    def of(self, inside: NDArray[np.bool_]) -> Cases:
        """Some of the rows, with their groups and families alone."""
        return Cases({}, self.group[inside], self.family[inside])


@dataclass(frozen=True)
class Association:
    """Cramer's V and its interval."""

    value: float
    low: float
    high: float

    @property
    def reading(self) -> Reading:
        if self.low >= STRONG:
            return Reading.STRONG
        if self.low >= SOME:
            return Reading.SOME
        return Reading.LITTLE if self.high < SOME else Reading.CANNOT_TELL

    def entry(self) -> dict[str, float]:
        return {name: round(getattr(self, name), _PLACES) for name in ("value", "low", "high")}


def stand_ins(cases: Cases) -> dict[str, Any]:
    """Every feature's association with the broad groups, the strongest first; counts are protected."""
    order = [*BROAD_GROUPS, *([] if UNKNOWN in BROAD_GROUPS else [UNKNOWN])]
    sizes = {group: int((cases.group == group).sum()) for group in order}
    judged = [group for group in order if sizes[group] >= LEAST_GROUP]
    shown = protect_parts({group: size for group, size in sizes.items() if size})
    found = [_feature(name, values, cases, judged) for name, values in cases.columns.items()]
    rank = [Reading.STRONG, Reading.SOME, Reading.CANNOT_TELL, Reading.LITTLE]
    found.sort(key=lambda one: (rank.index(Reading(one["reading"])), -(one["value"] or 0.0), one["name"]))
    return {
        "cases": _shown(shown.total),
        "groups": [
            {"group": group, "label": label(group), "cases": _shown(count), "judged": group in judged}
            for group, count in shown.parts.items()
        ],
        "features": found,
    }


def _feature(name: str, values: Floats, cases: Cases, judged: Sequence[str]) -> dict[str, Any]:
    among_known = [group for group in judged if group != UNKNOWN]
    everyone, known = _among(values, cases, judged), _among(values, cases, among_known)
    named = cases.group != UNKNOWN
    return {
        "name": name,
        **(_NO_FIGURE if everyone is None else _figure(everyone, values, cases, judged)),
        "reading": (everyone.reading if everyone is not None else Reading.CANNOT_TELL).value,
        "among_known": None if known is None else _figure(known, values, cases, among_known),
        "most_affected": _most_affected(values, cases, judged),
        "most_affected_known": _most_affected(values[named], cases.of(named), [g for g in judged if g != UNKNOWN]),
    }


def _among(values: Floats, cases: Cases, groups: Sequence[str]) -> Association | None:
    """The association over some groups; None where there are not two groups and two categories."""
    code = np.full(len(values), _NOT_KNOWN, dtype=np.int64)
    for place, group in enumerate(groups):
        code[cases.group == group] = place
    inside = code >= 0
    return association(categories(values[inside]), code[inside], cases.family[inside])


def _figure(one: Association, values: Floats, cases: Cases, groups: Sequence[str]) -> Mapping[str, float | None]:
    """The association over some groups; left out where there are two of them, and it would give a small count away.

    Of more groups than two one figure does not tell what each of them has.
    """
    if len(groups) > _ONE_AND_THE_OTHER:
        return one.entry()
    inside = np.isin(cases.group, list(groups))
    few = _of_few(categories(values[inside]), cases.group[inside] == groups[0])
    return _NO_FIGURE if few else one.entry()


def _most_affected(values: Floats, cases: Cases, judged: Sequence[str]) -> dict[str, Any] | None:
    """The group that the feature tells best from all others, and how it differs; None where none can be told.

    The figure is left out where it would give a small count away (`_of_few`).
    """
    category = categories(values)
    found: list[tuple[float, str, Association]] = []
    for group in judged:
        mine = cases.group == group
        if len(mine) - int(mine.sum()) >= LEAST_GROUP:
            one = association(category, mine.astype(np.int64), cases.family)
            if one is not None:
                found.append((one.value, group, one))
    if not found:
        return None
    _, group, one = max(found, key=lambda item: item[0])
    mine = cases.group == group
    return {
        "group": group,
        "label": label(group),
        **(_NO_FIGURE if _of_few(category, mine) else one.entry()),
        "reading": one.reading.value,
        "values": _higher_or_lower(values, mine, cases.family),
        "known": _known_more_or_less(values, mine, cases.family),
    }


def _of_few(category: Codes, mine: NDArray[np.bool_]) -> bool:
    """Whether some category is that of a few of the group, or of a few others.

    Who knows how many are of the group and how many of the category, as the feature table shows, could work out from
    the association how many are of both.
    """
    cells = [int((side & (category == one)).sum()) for one in np.unique(category) for side in (mine, ~mine)]
    return any(0 < cell < THRESHOLD for cell in cells)


def categories(values: Floats) -> Codes:
    """A category for each value: -1 where it is not known, else 0 and up in the order of the values.

    A category of fewer than `LEAST_GROUP` is joined to the smaller of its neighbours.
    """
    known = values[~np.isnan(values)]
    code = np.full(len(values), _NOT_KNOWN, dtype=np.int64)
    distinct = np.unique(known)
    if len(distinct) <= _FEW_VALUES:
        starts = distinct
    else:
        rest = known[known != 0]
        starts = np.unique(np.concatenate([[distinct[0]], np.quantile(rest, _QUARTERS, method="lower")]))
        if (known == 0).any():
            after = distinct[distinct > 0][:1]
            starts = np.unique(np.concatenate([starts, [0.0], after]))
    ends = _joined(np.searchsorted(np.sort(known), starts), len(known))
    code[~np.isnan(values)] = np.searchsorted(starts[ends], known, side="right") - 1
    return code


def _joined(begins: Codes, size: int) -> Codes:
    """Which categories to begin anew, given where each begins among the sorted values."""
    kept = list(range(len(begins)))
    while len(kept) > 1:
        counts = np.diff([*(int(begins[place]) for place in kept), size])
        least = int(np.argmin(counts))
        if counts[least] >= LEAST_GROUP:
            break
        before = counts[least - 1] if least > 0 else size
        after = counts[least + 1] if least + 1 < len(counts) else size
        del kept[least if least > 0 and before <= after else least + 1]
    if kept:
        kept[0] = 0
    return np.asarray(kept, dtype=np.int64)


def association(category: Codes, group: Codes, family: Codes) -> Association | None:
    """Cramer's V of categories (-1 for not known, a category of its own) and groups (0 and up).

    None where there are not two of each. Too few to be a category of its own, those not known are left out.
    """
    if 0 < int((category == _NOT_KNOWN).sum()) < LEAST_GROUP:
        inside = category != _NOT_KNOWN
        category, group, family = category[inside], group[inside], family[inside]
    _, column = np.unique(category, return_inverse=True)
    _, row = np.unique(group, return_inverse=True)
    if not len(row) or min(int(column.max()), int(row.max())) < 1:
        return None
    counts = np.zeros((int(row.max()) + 1, int(column.max()) + 1))
    np.add.at(counts, (row, column), 1)
    size = len(row)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / size
    effect = _design_effect(column, row, family, counts)
    found = float(((counts - expected) ** 2 / expected).sum()) / effect
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    scale = size / effect * (min(counts.shape) - 1)
    low, high = _noncentrality(found, freedom)
    return Association(*(float(np.sqrt(min(max(one, 0.0) / scale, 1.0))) for one in (found - freedom, low, high)))


def _noncentrality(found: float, freedom: int) -> tuple[float, float]:
    """Limits of the noncentrality of chi-squared. Less than chance would give is taken as what chance gives."""
    tail = (1 - REPORTED_CONFIDENCE) / 2
    low, high = (float(chndtrinc(max(found, freedom), freedom, p)) for p in (1 - tail, tail))
    # Where the series gives out, far from nought, the distribution is as good as normal.
    spread = z_of(REPORTED_CONFIDENCE) * float(np.sqrt(2 * (freedom + 2 * max(found - freedom, 0.0))))
    low = low if np.isfinite(low) else found - freedom - spread
    # Where no noncentrality is low enough, the least number there is comes back.
    return (low if low > _NOUGHT else 0.0), high if np.isfinite(high) else found - freedom + spread


def _design_effect(column: Codes, row: Codes, family: Codes, counts: Floats) -> float:
    """How much less siblings tell than strangers: pairs of residuals from each group's own shares."""
    _, place, size = np.unique(family, return_inverse=True, return_counts=True)
    pairs = float((size * (size - 1)).sum())
    if not pairs:
        return 1.0
    share = (counts / counts.sum(axis=1, keepdims=True))[row]
    together = alone = 0.0
    for one in range(counts.shape[1]):
        residual = (column == one) - share[:, one]
        sums = np.bincount(place, weights=residual)
        alone += float((residual**2).sum())
        together += float((sums**2).sum())
    if alone <= 0:
        return 1.0
    rho = float(np.clip((together - alone) / pairs / (alone / len(row)), 0.0, 1.0))
    return 1 + rho * (float((size**2).sum()) / len(row) - 1)


def _higher_or_lower(values: Floats, mine: NDArray[np.bool_], family: Codes) -> str:
    """Whether the group's known values are higher than others', by ranks; a family counts once.

    The area under the curve and its error are those of Hanley and McNeil (1982, Radiology 143: 29-36).
    """
    known = ~np.isnan(values)
    ours, others = (_families(known & side, family) for side in (mine, ~mine))
    if min(ours, others) < LEAST_GROUP:
        return Reading.CANNOT_TELL.value
    ranks = rankdata(values[known])
    rows = int((known & mine).sum())
    area = (float(ranks[mine[known]].sum()) - rows * (rows + 1) / 2) / (rows * int((known & ~mine).sum()))
    first, second = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    variance = (area * (1 - area) + (ours - 1) * first + (others - 1) * second) / (ours * others)
    if abs(area - _EVEN) <= z_of(REPORTED_CONFIDENCE) * float(np.sqrt(max(variance, 0.0))):
        return Reading.CANNOT_TELL.value
    return "higher" if area > _EVEN else "lower"


def _known_more_or_less(values: Floats, mine: NDArray[np.bool_], family: Codes) -> str:
    """Whether the feature is known of more of the group than of others, a family counting once."""
    known = ~np.isnan(values)
    ours, others = (_families(side, family) for side in (mine, ~mine))
    low, high = newcombe(
        known[mine].mean() * ours, ours, known[~mine].mean() * others, others, z_of(REPORTED_CONFIDENCE)
    )
    if low > 0:
        return "more"
    return "less" if high < 0 else Reading.CANNOT_TELL.value


def _families(inside: NDArray[np.bool_], family: Codes) -> int:
    return len(np.unique(family[inside]))


def _shown(count: Any) -> int | str:
    return count if isinstance(count, int) else str(count.value)

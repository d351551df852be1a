"""The evaluation document of a target: ``models/<target>/evaluation.json``.

``state`` is ``modelled``, or ``cannot_model`` with the reason under ``why``. For a modelled target ``candidates``
has, for every candidate and baseline, ``pooled`` and ``by_as_of`` metrics. Each metric is an object with ``value``,
``low`` and ``high`` (95% interval from a bootstrap of families). A figure is empty in two cases only, and then says
``why``: flags per true case when no case flagged was a true one, and the calibration slope of a candidate that
gives every case the same score, or nearly. Metrics of the list follow the candidate's own order, never its
probabilities; under ``calibration`` stand the as-of dates at which it had no probability of its own to give. A
candidate that can never make the list is measured at every test date like the others, and not fitted for the current
one: it has no slope there, and no part in ``faithfulness``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from models.cases import Cases, Floats
from models.choice import Choice, summary
from models.metrics import METRICS, Counts, Draws, Ranked, evaluate, family_weights, ranked, ties_at_capacity
from models.rehearsal import Performed, Rehearsal, as_dates
from models.reliability import reliability
from models.side_by_side import side_by_side
from models.splits import Origin, Plan
from models.target import BASELINES, CandidateName, Target

_LOW, _HIGH = 2.5, 97.5
_NO_SLOPE = (
    "On families held out of training the outcome was no more frequent higher up this candidate's order. It has not "
    "been shown to know anything there: its order is measured as it is, and everybody's probability is the base rate."
)


@dataclass(frozen=True)
class Setting:
    """What the council decided, and how the job was asked to run."""

    capacity: int
    folds: int
    bags: int
    replicates: int
    seed: int
    covers_to: dt.date


def about(target: Target, setting: Setting) -> dict[str, Any]:
    """The part that every evaluation has, modelled or not."""
    return {
        "target": target.name,
        "title": target.title,
        "question": target.question,
        "unit": target.cohort.unit.value,
        "capacity": setting.capacity,
        "outcome": {
            "kinds": list(target.outcome.kinds),
            "horizon_days": target.outcome.horizon_days,
            "reporting_delay_days": target.outcome.reporting_delay_days,
            "covers_to": setting.covers_to.isoformat(),
        },
        "label_caveats": list(target.label_caveats),
        "retirement": target.retirement,
    }


def cannot_model(target: Target, setting: Setting, cohorts: list[dict[str, Any]], why: str) -> dict[str, Any]:
    """The evaluation of a target that the data cannot support."""
    return {**about(target, setting), "state": "cannot_model", "why": why, "cohorts": cohorts}


def modelled(
    target: Target,
    setting: Setting,
    cases: Cases,
    plan: Plan,
    tests: Sequence[Rehearsal],
    current: Rehearsal,
    choice: Choice,
    threads: int = 1,
) -> dict[str, Any]:
    """The evaluation of a modelled target. Candidates are measured side by side."""
    rows = np.concatenate([test.rows for test in tests])
    clusters, _ = np.unique(cases.group[rows], return_inverse=True)
    weights = family_weights(len(clusters), setting.replicates, setting.seed)
    rankings = {name: _rankings(cases, tests, name, clusters) for name in tests[0].performed}
    jobs = [partial(evaluate, ranking, weights, setting.capacity) for ranking in rankings.values()]
    draws = dict(zip(rankings, side_by_side(jobs, threads)))
    return {
        **about(target, setting),
        "state": "modelled",
        "features": [feature.name for feature in cases.features],
        "splits": [_split(cases, test) for test in tests],
        "current": _split_of(cases, plan.current),
        "not_tested": [{"as_of": skipped.as_of.isoformat(), "why": skipped.why} for skipped in plan.skipped],
        "folds": {
            "number": setting.folds,
            "family_groups": [int(n) for n in _groups_in_folds(cases, setting.folds)],
            "bags": setting.bags,
        },
        "choice": summary(choice, target.choice),
        "bootstrap": {
            "replicates": setting.replicates,
            "clusters": len(clusters),
            "of": "families, those sharing a child together; percentile 95% intervals",
        },
        "candidates": {
            name.value: {
                **_candidate(name, rankings[name], draws, setting.capacity),
                "calibration": _calibration(name, [one for one in (*tests, current) if name in one.performed]),
                "reliability": _curve(rankings[name], weights),
            }
            for name in rankings
        },
    }


def cohort_sizes(
    cases: Cases, as_ofs: Sequence[dt.date], closed: Sequence[dt.date], plan: Plan | None
) -> list[dict[str, Any]]:
    """Cases, outcomes and base rate of each as-of date; no outcomes where the horizon is open."""
    sizes = []
    for as_of in as_ofs:
        rows = cases.at(as_of)
        entry: dict[str, Any] = {
            "as_of": as_of.isoformat(),
            "cases": len(rows),
            "part": plan.part(as_of) if plan else None,
            "closed": as_of in closed,
        }
        if as_of in closed:
            outcomes = int(cases.outcome(rows).sum())
            entry["outcomes"] = outcomes
            entry["base_rate"] = _rounded(outcomes / len(rows)) if len(rows) else 0.0
        sizes.append(entry)
    return sizes


def interval(estimate: float, replicates: Floats) -> dict[str, float | str | None]:
    """Value and 95% percentile interval, rounded to 6 places; an infinite end is empty."""
    kept = replicates[~np.isnan(replicates)]
    low, high = np.percentile(kept, [_LOW, _HIGH], method="inverted_cdf") if len(kept) else (np.nan, np.nan)
    found = {"value": _finite(estimate), "low": _finite(float(low)), "high": _finite(float(high))}
    return {**found, "why": "no true case among the flags"} if None in found.values() else {**found}


def _rankings(
    cases: Cases, tests: Sequence[Rehearsal], name: CandidateName, clusters: np.ndarray[Any, Any]
) -> dict[str, Ranked]:
    return {
        test.origin.as_of.isoformat(): ranked(
            test.performed[name].margin,
            test.performed[name].predicted,
            cases.outcome(test.rows),
            np.searchsorted(clusters, cases.group[test.rows]),
            cases.tie_place[test.rows],
        )
        for test in tests
    }


def _candidate(
    name: CandidateName, rankings: Mapping[str, Ranked], draws: Mapping[CandidateName, dict[str, Draws]], capacity: int
) -> dict[str, Any]:
    own = draws[name]
    return {
        "baseline": name in BASELINES,
        "pooled": {**_metrics(own["pooled"]), "lift": _lifts(name, draws, "pooled")},
        "by_as_of": {
            as_of: {
                **_metrics(own[as_of]),
                "lift": _lifts(name, draws, as_of),
                "ties": {key: _rounded(value) for key, value in asdict(ties_at_capacity(one, capacity)).items()},
            }
            for as_of, one in rankings.items()
        },
    }


def _calibration(name: CandidateName, rehearsals: Sequence[Rehearsal]) -> dict[str, Any]:
    """The slope at each as-of date, what it was fitted on, and where it is 0 what that means."""
    slopes = {one.origin.as_of.isoformat(): one.performed[name].platt.slope for one in rehearsals}
    without = [as_of for as_of, slope in slopes.items() if slope == 0]
    said = {
        "slopes": slopes,
        "base_rate_for_everybody": without,
        "fitted_on": {one.origin.as_of.isoformat(): _fitted_on(one.performed[name]) for one in rehearsals},
    }
    return {**said, "why": _NO_SLOPE} if without else said


def _curve(rankings: Mapping[str, Ranked], weights: Counts) -> list[dict[str, Any]]:
    """Predicted and observed share of each bin of probabilities, the highest first."""
    return [
        {
            "lowest": _rounded(one.lowest),
            "highest": _rounded(one.highest),
            "cases": one.cases,
            "predicted": _rounded(one.predicted),
            "observed": interval(one.observed, one.replicates),
        }
        for one in reliability(rankings, weights)
    ]


def _fitted_on(one: Performed) -> dict[str, Any]:
    held_out = "as-of dates" if one.calibrated_on else "families"
    return {"held_out": held_out, "as_ofs": as_dates(one.calibrated_on)}


def _metrics(draws: Draws) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metric in METRICS:
        if metric in draws.estimate:
            found[metric] = interval(draws.estimate[metric], draws.replicates[metric])
        else:
            found[metric] = {
                "value": None,
                "low": None,
                "high": None,
                "why": "every case has the same score, or nearly",
            }
    return found


def _lifts(name: CandidateName, draws: Mapping[CandidateName, dict[str, Draws]], scope: str) -> dict[str, Any]:
    """Lift over each baseline, on the same replicates: difference in precision, and ratio of true cases caught.

    Half a case is added to both counts of the ratio, so that it is finite where a baseline catches none.
    """
    own = draws[name][scope]
    lifts = {}
    for baseline in BASELINES:
        if baseline is name or baseline not in draws:
            continue
        other = draws[baseline][scope]
        lifts[baseline.value] = {
            "difference": interval(
                own.estimate["precision"] - other.estimate["precision"],
                own.replicates["precision"] - other.replicates["precision"],
            ),
            "ratio": interval(
                (own.estimate["caught"] + 0.5) / (other.estimate["caught"] + 0.5),
                (own.replicates["caught"] + 0.5) / (other.replicates["caught"] + 0.5),
            ),
        }
    return lifts


def _split(cases: Cases, test: Rehearsal) -> dict[str, Any]:
    outcome = cases.outcome(test.rows)
    return {
        **_split_of(cases, test.origin),
        "test_outcomes": int(outcome.sum()),
        "base_rate": _rounded(float(outcome.mean())),
    }


def _split_of(cases: Cases, origin: Origin) -> dict[str, Any]:
    earlier = cases.during(origin.learns_from)
    return {
        "as_of": origin.as_of.isoformat(),
        "cases": len(cases.at(origin.as_of)),
        "learns_from": as_dates(origin.learns_from),
        "training_cases": len(earlier),
        "training_outcomes": int(cases.outcome(earlier, known_by=origin.as_of).sum()),
    }


def _groups_in_folds(cases: Cases, folds: int) -> Counts:
    _, first = np.unique(cases.group, return_index=True)
    return np.bincount(cases.fold[first], minlength=folds).astype(np.uint16)


def _finite(value: float) -> float | None:
    return _rounded(value) if np.isfinite(value) else None


def _rounded(value: float) -> float:
    # Adding 0.0 turns a rounded -0.0 into 0.0, which JSON would write apart.
    return round(float(value), 6) + 0.0

"""How often each interval of an audit holds the truth, by simulation of whole cohorts.

A small group and the rest are drawn from one process: a family has a level of need that its members share, an outcome
follows from it, a score tells some of it, and a case is flagged above a score. The truth of each figure is that of a
very large draw. Every cohort goes through the code that a run's audit goes through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from fairness_audits.bootstrap import Divided, Drawn, replicated
from fairness_audits.cases import Cases
from fairness_audits.content import WHOLE
from fairness_audits.document import group_entries, order_figures
from fairness_audits.measure import measure, measure_everyone
from fairness_audits.metrics import RATES

GROUP, REST = "small", "rest"
_LARGE = 400_000
_RATES = tuple(rate.metric.value for rate in RATES if rate.metric.value not in ("tpr", "fdr"))
"""Those left out are one minus another."""


@dataclass(frozen=True)
class Scene:
    """What cohorts are drawn from. ``recurs`` is how many as-of dates each family is tested at."""

    words: str
    families: int
    rest_families: int
    level: float
    recurs: int = 1
    shared: float = 1.0
    """How much of need is the family's own, the same at every date."""


SCENES = (
    Scene("5 positives", 40, 3000, -2.3),
    Scene("5 positives, families recur", 10, 750, -2.3, recurs=4, shared=2.0),
    Scene("25 positives", 200, 3000, -2.3),
    Scene("25 positives, families recur", 50, 1000, -2.3, recurs=4, shared=2.0),
    Scene("100 positives, families recur", 200, 1500, -2.3, recurs=4, shared=2.0),
    Scene("rare: 6 positives of 1,500", 1500, 6000, -6.3),
)


def drawn(scene: Scene, families: int, level: float, draw: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Outcome, score and family of each case."""
    family = np.repeat(np.arange(families), scene.recurs)
    need = level + scene.shared * draw.normal(size=families)[family] + 0.7 * draw.normal(size=len(family))
    outcome = draw.random(len(family)) < expit(need)
    score = expit(0.8 * need + 0.5 * draw.normal(size=len(family)) + 0.2 * level)
    return outcome, np.round(score, 6), family


def cohort(scene: Scene, draw: np.random.Generator, line: float) -> tuple[Cases, np.ndarray]:
    """One cohort and the group of each of its cases."""
    own, rest = (drawn(scene, size, scene.level, draw) for size in (scene.families, scene.rest_families))
    outcome, score = (np.concatenate([own[part], rest[part]]) for part in (0, 1))
    family = np.concatenate([own[2], rest[2] + scene.families])
    group = np.array([GROUP] * len(own[0]) + [REST] * len(rest[0]), dtype=object)
    return Cases(outcome, score >= line, score, family), group


def figures(cases: Cases, group: np.ndarray) -> dict[str, tuple[float | None, float | None, float | None]]:
    """Value and interval of every figure of the small group, by name."""
    whole, found = measure_everyone(cases), measure(cases, group, (GROUP, REST))
    entry = group_entries(found, whole, WHOLE, order_figures(cases, {"by": found}, probabilities=True)["by"])[0]
    told = {}
    for name in (*_RATES, "calibration_oe"):
        told[name] = _figure(entry[name])
        for scale in ("difference", "ratio"):
            if scale in entry[name].get("rest", {}):
                told[f"{name} {scale}"] = _figure(entry[name]["rest"][scale])
    for name in ("auc", "average_precision", "mean_score", "calibration_slope"):
        told[name] = _figure(entry[name])
        if "rest" in entry[name]:
            told[f"{name} difference"] = _figure(entry[name]["rest"]["difference"])
    told["share of the list"] = _figure(entry["list_share"])
    return told


def _figure(entry: dict[str, float | None]) -> tuple[float | None, float | None, float | None]:
    return entry.get("value"), entry.get("low"), entry.get("high")


def coverage(scene: Scene, draws: int, seed: int, advance: Callable[[], None]) -> dict[str, tuple[int, int]]:
    """For each figure how often it had an interval, and how often that held the truth."""
    draw = np.random.default_rng(seed)
    large = Scene(scene.words, *(_LARGE // scene.recurs,) * 2, scene.level, scene.recurs, scene.shared)
    line = float(np.quantile(drawn(large, large.families, large.level, draw)[1], 0.95))
    truth = _truth(scene, large, draw, line)
    told: dict[str, list[bool]] = {name: [] for name in truth}
    for number in range(draws):
        cases, group = cohort(scene, draw, line)
        for name, (_, low, high) in figures(cases, group).items():
            if low is not None and (high is not None or "ratio" in name):
                told[name].append(low <= truth[name] <= (np.inf if high is None else high))
        if cases.outcome[group == GROUP].any():
            _percentiles(cases, group, truth, told, number)
        advance()
    return {name: (len(held), sum(held)) for name, held in told.items()}


PERCENTILE = "auc, percentiles of the bootstrap"


def _truth(scene: Scene, large: Scene, draw: np.random.Generator, line: float) -> dict[str, float]:
    """Both sides are of one process, so that differences are nought and ratios one."""
    cases, group = cohort(large, draw, line)
    truth = {
        name: 0.0 if name.endswith("difference") else 1.0 if name.endswith("ratio") else float(value or 0.0)
        for name, (value, _, _) in figures(cases, group).items()
    }
    truth["share of the list"] = scene.families / (scene.families + scene.rest_families)
    return truth | {PERCENTILE: truth["auc"]}


def _percentiles(
    cases: Cases, group: np.ndarray, truth: dict[str, float], told: dict[str, list[bool]], seed: int
) -> None:
    """What the percentiles of replicates would have said, which the audit does not use."""
    own = group == GROUP
    mine = Cases(cases.outcome[own], cases.flagged[own], cases.score[own], cases.family[own])
    values = replicated(mine, {"by": Divided(np.zeros(len(mine), dtype=np.int64), 1)}, 400, seed)["by"][Drawn.AUC]
    low, high = np.nanquantile(values, [0.025, 0.975])
    told[PERCENTILE].append(bool(low <= truth[PERCENTILE] <= high))

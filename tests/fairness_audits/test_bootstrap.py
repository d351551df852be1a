"""The bootstrap of families by cells: against one that draws families and counts cases one by one."""

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.metrics import average_precision_score, roc_auc_score

from fairness_audits.bootstrap import Divided, Drawn, replicated, standard_errors
from fairness_audits.cases import Cases
from fairness_audits.ordering import Grouped, divided
from models.metrics import Slope


def cohort(seed: int, families: int, recurs: int) -> tuple[Cases, np.ndarray]:
    draw = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), recurs)
    need = -1.2 + 1.5 * draw.normal(size=families)[family] + 0.5 * draw.normal(size=len(family))
    outcome = draw.random(len(family)) < 1 / (1 + np.exp(-need))
    score = np.round(1 / (1 + np.exp(-(0.7 * need + 0.4 * draw.normal(size=len(family))))), 3)
    return Cases(outcome, score > 0.6, score, family), (np.arange(families) % 3 == 0).astype(np.int64)[family]


def by_hand(cases: Cases, group: np.ndarray, replicates: int) -> dict[Drawn, np.ndarray]:
    """Families drawn with replacement, their cases put side by side; the figures of group 1."""
    draw = np.random.default_rng(9)
    families = np.unique(cases.family)
    rows_of = {family: np.flatnonzero(cases.family == family) for family in families}
    found: dict[Drawn, list[float]] = {figure: [] for figure in Drawn}
    for _ in range(replicates):
        rows = np.concatenate([rows_of[family] for family in draw.choice(families, len(families))])
        own, rest = rows[group[rows] == 1], rows[group[rows] == 0]
        auc = [roc_auc_score(cases.outcome[part], cases.score[part]) for part in (own, rest)]
        precision = [average_precision_score(cases.outcome[part], cases.score[part]) for part in (own, rest)]
        mean = [cases.score[part].mean() for part in (own, rest)]
        for figure, (one, other) in {
            Drawn.AUC: (auc[0], 0.0),
            Drawn.AUC_DIFFERENCE: (auc[0], auc[1]),
            Drawn.AVERAGE_PRECISION: (precision[0], 0.0),
            Drawn.AVERAGE_PRECISION_DIFFERENCE: (precision[0], precision[1]),
            Drawn.MEAN_SCORE: (mean[0], 0.0),
            Drawn.MEAN_SCORE_DIFFERENCE: (mean[0], mean[1]),
        }.items():
            found[figure].append(one - other)
        found[Drawn.LIST_SHARE].append(cases.flagged[own].sum() / cases.flagged[rows].sum())
        found[Drawn.SLOPE].append(Slope(np.clip(cases.score[own], 1e-6, 1 - 1e-6), cases.outcome[own] * 1.0).value)
    return {figure: np.array(values) for figure, values in found.items()}


@pytest.mark.parametrize("recurs", [1, 4])
def test_the_spread_is_that_of_drawing_families_one_by_one(recurs: int) -> None:
    cases, group = cohort(1, 450 // recurs, recurs)
    division = divided(cases, Grouped(group, np.ones((2, 2))), probabilities=True)
    ours = replicated(cases, {"by": division}, 2000, 1)["by"]
    theirs = by_hand(cases, group, 400)
    for figure in Drawn:
        error = float(standard_errors(ours[figure])[1])
        # 400 drawings tell a spread to within some 4%; the slope takes one step where the other is fitted anew.
        assert error == pytest.approx(theirs[figure].std(ddof=1), rel=0.15), figure


def test_weights_are_poisson_numbers_of_mean_one() -> None:
    """With one case a family and one flagged, the share of the list is that family's weight."""
    cases = Cases(np.array([True, False]), np.array([True, True]), np.array([0.5, 0.5]), np.arange(2))
    shares = replicated(cases, {"by": Divided(np.arange(2), 2)}, 20_000, 4)["by"][Drawn.LIST_SHARE]
    none = np.isnan(shares[:, 0]).mean()
    assert none == pytest.approx(poisson.pmf(0, 1) ** 2, abs=0.01)
    assert (shares[:, 0] == 0).mean() == pytest.approx(poisson.pmf(0, 1) * (1 - poisson.pmf(0, 1)), abs=0.01)


def test_all_divisions_share_their_draws_and_a_seed_gives_the_same() -> None:
    cases, group = cohort(2, 60, 2)
    one = Divided(group, 2)
    both = replicated(cases, {"a": one, "b": one}, 60, 5)
    alone = replicated(cases, {"a": one}, 60, 5)
    for figure, values in both["a"].items():
        assert np.array_equal(values, both["b"][figure], equal_nan=True)
        assert np.array_equal(values, alone["a"][figure], equal_nan=True)
    assert values.shape == (60, 2)


def test_what_no_replicate_tells_has_no_standard_error() -> None:
    cases = Cases(np.zeros(9, bool), np.zeros(9, bool), np.full(9, 0.4), np.arange(9))
    found = replicated(cases, {"by": Divided(np.zeros(9, np.int64), 1)}, 30, 1)["by"]
    for figure in (Drawn.AUC, Drawn.AVERAGE_PRECISION, Drawn.LIST_SHARE, Drawn.MEAN_SCORE_DIFFERENCE):
        assert np.isnan(standard_errors(found[figure])).all()
    assert standard_errors(found[Drawn.MEAN_SCORE])[0] == pytest.approx(0, abs=1e-6)

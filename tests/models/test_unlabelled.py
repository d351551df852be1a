"""Caring and being identified kept apart: what is recovered, against the paper's EM and against what is naive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from models.calibration import sigmoid
from models.candidates import Training
from models.cases import Floats
from models.logistic import LinearModel
from models.metrics import area_under_curve
from models.target import Unlabelled
from models.unlabelled.bagged import BaggedUnlabelled
from models.unlabelled.caring import MOST_CASES, Caring, design
from models.unlabelled.identification import Identification
from models.unlabelled.signs import SignsAlike, SignsCount
from models.unlabelled.two_parts import Priors, Seen, TwoParts, fit_two_parts
from tests.models.test_candidates import feature

SIGNS = Unlabelled(
    signs=("sign_0", "sign_1", "sign_2", "not_here"),
    noticing=("contact",),
    count="sign_0",
    share=(0.05, 0.25),
    share_source="made up",
)
CARING = np.array([1.1, 0.6, 0.0])
NOTICING = np.array([1.5, -0.7])


def nothing() -> None:
    """No progress to show."""


def priors(spread: float = 3.0, share_spread: float = 1.0) -> Priors:
    return Priors(np.zeros(3), spread, np.zeros(2), spread, 0.12, share_spread)


def made_up(rows: int = 20_000, seed: int = 1) -> tuple[Seen, Floats]:
    """Who is noticed depends on what the signs do not show; and who cares, noticed or not."""
    generator = np.random.default_rng(seed)
    signs, noticing = generator.normal(size=(rows, 3)), generator.normal(size=(rows, 2))
    cares = generator.random(rows) < sigmoid(-2.4 + signs @ CARING)
    noticed = generator.random(rows) < sigmoid(-1.2 + noticing @ NOTICING)
    seen = Seen(signs, noticing, (cares & noticed).astype(float), np.ones(rows), np.zeros(rows))
    return seen, cares.astype(float)


def test_it_recovers_both_parts() -> None:
    seen, cares = made_up()
    found = fit_two_parts(seen, priors())
    assert found.caring == pytest.approx(CARING, abs=0.25)
    assert found.identification == pytest.approx(NOTICING, abs=0.35)
    share = sigmoid(found.caring_log_odds(seen.caring)).mean()
    assert share == pytest.approx(cares.mean(), rel=0.35)


def test_what_is_naive_takes_being_noticed_for_caring() -> None:
    """Signs of caring that go with not being noticed: the naive model thinks them harmless, and misses the number."""
    generator = np.random.default_rng(4)
    seen, _ = made_up(30_000, seed=3)
    hidden_away = generator.normal(size=30_000)
    signs = np.column_stack([seen.caring[:, 0], hidden_away, seen.caring[:, 2]])
    noticing = np.column_stack([-hidden_away + 0.5 * generator.normal(size=30_000), seen.identification[:, 1]])
    cares = generator.random(30_000) < sigmoid(-2.4 + signs @ CARING)
    noticed = generator.random(30_000) < sigmoid(-1.2 + noticing @ NOTICING)
    identified = (cares & noticed).astype(float)
    apart = fit_two_parts(replace(seen, caring=signs, identification=noticing, identified=identified), priors())
    everything = np.hstack([signs, noticing])
    naive = _regressed(everything, identified)
    hidden = ~(cares & noticed)
    by_caring = area_under_curve(signs[hidden] @ apart.caring, cares[hidden].astype(float))
    by_being_noticed = area_under_curve(everything[hidden] @ naive[1:], cares[hidden].astype(float))
    assert by_caring > by_being_noticed + 0.1
    assert sigmoid(naive[0] + everything @ naive[1:]).sum() < 0.5 * cares.sum()
    assert sigmoid(apart.caring_log_odds(signs)).sum() == pytest.approx(cares.sum(), rel=0.35)


def _regressed(columns: Floats, outcome: Floats) -> Floats:
    """A plain logistic regression."""
    padded = np.column_stack([np.ones(len(columns)), columns])

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = padded @ weights
        return (
            float((np.logaddexp(0, odds) - outcome * odds).sum()) + 0.01 * float(weights @ weights),
            padded.T @ (sigmoid(odds) - outcome) + 0.02 * weights,
        )

    return np.asarray(minimize(loss, np.zeros(padded.shape[1]), jac=True, method="BFGS").x)


def em_round(at: TwoParts, seen: Seen, held: Priors) -> TwoParts:
    """One round of the paper's: who cares is filled in, then each part is fitted to that by itself."""
    caring = sigmoid(at.caring_log_odds(seen.caring))
    known = sigmoid(at.identification_log_odds(seen.identification, seen.offset))
    filled = np.where(seen.identified > 0, 1.0, caring * (1 - known) / (1 - caring * known))

    def fitted(columns: Floats, target: Floats, weight: Floats, start: Floats, spread: float) -> Floats:
        padded = np.column_stack([np.ones(len(columns)), columns])

        def loss(weights: Floats) -> tuple[float, Floats]:
            odds = padded @ weights
            ridge = np.concatenate([[0.0], weights[1:]]) / spread**2
            return (
                float((weight * (np.logaddexp(0, odds) - target * odds)).sum() + 0.5 * weights @ ridge),
                padded.T @ (weight * (sigmoid(odds) - target)) + ridge,
            )

        return np.asarray(minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-7}).x)

    first = fitted(
        *(seen.caring, filled, seen.weight),
        np.concatenate([[at.caring_base], at.caring]),
        held.caring_spread,
    )
    second = fitted(
        *(seen.identification, seen.identified, seen.weight * filled),
        np.concatenate([[at.identification_base], at.identification]),
        held.identification_spread,
    )
    return TwoParts(float(first[0]), first[1:], float(second[0]), second[1:])


def log_posterior(at: TwoParts, seen: Seen, held: Priors) -> float:
    """By the definition, without the prior of the share."""
    both = sigmoid(at.caring_log_odds(seen.caring)) * sigmoid(
        at.identification_log_odds(seen.identification, seen.offset)
    )
    likelihood = (seen.weight * np.where(seen.identified > 0, np.log(both), np.log1p(-both))).sum()
    off = float(at.caring @ at.caring) / held.caring_spread**2
    off += float(at.identification @ at.identification) / held.identification_spread**2
    return float(likelihood - 0.5 * off)


def test_the_papers_em_climbs_to_the_same_place() -> None:
    seen, _ = made_up(4000, seed=6)
    held = priors(spread=0.7, share_spread=1e6)
    found = fit_two_parts(seen, held)
    settled = em_round(found, seen, held)
    assert settled.caring == pytest.approx(found.caring, abs=2e-3)
    assert settled.identification == pytest.approx(found.identification, abs=2e-3)
    start = TwoParts(-2.0, np.zeros(3), -1.0, np.zeros(2))
    climbed = [log_posterior(start, seen, held)]
    for _ in range(12):
        start = em_round(start, seen, held)
        climbed.append(log_posterior(start, seen, held))
    assert np.diff(climbed).min() > -1e-6
    assert climbed[-1] <= log_posterior(found, seen, held) + 1e-6


def test_the_likelihood_never_falls_and_ends_flat() -> None:
    seen, _ = made_up(3000, seed=8)
    for held in (priors(), priors(0.2, 0.3)):
        found = fit_two_parts(seen, held)
        assert len(found.objective) > 3
        assert np.diff(found.objective).min() >= 0
        for nudge in (1e-3, -1e-3):
            moved = replace(found, caring=found.caring + np.array([nudge, 0, 0]))
            here, there = (_with_share(one, seen, held) for one in (found, moved))
            assert there <= here


def _with_share(at: TwoParts, seen: Seen, held: Priors) -> float:
    share = float(sigmoid(at.caring_log_odds(seen.caring)).mean())
    off = (np.log(share / (1 - share)) - np.log(held.share / (1 - held.share))) / held.share_spread
    return log_posterior(at, seen, held) - 0.5 * float(off) ** 2


def test_a_row_of_weight_two_is_two_rows() -> None:
    seen, _ = made_up(1500, seed=9)
    twice = replace(seen, weight=np.full(1500, 2.0))
    doubled = Seen(*(np.concatenate([part, part]) for part in vars(seen).values()))
    one, two = fit_two_parts(twice, priors()), fit_two_parts(doubled, priors())
    assert one.caring == pytest.approx(two.caring, abs=1e-6)
    assert one.caring_base == pytest.approx(two.caring_base, abs=1e-6)


@pytest.mark.parametrize("identified", [0.0, 1.0])
def test_nobody_identified_or_everybody(identified: float) -> None:
    seen, _ = made_up(500)
    found = fit_two_parts(replace(seen, identified=np.full(500, identified)), priors())
    assert np.isfinite(found.caring).all()
    assert np.abs(found.caring).max() < 0.5
    share = sigmoid(found.caring_log_odds(seen.caring)).mean()
    assert share > 0.9 if identified else share < 0.13


def test_no_row_is_an_error() -> None:
    empty = Seen(np.empty((0, 3)), np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="nothing to learn from"):
        fit_two_parts(empty, priors())


def training(rows: int = 3000, seed: int = 2, schools: int = 12) -> tuple[Training, Floats]:
    """Three signs and a contact among the features; schools beside them, half of which note nobody."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(rows, 4))
    values[generator.random((rows, 4)) < 0.05] = np.nan
    cares = generator.random(rows) < sigmoid(
        -2.0 + 1.2 * np.nan_to_num(values[:, 0]) + 0.5 * np.nan_to_num(values[:, 1])
    )
    school = generator.integers(0, schools, rows)
    notes = (school % 2 == 0).astype(float)
    noticed = generator.random(rows) < 0.02 + 0.5 * notes
    beside = Identification(("marked_by_school",), notes[:, None], np.zeros(rows))
    names = ("sign_0", "sign_1", "sign_2", "contact")
    made = Training(
        features=tuple(replace(feature(0, 1), name=name, column=name) for name in names),
        values=values,
        outcome=(cares & noticed).astype(float),
        group=np.arange(rows) // 2,
        fold=(np.arange(rows) // 2) % 3,
        folds=3,
        seed=5,
        threads=1,
        identification=beside,
    )
    return made, cares.astype(float)


def test_the_candidate_ranks_by_signs_alone() -> None:
    made, cares = training()
    fitted = Caring(SIGNS).fit(made, nothing)
    assert len(fitted) == 3
    model = fitted[0]
    assert isinstance(model, LinearModel)
    assert not model.contributions(made.values)[:, 3].any()
    other_contact = made.values.copy()
    other_contact[:, 3] += 3
    assert (model.margin(other_contact) == model.margin(made.values)).all()
    assert area_under_curve(model.margin(made.values), cares) > 0.7
    total = model.base + model.contributions(made.values).sum(axis=1)
    assert model.margin(made.values) == pytest.approx(total, abs=1e-12)


def test_what_school_a_child_is_at_moves_what_is_learnt_and_never_a_margin() -> None:
    made, _ = training()
    blind = replace(made, identification=None)
    with_school, without = Caring(SIGNS).fit(made, nothing)[0], Caring(SIGNS).fit(blind, nothing)[0]
    assert not np.allclose(with_school.margin(made.values), without.margin(made.values))
    assert design(made, SIGNS).seen.caring.shape[1] == 3


def test_outcomes_of_a_fold_never_reach_its_own_model() -> None:
    made, _ = training()
    turned = replace(made, outcome=np.where(made.fold == 0, 1 - made.outcome, made.outcome))
    before, after = (Caring(SIGNS).fit(one, nothing) for one in (made, turned))
    assert before[0].described() == after[0].described()
    assert before[1].described() != after[1].described()


def test_the_same_seed_gives_the_same_model_and_a_draw_stands_for_all() -> None:
    made, _ = training()
    one, two = (Caring(SIGNS).fit(made, nothing)[1].described() for _ in range(2))
    assert one == two
    many = training(MOST_CASES + 9000, seed=3)[0]
    drawn = design(many, SIGNS)
    assert MOST_CASES < len(drawn.rows) < MOST_CASES + many.outcome.sum()
    assert drawn.seen.weight.sum() == pytest.approx(len(many.outcome), rel=0.02)
    assert drawn.seen.identified.sum() == many.outcome.sum()


@pytest.mark.parametrize("schools", [1, 12])
def test_degenerate_training(schools: int) -> None:
    made, _ = training(800, schools=schools)
    none_known = replace(made, values=np.full_like(made.values, np.nan))
    for one in (made, none_known, replace(made, outcome=np.zeros(800)), replace(made, outcome=np.ones(800))):
        for fitted in Caring(SIGNS).fit(one, nothing):
            assert np.isfinite(fitted.margin(one.values)).all()
    no_sign = replace(SIGNS, signs=("not_here",))
    assert np.ptp(Caring(no_sign).fit(made, nothing)[0].margin(made.values)) == 0


def test_bags_rank_carers_and_the_same_seed_gives_the_same_bags() -> None:
    made, cares = training()
    fitted = BaggedUnlabelled(bags=5).fit(made, nothing)
    assert area_under_curve(fitted[0].margin(made.values), cares) > 0.65
    assert [one.described() for one in BaggedUnlabelled(bags=5).fit(made, nothing)] == [
        one.described() for one in fitted
    ]


@pytest.mark.parametrize("candidate", [Caring(SIGNS), BaggedUnlabelled(bags=2)], ids=["caring", "bagged"])
def test_no_fold_comes_first_for_how_many_were_identified_outside_it(candidate: Caring | BaggedUnlabelled) -> None:
    made, _ = training()
    uneven = replace(made, outcome=np.where((made.fold == 0) & (np.arange(len(made.fold)) % 3 > 0), 0.0, made.outcome))
    for one in candidate.fit(uneven, nothing):
        assert isinstance(one, LinearModel)
        assert one.margin(made.values).mean() == pytest.approx(0.0, abs=1e-6)


def test_signs_are_counted_where_there_are_any() -> None:
    made, _ = training()
    counted = SignsCount("sign_1").fit(made, nothing)[0].margin(made.values)
    known = ~np.isnan(made.values[:, 1])
    assert (np.argsort(counted[known]) == np.argsort(made.values[known, 1])).all()
    assert not SignsCount("nowhere").fit(made, nothing)[2].margin(made.values).any()


def test_all_signs_count_alike_in_their_expected_direction() -> None:
    made, _ = training()
    lowers = replace(made.features[1], direction=-1)
    neither = replace(made.features[2], direction=0)
    made = replace(made, features=(made.features[0], lowers, neither, made.features[3]))
    (model, *others) = SignsAlike(SIGNS.signs).fit(made, nothing)
    assert isinstance(model, LinearModel)
    assert len(others) == made.folds - 1 and all(one is model for one in others)
    known = np.where(np.isnan(made.values), np.nanmedian(made.values, axis=0), made.values)
    standard = (known - known.mean(axis=0)) / known.std(axis=0)
    assert model.margin(made.values) == pytest.approx(0.2 * (standard[:, 0] - standard[:, 1]), abs=1e-6)
    assert not model.contributions(made.values)[:, 2:].any()


def test_what_counts_alike_learns_nothing_of_who_was_identified() -> None:
    made, cares = training()
    turned = replace(made, outcome=1 - made.outcome, identification=None)
    one, other = (SignsAlike(SIGNS.signs).fit(each, nothing)[0].described() for each in (made, turned))
    assert one == other
    assert area_under_curve(SignsAlike(SIGNS.signs).fit(made, nothing)[0].margin(made.values), cares) > 0.7
    none_here = SignsAlike(("not_here",)).fit(made, nothing)[0]
    assert not none_here.margin(made.values).any()


def test_caring_without_anything_seen_is_all_signs_alike() -> None:
    """What is learnt is a departure from it: the fewer are identified, the nearer the two."""
    made, _ = training()
    alike = SignsAlike(SIGNS.signs).fit(made, nothing)[0].margin(made.values)
    apart = [
        np.corrcoef(Caring(SIGNS).fit(replace(made, outcome=outcome), nothing)[0].margin(made.values), alike)[0, 1]
        for outcome in (made.outcome, np.where(np.cumsum(made.outcome) <= 6, made.outcome, 0.0))
    ]
    assert apart[0] < apart[1] and apart[1] > 0.98
